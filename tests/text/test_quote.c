/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "text/quote.h"

/* Expected texts are what Go's fmt.Sprintf("%q") gives. */
static struct quote_case {
	const char *name;
	struct str text;
	const char *want;
} go_cases[] = {
	{"empty", STR_INIT(""), "\"\""},
	{"plain", STR_INIT("kafka.topic/x y"), "\"kafka.topic/x y\""},
	{"quote", STR_INIT("a\"b"), "\"a\\\"b\""},
	{"backslash", STR_INIT("a\\b"), "\"a\\\\b\""},
	{"other quotes stay", STR_INIT("'`$"), "\"'`$\""},
	{"short escapes", STR_INIT("\a\b\f\n\r\t\v"), "\"\\a\\b\\f\\n\\r\\t\\v\""},
	{"control characters", STR_INIT("\x00\x1f\x7f"), "\"\\x00\\x1f\\x7f\""},
	{"a NUL inside", STR_INIT("a\0b"), "\"a\\x00b\""},
	{"printable Unicode", STR_INIT("\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac"), "\"\xc3\xa9\xe6\x97\xa5\xe6\x9c\xac\""},
	{"emoji", STR_INIT("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\""},
	{"C1 control", STR_INIT("\xc2\x80"), "\"\\u0080\""},
	{"no-break space", STR_INIT("\xc2\xa0"), "\"\\u00a0\""},
	{"soft hyphen", STR_INIT("\xc2\xad"), "\"\\u00ad\""},
	{"unassigned", STR_INIT("\xcd\xb8"), "\"\\u0378\""},
	{"zero width space", STR_INIT("\xe2\x80\x8b"), "\"\\u200b\""},
	{"line separator", STR_INIT("\xe2\x80\xa8"), "\"\\u2028\""},
	{"byte order mark", STR_INIT("\xef\xbb\xbf"), "\"\\ufeff\""},
	{"private use", STR_INIT("\xee\x80\x80"), "\"\\ue000\""},
	{"tag character", STR_INIT("\xf3\xa0\x80\x81"), "\"\\U000e0001\""},
	{"last character", STR_INIT("\xf4\x8f\xbf\xbf"), "\"\\U0010ffff\""},
	{"real replacement character", STR_INIT("\xef\xbf\xbd"), "\"\xef\xbf\xbd\""},
	{"bad byte", STR_INIT("\xff"), "\"\\xff\""},
	{"overlong", STR_INIT("\xc0\x80"), "\"\\xc0\\x80\""},
	{"overlong of three bytes", STR_INIT("\xe0\x80\x80"), "\"\\xe0\\x80\\x80\""},
	{"surrogate", STR_INIT("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\""},
	{"beyond Unicode", STR_INIT("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\""},
	{"cut character", STR_INIT("\xe6\x97"), "\"\\xe6\\x97\""},
	{"cut by ASCII", STR_INIT("\xe6\x97z"), "\"\\xe6\\x97z\""},
	{"lone continuation", STR_INIT("\x80"), "\"\\x80\""},
};

static struct quote_case regexp_cases[] = {
	{"empty", STR_INIT(""), ""},
	{"no metacharacter", STR_INIT("web-0_a/b:c"), "web-0_a/b:c"},
	{"all", STR_INIT("\\.+*?()|[]{}^$"), "\\\\\\.\\+\\*\\?\\(\\)\\|\\[\\]\\{\\}\\^\\$"},
	{"name with dots", STR_INIT("a.example.com"), "a\\.example\\.com"},
	{"Unicode", STR_INIT("\xc3\xa9."), "\xc3\xa9\\."},
};

static void check(void (*quote)(struct buf *, struct str), const struct quote_case *c)
{
	CLEANUP(buf_clear) struct buf out = {0};

	quote(&out, c->text);
	assert_string_equal(buf_cstr(&out), c->want);
	assert_int_equal(out.len, strlen(c->want));
}

static void test_go(void **state)
{
	check(quote_go, *state);
}

static void test_regexp(void **state)
{
	check(quote_regexp, *state);
}

static void test_regexp_nul(void **state)
{
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	quote_regexp(&out, STR("a\0b"));
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.ptr, "a\0b", 3);
}

static void test_maximum(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(8);

	(void)state;
	quote_go(&out, STR("\x01\x02\x03"));
	assert_true(out.failed);
	assert_true(out.len <= 8);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(go_cases) + COUNT_OF(regexp_cases) + 2];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(go_cases); i++)
		tests[count++] = (struct CMUnitTest){go_cases[i].name, test_go, NULL, NULL, &go_cases[i]};
	for (size_t i = 0; i < COUNT_OF(regexp_cases); i++)
		tests[count++] = (struct CMUnitTest){regexp_cases[i].name, test_regexp, NULL, NULL, &regexp_cases[i]};
	tests[count++] = (struct CMUnitTest){"regexp: NUL stays", test_regexp_nul, NULL, NULL, NULL};
	tests[count++] = (struct CMUnitTest){"maximum of the buf", test_maximum, NULL, NULL, NULL};
	return _cmocka_run_group_tests("quote", tests, count, NULL, NULL);
}
