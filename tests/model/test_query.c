/* SPDX-License-Identifier: Apache-2.0 */
#include "model/query.h"

#include "rows.h"
#include "text/problem.h"
#include "text/selector.h"
#include "text/template.h"

#define USUAL "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"

static struct query_case {
	const char *name, *text, *selector, *namespace, *object_label;
	const char *names[3];
	const char *want; /* NULL: refused, with `says` */
	const char *says;
} query_cases[] = {
	{"one object",
	 USUAL,
	 "",
	 "default",
	 "pod",
	 {"vllm-0"},
	 "sum(m{namespace=\"default\",pod=\"vllm-0\"}) by (pod)",
	 ""},
	{"several objects",
	 USUAL,
	 "",
	 "default",
	 "pod",
	 {"vllm-0", "vllm-1"},
	 "sum(m{namespace=\"default\",pod=~\"vllm-0|vllm-1\"}) by (pod)",
	 ""},
	{"a dot matches itself only",
	 USUAL,
	 "",
	 "d",
	 "pod",
	 {"a.b", "c"},
	 "sum(m{namespace=\"d\",pod=~\"a\\\\.b|c\"}) by (pod)",
	 ""},
	{"one name is no pattern", USUAL, "", "d", "pod", {"a.b"}, "sum(m{namespace=\"d\",pod=\"a.b\"}) by (pod)", ""},
	{"quotes", USUAL, "", "d", "pod", {"a\"b\\c"}, "sum(m{namespace=\"d\",pod=\"a\\\"b\\\\c\"}) by (pod)", ""},
	{"no namespace", USUAL, "", NULL, "node", {"n1"}, "sum(m{node=\"n1\"}) by (node)", ""},
	{"selector first, sorted by key",
	 USUAL,
	 "verb in (POST,GET),code=200",
	 "prod",
	 "pod",
	 {"a", "b"},
	 "sum(m{code=\"200\",verb=~\"GET|POST\",namespace=\"prod\",pod=~\"a|b\"}) by (pod)",
	 ""},
	{"every operator",
	 "<<.LabelMatchers>>",
	 "a!=1,b notin (x,y),c,!d,e=,f in (g)",
	 NULL,
	 NULL,
	 {NULL},
	 "a!=\"1\",b!~\"x|y\",c!=\"\",d=\"\",e=\"\",f=~\"g\"",
	 ""},
	{"greater", USUAL, "a>5", "d", "pod", {"a"}, NULL, ">"},
	{"less", USUAL, "a<5", "d", "pod", {"a"}, NULL, "<"},
	{"external",
	 "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
	 "q=z",
	 "d",
	 NULL,
	 {NULL},
	 "sum(m{q=\"z\",namespace=\"d\"}) by ()",
	 ""},
	{"values by name",
	 "<<.LabelValuesByName>>",
	 "zone=b,!gone",
	 "d",
	 "pod",
	 {"a.b", "c"},
	 "map[gone: namespace:d pod:a.b|c zone:b]",
	 ""},
	{"one key twice: the later value",
	 "<<.LabelValuesByName>>",
	 "pod=x",
	 "d",
	 "pod",
	 {"a"},
	 "map[namespace:d pod:a]",
	 ""},
	{"group by as a list", "<<.GroupBySlice>>", "", "d", "pod", {"a"}, "[pod]", ""},
	{"no dangling comma", "m{<<.LabelMatchers>>,topic!=\"\"}", "", NULL, NULL, {NULL}, "m{topic!=\"\"}", ""},
	{"no dangling comma behind a space",
	 "m{ <<.LabelMatchers>>,a=\"{,\"}",
	 "",
	 NULL,
	 NULL,
	 {NULL},
	 "m{ a=\"{,\"}",
	 ""},
	{"a brace in a text is none",
	 "f('{,',\"a\\\"{,\",`{,`,m{<<.LabelMatchers>>})",
	 "",
	 NULL,
	 NULL,
	 {NULL},
	 "f('{,',\"a\\\"{,\",`{,`,m{})",
	 ""},
	{"with matchers a comma is the user's",
	 "m{,<<.LabelMatchers>>}",
	 "",
	 "d",
	 NULL,
	 {NULL},
	 "m{,namespace=\"d\"}",
	 ""},
	{"nothing else is touched", "  count(x)\n", "", NULL, "pod", {"a"}, "  count(x)\n", ""},
	{"empty", "<<if .Nothing>><<end>>", "", NULL, "pod", {"a"}, NULL, "Nothing"},
	{"empty text", "<<\"\">>", "", NULL, "pod", {"a"}, NULL, "empty"},
};

static void test_query(void **state)
{
	const struct query_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(buf_clear) struct buf out = BUF_MAX(QUERY_BYTES_MAX);
	struct selector selector;
	struct str names[3];
	struct query query = {.series = STR("m"),
			      .selector = &selector,
			      .namespace_label = STR("namespace"),
			      .namespace = str_of(c->namespace),
			      .object_label = str_of(c->object_label),
			      .names = names};
	struct place at;
	struct err err = {0};
	bool good;

	while (query.name_count < 3 && c->names[query.name_count]) {
		names[query.name_count] = str_of(c->names[query.name_count]);
		query.name_count++;
	}
	assert_true(selector_parse(str_of(c->selector), arena, &selector, &err));
	assert_true(template_parse(str_of(c->text), "metrics-query", &tree, &at, &err));
	query.text = tree;
	good = query_write(&query, arena, &out, &err);
	assert_int_equal(good, c->want != NULL);
	if (good)
		assert_str(buf_str(&out), c->want);
	else
		assert_contains(str_of(err.msg), c->says);
}

/* ---- names that need no quotes */

static struct plain_case {
	const char *name;
	bool want;
} plain_cases[] = {
	{"vllm:num_requests_waiting", true},
	{"_x9", true},
	{"DCGM_FI", true},
	{"9x", false},
	{"a.b", false},
	{"a-b", false},
	{"a b", false},
	{"\xc3\xa4", false},
	{"", false},
};

static void test_plain(void **state)
{
	const struct plain_case *c = *state;

	assert_int_equal(query_plain_name(str_of(c->name)), c->want);
}

/* As the resource metrics ask. */
static struct groups_case {
	const char *name, *text;
	size_t namespaces;
	bool pods;
	const char *want;
} groups_cases[] = {
	{"pod and container", USUAL, 1, true, "sum(m{namespace=\"n.1\",pod=~\"a|b\"}) by (pod,container)"},
	{"as a list", "<<range .GroupBySlice>>[<<.>>]<<end>>", 1, true, "[pod][container]"},
	{"many namespaces", USUAL, 2, true, "sum(m{namespace=~\"n\\\\.1|n2\",pod=~\"a|b\"}) by (pod,container)"},
	{"many namespaces, all pods", USUAL, 2, false, "sum(m{namespace=~\"n\\\\.1|n2\"}) by (pod,container)"},
	{"values of many namespaces", "<<.LabelValuesByName>>", 2, true, "map[namespace:n.1|n2 pod:a|b]"},
};

static void test_groups(void **state)
{
	const struct groups_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(buf_clear) struct buf out = {0};
	const struct str groups[] = {STR("pod"), STR("container")};
	const struct str namespaces[] = {STR("n.1"), STR("n2")};
	const struct str names[] = {STR("a"), STR("b")};
	struct query query = {.series = STR("m"),
			      .namespace_label = STR("namespace"),
			      .namespaces = namespaces,
			      .namespace_count = c->namespaces,
			      .names = names,
			      .name_count = 2,
			      .group_by = groups,
			      .group_by_count = 2};
	struct place at;
	struct err err;

	assert_true(template_parse(str_of(c->text), "query", &tree, &at, &err));
	query.text = tree;
	if (c->pods)
		query.object_label = STR("pod");
	assert_true(query_write(&query, arena, &out, &err));
	assert_string_equal(buf_cstr(&out), c->want);
}

int main(void)
{
	return RUN_ROWS(groups_cases, test_groups) + RUN_ROWS(query_cases, test_query) +
	       RUN_ROWS(plain_cases, test_plain);
}
