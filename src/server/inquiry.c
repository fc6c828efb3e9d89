/* SPDX-License-Identifier: Apache-2.0 */
/* Questions are known by their digest under a key of this process: it is short, tells nothing about a token, and nobody
   outside can make two of them fall together. */
#include "auth_in.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <sys/random.h>

enum {
	DIGEST_BYTES = 32,
	KEY_BYTES = 32,
	BUCKETS = 1024, /* a power of two */
	VERDICT_BYTES_MAX = 4 << 20,
};

/* A question: under way (no verdict yet), or answered and remembered. */
struct lookup {
	struct inquiry *inquiry;
	unsigned char digest[DIGEST_BYTES];
	struct lookup *chain; /* in its bucket */
	bool remember;
	/* under way */
	struct buf question;
	struct kube_call *call;
	int64_t asked_ms;
	struct inquiry_waiter *waiters;
	/* answered */
	struct verdict *verdict;
	int64_t until_ms;
	size_t bytes;
	struct lookup *newer, *older;
};

struct inquiry {
	struct inquiry_options options;
	EVP_MD *algorithm;
	EVP_MD_CTX *digest;
	unsigned char key[KEY_BYTES];
	struct lookup *buckets[BUCKETS];
	struct lookup *newest, *oldest; /* of the answered ones */
	size_t answers, bytes;
	struct auth_review_stats stats;
};

/* ---- verdicts */

struct verdict *verdict_new(void)
{
	struct verdict *verdict = xnew(struct verdict);

	verdict->references = 1;
	verdict->arena = arena_new(VERDICT_BYTES_MAX);
	return verdict;
}

struct verdict *verdict_problem(const char *text)
{
	struct verdict *verdict = verdict_new();

	if (!*text || !arena_copy(verdict->arena, str_of(text), &verdict->problem))
		verdict->problem = STR("no answer");
	return verdict;
}

struct verdict *verdict_ref(struct verdict *verdict)
{
	verdict->references++;
	return verdict;
}

void verdict_unref(struct verdict *verdict)
{
	if (!verdict || --verdict->references)
		return;
	arena_free(verdict->arena);
	free(verdict);
}

/* ---- the table */

static struct lookup **bucket_of(struct inquiry *inquiry, const unsigned char *digest)
{
	unsigned number;

	memcpy(&number, digest, sizeof(number));
	return &inquiry->buckets[number & (BUCKETS - 1)];
}

static struct lookup *lookup_find(struct inquiry *inquiry, const unsigned char *digest)
{
	struct lookup *at = *bucket_of(inquiry, digest);

	while (at && memcmp(at->digest, digest, DIGEST_BYTES) != 0)
		at = at->chain;
	return at;
}

static void unlink_by_age(struct inquiry *inquiry, struct lookup *lookup)
{
	*(lookup->newer ? &lookup->newer->older : &inquiry->newest) = lookup->older;
	*(lookup->older ? &lookup->older->newer : &inquiry->oldest) = lookup->newer;
	lookup->newer = NULL;
	lookup->older = NULL;
}

static void link_newest(struct inquiry *inquiry, struct lookup *lookup)
{
	lookup->older = inquiry->newest;
	*(inquiry->newest ? &inquiry->newest->newer : &inquiry->oldest) = lookup;
	inquiry->newest = lookup;
}

static void forget_answer(struct inquiry *inquiry, struct lookup *lookup)
{
	unlink_by_age(inquiry, lookup);
	inquiry->answers--;
	inquiry->bytes -= lookup->bytes;
	verdict_unref(lookup->verdict);
	lookup->verdict = NULL;
}

static void lookup_remove(struct lookup *lookup)
{
	struct inquiry *inquiry = lookup->inquiry;
	struct lookup **at = bucket_of(inquiry, lookup->digest);

	while (*at != lookup)
		at = &(*at)->chain;
	*at = lookup->chain;
	if (lookup->verdict)
		forget_answer(inquiry, lookup);
	buf_clear(&lookup->question);
	free(lookup);
}

static void remember(struct lookup *lookup, struct verdict *verdict, int64_t until_ms)
{
	struct inquiry *inquiry = lookup->inquiry;

	lookup->verdict = verdict_ref(verdict);
	lookup->until_ms = until_ms;
	lookup->bytes = sizeof(*lookup) + sizeof(*verdict) + arena_bytes(verdict->arena);
	inquiry->answers++;
	inquiry->bytes += lookup->bytes;
	link_newest(inquiry, lookup);
	while (inquiry->oldest &&
	       (inquiry->answers > inquiry->options.most_answers || inquiry->bytes > inquiry->options.most_bytes))
		lookup_remove(inquiry->oldest);
}

/* ---- who waits */

static void waiter_add(struct lookup *lookup, struct inquiry_waiter *waiter)
{
	waiter->lookup = lookup;
	waiter->next = lookup->waiters;
	waiter->at = &lookup->waiters;
	if (waiter->next)
		waiter->next->at = &waiter->next;
	lookup->waiters = waiter;
}

static void waiter_unlink(struct inquiry_waiter *waiter)
{
	*waiter->at = waiter->next;
	if (waiter->next)
		waiter->next->at = waiter->at;
	waiter->at = NULL;
	waiter->next = NULL;
	waiter->lookup = NULL;
}

void inquiry_leave(struct inquiry_waiter *waiter)
{
	struct lookup *lookup = waiter->lookup;

	if (!waiter->at)
		return;
	waiter_unlink(waiter);
	if (!lookup || lookup->waiters)
		return;
	lookup->inquiry->options.cancel(lookup->call);
	lookup_remove(lookup);
}

/* The first of them may make others leave, ask again, or end everything. */
static void tell(struct inquiry_waiter *waiters, const struct verdict *verdict)
{
	if (waiters)
		waiters->at = &waiters;
	for (struct inquiry_waiter *at = waiters; at; at = at->next)
		at->lookup = NULL;
	while (waiters) {
		struct inquiry_waiter *first = waiters;

		waiter_unlink(first);
		first->handler(first->context, verdict);
	}
}

/* ---- questions and answers */

static void digest_of(struct inquiry *inquiry, struct str question, unsigned char *ret_digest)
{
	CHECK(EVP_DigestInit_ex(inquiry->digest, inquiry->algorithm, NULL) == 1 &&
	      EVP_DigestUpdate(inquiry->digest, inquiry->key, KEY_BYTES) == 1 &&
	      EVP_DigestUpdate(inquiry->digest, question.ptr, question.len) == 1 &&
	      EVP_DigestFinal_ex(inquiry->digest, ret_digest, NULL) == 1);
}

static struct lookup *lookup_new(struct inquiry *inquiry, const unsigned char *digest)
{
	struct lookup *lookup = xnew(struct lookup);
	struct lookup **bucket = bucket_of(inquiry, digest);

	lookup->inquiry = inquiry;
	memcpy(lookup->digest, digest, DIGEST_BYTES);
	lookup->chain = *bucket;
	*bucket = lookup;
	return lookup;
}

struct verdict *inquiry_ask(struct inquiry *inquiry, struct str question, bool remembered, int64_t now_ms,
			    struct inquiry_waiter *waiter)
{
	unsigned char digest[DIGEST_BYTES];
	struct lookup *lookup;

	digest_of(inquiry, question, digest);
	lookup = lookup_find(inquiry, digest);
	if (lookup && lookup->verdict && now_ms < lookup->until_ms) {
		unlink_by_age(inquiry, lookup);
		link_newest(inquiry, lookup);
		inquiry->stats.hits++;
		return verdict_ref(lookup->verdict);
	}
	if (lookup && lookup->verdict) {
		lookup_remove(lookup);
		lookup = NULL;
	}
	if (lookup) {
		inquiry->stats.joined++;
	} else {
		inquiry->stats.sent++;
		lookup = lookup_new(inquiry, digest);
		lookup->asked_ms = now_ms;
		lookup->remember = remembered;
		buf_put(&lookup->question, question);
		lookup->call = inquiry->options.ask(inquiry->options.context, question, lookup);
	}
	waiter_add(lookup, waiter);
	return NULL;
}

void lookup_answer(struct lookup *lookup, struct verdict *verdict, int64_t ttl_ms, int64_t now_ms)
{
	struct inquiry_waiter *waiters = STEAL(lookup->waiters);
	struct auth_review_stats *stats = &lookup->inquiry->stats;

	stats->failures += verdict->problem.len > 0;
	histogram_observe(&stats->seconds, (double)(now_ms - lookup->asked_ms) / 1000);
	lookup->call = NULL;
	buf_clear(&lookup->question);
	if (lookup->remember && ttl_ms > 0)
		remember(lookup, verdict, now_ms + ttl_ms);
	else
		lookup_remove(lookup);
	tell(waiters, verdict);
	verdict_unref(verdict);
}

const struct auth_review_stats *inquiry_stats(const struct inquiry *inquiry)
{
	return &inquiry->stats;
}

void *lookup_context(const struct lookup *lookup)
{
	return lookup->inquiry->options.context;
}

struct str lookup_question(const struct lookup *lookup)
{
	return buf_str(&lookup->question);
}

/* ---- life */

struct inquiry *inquiry_new(const struct inquiry_options *options)
{
	struct inquiry *inquiry = xnew(struct inquiry);

	inquiry->options = *options;
	inquiry->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	inquiry->digest = EVP_MD_CTX_new();
	CHECK(inquiry->algorithm && inquiry->digest); /* only out of memory */
	CHECK(getrandom(inquiry->key, KEY_BYTES, 0) == KEY_BYTES);
	return inquiry;
}

void inquiry_free(struct inquiry *inquiry)
{
	if (!inquiry)
		return;
	while (inquiry->oldest)
		lookup_remove(inquiry->oldest);
	for (size_t i = 0; i < BUCKETS; i++)
		CHECK(inquiry->buckets[i] == NULL);
	EVP_MD_CTX_free(inquiry->digest);
	EVP_MD_free(inquiry->algorithm);
	free(inquiry);
}
