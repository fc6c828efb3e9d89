/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.h - which metrics there are: what the rules make of the series that discovery found. */
#ifndef GAUGELET_MODEL_CATALOG_H
#define GAUGELET_MODEL_CATALOG_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct resource;
struct resource_table;
struct rule;
struct rules;
struct series_set;
struct found_table;

struct metric {
	struct str name;
	struct str series; /* the series' own name */
	const struct rule *rule;
	const struct rule *hides;	 /* an earlier one that gives the name too; NULL: none */
	const struct resource *resource; /* what it describes; NULL for an external metric */
	struct str object_label;	 /* that stands for the resource in queries; ptr NULL when external */
	struct str namespace_label;	 /* ptr NULL: the rule has none */
};

/* A snapshot: const once built, counted. Keeps the rules and the resource table it was built from. */
struct catalog;

/* ---- building, in steps short enough for one turn of the loop. `sets` has what each of rules.series_queries found, NULL where
   nothing ever was; it is lent until the builder ends. */
struct catalog_builder;
struct catalog_builder *catalog_builder_new(struct rules *rules, const struct resource_table *resources,
					    const struct series_set *const *sets) MUST_USE;
void catalog_builder_free(struct catalog_builder *builder);
DEFINE_FREE_AT(catalog_builder)

/* Works on at most `kinds` kinds of series. True when all is done. */
MUST_USE bool catalog_builder_step(struct catalog_builder *builder, size_t kinds);

/* The finished catalog. */
struct catalog *catalog_builder_take(struct catalog_builder *builder) MUST_USE;

/* ---- reading */
struct catalog *catalog_ref(struct catalog *catalog);
void catalog_unref(struct catalog *catalog); /* NULL is fine */

const struct metric *catalog_find(const struct catalog *catalog, const struct resource *resource, struct str name);

/* An external metric: by its exact name, else the only one that equals it but for the case of letters (the HPA sends names in
   lower case). */
const struct metric *catalog_find_external(const struct catalog *catalog, struct str name);

/* All of them, sorted by resource and name, external ones by name. */
size_t catalog_count(const struct catalog *catalog, bool external);
const struct metric *catalog_at(const struct catalog *catalog, bool external, size_t index);

/* What became of the series that were found, for reasons. */
const struct found_table *catalog_found(const struct catalog *catalog);

const struct rules *catalog_rules(const struct catalog *catalog);
const struct resource_table *catalog_resources(const struct catalog *catalog);

#endif
