/* SPDX-License-Identifier: Apache-2.0 */
/* query_store.h - answers by the text of their query, bounded in bytes; the least recently used go first. Knows no clock. */
#ifndef GAUGELET_PROM_QUERY_STORE_H
#define GAUGELET_PROM_QUERY_STORE_H

#include "base/base.h"
#include "base/str.h"

struct upstream_error;
struct query_flight;
struct query_store;
struct samples;

/* How a query ended; counted, const once made. */
struct query_outcome {
	unsigned references;
	struct samples *samples;	/* one of the two is NULL */
	struct upstream_error *problem; /* of its own */
	int64_t sent_ms;
	size_t bytes;
};

/* `samples` is given and may be NULL; `problem` is copied. */
struct query_outcome *query_outcome_new(struct samples *samples, const struct upstream_error *problem,
					int64_t sent_ms) MUST_USE;
struct query_outcome *query_outcome_ref(struct query_outcome *outcome); /* NULL is fine, here and below */
void query_outcome_unref(struct query_outcome *outcome);

struct query_entry {
	struct query_outcome *last; /* the outcome of the query that was sent last */
	struct query_outcome *good; /* what an outage after it is bridged with; NULL: nothing */
	struct query_flight *newest;
	unsigned flights; /* while there are any, the entry stays */
	int64_t used_ms;
	/* the store's own */
	struct query_entry *chain, *newer, *older;
	uint64_t hash;
	size_t bytes; /* 0: no answers, and not among the used */
	size_t text_bytes;
	char text[];
};

struct query_store *query_store_new(size_t max_bytes) MUST_USE;
void query_store_free(struct query_store *store); /* there are no flights. NULL is fine */

struct query_entry *query_store_find(struct query_store *store, struct str text); /* NULL: not there */
struct query_entry *query_store_add(struct query_store *store, struct str text);  /* it is not there yet */

/* Frees the entry unless it has answers or flights. */
void query_store_release(struct query_store *store, struct query_entry *entry);

/* Sets both; each may be NULL, references of their own are taken. Other entries may lose their answers. */
void query_store_put(struct query_store *store, struct query_entry *entry, struct query_outcome *last,
		     struct query_outcome *good, int64_t now_ms);
void query_store_use(struct query_store *store, struct query_entry *entry, int64_t now_ms);

const struct query_entry *query_store_oldest(const struct query_store *store); /* by use; NULL: none has answers */
void query_store_forget(struct query_store *store, size_t most);	       /* the answers of the oldest */

size_t query_store_bytes(const struct query_store *store);
size_t query_store_entries(const struct query_store *store); /* with answers */
uint64_t query_store_evictions(const struct query_store *store);

#endif
