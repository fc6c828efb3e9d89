/* SPDX-License-Identifier: Apache-2.0 */
/* A request that misses a metric. */
#include "discovery_world.h"

static void looked(void *context)
{
	struct world *world = context;

	world->looks++;
}

static void wait_for(struct world *world, struct discovery_wait *wait, size_t series_query)
{
	*wait = (struct discovery_wait){.handler = looked, .context = world, .since_ms = loop_now_ms(world->loop)};
	assert_true(discovery_wait(world->discovery, world->rules, series_query, loop_now_ms(world->loop) + PATIENCE_MS,
				   wait));
}

static bool has_looked(struct world *world)
{
	return world->looks > 0;
}

static bool starts(struct world *world)
{
	(void)world;
	return true;
}

static bool both_asked(struct world *world)
{
	const struct series_finding *findings = discovery_findings(world->discovery);

	return findings[0].asked && findings[1].asked;
}

/* They appear after the first search, and it is an hour to the next one. */
static void test_a_request_finds_what_has_come(void **state)
{
	struct world *world = *state;
	struct discovery_wait waits[2];

	world->relist_ms = HOUR_MS;
	answer(world, 0, "200 OK", NO_SERIES);
	world->steps[1] = world->steps[0];
	series(world, 2, "b");
	run_until(world, both_asked);
	assert_true(discovery_findings(world->discovery)[1].next_ms > 0);
	wait_for(world, &waits[0], 1);
	wait_for(world, &waits[1], 1);
	run_until(world, has_looked);
	assert_int_equal(world->looks, 2);
	assert_true(has(world, "b"));
	assert_int_equal(world->server.requests.count, 3);
	assert_false(discovery_wait(world->discovery, world->rules, 1, INT64_MAX, &waits[0])); /* it has some */
}

/* Before the first answer it waits for that alone: what was asked before the request came is none. */
static void test_a_request_is_told_of_nothing(void **state)
{
	struct world *world = *state;
	struct discovery_wait wait, gone;

	world->relist_ms = HOUR_MS;
	answer(world, 0, "200 OK", NO_SERIES);
	answer(world, 1, "200 OK", NO_SERIES);
	answer(world, 2, "500 X", "{}");
	run_until(world, starts);
	wait_for(world, &wait, 1);
	wait_for(world, &gone, 1);
	discovery_wait_cancel(&gone);
	discovery_wait_cancel(&gone);
	run_until(world, has_looked);
	assert_int_equal(world->looks, 1);
	assert_true(discovery_findings(world->discovery)[1].asked);
	assert_int_equal(discovery_findings(world->discovery)[1].series, 0);
	/* It was looked for since. */
	assert_false(discovery_wait(world->discovery, world->rules, 1, INT64_MAX, &wait));
}

/* Within the pause one waits; who has less time than that, or comes later, is told at once. */
static void test_few_wait_for_a_pause(void **state)
{
	struct world *world = *state;
	struct discovery_wait wait, late;
	int64_t now_ms;

	world->relist_ms = HOUR_MS;
	world->steps[0] = (struct step){HEAD("429 X", "Retry-After: 30\r\nContent-Length: 0\r\n"), KEEP, 0};
	world->steps[1] = world->steps[0];
	run_until(world, both_asked);
	now_ms = loop_now_ms(world->loop);
	late = (struct discovery_wait){.handler = looked, .context = world, .since_ms = now_ms + 1};
	assert_false(discovery_wait(world->discovery, world->rules, 1, now_ms + 29000, &late));
	wait = late;
	assert_true(discovery_wait(world->discovery, world->rules, 1, now_ms + 60000, &wait));
	assert_false(discovery_wait(world->discovery, world->rules, 1, now_ms + 60000, &late));
	assert_false(discovery_wait(world->discovery, world->new_rules, 0, now_ms + 60000, &late));
	discovery_wait_cancel(&wait);
	assert_true(discovery_wait(world->discovery, world->rules, 1, now_ms + 60000, &late));
	discovery_wait_cancel(&late);
}

/* ---- other rules */

static const struct step *lose_all_but_new(void *context, const char *request)
{
	struct world *world = context;

	if (strstr(request, "=c&")) {
		series(world, 2, "c");
		return &world->steps[2];
	}
	answer(world, 0, "200 OK", NO_SERIES);
	return &world->steps[0];
}

static bool serves_new(struct world *world)
{
	return world->of_new > 0;
}

/* Who waits for what only the rules before asked has to plan anew. */
static void test_new_rules_end_the_wait(void **state)
{
	struct world *world = *state;
	struct discovery_wait wait;

	world->relist_ms = HOUR_MS;
	world->server.choose = lose_all_but_new;
	world->server.context = world;
	run_until(world, both_asked);
	wait = (struct discovery_wait){
		.handler = looked, .context = world, .since_ms = loop_now_ms(world->loop) + HOUR_MS};
	assert_true(discovery_wait(world->discovery, world->rules, 1, INT64_MAX, &wait));
	discovery_set_rules(world->discovery, world->new_rules);
	run_until(world, serves_new);
	assert_int_equal(world->looks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_request_finds_what_has_come, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_request_is_told_of_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_few_wait_for_a_pause, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_rules_end_the_wait, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
