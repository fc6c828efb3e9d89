/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_world.h"

static bool has_all(struct world *world)
{
	return has(world, "a") && has(world, "b") && has(world, "again");
}

static void test_each_query_is_asked_once(void **state)
{
	struct world *world = *state;
	int64_t start_s, now_s = (int64_t)(loop_wall_ms(world->loop) / 1000);
	const char *request;

	series(world, 0, "a");
	series(world, 1, "b");
	answer(world, 2, "200 OK", NO_SERIES);
	world->steps[3] = world->steps[2];
	run_until(world, has_all);
	request = server_request(&world->server, 0);
	assert_non_null(strstr(request, "GET /api/v1/series?match%5B%5D=a%7Bpod%21%3D%22%22%7D&start="));
	assert_null(strstr(request, "end="));
	start_s = strtoll(strstr(request, "start=") + 6, NULL, 10);
	assert_in_range(start_s, now_s - MAX_AGE_MS / 1000 - 5, now_s - MAX_AGE_MS / 1000 + 5);
	assert_non_null(strstr(server_request(&world->server, 1), "match%5B%5D=b&"));
}

static bool second_fails(struct world *world)
{
	return has(world, "a") && discovery_findings(world->discovery)[1].asked;
}

static bool second_is_back(struct world *world)
{
	return has(world, "b") && discovery_findings(world->discovery)[1].failure[0] == '\0';
}

static void test_one_failure_touches_no_other(void **state)
{
	struct world *world = *state;
	const struct series_finding *findings;

	series(world, 0, "a");
	answer(world, 1, "500 X", "{\"status\":\"error\",\"errorType\":\"internal\",\"error\":\"kaboom\"}");
	world->steps[2] = world->steps[3] = world->steps[1]; /* a's next answer, too: what it found stays */
	run_until(world, second_fails);
	findings = discovery_findings(world->discovery);
	assert_true(findings[0].found);
	assert_int_equal(findings[0].series, 1);
	assert_int_equal(findings[0].kinds, 1);
	assert_false(findings[1].found);
	assert_true(findings[1].failures >= 1);
	assert_non_null(strstr(findings[1].failure, "kaboom"));
	assert_false(has(world, "b"));
	series(world, 3, "b"); /* from now on */
	run_until(world, second_is_back);
	assert_string_equal(discovery_findings(world->discovery)[1].failure, "");
}

static bool first_failed_later(struct world *world)
{
	const struct series_finding *finding = &discovery_findings(world->discovery)[0];

	return finding->found && finding->failure[0];
}

static void test_the_last_good_answer_stays(void **state)
{
	struct world *world = *state;

	series(world, 0, "a");
	series(world, 1, "b");
	answer(world, 2, "200 OK", "{\"status\":\"success\",\"data\":null}");
	answer(world, 3, "502 X", "<html>");
	run_until(world, first_failed_later);
	assert_true(has_all(world));
	assert_int_equal(discovery_findings(world->discovery)[0].series, 1);
	assert_int_equal(discovery_findings(world->discovery)[0].failures, 1);
	assert_true(discovery_findings(world->discovery)[0].age_ms >= RELIST_MS);
}

static void test_missing_data_loses_nothing(void **state)
{
	struct world *world = *state;

	series(world, 0, "a");
	series(world, 1, "b");
	answer(world, 2, "200 OK", "{\"status\":\"success\",\"warnings\":[\"a store is away\"],\"data\":[]}");
	world->steps[3] = world->steps[2];
	run_until(world, first_failed_later);
	assert_true(has_all(world));
	assert_non_null(strstr(discovery_findings(world->discovery)[0].failure, "a store is away"));
}

static bool has_b(struct world *world)
{
	return has(world, "b");
}

static void test_searches_wait_as_they_are_told(void **state)
{
	struct world *world = *state;
	int64_t begin_ms = loop_now_ms(world->loop);

	world->steps[0] = (struct step){HEAD("429 X", "Retry-After: 1\r\nContent-Length: 0\r\n"), KEEP, 0};
	world->steps[1] = world->steps[0]; /* both were on their way */
	series(world, 2, "b");
	world->steps[3] = world->steps[2];
	run_until(world, has_b);
	assert_true(loop_now_ms(world->loop) - begin_ms >= 1000);
}

static bool is_empty(struct world *world)
{
	return world->published > 1 && !has(world, "a") && !has(world, "b");
}

static void test_series_that_end_are_forgotten(void **state)
{
	struct world *world = *state;

	series(world, 0, "a");
	series(world, 1, "b");
	answer(world, 2, "200 OK", NO_SERIES);
	world->steps[3] = world->steps[2];
	run_until(world, has_all);
	run_until(world, is_empty);
	assert_true(discovery_findings(world->discovery)[0].found);
	assert_int_equal(discovery_findings(world->discovery)[0].series, 0);
}

static bool has_all_of_first(struct world *world)
{
	return has(world, "a") && has(world, "again");
}

static bool knows_nothing(struct world *world)
{
	return world->published > 1 && catalog_count(world->catalog, false) == 0;
}

static void test_resources_change(void **state)
{
	struct world *world = *state;
	struct resource_table *none = resource_table_new();

	series(world, 0, "a");
	series(world, 1, "b");
	world->steps[2] = world->steps[0];
	world->steps[3] = world->steps[0];
	run_until(world, has_all);
	discovery_set_resources(world->discovery, none);
	run_until(world, knows_nothing);
	discovery_set_resources(world->discovery, world->resources);
	run_until(world, has_all_of_first);
	resource_table_unref(none);
}

static bool has_lost_b(struct world *world)
{
	return world->published > 1 && !has(world, "b");
}

/* The search for b finds it once, and then three times nothing, which may be a Prometheus that has just begun. */
static const struct step *lose_b(void *context, const char *request)
{
	struct world *world = context;
	size_t asked = world->asked_for_b;

	if (strstr(request, "=b&") == NULL) {
		series(world, 0, "a");
		return &world->steps[0];
	}
	world->asked_for_b++;
	if (asked == 0)
		series(world, 1, "b");
	else
		answer(world, 1, "200 OK", NO_SERIES);
	return &world->steps[1];
}

static void test_what_vanishes_is_looked_for_again(void **state)
{
	struct world *world = *state;

	world->server.choose = lose_b;
	world->server.context = world;
	run_until(world, has_lost_b);
	assert_true(has(world, "a"));
	assert_true(world->asked_for_b >= 1 + 1 + 3);
}

/* ---- other rules */

/* Each seriesQuery has an answer of its own, whenever it comes. */
static const struct step *choose(void *context, const char *request)
{
	struct world *world = context;
	static const struct {
		const char *part, *name;
	} known[] = {{"=a%7B", "a"}, {"=b&", "b"}, {"=c&", "c"}};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (strstr(request, known[i].part) == NULL)
			continue;
		series(world, i, known[i].name);
		if (i == 2 && world->c_status)
			answer(world, i, world->c_status, "{}");
		if (i == 2)
			world->steps[i].manner = world->c_manner;
		if (i == 2 && world->c_manner == HANG)
			world->steps[i].bytes = "";
		return &world->steps[i];
	}
	fail_msg("not expected: %s", request);
	return NULL;
}

/* With the rules above in force, asked for once; then the new ones are given. */
static void change_rules(struct world *world)
{
	world->relist_ms = HOUR_MS;
	world->server.choose = choose;
	world->server.context = world;
	run_until(world, has_all);
	assert_int_equal(world->server.requests.count, 2);
	discovery_set_rules(world->discovery, world->new_rules);
	assert_true(has_all(world));
}

static bool serves_new(struct world *world)
{
	return world->of_new > 0;
}

static void test_new_rules_come_whole(void **state)
{
	struct world *world = *state;

	change_rules(world);
	run_until(world, serves_new);
	assert_int_equal(world->of_new, 1);
	assert_true(has(world, "a") && has(world, "c"));
	assert_false(has(world, "b") || has(world, "again"));
	assert_int_equal(world->server.requests.count, 3); /* `a` was not asked for again */
	assert_int_equal(discovery_findings(world->discovery)[0].series, 1);
	assert_true(discovery_findings(world->discovery)[1].found);
}

static bool is_asked_for_c(struct world *world)
{
	return world->server.requests.count == 3;
}

static bool publishes(struct world *world)
{
	return world->published > 0;
}

static void test_new_rules_wait_for_their_series(void **state)
{
	struct world *world = *state;

	world->c_manner = HANG;
	change_rules(world);
	run_until(world, is_asked_for_c);
	discovery_set_resources(world->discovery, world->resources); /* makes a catalog of the rules before */
	world->published = 0;
	run_until(world, publishes);
	assert_int_equal(world->of_new, 0);
	assert_true(has_all(world));
	assert_int_equal(discovery_findings(world->discovery)[1].series, 1); /* of `b` */
}

static void test_deadline_passes(void **state)
{
	struct world *world = *state;

	world->c_manner = HANG;
	world->deadline_ms = 30;
	change_rules(world);
	run_until(world, serves_new);
	assert_true(has(world, "a"));
	assert_false(has(world, "c"));
	assert_false(discovery_findings(world->discovery)[0].asked);
}

static void test_a_failure_is_an_answer(void **state)
{
	struct world *world = *state;

	world->c_status = "500 X";
	change_rules(world);
	run_until(world, serves_new);
	assert_true(has(world, "a"));
	assert_true(discovery_findings(world->discovery)[0].asked);
	assert_false(discovery_findings(world->discovery)[0].found);
}

/* By the rules before, while the new ones still wait: their search ends, and nothing is asked. */
static void test_waiting_rules_are_replaced(void **state)
{
	struct world *world = *state;

	world->c_manner = HANG;
	change_rules(world);
	run_until(world, is_asked_for_c);
	world->published = 0;
	discovery_set_rules(world->discovery, world->rules);
	run_until(world, publishes);
	assert_true(has_all(world));
	assert_int_equal(world->of_new, 0);
	assert_int_equal(world->server.requests.count, 3);
}

static void test_rules_change_many_times(void **state)
{
	struct world *world = *state;

	change_rules(world);
	for (int i = 0; i < 40; i++) {
		world->of_new = 0;
		discovery_set_rules(world->discovery, world->new_rules);
		run_until(world, serves_new);
		assert_true(has(world, "a") && has(world, "c"));
		discovery_set_rules(world->discovery, world->rules);
		if (i % 2)
			run_until(world, has_all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_query_is_asked_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_failure_touches_no_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_last_good_answer_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing_data_loses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_searches_wait_as_they_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resources_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_series_that_end_are_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_vanishes_is_looked_for_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_rules_come_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_rules_wait_for_their_series, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deadline_passes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_failure_is_an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waiting_rules_are_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rules_change_many_times, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
