/* SPDX-License-Identifier: Apache-2.0 */
/* query_cache.h - instant queries through a cache. A caller gets nothing that was sent to Prometheus more than
   ttl_ms before; equal queries share one on its way. One cache has one client, and with it one upstream and one credential, so
   that the query's text alone tells which answers are equal. */
#ifndef GAUGELET_PROM_QUERY_CACHE_H
#define GAUGELET_PROM_QUERY_CACHE_H

#include "base/base.h"
#include "base/str.h"
#include "base/waiters.h"
#include "net/loop.h"

struct prom;
struct upstream_error;
struct query_cache;
struct samples;

struct query_cache_options {
	int64_t ttl_ms;		 /* from when the query was sent; 0: every question is asked, nothing is shared */
	int64_t negative_ttl_ms; /* of problems and answers without a sample; cut to ttl_ms */
	int64_t serve_stale_ms;	 /* when Prometheus is out: how old its last good answer may be; 0: there is none */
	size_t max_bytes;	 /* of all answers; the least recently used go first, one over a fourth is not kept */
};

struct query_cache *query_cache_new(struct loop *loop, struct prom *prom,
				    const struct query_cache_options *options) MUST_USE;
void query_cache_free(struct query_cache *cache); /* nobody waits any more; before the client. NULL is fine */
DEFINE_FREE_AT(query_cache)

/* A caller; embedded, zeroed but for the first two or three. */
struct query_wait {
	/* Once, unless cancelled. It may ask again, with the same wait too, cancel others and clear the cache. The samples are
	   lent for the call, and others read them as well; NULL with a problem. */
	void (*handler)(void *context, const struct samples *samples, const struct upstream_error *problem);
	void *context;
	int64_t since_ms; /* by the loop's clock: what was sent to Prometheus before is no answer; 0: its age alone counts */
	int64_t sent_ms; /* the cache's to say before it calls: when what it gives was sent */
	/* the cache's own */
	struct query_cache *cache;
	struct waiter waiter;
	int64_t asked_ms;
};

/* An instant query at the present. False: what is remembered came at once; the handler was called, and the wait may be gone with it.
   True: it waits, and who asks says when it is too long. With a ttl_ms of 0 the query itself ends at `deadline_ms`, by the loop's
   clock, since nobody else waits for it. */
MUST_USE bool query_cache_ask(struct query_cache *cache, struct str promql, int64_t deadline_ms,
			      struct query_wait *wait);
void query_wait_cancel(struct query_wait *wait); /* fine when it does not wait */

/* The time of who waits is over: it is told of a UPSTREAM_TIMEOUT, or what an outage is bridged with. Where the query itself has that
   deadline, it goes on waiting for the moment until the query says so. Fine when it does not wait. */
void query_wait_expire(struct query_wait *wait);

static inline bool query_wait_waits(const struct query_wait *wait)
{
	return waiter_waits(&wait->waiter);
}

/* Other rules, other credentials: nothing that was asked before answers what is asked from now on. */
void query_cache_clear(struct query_cache *cache);

struct query_cache_stats {
	uint64_t hits, misses; /* answered from memory; sent to Prometheus */
	uint64_t joined;       /* waited for a query that somebody else had sent */
	uint64_t stale;	       /* answered with the last good answer, as Prometheus was out */
	uint64_t evictions;    /* at the limit of bytes */
	size_t bytes, entries;
	size_t flights; /* queries on their way */
};
struct query_cache_stats query_cache_stats(const struct query_cache *cache);

#endif
