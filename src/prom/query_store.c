/* SPDX-License-Identifier: Apache-2.0 */
#include "query_store.h"

#include <stdlib.h>

#include "base/map.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "prom/client.h"

enum {
	BUCKETS = 4096,		   /* a power of two */
	ARENA_SLACK = 1024,	   /* what an arena takes at least */
	MOST_PART_OF_THE_STORE = 4 /* an answer larger than this part of it would push out too many others */
};

struct query_store {
	size_t max_bytes, bytes, entries;
	uint64_t evictions;
	struct query_entry *newest, *oldest; /* of those with answers */
	struct query_entry *buckets[BUCKETS];
};

/* ---- outcomes */

static size_t samples_bytes(const struct samples *samples)
{
	return sizeof(*samples) + ARENA_SLACK + arena_bytes(samples->arena) +
	       samples->list.cap * sizeof(*samples->list.items);
}

struct query_outcome *query_outcome_new(struct samples *samples, const struct upstream_error *problem, int64_t sent_ms)
{
	struct query_outcome *outcome = xnew(struct query_outcome);

	outcome->references = 1;
	outcome->samples = samples;
	outcome->sent_ms = sent_ms;
	outcome->bytes = sizeof(*outcome);
	if (samples) {
		outcome->bytes += samples_bytes(samples);
		return outcome;
	}
	outcome->problem = xnew(struct upstream_error);
	*outcome->problem = *problem;
	outcome->bytes += sizeof(*problem);
	return outcome;
}

struct query_outcome *query_outcome_ref(struct query_outcome *outcome)
{
	if (outcome)
		outcome->references++;
	return outcome;
}

void query_outcome_unref(struct query_outcome *outcome)
{
	if (outcome == NULL || --outcome->references)
		return;
	samples_free(outcome->samples);
	free(outcome->problem);
	free(outcome);
}

/* ---- the table */

static struct query_entry **bucket_of(struct query_store *store, uint64_t hash)
{
	return &store->buckets[hash & (BUCKETS - 1)];
}

struct query_entry *query_store_find(struct query_store *store, struct str text)
{
	uint64_t hash = str_hash(text, map_seed());
	struct query_entry *at = *bucket_of(store, hash);

	while (at && (at->hash != hash || !str_eq((struct str){at->text, at->text_bytes}, text)))
		at = at->chain;
	return at;
}

struct query_entry *query_store_add(struct query_store *store, struct str text)
{
	struct query_entry *entry = xcalloc(1, sizeof(*entry) + text.len);
	struct query_entry **bucket;

	entry->hash = str_hash(text, map_seed());
	entry->text_bytes = text.len;
	if (text.len)
		memcpy(entry->text, text.ptr, text.len);
	bucket = bucket_of(store, entry->hash);
	entry->chain = *bucket;
	*bucket = entry;
	return entry;
}

void query_store_release(struct query_store *store, struct query_entry *entry)
{
	struct query_entry **at = bucket_of(store, entry->hash);

	if (entry->bytes || entry->flights)
		return;
	while (*at != entry)
		at = &(*at)->chain;
	*at = entry->chain;
	free(entry);
}

/* ---- by use */

static void unlink_by_use(struct query_store *store, struct query_entry *entry)
{
	*(entry->newer ? &entry->newer->older : &store->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &store->oldest) = entry->newer;
	entry->newer = NULL;
	entry->older = NULL;
}

static void link_newest(struct query_store *store, struct query_entry *entry, int64_t now_ms)
{
	entry->used_ms = now_ms;
	entry->older = store->newest;
	*(store->newest ? &store->newest->newer : &store->oldest) = entry;
	store->newest = entry;
}

void query_store_use(struct query_store *store, struct query_entry *entry, int64_t now_ms)
{
	unlink_by_use(store, entry);
	link_newest(store, entry, now_ms);
}

/* ---- answers */

static void drop_answers(struct query_store *store, struct query_entry *entry)
{
	if (entry->bytes == 0)
		return;
	unlink_by_use(store, entry);
	store->bytes -= entry->bytes;
	store->entries--;
	entry->bytes = 0;
	query_outcome_unref(STEAL(entry->last));
	query_outcome_unref(STEAL(entry->good));
}

static size_t bytes_with(const struct query_entry *entry, const struct query_outcome *last,
			 const struct query_outcome *good)
{
	return sizeof(*entry) + entry->text_bytes + (last ? last->bytes : 0) + (good && good != last ? good->bytes : 0);
}

void query_store_put(struct query_store *store, struct query_entry *entry, struct query_outcome *last,
		     struct query_outcome *good, int64_t now_ms)
{
	size_t bytes = bytes_with(entry, last, good);

	query_outcome_ref(last); /* before the old ones go, which may be the same */
	query_outcome_ref(good);
	drop_answers(store, entry);
	if ((last == NULL && good == NULL) || bytes > store->max_bytes / MOST_PART_OF_THE_STORE) {
		query_outcome_unref(last);
		query_outcome_unref(good);
		return;
	}
	entry->last = last;
	entry->good = good;
	entry->bytes = bytes;
	store->bytes += bytes;
	store->entries++;
	link_newest(store, entry, now_ms);
	while (store->bytes > store->max_bytes) {
		store->evictions++;
		query_store_forget(store, 1);
	}
}

const struct query_entry *query_store_oldest(const struct query_store *store)
{
	return store->oldest;
}

void query_store_forget(struct query_store *store, size_t most)
{
	for (struct query_entry *entry; most > 0 && (entry = store->oldest) != NULL; most--) {
		drop_answers(store, entry);
		query_store_release(store, entry);
	}
}

/* ---- life and figures */

struct query_store *query_store_new(size_t max_bytes)
{
	struct query_store *store = xnew(struct query_store);

	store->max_bytes = max_bytes;
	return store;
}

void query_store_free(struct query_store *store)
{
	if (store == NULL)
		return;
	query_store_forget(store, SIZE_MAX);
	for (size_t i = 0; i < BUCKETS; i++)
		CHECK(store->buckets[i] == NULL);
	free(store);
}

size_t query_store_bytes(const struct query_store *store)
{
	return store->bytes;
}

size_t query_store_entries(const struct query_store *store)
{
	return store->entries;
}

uint64_t query_store_evictions(const struct query_store *store)
{
	return store->evictions;
}
