/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "text/duration.h"

struct parse_case {
	const char *name;
	struct str text;
	bool ok;
	int64_t want; /* ns or ms */
	const char *message;
};

/* Results of Go 1.26's time.ParseDuration, but for one that wraps around there. */
static struct parse_case go_cases[] = {
	{"go 0", STR_INIT("0"), true, 0, ""},
	{"go +0", STR_INIT("+0"), true, 0, ""},
	{"go -0", STR_INIT("-0"), true, 0, ""},
	{"go 00", STR_INIT("00"), false, 0, "time: missing unit in duration \"00\""},
	{"go empty", STR_INIT(""), false, 0, "time: invalid duration \"\""},
	{"go -", STR_INIT("-"), false, 0, "time: invalid duration \"-\""},
	{"go +", STR_INIT("+"), false, 0, "time: invalid duration \"+\""},
	{"go .", STR_INIT("."), false, 0, "time: invalid duration \".\""},
	{"go 1", STR_INIT("1"), false, 0, "time: missing unit in duration \"1\""},
	{"go 5", STR_INIT("5"), false, 0, "time: missing unit in duration \"5\""},
	{"go 5s", STR_INIT("5s"), true, 5000000000, ""},
	{"go 30s", STR_INIT("30s"), true, 30000000000, ""},
	{"go 1478s", STR_INIT("1478s"), true, 1478000000000, ""},
	{"go -5s", STR_INIT("-5s"), true, -5000000000, ""},
	{"go +5s", STR_INIT("+5s"), true, 5000000000, ""},
	{"go 5.0s", STR_INIT("5.0s"), true, 5000000000, ""},
	{"go 5.6s", STR_INIT("5.6s"), true, 5600000000, ""},
	{"go 5.s", STR_INIT("5.s"), true, 5000000000, ""},
	{"go .5s", STR_INIT(".5s"), true, 500000000, ""},
	{"go 1.0s", STR_INIT("1.0s"), true, 1000000000, ""},
	{"go 1.00s", STR_INIT("1.00s"), true, 1000000000, ""},
	{"go 1.004s", STR_INIT("1.004s"), true, 1004000000, ""},
	{"go 1.0040s", STR_INIT("1.0040s"), true, 1004000000, ""},
	{"go 100.00100s", STR_INIT("100.00100s"), true, 100001000000, ""},
	{"go 10ns", STR_INIT("10ns"), true, 10, ""},
	{"go 11us", STR_INIT("11us"), true, 11000, ""},
	{"go 12\xc2\xb5s", STR_INIT("12\xc2\xb5s"), true, 12000, ""},
	{"go 12\xce\xbcs", STR_INIT("12\xce\xbcs"), true, 12000, ""},
	{"go 13ms", STR_INIT("13ms"), true, 13000000, ""},
	{"go 14s", STR_INIT("14s"), true, 14000000000, ""},
	{"go 15m", STR_INIT("15m"), true, 900000000000, ""},
	{"go 16h", STR_INIT("16h"), true, 57600000000000, ""},
	{"go 3h30m", STR_INIT("3h30m"), true, 12600000000000, ""},
	{"go 10.5s4m", STR_INIT("10.5s4m"), true, 250500000000, ""},
	{"go -2m3.4s", STR_INIT("-2m3.4s"), true, -123400000000, ""},
	{"go 1h2m3s4ms5us6ns", STR_INIT("1h2m3s4ms5us6ns"), true, 3723004005006, ""},
	{"go 39h9m14.425s", STR_INIT("39h9m14.425s"), true, 140954425000000, ""},
	{"go 52763797000ns", STR_INIT("52763797000ns"), true, 52763797000, ""},
	{"go 0.3333333333333333333h", STR_INIT("0.3333333333333333333h"), true, 1200000000000, ""},
	{"go 9007199254740993ns", STR_INIT("9007199254740993ns"), true, 9007199254740993, ""},
	{"go 9223372036854775807ns", STR_INIT("9223372036854775807ns"), true, INT64_MAX, ""},
	{"go 9223372036854775.807us", STR_INIT("9223372036854775.807us"), true, INT64_MAX, ""},
	{"go 9223372036s854ms775us807ns", STR_INIT("9223372036s854ms775us807ns"), true, INT64_MAX, ""},
	{"go -9223372036854775808ns", STR_INIT("-9223372036854775808ns"), true, INT64_MIN, ""},
	{"go -9223372036854775.808us", STR_INIT("-9223372036854775.808us"), true, INT64_MIN, ""},
	{"go -9223372036s854ms775us808ns", STR_INIT("-9223372036s854ms775us808ns"), true, INT64_MIN, ""},
	{"go -2562047h47m16.854775808s", STR_INIT("-2562047h47m16.854775808s"), true, INT64_MIN, ""},
	{"go 0.100000000000000000000h", STR_INIT("0.100000000000000000000h"), true, 360000000000, ""},
	{"go 0.55555555555555555555h", STR_INIT("0.55555555555555555555h"), true, 2000000000000, ""},
	{"go 0.9223372036854775807h", STR_INIT("0.9223372036854775807h"), true, 3320413933267, ""},
	{"go 0.12345678901234567890123456789s", STR_INIT("0.12345678901234567890123456789s"), true, 123456789, ""},
	{"go .s", STR_INIT(".s"), false, 0, "time: invalid duration \".s\""},
	{"go -.s", STR_INIT("-.s"), false, 0, "time: invalid duration \"-.s\""},
	{"go +.5s", STR_INIT("+.5s"), true, 500000000, ""},
	{"go 3000000h", STR_INIT("3000000h"), false, 0, "time: invalid duration \"3000000h\""},
	{"go 9223372036854775808ns", STR_INIT("9223372036854775808ns"), false, 0,
	 "time: invalid duration \"9223372036854775808ns\""},
	{"go 9223372036854775809ns", STR_INIT("9223372036854775809ns"), false, 0,
	 "time: invalid duration \"9223372036854775809ns\""},
	{"go 9223372036854775.808us", STR_INIT("9223372036854775.808us"), false, 0,
	 "time: invalid duration \"9223372036854775.808us\""},
	{"go 9223372036854ms775us808ns", STR_INIT("9223372036854ms775us808ns"), false, 0,
	 "time: invalid duration \"9223372036854ms775us808ns\""},
	{"go 9223372036854775808ns9223372036854775808ns", STR_INIT("9223372036854775808ns9223372036854775808ns"), false,
	 0, "time: invalid duration \"9223372036854775808ns9223372036854775808ns\""},
	{"go -9223372036854775808ns1ns", STR_INIT("-9223372036854775808ns1ns"), false, 0,
	 "time: invalid duration \"-9223372036854775808ns1ns\""},
	{"go 99999999999999999999ns", STR_INIT("99999999999999999999ns"), false, 0,
	 "time: invalid duration \"99999999999999999999ns\""},
	{"go banana", STR_INIT("banana"), false, 0, "time: invalid duration \"banana\""},
	{"go 5x", STR_INIT("5x"), false, 0, "time: unknown unit \"x\" in duration \"5x\""},
	{"go 1 s", STR_INIT("1 s"), false, 0, "time: unknown unit \" s\" in duration \"1 s\""},
	{"go  1s", STR_INIT(" 1s"), false, 0, "time: invalid duration \" 1s\""},
	{"go 1s ", STR_INIT("1s "), false, 0, "time: unknown unit \"s \" in duration \"1s \""},
	{"go 1d", STR_INIT("1d"), false, 0, "time: unknown unit \"d\" in duration \"1d\""},
	{"go -5x", STR_INIT("-5x"), false, 0, "time: unknown unit \"x\" in duration \"-5x\""},
	{"go /xff", STR_INIT("\xff"), false, 0, "time: invalid duration \"\\xff\""},
	{"go 1/'x", STR_INIT("1\"x"), false, 0, "time: unknown unit \"\\\"x\" in duration \"1\\\"x\""},
	{"go 1\xc3\xa9", STR_INIT("1\xc3\xa9"), false, 0,
	 "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\""},
	{"go 1.5.5s", STR_INIT("1.5.5s"), false, 0, "time: missing unit in duration \"1.5.5s\""},
	{"go 1m.5s", STR_INIT("1m.5s"), true, 60500000000, ""},
	{"go 1h15m30.918s", STR_INIT("1h15m30.918s"), true, 4530918000000, ""},
	{"go -1.5h", STR_INIT("-1.5h"), true, -5400000000000, ""},
	{"go 1S", STR_INIT("1S"), false, 0, "time: unknown unit \"S\" in duration \"1S\""},
	{"go 1e3s", STR_INIT("1e3s"), false, 0, "time: unknown unit \"e\" in duration \"1e3s\""},
	{"go 1s/x00", STR_INIT("1s\x00"), false, 0, "time: unknown unit \"s\\x00\" in duration \"1s\\x00\""},
	{"go 1m-5s", STR_INIT("1m-5s"), false, 0, "time: unknown unit \"m-\" in duration \"1m-5s\""},
	{"go 1.000000000000000000000000000000001h", STR_INIT("1.000000000000000000000000000000001h"), true,
	 3600000000000, ""},
};

/* Results of github.com/prometheus/common; its versions differ in the message for an unknown unit, ours is the older. */
static struct parse_case prometheus_cases[] = {
	{"prometheus 0", STR_INIT("0"), true, 0, ""},
	{"prometheus 0s", STR_INIT("0s"), true, 0, ""},
	{"prometheus 00", STR_INIT("00"), false, 0, "not a valid duration string: \"00\""},
	{"prometheus empty", STR_INIT(""), false, 0, "empty duration string"},
	{"prometheus 5m", STR_INIT("5m"), true, 300000, ""},
	{"prometheus 1h30m", STR_INIT("1h30m"), true, 5400000, ""},
	{"prometheus 1y2w3d4h5m6s7ms", STR_INIT("1y2w3d4h5m6s7ms"), true, 33019506007, ""},
	{"prometheus 1ms", STR_INIT("1ms"), true, 1, ""},
	{"prometheus 324ms", STR_INIT("324ms"), true, 324, ""},
	{"prometheus 3s", STR_INIT("3s"), true, 3000, ""},
	{"prometheus 5m30s", STR_INIT("5m30s"), true, 330000, ""},
	{"prometheus 4d", STR_INIT("4d"), true, 345600000, ""},
	{"prometheus 4d1h", STR_INIT("4d1h"), true, 349200000, ""},
	{"prometheus 10w", STR_INIT("10w"), true, 6048000000, ""},
	{"prometheus 3w2d1h", STR_INIT("3w2d1h"), true, 1990800000, ""},
	{"prometheus 8y10w", STR_INIT("8y10w"), true, 258336000000, ""},
	{"prometheus 292y", STR_INIT("292y"), true, 9208512000000, ""},
	{"prometheus 293y", STR_INIT("293y"), false, 0, "duration out of range"},
	{"prometheus 300y", STR_INIT("300y"), false, 0, "duration out of range"},
	{"prometheus 292y24w3d23h47m16s854ms", STR_INIT("292y24w3d23h47m16s854ms"), true, 9223372036854, ""},
	{"prometheus 292y24w3d23h47m16s855ms", STR_INIT("292y24w3d23h47m16s855ms"), false, 0, "duration out of range"},
	{"prometheus 99999999999999999999ms", STR_INIT("99999999999999999999ms"), false, 0, "duration out of range"},
	{"prometheus 9223372036854ms", STR_INIT("9223372036854ms"), true, 9223372036854, ""},
	{"prometheus 9223372036855ms", STR_INIT("9223372036855ms"), false, 0, "duration out of range"},
	{"prometheus 200y200y", STR_INIT("200y200y"), false, 0, "not a valid duration string: \"200y200y\""},
	{"prometheus 1m1h", STR_INIT("1m1h"), false, 0, "not a valid duration string: \"1m1h\""},
	{"prometheus 1s1s", STR_INIT("1s1s"), false, 0, "not a valid duration string: \"1s1s\""},
	{"prometheus 1 minute", STR_INIT("1 minute"), false, 0, "not a valid duration string: \"1 minute\""},
	{"prometheus 1.5h", STR_INIT("1.5h"), false, 0, "not a valid duration string: \"1.5h\""},
	{"prometheus -5m", STR_INIT("-5m"), false, 0, "not a valid duration string: \"-5m\""},
	{"prometheus 5", STR_INIT("5"), false, 0, "not a valid duration string: \"5\""},
	{"prometheus m", STR_INIT("m"), false, 0, "not a valid duration string: \"m\""},
	{"prometheus 5M", STR_INIT("5M"), false, 0, "not a valid duration string: \"5M\""},
	{"prometheus 5m ", STR_INIT("5m "), false, 0, "not a valid duration string: \"5m \""},
	{"prometheus 5mx", STR_INIT("5mx"), false, 0, "not a valid duration string: \"5mx\""},
	{"prometheus 1ms5s", STR_INIT("1ms5s"), false, 0, "not a valid duration string: \"1ms5s\""},
	{"prometheus \xc3\xa9", STR_INIT("\xc3\xa9"), false, 0, "not a valid duration string: \"\xc3\xa9\""},
	{"prometheus /xff", STR_INIT("\xff"), false, 0, "not a valid duration string: \"\\xff\""},
	{"prometheus /n", STR_INIT("\n"), false, 0, "not a valid duration string: \"\\x0a\""},
	{"prometheus 99999999999999999999x", STR_INIT("99999999999999999999x"), false, 0,
	 "not a valid duration string: \"99999999999999999999x\""},
};

static struct write_case {
	const char *name;
	int64_t ns;
	const char *want;
} write_cases[] = {
	{"write 0", 0, "0s"},
	{"write 1", 1, "1ns"},
	{"write 1100", 1100, "1.1\xc2\xb5s"},
	{"write 2200000", 2200000, "2.2ms"},
	{"write 3300000000", 3300000000, "3.3s"},
	{"write 100000000", 100000000, "100ms"},
	{"write 245000000000", 245000000000, "4m5s"},
	{"write 245001000000", 245001000000, "4m5.001s"},
	{"write 18367001000000", 18367001000000, "5h6m7.001s"},
	{"write 480000000001", 480000000001, "8m0.000000001s"},
	{"write 9223372036854775807", INT64_MAX, "2562047h47m16.854775807s"},
	{"write -9223372036854775808", INT64_MIN, "-2562047h47m16.854775808s"},
	{"write -1", -1, "-1ns"},
	{"write -60000000000", -60000000000, "-1m0s"},
	{"write 60000000000", 60000000000, "1m0s"},
	{"write 15111000000", 15111000000, "15.111s"},
	{"write 3600000000000", 3600000000000, "1h0m0s"},
	{"write 999999999", 999999999, "999.999999ms"},
	{"write 999", 999, "999ns"},
	{"write 1000", 1000, "1\xc2\xb5s"},
	{"write 999999", 999999, "999.999\xc2\xb5s"},
	{"write 1000000", 1000000, "1ms"},
	{"write 1500000000", 1500000000, "1.5s"},
};

typedef bool parser(struct str text, int64_t *ret_duration, struct err *err);

static void assert_parsed(parser *parse, const struct parse_case *c)
{
	struct err err = {0};
	int64_t got = -7;

	assert_int_equal(parse(c->text, &got, &err), c->ok);
	assert_int_equal(got, c->ok ? c->want : -7);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_INVALID);
	assert_string_equal(err.msg, c->message);
}

static void test_go(void **state)
{
	assert_parsed(duration_parse_go, *state);
}

static void test_prometheus(void **state)
{
	assert_parsed(duration_parse_prometheus, *state);
}

static void test_write(void **state)
{
	const struct write_case *c = *state;
	struct buf text = {0};

	buf_puts(&text, "<");
	duration_write_go(&text, c->ns);
	assert_string_equal(buf_cstr(&text) + 1, c->want);
	buf_clear(&text);
}

/* The message is cut, not the process ended. */
static void test_long_text(void **state)
{
	static char text[5000];
	struct err err = {0};
	int64_t got = -7;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_false(duration_parse_go((struct str){text, sizeof(text)}, &got, &err));
	assert_memory_equal(err.msg, "time: invalid duration \"xxx", 26);
	assert_false(duration_parse_prometheus((struct str){text, sizeof(text)}, &got, &err));
	assert_memory_equal(err.msg, "not a valid duration string: \"xxx", 32);
	assert_int_equal(got, -7);
}

static struct CMUnitTest tests[COUNT_OF(go_cases) + COUNT_OF(prometheus_cases) + COUNT_OF(write_cases) + 1];

int main(void)
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(go_cases); i++)
		tests[count++] = (struct CMUnitTest){go_cases[i].name, test_go, NULL, NULL, &go_cases[i]};
	for (size_t i = 0; i < COUNT_OF(prometheus_cases); i++)
		tests[count++] = (struct CMUnitTest){prometheus_cases[i].name, test_prometheus, NULL, NULL,
						     &prometheus_cases[i]};
	for (size_t i = 0; i < COUNT_OF(write_cases); i++)
		tests[count++] = (struct CMUnitTest){write_cases[i].name, test_write, NULL, NULL, &write_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_long_text);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
