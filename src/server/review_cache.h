/* SPDX-License-Identifier: Apache-2.0 */
/* review_cache.h - reviews by the kube-apiserver: the same question is asked once at a time, its answer is remembered. */
#ifndef GAUGELET_SERVER_REVIEW_CACHE_H
#define GAUGELET_SERVER_REVIEW_CACHE_H

#include "base/arena.h"
#include "base/waiters.h"
#include "model/access.h"
#include "server/auth.h"

struct kube_call;

/* An answer, counted. Texts live in its arena. */
struct review_verdict {
	unsigned references;
	struct arena *arena;
	const struct identity *identity; /* of a token; NULL: it is not good */
	bool allowed;
	struct str reason;  /* why it is allowed or not; may be empty */
	struct str problem; /* not empty: there is no answer, and this is why */
};
struct review_verdict *review_verdict_new(void) MUST_USE;
struct review_verdict *review_verdict_problem(const char *text) MUST_USE;
void review_verdict_unref(struct review_verdict *verdict); /* NULL is fine */

struct review_cache;
struct review;

/* Sends the question; review_answer must follow, unless the call is cancelled. */
typedef struct kube_call *review_ask_function(void *context, struct str question, struct review *review);

struct review_cache_options {
	size_t max_count, max_bytes; /* of answers; the least recently used go first */
	review_ask_function *ask;
	void (*cancel)(struct kube_call *call);
	void *context;
};

/* Who waits for an answer; embedded, zeroed but for the first two. */
struct review_wait {
	void (*handler)(void *context, const struct review_verdict *verdict); /* lent for the call */
	void *context;
	struct waiter waiter;
};

struct review_cache *review_cache_new(const struct review_cache_options *options) MUST_USE;
void review_cache_free(struct review_cache *cache); /* nobody waits */
DEFINE_FREE_AT(review_cache)

/* What is remembered, to be unreferenced; or NULL, and the handler of `wait` is called later. */
struct review_verdict *review_cache_ask(struct review_cache *cache, struct str question, bool remember, int64_t now_ms,
					struct review_wait *wait) MUST_USE;
void review_wait_cancel(struct review_wait *wait); /* fine when it does not wait */

const struct auth_review_stats *review_cache_stats(const struct review_cache *cache); /* lent */

/* `verdict` is given. ttl_ms 0: not to be remembered. */
void review_answer(struct review *review, struct review_verdict *verdict, int64_t ttl_ms, int64_t now_ms);
void *review_context(const struct review *review);	 /* that of the options */
struct str review_question(const struct review *review); /* lent, until it is answered */

#endif
