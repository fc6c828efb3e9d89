/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_clear(struct buf *buf)
{
	free(buf->ptr);
	*buf = (struct buf){.max = buf->max};
}

void buf_wipe(struct buf *buf)
{
	if (buf->ptr)
		explicit_bzero(buf->ptr, buf->cap);
	buf_clear(buf);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

bool buf_reserve(struct buf *buf, size_t bytes)
{
	size_t wanted;
	size_t cap;

	if (buf->failed || __builtin_add_overflow(buf->len, bytes, &wanted) || (buf->max && wanted > buf->max)) {
		buf->failed = true;
		return false;
	}
	if (wanted < buf->cap) /* one byte more than asked, for buf_cstr */
		return true;
	cap = buf->cap < 64 ? 64 : buf->cap;
	while (cap <= wanted)
		cap += cap / 2;
	if (buf->max && cap > buf->max + 1)
		cap = buf->max + 1;
	buf->ptr = xrealloc(buf->ptr, cap, 1);
	buf->cap = cap;
	return true;
}

/* A cap is never more than the maximum and a byte, so this holds the maximum, too. */
static bool fits(const struct buf *buf, size_t bytes)
{
	return !buf->failed && bytes < buf->cap - buf->len;
}

void buf_put(struct buf *buf, struct str text)
{
	if (text.len == 0 || (!fits(buf, text.len) && !buf_reserve(buf, text.len)))
		return;
	memcpy(buf->ptr + buf->len, text.ptr, text.len);
	buf->len += text.len;
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_put(buf, str_of(text));
}

void buf_putc(struct buf *buf, char c)
{
	if (!fits(buf, 1) && !buf_reserve(buf, 1))
		return;
	buf->ptr[buf->len++] = c;
}

void buf_put_u64(struct buf *buf, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	buf_put(buf, (struct str){digits + at, sizeof(digits) - at});
}

void buf_put_i64(struct buf *buf, int64_t number)
{
	if (number < 0)
		buf_putc(buf, '-');
	buf_put_u64(buf, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void buf_put_count(struct buf *buf, uint64_t count, const char *noun)
{
	buf_put_u64(buf, count);
	buf_putc(buf, ' ');
	buf_puts(buf, noun);
	if (count != 1 && !str_ends(str_of(noun), STR("series")))
		buf_putc(buf, 's');
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_list again;
	int wanted;

	va_start(args, format);
	va_copy(again, args);
	wanted = vsnprintf(NULL, 0, format, args);
	va_end(args);
	CHECK(wanted >= 0);
	if (buf_reserve(buf, (size_t)wanted)) {
		vsnprintf(buf->ptr + buf->len, (size_t)wanted + 1, format, again);
		buf->len += (size_t)wanted;
	}
	va_end(again);
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->ptr, buf->len};
}

const char *buf_cstr(struct buf *buf)
{
	if (buf->ptr == NULL)
		return "";
	buf->ptr[buf->len] = '\0';
	return buf->ptr;
}

char *buf_steal(struct buf *buf)
{
	char *text;

	if (buf->ptr == NULL)
		buf->ptr = xcalloc(1, 1);
	buf->ptr[buf->len] = '\0';
	text = buf->ptr;
	*buf = (struct buf){.max = buf->max};
	return text;
}
