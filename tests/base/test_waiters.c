/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/waiters.h"

/* What somebody does when told. */
enum act { NOTHING, LEAVE_OTHER, WAIT_AGAIN, OTHER_WAITS_AGAIN, END_ALL };

struct somebody {
	struct waiter waiter;
	enum act act;
	unsigned told;
};

static struct {
	struct waiters *waiters;
	struct somebody somebody[3];
} world;

static int teardown(void **state)
{
	(void)state;
	free(world.waiters);
	return 0;
}

static void told(struct waiter *waiter, const void *news)
{
	struct somebody *somebody = LIST_OF(waiter, struct somebody, waiter);
	struct somebody *other = &world.somebody[2];

	assert_ptr_equal(news, &world);
	assert_false(waiter_waits(waiter));
	somebody->told++;
	switch (somebody->act) {
	case NOTHING:
		break;
	case OTHER_WAITS_AGAIN:
		assert_null(waiter_leave(&other->waiter));
		waiters_add(world.waiters, &other->waiter);
		break;
	case LEAVE_OTHER:
		assert_null(waiter_leave(&other->waiter)); /* the news is there: nothing may be ended */
		break;
	case WAIT_AGAIN:
		waiters_add(world.waiters, waiter);
		break;
	case END_ALL:
		free(world.waiters);
		world.waiters = NULL;
		break;
	}
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.waiters = xnew(struct waiters);
	waiters_init(world.waiters);
	for (size_t i = 0; i < COUNT_OF(world.somebody); i++) {
		world.somebody[i].waiter.handler = told;
		waiters_add(world.waiters, &world.somebody[i].waiter);
	}
	return 0;
}

static void assert_told(unsigned first, unsigned second, unsigned third)
{
	assert_int_equal(world.somebody[0].told, first);
	assert_int_equal(world.somebody[1].told, second);
	assert_int_equal(world.somebody[2].told, third);
}

static void test_all_are_told_once(void **state)
{
	(void)state;
	assert_true(waiters_any(world.waiters));
	assert_true(waiter_waits(&world.somebody[1].waiter));
	waiters_tell(world.waiters, &world);
	assert_told(1, 1, 1);
	assert_false(waiters_any(world.waiters));
	waiters_tell(world.waiters, &world);
	assert_told(1, 1, 1);
}

static void test_the_last_to_leave(void **state)
{
	(void)state;
	assert_null(waiter_leave(&world.somebody[1].waiter));
	assert_null(waiter_leave(&world.somebody[1].waiter)); /* again */
	assert_null(waiter_leave(&world.somebody[0].waiter));
	assert_ptr_equal(waiter_leave(&world.somebody[2].waiter), world.waiters);
	waiters_tell(world.waiters, &world);
	assert_told(0, 0, 0);
}

static void test_leaves_while_others_are_told(void **state)
{
	(void)state;
	world.somebody[0].act = LEAVE_OTHER;
	waiters_tell(world.waiters, &world);
	assert_told(1, 1, 0);
}

/* Who waits again waits for the next news, whether he was told already or not. */
static void test_waits_again(void **state)
{
	(void)state;
	world.somebody[0].act = WAIT_AGAIN;
	world.somebody[1].act = OTHER_WAITS_AGAIN;
	waiters_tell(world.waiters, &world);
	assert_told(1, 1, 0);
	world.somebody[0].act = NOTHING;
	waiters_tell(world.waiters, &world);
	assert_told(2, 1, 1);
}

static void test_everything_ends(void **state)
{
	(void)state;
	world.somebody[1].act = END_ALL;
	waiters_tell(world.waiters, &world);
	assert_told(1, 1, 1);
}

/* What they waited for ends before they are told. */
static void test_taken(void **state)
{
	struct waiters taken;

	(void)state;
	waiters_take(world.waiters, &taken);
	assert_false(waiters_any(world.waiters));
	free(STEAL(world.waiters));
	assert_null(waiter_leave(&world.somebody[2].waiter));
	waiters_tell(&taken, &world);
	assert_told(1, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_are_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_last_to_leave, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leaves_while_others_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_everything_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
	};

	return cmocka_run_group_tests_name("waiters", tests, NULL, NULL);
}
