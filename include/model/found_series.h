/* SPDX-License-Identifier: Apache-2.0 */
/* found_series.h - what became of the series that each rule found, also of those that made no metric: so that a refusal can say what
   is in the way. */
#ifndef GAUGELET_MODEL_FOUND_SERIES_H
#define GAUGELET_MODEL_FOUND_SERIES_H

#include "base/base.h"
#include "base/str.h"
#include "model/namer.h"

struct rule;
struct series_kind;

enum { FOUND_LABELS = 16, FOUND_SERIES_MAX = 10000 };

enum found_fate {
	FOUND_NAMED,	 /* it has a name in the API, but perhaps no label of a resource */
	FOUND_DROPPED,	 /* by a filter or by name.matches */
	FOUND_NAMELESS,	 /* name.as gave nothing */
	FOUND_UNDECIDED, /* a pattern takes too many steps */
};

/* The series of one name that a rule found. */
struct found_series {
	const struct rule *rule;
	struct str series, name; /* name: empty unless NAMED */
	enum found_fate fate;
	struct namer_drop drop; /* of DROPPED and UNDECIDED */
	uint64_t count;		/* of series */
	struct str labels[FOUND_LABELS];
	size_t label_count;
	const struct found_series *next_of_series, *next_of_name; /* of an earlier rule */
};

/* All that one rule found. */
struct rule_found {
	uint64_t dropped;
	const struct found_series *first, *first_dropped, *first_nameless, *first_undecided; /* NULL: none */
};

/* No more than FOUND_SERIES_MAX are kept; beyond that a reason says less. */
struct found_table;
struct found_table *found_table_new(size_t rule_count) MUST_USE;
void found_table_free(struct found_table *table); /* NULL is fine */
DEFINE_FREE_AT(found_table)

/* Texts are copied, but for the drop's, which the rule has. Rules come in their order: `index` is that of `rule`. */
void found_table_add(struct found_table *table, const struct rule *rule, size_t index, const struct series_kind *kind,
		     enum found_fate fate, struct str name, struct namer_drop drop);

/* The last rule's first; NULL: none. */
const struct found_series *found_of_series(const struct found_table *table, struct str series);
const struct found_series *found_of_name(const struct found_table *table, struct str name);

const struct rule_found *found_of_rule(const struct found_table *table, size_t index);

#endif
