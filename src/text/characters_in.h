/* SPDX-License-Identifier: Apache-2.0 */
/* characters_in.h - single Unicode characters in UTF-8. */
#ifndef GAUGELET_TEXT_CHARACTERS_IN_H
#define GAUGELET_TEXT_CHARACTERS_IN_H

#include "base/buf.h"
#include "base/str.h"

enum { CHARACTER_BAD = 0xfffd, CHARACTER_LAST = 0x10ffff };

/* The first character of `text`, which must not be empty, and how many bytes it takes. A byte that begins no character
   is CHARACTER_BAD of length 1 (a real U+FFFD has length 3). */
uint32_t character_read(struct str text, size_t *ret_bytes);

/* Appends it in UTF-8; what is no character (surrogates, beyond U+10FFFF) as U+FFFD. */
void character_write(struct buf *out, uint32_t character);

/* As Go's strconv.IsPrint (Unicode 15.0): letters, marks, numbers, punctuation, symbols and the ASCII space. */
bool character_printable(uint32_t character);

#endif
