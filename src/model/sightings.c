/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sightings.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "model/series.h"

struct sightings {
	struct arena *arena;
	struct map by_series, by_name; /* struct sighting: the last rule's */
	struct map labels;	       /* each text once */
	struct rule_sight *rules;
	size_t count;
};

struct sightings *sightings_new(size_t rule_count)
{
	struct sightings *sightings = xnew(struct sightings);

	sightings->arena = arena_new(0);
	sightings->rules = xcalloc(rule_count, sizeof(*sightings->rules));
	return sightings;
}

void sightings_free(struct sightings *sightings)
{
	if (sightings == NULL)
		return;
	map_clear(&sightings->by_series);
	map_clear(&sightings->by_name);
	map_clear(&sightings->labels);
	free(sightings->rules);
	arena_free(sightings->arena);
	free(sightings);
}

static struct str kept(struct sightings *sightings, struct str text)
{
	struct str copy = {0};

	CHECK(arena_copy(sightings->arena, text,
			 &copy)); /* an arena without a limit; SIGHTINGS_MAX bounds what comes in */
	return copy;
}

static struct str label_kept(struct sightings *sightings, struct str label)
{
	struct str *known = map_get(&sightings->labels, label);

	if (known)
		return *known;
	known = arena_alloc(sightings->arena, sizeof(*known));
	CHECK(known != NULL);
	*known = kept(sightings, label);
	*map_at(&sightings->labels, *known) = known;
	return *known;
}

static bool has_label(const struct sighting *sighting, struct str label)
{
	for (size_t i = 0; i < sighting->label_count; i++)
		if (str_eq(sighting->labels[i], label))
			return true;
	return false;
}

static void add_labels(struct sightings *sightings, struct sighting *sighting, const struct series_kind *kind)
{
	for (size_t i = 0; i < kind->label_count && sighting->label_count < SIGHTING_LABELS; i++)
		if (!has_label(sighting, kind->labels[i]))
			sighting->labels[sighting->label_count++] = label_kept(sightings, kind->labels[i]);
}

static struct sighting *sighting_new(struct sightings *sightings, const struct rule *rule, struct str series,
				     struct str name)
{
	struct sighting *sighting = arena_alloc(sightings->arena, sizeof(*sighting));
	void **place;

	CHECK(sighting != NULL);
	sighting->rule = rule;
	sighting->series = kept(sightings, series);
	place = map_at(&sightings->by_series, sighting->series);
	sighting->next_of_series = *place;
	*place = sighting;
	sightings->count++;
	if (name.len == 0)
		return sighting;
	sighting->name = kept(sightings, name);
	place = map_at(&sightings->by_name, sighting->name);
	sighting->next_of_name = *place;
	*place = sighting;
	return sighting;
}

static void note_rule(struct rule_sight *sight, const struct sighting *sighting, uint64_t series)
{
	if (sight->first == NULL)
		sight->first = sighting;
	if (sighting->fate == SIGHTING_DROPPED) {
		sight->dropped += series;
		if (sight->first_dropped == NULL)
			sight->first_dropped = sighting;
	}
	if (sighting->fate == SIGHTING_NAMELESS && sight->first_nameless == NULL)
		sight->first_nameless = sighting;
}

void sightings_add(struct sightings *sightings, const struct rule *rule, size_t index, const struct series_kind *kind,
		   enum sighting_fate fate, struct str name, struct namer_drop drop)
{
	struct sighting *sighting = map_get(&sightings->by_series, kind->name);

	if (sighting == NULL || sighting->rule != rule) {
		if (sightings->count == SIGHTINGS_MAX)
			return;
		sighting = sighting_new(sightings, rule, kind->name, name);
		sighting->fate = fate;
		sighting->drop = drop;
	}
	sighting->count += kind->series;
	add_labels(sightings, sighting, kind);
	note_rule(&sightings->rules[index], sighting, kind->series);
}

const struct sighting *sightings_of_series(const struct sightings *sightings, struct str series)
{
	return map_get(&sightings->by_series, series);
}

const struct sighting *sightings_of_name(const struct sightings *sightings, struct str name)
{
	return map_get(&sightings->by_name, name);
}

const struct rule_sight *sightings_of_rule(const struct sightings *sightings, size_t index)
{
	return &sightings->rules[index];
}
