/* SPDX-License-Identifier: Apache-2.0 */
#include "model/found_series.h"

#include "model/rule.h"
#include "model/series.h"
#include "rows.h"

static const struct str few[] = {STR_INIT("job"), STR_INIT("pod")};
static const struct str more[] = {STR_INIT("job"), STR_INIT("pod_name")};

static void see(struct found_table *table, const struct rule *rules, size_t index, const char *name,
		enum found_fate fate, const char *called)
{
	const struct series_kind first = {
		.name = str_of(name), .labels = few, .label_count = COUNT_OF(few), .series = 3};
	const struct series_kind second = {
		.name = str_of(name), .labels = more, .label_count = COUNT_OF(more), .series = 4};
	const struct namer_drop drop = {"name.matches", STR_INIT("^x")};

	found_table_add(table, &rules[index], index, &first, fate, str_of(called), drop);
	found_table_add(table, &rules[index], index, &second, fate, str_of(called), drop);
}

static void test_kinds_of_one_name_are_one(void **state)
{
	CLEANUP(found_table_free_at) struct found_table *table = found_table_new(1);
	const struct rule rules[1] = {{0}};
	const struct found_series *found;

	(void)state;
	see(table, rules, 0, "engine_total", FOUND_NAMED, "engine_rate");
	found = found_of_name(table, STR("engine_rate"));
	assert_ptr_equal(found, found_of_series(table, STR("engine_total")));
	assert_int_equal(found->count, 7);
	assert_int_equal(found->label_count, 3);
	assert_str(found->labels[2], "pod_name");
	assert_null(found_of_name(table, STR("engine_total")));
	assert_null(found->next_of_name);
	assert_null(found->next_of_series);
}

static void test_last_rule_comes_first(void **state)
{
	CLEANUP(found_table_free_at) struct found_table *table = found_table_new(2);
	const struct rule rules[2] = {{0}};

	(void)state;
	see(table, rules, 0, "a", FOUND_NAMED, "n");
	see(table, rules, 1, "b", FOUND_NAMED, "n");
	see(table, rules, 1, "a", FOUND_NAMED, "m");
	assert_ptr_equal(found_of_name(table, STR("n"))->rule, &rules[1]);
	assert_ptr_equal(found_of_name(table, STR("n"))->next_of_name->rule, &rules[0]);
	assert_ptr_equal(found_of_series(table, STR("a"))->rule, &rules[1]);
	assert_ptr_equal(found_of_series(table, STR("a"))->next_of_series->rule, &rules[0]);
}

static void test_what_became_of_a_rule(void **state)
{
	CLEANUP(found_table_free_at) struct found_table *table = found_table_new(3);
	const struct rule rules[3] = {{0}};

	(void)state;
	see(table, rules, 1, "a", FOUND_NAMED, "a");
	see(table, rules, 1, "b", FOUND_DROPPED, "");
	see(table, rules, 1, "c", FOUND_NAMELESS, "");
	see(table, rules, 1, "d", FOUND_UNDECIDED, "");
	assert_int_equal(found_of_rule(table, 1)->dropped, 7);
	assert_str(found_of_rule(table, 1)->first->series, "a");
	assert_str(found_of_rule(table, 1)->first_dropped->series, "b");
	assert_str(found_of_rule(table, 1)->first_nameless->series, "c");
	assert_str(found_of_rule(table, 1)->first_undecided->series, "d");
	assert_null(found_of_rule(table, 2)->first);
}

static void test_bounded(void **state)
{
	CLEANUP(found_table_free_at) struct found_table *table = found_table_new(1);
	const struct rule rules[1] = {{0}};
	char name[32];

	(void)state;
	for (int i = 0; i < FOUND_SERIES_MAX + 1; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		see(table, rules, 0, name, FOUND_NAMED, name);
	}
	assert_non_null(found_of_name(table, STR("m9999")));
	assert_null(found_of_name(table, STR("m10000")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_of_one_name_are_one),
		cmocka_unit_test(test_last_rule_comes_first),
		cmocka_unit_test(test_what_became_of_a_rule),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
