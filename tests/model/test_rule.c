/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule.h"

#include "rows.h"
#include "rule_text.h"

static const struct rule_spec good[] = {
	{.at = {2, 3}, .series_query = SPELLED("a"), .metrics_query = USUAL_QUERY},
	{.at = {9, 3}, .series_query = SPELLED("b"), .metrics_query = USUAL_QUERY},
	{.at = {16, 3}, .series_query = SPELLED("a"), .metrics_query = USUAL_QUERY},
};
static const struct rule_spec external[] = {
	{.at = {23, 3}, .series_query = SPELLED("b"), .metrics_query = USUAL_QUERY},
};
static const struct rule_spec bad[] = {
	{.series_query = SPELLED("a"), .metrics_query = SPELLED("sum(<<.Series>)")},
	{.series_query = SPELLED("a"),
	 .metrics_query = SPELLED("<<join .GroupBySlice>>"),
	 .name_matches = SPELLED("(")},
};

static void test_compiled(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf place = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(compiled(good, COUNT_OF(good), external, COUNT_OF(external), &problems, &rules));
	assert_int_equal(rules->count, 4);
	assert_int_equal(rules->custom_count, 3);
	assert_false(rules->list[2].external);
	assert_true(rules->list[3].external);
	assert_int_equal(rules->series_query_count, 2); /* each text once */
	assert_int_equal(rules->list[0].series_query, rules->list[2].series_query);
	assert_str(rules->series_queries[rules->list[3].series_query], "b");
	rule_write_place(&place, &rules->list[1]);
	assert_str(buf_str(&place), "rules.yaml:9");
	rules_unref(rules_ref(rules));
	rules_unref(rules);
}

/* seriesQuery, and the name that it takes. */
static struct name_case {
	const char *query;
	const char *name;
} name_cases[] = {
	{"a", "a"},
	{" a:b {pod!=\"\"} # c", "a:b"},
	{"{__name__=\"a\",pod!=\"\"}", "a"},
	{"{pod!=\"__name__\",__name__=`a`}", "a"},
	{"{pod=\"__name__=\\\"x\\\"\",\"a.\\x62\"}", "a.b"},
	{"{__name__=~\"a\"}", ""},
	{"{pod!=\"\"}", ""},
	{"{\"pod\"!=\"\"}", ""},
	{"a or b", ""},
	{"a {pod=}", "a"},
	{"", ""},
};

static void test_series_name(void **state)
{
	const struct name_case *c = *state;
	const struct rule_spec spec = {.series_query = {.text = str_of(c->query)}, .metrics_query = USUAL_QUERY};
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	assert_true(compiled(&spec, 1, NULL, 0, &problems, &rules));
	assert_str(rules->series_names[rules->list[0].series_query], c->name);
	rules_unref(rules);
}

static void test_twins(void **state)
{
	static const struct place places[] = {{2, 3}, {9, 3}, {16, 3}, {2, 3}, {9, 3}, {16, 3}, {23, 3}};
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(compiled(good, COUNT_OF(good), external, COUNT_OF(external), &problems, &rules));
	rules_add_twins(rules);
	assert_int_equal(rules->count, COUNT_OF(places));
	assert_int_equal(rules->custom_count, 3);
	assert_int_equal(rules->series_query_count, 2);
	for (size_t i = 0; i < rules->count; i++) {
		assert_int_equal(rules->list[i].spec->at.line, places[i].line);
		assert_int_equal(rules->list[i].external, i >= 3);
	}
	assert_ptr_equal(rules->list[4].query, rules->list[1].query); /* compiled once */
	rules_unref(rules);
}

static void test_no_rules_no_twins(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(compiled(NULL, 0, external, COUNT_OF(external), &problems, &rules));
	rules_add_twins(rules);
	assert_int_equal(rules->count, 1);
	rules_unref(rules);
	assert_true(compiled(NULL, 0, NULL, 0, &problems, &rules));
	rules_add_twins(rules);
	assert_int_equal(rules->count, 0);
	rules_unref(rules);
}

static void test_all_errors_at_once(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_false(compiled(bad, COUNT_OF(bad), NULL, 0, &problems, &rules));
	assert_null(rules);
	assert_int_equal(problems.errors, 3);
	assert_contains(str_of(problems.items[0].text), "metricsQuery: template: metrics-query:1");
	assert_contains(str_of(problems.items[1].text), "function \"join\" not defined");
	assert_contains(str_of(problems.items[2].text), "name.matches");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_no_rules_no_twins),
		cmocka_unit_test(test_all_errors_at_once),
	};

	return RUN_ROWS(name_cases, test_series_name) + cmocka_run_group_tests(tests, NULL, NULL);
}
