/* SPDX-License-Identifier: Apache-2.0 */
#include "model/found_series.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "model/series.h"

struct found_table {
	struct arena *arena;
	struct map by_series, by_name; /* struct found_series: the last rule's */
	struct map labels;	       /* each text once */
	struct rule_found *rules;
	size_t count;
};

struct found_table *found_table_new(size_t rule_count)
{
	struct found_table *table = xnew(struct found_table);

	table->arena = arena_new(0);
	table->rules = xcalloc(rule_count, sizeof(*table->rules));
	return table;
}

void found_table_free(struct found_table *table)
{
	if (table == NULL)
		return;
	map_clear(&table->by_series);
	map_clear(&table->by_name);
	map_clear(&table->labels);
	free(table->rules);
	arena_free(table->arena);
	free(table);
}

static struct str kept(struct found_table *table, struct str text)
{
	struct str copy = {0};

	CHECK(arena_copy(table->arena, text,
			 &copy)); /* an arena without a limit; FOUND_SERIES_MAX bounds what comes in */
	return copy;
}

static struct str label_kept(struct found_table *table, struct str label)
{
	struct str *known = map_get(&table->labels, label);

	if (known)
		return *known;
	known = arena_alloc(table->arena, sizeof(*known));
	CHECK(known != NULL);
	*known = kept(table, label);
	*map_at(&table->labels, *known) = known;
	return *known;
}

static bool has_label(const struct found_series *found, struct str label)
{
	for (size_t i = 0; i < found->label_count; i++)
		if (str_eq(found->labels[i], label))
			return true;
	return false;
}

static void add_labels(struct found_table *table, struct found_series *found, const struct series_kind *kind)
{
	for (size_t i = 0; i < kind->label_count && found->label_count < FOUND_LABELS; i++)
		if (!has_label(found, kind->labels[i]))
			found->labels[found->label_count++] = label_kept(table, kind->labels[i]);
}

static struct found_series *found_new(struct found_table *table, const struct rule *rule, struct str series,
				      struct str name)
{
	struct found_series *found = arena_alloc(table->arena, sizeof(*found));
	void **place;

	CHECK(found != NULL);
	found->rule = rule;
	found->series = kept(table, series);
	place = map_at(&table->by_series, found->series);
	found->next_of_series = *place;
	*place = found;
	table->count++;
	if (name.len == 0)
		return found;
	found->name = kept(table, name);
	place = map_at(&table->by_name, found->name);
	found->next_of_name = *place;
	*place = found;
	return found;
}

static void note_rule(struct rule_found *by_rule, const struct found_series *found, uint64_t series)
{
	if (by_rule->first == NULL)
		by_rule->first = found;
	if (found->fate == FOUND_DROPPED) {
		by_rule->dropped += series;
		if (by_rule->first_dropped == NULL)
			by_rule->first_dropped = found;
	}
	if (found->fate == FOUND_NAMELESS && by_rule->first_nameless == NULL)
		by_rule->first_nameless = found;
	if (found->fate == FOUND_UNDECIDED && by_rule->first_undecided == NULL)
		by_rule->first_undecided = found;
}

void found_table_add(struct found_table *table, const struct rule *rule, size_t index, const struct series_kind *kind,
		     enum found_fate fate, struct str name, struct namer_drop drop)
{
	struct found_series *found = map_get(&table->by_series, kind->name);

	if (found == NULL || found->rule != rule) {
		if (table->count == FOUND_SERIES_MAX)
			return;
		found = found_new(table, rule, kind->name, name);
		found->fate = fate;
		found->drop = drop;
	}
	found->count += kind->series;
	add_labels(table, found, kind);
	note_rule(&table->rules[index], found, kind->series);
}

const struct found_series *found_of_series(const struct found_table *table, struct str series)
{
	return map_get(&table->by_series, series);
}

const struct found_series *found_of_name(const struct found_table *table, struct str name)
{
	return map_get(&table->by_name, name);
}

const struct rule_found *found_of_rule(const struct found_table *table, size_t index)
{
	return &table->rules[index];
}
