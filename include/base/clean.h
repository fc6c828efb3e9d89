/* SPDX-License-Identifier: Apache-2.0 */
/* clean.h - foreign text made fit for a message, a header or a terminal: one line of UTF-8. Each control character becomes a space,
   each byte that is no UTF-8 a question mark, so that the length stays. */
#ifndef GAUGELET_BASE_CLEAN_H
#define GAUGELET_BASE_CLEAN_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

/* `length` bytes, in place. */
void clean_line(char *text, size_t length);

/* As much of `text`, which may be what stands in `to`, as fits into `size` bytes with a NUL, cut between two characters. */
void clean_copy(char *to, size_t size, struct str text);

/* Appends. */
void clean_put(struct buf *out, struct str text);

#endif
