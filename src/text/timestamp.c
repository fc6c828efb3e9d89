/* SPDX-License-Identifier: Apache-2.0 */
#include "text/timestamp.h"

#include <time.h>

#include "text/number.h"

static void put_padded(struct buf *out, uint64_t number, unsigned digits)
{
	uint64_t limit = 10;

	for (unsigned i = 1; i < digits; i++, limit *= 10)
		continue;
	while ((limit /= 10) > 1 && number < limit)
		buf_putc(out, '0');
	buf_put_u64(out, number);
}

static void put_year(struct buf *out, int64_t year)
{
	if (year < 0)
		buf_putc(out, '-');
	put_padded(out, year < 0 ? -(uint64_t)year : (uint64_t)year, 4);
}

void timestamp_write_rfc3339(struct buf *out, int64_t unix_ms)
{
	const time_t seconds = unix_ms / 1000 - (unix_ms % 1000 < 0);
	struct tm moment;

	CHECK(gmtime_r(&seconds, &moment)); /* the years of 64 bits of milliseconds fit an int */
	put_year(out, moment.tm_year + INT64_C(1900));
	buf_putc(out, '-');
	put_padded(out, (uint64_t)moment.tm_mon + 1, 2);
	buf_putc(out, '-');
	put_padded(out, (uint64_t)moment.tm_mday, 2);
	buf_putc(out, 'T');
	put_padded(out, (uint64_t)moment.tm_hour, 2);
	buf_putc(out, ':');
	put_padded(out, (uint64_t)moment.tm_min, 2);
	buf_putc(out, ':');
	put_padded(out, (uint64_t)moment.tm_sec, 2);
	buf_putc(out, 'Z');
}

/* The number that `digits` characters from `at` on are; false sticks to *good. */
static int number_at(struct str text, size_t at, size_t digits, bool *good)
{
	struct err ignored;
	uint64_t number = 0;

	*good = *good && number_parse_u64(str_slice(text, at, at + digits), 9999, &number, &ignored);
	return (int)number;
}

bool timestamp_parse_rfc3339(struct str text, int64_t *ret_unix_ms, struct err *err)
{
	char again[32];
	struct buf written = {.ptr = again, .cap = sizeof(again), .max = sizeof(again) - 1};
	bool good = true;
	struct tm moment = {
		.tm_year = number_at(text, 0, 4, &good) - 1900,
		.tm_mon = number_at(text, 5, 2, &good) - 1,
		.tm_mday = number_at(text, 8, 2, &good),
		.tm_hour = number_at(text, 11, 2, &good),
		.tm_min = number_at(text, 14, 2, &good),
		.tm_sec = number_at(text, 17, 2, &good),
	};
	int64_t unix_ms = (int64_t)timegm(&moment) * 1000;

	timestamp_write_rfc3339(&written, unix_ms); /* only a true date and time is written as it was read */
	if (!good || !str_eq(buf_str(&written), text))
		return err_set(err, ERR_INVALID, "\"%.*s\" is no time as 2026-11-20T21:07:46Z", STR_ARG(text));
	*ret_unix_ms = unix_ms;
	return true;
}

/* The month of three letters, from 0; 12: it is none. */
static int month_at(struct str text, size_t at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int month = 0;

	while (month < 12 && !str_eq(str_slice(text, at, at + 3), (struct str){months + (size_t)month * 3, 3}))
		month++;
	return month;
}

bool timestamp_parse_http(struct str text, int64_t *ret_unix_ms)
{
	enum { BYTES = 29 }; /* Sun, 06 Nov 1994 08:49:37 GMT */
	bool good = text.len == BYTES && str_eq(str_slice(text, BYTES - 4, BYTES), STR(" GMT"));
	struct tm moment = {
		.tm_mday = number_at(text, 5, 2, &good),
		.tm_mon = month_at(text, 8),
		.tm_year = number_at(text, 12, 4, &good) - 1900,
		.tm_hour = number_at(text, 17, 2, &good),
		.tm_min = number_at(text, 20, 2, &good),
		.tm_sec = number_at(text, 23, 2, &good),
	};

	good = good && moment.tm_mon < 12 && moment.tm_mday <= 31 && moment.tm_hour < 24 && moment.tm_min < 60 &&
	       moment.tm_sec <= 60; /* a leap second is one */
	if (good)
		*ret_unix_ms = (int64_t)timegm(&moment) * 1000;
	return good;
}

void timestamp_write_seconds(struct buf *out, int64_t unix_ms)
{
	uint64_t ms = unix_ms < 0 ? -(uint64_t)unix_ms : (uint64_t)unix_ms;
	unsigned fraction = (unsigned)(ms % 1000);
	unsigned digits = 3;

	if (unix_ms < 0)
		buf_putc(out, '-');
	buf_put_u64(out, ms / 1000);
	if (fraction == 0)
		return;
	for (; fraction % 10 == 0; fraction /= 10)
		digits--;
	buf_putc(out, '.');
	put_padded(out, fraction, digits);
}
