/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "rows.h"

static json_t *parsed(const char *text)
{
	json_t *root = NULL;
	struct err err = {0};

	if (!json_document_parse(str_of(text), &root, &err))
		fail_msg("%s", err.msg);
	return root;
}

static void test_members(void **state)
{
	json_auto_t *root = parsed("{\"a\":\"x\\u0000y\",\"b\":[1.5],\"c\":null,\"d\":{\"a\":\"z\"}}");

	(void)state;
	assert_int_equal(json_document_text(root, "a").len, 3);
	assert_memory_equal(json_document_text(root, "a").ptr, "x\0y", 4);
	assert_int_equal(json_document_text(root, "b").len, 0);
	assert_int_equal(json_document_text(root, "nope").len, 0);
	assert_null(json_document_get(root, "c"));
	assert_null(json_document_get(root, "nope"));
	assert_null(json_document_get(NULL, "a"));
	assert_null(json_document_get(json_document_get(root, "b"), "a"));
	assert_true(str_eq(json_document_text(json_document_get(root, "d"), "a"), STR("z")));
	assert_int_equal(json_document_str(NULL).len, 0);
}

static struct refused_case {
	const char *name, *text, *words;
} refused_cases[] = {
	{"nothing", "", "no JSON"},
	{"HTML", "<html>", "no JSON"},
	{"cut", "{\"a\":[{\"b\":1}", "no JSON"},
	{"two documents", "{} {}", "no JSON"},
	{"no colon", "{\"a\" 1}", "no JSON: line 1, column 6: ':' expected"},
	{"a key twice", "{\"a\":1,\"b\":2,\"a\":3}", "duplicate object key"},
	{"a key twice, once escaped", "{\"a\":1,\"\\u0061\":3}", "duplicate object key"},
	{"a key twice further in", "[{\"a\":{\"b\":1,\"b\":1}}]", "duplicate object key"},
	{"a key with a NUL", "{\"a\\u0000\":1}", "NUL byte in object key"},
	{"bytes that are no UTF-8", "\"\xff\"", "no JSON"},
};

static void test_refused(void **state)
{
	const struct refused_case *c = *state;
	json_t *root = NULL;
	struct err err = {0};

	assert_false(json_document_parse(str_of(c->text), &root, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_contains(str_of(err.msg), c->words);
	assert_null(root);
}

static void test_nul(void **state)
{
	json_t *root = NULL;
	struct err err = {0};

	(void)state;
	assert_false(json_document_parse(STR("{}\0x"), &root, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_null(root);
}

static void test_repeats_no_secret(void **state)
{
	json_t *root = NULL;
	struct err err = {0};

	(void)state;
	assert_false(json_document_parse(STR("{\"token\":\"secret\" \"more\"}"), &root, &err));
	assert_null(strstr(err.msg, "more"));
	assert_null(strstr(err.msg, "secret"));
}

static bool parse_repeated(const char *open, const char *close, int times, struct err *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	json_auto_t *root = NULL;

	for (int i = 0; i < times; i++)
		buf_puts(&text, open);
	buf_puts(&text, "1");
	for (int i = 0; i < times; i++)
		buf_puts(&text, close);
	return json_document_parse(buf_str(&text), &root, err);
}

static void test_depth(void **state)
{
	struct err err = {0};

	(void)state;
	assert_true(parse_repeated("[", "]", JSON_DOCUMENT_DEPTH_MAX, &err));
	assert_false(parse_repeated("[", "]", JSON_DOCUMENT_DEPTH_MAX + 1, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_contains(str_of(err.msg), "deeper than 64");
	assert_false(parse_repeated("{\"a\":", "}", JSON_DOCUMENT_DEPTH_MAX + 1, &err));
}

/* Brackets and commas inside texts are none. */
static void test_counts_outside_texts(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	json_auto_t *root = NULL;
	struct err err = {0};

	(void)state;
	buf_puts(&text, "[\"\\\\\",\"\\\"");
	for (int i = 0; i < JSON_DOCUMENT_VALUES_MAX + 2; i++)
		buf_puts(&text, "[,");
	buf_puts(&text, "\"]");
	assert_true(json_document_parse(buf_str(&text), &root, &err));
	assert_int_equal(json_array_size(root), 2);
}

static void test_too_many(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	json_auto_t *root = NULL;
	struct err err = {0};

	(void)state;
	buf_puts(&text, "[1");
	for (int i = 0; i < JSON_DOCUMENT_VALUES_MAX; i++)
		buf_puts(&text, ",1");
	buf_putc(&text, ']');
	assert_false(json_document_parse(buf_str(&text), &root, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_null(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_repeats_no_secret),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_counts_outside_texts),
		cmocka_unit_test(test_too_many),
	};

	return RUN_ROWS(refused_cases, test_refused) + cmocka_run_group_tests_name("json_document", tests, NULL, NULL);
}
