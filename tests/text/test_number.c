/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "text/number.h"

enum { UNTOUCHED = -7 };

static struct i64_case {
	const char *name;
	struct str in;
	bool ok;
	int64_t want;
	const char *message;
} i64_cases[] = {
	{"i64 zero", STR_INIT("0"), true, 0, ""},
	{"i64 plus", STR_INIT("+12"), true, 12, ""},
	{"i64 minus", STR_INIT("-12"), true, -12, ""},
	{"i64 leading zeros", STR_INIT("0007"), true, 7, ""},
	{"i64 largest", STR_INIT("9223372036854775807"), true, INT64_MAX, ""},
	{"i64 smallest", STR_INIT("-9223372036854775808"), true, INT64_MIN, ""},
	{"i64 one too large", STR_INIT("9223372036854775808"), false, 0,
	 "strconv.ParseInt: parsing \"9223372036854775808\": value out of range"},
	{"i64 one too small", STR_INIT("-9223372036854775809"), false, 0,
	 "strconv.ParseInt: parsing \"-9223372036854775809\": value out of range"},
	{"i64 beyond 64 bits", STR_INIT("18446744073709551616"), false, 0,
	 "strconv.ParseInt: parsing \"18446744073709551616\": value out of range"},
	{"i64 range before rest", STR_INIT("99999999999999999999x"), false, 0,
	 "strconv.ParseInt: parsing \"99999999999999999999x\": value out of range"},
	{"i64 empty", STR_INIT(""), false, 0, "strconv.ParseInt: parsing \"\": invalid syntax"},
	{"i64 sign alone", STR_INIT("-"), false, 0, "strconv.ParseInt: parsing \"-\": invalid syntax"},
	{"i64 two signs", STR_INIT("+-1"), false, 0, "strconv.ParseInt: parsing \"+-1\": invalid syntax"},
	{"i64 letters", STR_INIT("abc"), false, 0, "strconv.ParseInt: parsing \"abc\": invalid syntax"},
	{"i64 space", STR_INIT(" 1"), false, 0, "strconv.ParseInt: parsing \" 1\": invalid syntax"},
	{"i64 rest", STR_INIT("1m"), false, 0, "strconv.ParseInt: parsing \"1m\": invalid syntax"},
	{"i64 NUL", STR_INIT("1\0"), false, 0, "strconv.ParseInt: parsing \"1\\x00\": invalid syntax"},
	{"i64 underscore", STR_INIT("1_0"), false, 0, "strconv.ParseInt: parsing \"1_0\": invalid syntax"},
	{"i64 quote", STR_INIT("\"\\"), false, 0, "strconv.ParseInt: parsing \"\\\"\\\\\": invalid syntax"},
	{"i64 no UTF-8", STR_INIT("\xff"), false, 0, "strconv.ParseInt: parsing \"\\xff\": invalid syntax"},
	{"i64 UTF-8", STR_INIT("\xc3\xa4"), false, 0, "strconv.ParseInt: parsing \"\xc3\xa4\": invalid syntax"},
	{"i64 tab", STR_INIT("\t"), false, 0, "strconv.ParseInt: parsing \"\\t\": invalid syntax"},
	{"i64 UTF-8 and a stray byte", STR_INIT("\xc3\xa4\xff"), false, 0,
	 "strconv.ParseInt: parsing \"\xc3\xa4\\xff\": invalid syntax"},
	{"i64 not printable", STR_INIT("\xe2\x80\xa8"), false, 0,
	 "strconv.ParseInt: parsing \"\\u2028\": invalid syntax"},
	{"i64 fraction", STR_INIT("1.0"), false, 0, "strconv.ParseInt: parsing \"1.0\": invalid syntax"},
};

static void test_i64(void **state)
{
	const struct i64_case *c = *state;
	struct err err = {0};
	int64_t got = UNTOUCHED;

	assert_int_equal(number_parse_i64(c->in, &got, &err), c->ok);
	assert_int_equal(got, c->ok ? c->want : UNTOUCHED);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_INVALID);
	assert_string_equal(err.msg, c->message);
}

static struct u64_case {
	const char *name;
	struct str in;
	uint64_t max;
	bool ok;
	uint64_t want;
} u64_cases[] = {
	{"u64 zero", STR_INIT("0"), 0, true, 0},
	{"u64 at most", STR_INIT("65535"), 65535, true, 65535},
	{"u64 over", STR_INIT("65536"), 65535, false, 0},
	{"u64 largest", STR_INIT("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
	{"u64 wraps", STR_INIT("18446744073709551616"), UINT64_MAX, false, 0},
	{"u64 plus", STR_INIT("+1"), 10, false, 0},
	{"u64 minus", STR_INIT("-1"), 10, false, 0},
	{"u64 empty", STR_INIT(""), 10, false, 0},
	{"u64 rest", STR_INIT("1 "), 10, false, 0},
};

static void test_u64(void **state)
{
	const struct u64_case *c = *state;
	struct err err = {0};
	uint64_t got = 77;

	assert_int_equal(number_parse_u64(c->in, c->max, &got, &err), c->ok);
	assert_int_equal(got, c->ok ? c->want : 77);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_INVALID);
}

static struct double_case {
	const char *name;
	struct str in;
	bool ok;
	double want;
} double_cases[] = {
	{"double zero", STR_INIT("0"), true, 0},
	{"double minus zero", STR_INIT("-0"), true, -0.0},
	{"double integer", STR_INIT("10"), true, 10},
	{"double plus", STR_INIT("+10"), true, 10},
	{"double leading zero", STR_INIT("010"), true, 10},
	{"double fraction", STR_INIT("0.1"), true, 0.1},
	{"double point last", STR_INIT("10."), true, 10},
	{"double point first", STR_INIT(".5"), true, 0.5},
	{"double exponent", STR_INIT("1.5e3"), true, 1500},
	{"double exponent upper", STR_INIT("1E3"), true, 1000},
	{"double exponent plus", STR_INIT("1e+16"), true, 1e16},
	{"double exponent minus", STR_INIT("25e-1"), true, 2.5},
	{"double 17 digits", STR_INIT("0.30000000000000004"), true, 0.30000000000000004},
	{"double beyond 2^53", STR_INIT("9007199254740993"), true, 9007199254740992.0},
	{"double many digits", STR_INIT("123456789012345678901234567890"), true, 123456789012345678901234567890.0},
	{"double smallest", STR_INIT("5e-324"), true, 5e-324},
	{"double largest", STR_INIT("1.7976931348623157e308"), true, 1.7976931348623157e308},
	{"double 1e23", STR_INIT("1e23"), true, 1e23},
	{"double overflow", STR_INIT("1e400"), true, INFINITY},
	{"double underflow", STR_INIT("-1e-400"), true, -0.0},
	{"double huge exponent", STR_INIT("1e99999999999999999999"), true, INFINITY},
	{"double zero huge exponent", STR_INIT("0e99999999999999999999"), true, 0},
	{"double NaN", STR_INIT("NaN"), true, NAN},
	{"double nan", STR_INIT("nan"), true, NAN},
	{"double Inf", STR_INIT("Inf"), true, INFINITY},
	{"double +Inf", STR_INIT("+Inf"), true, INFINITY},
	{"double -inf", STR_INIT("-inf"), true, -INFINITY},
	{"double Infinity", STR_INIT("Infinity"), false, 0},
	{"double signed NaN", STR_INIT("-NaN"), false, 0},
	{"double empty", STR_INIT(""), false, 0},
	{"double sign alone", STR_INIT("-"), false, 0},
	{"double two signs", STR_INIT("--1"), false, 0},
	{"double point alone", STR_INIT("."), false, 0},
	{"double sign and point", STR_INIT("+."), false, 0},
	{"double exponent alone", STR_INIT("e5"), false, 0},
	{"double cut exponent", STR_INIT("1e"), false, 0},
	{"double cut exponent sign", STR_INIT("1e-"), false, 0},
	{"double hexadecimal", STR_INIT("0x10"), false, 0},
	{"double hexadecimal float", STR_INIT("0x1p4"), false, 0},
	{"double binary", STR_INIT("0b11"), false, 0},
	{"double underscore", STR_INIT("1_000"), false, 0},
	{"double space first", STR_INIT(" 10"), false, 0},
	{"double newline last", STR_INIT("10\n"), false, 0},
	{"double NUL last", STR_INIT("10\0"), false, 0},
	{"double comma", STR_INIT("1,5"), false, 0},
	{"double thousands", STR_INIT("1.000,5"), false, 0},
	{"double suffix", STR_INIT("10k"), false, 0},
	{"double word", STR_INIT("ten"), false, 0},
};

static void assert_same_double(double got, double want)
{
	if (isnan(want)) {
		assert_true(isnan(got));
		return;
	}
	assert_true(got == want);
	assert_int_equal(signbit(got) != 0, signbit(want) != 0);
}

static void test_double(void **state)
{
	const struct double_case *c = *state;
	struct err err = {0};
	double got = UNTOUCHED;

	assert_int_equal(number_parse_double(c->in, &got, &err), c->ok);
	assert_same_double(got, c->ok ? c->want : UNTOUCHED);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_INVALID);
}

static void test_double_of_a_thousand_digits(void **state)
{
	char text[1005] = "10.";
	struct err err = {0};
	double got = UNTOUCHED;

	(void)state;
	memset(text + 3, '0', sizeof(text) - 4);
	text[sizeof(text) - 1] = '1';
	assert_true(number_parse_double((struct str){text, sizeof(text)}, &got, &err));
	assert_true(got == 10.0);
}

/* Every double comes back from the 17 digits that tell it apart, by the quick way and by the slow one. */
static void test_double_round_trip(void **state)
{
	uint64_t random = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[64];
		struct err err = {0};
		double want, got = UNTOUCHED;

		random = random * 6364136223846793005U + 1442695040888963407U;
		memcpy(&want, &random, sizeof(want));
		if (i % 2)
			want = (double)(random >> 34) / 1000;
		if (!isfinite(want))
			continue;
		snprintf(text, sizeof(text), "%.17g", want);
		assert_true(number_parse_double(str_of(text), &got, &err));
		assert_same_double(got, want);
		snprintf(text, sizeof(text), "%.12g", want);
		assert_true(number_parse_double(str_of(text), &got, &err));
		assert_same_double(got, strtod(text, NULL));
	}
}

static void test_long_message_is_cut(void **state)
{
	char text[1000];
	struct err err = {0};
	int64_t got = UNTOUCHED;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_false(number_parse_i64((struct str){text, sizeof(text)}, &got, &err));
	assert_non_null(strstr(err.msg, "xxx...\": invalid syntax"));
	assert_true(strlen(err.msg) < 300);
}

/* Neither a character nor an escape is left in halves, and the reason is still there. */
static void test_message_is_cut_at_a_character(void **state)
{
	struct err err = {0};
	int64_t got = UNTOUCHED;

	(void)state;
	for (size_t before = 0; before < 4; before++) {
		CLEANUP(buf_clear) struct buf text = {0};

		for (size_t i = 0; i < before; i++)
			buf_putc(&text, 'x');
		for (size_t i = 0; i < 500; i++)
			buf_puts(&text, "\xf3\xa0\x80\x81");
		assert_false(number_parse_i64(buf_str(&text), &got, &err));
		assert_non_null(strstr(err.msg, "\\U000e0001...\": invalid syntax"));
	}
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(i64_cases) + COUNT_OF(u64_cases) + COUNT_OF(double_cases) + 4];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(i64_cases); i++)
		tests[count++] = (struct CMUnitTest){i64_cases[i].name, test_i64, NULL, NULL, &i64_cases[i]};
	for (size_t i = 0; i < COUNT_OF(u64_cases); i++)
		tests[count++] = (struct CMUnitTest){u64_cases[i].name, test_u64, NULL, NULL, &u64_cases[i]};
	for (size_t i = 0; i < COUNT_OF(double_cases); i++)
		tests[count++] = (struct CMUnitTest){double_cases[i].name, test_double, NULL, NULL, &double_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_double_of_a_thousand_digits);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_double_round_trip);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_long_message_is_cut);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_message_is_cut_at_a_character);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
