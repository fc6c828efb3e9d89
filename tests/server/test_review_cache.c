/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "../../src/server/review_cache.h"

struct asker {
	struct review_wait waiter;
	char said[32];	      /* what it was told */
	struct asker *chases; /* who has to leave when this one is told */
};

static struct review_cache *cache;
static struct review *asked[16];
static size_t asked_count, cancelled;

static struct kube_call *ask(void *context, struct str question, struct review *review)
{
	assert_ptr_equal(context, &asked_count);
	assert_ptr_equal(review_context(review), context);
	assert_true(str_eq(review_question(review), question));
	assert_true(asked_count < COUNT_OF(asked));
	asked[asked_count] = review;
	return (struct kube_call *)(void *)&asked[asked_count++];
}

static void cancel(struct kube_call *call)
{
	assert_ptr_equal(call, &asked[asked_count - 1]);
	cancelled++;
}

static int set_up(void **state)
{
	(void)state;
	asked_count = 0;
	cancelled = 0;
	cache = review_cache_new(&(struct review_cache_options){
		.max_count = 2, .max_bytes = 100000, .ask = ask, .cancel = cancel, .context = &asked_count});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	review_cache_free(cache);
	return 0;
}

static void told(void *context, const struct review_verdict *verdict)
{
	struct asker *asker = context;

	assert_string_equal(asker->said, "");
	snprintf(asker->said, sizeof(asker->said), "%.*s", STR_ARG(verdict->reason));
	if (asker->chases)
		review_wait_cancel(&asker->chases->waiter);
}

static struct review_verdict *verdict_with(const char *reason)
{
	struct review_verdict *verdict = review_verdict_new();

	assert_true(arena_copy(verdict->arena, str_of(reason), &verdict->reason));
	return verdict;
}

/* Is `want` remembered? NULL: it is not, and `asker` waits. */
static void assert_asked(struct asker *asker, const char *question, bool remember, int64_t now_ms, const char *want)
{
	struct review_verdict *verdict;

	asker->waiter = (struct review_wait){.handler = told, .context = asker};
	asker->said[0] = '\0';
	verdict = review_cache_ask(cache, str_of(question), remember, now_ms, &asker->waiter);
	if (want)
		assert_str(verdict->reason, want);
	else
		assert_null(verdict);
	review_verdict_unref(verdict);
}

static void know(const char *question, const char *answer, int64_t ttl_ms, int64_t now_ms)
{
	struct asker asker = {0};

	assert_asked(&asker, question, true, now_ms, NULL);
	review_answer(asked[asked_count - 1], verdict_with(answer), ttl_ms, now_ms);
	assert_string_equal(asker.said, answer);
}

static void test_remembers(void **state)
{
	struct asker asker = {0};

	(void)state;
	know("q", "first", 10, 100);
	assert_asked(&asker, "q", true, 109, "first");
	assert_asked(&asker, "Q", true, 109, NULL);
	review_wait_cancel(&asker.waiter);
	assert_asked(&asker, "q", true, 110, NULL); /* its time is over */
	review_answer(asked[2], verdict_with("second"), 10, 110);
	assert_string_equal(asker.said, "second");
	assert_asked(&asker, "q", true, 111, "second");
	assert_int_equal(asked_count, 3);
}

static void test_does_not_remember(void **state)
{
	struct asker asker = {0};

	(void)state;
	assert_asked(&asker, "q", false, 0, NULL);
	review_answer(asked[0], verdict_with("long"), 10, 0);
	assert_asked(&asker, "q", true, 0, NULL); /* not that answer */
	review_answer(asked[1], verdict_with("problem"), 0, 0);
	assert_asked(&asker, "q", true, 0, NULL); /* nor one without a time */
	review_wait_cancel(&asker.waiter);
}

static void test_forgets_the_least_used(void **state)
{
	struct asker asker = {0};

	(void)state;
	know("a", "A", 10, 0);
	know("b", "B", 10, 0);
	assert_asked(&asker, "a", true, 1, "A");
	know("c", "C", 10, 0);
	assert_asked(&asker, "a", true, 1, "A");
	assert_asked(&asker, "c", true, 1, "C");
	assert_asked(&asker, "b", true, 1, NULL);
	review_wait_cancel(&asker.waiter);
}

static void test_bounded_bytes(void **state)
{
	static char big[100000];
	struct asker asker = {0};

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	know("a", "A", 10, 0);
	assert_asked(&asker, "b", true, 0, NULL);
	review_answer(asked[1], verdict_with(big), 10, 0);
	assert_asked(&asker, "b", true, 0, NULL);
	review_wait_cancel(&asker.waiter);
}

static void test_asks_once(void **state)
{
	struct asker askers[3] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(askers); i++)
		assert_asked(&askers[i], "q", true, 0, NULL);
	assert_int_equal(asked_count, 1);
	review_wait_cancel(&askers[1].waiter);
	assert_int_equal(cancelled, 0);
	review_answer(asked[0], verdict_with("x"), 10, 0);
	assert_string_equal(askers[0].said, "x");
	assert_string_equal(askers[1].said, "");
	assert_string_equal(askers[2].said, "x");
	review_wait_cancel(&askers[0].waiter); /* fine when it waits no more */
}

static void test_leaving_ends_the_call(void **state)
{
	struct asker askers[2] = {0};

	(void)state;
	assert_asked(&askers[0], "q", true, 0, NULL);
	assert_asked(&askers[1], "q", true, 0, NULL);
	review_wait_cancel(&askers[0].waiter);
	review_wait_cancel(&askers[1].waiter);
	assert_int_equal(cancelled, 1);
	assert_asked(&askers[0], "q", true, 0, NULL);
	assert_int_equal(asked_count, 2);
	review_wait_cancel(&askers[0].waiter);
}

static void test_leaving_while_told(void **state)
{
	struct asker askers[3] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(askers); i++) {
		assert_asked(&askers[i], "q", true, 0, NULL);
		askers[i].chases = &askers[1];
	}
	review_answer(asked[0], verdict_with("x"), 10, 0);
	assert_string_equal(askers[0].said, "x");
	assert_string_equal(askers[1].said, "");
	assert_string_equal(askers[2].said, "x");
	assert_int_equal(cancelled, 0);
}

static void test_stats(void **state)
{
	const struct auth_review_stats *stats = review_cache_stats(cache);
	struct asker askers[3] = {0};

	(void)state;
	assert_asked(&askers[0], "q", true, 1000, NULL);
	assert_asked(&askers[1], "q", true, 1100, NULL);
	review_answer(asked[0], verdict_with("x"), 10, 1300);
	assert_asked(&askers[2], "q", true, 1301, "x");
	assert_asked(&askers[2], "r", true, 2000, NULL);
	review_answer(asked[1], review_verdict_problem("no"), 0, 2002);
	assert_int_equal(stats->sent, 2);
	assert_int_equal(stats->joined, 1);
	assert_int_equal(stats->hits, 1);
	assert_int_equal(stats->failures, 1);
	assert_int_equal(stats->seconds.buckets[6], 1);
	assert_int_equal(stats->seconds.buckets[0], 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_remembers),
		TEST(test_does_not_remember),
		TEST(test_forgets_the_least_used),
		TEST(test_bounded_bytes),
		TEST(test_asks_once),
		TEST(test_leaving_ends_the_call),
		TEST(test_leaving_while_told),
		TEST(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
