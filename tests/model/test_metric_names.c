/* SPDX-License-Identifier: Apache-2.0 */
#include "model/metric_names.h"

#include "rows.h"

static struct find_case {
	const char *name;
	const char *names[4];
	const char *asked, *want; /* NULL: none */
} find_cases[] = {
	{"the exact one", {"a", "b"}, "b", "b"},
	{"the only one but for case", {"up", "DCGM_Util"}, "dcgm_util", "DCGM_Util"},
	{"the exact one of several", {"Up", "UP", "up"}, "UP", "UP"},
	{"none of several", {"Up", "UP"}, "up", NULL},
	{"the same twice is one", {"Up", "Up"}, "up", "Up"},
	{"another", {"up"}, "down", NULL},
	{"the empty set", {NULL}, "up", NULL},
	{"a part", {"upper"}, "up", NULL},
	{"the empty name", {""}, "", ""},
	{"other letters have one case", {"\xc3\x84"}, "\xc3\xa4", NULL},
};

static void test_find(void **state)
{
	const struct find_case *c = *state;
	CLEANUP(metric_names_free_at) struct metric_names *names = metric_names_new(1 << 20);
	struct str got;
	struct err err;

	for (size_t i = 0; i < COUNT_OF(c->names) && c->names[i]; i++)
		assert_true(metric_names_add(names, str_of(c->names[i]), &err));
	got = metric_names_find(names, str_of(c->asked));
	assert_int_equal(got.ptr != NULL, c->want != NULL);
	if (c->want)
		assert_str(got, c->want);
}

static void test_limit(void **state)
{
	CLEANUP(metric_names_free_at) struct metric_names *names = metric_names_new(192 << 10);
	char text[64];
	struct err err = {0};
	size_t count = 0;

	(void)state;
	do {
		snprintf(text, sizeof(text), "a_name_of_forty_bytes_and_its_number_%zu", count++);
	} while (count < 100000 && metric_names_add(names, str_of(text), &err));
	assert_in_range(count, 100, 1000);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_contains(str_of(err.msg), "196608 bytes");
	assert_int_equal(metric_names_count(names), count - 1);
	assert_str(metric_names_find(names, STR("A_NAME_of_forty_bytes_and_its_number_7")),
		   "a_name_of_forty_bytes_and_its_number_7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_limit)};

	return RUN_ROWS(find_cases, test_find) + cmocka_run_group_tests(tests, NULL, NULL);
}
