/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/query_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memo.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "prom/client.h"

enum {
	ALONE_MAX = 8,		  /* flights that nobody waits for: a fraction of the client's connections */
	FORGOTTEN_A_TURN = 200,	  /* answers; some tens of microseconds */
	WARNING_PAUSE_MS = 60000, /* an outage is worth a line, not one for each request */
	ARENA_SLACK = 1024,	  /* what an arena takes at least */
};

struct query_cache {
	struct loop *loop;
	struct prom *prom;
	struct query_cache_options options;
	struct memo *memo; /* of struct answers by PromQL */
	struct list alone;
	unsigned alone_count;
	struct loop_timer sweep;
	int64_t silent_until_ms;
	struct query_cache_stats stats;
};

/* A query on its way to Prometheus. */
struct query_flight {
	struct query_cache *cache;
	struct memo_flight flight;
	struct prom_call *call;
	struct list alone;	       /* nobody waits; it may still fill the memory, ... */
	struct loop_timer last_moment; /* ... until then */
};

/* How a query ended; counted, const once made. */
struct outcome {
	unsigned references;
	struct samples *samples;	/* one of the two is NULL */
	struct upstream_error *problem; /* of its own */
	int64_t sent_ms;
	size_t bytes;
};

/* What is remembered of a query. */
struct answers {
	struct outcome *last; /* of the query that was sent last */
	struct outcome *good; /* what an outage after it is bridged with; NULL: nothing */
};

/* ---- outcomes */

/* `samples` is given and may be NULL; `problem` is copied. */
static struct outcome *outcome_new(struct samples *samples, const struct upstream_error *problem, int64_t sent_ms)
{
	struct outcome *outcome = xnew(struct outcome);

	outcome->references = 1;
	outcome->samples = samples;
	outcome->sent_ms = sent_ms;
	outcome->bytes = sizeof(*outcome);
	if (samples) {
		outcome->bytes += ARENA_SLACK + samples_bytes(samples);
		return outcome;
	}
	outcome->problem = xnew(struct upstream_error);
	*outcome->problem = *problem;
	outcome->bytes += sizeof(*problem);
	return outcome;
}

static struct outcome *outcome_ref(struct outcome *outcome)
{
	outcome->references++;
	return outcome;
}

static void outcome_unref(struct outcome *outcome)
{
	if (outcome == NULL || --outcome->references)
		return;
	samples_free(outcome->samples);
	free(outcome->problem);
	free(outcome);
}

static void answers_free(void *value)
{
	struct answers *answers = value;

	outcome_unref(answers->last);
	outcome_unref(answers->good);
	free(answers);
}

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
static bool is_positive(const struct outcome *outcome)
{
	const struct samples *samples = outcome->samples;

	return samples && samples->list.count > 0 && samples->warning.len == 0;
}

/* Did we get no word from Prometheus? What it says itself, a refusal too, is newer than what we remember. A failed handshake does
   not say who is there. */
static bool is_outage(const struct outcome *outcome)
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
	case UPSTREAM_CLOCK:
	case UPSTREAM_OVERLOAD:
	case UPSTREAM_REDIRECT:
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

static struct outcome *good_of(const struct memo_entry *entry)
{
	const struct answers *answers = entry ? entry->value : NULL;

	return answers ? answers->good : NULL;
}

/* The outcome, or what an outage is bridged with; to be unreferenced. */
static struct outcome *choose(struct query_cache *cache, const struct memo_entry *entry, struct outcome *outcome)
{
	struct outcome *good = good_of(entry);

	if (good == NULL || !is_outage(outcome) || age_of(cache, good->sent_ms) >= cache->options.serve_stale_ms)
		return outcome_ref(outcome);
	warn_of_stale(cache, outcome->problem);
	cache->stats.stale++;
	return outcome_ref(good);
}

/* ---- who waits */

/* What somebody is told: the outcome, and what is given in its place. */
struct news {
	const struct outcome *outcome, *given;
};

/* What bridges an outage may be older than somebody takes it: they get the outage itself. */
static void give(struct waiter *waiter, const void *context)
{
	struct query_wait *wait = LIST_OF(waiter, struct query_wait, waiter);
	const struct news *news = context;
	const struct outcome *taken = news->given->sent_ms >= wait->since_ms ? news->given : news->outcome;

	wait->sent_ms = taken->sent_ms;
	wait->handler(wait->context, taken->samples, taken->problem);
}

/* ---- memory */

static int64_t longest_of_use(const struct query_cache *cache)
{
	const struct query_cache_options *options = &cache->options;

	return options->ttl_ms > options->serve_stale_ms ? options->ttl_ms : options->serve_stale_ms;
}

/* What was not used for as long as an answer may be of use is older still. */
static void sweep(void *context)
{
	struct query_cache *cache = context;
	int64_t useless_ms = loop_now_ms(cache->loop) - longest_of_use(cache);
	const struct memo_entry *oldest;

	memo_forget(cache->memo, useless_ms, FORGOTTEN_A_TURN);
	oldest = memo_oldest(cache->memo);
	if (oldest)
		loop_timer_set(cache->loop, &cache->sweep, oldest->used_ms - useless_ms);
}

static void keep(struct query_cache *cache, struct memo_entry *entry, struct outcome *last, struct outcome *good)
{
	int64_t ttl_ms = is_positive(last) ? cache->options.ttl_ms : cache->options.negative_ttl_ms;
	struct answers *answers = xnew(struct answers);

	answers->last = outcome_ref(last);
	answers->good = good ? outcome_ref(good) : NULL;
	memo_keep(cache->memo, entry, answers,
		  sizeof(*answers) + last->bytes + (good && good != last ? good->bytes : 0), last->sent_ms + ttl_ms,
		  loop_now_ms(cache->loop));
	if (cache->sweep.heap_index == 0)
		loop_timer_set(cache->loop, &cache->sweep, longest_of_use(cache));
}

/* An older query that is answered later says nothing new. After what is no outage, an older value would be wrong. */
static void remember(struct query_cache *cache, struct memo_entry *entry, struct outcome *outcome)
{
	const struct answers *before = entry->value;
	struct outcome *good = NULL;

	if (before && before->last->sent_ms > outcome->sent_ms)
		return;
	if (cache->options.serve_stale_ms > 0 && is_outage(outcome))
		good = good_of(entry);
	else if (cache->options.serve_stale_ms > 0 && is_positive(outcome))
		good = outcome;
	keep(cache, entry, outcome, good);
}

static bool answer_from_memory(struct query_cache *cache, struct memo_entry *entry, struct query_wait *wait)
{
	const struct answers *answers = entry->value;
	struct outcome *last, *given;

	if (!memo_is_fresh(entry, loop_now_ms(cache->loop)) || answers->last->sent_ms < wait->since_ms)
		return false;
	cache->stats.hits++;
	memo_use(cache->memo, entry, loop_now_ms(cache->loop));
	last = outcome_ref(answers->last);
	given = choose(cache, entry, last);
	give(&wait->waiter, &(struct news){last, given});
	outcome_unref(given);
	outcome_unref(last);
	return true;
}

/* ---- flights */

static void flight_waited_for(struct query_flight *flight)
{
	if (!list_is_in(&flight->alone))
		return;
	list_leave(&flight->alone);
	flight->cache->alone_count--;
	loop_timer_cancel(flight->cache->loop, &flight->last_moment);
}

static void flight_end(struct query_flight *flight)
{
	flight_waited_for(flight);
	memo_end(flight->cache->memo, &flight->flight);
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
	int64_t left_ms = cache->options.ttl_ms - age_of(cache, flight->flight.begun_ms);

	if (flight->flight.entry == NULL || left_ms <= 0 || cache->alone_count >= ALONE_MAX) {
		flight_abandon(flight);
		return;
	}
	list_put_last(&cache->alone, &flight->alone);
	cache->alone_count++;
	flight->last_moment = (struct loop_timer){.handler = flight_abandon, .context = flight};
	loop_timer_set(cache->loop, &flight->last_moment, left_ms);
}

static void answered(void *context, struct samples *samples, const struct upstream_error *problem)
{
	struct query_flight *flight = context;
	struct query_cache *cache = flight->cache;
	struct memo_entry *entry = flight->flight.entry;
	struct outcome *outcome = outcome_new(samples, problem, flight->flight.begun_ms), *given;
	struct waiters waiters;

	waiters_take(&flight->flight.waiters, &waiters);
	if (entry)
		remember(cache, entry, outcome);
	given = waiters_any(&waiters) ? choose(cache, entry, outcome) : outcome_ref(outcome);
	flight_end(flight);
	waiters_tell(&waiters, &(struct news){outcome, given});
	outcome_unref(given);
	outcome_unref(outcome);
}

/* Shared by those who may wait longer than who asks now, so that it gets all the time that the client allows. */
static struct query_flight *flight_new(struct query_cache *cache, struct str promql, int64_t deadline_ms)
{
	struct query_flight *flight = xnew(struct query_flight);

	flight->cache = cache;
	memo_begin(cache->memo, remembers(cache) ? &promql : NULL, &flight->flight, loop_now_ms(cache->loop));
	flight->call = prom_query(cache->prom, promql, loop_wall_ms(cache->loop),
				  cache->options.ttl_ms > 0 ? INT64_MAX : deadline_ms, answered, flight);
	return flight;
}

static struct query_flight *flight_to_join(const struct query_cache *cache, const struct memo_entry *entry,
					   int64_t since_ms)
{
	struct memo_flight *newest = memo_newest(entry);

	if (newest == NULL || newest->begun_ms < since_ms || age_of(cache, newest->begun_ms) >= cache->options.ttl_ms)
		return NULL;
	return LIST_OF(newest, struct query_flight, flight);
}

/* ---- to wait */

static struct query_flight *flight_of(struct waiters *waiters)
{
	return LIST_OF(waiters, struct query_flight, flight.waiters);
}

void query_wait_cancel(struct query_wait *wait)
{
	struct waiters *left;

	if (!query_wait_waits(wait))
		return;
	left = waiter_leave(&wait->waiter);
	if (left)
		flight_left(flight_of(left));
}

static void expire(struct query_wait *wait)
{
	struct query_cache *cache = wait->cache;
	struct str authority = prom_authority(cache->prom);
	struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT};
	struct outcome *outcome, *given;

	snprintf(problem.text, sizeof(problem.text),
		 "Prometheus %.*s had not answered after %.1f seconds: no complete answer in time", STR_ARG(authority),
		 (double)age_of(cache, wait->asked_ms) / 1000);
	outcome = outcome_new(NULL, &problem, wait->asked_ms);
	given = choose(cache, flight_of(wait->waiter.of)->flight.entry, outcome);
	query_wait_cancel(wait);
	give(&wait->waiter, &(struct news){outcome, given});
	outcome_unref(given);
	outcome_unref(outcome);
}

void query_wait_expire(struct query_wait *wait)
{
	if (query_wait_waits(wait) && wait->cache->options.ttl_ms > 0)
		expire(wait);
}

bool query_cache_ask(struct query_cache *cache, struct str promql, int64_t deadline_ms, struct query_wait *wait)
{
	struct memo_entry *entry = memo_find(cache->memo, promql);
	struct query_flight *flight;

	wait->cache = cache;
	wait->waiter.handler = give;
	if (entry && answer_from_memory(cache, entry, wait))
		return false;
	flight = entry ? flight_to_join(cache, entry, wait->since_ms) : NULL;
	if (flight) {
		cache->stats.joined++;
		flight_waited_for(flight);
	} else {
		cache->stats.misses++;
		flight = flight_new(cache, promql, deadline_ms);
	}
	waiters_add(&flight->flight.waiters, &wait->waiter);
	wait->asked_ms = loop_now_ms(cache->loop);
	return true;
}

/* ---- life */

void query_cache_clear(struct query_cache *cache)
{
	while (!list_is_empty(&cache->alone))
		flight_abandon(LIST_OF(cache->alone.next, struct query_flight, alone));
	memo_clear(cache->memo);
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
	cache->memo = memo_new(&(struct memo_options){.max_bytes = options->max_bytes, .value_free = answers_free});
	list_init(&cache->alone);
	cache->sweep = (struct loop_timer){.handler = sweep, .context = cache};
	return cache;
}

void query_cache_free(struct query_cache *cache)
{
	if (cache == NULL)
		return;
	query_cache_clear(cache);
	memo_free(cache->memo);
	free(cache);
}

struct query_cache_stats query_cache_stats(const struct query_cache *cache)
{
	struct query_cache_stats stats = cache->stats;
	struct memo_stats kept = memo_stats(cache->memo);

	stats.bytes = kept.bytes;
	stats.entries = kept.values;
	stats.evictions = kept.evictions;
	stats.flights = kept.flights;
	return stats;
}
