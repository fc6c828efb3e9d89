/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"

static int set_up(void **state)
{
	*state = arena_new(0);
	return 0;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct json_node *parse(void **state, const char *text)
{
	const struct json_node *root = NULL;
	struct err err = {0};

	if (!json_tree_parse(str_of(text), *state, &root, &err))
		fail_msg("%s", err.msg);
	return root;
}

static void test_map(void **state)
{
	const struct json_node *root =
		parse(state, "{\"a\":\"x\\ny\",\"b\":[1.50,true,null],\"c\":{},\"d\":null,\"e\":false}");
	const struct json_node *list = json_tree_get_kind(root, STR("b"), JSON_IS_LIST);

	assert_int_equal(root->count, 5);
	assert_string_equal(json_tree_text(root, STR("a")).ptr, "x\ny");
	assert_int_equal(list->count, 3);
	assert_true(str_eq(list->first->text, STR("1.50")));
	assert_int_equal(list->first->kind, JSON_IS_NUMBER);
	assert_true(list->first->next->truth);
	assert_int_equal(list->first->next->next->kind, JSON_IS_NULL);
	assert_null(list->first->next->next->next);
	assert_int_equal(json_tree_get(root, STR("c"))->count, 0);
	assert_null(json_tree_get(root, STR("d")));
	assert_false(json_tree_get_kind(root, STR("e"), JSON_IS_BOOL)->truth);
	assert_null(json_tree_get_kind(root, STR("a"), JSON_IS_LIST));
	assert_int_equal(json_tree_text(root, STR("b")).len, 0);
	assert_null(json_tree_get(NULL, STR("a")));
	assert_null(json_tree_get(list, STR("a")));
}

static void test_same_key_in_two_maps(void **state)
{
	const struct json_node *root = parse(state, "[{\"a\":1},{\"a\":{\"a\":2}}]");

	assert_true(str_eq(json_tree_get(json_tree_get(root->first->next, STR("a")), STR("a"))->text, STR("2")));
}

/* Of keys k0, k1, ...; and once more `again`. */
static bool parse_keys(void **state, int count, int again)
{
	CLEANUP(buf_clear) struct buf text = {0};
	const struct json_node *root = NULL;
	struct err err = {0};

	buf_putc(&text, '{');
	for (int i = 0; i < count; i++)
		buf_printf(&text, "\"k%d\":%d,", i, i);
	buf_printf(&text, "\"k%d\":0}", again);
	if (!json_tree_parse(buf_str(&text), *state, &root, &err)) {
		assert_null(root);
		assert_int_equal(err.code, ERR_INVALID);
		assert_non_null(strstr(err.msg, "twice"));
		return false;
	}
	assert_int_equal(root->count, count + 1);
	return true;
}

static void test_keys_twice(void **state)
{
	for (int count = 1; count < 40; count++) {
		assert_true(parse_keys(state, count, count));
		assert_false(parse_keys(state, count, 0));
		assert_false(parse_keys(state, count, count - 1));
		assert_false(parse_keys(state, count, count / 2));
	}
}

static void test_no_json(void **state)
{
	static const char *const TEXTS[] = {"", "<html>", "{\"a\":[{\"b\":1}", "{} {}", "{\"a\" 1}"};

	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		const struct json_node *root = NULL;
		struct err err = {0};

		assert_false(json_tree_parse(str_of(TEXTS[i]), *state, &root, &err));
		assert_int_equal(err.code, ERR_INVALID);
		assert_null(root);
	}
}

static void test_too_large(void **state)
{
	struct arena *arena = arena_new(1000);
	const struct json_node *root = NULL;
	struct err err = {0};

	(void)state;
	assert_false(json_tree_parse(STR("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]"), arena, &root, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	arena_free(arena);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_map),	     WITH_ARENA(test_same_key_in_two_maps),
		WITH_ARENA(test_keys_twice), WITH_ARENA(test_no_json),
		WITH_ARENA(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
