/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - a small catalog for the tests of api: pods/queue and namespaces/queue, nodes/heat, deployments.apps/lat, external
   backlog and everywhere. */
#ifndef GAUGELET_TESTS_METRICS_H
#define GAUGELET_TESTS_METRICS_H

#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule_text.h"
#include "model/series.h"

static const struct override_spec node_overrides[] = {OVERRIDE("node", "node")};
static const struct override_spec deployment_overrides[] = {OVERRIDE("namespace", "namespace"),
							    OVERRIDE_OF("deployment", "apps", "deployment")};
static const struct override_spec lonely_overrides[] = {OVERRIDE("pod", "pod")};

static struct rule_spec custom_rules[] = {
	{.at = {1, 3},
	 .series_query = SPELLED("queue{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}},
	{.at = {5, 3},
	 .series_query = SPELLED("heat"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = node_overrides, .override_count = 1, .namespaced = true}},
	{.at = {9, 3},
	 .series_query = SPELLED("lat"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = deployment_overrides, .override_count = 2, .namespaced = true}},
	{.at = {13, 3},
	 .series_query = SPELLED("gone{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}},
	{.at = {17, 3},
	 .series_query = SPELLED("lonely"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = lonely_overrides, .override_count = 1, .namespaced = true}},
	{.at = {21, 3},
	 .series_query = SPELLED("a:b:c:d"),
	 .metrics_query = SPELLED("<<.Matchers>>"),
	 .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}},
	{.at = {37, 3},
	 .series_query = SPELLED("raw"),
	 .metrics_query = USUAL_QUERY,
	 .name_as = SPELLED("cooked"),
	 .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}},
};
static struct rule_spec external_rules[] = {
	{.at = {25, 3},
	 .series_query = SPELLED("backlog"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}},
	{.at = {29, 3},
	 .series_query = SPELLED("everywhere"),
	 .metrics_query = SPELLED("<<.Series>>{<<.LabelMatchers>>}"),
	 .resources = {.namespaced = false}},
	{.at = {33, 3},
	 .series_query = SPELLED("homeless"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.namespaced = true}},
};

/* What each search found; NULL: nothing ever. */
static const char *const found_labels[][4] = {
	{"namespace", "pod"},
	{"node"},
	{"namespace", "deployment"},
	{NULL},
	{"pod"},
	{"pod", "namespace"},
	{"namespace", "pod"},
	{"queue"},
	{"zone"},
	{"zone"},
};

/* `found`: false for a time when nothing has been found yet. */
static inline struct catalog *catalog_when(bool found)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct resource_table *table = resource_table_builtin();
	struct series_set *sets[COUNT_OF(found_labels)];
	struct catalog_builder *builder;
	struct catalog *catalog;
	struct rules *rules = NULL;
	struct err err;

	assert_true(compiled(custom_rules, COUNT_OF(custom_rules), external_rules, COUNT_OF(external_rules), &problems,
			     &rules));
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct str query = rules->series_queries[i];

		sets[i] = series_set_new(1 << 20);
		if (!found || found_labels[i][0] == NULL)
			continue;
		series_set_begin(sets[i]);
		assert_true(series_set_name(sets[i], str_slice(query, 0, str_index(query, '{')), &err));
		for (size_t j = 0; j < 4 && found_labels[i][j]; j++)
			assert_true(series_set_label(sets[i], str_of(found_labels[i][j]), &err));
		assert_true(series_set_end(sets[i], &err));
	}
	builder = catalog_builder_new(rules, table, (const struct series_set *const *)sets);
	while (!catalog_builder_step(builder, SIZE_MAX))
		;
	catalog = catalog_builder_take(builder);
	catalog_builder_free(builder);
	for (size_t i = 0; i < COUNT_OF(sets); i++)
		series_set_free(sets[i]);
	rules_unref(rules);
	resource_table_unref(table);
	problems_clear(&problems);
	return catalog;
}

static inline struct catalog *small_catalog(void)
{
	return catalog_when(true);
}

#endif
