/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule.h"

#include <stdlib.h>

#include "base/map.h"
#include "model/association.h"
#include "model/namer.h"
#include "model/query.h"
#include "model/resource_rule.h"
#include "model/rule_spec.h"
#include "rule_template.h"
#include "text/promql.h"

static void rule_clear(struct rule *rule)
{
	association_free(rule->association);
	namer_free(rule->namer);
	template_tree_free(rule->query);
}

void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (!rules->list[i].twin)
			rule_clear(&rules->list[i]);
	free(rules->list);
	free(rules->series_queries);
	free(rules->series_names);
	arena_free(rules->arena);
	resource_rules_free(rules->resource);
	rules_spec_free(rules->spec);
	free(rules);
}

struct rules *rules_ref(struct rules *rules)
{
	rules->references++;
	return rules;
}

void rules_unref(struct rules *rules)
{
	if (rules == NULL || --rules->references)
		return;
	if (rules->retire)
		rules->retire(rules);
	else
		rules_free(rules);
}

static bool rule_compile(struct rule *rule, struct problems *problems)
{
	bool good = association_new(&rule->spec->resources, problems, &rule->association);

	good &= rule_template_parse(&rule->spec->metrics_query, "metricsQuery", "metrics-query", problems,
				    &rule->query);
	good &= namer_new(rule->spec, problems, &rule->namer);
	return good;
}

/* Rules with the same seriesQuery share one request to Prometheus. */
static void number_series_queries(struct rules *rules)
{
	CLEANUP(map_clear) struct map numbers = {0};

	rules->series_queries = xcalloc(rules->count, sizeof(*rules->series_queries));
	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->list[i];
		void **number = map_at(&numbers, rule->spec->series_query.text);

		if (*number == NULL) {
			rules->series_queries[rules->series_query_count] = rule->spec->series_query.text;
			*number = &rules->series_queries[rules->series_query_count++];
		}
		rule->series_query = (size_t)((struct str *)*number - rules->series_queries);
	}
}

/* A text that cannot be read still begins with a name, which is what a request will ask for. */
static struct str series_name(struct str query, struct arena *arena)
{
	struct promql_tree tree;
	struct err ignored;

	if (!promql_read(query, arena, &tree, &ignored))
		return str_trim(str_slice(query, 0, str_index(query, '{')));
	return tree.root->kind == PROMQL_SELECTOR ? tree.root->selector->name : (struct str){NULL, 0};
}

static void read_series_names(struct rules *rules)
{
	rules->series_names = xcalloc(rules->series_query_count, sizeof(*rules->series_names));
	rules->arena = arena_new(0);
	for (size_t i = 0; i < rules->series_query_count; i++) {
		CLEANUP(arena_free_at) struct arena *arena = arena_new(RULE_ARENA_BYTES_MAX);

		CHECK(arena_copy(rules->arena, series_name(rules->series_queries[i], arena), &rules->series_names[i]));
	}
}

bool rules_compile(struct rules_spec *spec, struct problems *problems, struct rules **ret_rules)
{
	struct rules *rules = xnew(struct rules);
	bool good = problems->errors == 0; /* more than one kind of them is told at once */

	rules->references = 1;
	rules->spec = spec;
	rules->custom_count = spec->rule_count;
	rules->count = spec->rule_count + spec->external_rule_count;
	rules->list = xcalloc(rules->count, sizeof(*rules->list));
	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->list[i];

		rule->external = i >= spec->rule_count;
		rule->spec = rule->external ? &spec->external_rules[i - spec->rule_count] : &spec->rules[i];
		rule->file = spec->file;
		good &= rule_compile(rule, problems);
	}
	if (spec->has_resource_rules)
		good &= resource_rules_compile(spec, problems, &rules->resource);
	if (!good) {
		rules_free(rules);
		return false;
	}
	number_series_queries(rules);
	read_series_names(rules);
	*ret_rules = rules;
	return true;
}

/* Behind the custom rules and before the external ones, which come later and win where names are equal. */
void rules_add_twins(struct rules *rules)
{
	size_t custom = rules->custom_count;
	size_t external = rules->count - custom;

	CHECK(rules->references == 1);
	if (custom == 0)
		return;
	rules->list = xrealloc(rules->list, rules->count + custom, sizeof(*rules->list));
	if (external)
		memmove(rules->list + 2 * custom, rules->list + custom, external * sizeof(*rules->list));
	for (size_t i = 0; i < custom; i++) {
		rules->list[custom + i] = rules->list[i];
		rules->list[custom + i].external = true;
		rules->list[custom + i].twin = true;
	}
	rules->count += custom;
}

bool rules_want_ready_pods(const struct rules *rules)
{
	for (size_t i = 0; i < rules->custom_count; i++)
		if (pod_policy_of(rules->list[i].spec).ready)
			return true;
	return false;
}

void rule_write_place(struct buf *out, const struct rule *rule)
{
	buf_put(out, rule->file);
	if (rule->spec->at.line)
		buf_printf(out, ":%u", rule->spec->at.line);
}

bool rule_typical_query(const struct rule *rule, struct str label, struct str series, struct arena *arena,
			struct buf *out, struct err *err)
{
	static const struct str name = STR_INIT("name");
	struct query query = {
		.text = rule->query,
		.series = series,
		.namespace_label = STR("namespace"),
		.namespace = STR("namespace"),
		.names = &name,
	};

	if (!rule->external) {
		query.object_label = label;
		query.name_count = 1;
	}
	return query_write(&query, arena, out, err);
}
