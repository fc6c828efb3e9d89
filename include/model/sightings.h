/* SPDX-License-Identifier: Apache-2.0 */
/* sightings.h - what became of the series that each rule found, also of those that made no metric: so that a refusal can say what
   is in the way. */
#ifndef GAUGELET_MODEL_SIGHTINGS_H
#define GAUGELET_MODEL_SIGHTINGS_H

#include "base/base.h"
#include "base/str.h"
#include "model/namer.h"

struct rule;
struct series_kind;

enum { SIGHTING_LABELS = 16, SIGHTINGS_MAX = 10000 };

enum sighting_fate {
	SIGHTING_NAMED,	   /* it has a name in the API, but perhaps no label of a resource */
	SIGHTING_DROPPED,  /* by a filter or by name.matches */
	SIGHTING_NAMELESS, /* name.as gave nothing */
};

/* The series of one name that a rule found. */
struct sighting {
	const struct rule *rule;
	struct str series, name; /* name: empty unless NAMED */
	enum sighting_fate fate;
	struct namer_drop drop; /* of DROPPED */
	uint64_t count;		/* of series */
	struct str labels[SIGHTING_LABELS];
	size_t label_count;
	const struct sighting *next_of_series, *next_of_name; /* of an earlier rule */
};

/* All that one rule found. */
struct rule_sight {
	uint64_t dropped;
	const struct sighting *first, *first_dropped, *first_nameless; /* NULL: none */
};

/* No more than SIGHTINGS_MAX are kept; beyond that a reason says less. */
struct sightings;
struct sightings *sightings_new(size_t rule_count) MUST_USE;
void sightings_free(struct sightings *sightings); /* NULL is fine */
DEFINE_FREE_AT(sightings)

/* Texts are copied, but for the drop's, which the rule has. Rules come in their order: `index` is that of `rule`. */
void sightings_add(struct sightings *sightings, const struct rule *rule, size_t index, const struct series_kind *kind,
		   enum sighting_fate fate, struct str name, struct namer_drop drop);

/* The last rule's first; NULL: none. */
const struct sighting *sightings_of_series(const struct sightings *sightings, struct str series);
const struct sighting *sightings_of_name(const struct sightings *sightings, struct str name);

const struct rule_sight *sightings_of_rule(const struct sightings *sightings, size_t index);

#endif
