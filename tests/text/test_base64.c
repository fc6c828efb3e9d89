/* SPDX-License-Identifier: Apache-2.0 */
#include "text/base64.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct base64_case {
	const char *name;
	struct str text, bytes;
	const char *error; /* NULL: bytes come out */
} cases[] = {
	{"nothing", STR_INIT(""), STR_INIT(""), NULL},
	{"one byte", STR_INIT("Zg=="), STR_INIT("f"), NULL},
	{"two bytes", STR_INIT("Zm8="), STR_INIT("fo"), NULL},
	{"three bytes", STR_INIT("Zm9v"), STR_INIT("foo"), NULL},
	{"four bytes", STR_INIT("Zm9vYg=="), STR_INIT("foob"), NULL},
	{"all sorts of bytes", STR_INIT("AP/+gH8K"), STR_INIT("\0\xff\xfe\x80\x7f\n"), NULL},
	{"lines", STR_INIT("Zm\r\n9v\n \tYg=\n=\n"), STR_INIT("foob"), NULL},
	{"no padding", STR_INIT("Zm8"), STR_INIT(""), "ends early"},
	{"half a padding", STR_INIT("Zg="), STR_INIT(""), "ends early"},
	{"padding alone", STR_INIT("===="), STR_INIT(""), "ends wrongly"},
	{"one digit", STR_INIT("Z==="), STR_INIT(""), "ends wrongly"},
	{"unused bits", STR_INIT("Zh=="), STR_INIT(""), "ends wrongly"},
	{"unused bits of two bytes", STR_INIT("Zm9="), STR_INIT(""), "ends wrongly"},
	{"digit in the padding", STR_INIT("Zg=v"), STR_INIT(""), "behind its padding"},
	{"digits behind the padding", STR_INIT("Zg==Zm9v"), STR_INIT("f"), "behind its padding"},
	{"URL digits", STR_INIT("AP_-"), STR_INIT(""), "no base64"},
	{"NUL", STR_INIT("Zm\0v"), STR_INIT(""), "no base64"},
	{"PEM", STR_INIT("-----BEGIN"), STR_INIT(""), "no base64"},
};

static void test_case(void **state)
{
	const struct base64_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};
	CLEANUP(buf_clear) struct buf back = {0};
	struct err err = {0};

	assert_int_equal(base64_decode(c->text, &out, &err), c->error == NULL);
	assert_true(str_eq(buf_str(&out), c->bytes));
	if (c->error) {
		assert_int_equal(err.code, ERR_INVALID);
		assert_non_null(strstr(err.msg, c->error));
		return;
	}
	base64_write(&back, c->bytes);
	for (size_t i = 0, j = 0; i < c->text.len; i++)
		if (!strchr(" \t\r\n", c->text.ptr[i]))
			assert_int_equal(c->text.ptr[i], back.ptr[j++]);
}

static void test_too_long(void **state)
{
	CLEANUP(buf_clear) struct buf out = BUF_MAX(2);
	struct err err = {0};

	(void)state;
	assert_false(base64_decode(STR("Zm9v"), &out, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases) + 1];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] =
			(struct CMUnitTest){.name = cases[i].name, .test_func = test_case, .initial_state = &cases[i]};
	tests[COUNT_OF(cases)] = (struct CMUnitTest)cmocka_unit_test(test_too_long);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
