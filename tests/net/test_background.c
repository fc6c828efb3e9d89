/* SPDX-License-Identifier: Apache-2.0 */
#include "net/background.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/loop.h"

struct world {
	struct loop *loop;
	pthread_t worker;
	int worked, done;
};

static int set_up(void **state)
{
	struct world *world = xnew(struct world);
	struct err err = {0};

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	loop_free(world->loop);
	free(world);
	return 0;
}

static void work(void *context)
{
	struct world *world = context;

	world->worker = pthread_self();
	world->worked++;
}

static void done(void *context)
{
	struct world *world = context;

	world->done++;
	loop_stop(world->loop);
}

static void test_works_beside_the_loop(void **state)
{
	struct world *world = *state;
	struct err err = {0};

	assert_non_null(background_start(world->loop, work, done, world, &err));
	loop_run(world->loop);
	assert_int_equal(world->worked, 1);
	assert_int_equal(world->done, 1);
	assert_false(pthread_equal(world->worker, pthread_self()));
}

static void test_stop_waits_and_tells_nobody(void **state)
{
	struct world *world = *state;
	struct loop_timer timer = {.handler = done, .context = world};
	struct background *background;
	struct err err = {0};

	background = background_start(world->loop, work, done, world, &err);
	assert_non_null(background);
	background_stop(background);
	assert_int_equal(world->worked, 1);
	loop_timer_set(world->loop, &timer, 0);
	loop_run(world->loop);
	assert_int_equal(world->done, 1); /* the timer */
}

static void test_no_descriptor_is_left(void **state)
{
	struct world *world = *state;
	struct err err = {0};

	for (int i = 0; i < 2000; i++) {
		assert_non_null(background_start(world->loop, work, done, world, &err));
		loop_run(world->loop);
	}
	assert_int_equal(world->worked, 2000);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_works_beside_the_loop),
		IN_WORLD(test_stop_waits_and_tells_nobody),
		IN_WORLD(test_no_descriptor_is_left),
	};

	background_stop(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
