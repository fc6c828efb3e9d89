/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - bytes that we own and append to. Fails stickily: write on, and ask `failed` once at the end. */
#ifndef GAUGELET_BASE_BUF_H
#define GAUGELET_BASE_BUF_H

#include "base/base.h"
#include "base/str.h"

struct buf {
	char *ptr;
	size_t len, cap;
	size_t max;  /* bytes; 0 means no limit, for sizes of our own choice */
	bool failed; /* something did not fit; what is there is cut off */
};

#define BUF_MAX(bytes)                                                                                                 \
	{                                                                                                              \
		.max = (bytes)                                                                                         \
	}

void buf_clear(struct buf *buf); /* frees; the buf is empty and may be used again with the same maximum */
void buf_wipe(struct buf *buf);	 /* as buf_clear, for secrets: overwrites what it frees */
void buf_reset(struct buf *buf); /* empties, keeps the memory */
void buf_put(struct buf *buf, struct str text);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_put_u64(struct buf *buf, uint64_t number);
void buf_put_i64(struct buf *buf, int64_t number);
void buf_put_count(struct buf *buf, uint64_t count, const char *noun); /* "1 sample", "2 samples", "2 series" */
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Room for `bytes` more at ptr + len, to be filled by the caller, who then raises len. False when over the maximum. */
bool buf_reserve(struct buf *buf, size_t bytes) MUST_USE;

struct str buf_str(const struct buf *buf); /* lent, until the next write */
const char *buf_cstr(struct buf *buf);	   /* lent, NUL-ended, until the next write */
char *buf_steal(struct buf *buf);	   /* given, NUL-ended, to be freed; the buf is empty */

#endif
