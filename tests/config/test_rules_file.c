/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rules_file.h"

#include "base/buf.h"
#include "base/file.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "text/yaml.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- what is refused ---- */

/* `want`: every problem, a line each; "" when the file is good. */
static struct problem_case {
	const char *name;
	struct str in;
	const char *want;
} problem_cases[] = {
	{"good rule", STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n"), ""},
	{"no YAML", STR_INIT("rules: [\n"),
	 "f:2:1: no YAML: did not find expected node content, while parsing a flow node that begins in line 2\n"},

	/* keys */
	{"unknown key", STR_INIT("rules:\n- seriesQuery: a\n  metricQuery: b\n"),
	 "f:3:3: unknown key \"metricQuery\" in a rule; did you mean \"metricsQuery\"?\n"},
	{"keys have one spelling", STR_INIT("Rules: []\nexternalrules: []\n"),
	 "f:1:1: unknown key \"Rules\" in a rules file; did you mean \"rules\"?\n"
	 "f:2:1: unknown key \"externalrules\" in a rules file; did you mean \"externalRules\"?\n"},
	{"unknown key, near to none", STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  x-elsewhere: {}\n"),
	 "f:4:3: unknown key \"x-elsewhere\" in a rule; known are seriesQuery, seriesFilters, resources, name, "
	 "metricsQuery, x-gaugelet\n"},
	{"unknown key as far from a short one as it is long",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  seriesFilters: [{is: x, abs: y}]\n"),
	 "f:4:27: unknown key \"abs\" in a filter; known are is, isNot\n"},
	{"unknown keys at every level",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  name: {match: c}\n  seriesFilters: [{isnot: d}]\n"
		  "  resources:\n    templates: e\n    overrides: {pod: {resources: pod, groups: g, version: v1}}\n"
		  "resourceRules: {cpus: {}, memory: {containerQueries: a, nodeQuery: b, containerLabel: c}}\n"),
	 "f:4:10: unknown key \"match\" in a name; did you mean \"matches\"?\n"
	 "f:5:20: unknown key \"isnot\" in a filter; did you mean \"isNot\"?\n"
	 "f:7:5: unknown key \"templates\" in resources; did you mean \"template\"?\n"
	 "f:8:23: unknown key \"resources\" in an override; did you mean \"resource\"?\n"
	 "f:8:39: unknown key \"groups\" in an override; did you mean \"group\"?\n"
	 "f:8:50: unknown key \"version\" in an override; known are group, resource\n"
	 "f:9:1: warning: resourceRules without \"cpu\", so that resource metrics are refused; both cpu and memory are "
	 "needed\n"
	 "f:9:17: unknown key \"cpus\" in resourceRules; did you mean \"cpu\"?\n"
	 "f:9:36: unknown key \"containerQueries\" in a resource rule; did you mean \"containerQuery\"?\n"},
	{"unknown key that is long or odd",
	 STR_INIT("\"a\\nb\\0c\": 1\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xe6\x97\xa5yyy: "
		  "2\n"),
	 "f:1:1: unknown key \"a b c\" in a rules file; known are rules, externalRules, resourceRules\n"
	 "f:2:1: unknown key \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" in a rules file; "
	 "known are rules, externalRules, resourceRules\n"},
	{"keys one level too high", STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  as: c\n  overrides: {}\n"),
	 "f:4:3: the key \"as\" in a rule belongs one level deeper, under \"name\"\n"
	 "f:5:3: the key \"overrides\" in a rule belongs one level deeper, under \"resources\"\n"},
	{"keys one level too deep",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  resources:\n    overrides:\n      namespaced: false\n"
		  "      template: {resource: pod}\n"),
	 "f:6:7: \"namespaced\" under overrides: a key of resources belongs one level up, beside \"overrides\"\n"
	 "f:7:7: warning: \"template\" under overrides is read as a label of that name; a key of resources belongs one "
	 "level "
	 "up, beside \"overrides\"\n"},
	{"null keys",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  ~: c\n"
		  "  resources: {overrides: {~: {resource: pod}}}\n"),
	 "f:4:3: an empty key; put a name before the `:`\n"
	 "f:5:27: warning: an override without a label, which no series has; put the label before the `:`\n"},
	{"doubled key of a struct", STR_INIT("rules:\n- seriesQuery: a\n  seriesQuery: b\n  metricsQuery: c\n"),
	 "f:3:3: the key \"seriesQuery\" is given twice in a rule, first in line 2; keep one\n"},
	{"doubled key with a null", STR_INIT("rules:\nrules: []\n"),
	 "f:2:1: the key \"rules\" is given twice in a rules file, first in line 1; keep one\n"},
	{"doubled label",
	 STR_INIT("rules:\n- seriesQuery: a\n  resources: {overrides: {pod: {resource: pod}, pod: {resource: pods}}}\n"
		  "  metricsQuery: c\n"),
	 "f:3:49: the label \"pod\" is given twice in the overrides, first in line 3; keep one\n"},

	/* kinds */
	{"a list at the top", STR_INIT("- seriesQuery: a\n"),
	 "f:1:1: a rules file is a map with the keys rules, externalRules and resourceRules, not a list\n"},
	{"a text at the top", STR_INIT("hello\n"),
	 "f:1:1: a rules file is a map with the keys rules, externalRules and resourceRules, not a text\n"},
	{"Helm's rules block", STR_INIT("rules:\n  default: false\n  custom:\n  - seriesQuery: a\n"),
	 "f:2:3: \"rules\" wants a list, not a map; this is the rules block of a Helm chart's values: move the list "
	 "under "
	 "\"custom\" to \"rules:\", at the top of the file\n"},
	{"Helm's rules block, all of it", STR_INIT("rules: {external: [], resource: {}, custom: []}\n"),
	 "f:1:8: \"rules\" wants a list, not a map; this is the rules block of a Helm chart's values: move the list "
	 "under "
	 "\"custom\" to \"rules:\", the list under \"external\" to \"externalRules:\", the map under \"resource\" to "
	 "\"resourceRules:\", at the top of the file\n"},
	{"Helm's values of prometheus-adapter", STR_INIT("prometheus:\n  url: http://x\nrules:\n  default: true\n"),
	 "f:1:1: unknown key \"prometheus\" in a rules file; these are a Helm chart's values; the rules are the list "
	 "under rules.custom, to be put under rules:\n"
	 "f:4:3: \"rules\" wants a list, not a map; this is the rules block of a Helm chart's values: move the lists "
	 "that "
	 "stand in it to \"rules:\" and \"externalRules:\", at the top of the file\n"},
	{"Helm's values of ACK",
	 STR_INIT("AlibabaCloudMetricsAdapter:\n\n  prometheus:\n    enabled: true    # an\n#    header:\n"
		  "    adapter:\n      rules:\n        default: false  \t\t\t# tabs\n        custom:\n\n        # one\n"
		  "        - seriesQuery: 'a{b!=\"\"}'\n"),
	 "f:1:1: unknown key \"AlibabaCloudMetricsAdapter\" in a rules file; these are a Helm chart's values; the "
	 "rules "
	 "are the list under prometheus.adapter.rules.custom, to be put under rules:\n"},
	{"a manifest", STR_INIT("apiVersion: v1\n"),
	 "f:1:1: unknown key \"apiVersion\" in a rules file; this is a Kubernetes manifest; a rules file is what "
	 "stands "
	 "under a ConfigMap's data\n"},
	{"rules as a map", STR_INIT("rules: {a: b}\nexternalRules: text\n"),
	 "f:1:8: \"rules\" wants a list, not a map\nf:2:16: \"externalRules\" wants a list, not a text\n"},
	{"wrong kinds in a rule",
	 STR_INIT("rules:\n- seriesQuery: [a]\n  seriesFilters: {is: a}\n  resources: []\n  name: n\n  metricsQuery: "
		  "{}\n"
		  "- text\n- []\n"),
	 "f:2:16: \"seriesQuery\" wants a text, not a list\n"
	 "f:3:18: \"seriesFilters\" wants a list, not a map\n"
	 "f:4:14: \"resources\" wants a map, not a list\n"
	 "f:5:9: \"name\" wants a map, not a text\n"
	 "f:6:17: \"metricsQuery\" wants a text, not a map\n"
	 "f:7:3: a rule is a map, not a text\n"
	 "f:8:3: a rule is a map, not a list\n"},
	{"wrong kinds deeper",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  seriesFilters: [x]\n"
		  "  resources: {template: [], namespaced: [], overrides: [pod]}\n"
		  "- seriesQuery: a\n  metricsQuery: b\n  resources: {overrides: {pod: pod, ns: [], node: {resource: "
		  "{}}}}\n"),
	 "f:4:19: a filter is a map, not a text\n"
	 "f:5:25: \"template\" wants a text, not a list\n"
	 "f:5:41: \"namespaced\" wants true or false\n"
	 "f:5:56: \"overrides\" wants a map from labels to resources, such as pod: {resource: pod}, not a list\n"
	 "f:8:32: an override is a map such as {resource: pod}, not a text\n"
	 "f:8:41: an override is a map such as {resource: pod}, not a list\n"
	 "f:8:62: \"resource\" wants a text, not a map\n"},
	{"wrong kinds in resourceRules", STR_INIT("resourceRules: {cpu: [], memory: x, window: []}\n"),
	 "f:1:22: \"cpu\" wants a map, not a list\n"
	 "f:1:34: \"memory\" wants a map, not a text\n"
	 "f:1:45: \"window\" wants a duration such as 5m, not a list\n"},
	{"no boolean",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  resources: {namespaced: 'no'}\n"
		  "- seriesQuery: a\n  metricsQuery: b\n  resources: {namespaced: 0}\n"),
	 "f:4:27: \"namespaced\" wants true or false, without quotes\n"
	 "f:7:27: \"namespaced\" wants true or false\n"},

	/* what must be there */
	{"nothing in a rule", STR_INIT("rules:\n- {}\n-\n- name: {as: x}\n"),
	 "f:2:3: warning: a rule without \"metricsQuery\", so that requests for its metrics are refused; add it\n"
	 "f:2:3: warning: a rule without \"seriesQuery\", so that it finds no series and gives no metrics; add it\n"
	 "f:3:2: warning: a rule without \"metricsQuery\", so that requests for its metrics are refused; add it\n"
	 "f:3:2: warning: a rule without \"seriesQuery\", so that it finds no series and gives no metrics; add it\n"
	 "f:4:3: warning: a rule without \"metricsQuery\", so that requests for its metrics are refused; add it\n"
	 "f:4:3: warning: a rule without \"seriesQuery\", so that it finds no series and gives no metrics; add it\n"},
	{"empty queries", STR_INIT("externalRules:\n- seriesQuery: ''\n  metricsQuery: \"\"\n"),
	 "f:2:16: warning: a rule with an empty \"seriesQuery\", so that it finds no series and gives no metrics; fill "
	 "it in\n"
	 "f:3:17: warning: a rule with an empty \"metricsQuery\", so that requests for its metrics are refused; fill "
	 "it in\n"},
	{"filter with both",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  seriesFilters: [{is: a, isNot: b}]\n"),
	 "f:4:19: a filter with both \"is\" and \"isNot\"; make two filters of it\n"},
	{"filter with neither",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  seriesFilters:\n  - {}\n  - is:\n  - isNot: ''\n  "
		  "-\n"),
	 "f:5:5: a filter with neither \"is\" nor \"isNot\"; give it one of them\n"
	 "f:6:5: a filter with neither \"is\" nor \"isNot\"; give it one of them\n"
	 "f:7:5: a filter with neither \"is\" nor \"isNot\"; give it one of them\n"
	 "f:8:4: a filter with neither \"is\" nor \"isNot\"; give it one of them\n"},
	{"override without a resource",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n  resources:\n    overrides:\n      pod:\n"
		  "      ns: {group: ''}\n      node: {resource: ''}\n"),
	 "f:6:7: the override of the label \"pod\" names no resource; write it like pod: {resource: pod}\n"
	 "f:7:7: the override of the label \"ns\" names no resource; write it like ns: {resource: pod}\n"
	 "f:8:7: the override of the label \"node\" names no resource; write it like node: {resource: pod}\n"},
	{"nothing in resourceRules", STR_INIT("resourceRules: {}\n"),
	 "f:1:1: warning: resourceRules without \"cpu\", so that resource metrics are refused; both cpu and memory are "
	 "needed\n"
	 "f:1:1: warning: resourceRules without \"memory\", so that resource metrics are refused; both cpu and memory "
	 "are needed\n"},
	{"resourceRules without memory",
	 STR_INIT(
		 "resourceRules:\n  cpu:\n    containerQuery: a\n    nodeQuery: b\n    containerLabel: c\n  memory:\n"),
	 "f:1:1: warning: resourceRules without \"memory\", so that resource metrics are refused; both cpu and memory "
	 "are needed\n"},
	{"nothing in a resource rule", STR_INIT("resourceRules:\n  cpu: {}\n  memory: {resources: {}}\n"),
	 "f:2:3: warning: a resource rule without \"containerLabel\", so that the containers of a pod are not told "
	 "apart; add it\n"
	 "f:2:3: warning: a resource rule without \"containerQuery\", so that resource metrics of pods are refused; "
	 "add it\n"
	 "f:2:3: warning: a resource rule without \"nodeQuery\", so that resource metrics of nodes are refused; add "
	 "it\n"
	 "f:3:3: warning: a resource rule without \"containerLabel\", so that the containers of a pod are not told "
	 "apart; add it\n"
	 "f:3:3: warning: a resource rule without \"containerQuery\", so that resource metrics of pods are refused; "
	 "add it\n"
	 "f:3:3: warning: a resource rule without \"nodeQuery\", so that resource metrics of nodes are refused; add "
	 "it\n"},
	{"bad window",
	 STR_INIT("resourceRules:\n  cpu: &r {containerQuery: a, nodeQuery: b, containerLabel: c}\n  memory: *r\n"
		  "  window: 1 minute\n"),
	 "f:4:11: \"window\": not a valid duration string: \"1 minute\"; write it like 90s, 5m or 1h30m\n"},
	{"left to the compiler", /* templates, regular expressions, resources */
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: 'sum(<<.Series>)'\n  name: {matches: '('}\n"
		  "  resources: {template: x, overrides: {x: {resource: gizmo}}}\n"),
	 ""},
	{"behind the first document", STR_INIT("rules: []\n---\nrulez: []\n"),
	 "f:2:1: warning: from here on the file is not read: its first document ends before\n"},
};

/* Same place: by text, since sorting by place alone leaves the order open. */
static int by_line(const void *left, const void *right)
{
	const struct problem *a = left;
	const struct problem *b = right;

	if (a->at.line != b->at.line || a->at.column != b->at.column)
		return 0;
	return strcmp(a->text, b->text);
}

static void sort_same_places(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		for (size_t k = i; k > 0 && by_line(&problems->items[k - 1], &problems->items[k]) > 0; k--) {
			struct problem kept = problems->items[k];

			problems->items[k] = problems->items[k - 1];
			problems->items[k - 1] = kept;
		}
}

static void test_problems(void **state)
{
	const struct problem_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(rules_spec_free_at) struct rules_spec *spec = rules_file_parse(c->in, STR("f"), &problems);
	CLEANUP(buf_clear) struct buf out = {0};

	problems_write(&problems, "f", &out);
	sort_same_places(&problems);
	buf_reset(&out);
	problems_write(&problems, "f", &out);
	assert_string_equal(buf_cstr(&out), c->want);
	assert_non_null(spec);
}

/* ---- what is read ---- */

static void put_spelled(struct buf *out, const char *key, const struct spelled *text)
{
	if (text->text.ptr == NULL)
		return;
	assert_int_equal(text->text.ptr[text->text.len], '\0');
	buf_printf(out, " %s=%u:%u'%.*s'", key, text->at.line, text->at.column, STR_ARG(text->text));
}

static void put_resources(struct buf *out, const struct resources_spec *resources)
{
	buf_printf(out, " resources=%u:%u%s", resources->at.line, resources->at.column,
		   resources->namespaced ? "" : " not-namespaced");
	put_spelled(out, "template", &resources->template_text);
	for (size_t i = 0; i < resources->override_count; i++) {
		put_spelled(out, "label", &resources->overrides[i].label);
		put_spelled(out, "group", &resources->overrides[i].group);
		put_spelled(out, "resource", &resources->overrides[i].resource);
	}
}

static void put_rule(struct buf *out, const char *what, const struct rule_spec *rule)
{
	buf_printf(out, "%s %u:%u", what, rule->at.line, rule->at.column);
	put_spelled(out, "series", &rule->series_query);
	for (size_t i = 0; i < rule->filter_count; i++) {
		buf_printf(out, " filter=%u:%u", rule->filters[i].at.line, rule->filters[i].at.column);
		put_spelled(out, "is", &rule->filters[i].is);
		put_spelled(out, "isNot", &rule->filters[i].is_not);
	}
	put_resources(out, &rule->resources);
	put_spelled(out, "matches", &rule->name_matches);
	put_spelled(out, "as", &rule->name_as);
	put_spelled(out, "metrics", &rule->metrics_query);
	buf_puts(out, "\n");
}

static void put_resource_rule(struct buf *out, const char *what, const struct resource_rule_spec *rule)
{
	buf_printf(out, "%s %u:%u", what, rule->at.line, rule->at.column);
	put_spelled(out, "container", &rule->container_query);
	put_spelled(out, "node", &rule->node_query);
	put_resources(out, &rule->resources);
	put_spelled(out, "label", &rule->container_label);
	buf_puts(out, "\n");
}

static void put_spec(struct buf *out, const struct rules_spec *spec)
{
	for (size_t i = 0; i < spec->rule_count; i++)
		put_rule(out, "rule", &spec->rules[i]);
	for (size_t i = 0; i < spec->external_rule_count; i++)
		put_rule(out, "external", &spec->external_rules[i]);
	if (!spec->has_resource_rules)
		return;
	put_resource_rule(out, "cpu", &spec->cpu);
	put_resource_rule(out, "memory", &spec->memory);
	buf_printf(out, "window %lldms\n", (long long)spec->window_ms);
}

static struct spec_case {
	const char *name;
	struct str in;
	const char *want;
} spec_cases[] = {
	{"empty", STR_INIT(""), ""},
	{"only comments", STR_INIT("# nothing\n---\n# here\n"), ""},
	{"null", STR_INIT("null\n"), ""},
	{"empty map", STR_INIT("{}\n"), ""},
	{"null sections", STR_INIT("rules:\nexternalRules: null\nresourceRules: ~\n"), ""},
	{"empty sections", STR_INIT("rules: []\nexternalRules: []\n"), ""},
	{"least", STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: b\n"),
	 "rule 2:3 series=2:16'a' resources=2:3 metrics=3:17'b'\n"},
	{"everything",
	 STR_INIT("---\nrules:\n  - seriesQuery: '{a!=\"\"}'\t# why\n    seriesFilters:\n    - isNot: ^x\n    - is: "
		  "\"y$\"\n"
		  "    resources:\n      template: kube_<<.Resource>>\n      overrides:\n"
		  "        namespace: { resource: \"namespace\" }\n        dep: {group: apps, resource: deployment}\n"
		  "    name:\n      matches: ^(.*)_total$\n      as: \"${1}_per_second\"\n"
		  "    metricsQuery: |-\n      sum(\n        x\n      )\n"
		  "externalRules:\n- {seriesQuery: e, resources: {namespaced: no}, metricsQuery: f}\n"),
	 "rule 3:5 series=3:18'{a!=\"\"}' filter=5:7 isNot=5:14'^x' filter=6:7 is=6:11'y$' resources=7:5 "
	 "template=8:17'kube_<<.Resource>>' label=10:9'namespace' resource=10:32'namespace' label=11:9'dep' "
	 "group=11:22'apps' resource=11:38'deployment' matches=13:16'^(.*)_total$' as=14:11'${1}_per_second' "
	 "metrics=15:19'sum(\n  x\n)'\n"
	 "external 20:3 series=20:17'e' resources=20:20 not-namespaced metrics=20:63'f'\n"},
	{"nulls are absent",
	 STR_INIT("rules:\n- seriesQuery: a\n  seriesFilters: null\n  resources: {template: , overrides: null, "
		  "namespaced: ~}\n"
		  "  name: {matches: null, as: ~}\n  metricsQuery: b\n- {seriesQuery: a, name: null, resources: , "
		  "metricsQuery: b}\n"),
	 "rule 2:3 series=2:16'a' resources=4:3 metrics=6:17'b'\n"
	 "rule 7:3 series=7:17'a' resources=7:3 metrics=7:59'b'\n"},
	{"scalars are texts whatever they look like",
	 STR_INIT("rules:\n- {seriesQuery: true, name: {as: 42, matches: 2001-01-01}, metricsQuery: 7}\n"),
	 "rule 2:3 series=2:17'true' resources=2:3 matches=2:47'2001-01-01' as=2:34'42' metrics=2:74'7'\n"},
	{"empty texts are there",
	 STR_INIT("rules:\n- {seriesQuery: a, name: {matches: \"\", as: ''}, resources: {template: ''}, metricsQuery: "
		  "b}\n"),
	 "rule 2:3 series=2:17'a' resources=2:49 template=2:71'' matches=2:36'' as=2:44'' metrics=2:90'b'\n"},
	{"an empty text in a filter is none",
	 STR_INIT("rules:\n- {seriesQuery: a, seriesFilters: [{is: x, isNot: ''}, {is: , isNot: y}], metricsQuery: "
		  "b}\n"),
	 "rule 2:3 series=2:17'a' filter=2:36 is=2:41'x' filter=2:56 isNot=2:70'y' resources=2:3 metrics=2:89'b'\n"},
	{"booleans of YAML 1.1",
	 STR_INIT("externalRules:\n- {seriesQuery: a, resources: {namespaced: off}, metricsQuery: b}\n"
		  "- {seriesQuery: a, resources: {namespaced: Y}, metricsQuery: b}\n"),
	 "external 2:3 series=2:17'a' resources=2:20 not-namespaced metrics=2:64'b'\n"
	 "external 3:3 series=3:17'a' resources=3:20 metrics=3:62'b'\n"},
	{"block scalars keep their last newline",
	 STR_INIT("rules:\n- seriesQuery: >\n    a\n    b\n  metricsQuery: |\n    c\n"),
	 "rule 2:3 series=2:16'a b\n' resources=2:3 metrics=5:17'c\n'\n"},
	{"plain scalar over lines", STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: sum(x)\n    by (y)\n"),
	 "rule 2:3 series=2:16'a' resources=2:3 metrics=3:17'sum(x) by (y)'\n"},
	{"aliases",
	 STR_INIT(
		 "rules:\n- seriesQuery: a\n  resources: &r {overrides: {pod: {resource: pod}}}\n  metricsQuery: &q b\n"
		 "- seriesQuery: c\n  resources: *r\n  metricsQuery: *q\n"),
	 "rule 2:3 series=2:16'a' resources=3:3 label=3:30'pod' resource=3:46'pod' metrics=4:17'b'\n"
	 "rule 5:3 series=5:16'c' resources=6:3 label=3:30'pod' resource=3:46'pod' metrics=4:17'b'\n"},
	{"merges", STR_INIT("rules:\n- &d\n  seriesQuery: a\n  metricsQuery: b\n- <<: *d\n  seriesQuery: c\n"),
	 "rule 2:3 series=3:16'a' resources=2:3 metrics=4:17'b'\n"
	 "rule 5:3 series=6:16'c' resources=5:3 metrics=4:17'b'\n"},
	{"CR LF and a byte order mark",
	 STR_INIT("\xef\xbb\xbf"
		  "rules:\r\n- seriesQuery: a\r\n  metricsQuery: |-\r\n    b\r\n    c\r\n"),
	 "rule 2:3 series=2:16'a' resources=2:3 metrics=3:17'b\nc'\n"},
	{"resource rules",
	 STR_INIT("\"resourceRules\":\n  \"cpu\":\n    containerQuery: a\n    nodeQuery: b\n    resources:\n"
		  "      overrides: {node: {resource: node}}\n    containerLabel: c\n"
		  "  memory: {containerQuery: d, nodeQuery: e, containerLabel: f}\n  window: 5m\n"),
	 "cpu 2:3 container=3:21'a' node=4:16'b' resources=5:5 label=6:19'node' resource=6:36'node' label=7:21'c'\n"
	 "memory 8:3 container=8:28'd' node=8:42'e' resources=8:3 label=8:61'f'\n"
	 "window 300000ms\n"},
	{"no window",
	 STR_INIT("resourceRules: {cpu: &r {containerQuery: a, nodeQuery: b, containerLabel: c}, memory: *r, window: "
		  "}\n"),
	 "cpu 1:17 container=1:42'a' node=1:56'b' resources=1:17 label=1:75'c'\n"
	 "memory 1:79 container=1:42'a' node=1:56'b' resources=1:79 label=1:75'c'\n"
	 "window 0ms\n"},
};

static void test_spec(void **state)
{
	const struct spec_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(rules_spec_free_at) struct rules_spec *spec = rules_file_parse(c->in, STR("a file"), &problems);
	CLEANUP(buf_clear) struct buf out = {0};

	assert_int_equal(problems.count, 0);
	assert_true(str_eq(spec->file, STR("a file")));
	put_spec(&out, spec);
	assert_string_equal(buf_cstr(&out), c->want);
}

/* ---- files ---- */

/* A path in the source tree, from its folder of tests. */
static void put_source_path(struct buf *out, const char *relative)
{
	buf_printf(out, "%s/%s", TESTS_DIR, relative);
}

static struct file_case {
	const char *name, *path;
	size_t rules;
	const char *last_series; /* of the last rule */
} file_cases[] = {
	{"the rules of a user of ACK", "config/data/seed-003-rules.yaml", 7,
	 "nv_llm_http_service_inflight_requests{namespace!=\"\",pod!=\"\"}"},
	{"rules/default.yaml", "../rules/default.yaml", 6, "{namespace!=\"\",__name__!~\"^container_.*\"}"},
	{"rules/llm.yaml", "../rules/llm.yaml", 7, "nv_llm_http_service_inflight_requests{namespace!=\"\",pod!=\"\"}"},
};

static void test_file(void **state)
{
	const struct file_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	struct rules *rules = NULL;
	const struct rules_spec *spec;
	CLEANUP(buf_clear) struct buf path = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct err err = {0};

	put_source_path(&path, c->path);
	assert_true(file_read(buf_cstr(&path), &text, &err));
	assert_true(rules_compile(rules_file_parse(buf_str(&text), rules_file_name(buf_cstr(&path)), &problems),
				  &problems, &rules));
	spec = rules->spec;
	assert_int_equal(problems.count, 0);
	assert_true(str_ends(buf_str(&path), spec->file)); /* the last part */
	assert_int_equal(str_index(spec->file, '/'), spec->file.len);
	assert_int_equal(spec->rule_count, c->rules);
	assert_int_equal(spec->external_rule_count, 0);
	assert_false(spec->has_resource_rules);
	assert_string_equal(spec->rules[c->rules - 1].series_query.text.ptr, c->last_series);
	for (size_t i = 0; i < spec->rule_count; i++)
		assert_true(str_contains(spec->rules[i].metrics_query.text, STR("<<.LabelMatchers>>")));
	rules_unref(rules);
}

/* Of the tree, of templates and of patterns: one reading tells them all, each at its place. */
static void test_errors_of_every_kind(void **state)
{
	static const char text[] = "rules:\n"
				   "- seriesQuery: a\n"
				   "  metricQuery: b\n"
				   "  metricsQuery: c\n"
				   "- seriesQuery: a\n"
				   "  metricsQuery: 'sum(<<.Series'\n"
				   "  name: {matches: '('}\n"
				   "  resources: {template: 'pod'}\n";
	static const unsigned lines[] = {3, 6, 7, 8};
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf said = {0};
	struct rules *rules = NULL;

	(void)state;
	assert_false(rules_compile(rules_file_parse(str_of(text), STR("f"), &problems), &problems, &rules));
	assert_null(rules);
	problems_write(&problems, "f", &said);
	assert_int_equal(problems.errors, COUNT_OF(lines));
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		assert_int_equal(problems.items[i].at.line, lines[i]);
}

/* What would take more memory than any rules file needs. */
static void test_memory(void **state)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(rules_spec_free_at) struct rules_spec *spec = NULL;
	CLEANUP(buf_clear) struct buf in = {0};

	(void)state;
	buf_puts(&in, "rules: [");
	for (size_t i = 0; i < YAML_NODES_MAX - 10; i++)
		buf_puts(&in, "~,");
	buf_puts(&in, "]\n");
	spec = rules_file_parse(buf_str(&in), STR("f"), &problems);
	assert_int_equal(problems.errors, 1);
	assert_string_equal(problems.items[0].text, "the file needs too much memory; make it smaller");
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(problem_cases) + COUNT_OF(spec_cases) + COUNT_OF(file_cases) + 2];
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_errors_of_every_kind),
		cmocka_unit_test(test_memory),
	};
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(problem_cases); i++)
		tests[count++] =
			(struct CMUnitTest){problem_cases[i].name, test_problems, NULL, NULL, &problem_cases[i]};
	for (size_t i = 0; i < COUNT_OF(spec_cases); i++)
		tests[count++] = (struct CMUnitTest){spec_cases[i].name, test_spec, NULL, NULL, &spec_cases[i]};
	for (size_t i = 0; i < COUNT_OF(file_cases); i++)
		tests[count++] = (struct CMUnitTest){file_cases[i].name, test_file, NULL, NULL, &file_cases[i]};
	for (size_t i = 0; i < COUNT_OF(others); i++)
		tests[count++] = others[i];
	return cmocka_run_group_tests_name("rules_file", tests, NULL, NULL);
}
