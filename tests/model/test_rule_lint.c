/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule_lint.h"

#include "rows.h"
#include "rule_text.h"

static const struct override_spec both[] = {OVERRIDE("namespace", "namespace"), OVERRIDE("pod", "pod")};
static const struct override_spec other_label[] = {OVERRIDE("ns", "Namespaces"), OVERRIDE("pod_name", "pod")};
static const struct override_spec service[] = {OVERRIDE("namespace", "namespace"), OVERRIDE("service", "service")};
static const struct filter_spec total[] = {{.is = SPELLED("_total$")}};
static const struct filter_spec not_total[] = {{.is_not = SPELLED("_total$")}};

#define OF(list)                                                                                                       \
	{                                                                                                              \
		.overrides = (list), .override_count = COUNT_OF(list), .namespaced = true, .at = { 4, 3 }              \
	}
#define RULE(line, series, as, ...)                                                                                    \
	{                                                                                                              \
		.at = {line, 3}, .series_query = SPELLED(series), .metrics_query = USUAL_QUERY,                        \
		.name_as = SPELLED(as), __VA_ARGS__                                                                    \
	}

/* `says` NULL: nothing is said. */
static struct lint_case {
	const char *name;
	struct rule_spec custom[2], external[2];
	const char *says;
} lint_cases[] = {
	{"nothing to say",
	 {RULE(2, "a", "x", .resources = OF(both)), RULE(9, "b", "y", .resources = OF(both))},
	 {RULE(12, "a", "x", .resources = OF(both)), RULE(19, "b", "y", .resources = OF(other_label))},
	 NULL},
	{"one constant name",
	 {RULE(2, "a", "x", .resources = OF(both)), RULE(9, "b", "x", .resources = OF(other_label))},
	 {{.filters = NULL}},
	 "f:9:3: warning: the rule in line 2 gives custom metrics the name \"x\" too, and where both find series this "
	 "one "
	 "wins; give one of them another name, or make one rule of them\n"},
	{"one constant name of other objects",
	 {RULE(2, "a", "x", .resources = OF(both)), RULE(9, "b", "x", .resources = OF(service))},
	 {{.filters = NULL}},
	 NULL},
	{"one constant name, external",
	 {{.filters = NULL}},
	 {RULE(2, "a", "x", .resources = OF(both)), RULE(9, "b", "x", .resources = OF(service))},
	 "f:9:3: warning: the rule in line 2 gives external metrics the name \"x\" too, and where both find series "
	 "this "
	 "one wins; give one of them another name, or make one rule of them\n"},
	{"one name in two APIs",
	 {RULE(2, "a", "x", .resources = OF(both))},
	 {RULE(9, "a", "x", .resources = OF(both))},
	 NULL},
	{"the same series named alike",
	 {RULE(2, "a", "", .resources = OF(both)), RULE(9, "a", "", .resources = OF(both))},
	 {{.filters = NULL}},
	 "f:9:3: warning: the rule in line 2 gives the same series the same custom names, and this one wins; give one "
	 "of "
	 "them another name.as, or remove one\n"},
	{"the same series, named by other groups",
	 {RULE(2, "a", "${1}_x", .name_matches = SPELLED("(.*)"), .resources = OF(both)),
	  RULE(9, "a", "${1}_y", .name_matches = SPELLED("(.*)"), .resources = OF(both))},
	 {{.filters = NULL}},
	 NULL},
	{"the same series, other filters",
	 {RULE(2, "a", "", .filters = total, .filter_count = 1, .resources = OF(both)),
	  RULE(9, "a", "", .filters = not_total, .filter_count = 1, .resources = OF(both))},
	 {{.filters = NULL}},
	 NULL},
	{"the same series, other matches",
	 {RULE(2, "a", "", .name_matches = SPELLED("^a"), .resources = OF(both)),
	  RULE(9, "a", "", .name_matches = SPELLED("^b"), .resources = OF(both))},
	 {{.filters = NULL}},
	 NULL},
	{"the same series of other objects",
	 {RULE(2, "a", "", .resources = OF(both)), RULE(9, "a", "", .resources = OF(service))},
	 {{.filters = NULL}},
	 NULL},
	{"external without a namespace",
	 {{.filters = NULL}},
	 {RULE(2, "a", "x", .resources = {.namespaced = true, .at = {5, 3}})},
	 "f:5:3: warning: no label stands for the namespace, so every request is refused; write the label into "
	 "resources, "
	 "as overrides: {namespace: {resource: namespace}}, or namespaced: false\n"},
	{"external with a template",
	 {{.filters = NULL}},
	 {RULE(2, "a", "x", .resources = {.namespaced = true, .template_text = SPELLED("<<.Resource>>")})},
	 NULL},
	{"external, not namespaced",
	 {{.filters = NULL}},
	 {RULE(2, "a", "x", .resources = {.namespaced = false})},
	 NULL},
	{"custom without a namespace",
	 {RULE(2, "a", "x", .resources = {.namespaced = true})},
	 {{.filters = NULL}},
	 NULL},
	{"custom, not namespaced",
	 {RULE(2, "a", "x", .resources = {.namespaced = false, .at = {5, 3}})},
	 {{.filters = NULL}},
	 "f:5:3: warning: namespaced: false has no effect on a custom metric; move the rule to externalRules, if it is "
	 "meant "
	 "for all namespaces\n"},
};

/* A rule for pods. `says` NULL: nothing is said. */
static struct query_case {
	const char *name, *query;
	bool external, by_template;
	const char *says;
} query_cases[] = {
	{"query: usual", "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)", false, false, NULL},
	{"query: usual, external", "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)", true, false, NULL},
	{"query: keeps nothing", "max(<<.Series>>{<<.LabelMatchers>>})", false, false,
	 "f:3:5: warning: metricsQuery: its max keeps no label that stands for an object, so that no object is found "
	 "in the "
	 "answer; write by (<<.GroupBy>>) behind it\n"},
	{"query: keeps nothing, external", "max(<<.Series>>{<<.LabelMatchers>>})", true, false, NULL},
	{"query: keeps nothing, by template", "(max(<<.Series>>))", false, true,
	 "f:3:5: warning: metricsQuery: its max keeps no label that stands for an object, so that no object is found "
	 "in the "
	 "answer; write by (<<.GroupBy>>) behind it\n"},
	{"query: keeps another label", "sum by (model) (x)", false, false,
	 "f:3:5: warning: metricsQuery: its sum keeps no label that stands for an object, so that no object is found "
	 "in the "
	 "answer; write by (<<.GroupBy>>) behind it\n"},
	{"query: keeps another label, by template", "sum by (model) (x)", false, true, NULL},
	{"query: keeps a label of the rule", "sum by (namespace) (x)", false, false, NULL},
	{"query: without", "sum without (instance) (x)", false, false, NULL},
	{"query: topk", "topk(3, x)", false, false, NULL},
	{"query: no aggregation outside", "max(x) * 2", false, false, NULL},
	{"query: no PromQL", "avg_over_time(x[2m]) by (<<.GroupBy>>)", false, false,
	 "f:3:5: warning: metricsQuery does not read as PromQL, and Prometheus may refuse it: "},
	{"query: no PromQL, external", "sum(x", true, false, "f:3:5: warning: metricsQuery does not read as PromQL"},
	{"query: an unknown field", "<<.Name>>", false, false,
	 "f:3:5: warning: metricsQuery fails with a usual request: template: metrics-query:1"},
};

static void test_query(void **state)
{
	const struct query_case *c = *state;
	struct rule_spec rule = RULE(2, "a", "", .resources = OF(both));
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf said = {0};
	struct rules *rules = NULL;

	rule.metrics_query.text = str_of(c->query);
	if (c->by_template)
		rule.resources = (struct resources_spec){.template_text = SPELLED("<<.Resource>>"), .namespaced = true};
	assert_true(compiled(&rule, !c->external, &rule, c->external, &problems, &rules));
	rules_lint(rules, &problems);
	problems_write(&problems, "f", &said);
	if (c->says)
		assert_true(str_starts(buf_str(&said), str_of(c->says)));
	else
		assert_str(buf_str(&said), "");
	assert_int_equal(problems.warnings, c->says != NULL);
	rules_unref(rules);
}

static size_t count_of(const struct rule_spec *rules)
{
	return rules[1].at.line ? 2 : rules[0].at.line > 0;
}

static void test_lint(void **state)
{
	const struct lint_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf said = {0};
	struct rules *rules = NULL;

	assert_true(compiled(c->custom, count_of(c->custom), c->external, count_of(c->external), &problems, &rules));
	rules_lint(rules, &problems);
	assert_int_equal(problems.errors, 0);
	problems_write(&problems, "f", &said);
	assert_str(buf_str(&said), c->says ? c->says : "");
	rules_unref(rules);
}

/* Three in a row: each is told of the nearest one before. Who asks for the rules asks for what is wrong with them. */
static void test_chain(void **state)
{
	static const struct rule_spec three[] = {
		RULE(2, "a", "x", .resources = OF(both)),
		RULE(9, "b", "x", .resources = OF(service)),
		RULE(16, "c", "x", .resources = OF(both)),
	};
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(compiled(three, COUNT_OF(three), NULL, 0, &problems, &rules));
	rules_lint(rules, &problems);
	assert_int_equal(problems.warnings, 1);
	assert_int_equal(problems.items[0].at.line, 16);
	assert_contains(str_of(problems.items[0].text), "the rule in line 2 ");
	rules_unref(rules);
}

/* A metric that was renamed: the question is the same, whichever of its names is found. */
static void test_one_question(void **state)
{
	static const struct {
		const char *queries[2];
		const struct override_spec *overrides;
		size_t warnings;
	} pairs[] = {
		{{"sum(a or b) by (<<.GroupBy>>)", "sum(a or b) by (<<.GroupBy>>)"}, both, 0},
		{{"sum(a or b) by (<<.GroupBy>>)", "sum(b or a) by (<<.GroupBy>>)"}, both, 1},
		{{"sum(a or b) by (<<.GroupBy>>)", "sum(a or b) by (<<.GroupBy>>)"}, other_label, 1},
		{{"sum(<<.Series>>) by (<<.GroupBy>>)", "sum(<<.Series>>) by (<<.GroupBy>>)"}, both, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct rule_spec rules_of[] = {
			RULE(2, "a", "x", .resources = OF(both)),
			RULE(9, "b", "x", .resources = OF(both)),
		};
		CLEANUP(problems_clear) struct problems problems = {0};
		struct rules *rules = NULL;

		rules_of[1].resources.overrides = pairs[i].overrides;
		for (size_t j = 0; j < 2; j++)
			rules_of[j].metrics_query.text = str_of(pairs[i].queries[j]);
		assert_true(compiled(rules_of, 2, NULL, 0, &problems, &rules));
		rules_lint(rules, &problems);
		assert_int_equal(problems.warnings, pairs[i].warnings);
		rules_unref(rules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain), cmocka_unit_test(test_one_question)};

	return RUN_ROWS(lint_cases, test_lint) + RUN_ROWS(query_cases, test_query) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
