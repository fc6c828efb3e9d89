/* SPDX-License-Identifier: Apache-2.0 */
#include "text/timestamp.h"

#include "../rows.h"

static struct moment_case {
	const char *name;
	int64_t unix_ms;
	const char *rfc3339, *seconds;
} moments[] = {
	{"epoch", 0, "1970-01-01T00:00:00Z", "0"},
	{"five milliseconds", 5, "1970-01-01T00:00:00Z", "0.005"},
	{"a zero inside the fraction", 1050, "1970-01-01T00:00:01Z", "1.05"},
	{"three decimals", 1795209266123, "2026-11-20T21:14:26Z", "1795209266.123"},
	{"two decimals", 1795209266120, "2026-11-20T21:14:26Z", "1795209266.12"},
	{"one decimal", 1795209266100, "2026-11-20T21:14:26Z", "1795209266.1"},
	{"no decimal", 1795209266000, "2026-11-20T21:14:26Z", "1795209266"},
	{"fraction cut, not rounded", 1795209266999, "2026-11-20T21:14:26Z", "1795209266.999"},
	{"leap day of a 400th year", 951782400000, "2000-02-29T00:00:00Z", "951782400"},
	{"end of a leap day", 951868799999, "2000-02-29T23:59:59Z", "951868799.999"},
	{"after a leap day", 951868800000, "2000-03-01T00:00:00Z", "951868800"},
	{"leap day", 1709164800000, "2024-02-29T00:00:00Z", "1709164800"},
	{"2100 has no leap day", 4107542399999, "2100-02-28T23:59:59Z", "4107542399.999"},
	{"2100 has no leap day, after", 4107542400000, "2100-03-01T00:00:00Z", "4107542400"},
	{"end of a year", 1735689599999, "2024-12-31T23:59:59Z", "1735689599.999"},
	{"start of a year", 1735689600000, "2025-01-01T00:00:00Z", "1735689600"},
	{"end of 9999", 253402300799999, "9999-12-31T23:59:59Z", "253402300799.999"},
	{"before the epoch: toward the past", -1, "1969-12-31T23:59:59Z", "-0.001"},
	{"one second before the epoch", -1000, "1969-12-31T23:59:59Z", "-1"},
	{"one and a half before the epoch", -1500, "1969-12-31T23:59:58Z", "-1.5"},
	{"year 1", -62135596800000, "0001-01-01T00:00:00Z", "-62135596800"},
	{"year 0", -62167219200000, "0000-01-01T00:00:00Z", "-62167219200"},
	{"year -1", -62167219200001, "-0001-12-31T23:59:59Z", "-62167219200.001"},
	{"greatest", INT64_MAX, "292278994-08-17T07:12:55Z", "9223372036854775.807"},
	{"least", INT64_MIN, "-292275055-05-16T16:47:04Z", "-9223372036854775.808"},
};

typedef void writer(struct buf *out, int64_t unix_ms);

static void assert_written(writer *write, int64_t unix_ms, const char *want)
{
	struct buf text = {0};

	buf_puts(&text, "<");
	write(&text, unix_ms);
	assert_string_equal(buf_cstr(&text) + 1, want);
	buf_clear(&text);
}

static void test_moment(void **state)
{
	const struct moment_case *c = *state;

	assert_written(timestamp_write_rfc3339, c->unix_ms, c->rfc3339);
	assert_written(timestamp_write_seconds, c->unix_ms, c->seconds);
}

/* ---- and back */

static struct parse_case {
	const char *name, *text;
	int64_t want_ms; /* -1: it is refused */
} parse_cases[] = {
	{"the epoch", "1970-01-01T00:00:00Z", 0},
	{"a moment", "2026-11-20T21:14:26Z", 1795209266000},
	{"a leap day", "2000-02-29T23:59:59Z", 951868799000},
	{"after a leap day", "2000-03-01T00:00:00Z", 951868800000},
	{"the end of 9999", "9999-12-31T23:59:59Z", 253402300799000},
	{"before the epoch", "0001-01-01T00:00:00Z", -62135596800000},
	{"nothing", "", -1},
	{"no leap day", "2100-02-29T00:00:00Z", -1},
	{"month 0", "2026-00-20T21:14:26Z", -1},
	{"month 13", "2026-13-20T21:14:26Z", -1},
	{"day 0", "2026-11-00T21:14:26Z", -1},
	{"day 31 of 30", "2026-11-31T21:14:26Z", -1},
	{"hour 24", "2026-11-20T24:14:26Z", -1},
	{"minute 60", "2026-11-20T21:60:26Z", -1},
	{"second 60", "2026-11-20T21:14:60Z", -1},
	{"a fraction", "2026-11-20T21:14:26.5Z", -1},
	{"an offset", "2026-11-20T21:14:26+00:00", -1},
	{"a space", "2026-11-20 21:14:26Z", -1},
	{"signs", "2026-+1-20T21:14:26Z", -1},
	{"cut", "2026-11-20T21:14", -1},
	{"letters", "yyyy-mm-ddThh:mm:ssZ", -1},
};

static void test_parse(void **state)
{
	const struct parse_case *c = *state;
	struct err err = {0};
	int64_t got = -1;

	assert_int_equal(timestamp_parse_rfc3339(str_of(c->text), &got, &err), c->want_ms != -1);
	assert_int_equal(got, c->want_ms);
	assert_int_equal(err.code, c->want_ms == -1 ? ERR_INVALID : ERR_NONE);
}

/* ---- as HTTP has it */

static struct parse_case http_cases[] = {
	{"the example of RFC 9110", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
	{"a leap day", "Tue, 29 Feb 2000 23:59:59 GMT", 951868799000},
	{"December", "Tue, 01 Dec 2026 04:36:00 GMT", 1796099760000},
	{"a leap second", "Thu, 31 Dec 1998 23:59:60 GMT", 915148800000},
	{"nothing", "", -1},
	{"as RFC 850 has it", "Sunday, 06-Nov-94 08:49:37 GMT", -1},
	{"as asctime has it", "Sun Nov  6 08:49:37 1994", -1},
	{"another zone", "Sun, 06 Nov 1994 08:49:37 CET", -1},
	{"no month", "Sun, 06 Nob 1994 08:49:37 GMT", -1},
	{"half a month before and behind", "Sun, 06 anF 1994 08:49:37 GMT", -1},
	{"hour 24", "Sun, 06 Nov 1994 24:49:37 GMT", -1},
	{"letters", "Sun, 0a Nov 1994 08:49:37 GMT", -1},
	{"a sign", "Sun, +6 Nov 1994 08:49:37 GMT", -1},
	{"cut", "Sun, 06 Nov 1994 08:49 GMT", -1},
};

static void test_http(void **state)
{
	const struct parse_case *c = *state;
	int64_t got = -1;

	assert_int_equal(timestamp_parse_http(str_of(c->text), &got), c->want_ms != -1);
	assert_int_equal(got, c->want_ms);
}

int main(void)
{
	return RUN_ROWS(moments, test_moment) + RUN_ROWS(parse_cases, test_parse) + RUN_ROWS(http_cases, test_http);
}
