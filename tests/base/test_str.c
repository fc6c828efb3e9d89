/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <limits.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"

static const struct str NOTHING = {NULL, 0};

static void test_of(void **state)
{
	(void)state;
	assert_int_equal(str_of(NULL).len, 0);
	assert_int_equal(str_of("abc").len, 3);
	assert_int_equal(STR("a\0b").len, 3);
}

static void test_printf_length(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(str_printf_length((struct str){"", (size_t)INT_MAX + 1}), INT_MAX);
	assert_int_equal(str_printf_length((struct str){"", INT_MAX}), INT_MAX);
	snprintf(out, sizeof(out), "%.*s|%.*s", STR_ARG(str_slice(STR("abc"), 0, 2)), STR_ARG(NOTHING));
	assert_string_equal(out, "ab|");
}

static void test_eq(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_false(str_eq(STR("abc"), STR("ab")));
	assert_true(str_eq(NOTHING, STR("")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_eq_nocase(STR("@"), STR("`"))); /* 0x20 apart, but no letters */
	assert_false(str_eq_nocase(STR("["), STR("{")));
	assert_false(str_eq_nocase(STR("\xc3\x89"), STR("\xc3\xa9")));
	assert_false(str_eq_nocase(STR("a"), STR("ab")));
	assert_true(str_eq_nocase(NOTHING, STR("")));
}

static void test_cmp(void **state)
{
	(void)state;
	assert_int_equal(str_cmp(STR("a"), STR("a")), 0);
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("b"), STR("a")) > 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("ab"), STR("a")) > 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0); /* bytes are not signed */
	assert_true(str_cmp(NOTHING, STR("a")) < 0);
	assert_int_equal(str_cmp(NOTHING, STR("")), 0);
}

static void test_search(void **state)
{
	(void)state;
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_starts(STR("abc"), STR("")));
	assert_false(str_starts(STR("abc"), STR("b")));
	assert_false(str_starts(STR("ab"), STR("abc")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_true(str_ends(NOTHING, NOTHING));
	assert_false(str_ends(STR("abc"), STR("b")));
	assert_false(str_ends(STR("bc"), STR("abc")));
	assert_true(str_contains(STR("abc"), STR("b")));
	assert_true(str_contains(NOTHING, STR("")));
	assert_false(str_contains(STR("abc"), STR("ac")));
	assert_false(str_contains(STR("a"), STR("aa")));
	assert_false(str_contains(NOTHING, STR("a")));
	assert_int_equal(str_index(STR("a,b,"), ','), 1);
	assert_int_equal(str_index(STR("ab"), ','), 2);
	assert_int_equal(str_index(STR("a\0b"), '\0'), 1);
	assert_int_equal(str_index(NOTHING, ','), 0);
}

static void test_slice(void **state)
{
	struct str text = STR_INIT("abcde");

	(void)state;
	assert_true(str_eq(str_slice(text, 1, 3), STR("bc")));
	assert_true(str_eq(str_slice(text, 3, 99), STR("de")));
	assert_true(str_eq(str_slice(text, 4, 2), STR("")));
	assert_int_equal(str_slice(text, 99, SIZE_MAX).len, 0);
	assert_ptr_equal(str_slice(text, 99, SIZE_MAX).ptr, text.ptr + 5);
	assert_null(str_slice(NOTHING, 1, 2).ptr);
}

static void test_split(void **state)
{
	static const char *const WANT[] = {"a", "", "b", ""};
	struct str rest = STR_INIT("a,,b,");
	struct str part;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(WANT); i++) {
		assert_true(str_split(&rest, ',', &part));
		assert_true(str_eq(part, str_of(WANT[i])));
	}
	assert_false(str_split(&rest, ',', &part));
	assert_false(str_split(&rest, ',', &part));
	rest = STR("");
	assert_true(str_split(&rest, ',', &part)); /* the empty text is one empty part */
	assert_int_equal(part.len, 0);
	assert_false(str_split(&rest, ',', &part));
}

static void test_trim(void **state)
{
	(void)state;
	assert_true(str_eq(str_trim(STR(" \t\r\na b\n\r\t ")), STR("a b")));
	assert_true(str_eq(str_trim(STR("\va\f")), STR("\va\f")));
	assert_int_equal(str_trim(STR(" \n ")).len, 0);
	assert_int_equal(str_trim(NOTHING).len, 0);
}

static struct utf8_case {
	const char *name;
	struct str in;
	bool valid;
	size_t whole; /* of the bytes */
} utf8_cases[] = {
	{"empty", STR_INIT(""), true, 0},
	{"ASCII and NUL", STR_INIT("a\0b\x7f"), true, 4},
	{"lowest of two bytes", STR_INIT("\xc2\x80"), true, 2},
	{"highest of two bytes", STR_INIT("\xdf\xbf"), true, 2},
	{"overlong of two bytes", STR_INIT("\xc1\xbf"), false, 2},
	{"lowest of three bytes", STR_INIT("\xe0\xa0\x80"), true, 3},
	{"overlong of three bytes", STR_INIT("\xe0\x9f\xbf"), false, 3},
	{"before the surrogates", STR_INIT("\xed\x9f\xbf"), true, 3},
	{"surrogate", STR_INIT("\xed\xa0\x80"), false, 3},
	{"behind the surrogates", STR_INIT("\xee\x80\x80"), true, 3},
	{"lowest of four bytes", STR_INIT("\xf0\x90\x80\x80"), true, 4},
	{"overlong of four bytes", STR_INIT("\xf0\x8f\xbf\xbf"), false, 4},
	{"the last character", STR_INIT("\xf4\x8f\xbf\xbf"), true, 4},
	{"beyond the last", STR_INIT("\xf4\x90\x80\x80"), false, 4},
	{"no first byte", STR_INIT("\xf5\x80\x80\x80"), false, 4},
	{"continuation alone", STR_INIT("a\x80"), false, 2},
	{"continuations alone", STR_INIT("\x80\x80\x80\x80\x80"), false, 5},
	{"1 of 2", STR_INIT("a\xc3"), false, 1},
	{"1 of 3", STR_INIT("a\xe2"), false, 1},
	{"2 of 3", STR_INIT("a\xe2\x82"), false, 1},
	{"1 of 4", STR_INIT("\xf0"), false, 0},
	{"2 of 4", STR_INIT("\xf0\x9f"), false, 0},
	{"3 of 4", STR_INIT("\xf0\x9f\x98"), false, 0},
	{"cut, and wrong before", STR_INIT("\xff\xe2\x82"), false, 1},
	{"second byte wrong", STR_INIT("\xc3("), false, 2},
	{"third byte wrong", STR_INIT("\xe2\x82("), false, 3},
	{"cut, but wrong already", STR_INIT("a\xe0\x80"), false, 3},
	{"one too many", STR_INIT("\xc3\xa9\x80"), false, 3},
};

static void test_utf8(void **state)
{
	const struct utf8_case *c = *state;
	char *exact = test_malloc(c->in.len + 1);
	struct str in = {exact, c->in.len};

	memcpy(exact, c->in.ptr, c->in.len);
	exact[c->in.len] = '\xbf'; /* what comes behind must not be looked at */
	assert_int_equal(str_is_utf8(in), c->valid);
	assert_int_equal(str_whole_characters(in), c->whole);
	assert_int_equal(str_front((struct str){exact, c->in.len + 1}, c->in.len).len, c->whole);
	assert_int_equal(str_front(in, c->in.len).len, c->in.len);
	test_free(exact);
}

/* Every bit of the text and of the seed counts, at every length around the word size. */
static void test_hash(void **state)
{
	char text[20] = "abcdefghijklmnopqrs";

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		struct str part = {text, length};
		uint64_t hash = str_hash(part, 7);

		assert_true(str_hash(part, 7) == hash);
		assert_true(str_hash(part, 8) != hash);
		assert_true(str_hash((struct str){text, length + 1}, 7) != hash);
		for (size_t bit = 0; bit < length * 8; bit++) {
			text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
			assert_true(str_hash(part, 7) != hash);
			text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		}
	}
	assert_true(str_hash(STR("a\0"), 7) != str_hash(STR("a"), 7));
	assert_true(str_hash(NOTHING, 7) == str_hash(STR(""), 7));
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(utf8_cases) + 9] = {
		cmocka_unit_test(test_of),    cmocka_unit_test(test_printf_length), cmocka_unit_test(test_eq),
		cmocka_unit_test(test_cmp),   cmocka_unit_test(test_search),	    cmocka_unit_test(test_slice),
		cmocka_unit_test(test_split), cmocka_unit_test(test_trim),	    cmocka_unit_test(test_hash)};

	for (size_t i = 0; i < COUNT_OF(utf8_cases); i++)
		tests[9 + i] = (struct CMUnitTest){utf8_cases[i].name, test_utf8, NULL, NULL, &utf8_cases[i]};
	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
