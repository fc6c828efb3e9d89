/* SPDX-License-Identifier: Apache-2.0 */
/* characters.h - Unicode characters, and texts that should be UTF-8 but need not be. */
#ifndef GAUGELET_TEXT_CHARACTERS_H
#define GAUGELET_TEXT_CHARACTERS_H

#include "base/buf.h"
#include "base/str.h"

enum { CHARACTER_BAD = 0xfffd, CHARACTER_LAST = 0x10ffff };

/* The first character of `text`, which must not be empty, and how many bytes it takes. A byte that begins no character
   is CHARACTER_BAD of length 1 (a real U+FFFD has length 3). */
uint32_t characters_read(struct str text, size_t *ret_bytes);

/* The character at `at`, which takes so many bytes: 0 bytes at the end and for a byte that begins no character. */
size_t characters_valid(struct str text, size_t at, uint32_t *ret_character);

/* Appends it in UTF-8; what is no character (surrogates, beyond U+10FFFF) as U+FFFD. */
void characters_write(struct buf *out, uint32_t character);

/* As Go's strconv.IsPrint (Unicode 15.0): letters, marks, numbers, punctuation, symbols and the ASCII space. */
bool characters_printable(uint32_t character);

/* A copy in which every byte that begins no character is U+FFFD, which is how Go reads it; and the way back from an
   offset in the copy to one in `text`. */
void characters_clean(struct buf *out, struct str text);
size_t characters_dirty_offset(struct str text, size_t clean_offset);

#endif
