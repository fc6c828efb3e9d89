/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memo.h"

#include <stdlib.h>

#include "base/map.h"

enum { MOST_PART = 4 }; /* the part of max_bytes that one value may take */

struct memo {
	struct memo_options options;
	struct map entries;
	struct list by_use; /* the newest first, of those with values */
	struct list flights;
	struct memo_stats stats;
};

/* ---- entries */

struct memo_entry *memo_find(const struct memo *memo, struct str key)
{
	return map_get(&memo->entries, key);
}

static struct memo_entry *entry_of(struct memo *memo, struct str key)
{
	struct memo_entry *entry = memo_find(memo, key);

	if (entry)
		return entry;
	entry = xcalloc(1, sizeof(*entry) + key.len);
	if (key.len)
		memcpy(entry->text, key.ptr, key.len);
	entry->key = (struct str){entry->text, key.len};
	list_init(&entry->flights);
	*map_at(&memo->entries, entry->key) = entry;
	return entry;
}

static void drop_value(struct memo *memo, struct memo_entry *entry)
{
	if (entry->value == NULL)
		return;
	list_leave(&entry->by_use);
	memo->stats.bytes -= entry->bytes;
	memo->stats.values--;
	memo->options.value_free(STEAL(entry->value));
}

static void release(struct memo *memo, struct memo_entry *entry)
{
	if (entry->value || !list_is_empty(&entry->flights))
		return;
	map_take(&memo->entries, entry->key);
	free(entry);
}

bool memo_is_fresh(const struct memo_entry *entry, int64_t now_ms)
{
	return entry->value && now_ms < entry->until_ms;
}

void memo_use(struct memo *memo, struct memo_entry *entry, int64_t now_ms)
{
	CHECK(entry->value);
	entry->used_ms = now_ms;
	list_leave(&entry->by_use);
	list_put_first(&memo->by_use, &entry->by_use);
}

/* ---- flights */

void memo_begin(struct memo *memo, const struct str *key, struct memo_flight *flight, int64_t now_ms)
{
	flight->begun_ms = now_ms;
	flight->entry = key ? entry_of(memo, *key) : NULL;
	waiters_init(&flight->waiters);
	list_put_first(&memo->flights, &flight->of_memo);
	if (flight->entry)
		list_put_first(&flight->entry->flights, &flight->of_entry);
	memo->stats.flights++;
}

struct memo_flight *memo_newest(const struct memo_entry *entry)
{
	return list_is_empty(&entry->flights) ? NULL : LIST_OF(entry->flights.next, struct memo_flight, of_entry);
}

static void leave_entry(struct memo *memo, struct memo_flight *flight)
{
	struct memo_entry *entry = STEAL(flight->entry);

	if (entry == NULL)
		return;
	list_leave(&flight->of_entry);
	release(memo, entry);
}

void memo_end(struct memo *memo, struct memo_flight *flight)
{
	leave_entry(memo, flight);
	list_leave(&flight->of_memo);
	memo->stats.flights--;
}

/* ---- values */

static bool is_over(const struct memo *memo)
{
	return memo->stats.bytes > memo->options.max_bytes ||
	       (memo->options.max_count > 0 && memo->stats.values > memo->options.max_count);
}

static void forget_oldest(struct memo *memo)
{
	struct memo_entry *entry = LIST_OF(memo->by_use.previous, struct memo_entry, by_use);

	drop_value(memo, entry);
	release(memo, entry);
}

void memo_keep(struct memo *memo, struct memo_entry *entry, void *value, size_t value_bytes, int64_t until_ms,
	       int64_t now_ms)
{
	size_t bytes = sizeof(*entry) + entry->key.len + value_bytes;

	drop_value(memo, entry);
	if (value && bytes > memo->options.max_bytes / MOST_PART)
		memo->options.value_free(STEAL(value));
	if (value == NULL) {
		release(memo, entry);
		return;
	}
	entry->value = value;
	entry->bytes = bytes;
	entry->until_ms = until_ms;
	memo->stats.bytes += bytes;
	memo->stats.values++;
	memo_use(memo, entry, now_ms);
	for (; is_over(memo); memo->stats.evictions++)
		forget_oldest(memo);
}

const struct memo_entry *memo_oldest(const struct memo *memo)
{
	return list_is_empty(&memo->by_use) ? NULL : LIST_OF(memo->by_use.previous, struct memo_entry, by_use);
}

void memo_forget(struct memo *memo, int64_t used_ms, size_t most)
{
	for (const struct memo_entry *at; most > 0 && (at = memo_oldest(memo)) && at->used_ms <= used_ms; most--)
		forget_oldest(memo);
}

/* ---- the whole */

struct memo *memo_new(const struct memo_options *options)
{
	struct memo *memo = xnew(struct memo);

	memo->options = *options;
	list_init(&memo->by_use);
	list_init(&memo->flights);
	return memo;
}

void memo_clear(struct memo *memo)
{
	for (struct list *at = memo->flights.next; at != &memo->flights; at = at->next)
		leave_entry(memo, LIST_OF(at, struct memo_flight, of_memo));
	memo_forget(memo, INT64_MAX, SIZE_MAX);
}

void memo_free(struct memo *memo)
{
	if (memo == NULL)
		return;
	CHECK(memo->stats.flights == 0);
	memo_clear(memo);
	map_clear(&memo->entries);
	free(memo);
}

struct memo_stats memo_stats(const struct memo *memo)
{
	return memo->stats;
}
