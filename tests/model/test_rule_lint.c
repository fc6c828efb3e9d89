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
	problems_clear(&problems);
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
	assert_int_equal(problems.warnings, 1);
	assert_int_equal(problems.items[0].at.line, 16);
	assert_contains(str_of(problems.items[0].text), "the rule in line 2 ");
	rules_unref(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain)};

	return RUN_ROWS(lint_cases, test_lint) + cmocka_run_group_tests(tests, NULL, NULL);
}
