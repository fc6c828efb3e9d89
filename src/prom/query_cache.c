/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/query_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "prom/client.h"
#include "query_store.h"

enum {
	ALONE_MAX = 8,		 /* flights that nobody waits for: a fraction of the client's connections */
	FORGOTTEN_A_TURN = 200,	 /* answers; some tens of microseconds */
	WARNING_PAUSE_MS = 60000 /* an outage is worth a line, not one for each request */
};

struct query_cache {
	struct loop *loop;
	struct prom *prom;
	struct query_cache_options options;
	struct query_store *store;
	struct query_flight *flights;
	unsigned alone;
	struct loop_timer sweep;
	int64_t silent_until_ms;
	struct query_cache_stats stats;
};

/* A query on its way to Prometheus. */
struct query_flight {
	struct query_cache *cache;
	struct query_flight *next, **at;
	struct query_entry *entry; /* NULL: what comes is for those who wait, and not kept */
	struct prom_call *call;
	struct query_wait *waits;
	int64_t sent_ms;
	bool alone;		       /* nobody waits; it may still fill the memory, ... */
	struct loop_timer last_moment; /* ... until then */
};

/* ---- what may be answered */

static bool remembers(const struct query_cache *cache)
{
	return cache->options.ttl_ms > 0 || cache->options.serve_stale_ms > 0;
}

static int64_t age_of(const struct query_cache *cache, int64_t sent_ms)
{
	return loop_now_ms(cache->loop) - sent_ms;
}

/* Is there a value in it? That data is missing, by Prometheus' own words, is an answer that may change at any moment. */
static bool is_positive(const struct query_outcome *outcome)
{
	const struct samples *samples = outcome->samples;

	return samples && samples->list.count > 0 && samples->warning.len == 0;
}

static bool is_fresh(const struct query_cache *cache, const struct query_outcome *outcome)
{
	return age_of(cache, outcome->sent_ms) <
	       (is_positive(outcome) ? cache->options.ttl_ms : cache->options.negative_ttl_ms);
}

/* Did we get no word from Prometheus? What it says itself, a refusal too, is newer than what we remember. A failed handshake does
   not say who is there. */
static bool is_outage(const struct query_outcome *outcome)
{
	if (outcome->problem == NULL)
		return false;
	switch (outcome->problem->fault) {
	case UPSTREAM_REFUSED:
	case UPSTREAM_UNRESOLVED:
	case UPSTREAM_TIMEOUT:
	case UPSTREAM_CUT:
	case UPSTREAM_IDENTITY:
	case UPSTREAM_PARTIAL: /* a store behind it is away */
		return true;
	case UPSTREAM_STATUS:
		return outcome->problem->status >= 500;
	case UPSTREAM_OTHER:
		return outcome->problem->status == 0; /* no route, for instance */
	case UPSTREAM_OK:
	case UPSTREAM_TLS:
	case UPSTREAM_NOT_JSON:
	case UPSTREAM_TOO_BIG:
	case UPSTREAM_MALFORMED:
		break;
	}
	return false;
}

static void warn_of_stale(struct query_cache *cache, const struct upstream_error *problem)
{
	int64_t now = loop_now_ms(cache->loop);

	if (now < cache->silent_until_ms)
		return;
	cache->silent_until_ms = now + WARNING_PAUSE_MS;
	log_warn("%s; the last good answers serve for up to %.0f s (--serve-stale)", problem->text,
		 (double)cache->options.serve_stale_ms / 1000);
}

/* The outcome, or what an outage is bridged with; to be unreferenced. */
static struct query_outcome *choose(struct query_cache *cache, const struct query_entry *entry,
				    struct query_outcome *outcome)
{
	struct query_outcome *good = entry ? entry->good : NULL;

	if (good == NULL || !is_outage(outcome) || age_of(cache, good->sent_ms) >= cache->options.serve_stale_ms)
		return query_outcome_ref(outcome);
	warn_of_stale(cache, outcome->problem);
	cache->stats.stale++;
	return query_outcome_ref(good);
}

/* ---- who waits */

/* What bridges an outage may be older than somebody takes it: they get the outage itself. */
static void give(struct query_wait *wait, const struct query_outcome *given, const struct query_outcome *outcome)
{
	const struct query_outcome *taken = given->sent_ms >= wait->since_ms ? given : outcome;

	wait->sent_ms = taken->sent_ms;
	wait->handler(wait->context, taken->samples, taken->problem);
}

static void wait_add(struct query_flight *flight, struct query_wait *wait)
{
	wait->flight = flight;
	wait->next = flight->waits;
	wait->at = &flight->waits;
	if (wait->next)
		wait->next->at = &wait->next;
	flight->waits = wait;
}

static void wait_unlink(struct query_cache *cache, struct query_wait *wait)
{
	loop_timer_cancel(cache->loop, &wait->patience);
	*wait->at = wait->next;
	if (wait->next)
		wait->next->at = wait->at;
	wait->at = NULL;
	wait->next = NULL;
	wait->flight = NULL;
}

/* Any of them may make others leave, ask again, or clear the cache. */
static void tell(struct query_cache *cache, struct query_wait *waits, const struct query_outcome *given,
		 const struct query_outcome *outcome)
{
	if (waits)
		waits->at = &waits;
	for (struct query_wait *at = waits; at; at = at->next) {
		loop_timer_cancel(cache->loop, &at->patience);
		at->flight = NULL;
	}
	while (waits) {
		struct query_wait *first = waits;

		wait_unlink(cache, first);
		give(first, given, outcome);
	}
}

/* ---- memory */

static int64_t longest_of_use(const struct query_cache *cache)
{
	const struct query_cache_options *options = &cache->options;

	return options->ttl_ms > options->serve_stale_ms ? options->ttl_ms : options->serve_stale_ms;
}

/* How long the least recently used answer may still be of use: what was not used for that long is older still. */
static int64_t left_of_oldest(const struct query_cache *cache)
{
	return longest_of_use(cache) - age_of(cache, query_store_oldest(cache->store)->used_ms);
}

static void sweep(void *context)
{
	struct query_cache *cache = context;

	for (size_t i = 0; i < FORGOTTEN_A_TURN && query_store_oldest(cache->store); i++) {
		if (left_of_oldest(cache) > 0)
			break;
		query_store_forget(cache->store, 1);
	}
	if (query_store_oldest(cache->store))
		loop_timer_set(cache->loop, &cache->sweep, left_of_oldest(cache));
}

/* An older query that is answered later says nothing new. After what is no outage, an older value would be wrong. */
static void remember(struct query_flight *flight, struct query_outcome *outcome)
{
	struct query_cache *cache = flight->cache;
	struct query_entry *entry = flight->entry;
	struct query_outcome *good = NULL;

	if (entry->last && entry->last->sent_ms > outcome->sent_ms)
		return;
	if (cache->options.serve_stale_ms > 0 && is_outage(outcome))
		good = entry->good;
	else if (cache->options.serve_stale_ms > 0 && is_positive(outcome))
		good = outcome;
	query_store_put(cache->store, entry, outcome, good, loop_now_ms(cache->loop));
	if (cache->sweep.heap_index == 0)
		loop_timer_set(cache->loop, &cache->sweep, longest_of_use(cache));
}

static bool answer_from_memory(struct query_cache *cache, struct query_entry *entry, struct query_wait *wait)
{
	struct query_outcome *last = entry->last, *given;

	if (last == NULL || last->sent_ms < wait->since_ms || !is_fresh(cache, last))
		return false;
	cache->stats.hits++;
	query_store_use(cache->store, entry, loop_now_ms(cache->loop));
	last = query_outcome_ref(last);
	given = choose(cache, entry, last);
	give(wait, given, last);
	query_outcome_unref(given);
	query_outcome_unref(last);
	return true;
}

/* ---- flights */

static void flight_waited_for(struct query_flight *flight)
{
	if (!flight->alone)
		return;
	flight->alone = false;
	flight->cache->alone--;
	loop_timer_cancel(flight->cache->loop, &flight->last_moment);
}

/* What it brings will not be kept. */
static void flight_forget_entry(struct query_flight *flight)
{
	struct query_entry *entry = flight->entry;

	flight->entry = NULL;
	if (entry == NULL)
		return;
	if (entry->newest == flight)
		entry->newest = NULL;
	entry->flights--;
	query_store_release(flight->cache->store, entry);
}

static void flight_end(struct query_flight *flight)
{
	flight_waited_for(flight);
	flight_forget_entry(flight);
	*flight->at = flight->next;
	if (flight->next)
		flight->next->at = flight->at;
	free(flight);
}

static void flight_abandon(void *context)
{
	struct query_flight *flight = context;

	prom_call_cancel(flight->call);
	flight_end(flight);
}

/* Who gives up and asks again shall find the answer, as else the query would be sent each time for nothing. */
static void flight_left(struct query_flight *flight)
{
	struct query_cache *cache = flight->cache;
	int64_t left_ms = cache->options.ttl_ms - age_of(cache, flight->sent_ms);

	if (flight->entry == NULL || left_ms <= 0 || cache->alone >= ALONE_MAX) {
		flight_abandon(flight);
		return;
	}
	flight->alone = true;
	cache->alone++;
	flight->last_moment = (struct loop_timer){.handler = flight_abandon, .context = flight};
	loop_timer_set(cache->loop, &flight->last_moment, left_ms);
}

static void answered(void *context, struct samples *samples, const struct upstream_error *problem)
{
	struct query_flight *flight = context;
	struct query_cache *cache = flight->cache;
	struct query_wait *waits = STEAL(flight->waits);
	struct query_outcome *outcome = query_outcome_new(samples, problem, flight->sent_ms), *given;

	if (flight->entry)
		remember(flight, outcome);
	if (waits)
		given = choose(cache, flight->entry, outcome);
	else
		given = query_outcome_ref(outcome);
	flight_end(flight);
	tell(cache, waits, given, outcome);
	query_outcome_unref(given);
	query_outcome_unref(outcome);
}

/* Shared by those who may wait longer than who asks now, so that it gets all the time that the client allows. */
static struct query_flight *flight_new(struct query_cache *cache, struct query_entry *entry, struct str promql,
				       int64_t timeout_ms)
{
	struct query_flight *flight = xnew(struct query_flight);

	flight->cache = cache;
	flight->next = cache->flights;
	flight->at = &cache->flights;
	if (flight->next)
		flight->next->at = &flight->next;
	cache->flights = flight;
	flight->sent_ms = loop_now_ms(cache->loop);
	flight->entry = entry;
	if (entry) {
		entry->flights++;
		entry->newest = flight;
	}
	flight->call = prom_query(cache->prom, promql, loop_wall_ms(cache->loop),
				  cache->options.ttl_ms > 0 ? INT64_MAX : loop_now_ms(cache->loop) + timeout_ms,
				  answered, flight);
	return flight;
}

static struct query_flight *flight_to_join(const struct query_cache *cache, const struct query_entry *entry,
					   int64_t since_ms)
{
	struct query_flight *flight = entry->newest;

	if (flight == NULL || flight->sent_ms < since_ms)
		return NULL;
	return age_of(cache, flight->sent_ms) < cache->options.ttl_ms ? flight : NULL;
}

/* ---- to wait */

static void patience_ends(void *context)
{
	struct query_wait *wait = context;
	struct query_flight *flight = wait->flight;
	struct query_cache *cache = flight->cache;
	struct str authority = prom_authority(cache->prom);
	struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT};
	struct query_outcome *outcome, *given;

	snprintf(problem.text, sizeof(problem.text),
		 "Prometheus %.*s had not answered after %.1f seconds: no complete answer in time", STR_ARG(authority),
		 (double)age_of(cache, wait->asked_ms) / 1000);
	outcome = query_outcome_new(NULL, &problem, wait->asked_ms);
	given = choose(cache, flight->entry, outcome);
	wait_unlink(cache, wait);
	if (flight->waits == NULL)
		flight_left(flight);
	give(wait, given, outcome);
	query_outcome_unref(given);
	query_outcome_unref(outcome);
}

void query_cache_ask(struct query_cache *cache, struct str promql, int64_t timeout_ms, struct query_wait *wait)
{
	struct query_entry *entry = NULL;
	struct query_flight *flight = NULL;

	CHECK(wait->at == NULL);
	if (remembers(cache))
		entry = query_store_find(cache->store, promql);
	if (entry && answer_from_memory(cache, entry, wait))
		return;
	if (entry)
		flight = flight_to_join(cache, entry, wait->since_ms);
	if (flight) {
		cache->stats.joined++;
		flight_waited_for(flight);
	} else {
		cache->stats.misses++;
		if (entry == NULL && remembers(cache))
			entry = query_store_add(cache->store, promql);
		flight = flight_new(cache, entry, promql, timeout_ms);
	}
	wait_add(flight, wait);
	wait->asked_ms = loop_now_ms(cache->loop);
	if (cache->options.ttl_ms == 0) /* the flight ends when its only wait does */
		return;
	wait->patience = (struct loop_timer){.handler = patience_ends, .context = wait};
	loop_timer_set(cache->loop, &wait->patience, timeout_ms);
}

void query_wait_cancel(struct query_wait *wait)
{
	struct query_flight *flight = wait->flight;

	if (wait->at == NULL)
		return;
	if (flight == NULL) { /* its flight has ended, and others are being told */
		*wait->at = wait->next;
		if (wait->next)
			wait->next->at = wait->at;
		wait->at = NULL;
		wait->next = NULL;
		return;
	}
	wait_unlink(flight->cache, wait);
	if (flight->waits == NULL)
		flight_left(flight);
}

/* ---- life */

void query_cache_clear(struct query_cache *cache)
{
	for (struct query_flight *flight = cache->flights, *next; flight; flight = next) {
		next = flight->next;
		if (flight->alone)
			flight_abandon(flight);
		else
			flight_forget_entry(flight);
	}
	query_store_forget(cache->store, SIZE_MAX);
	loop_timer_cancel(cache->loop, &cache->sweep);
}

struct query_cache *query_cache_new(struct loop *loop, struct prom *prom, const struct query_cache_options *options)
{
	struct query_cache *cache = xnew(struct query_cache);

	cache->loop = loop;
	cache->prom = prom;
	cache->options = *options;
	if (cache->options.negative_ttl_ms > options->ttl_ms)
		cache->options.negative_ttl_ms = options->ttl_ms;
	cache->store = query_store_new(options->max_bytes);
	cache->sweep = (struct loop_timer){.handler = sweep, .context = cache};
	return cache;
}

void query_cache_free(struct query_cache *cache)
{
	if (cache == NULL)
		return;
	query_cache_clear(cache);
	CHECK(cache->flights == NULL);
	query_store_free(cache->store);
	free(cache);
}

struct query_cache_stats query_cache_stats(const struct query_cache *cache)
{
	struct query_cache_stats stats = cache->stats;

	stats.bytes = query_store_bytes(cache->store);
	stats.entries = query_store_entries(cache->store);
	stats.evictions = query_store_evictions(cache->store);
	for (const struct query_flight *flight = cache->flights; flight; flight = flight->next)
		stats.flights++;
	return stats;
}
