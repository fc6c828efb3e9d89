/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"

enum { MSG_BYTES = sizeof(((struct err *)NULL)->msg) };

static void test_set(void **state)
{
	struct err err = {0};

	(void)state;
	assert_false(err_set(&err, ERR_TIMEOUT, "%s after %d ms", "no answer", 30));
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(err.msg, "no answer after 30 ms");
	assert_false(err_set(&err, ERR_IO, "again"));
	assert_int_equal(err.code, ERR_IO);
	assert_string_equal(err.msg, "again");
}

static void test_set_from_itself(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, ERR_IO, "inner");
	err_set(&err, ERR_UPSTREAM, "<%s>", err.msg);
	assert_string_equal(err.msg, "<inner>");
}

static void test_wrap(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, ERR_NOT_FOUND, "no such file");
	assert_false(err_wrap(&err, "rules '%s'", "a.yaml"));
	assert_string_equal(err.msg, "rules 'a.yaml': no such file");
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_one_line(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, ERR_INVALID, "a\nb\tc\r\x01\x1f\x7f \xc3\xa9");
	assert_string_equal(err.msg, "a b c     \xc3\xa9");
}

/* The longest message fits whole; one byte more is cut off. */
static void test_longest(void **state)
{
	struct err err = {0};
	char text[MSG_BYTES + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[MSG_BYTES - 1] = '\0';
	err_set(&err, ERR_INVALID, "%s", text);
	assert_string_equal(err.msg, text);
	text[MSG_BYTES - 1] = 'x';
	text[MSG_BYTES] = '\0';
	err_set(&err, ERR_INVALID, "%s", text);
	assert_int_equal(strlen(err.msg), MSG_BYTES - 1);
}

/* Wherever the cut falls in a row of characters of two, three and four bytes, what is left is UTF-8. */
static void test_cut_at_a_character(void **state)
{
	struct err err = {0};

	(void)state;
	for (int shift = 0; shift < 9; shift++) {
		char text[MSG_BYTES + 32] = {0};
		size_t at = (size_t)shift;

		memset(text, 'x', at);
		for (; at < MSG_BYTES; at += 9)
			memcpy(text + at, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9);
		err_set(&err, ERR_INVALID, "%s", text);
		assert_true(str_is_utf8(str_of(err.msg)));
		assert_in_range(strlen(err.msg), MSG_BYTES - 4, MSG_BYTES - 1);
		assert_memory_equal(err.msg, text, strlen(err.msg));
	}
}

static void test_wrap_cuts(void **state)
{
	struct err err = {0};
	char outer[MSG_BYTES];

	(void)state;
	memset(outer, 'o', sizeof(outer));
	outer[sizeof(outer) - 1] = '\0';
	err_set(&err, ERR_LIMIT, "inner");
	err_wrap(&err, "%s", outer);
	assert_string_equal(err.msg, outer);
	assert_int_equal(err.code, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),	  cmocka_unit_test(test_set_from_itself),
		cmocka_unit_test(test_wrap),	  cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_longest),	  cmocka_unit_test(test_cut_at_a_character),
		cmocka_unit_test(test_wrap_cuts),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
