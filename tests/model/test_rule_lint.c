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
	 "wins; give one of them another name, or make one rule of them [same-name]\n"},
	{"one constant name of other objects",
	 {RULE(2, "a", "x", .resources = OF(both)), RULE(9, "b", "x", .resources = OF(service))},
	 {{.filters = NULL}},
	 NULL},
	{"one constant name, external",
	 {{.filters = NULL}},
	 {RULE(2, "a", "x", .resources = OF(both)), RULE(9, "b", "x", .resources = OF(service))},
	 "f:9:3: warning: the rule in line 2 gives external metrics the name \"x\" too, and where both find series "
	 "this "
	 "one wins; give one of them another name, or make one rule of them [same-name]\n"},
	{"one name in two APIs",
	 {RULE(2, "a", "x", .resources = OF(both))},
	 {RULE(9, "a", "x", .resources = OF(both))},
	 NULL},
	{"the same series named alike",
	 {RULE(2, "a", "", .resources = OF(both)), RULE(9, "a", "", .resources = OF(both))},
	 {{.filters = NULL}},
	 "f:9:3: warning: the rule in line 2 gives the same series the same custom names, and this one wins; give one "
	 "of "
	 "them another name.as, or remove one [same-name]\n"},
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
	 "as overrides: {namespace: {resource: namespace}}, or namespaced: false [no-namespace]\n"},
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
	 "for all namespaces [namespaced-custom]\n"},
};

#define M  "{<<.LabelMatchers>>}"
#define BY " by (<<.GroupBy>>)"

/* A rule for the pods of m_total. `codes`: those of the warnings, in their order. */
static struct query_case {
	const char *name, *query;
	bool external, by_template;
	const char *codes;
} query_cases[] = {
	{"query: usual", "sum(rate(<<.Series>>" M "[2m]))" BY, false, false, ""},
	{"query: usual, external", "sum(rate(<<.Series>>" M "[2m]))", true, false, ""},

	/* the object */
	{"query: keeps nothing", "max(x" M ")", false, false, "object-lost"},
	{"query: keeps nothing, external", "max(x" M ")", true, false, ""},
	{"query: keeps nothing, by template", "(max(x" M "))", false, true, "object-lost"},
	{"query: keeps another label", "sum by (model) (x" M ")", false, false, "object-lost"},
	{"query: keeps another label, by template", "sum by (model) (x" M ")", false, true, ""},
	{"query: keeps a label of the rule", "sum by (namespace) (x" M ")", false, false, ""},
	{"query: keeps nothing in an operation", "sum(x" M ") * 2", false, false, "object-lost"},
	{"query: without", "sum without (instance) (x" M ")", false, false, ""},
	{"query: topk", "topk(3, x" M ")", false, false, "no-aggregation"},
	{"query: not aggregated", "x" M " * 2", false, false, "no-aggregation"},
	{"query: not aggregated, external", "x" M " * 2", true, false, ""},

	/* counters */
	{"query: a counter", "sum(<<.Series>>" M ")" BY, false, false, "raw-counter"},
	{"query: a counter over time", "max(max_over_time(x_sum" M "[5m]))" BY, false, false, "raw-counter"},
	{"query: a counter twice", "sum(x_count" M " + x_count" M ")" BY, false, false, "raw-counter"},
	{"query: the largest rate", "max(max_over_time(rate(x_total" M "[1m])[5m:]))" BY, false, false, ""},
	{"query: an increase by hand", "sum(x_total" M " - x_total" M " offset 5m)" BY, false, false, ""},
	{"query: counters that are counted", "count(x_total" M ")" BY, false, false, ""},
	{"query: a counter as a condition", "sum(y" M " and x_total" M ")" BY, false, false, ""},
	{"query: a gauge that ends like a counter", "max(pending_request_count" M ")" BY, false, false, ""},
	{"query: a gauge's function of a counter", "sum(delta(x_total" M "[5m]))" BY, false, false, "gauge-function"},
	{"query: a gauge's function of a rate", "sum(deriv(rate(x_total" M "[1m])[5m:]))" BY, false, false, ""},

	/* quantiles */
	{"query: a quantile", "histogram_quantile(0.9, sum(rate(x_bucket" M "[2m])) by (<<.GroupBy>>, le))", false,
	 false, ""},
	{"query: a quantile without le", "histogram_quantile(0.9, sum(rate(x_bucket" M "[2m]))" BY ")", false, false,
	 "le-lost"},
	{"query: a quantile without the object", "histogram_quantile(0.9, sum(rate(x_bucket" M "[2m])) by (le))", false,
	 false, "object-lost"},
	{"query: a quantile of a native histogram", "histogram_quantile(0.9, sum(rate(x" M "[2m]))" BY ")", false,
	 false, ""},
	{"query: a quantile of no buckets",
	 "histogram_quantile(0.9, sum(rate(x_count" M "[2m])) by (<<.GroupBy>>, le))", false, false, "no-buckets"},

	/* two sides */
	{"query: sides alike", "sum(x" M ")" BY " / sum(y" M ")" BY, false, false, ""},
	{"query: sides apart", "sum(x" M ")" BY " / sum(y" M ")", false, false, "sides-differ"},
	{"query: sides apart by a label", "sum(x" M ")" BY " / sum(y" M ") by (model)", false, false, "sides-differ"},
	{"query: sides matched", "sum(x" M ")" BY " / on () group_left () sum(y" M ")", false, false, ""},
	{"query: another side in its place", "sum(x" M ")" BY " or vector(0)", false, false, ""},
	{"query: a template's label may be this one", "sum(x" M ")" BY " / sum(y" M ") by (pod)", false, true, ""},

	/* calls */
	{"query: too many arguments", "max(x" M ", 1)" BY, false, false, "no-promql"},
	{"query: too few arguments of a function", "sum(clamp_min(x" M "))" BY, false, false, "arguments"},
	{"query: no range", "sum(rate(x" M "))" BY, false, false, "arguments"},
	{"query: a range too many", "sum(x" M "[2m])" BY, false, false, "arguments"},
	{"query: no function", "sum(rates(x" M "[2m]))" BY, false, false, "unknown-function"},

	/* matchers */
	{"query: no matchers", "sum(x)" BY, false, false, "no-matchers"},
	{"query: matchers one by one", "sum(x{pod=~\"<<index .LabelValuesByName \"pod\">>\"})" BY, false, false, ""},

	{"query: no PromQL", "avg_over_time(x" M "[2m])" BY, false, false, "no-promql"},
	{"query: no PromQL, external", "sum(x" M, true, false, "no-promql"},
	{"query: an unknown field", "<<.Name>>", false, false, "query-fails"},
};

static void put_codes(struct buf *out, const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		struct str text = str_of(problems->items[i].text);
		size_t open = text.len;

		while (open > 0 && text.ptr[open - 1] != '[')
			open--;
		buf_puts(out, out->len ? " " : "");
		buf_put(out, str_slice(text, open, text.len - 1));
	}
}

static void test_query(void **state)
{
	const struct query_case *c = *state;
	struct rule_spec rule = RULE(2, "m_total", "", .resources = OF(both));
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf codes = {0};
	struct rules *rules = NULL;

	rule.metrics_query.text = str_of(c->query);
	if (c->by_template)
		rule.resources = (struct resources_spec){.template_text = SPELLED("<<.Resource>>"), .namespaced = true};
	assert_true(compiled(&rule, !c->external, &rule, c->external, &problems, &rules));
	rules_lint(rules, &problems);
	put_codes(&codes, &problems);
	assert_str(buf_str(&codes), c->codes);
	rules_unref(rules);
}

/* What the search has, and the query has not. */
static struct search_case {
	const char *name, *series, *query;
	const char *codes;
} search_cases[] = {
	{"search: kept", "a{b=\"c\",pod!=\"\"}", "sum(<<.Series>>{<<.LabelMatchers>>,b=\"c\"})" BY, ""},
	{"search: lost", "a{b=\"c\",pod!=\"\"}", "sum(<<.Series>>" M ")" BY, "lost-matcher"},
	{"search: lost, a pattern", "{__name__=~\"^a_.*\",b!=\"c\"}", "sum(<<.Series>>" M ")" BY, "lost-matcher"},
	{"search: presence alone", "a{b=~\".+\",c!=\"\"}", "sum(<<.Series>>" M ")" BY, ""},
	{"search: what the request brings", "a{pod=~\"x-.*\",namespace=\"n\"}", "sum(<<.Series>>" M ")" BY, ""},
	{"search: of another metric", "a{b=\"c\"}", "sum(z" M ")" BY, ""},
	{"search: everything", "{__name__=~\".+\"}", "sum(<<.Series>>" M ")" BY, "every-series"},
	{"search: everything of its kind", "{__name__=~\"^a.+\"}", "sum(<<.Series>>" M ")" BY, ""},
	{"search: no selector", "sum(a)", "sum(<<.Series>>" M ")" BY, "series-query"},
	{"search: unreadable", "a{b=c}", "sum(<<.Series>>" M ")" BY, "series-query"},
};

static void test_search(void **state)
{
	const struct search_case *c = *state;
	struct rule_spec rule = RULE(2, "", "", .resources = OF(both));
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf codes = {0};
	struct rules *rules = NULL;

	rule.series_query.text = str_of(c->series);
	rule.metrics_query.text = str_of(c->query);
	assert_true(compiled(&rule, 1, NULL, 0, &problems, &rules));
	rules_lint(rules, &problems);
	put_codes(&codes, &problems);
	assert_str(buf_str(&codes), c->codes);
	rules_unref(rules);
}

/* A label that may be asked for, and by which the query is right, is enough. */
static void test_one_of_two_objects(void **state)
{
	static const struct override_spec two[] = {OVERRIDE("service", "service"), OVERRIDE("pod", "pod")};
	struct rule_spec rule = RULE(2, "a", "", .resources = OF(two));
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	rule.metrics_query.text = STR("sum(x" M ")" BY " / sum(y" M ") by (pod)");
	assert_true(compiled(&rule, 1, NULL, 0, &problems, &rules));
	rules_lint(rules, &problems);
	assert_int_equal(problems.count, 0);
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
		{{"sum(a" M " or b" M ")" BY, "sum(a" M " or b" M ")" BY}, both, 0},
		{{"sum(a" M " or b" M ")" BY, "sum(b" M " or a" M ")" BY}, both, 1},
		{{"sum(a" M " or b" M ")" BY, "sum(a" M " or b" M ")" BY}, other_label, 1},
		{{"sum(<<.Series>>" M ")" BY, "sum(<<.Series>>" M ")" BY}, both, 1},
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_one_question),
		cmocka_unit_test(test_one_of_two_objects),
	};

	return RUN_ROWS(lint_cases, test_lint) + RUN_ROWS(query_cases, test_query) +
	       RUN_ROWS(search_cases, test_search) + cmocka_run_group_tests(tests, NULL, NULL);
}
