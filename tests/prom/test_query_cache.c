/* SPDX-License-Identifier: Apache-2.0 */
#include "query_cache_world.h"
#include "model/upstream_error.h"

/* ---- what is remembered, and for how long */

static struct memory_case {
	const char *name;
	int64_t ttl_ms, negative_ttl_ms;
	int status;
	const char *body;
	int64_t pause_ms;
	size_t requests; /* after two equal questions */
	uint64_t hits;
} memories[] = {
	{"a value", HOUR_MS, 0, 200, SEVEN, 0, 1, 1},
	{"a value whose time is over", SHORT_MS, 0, 200, SEVEN, SHORT_MS, 2, 0},
	{"nothing with ttl 0", 0, HOUR_MS, 200, SEVEN, 0, 2, 0},
	{"no sample", HOUR_MS, HOUR_MS, 200, EMPTY_VECTOR, 0, 1, 1},
	{"no sample, its time is over", HOUR_MS, SHORT_MS, 200, EMPTY_VECTOR, SHORT_MS, 2, 0},
	{"no sample, ttl is the shorter", SHORT_MS, HOUR_MS, 200, EMPTY_VECTOR, SHORT_MS, 2, 0},
	{"no sample, ttl 0", 0, HOUR_MS, 200, EMPTY_VECTOR, 0, 2, 0},
	{"data is missing", HOUR_MS, SHORT_MS, 200, WITH_DATA_MISSING, SHORT_MS, 2, 0},
	{"a part is malformed", HOUR_MS, 0, 200, HALF_MALFORMED, 0, 1, 1},
	{"refusal 400", HOUR_MS, HOUR_MS, 400, ERROR("bad_data"), 0, 1, 1},
	{"refusal 422", HOUR_MS, HOUR_MS, 422, ERROR("execution"), 0, 1, 1},
	{"refusal 422, its time is over", HOUR_MS, SHORT_MS, 422, ERROR("execution"), SHORT_MS, 2, 0},
	{"failure 503", HOUR_MS, HOUR_MS, 503, ERROR("timeout"), 0, 1, 1},
	{"failure 503, its time is over", HOUR_MS, SHORT_MS, 503, ERROR("timeout"), SHORT_MS, 2, 0},
	{"no JSON", HOUR_MS, HOUR_MS, 200, "<html>", 0, 1, 1},
	{"no JSON, its time is over", HOUR_MS, SHORT_MS, 200, "<html>", SHORT_MS, 2, 0},
};

static void test_memory(void **state)
{
	const struct memory_case *c = *state;
	struct query_cache_options options = {
		.ttl_ms = c->ttl_ms, .negative_ttl_ms = c->negative_ttl_ms, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);
	const struct asker *first = &scene->askers[0], *second = &scene->askers[1];

	answer_with(scene->world, c->status, "application/json", c->body);
	ask_and_await(scene, 0, "up");
	if (c->pause_ms)
		pause_for(scene, c->pause_ms);
	ask_and_await(scene, 1, "up");
	assert_int_equal(requests_of(scene), c->requests);
	assert_int_equal(stats_of(scene).hits, c->hits);
	assert_int_equal(stats_of(scene).misses, c->requests);
	assert_true(second->value >= first->value && second->value <= first->value);
	assert_int_equal(second->time_ms, first->time_ms);
	assert_int_equal(second->malformed, first->malformed);
	assert_int_equal(second->problem.fault, first->problem.fault);
	assert_int_equal(second->problem.status, first->problem.status);
	assert_string_equal(second->problem.text, first->problem.text);
	scene_free(scene);
}

static void test_another_query(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	ask_and_await(scene, 0, "up");
	ask_and_await(scene, 1, "up1");
	ask_and_await(scene, 2, "u");
	ask_and_await(scene, 3, "");
	assert_int_equal(requests_of(scene), 4);
	assert_int_equal(stats_of(scene).entries, 4);
	ask_and_await(scene, 4, "");
	assert_int_equal(requests_of(scene), 4);
	scene_free(scene);
}

/* What counts is when it was sent: Prometheus answers for that moment. */
static void test_age_begins_when_it_is_sent(void **state)
{
	struct query_cache_options options = {.ttl_ms = SHORT_MS, .negative_ttl_ms = SHORT_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	scene->world->step.delay_ms = 2 * SHORT_MS;
	ask_and_await(scene, 0, "up");
	ask_and_await(scene, 1, "up");
	assert_int_equal(requests_of(scene), 2);
	scene_free(scene);
}

static void test_dead_answers_go(void **state)
{
	struct query_cache_options options = {.ttl_ms = SHORT_MS, .negative_ttl_ms = SHORT_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);
	char promql[20];

	(void)state;
	for (int i = 0; i < ASKERS; i++) {
		snprintf(promql, sizeof(promql), "up%d", i);
		ask(scene, i, promql);
	}
	await_answers(scene, ASKERS);
	while (stats_of(scene).entries > 0)
		one_look(scene, 1);
	assert_int_equal(stats_of(scene).bytes, 0);
	assert_int_equal(stats_of(scene).evictions, 0);
	scene_free(scene);
}

static void test_clear(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	ask_and_await(scene, 0, "up");
	hang(scene);
	ask(scene, 1, "on its way");
	ask(scene, 2, "on its way, alone");
	await_requests(scene, 3);
	query_wait_cancel(&scene->askers[2].wait);
	query_cache_clear(scene->cache);
	assert_int_equal(stats_of(scene).entries, 0);
	assert_int_equal(stats_of(scene).bytes, 0);
	ask(scene, 3, "up");
	ask(scene, 4, "on its way");
	ask(scene, 5, "on its way, alone");
	await_requests(scene, 6);
	assert_int_equal(stats_of(scene).joined, 0);
	scene_free(scene);
}

static void test_cleared_while_on_its_way(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	scene->world->step.delay_ms = 1;
	ask(scene, 0, "up");
	await_requests(scene, 1);
	query_cache_clear(scene->cache);
	await_answers(scene, 1);
	assert_int_equal(scene->askers[0].problem.fault, UPSTREAM_OK);
	assert_int_equal(stats_of(scene).entries, 0);
	ask_and_await(scene, 1, "up");
	assert_int_equal(requests_of(scene), 2);
	scene_free(scene);
}

/* That something is kept for outages does not let it answer otherwise. */
static void test_negative_answers_with_ttl_0(void **state)
{
	struct query_cache_options options = {.negative_ttl_ms = HOUR_MS, .serve_stale_ms = HOUR_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	answer_with(scene->world, 200, "application/json", EMPTY_VECTOR);
	ask_and_await(scene, 0, "up");
	ask_and_await(scene, 1, "up");
	assert_int_equal(requests_of(scene), 2);
	scene_free(scene);
}

/* ---- bytes */

static size_t bytes_of_one(void)
{
	struct scene *scene = scene_new(long_lived());
	size_t bytes;

	ask_and_await(scene, 0, "a");
	bytes = stats_of(scene).bytes;
	scene_free(scene);
	return bytes;
}

static void test_least_recently_used_goes(void **state)
{
	struct query_cache_options options = long_lived();
	struct scene *scene;

	(void)state;
	options.max_bytes = 4 * bytes_of_one();
	scene = scene_new(options);
	ask_and_await(scene, 0, "a");
	ask_and_await(scene, 1, "b");
	ask_and_await(scene, 2, "c");
	ask_and_await(scene, 3, "d");
	assert_int_equal(stats_of(scene).bytes, options.max_bytes);
	ask_and_await(scene, 4, "a"); /* used */
	ask_and_await(scene, 5, "e"); /* b goes */
	assert_int_equal(stats_of(scene).evictions, 1);
	assert_int_equal(stats_of(scene).entries, 4);
	assert_int_equal(stats_of(scene).bytes, options.max_bytes);
	assert_int_equal(requests_of(scene), 5);
	ask_and_await(scene, 6, "a");
	ask_and_await(scene, 7, "c");
	assert_int_equal(requests_of(scene), 5);
	ask_and_await(scene, 8, "b"); /* d goes */
	ask_and_await(scene, 9, "c");
	assert_int_equal(requests_of(scene), 6);
	ask_and_await(scene, 10, "d");
	assert_int_equal(requests_of(scene), 7);
	scene_free(scene);
}

static void test_large_answer_is_not_kept(void **state)
{
	struct query_cache_options options = long_lived();
	struct scene *scene;

	(void)state;
	options.max_bytes = 4 * bytes_of_one() - 1;
	scene = scene_new(options);
	ask_and_await(scene, 0, "a");
	assert_int_equal(stats_of(scene).entries, 0);
	assert_int_equal(stats_of(scene).bytes, 0);
	ask_and_await(scene, 1, "a");
	assert_int_equal(requests_of(scene), 2);
	scene_free(scene);
}

/* ---- outages */

enum outage { BY_ANSWER, BY_REFUSAL, BY_CUT, BY_HANG };

static struct stale_case {
	const char *name;
	int64_t serve_stale_ms;
	enum outage how;
	int status;
	const char *body;
	bool stale;
} stales[] = {
	{"500", HOUR_MS, BY_ANSWER, 500, ERROR("internal"), true},
	{"503", HOUR_MS, BY_ANSWER, 503, "", true},
	{"nobody listens", HOUR_MS, BY_REFUSAL, 0, "", true},
	{"cut off", HOUR_MS, BY_CUT, 0, "", true},
	{"no answer in time", HOUR_MS, BY_HANG, 0, "", true},
	{"500, flag off", 0, BY_ANSWER, 500, "", false},
	{"500, too old", SHORT_MS, BY_ANSWER, 500, "", false},
	{"400", HOUR_MS, BY_ANSWER, 400, ERROR("bad_data"), false},
	{"401", HOUR_MS, BY_ANSWER, 401, "", false},
	{"422", HOUR_MS, BY_ANSWER, 422, ERROR("execution"), false},
	{"429", HOUR_MS, BY_ANSWER, 429, "", false},
	{"no JSON", HOUR_MS, BY_ANSWER, 200, "<html>", false},
	{"no sample", HOUR_MS, BY_ANSWER, 200, EMPTY_VECTOR, false},
	{"another value", HOUR_MS, BY_ANSWER, 200, EIGHT, false},
};

static void break_down(struct scene *scene, enum outage how, int status, const char *body)
{
	switch (how) {
	case BY_ANSWER:
		answer_with(scene->world, status, "application/json", body);
		return;
	case BY_REFUSAL:
		server_stop(&scene->world->server);
		scene->world->server.loop = NULL;
		return;
	case BY_CUT:
		scene->world->step = (struct step){HEAD("200 OK", "Content-Length: 100\r\n") "{", CLOSE, 0};
		return;
	case BY_HANG:
		hang(scene);
		return;
	}
}

static void run_stale(const struct stale_case *c, int64_t ttl_ms)
{
	struct query_cache_options options = {
		.ttl_ms = ttl_ms, .negative_ttl_ms = ttl_ms, .serve_stale_ms = c->serve_stale_ms, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	ask_and_await(scene, 0, "up");
	pause_for(scene, SHORT_MS);
	break_down(scene, c->how, c->status, c->body);
	ask_within(scene, 1, "up", c->how == BY_HANG ? 50 : HOUR_MS);
	await_answers(scene, 2);
	assert_int_equal(scene->askers[1].value >= 7 && scene->askers[1].value <= 7, c->stale);
	assert_int_equal(stats_of(scene).stale, c->stale);
	assert_int_equal(stats_of(scene).hits, 0);
	if (c->stale)
		assert_int_equal(scene->askers[1].time_ms, scene->askers[0].time_ms);
	scene_free(scene);
}

static void test_stale(void **state)
{
	run_stale(*state, SHORT_MS);
}

static void test_stale_with_ttl_0(void **state)
{
	run_stale(*state, 0);
}

/* Prometheus has said that the value is gone; that it then fails does not bring it back. */
static void test_gone_stays_gone(void **state)
{
	struct query_cache_options options = {.serve_stale_ms = HOUR_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	ask_and_await(scene, 0, "up");
	answer_with(scene->world, 200, "application/json", EMPTY_VECTOR);
	ask_and_await(scene, 1, "up");
	answer_with(scene->world, 500, "application/json", "");
	ask_and_await(scene, 2, "up");
	assert_int_equal(scene->askers[2].problem.status, 500);
	assert_int_equal(stats_of(scene).stale, 0);
	scene_free(scene);
}

static void test_outage_goes_on(void **state)
{
	struct query_cache_options options = {
		.ttl_ms = SHORT_MS, .negative_ttl_ms = SHORT_MS, .serve_stale_ms = HOUR_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	ask_and_await(scene, 0, "up");
	answer_with(scene->world, 503, "application/json", "");
	for (int i = 1; i < 6; i++) {
		pause_for(scene, SHORT_MS);
		ask_and_await(scene, i, "up");
		assert_true(scene->askers[i].value >= 7);
	}
	assert_int_equal(stats_of(scene).stale, 5);
	assert_int_equal(requests_of(scene), 6);
	answer_with(scene->world, 200, "application/json", EIGHT);
	pause_for(scene, SHORT_MS);
	ask_and_await(scene, 6, "up");
	assert_true(scene->askers[6].value >= 8);
	scene_free(scene);
}

static void test_outage_outlives_the_answer(void **state)
{
	struct query_cache_options options = {.serve_stale_ms = 5 * SHORT_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	ask_and_await(scene, 0, "up");
	answer_with(scene->world, 503, "application/json", "");
	do {
		one_look(scene, 1);
		ask_and_await(scene, 1, "up");
	} while (scene->askers[1].problem.fault == UPSTREAM_OK);
	assert_int_equal(scene->askers[1].problem.status, 503);
	scene_free(scene);
}

/* The query that was sent first is answered last. */
static void test_late_answer_is_not_the_last(void **state)
{
	static const char seven[] = HEAD("200 OK", JSON_TYPE "Connection: close\r\n") SEVEN;
	static const char eight[] = HEAD("200 OK", JSON_TYPE "Connection: close\r\n") EIGHT;
	static const char failure[] = HEAD("503 X", "Content-Length: 0\r\n");
	const struct step steps[] = {{seven, CLOSE, 5 * SHORT_MS}, {eight, CLOSE, 0}, {failure, KEEP, 0}};
	struct query_cache_options options = {.ttl_ms = SHORT_MS, .serve_stale_ms = HOUR_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	scene->world->server.steps = steps;
	scene->world->server.step_count = COUNT_OF(steps);
	ask(scene, 0, "up");
	await_requests(scene, 1);
	pause_for(scene, SHORT_MS);
	ask(scene, 1, "up");
	await_answers(scene, 2);
	pause_for(scene, SHORT_MS);
	ask_and_await(scene, 2, "up");
	assert_true(scene->askers[0].value <= 7);
	assert_true(scene->askers[1].value >= 8);
	assert_true(scene->askers[2].value >= 8);
	assert_int_equal(stats_of(scene).stale, 1);
	scene_free(scene);
}

/* Who asks again soon is answered from memory, with the value and not with the failure. */
static void test_stale_from_memory(void **state)
{
	struct query_cache_options options = {.ttl_ms = 10 * SHORT_MS,
					      .negative_ttl_ms = 10 * SHORT_MS,
					      .serve_stale_ms = HOUR_MS,
					      .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	ask_and_await(scene, 0, "up");
	pause_for(scene, 10 * SHORT_MS);
	answer_with(scene->world, 503, "application/json", "");
	for (int i = 1; i < 6; i++) {
		ask_and_await(scene, i, "up");
		assert_true(scene->askers[i].value >= 7);
	}
	assert_int_equal(stats_of(scene).stale, 5);
	scene_free(scene);
}

/* ---- not what was sent before a moment */

static void ask_since(struct scene *scene, int number, int64_t since_ms)
{
	scene->askers[number].wait.since_ms = since_ms;
	ask_and_await(scene, number, "up");
}

static void test_since(void **state)
{
	struct scene *scene = scene_new(long_lived());
	int64_t sent_ms;

	(void)state;
	ask_and_await(scene, 0, "up");
	sent_ms = scene->askers[0].wait.sent_ms;
	assert_true(sent_ms > 0);
	ask_since(scene, 1, sent_ms);
	assert_int_equal(requests_of(scene), 1);
	assert_int_equal(scene->askers[1].wait.sent_ms, sent_ms);
	pause_for(scene, SHORT_MS);
	ask_since(scene, 2, sent_ms + 1);
	assert_int_equal(requests_of(scene), 2);
	assert_true(scene->askers[2].wait.sent_ms > sent_ms);
	scene_free(scene);
}

static void test_since_does_not_join(void **state)
{
	struct scene *scene = scene_new(long_lived());

	(void)state;
	ask(scene, 0, "up");
	scene->askers[1].wait.since_ms = loop_now_ms(scene->world->loop) + 1;
	ask(scene, 1, "up");
	await_answers(scene, 2);
	assert_int_equal(requests_of(scene), 2);
	assert_int_equal(stats_of(scene).joined, 0);
	scene_free(scene);
}

/* One who takes what is old gets it from the same answer. */
static void test_since_is_not_bridged(void **state)
{
	struct query_cache_options options = {.ttl_ms = HOUR_MS, .serve_stale_ms = HOUR_MS, .max_bytes = ROOM};
	struct scene *scene = scene_new(options);

	(void)state;
	ask_and_await(scene, 0, "up");
	pause_for(scene, SHORT_MS);
	answer_with(scene->world, 503, "application/json", "");
	scene->askers[1].wait.since_ms = scene->askers[0].wait.sent_ms + 1;
	ask(scene, 1, "up");
	scene->askers[2].wait.since_ms = scene->askers[0].wait.sent_ms;
	await_answers(scene, 2);
	ask_and_await(scene, 2, "up");
	assert_int_equal(scene->askers[1].problem.status, 503);
	assert_true(scene->askers[2].value >= 7);
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_since_does_not_join),
		cmocka_unit_test(test_since_is_not_bridged),
		cmocka_unit_test(test_another_query),
		cmocka_unit_test(test_age_begins_when_it_is_sent),
		cmocka_unit_test(test_dead_answers_go),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_cleared_while_on_its_way),
		cmocka_unit_test(test_negative_answers_with_ttl_0),
		cmocka_unit_test(test_least_recently_used_goes),
		cmocka_unit_test(test_large_answer_is_not_kept),
		cmocka_unit_test(test_gone_stays_gone),
		cmocka_unit_test(test_outage_goes_on),
		cmocka_unit_test(test_outage_outlives_the_answer),
		cmocka_unit_test(test_late_answer_is_not_the_last),
		cmocka_unit_test(test_stale_from_memory),
	};
	int failed = RUN_ROWS(memories, test_memory) + RUN_ROWS(stales, test_stale) +
		     RUN_ROWS(stales, test_stale_with_ttl_0);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
