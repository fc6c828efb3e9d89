/* SPDX-License-Identifier: Apache-2.0 */
#include "../rows.h"
#include "text/problem.h"

#define FIFTY "12345678901234567890123456789012345678901234567890"

static struct text_case {
	const char *name, *text, *want;
} texts[] = {
	{"plain", "no such field", "f:2:3: no such field\n"},
	{"control characters", "a\nb\tc\x1b[31m\x7f", "f:2:3: a b c [31m \n"},
	{"characters beyond ASCII", "\xc3\xa4\xe2\x82\xac", "f:2:3: \xc3\xa4\xe2\x82\xac\n"},
	{"as long as there is room",
	 FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "12345678901234567890123456789012345678901234567\xc3\xa4",
	 "f:2:3: " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY
	 "12345678901234567890123456789012345678901234567\xc3\xa4\n"},
	{"cut at a whole character",
	 FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "123456789012345678901234567890123456789012345678\xc3\xa4",
	 "f:2:3: " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "123456789012345678901234567890123456789012345678\n"},
};

static void test_text(void **state)
{
	const struct text_case *c = *state;
	struct problems problems = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	assert_false(problem_add(&problems, (struct place){2, 3}, "%s", c->text));
	problems_write(&problems, "f", &out);
	assert_str(buf_str(&out), c->want);
	problems_clear(&problems);
}

static void test_sorted_by_place(void **state)
{
	struct problems problems = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	problem_add(&problems, (struct place){2, 5}, "e");
	problem_warn(&problems, (struct place){2, 1}, "d");
	problem_add(&problems, (struct place){1, 9}, "b");
	problem_add(&problems, (struct place){0, 0}, "a");
	problem_add(&problems, (struct place){1, 10}, "c");
	problems_write(&problems, "f", &out);
	assert_str(buf_str(&out), "f: a\nf:1:9: b\nf:1:10: c\nf:2:1: warning: d\nf:2:5: e\n");
	assert_int_equal(problems.errors, 4);
	assert_int_equal(problems.warnings, 1);
	problems_clear(&problems);
	assert_int_equal(problems.errors, 0);
}

static void test_equal_places_keep_their_order(void **state)
{
	struct problems problems = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	CLEANUP(buf_clear) struct buf want = {0};

	(void)state;
	for (unsigned i = 0; i < PROBLEMS_MAX; i++)
		problem_add(&problems, (struct place){i % 2 ? 7 : 8, 1}, "%u", i);
	for (unsigned i = 1; i < PROBLEMS_MAX; i += 2)
		buf_printf(&want, "f:7:1: %u\n", i);
	for (unsigned i = 0; i < PROBLEMS_MAX; i += 2)
		buf_printf(&want, "f:8:1: %u\n", i);
	problems_write(&problems, "f", &out);
	assert_str(buf_str(&out), buf_cstr(&want));
	problems_clear(&problems);
}

static void test_more_are_counted(void **state)
{
	struct problems problems = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	for (unsigned i = 0; i < PROBLEMS_MAX + 3; i++)
		problem_add(&problems, (struct place){1, 1}, "x");
	problems_write(&problems, "f", &out);
	assert_int_equal(problems.errors, PROBLEMS_MAX + 3);
	assert_true(str_ends(buf_str(&out), STR("f:1:1: x\nf: 3 more\n")));
	problems_clear(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted_by_place),
		cmocka_unit_test(test_equal_places_keep_their_order),
		cmocka_unit_test(test_more_are_counted),
	};
	int failed = RUN_ROWS(texts, test_text);

	return failed + cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
