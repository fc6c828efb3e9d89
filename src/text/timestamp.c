/* SPDX-License-Identifier: Apache-2.0 */
#include "text/timestamp.h"

#include "text/number.h"

enum { SECONDS_A_DAY = 86400, DAYS_IN_400_YEARS = 146097 };

struct moment {
	int64_t year;
	unsigned month, day; /* from 1 */
	unsigned hour, minute, second;
	unsigned weekday; /* 0: Sunday */
};

/* Rounds toward the past; C's division rounds toward zero. */
static int64_t floor_div(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

/* The Gregorian calendar repeats every 400 years. Years are counted from March, so that the leap day is the last of its
   year and the lengths of the months before it follow one formula. */
static void split_days(int64_t days_since_1970, struct moment *moment)
{
	int64_t days = days_since_1970 + 719468; /* since 0000-03-01 */
	int64_t era = floor_div(days, DAYS_IN_400_YEARS);
	unsigned day_of_era = (unsigned)(days - era * DAYS_IN_400_YEARS);
	unsigned year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_IN_400_YEARS - 1)) / 365;
	unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month_from_march = (5 * day_of_year + 2) / 153;

	moment->day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	moment->month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	moment->year = era * 400 + year_of_era + (moment->month <= 2);
	moment->weekday = (unsigned)(days_since_1970 + 4 - 7 * floor_div(days_since_1970 + 4, 7));
}

static struct moment moment_of(int64_t unix_ms)
{
	struct moment moment = {0};
	int64_t seconds = floor_div(unix_ms, 1000);
	int64_t days = floor_div(seconds, SECONDS_A_DAY);
	unsigned second_of_day = (unsigned)(seconds - days * SECONDS_A_DAY);

	split_days(days, &moment);
	moment.hour = second_of_day / 3600;
	moment.minute = second_of_day / 60 % 60;
	moment.second = second_of_day % 60;
	return moment;
}

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

static void put_time(struct buf *out, const struct moment *moment)
{
	put_padded(out, moment->hour, 2);
	buf_putc(out, ':');
	put_padded(out, moment->minute, 2);
	buf_putc(out, ':');
	put_padded(out, moment->second, 2);
}

void timestamp_write_rfc3339(struct buf *out, int64_t unix_ms)
{
	struct moment moment = moment_of(unix_ms);

	put_year(out, moment.year);
	buf_putc(out, '-');
	put_padded(out, moment.month, 2);
	buf_putc(out, '-');
	put_padded(out, moment.day, 2);
	buf_putc(out, 'T');
	put_time(out, &moment);
	buf_putc(out, 'Z');
}

/* The number that `digits` characters from `at` on are; false sticks to *good. */
static int64_t number_at(struct str text, size_t at, size_t digits, bool *good)
{
	struct err ignored;
	uint64_t number = 0;

	*good = *good && number_parse_u64(str_slice(text, at, at + digits), 9999, &number, &ignored);
	return (int64_t)number;
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t march_year = month > 2 ? year : year - 1;
	int64_t month_from_march = month > 2 ? month - 3 : month + 9;

	return march_year * 365 + floor_div(march_year, 4) - floor_div(march_year, 100) + floor_div(march_year, 400) +
	       (153 * month_from_march + 2) / 5 + day - 1 - 719468;
}

bool timestamp_parse_rfc3339(struct str text, int64_t *ret_unix_ms, struct err *err)
{
	char again[32];
	struct buf written = {.ptr = again, .cap = sizeof(again), .max = sizeof(again) - 1};
	bool good = true;
	int64_t days =
		days_of(number_at(text, 0, 4, &good), number_at(text, 5, 2, &good), number_at(text, 8, 2, &good));
	int64_t seconds = number_at(text, 11, 2, &good) * 3600 + number_at(text, 14, 2, &good) * 60 +
			  number_at(text, 17, 2, &good);
	int64_t unix_ms = (days * SECONDS_A_DAY + seconds) * 1000;

	timestamp_write_rfc3339(&written, unix_ms); /* only a true date and time is written as it was read */
	if (!good || !str_eq(buf_str(&written), text))
		return err_set(err, ERR_INVALID, "\"%.*s\" is no time as 2026-11-20T21:07:46Z", STR_ARG(text));
	*ret_unix_ms = unix_ms;
	return true;
}

/* RFC 9110, 5.6.7: English names whatever the locale. */
void timestamp_write_http(struct buf *out, int64_t unix_ms)
{
	static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct moment moment = moment_of(unix_ms);

	buf_puts(out, weekdays[moment.weekday]);
	buf_puts(out, ", ");
	put_padded(out, moment.day, 2);
	buf_putc(out, ' ');
	buf_puts(out, months[moment.month - 1]);
	buf_putc(out, ' ');
	put_year(out, moment.year);
	buf_putc(out, ' ');
	put_time(out, &moment);
	buf_puts(out, " GMT");
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
