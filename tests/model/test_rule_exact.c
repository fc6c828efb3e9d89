/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule_exact.h"

#include "model/rule.h"
#include "rows.h"
#include "rule_text.h"

#define USUAL "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
#define HINT  "; write a rule for each metric, as NAME{...} without __name__\n"
#define TAKES "Google Managed Prometheus takes exact names of metrics alone, and "

static struct exact_case {
	const char *name, *series, *query;
	const char *says; /* "": it can be served */
} exact_cases[] = {
	{"name", "vllm:num_requests_waiting{namespace!=\"\"}", USUAL, ""},
	{"name in braces", "{__name__=\"a\"}", USUAL, ""},
	{"pattern", "{__name__=~\"^vllm.*\",pod!=\"\"}", USUAL,
	 "f:3:18: seriesQuery: " TAKES "{__name__=~\"^vllm.*\",pod!=\"\"} has none" HINT},
	{"no name", "{pod!=\"\"}", USUAL, "f:3:18: seriesQuery: " TAKES "{pod!=\"\"} has none" HINT},
	{"not this one", "{__name__!=\"a\"}", USUAL, "f:3:18: seriesQuery: " TAKES "{__name__!=\"a\"} has none" HINT},
	{"in the query", "a", "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>) / sum({__name__=~\"b.*\"})",
	 "f:7:9: metricsQuery: " TAKES "{__name__=~\"b.*\"} has none" HINT},
	{"two in the query", "a", "sum(a{<<.LabelMatchers>>}) by (<<.GroupBy>>) / on () b", ""},
	{"no PromQL", "a{", USUAL,
	 "f:3:18: seriesQuery: the cluster cannot be written into it, as it does not read as PromQL: "},
};

static void test_exact(void **state)
{
	const struct exact_case *c = *state;
	const struct rule_spec spec = {
		.at = {3, 3},
		.series_query = {.text = str_of(c->series), .at = {3, 18}},
		.metrics_query = {.text = str_of(c->query), .at = {7, 9}},
		.resources = {.overrides = pod_overrides,
			      .override_count = COUNT_OF(pod_overrides),
			      .namespaced = true},
	};
	CLEANUP(problems_clear) struct problems before = {0};
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct rules *rules = NULL;

	assert_true(compiled(&spec, 1, NULL, 0, &before, &rules));
	assert_int_equal(rules_check_exact(rules, &problems), c->says[0] == '\0');
	problems_write(&problems, "f", &text);
	assert_int_equal(strncmp(buf_cstr(&text), c->says, strlen(c->says)), 0);
	assert_int_equal(problems.errors, c->says[0] != '\0');
	rules_unref(rules);
}

/* The other kind of the same rule says nothing again. */
static void test_twin(void **state)
{
	const struct rule_spec spec = {
		.series_query = SPELLED("{a=\"b\"}"),
		.metrics_query = USUAL_QUERY,
		.resources = {.overrides = pod_overrides,
			      .override_count = COUNT_OF(pod_overrides),
			      .namespaced = true},
	};
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(compiled(&spec, 1, NULL, 0, &problems, &rules));
	rules_add_twins(rules);
	assert_false(rules_check_exact(rules, &problems));
	assert_int_equal(problems.errors, 1);
	rules_unref(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_twin)};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(exact_cases, test_exact);
}
