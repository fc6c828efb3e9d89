/* SPDX-License-Identifier: Apache-2.0 */
/* memo.h - answers by the bytes of their question: asked once, remembered for a while, told to all who wait. Bounded in bytes and
   in number, the least recently used go first. Knows neither clock nor meaning: its users say when an answer ends and what it
   is. Times are milliseconds of one clock that never goes back. */
#ifndef GAUGELET_BASE_MEMO_H
#define GAUGELET_BASE_MEMO_H

#include "base/base.h"
#include "base/list.h"
#include "base/str.h"
#include "base/waiters.h"

struct memo;

/* A question that has an answer, or is being asked, or both. */
struct memo_entry {
	struct str key;	  /* its own copy */
	void *value;	  /* lent; NULL: nothing is remembered */
	int64_t until_ms; /* the value answers before that; afterwards it may still be of another use */
	int64_t used_ms;
	/* the memo's own */
	struct list flights, by_use;
	size_t bytes; /* with a value */
	char text[];
};

/* A question that is being asked, several times perhaps; embedded in what asks. */
struct memo_flight {
	struct memo_entry *entry; /* NULL: what comes is for those who wait, and not remembered */
	struct waiters waiters;
	int64_t begun_ms;
	/* the memo's own */
	struct list of_entry, of_memo;
};

struct memo_options {
	size_t max_bytes; /* of all, with their keys; a value over a fourth would push out too many others, and is not kept */
	size_t max_count; /* of values; 0: as many as the bytes allow */
	void (*value_free)(void *value);
};

struct memo *memo_new(const struct memo_options *options) MUST_USE;
void memo_free(struct memo *memo); /* there are no flights. NULL is fine */
DEFINE_FREE_AT(memo)

struct memo_entry *memo_find(const struct memo *memo, struct str key); /* lent; NULL: it is not there */
bool memo_is_fresh(const struct memo_entry *entry, int64_t now_ms);
void memo_use(struct memo *memo, struct memo_entry *entry, int64_t now_ms); /* it has a value */

/* Flies for the entry of `key`, which is made if need be; for none when `key` is NULL. */
void memo_begin(struct memo *memo, const struct str *key, struct memo_flight *flight, int64_t now_ms);
struct memo_flight *memo_newest(const struct memo_entry *entry); /* of its flights, lent; NULL: it has none */
/* The entry is gone then unless it has a value or other flights. The waiters remain. */
void memo_end(struct memo *memo, struct memo_flight *flight);

/* Sets the value, which is given, in the place of the one before, which is freed; NULL: none. Other entries may lose theirs; this one
   stays while it has a flight. */
void memo_keep(struct memo *memo, struct memo_entry *entry, void *value, size_t value_bytes, int64_t until_ms,
	       int64_t now_ms);

/* Frees the values that were used last at or before `used_ms`, `most` of them. */
void memo_forget(struct memo *memo, int64_t used_ms, size_t most);
const struct memo_entry *memo_oldest(const struct memo *memo); /* by use, of those with values; NULL: there is none */

/* Nothing that was asked before answers what is asked from now on. */
void memo_clear(struct memo *memo);

struct memo_stats {
	size_t bytes, values, flights;
	uint64_t evictions; /* at a limit */
};
struct memo_stats memo_stats(const struct memo *memo);

#endif
