/* SPDX-License-Identifier: Apache-2.0 */
#include "model/catalog.h"

#include "rows.h"
#include "model/resource.h"
#include "model/series.h"
#include "rule_text.h"

/* Three searches: 0 is "a", 1 is "b", 2 is "never". */
static const struct rule_spec custom[] = {
	{.at = {1, 3},
	 .series_query = SPELLED("a"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {5, 3},
	 .series_query = SPELLED("b"),
	 .metrics_query = USUAL_QUERY,
	 .name_as = SPELLED("renamed"),
	 .resources = {.template_text = SPELLED("<<.Resource>>")}},
	{.at = {9, 3}, .series_query = SPELLED("never"), .metrics_query = USUAL_QUERY},
	{.at = {13, 3},
	 .series_query = SPELLED("a"),
	 .metrics_query = USUAL_QUERY,
	 .name_matches = SPELLED("^queue$"),
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {25, 3},
	 .series_query = SPELLED("b"),
	 .metrics_query = USUAL_QUERY,
	 .name_matches = SPELLED("(.*)"),
	 .name_as = SPELLED("$1_x"),
	 .resources = {.template_text = SPELLED("<<.Resource>>")}}, /* a name of nothing */
};
static const struct rule_spec external[] = {
	{.at = {17, 3}, .series_query = SPELLED("a"), .metrics_query = USUAL_QUERY, .resources = {.namespaced = true}},
	{.at = {21, 3}, .series_query = SPELLED("b"), .metrics_query = USUAL_QUERY, .name_as = SPELLED("Queue")},
};

static void add_series(struct series_set *set, const char *name, const char *const *labels)
{
	struct err err;

	series_set_begin(set);
	assert_true(series_set_name(set, str_of(name), &err));
	for (; *labels; labels++)
		assert_true(series_set_label(set, str_of(*labels), &err));
	assert_true(series_set_end(set, &err));
}

static struct catalog *built_with(size_t kinds_per_step, bool twins)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(series_set_free_at) struct series_set *a = series_set_new(1 << 20);
	CLEANUP(series_set_free_at) struct series_set *b = series_set_new(1 << 20);
	const struct series_set *sets[] = {a, b, NULL};
	struct resource_table *table = resource_table_builtin();
	CLEANUP(catalog_builder_free_at) struct catalog_builder *builder = NULL;
	struct rules *rules = NULL;

	add_series(a, "queue", (const char *[]){"namespace", "pod", "le", NULL});
	add_series(a, "pods_only", (const char *[]){"pod", NULL});
	add_series(a, "nothing", (const char *[]){"le", NULL});
	add_series(b, "anything", (const char *[]){"node", "deployment", "storageclass", NULL});
	assert_true(compiled(custom, COUNT_OF(custom), external, COUNT_OF(external), &problems, &rules));
	if (twins)
		rules_add_twins(rules);
	builder = catalog_builder_new(rules, table, sets);
	while (!catalog_builder_step(builder, kinds_per_step))
		;
	rules_unref(rules);
	resource_table_unref(table);
	return catalog_builder_take(builder);
}

static struct catalog *built(size_t kinds_per_step)
{
	return built_with(kinds_per_step, false);
}

static struct find_case {
	const char *name, *resource, *metric;
	unsigned line; /* of the rule; 0: not there */
	const char *object_label, *namespace_label;
} find_cases[] = {
	{"later rule wins", "pods", "queue", 13, "pod", "namespace"},
	{"namespace itself", "namespaces", "queue", 13, "namespace", "namespace"},
	{"no namespace label in the series, one in the rule", "pods", "pods_only", 1, "pod", "namespace"},
	{"renamed", "nodes", "renamed", 5, "node", "namespace"},
	{"of a group", "deployments.apps", "renamed", 5, "deployment", "namespace"},
	{"old name", "nodes", "anything", 0, NULL, NULL},
	{"without any resource", "pods", "nothing", 0, NULL, NULL},
	{"not of this resource", "services", "queue", 0, NULL, NULL},
};

static void test_find(void **state)
{
	const struct find_case *c = *state;
	struct catalog *catalog = built(1);
	const struct resource *resource = resource_find_qualified(catalog_resources(catalog), str_of(c->resource));
	const struct metric *found = catalog_find(catalog, resource, str_of(c->metric));

	assert_int_equal(found ? found->rule->spec->at.line : 0, c->line);
	if (found) {
		assert_str(found->object_label, c->object_label);
		assert_str(found->namespace_label, c->namespace_label);
	}
	catalog_unref(catalog);
}

static struct external_case {
	const char *name, *metric, *want;
} external_cases[] = {
	{"exact", "queue", "queue"},
	{"exact in another case", "Queue", "Queue"},
	{"lower case of a mixed one, ambiguous", "QUEUE", NULL},
	{"any case when there is one", "PODS_only", "pods_only"},
	{"without any resource", "nothing", "nothing"},
	{"unknown", "nope", NULL},
};

static void test_external(void **state)
{
	const struct external_case *c = *state;
	struct catalog *catalog = built(2);
	const struct metric *found = catalog_find_external(catalog, str_of(c->metric));

	assert_int_equal(found != NULL, c->want != NULL);
	if (found) {
		assert_str(found->name, c->want);
		assert_null(found->resource);
		assert_null(found->object_label.ptr);
	}
	catalog_unref(catalog);
}

static struct twin_case {
	const char *name, *metric;
	unsigned line; /* of the rule; 0: not there */
} twin_cases[] = {
	{"twin: the file's own wins", "queue", 17},
	{"twin: of a custom rule", "renamed", 5},
	{"twin: in a later case of letters", "Queue", 21},
	{"twin: not of one without a name", "_x", 0},
};

static void test_twin(void **state)
{
	const struct twin_case *c = *state;
	struct catalog *catalog = built_with(1, true);
	const struct resource *pods = resource_find_qualified(catalog_resources(catalog), STR("pods"));
	const struct metric *found = catalog_find_external(catalog, str_of(c->metric));

	assert_int_equal(found ? found->rule->spec->at.line : 0, c->line);
	if (found)
		assert_null(found->object_label.ptr);
	assert_int_equal(catalog_find(catalog, pods, STR("queue"))->rule->spec->at.line, 13); /* as without twins */
	catalog_unref(catalog);
}

static void test_listed_in_order(void **state)
{
	static const char *const want[] = {"deployments/renamed", "namespaces/queue", "nodes/renamed",
					   "pods/pods_only",	  "pods/queue",	      "storageclasses/renamed"};
	struct catalog *catalog = built(SIZE_MAX);

	(void)state;
	assert_int_equal(catalog_count(catalog, false), COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		const struct metric *metric = catalog_at(catalog, false, i);
		CLEANUP(buf_clear) struct buf text = {0};

		buf_put(&text, metric->resource->plural);
		buf_putc(&text, '/');
		buf_put(&text, metric->name);
		assert_str(buf_str(&text), want[i]);
	}
	assert_int_equal(catalog_count(catalog, true), 4);
	catalog_unref(catalog_ref(catalog));
	catalog_unref(catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_listed_in_order)};

	return RUN_ROWS(find_cases, test_find) + RUN_ROWS(external_cases, test_external) +
	       RUN_ROWS(twin_cases, test_twin) + cmocka_run_group_tests(tests, NULL, NULL);
}
