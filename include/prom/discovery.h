/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.h - asks Prometheus again and again which series the rules have, and publishes the catalog that they make. Each
   seriesQuery has a state of its own: its last good answer stays while others, or itself, fail. */
#ifndef GAUGELET_PROM_DISCOVERY_H
#define GAUGELET_PROM_DISCOVERY_H

#include "base/base.h"
#include "base/waiters.h"

struct catalog;
struct discovery;
struct loop;
struct prom;
struct resource_table;
struct rules;
struct series_finding;

struct discovery_options {
	int64_t relist_ms;   /* from the end of a request to the next one for the same series */
	int64_t max_age_ms;  /* how far back a series counts */
	int64_t deadline_ms; /* how long new rules wait for the first answers to what only they ask */
};

/* `catalog` is given. Called from the loop whenever something has been found. */
typedef void discovery_handler(void *context, struct catalog *catalog);

/* Starts at once. */
struct discovery *discovery_new(struct loop *loop, struct prom *prom, struct rules *rules,
				const struct resource_table *resources, const struct discovery_options *options,
				discovery_handler *handler, void *context) MUST_USE;
void discovery_free(struct discovery *discovery); /* NULL is fine */
DEFINE_FREE_AT(discovery)

/* Another table of the cluster's resources: the catalog is made anew from what was found. */
void discovery_set_resources(struct discovery *discovery, const struct resource_table *resources);

/* Other rules; those that wait already are replaced. What was found for a seriesQuery that the new ones have too stays. Their first
   catalog comes once each seriesQuery was answered or has failed, or the deadline passes; until then there are catalogs of the rules
   before. */
void discovery_set_rules(struct discovery *discovery, struct rules *rules);

/* A request that misses a metric which one of the rules may give, though its search found nothing, or not yet. Embedded, zeroed but
   for the first three. */
struct discovery_wait {
	/* Once, unless cancelled: the search found nothing, failed, or what it found is in the catalog that was published last. */
	void (*handler)(void *context);
	void *context;
	int64_t since_ms; /* what was looked for before finds nothing anew */
	/* discovery's own */
	struct search *search;
	struct waiter waiter;
};

/* Looks once more, for one of the series_queries of a catalog's rules: at once, unless that was done a moment ago; then after a pause,
   if that leaves time until `until_ms` and nobody else waits for it. False: nothing is waited for. */
MUST_USE bool discovery_wait(struct discovery *discovery, const struct rules *rules, size_t series_query,
			     int64_t until_ms, struct discovery_wait *wait);
void discovery_wait_cancel(struct discovery_wait *wait); /* fine when it does not wait */

/* One for each of the series_queries of the rules that the last catalog was made of (before it: of those given at first); lent,
   good until the next turn of the loop. */
const struct series_finding *discovery_findings(struct discovery *discovery);

#endif
