/* SPDX-License-Identifier: Apache-2.0 */
/* Questions are known by their digest under a key of this process: it is short, tells nothing about a token, and nobody
   outside can make two of them fall together. */
#include "review_cache.h"

#include "base/buf.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <sys/random.h>

#include "base/memo.h"

enum {
	DIGEST_BYTES = 32,
	KEY_BYTES = 32,
	VERDICT_BYTES_MAX = 4 << 20,
};

/* A question under way. */
struct review {
	struct review_cache *cache;
	struct memo_flight flight;
	bool remember;
	struct buf question;
	struct kube_call *call;
};

struct review_cache {
	struct review_cache_options options;
	EVP_MD *algorithm;
	EVP_MD_CTX *digest;
	unsigned char key[KEY_BYTES];
	struct memo *memo; /* of verdicts by digest */
	struct auth_review_stats stats;
};

/* ---- verdicts */

struct review_verdict *review_verdict_new(void)
{
	struct review_verdict *verdict = xnew(struct review_verdict);

	verdict->references = 1;
	verdict->arena = arena_new(VERDICT_BYTES_MAX);
	return verdict;
}

struct review_verdict *review_verdict_problem(const char *text)
{
	struct review_verdict *verdict = review_verdict_new();

	if (!*text || !arena_copy(verdict->arena, str_of(text), &verdict->problem))
		verdict->problem = STR("no answer");
	return verdict;
}

static struct review_verdict *verdict_ref(struct review_verdict *verdict)
{
	verdict->references++;
	return verdict;
}

void review_verdict_unref(struct review_verdict *verdict)
{
	if (!verdict || --verdict->references)
		return;
	arena_free(verdict->arena);
	free(verdict);
}

static void verdict_forget(void *value)
{
	review_verdict_unref(value);
}

/* ---- questions and answers */

static struct str digest_of(struct review_cache *cache, struct str question, unsigned char *digest)
{
	CHECK(EVP_DigestInit_ex(cache->digest, cache->algorithm, NULL) == 1 &&
	      EVP_DigestUpdate(cache->digest, cache->key, KEY_BYTES) == 1 &&
	      EVP_DigestUpdate(cache->digest, question.ptr, question.len) == 1 &&
	      EVP_DigestFinal_ex(cache->digest, digest, NULL) == 1);
	return (struct str){(const char *)digest, DIGEST_BYTES};
}

static void review_end(struct review *review)
{
	memo_end(review->cache->memo, &review->flight);
	buf_clear(&review->question);
	free(review);
}

static void tell(struct waiter *waiter, const void *verdict)
{
	struct review_wait *wait = LIST_OF(waiter, struct review_wait, waiter);

	wait->handler(wait->context, verdict);
}

void review_wait_cancel(struct review_wait *wait)
{
	struct waiters *left = waiter_leave(&wait->waiter);
	struct review *review;

	if (!left)
		return;
	review = LIST_OF(left, struct review, flight.waiters);
	review->cache->options.cancel(review->call);
	review_end(review);
}

static struct review *review_send(struct review_cache *cache, struct str key, struct str question, bool remember,
				  int64_t now_ms)
{
	struct review *review = xnew(struct review);

	review->cache = cache;
	review->remember = remember;
	buf_put(&review->question, question);
	memo_begin(cache->memo, &key, &review->flight, now_ms);
	review->call = cache->options.ask(cache->options.context, question, review);
	return review;
}

struct review_verdict *review_cache_ask(struct review_cache *cache, struct str question, bool remember, int64_t now_ms,
					struct review_wait *wait)
{
	unsigned char digest[DIGEST_BYTES];
	struct str key = digest_of(cache, question, digest);
	struct memo_entry *entry = memo_find(cache->memo, key);
	struct memo_flight *flight;

	if (entry && memo_is_fresh(entry, now_ms)) {
		memo_use(cache->memo, entry, now_ms);
		cache->stats.hits++;
		return verdict_ref(entry->value);
	}
	flight = entry ? memo_newest(entry) : NULL;
	if (flight) {
		cache->stats.joined++;
	} else {
		cache->stats.sent++;
		flight = &review_send(cache, key, question, remember, now_ms)->flight;
	}
	wait->waiter.handler = tell;
	waiters_add(&flight->waiters, &wait->waiter);
	return NULL;
}

void review_answer(struct review *review, struct review_verdict *verdict, int64_t ttl_ms, int64_t now_ms)
{
	struct auth_review_stats *stats = &review->cache->stats;
	bool keep = review->remember && ttl_ms > 0;
	struct waiters waiters;

	stats->failures += verdict->problem.len > 0;
	histogram_observe(&stats->seconds, (double)(now_ms - review->flight.begun_ms) / 1000);
	memo_keep(review->cache->memo, review->flight.entry, keep ? verdict_ref(verdict) : NULL,
		  sizeof(*verdict) + arena_bytes(verdict->arena), now_ms + ttl_ms, now_ms);
	waiters_take(&review->flight.waiters, &waiters);
	review_end(review);
	waiters_tell(&waiters, verdict);
	review_verdict_unref(verdict);
}

const struct auth_review_stats *review_cache_stats(const struct review_cache *cache)
{
	return &cache->stats;
}

void *review_context(const struct review *review)
{
	return review->cache->options.context;
}

struct str review_question(const struct review *review)
{
	return buf_str(&review->question);
}

/* ---- life */

struct review_cache *review_cache_new(const struct review_cache_options *options)
{
	struct review_cache *cache = xnew(struct review_cache);

	cache->options = *options;
	cache->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	cache->digest = EVP_MD_CTX_new();
	CHECK(cache->algorithm && cache->digest); /* only out of memory */
	CHECK(getrandom(cache->key, KEY_BYTES, 0) == KEY_BYTES);
	cache->memo = memo_new(&(struct memo_options){
		.max_bytes = options->max_bytes, .max_count = options->max_count, .value_free = verdict_forget});
	return cache;
}

void review_cache_free(struct review_cache *cache)
{
	if (!cache)
		return;
	memo_free(cache->memo);
	EVP_MD_CTX_free(cache->digest);
	EVP_MD_free(cache->algorithm);
	free(cache);
}
