/* SPDX-License-Identifier: Apache-2.0 */
#include "model/catalog.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/association.h"
#include "model/namer.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/series.h"
#include "model/found_series.h"
#include "model/rule_spec.h"

enum { NAME_BYTES_MAX = 4096 };

struct metrics {
	VEC_OF(struct metric *);
};

struct catalog {
	struct arena *arena;
	struct rules *rules;
	struct resource_table *resources;
	struct metrics custom, external;
	struct map custom_by_key; /* "plural.group/name" */
	struct map external_by_name;
	struct found_table *found;
	unsigned references;
};

/* What a label of the rule at hand stands for, so that each is looked up once a rule, not once a series. */
struct known_label {
	const struct resource *resource; /* NULL: none */
	struct str query_label;		 /* ptr NULL: the rule has no label for it */
};

struct catalog_builder {
	struct catalog *catalog;
	const struct series_set *const *sets;
	size_t rule, kind;
	struct map labels; /* of the rule at hand: struct known_label */
	struct str namespace_label;
	bool failure_told; /* once a rule */
};

static struct str kept(struct arena *arena, struct str text)
{
	struct str copy = {0};

	CHECK(arena_copy(arena, text, &copy)); /* an arena without a limit; series_set bounds what comes in */
	return copy;
}

static void start_rule(struct catalog_builder *builder);

struct catalog_builder *catalog_builder_new(struct rules *rules, const struct resource_table *resources,
					    const struct series_set *const *sets)
{
	struct catalog_builder *builder = xnew(struct catalog_builder);
	struct catalog *catalog = xnew(struct catalog);

	catalog->references = 1;
	catalog->arena = arena_new(0);
	catalog->rules = rules_ref(rules);
	catalog->found = found_table_new(rules->count);
	catalog->resources = resource_table_ref(resources);
	builder->catalog = catalog;
	builder->sets = sets;
	start_rule(builder);
	return builder;
}

void catalog_builder_free(struct catalog_builder *builder)
{
	if (builder == NULL)
		return;
	map_clear(&builder->labels);
	catalog_unref(builder->catalog);
	free(builder);
}

static const struct rule *rule_at_hand(const struct catalog_builder *builder)
{
	return &builder->catalog->rules->list[builder->rule];
}

static struct str label_of(struct catalog_builder *builder, const struct resource *resource)
{
	struct catalog *catalog = builder->catalog;
	struct str label = {0};
	struct err err;

	if (resource == NULL || !association_label_of(rule_at_hand(builder)->association, catalog->resources, resource,
						      catalog->arena, &label, &err))
		return (struct str){0};
	return label;
}

static void start_rule(struct catalog_builder *builder)
{
	const struct resource_table *resources = builder->catalog->resources;

	map_clear(&builder->labels);
	builder->kind = 0;
	builder->failure_told = false;
	if (builder->rule < builder->catalog->rules->count)
		builder->namespace_label = label_of(builder, resource_find(resources, STR("namespaces"), STR("")));
}

static void tell_failure(struct catalog_builder *builder, const struct err *err)
{
	CLEANUP(buf_clear) struct buf place = {0};

	if (builder->failure_told)
		return;
	builder->failure_told = true;
	rule_write_place(&place, rule_at_hand(builder));
	log_warn("rule %s leaves out what it cannot decide: %s", buf_cstr(&place), err->msg);
}

static const struct known_label *known_label(struct catalog_builder *builder, struct str label)
{
	struct catalog *catalog = builder->catalog;
	struct known_label *known = map_get(&builder->labels, label);
	struct err err = {0};

	if (known)
		return known;
	known = arena_alloc(catalog->arena, sizeof(*known));
	CHECK(known != NULL);
	if (!association_resource_of(rule_at_hand(builder)->association, catalog->resources, label, &known->resource,
				     &err))
		tell_failure(builder, &err);
	known->query_label = label_of(builder, known->resource);
	*map_at(&builder->labels, kept(catalog->arena, label)) = known;
	return known;
}

/* The metric under `key`; a later rule or series takes the place of an earlier one, as upstream. */
static struct metric *place_of(struct catalog *catalog, struct map *by_key, struct metrics *list, struct str key)
{
	struct metric *metric = map_get(by_key, key);

	if (metric)
		return metric;
	metric = arena_alloc(catalog->arena, sizeof(*metric));
	CHECK(metric != NULL);
	*map_at(by_key, kept(catalog->arena, key)) = metric;
	*vec_push(list) = metric;
	return metric;
}

/* A rule that serves what another one says, as the twins do, hides nothing that anybody wrote. */
static const struct rule *hidden_by(const struct metric *metric, const struct rule *rule)
{
	if (metric->rule == NULL || metric->rule == rule || metric->rule->twin)
		return metric->hides;
	return metric->rule;
}

static void write_key(struct buf *key, const struct resource *resource, struct str name)
{
	resource_write(key, resource);
	buf_putc(key, '/');
	buf_put(key, name);
}

static void add_custom(struct catalog_builder *builder, const struct series_kind *kind, struct str name)
{
	struct catalog *catalog = builder->catalog;
	struct str series = kept(catalog->arena, kind->name);

	for (size_t i = 0; i < kind->label_count; i++) {
		CLEANUP(buf_clear) struct buf key = {0};
		const struct known_label *known = known_label(builder, kind->labels[i]);
		struct metric *metric;

		if (known->resource == NULL || known->query_label.ptr == NULL)
			continue;
		write_key(&key, known->resource, name);
		metric = place_of(catalog, &catalog->custom_by_key, &catalog->custom, buf_str(&key));
		*metric = (struct metric){
			.name = name,
			.series = series,
			.rule = rule_at_hand(builder),
			.hides = hidden_by(metric, rule_at_hand(builder)),
			.resource = known->resource,
			.object_label = known->query_label,
			.namespace_label = builder->namespace_label,
		};
	}
}

static void add_external(struct catalog_builder *builder, const struct series_kind *kind, struct str name)
{
	struct catalog *catalog = builder->catalog;
	struct metric *metric = place_of(catalog, &catalog->external_by_name, &catalog->external, name);

	*metric = (struct metric){
		.name = name,
		.series = kept(catalog->arena, kind->name),
		.rule = rule_at_hand(builder),
		.hides = hidden_by(metric, rule_at_hand(builder)),
		.namespace_label = builder->namespace_label,
	};
}

static void note(struct catalog_builder *builder, const struct series_kind *kind, enum found_fate fate, struct str name)
{
	const struct rule *rule = rule_at_hand(builder);
	struct namer_drop drop = {0};

	if (fate == FOUND_DROPPED || fate == FOUND_UNDECIDED)
		drop = namer_drop_of(rule->namer, kind->name);
	found_table_add(builder->catalog->found, rule, builder->rule, kind, fate, name, drop);
}

static void add_kind(struct catalog_builder *builder, const struct series_kind *kind)
{
	CLEANUP(buf_clear) struct buf name = BUF_MAX(NAME_BYTES_MAX);
	const struct rule *rule = rule_at_hand(builder);
	struct err err;
	bool keeps;

	if (!namer_keeps(rule->namer, kind->name, &keeps, &err) ||
	    (keeps && !namer_name(rule->namer, kind->name, &name, &err))) {
		note(builder, kind, FOUND_UNDECIDED, STR(""));
		(void)err_wrap(&err, "series %.*s", STR_ARG(kind->name));
		tell_failure(builder, &err);
		return;
	}
	note(builder, kind, !keeps ? FOUND_DROPPED : name.len ? FOUND_NAMED : FOUND_NAMELESS, buf_str(&name));
	if (!keeps || name.len == 0 || name.failed) /* a metric without a name cannot be asked for */
		return;
	(rule->external ? add_external : add_custom)(builder, kind, kept(builder->catalog->arena, buf_str(&name)));
}

bool catalog_builder_step(struct catalog_builder *builder, size_t kinds)
{
	const struct rules *rules = builder->catalog->rules;

	while (builder->rule < rules->count) {
		const struct series_set *set = builder->sets[rule_at_hand(builder)->series_query];

		for (; set && builder->kind < series_set_count(set); builder->kind++) {
			if (kinds-- == 0)
				return false;
			add_kind(builder, series_set_at(set, builder->kind));
		}
		builder->rule++;
		start_rule(builder);
	}
	return true;
}

static int by_name(const void *left, const void *right)
{
	const struct metric *a = *(struct metric *const *)left;
	const struct metric *b = *(struct metric *const *)right;
	int order = 0;

	if (a->resource && b->resource) {
		order = str_cmp(a->resource->plural, b->resource->plural);
		if (order == 0)
			order = str_cmp(a->resource->group, b->resource->group);
	}
	return order ? order : str_cmp(a->name, b->name);
}

static void sort(struct metrics *metrics)
{
	if (metrics->count)
		qsort(metrics->items, metrics->count, sizeof(struct metric *), by_name);
}

struct catalog *catalog_builder_take(struct catalog_builder *builder)
{
	CHECK(builder->rule == builder->catalog->rules->count);
	sort(&builder->catalog->custom);
	sort(&builder->catalog->external);
	return STEAL(builder->catalog);
}

struct catalog *catalog_ref(struct catalog *catalog)
{
	catalog->references++;
	return catalog;
}

void catalog_unref(struct catalog *catalog)
{
	if (catalog == NULL || --catalog->references)
		return;
	map_clear(&catalog->custom_by_key);
	map_clear(&catalog->external_by_name);
	vec_clear(&catalog->custom);
	vec_clear(&catalog->external);
	found_table_free(catalog->found);
	arena_free(catalog->arena);
	resource_table_unref(catalog->resources);
	rules_unref(catalog->rules);
	free(catalog);
}

const struct metric *catalog_find(const struct catalog *catalog, const struct resource *resource, struct str name)
{
	CLEANUP(buf_clear) struct buf key = {0};

	write_key(&key, resource, name);
	return map_get(&catalog->custom_by_key, buf_str(&key));
}

const struct metric *catalog_find_external(const struct catalog *catalog, struct str name)
{
	const struct metric *found = map_get(&catalog->external_by_name, name);

	if (found)
		return found;
	for (size_t i = 0; i < catalog->external.count; i++) {
		if (!str_eq_nocase(catalog->external.items[i]->name, name))
			continue;
		if (found)
			return NULL; /* which of them is meant, nobody knows */
		found = catalog->external.items[i];
	}
	return found;
}

size_t catalog_count(const struct catalog *catalog, bool external)
{
	return external ? catalog->external.count : catalog->custom.count;
}

const struct metric *catalog_at(const struct catalog *catalog, bool external, size_t index)
{
	return external ? catalog->external.items[index] : catalog->custom.items[index];
}

const struct found_table *catalog_found(const struct catalog *catalog)
{
	return catalog->found;
}

const struct rules *catalog_rules(const struct catalog *catalog)
{
	return catalog->rules;
}

const struct resource_table *catalog_resources(const struct catalog *catalog)
{
	return catalog->resources;
}
