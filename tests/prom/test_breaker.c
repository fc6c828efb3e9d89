/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/breaker.h"

#include "../rows.h"

enum { NOW_MS = 1000000 };

static struct breaker opened(void)
{
	struct breaker breaker = {0};

	for (int i = 0; i < 4; i++)
		assert_false(breaker_failed(&breaker, NOW_MS));
	assert_int_equal(breaker_state(&breaker, NOW_MS), BREAKER_CLOSED);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 0);
	assert_true(breaker_failed(&breaker, NOW_MS));
	return breaker;
}

static void test_five_failures_open_it(void **state)
{
	struct breaker breaker = opened();

	(void)state;
	assert_int_equal(breaker_state(&breaker, NOW_MS), BREAKER_OPEN);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 500);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS + 499), 1);
	assert_int_equal(breaker_state(&breaker, NOW_MS + 499), BREAKER_OPEN);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS + 500), 0);
	assert_int_equal(breaker_state(&breaker, NOW_MS + 500), BREAKER_HALF_OPEN);
	assert_int_equal(breaker.times_opened, 1);
}

static void test_an_answer_between_begins_anew(void **state)
{
	struct breaker breaker = {0};

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_false(breaker_failed(&breaker, NOW_MS));
		if (i % 4 == 3)
			assert_false(breaker_answered(&breaker));
	}
	assert_int_equal(breaker_state(&breaker, NOW_MS), BREAKER_CLOSED);
}

static void test_one_question_after_each_wait(void **state)
{
	static const int64_t WAITS_MS[] = {1000, 2000, 4000, 5000, 5000};
	struct breaker breaker = opened();
	int64_t now_ms = NOW_MS + 700;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(WAITS_MS); i++) {
		assert_int_equal(breaker_wait_ms(&breaker, now_ms), 0);
		breaker_asked(&breaker, now_ms);
		assert_int_equal(breaker_wait_ms(&breaker, now_ms), WAITS_MS[i]);
		assert_false(breaker_failed(&breaker, now_ms + 1));
		assert_int_equal(breaker_wait_ms(&breaker, now_ms), WAITS_MS[i]);
		now_ms += WAITS_MS[i];
	}
	assert_int_equal(breaker.times_opened, 1);
}

static void test_an_answer_closes_it(void **state)
{
	struct breaker breaker = opened();

	(void)state;
	assert_true(breaker_answered(&breaker)); /* of one that was under way */
	assert_int_equal(breaker_state(&breaker, NOW_MS), BREAKER_CLOSED);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 0);
	assert_false(breaker_answered(&breaker));
	breaker = opened(); /* the first wait is the short one again */
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 500);
}

static void test_asking_changes_nothing_while_closed(void **state)
{
	struct breaker breaker = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		breaker_asked(&breaker, NOW_MS);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 0);
}

static void test_hold(void **state)
{
	struct breaker breaker = {0};

	(void)state;
	breaker_back_off(&breaker, NOW_MS, 3000);
	assert_int_equal(breaker_state(&breaker, NOW_MS), BREAKER_BACKING_OFF);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS + 1000), 2000);
	breaker_back_off(&breaker, NOW_MS + 1000, 500);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS + 1000), 2000);
	(void)breaker_answered(&breaker); /* of one that was asked before */
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS + 1000), 2000);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS + 3000), 0);
	assert_int_equal(breaker_state(&breaker, NOW_MS + 3000), BREAKER_CLOSED);
}

static void test_hold_is_bounded(void **state)
{
	struct breaker breaker = {0};

	(void)state;
	breaker_back_off(&breaker, NOW_MS, INT64_MAX);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 60000);
}

static void test_hold_while_open(void **state)
{
	struct breaker breaker = opened();

	(void)state;
	breaker_back_off(&breaker, NOW_MS, 100);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 500);
	breaker_back_off(&breaker, NOW_MS, 900);
	assert_int_equal(breaker_wait_ms(&breaker, NOW_MS), 900);
	assert_int_equal(breaker_state(&breaker, NOW_MS + 900), BREAKER_HALF_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_five_failures_open_it),
		cmocka_unit_test(test_an_answer_between_begins_anew),
		cmocka_unit_test(test_one_question_after_each_wait),
		cmocka_unit_test(test_an_answer_closes_it),
		cmocka_unit_test(test_asking_changes_nothing_while_closed),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_hold_is_bounded),
		cmocka_unit_test(test_hold_while_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
