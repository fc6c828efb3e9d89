/* SPDX-License-Identifier: Apache-2.0 */
#include "model/resource_rule.h"

#include "rows.h"
#include "rule_text.h"
#include "model/rule.h"

static const struct override_spec usual_overrides[] = {
	OVERRIDE("ns", "namespace"),
	OVERRIDE("pod", "pod"),
	OVERRIDE("instance", "node"),
};
static const struct override_spec without_pod[] = {OVERRIDE("ns", "namespace"), OVERRIDE("instance", "node")};

static struct rules_spec *spec_of(const char *container_query, const char *node_query,
				  const struct resources_spec *resources)
{
	struct arena *arena = arena_new(0);
	struct rules_spec *spec = arena_alloc(arena, sizeof(*spec));
	const struct resource_rule_spec rule = {
		.at = {7, 3},
		.container_query = {.text = str_of(container_query), .at = {8, 21}},
		.node_query = {.text = str_of(node_query), .at = {9, 16}},
		.container_label = SPELLED("container"),
		.resources = *resources,
	};

	*spec = (struct rules_spec){
		.arena = arena,
		.file = STR("rules.yaml"),
		.has_resource_rules = true,
		.cpu = rule,
		.memory = rule,
		.window_ms = 60000,
	};
	return spec;
}

#define USUAL "sum(rate(x_total{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"

static const struct resources_spec usual = {.overrides = usual_overrides, .override_count = 3, .at = {10, 5}};

static void test_compiled(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf place = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(rules_compile(spec_of(USUAL, USUAL, &usual), &problems, &rules));
	assert_int_equal(problems.warnings, 0);
	assert_str(rules->resource->cpu.namespace_label, "ns");
	assert_str(rules->resource->cpu.pod_label, "pod");
	assert_str(rules->resource->memory.node_label, "instance");
	assert_str(rules->resource->memory.container_label, "container");
	assert_int_equal(rules->resource->window_ms, 60000);
	resource_rule_write_place(&place, &rules->resource->cpu);
	assert_str(buf_str(&place), "rules.yaml:7");
	rules_unref(rules);
}

static void test_labels_of_a_template(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	const struct resources_spec made = {.template_text = SPELLED("kube_<<.Resource>>")};
	struct rules *rules = NULL;

	(void)state;
	assert_true(rules_compile(spec_of(USUAL, USUAL, &made), &problems, &rules));
	assert_str(rules->resource->cpu.namespace_label, "kube_namespace");
	assert_str(rules->resource->cpu.pod_label, "kube_pod");
	assert_str(rules->resource->cpu.node_label, "kube_node");
	rules_unref(rules);
}

static void test_a_missing_label_is_a_warning(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	const struct resources_spec resources = {.overrides = without_pod, .override_count = 2, .at = {10, 5}};
	struct rules *rules = NULL;

	(void)state;
	assert_true(rules_compile(spec_of(USUAL, USUAL, &resources), &problems, &rules));
	assert_null(rules->resource->cpu.pod_label.ptr);
	problems_write(&problems, "f", &text);
	assert_contains(buf_str(&text),
			"f:10:5: warning: no label stands for pods; the resource metrics of what needs it");
	rules_unref(rules);
}

static void test_all_errors_with_their_places(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	const struct resources_spec bad = {.template_text = {.text = STR_INIT("kube"), .at = {11, 16}}};
	struct rules *rules = NULL;

	(void)state;
	assert_false(rules_compile(spec_of("<<.", "<<join>>", &bad), &problems, &rules));
	assert_null(rules);
	assert_int_equal(problems.errors, 6);
	problems_write(&problems, "f", &text);
	assert_contains(buf_str(&text), "f:8:21: containerQuery: template: query:1: ");
	assert_contains(buf_str(&text), "f:9:16: nodeQuery: template: query:1: function \"join\" not defined");
	assert_contains(buf_str(&text), "f:11:16: resources.template: ");
}

static void test_without_resource_rules(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_true(compiled(NULL, 0, NULL, 0, &problems, &rules));
	assert_null(rules->resource);
	rules_unref(rules);
}

/* ---- one query for many namespaces */

static struct split_case {
	const char *name, *query;
	bool splits;
} split_cases[] = {
	{"the chart's", "sum by (<<.GroupBy>>) (\n  rate(x{container!=\"\",<<.LabelMatchers>>}[3m])\n)", true},
	{"config-gen's", USUAL, true},
	{"kube-prometheus'",
	 "sum by (<<.GroupBy>>) (\n  irate (\n    x{<<.LabelMatchers>>,container!=\"\",pod!=\"\"}[4m]\n  )\n)\n", true},
	{"memory", "sum(x:y{<<.LabelMatchers>>}) by (<<.GroupBy>>)", true},
	{"single quotes", "sum(x{<<.LabelMatchers>>, id='/'}) by (<<.GroupBy>>)", true},
	{"braces in a value", "sum(x{<<.LabelMatchers>>, id=\"{}\"}) by (<<.GroupBy>>)", true},
	{"over time", "max by (<< .GroupBy >>)(avg_over_time(x{<<.LabelMatchers>>}[5m]))", true},
	{"no matchers", "sum(x{a=\"b\"}) by (<<.GroupBy>>)", false},
	{"no braces", "sum(x) by (<<.GroupBy>>)", false},
	{"other groups", "sum(x{<<.LabelMatchers>>}) by (pod, container)", false},
	{"more groups", "sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>, node)", false},
	{"no groups", "x{<<.LabelMatchers>>}", false},
	{"grouped twice", "sum by (<<.GroupBy>>) (x{<<.LabelMatchers>>}) by (<<.GroupBy>>)", false},
	{"another aggregation", "topk by (<<.GroupBy>>) (1, x{<<.LabelMatchers>>})", false},
	{"another function", "sum(absent(x{<<.LabelMatchers>>})) by (<<.GroupBy>>)", false},
	{"a sum of two", "sum(x{<<.LabelMatchers>>} + y{<<.LabelMatchers>>}) by (<<.GroupBy>>)", false},
	{"a join", "sum(x{<<.LabelMatchers>>} * on (pod) group_left (node) y{}) by (<<.GroupBy>>)", false},
	{"something behind", "sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>) / scalar(sum(y))", false},
	{"a number in front", "1 - sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>)", false},
	{"a comment", "sum(x{<<.LabelMatchers>>}) by (<<.GroupBy>>) # cores", false},
	{"another field in the matchers", "sum(x{<<.LabelMatchers>>,y=\"<<.Series>>\"}) by (<<.GroupBy>>)", false},
	{"another field elsewhere", "sum(rate(x{<<.LabelMatchers>>}[<<.Series>>])) by (<<.GroupBy>>)", false},
};

static void test_splits(void **state)
{
	const struct split_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;

	assert_true(rules_compile(spec_of(c->query, "x", &usual), &problems, &rules));
	assert_int_equal(rules->resource->cpu.splits, c->splits);
	rules_unref(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled),
		cmocka_unit_test(test_labels_of_a_template),
		cmocka_unit_test(test_a_missing_label_is_a_warning),
		cmocka_unit_test(test_all_errors_with_their_places),
		cmocka_unit_test(test_without_resource_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(split_cases, test_splits);
}
