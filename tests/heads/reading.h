/* SPDX-License-Identifier: Apache-2.0 */
/* reading.h - the first request of some bytes, as somebody reads it: a text that two readers can compare. */
#ifndef GAUGELET_TESTS_READING_H
#define GAUGELET_TESTS_READING_H

#include "base/buf.h"

/* Messages on pipes: four bytes of length, the highest first, and the bytes. */
static inline void message_put(struct buf *out, struct str bytes)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_putc(out, (char)((unsigned)bytes.len >> shift & 0xff));
	buf_put(out, bytes);
}

static inline void reading_line(struct buf *out, struct str name, struct str value)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		buf_putc(out, (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
	}
	buf_putc(out, ':');
	buf_put(out, str_trim(value));
	buf_putc(out, '\n');
}

#endif
