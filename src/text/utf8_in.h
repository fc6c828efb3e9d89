/* SPDX-License-Identifier: Apache-2.0 */
/* utf8_in.h - inside the text room: characters, and texts that should be UTF-8 but need not be. */
#ifndef GAUGELET_TEXT_UTF8_IN_H
#define GAUGELET_TEXT_UTF8_IN_H

#include "base/buf.h"
#include "base/str.h"

/* The character at `at`, which takes so many bytes: 0 bytes at the end and for a byte that begins no character. */
size_t utf8_character(struct str text, size_t at, uint32_t *ret_character);

/* A copy in which every byte that begins no character is U+FFFD, which is how Go reads it; and the way back from an
   offset in the copy to one in `text`. */
void utf8_clean(struct buf *out, struct str text);
size_t utf8_dirty_offset(struct str text, size_t clean_offset);

#endif
