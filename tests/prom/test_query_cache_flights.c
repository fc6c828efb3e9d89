/* SPDX-License-Identifier: Apache-2.0 */
#include "query_cache_world.h"

/* ---- one query for all who ask it */

static void test_one_flight(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	for (int i = 0; i < ASKERS; i++)
		ask(scene, i, "up");
	assert_int_equal(stats_of(scene).flights, 1);
	await_answers(scene, ASKERS);
	assert_int_equal(stats_of(scene).flights, 0);
	assert_int_equal(requests_of(scene), 1);
	assert_int_equal(stats_of(scene).joined, ASKERS - 1);
	for (int i = 0; i < ASKERS; i++) {
		assert_int_equal(scene->askers[i].answers, 1);
		assert_ptr_equal(scene->askers[i].samples, scene->askers[0].samples);
	}
	scene_free(scene);
}

/* With ttl 0 everybody gets an answer that was asked for after the question. */
static void test_no_shared_flight_with_ttl_0(void **state)
{
	struct query_cache_options options = {.negative_ttl_ms = HOUR_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	for (int i = 0; i < ASKERS; i++)
		ask(scene, i, "up");
	await_answers(scene, ASKERS);
	assert_int_equal(requests_of(scene), ASKERS);
	assert_int_equal(stats_of(scene).joined, 0);
	scene_free(scene);
}

/* It would bring an answer older than ttl. */
static void test_old_flight_is_not_joined(void **state)
{
	struct query_cache_options options = {.ttl_ms = SHORT_MS, .negative_ttl_ms = SHORT_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	hang(scene);
	ask(scene, 0, "up");
	await_requests(scene, 1);
	pause_for(scene, SHORT_MS);
	answer_with(scene->world, 200, "application/json", EIGHT);
	ask(scene, 1, "up");
	await_answers(scene, 1);
	assert_int_equal(requests_of(scene), 2);
	assert_int_equal(scene->askers[0].answers, 0);
	assert_true(scene->askers[1].value >= 8);
	scene_free(scene);
}

/* ---- deadlines and who gives up */

static void test_deadline_of_each(void **state)
{
	struct scene *scene = scene_new(long_lived());
	char text[200];

	(void)state;
	hang(scene);
	ask_within(scene, 1, "up", 1);
	ask(scene, 0, "up");
	await_answers(scene, 1);
	assert_int_equal(scene->askers[0].answers, 0);
	assert_int_equal(scene->askers[1].answers, 1);
	assert_int_equal(scene->askers[1].problem.fault, UPSTREAM_TIMEOUT);
	assert_int_equal(scene->askers[1].problem.status, 0);
	snprintf(text, sizeof(text), "Prometheus 127.0.0.1:%u had not answered after ", scene->world->server.port);
	assert_contains(str_of(scene->askers[1].problem.text), text);
	assert_contains(str_of(scene->askers[1].problem.text), " seconds: no complete answer in time");
	await_requests(scene, 1);
	assert_contains(str_of(asked(scene->world)), "&timeout=20s "); /* the client's, not the impatient one's */
	assert_int_equal(stats_of(scene).entries, 0);
	scene_free(scene);
}

/* Nothing happens to who does not wait. */
static void test_expires_once(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	hang(scene);
	query_wait_expire(&scene->askers[0].wait);
	ask(scene, 0, "up");
	query_wait_expire(&scene->askers[0].wait);
	query_wait_expire(&scene->askers[0].wait);
	assert_int_equal(scene->askers[0].answers, 1);
	assert_int_equal(scene->askers[0].problem.fault, UPSTREAM_TIMEOUT);
	scene_free(scene);
}

static void test_deadline_with_ttl_0(void **state)
{
	struct query_cache_options options = {.max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	hang(scene);
	ask_within(scene, 0, "up", 100);
	await_answers(scene, 1);
	assert_int_equal(scene->askers[0].problem.fault, UPSTREAM_TIMEOUT);
	assert_int_equal(requests_of(scene), 1);
	assert_contains(str_of(asked(scene->world)), "&timeout=100ms ");
	scene_free(scene);
}

static void test_flight_goes_on_alone(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	scene->world->step.delay_ms = 1;
	ask(scene, 0, "up");
	await_requests(scene, 1);
	query_wait_cancel(&scene->askers[0].wait);
	while (stats_of(scene).entries == 0)
		one_look(scene, 1);
	ask_and_await(scene, 1, "up");
	assert_int_equal(scene->askers[0].answers, 0);
	assert_int_equal(requests_of(scene), 1);
	assert_int_equal(stats_of(scene).hits, 1);
	scene_free(scene);
}

static void test_flight_alone_is_joined(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	hang(scene);
	for (int i = 0; i < 20; i++) {
		ask_within(scene, i, "up", 1);
		await_answers(scene, i + 1);
	}
	await_requests(scene, 1);
	assert_int_equal(stats_of(scene).misses, 1);
	scene_free(scene);
}

/* What it brings could not be answered with any more. */
static void test_flight_alone_ends_with_ttl(void **state)
{
	struct query_cache_options options = {.ttl_ms = 10 * SHORT_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	hang(scene);
	ask(scene, 0, "up");
	await_requests(scene, 1);
	query_wait_cancel(&scene->askers[0].wait);
	await_idle_server(scene);
	scene_free(scene);
}

static void test_few_flights_go_on_alone(void **state)
{
	struct scene *scene = scene_new(long_lived());
	char promql[20];

	(void)state;
	hang(scene);
	for (int i = 0; i < 20; i++) {
		snprintf(promql, sizeof(promql), "up%d", i);
		ask(scene, i, promql);
	}
	await_requests(scene, 20);
	for (int i = 0; i < 20; i++)
		query_wait_cancel(&scene->askers[i].wait);
	while (scene->world->server.busy > 8)
		one_look(scene, 1);
	ask(scene, 20, "up7");
	assert_int_equal(stats_of(scene).joined, 1);
	ask(scene, 21, "up8");
	assert_int_equal(stats_of(scene).joined, 1);
	scene_free(scene);
}

static void test_flight_ends_with_ttl_0(void **state)
{
	struct query_cache_options options = {.max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	hang(scene);
	ask(scene, 0, "up");
	await_requests(scene, 1);
	query_wait_cancel(&scene->askers[0].wait);
	query_wait_cancel(&scene->askers[0].wait);
	await_idle_server(scene);
	scene_free(scene);
}

/* ---- handlers that do more */

static void ask_the_same_again(struct asker *asker)
{
	asker->then = NULL;
	ask(asker->scene, (int)(asker - asker->scene->askers), "up");
}

static void ask_another(struct asker *asker)
{
	asker->then = NULL;
	ask(asker->scene, (int)(asker - asker->scene->askers), "another");
}

static void cancel_the_others(struct asker *asker)
{
	for (int i = 0; i < ASKERS; i++)
		query_wait_cancel(&asker->scene->askers[i].wait);
}

static void clear_the_cache(struct asker *asker)
{
	query_cache_clear(asker->scene->cache);
}

static void clear_and_ask_again(struct asker *asker)
{
	query_cache_clear(asker->scene->cache);
	ask_the_same_again(asker);
}

static struct busy_case {
	const char *name;
	int64_t ttl_ms;
	void (*then)(struct asker *asker);
	bool all; /* each of three does so, else the one that is told first */
	int answers;
	size_t requests, entries;
} busy[] = {
	{"asks again", HOUR_MS, ask_the_same_again, true, 6, 1, 1},
	{"asks again with ttl 0", 0, ask_the_same_again, true, 6, 6, 0},
	{"asks something else", HOUR_MS, ask_another, true, 6, 2, 2},
	{"cancels the others", HOUR_MS, cancel_the_others, true, 1, 1, 1},
	{"clears", HOUR_MS, clear_the_cache, true, 3, 1, 0},
	{"clears and asks again", HOUR_MS, clear_and_ask_again, false, 4, 2, 1},
};

static void test_busy_handler(void **state)
{
	const struct busy_case *c = *state;
	struct query_cache_options options = {.ttl_ms = c->ttl_ms, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	for (int i = 0; i < 3; i++) {
		if (c->all || i == 2)
			scene->askers[i].then = c->then;
		ask(scene, i, "up");
	}
	await_answers(scene, c->answers);
	for (int i = 0; i < 3; i++)
		assert_false(waiter_waits(&scene->askers[i].wait.waiter));
	assert_int_equal(requests_of(scene), c->requests);
	assert_int_equal(stats_of(scene).entries, c->entries);
	scene_free(scene);
}

/* The memory that it reads is gone from the cache while it does. */
static void test_cleared_by_who_is_told_from_memory(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	ask_and_await(scene, 0, "up");
	scene->askers[1].then = clear_and_ask_again;
	ask(scene, 1, "up");
	await_answers(scene, 3);
	assert_int_equal(requests_of(scene), 2);
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_flight),
		cmocka_unit_test(test_no_shared_flight_with_ttl_0),
		cmocka_unit_test(test_old_flight_is_not_joined),
		cmocka_unit_test(test_deadline_of_each),
		cmocka_unit_test(test_expires_once),
		cmocka_unit_test(test_deadline_with_ttl_0),
		cmocka_unit_test(test_flight_goes_on_alone),
		cmocka_unit_test(test_flight_alone_is_joined),
		cmocka_unit_test(test_flight_alone_ends_with_ttl),
		cmocka_unit_test(test_few_flights_go_on_alone),
		cmocka_unit_test(test_flight_ends_with_ttl_0),
		cmocka_unit_test(test_cleared_by_who_is_told_from_memory),
	};
	int failed = RUN_ROWS(busy, test_busy_handler);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
