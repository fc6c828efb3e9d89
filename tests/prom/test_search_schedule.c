/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/prom/search_schedule.h"

#include "model/upstream_error.h"
#include "rows.h"

enum { NOW_MS = 1000000, INTERVAL_MS = 600000 };

static bool finds(struct search_schedule *schedule, int64_t now_ms, bool some, bool had)
{
	return search_schedule_answered(schedule, now_ms, INTERVAL_MS, some, had);
}

static void test_once_an_interval(void **state)
{
	struct search_schedule schedule = {0};

	(void)state;
	assert_true(finds(&schedule, NOW_MS, true, false));
	assert_int_equal(schedule.due_ms, NOW_MS + INTERVAL_MS);
	assert_true(finds(&schedule, NOW_MS, false, false));
	assert_int_equal(schedule.due_ms, NOW_MS + INTERVAL_MS);
}

static void test_failures_wait_longer_and_longer(void **state)
{
	static const int64_t waits[] = {2000, 4000, 8000, 16000, 20000, 20000};
	const struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT};
	struct search_schedule schedule = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		search_schedule_failed(&schedule, NOW_MS, 20000, &problem);
		assert_int_equal(schedule.due_ms, NOW_MS + waits[i]);
	}
	assert_true(finds(&schedule, NOW_MS, true, true));
	search_schedule_failed(&schedule, NOW_MS, 20000, &problem);
	assert_int_equal(schedule.due_ms, NOW_MS + waits[0]);
}

/* No request may have it sooner than Prometheus wants, either. */
static void test_failures_wait_as_they_are_told(void **state)
{
	const struct upstream_error rest = {.fault = UPSTREAM_STATUS, .wait_ms = 30000};
	const struct upstream_error open = {.fault = UPSTREAM_REFUSED, .wait_ms = 300, .not_asked = true};
	struct search_schedule schedule = {0};

	(void)state;
	search_schedule_failed(&schedule, NOW_MS, INTERVAL_MS, &rest);
	assert_int_equal(schedule.due_ms, NOW_MS + 30000);
	assert_int_equal(search_schedule_soonest(&schedule, NOW_MS), NOW_MS + 30000);
	search_schedule_failed(&schedule, NOW_MS, INTERVAL_MS, &open);
	assert_int_equal(schedule.due_ms, NOW_MS + 300);
	assert_int_equal(schedule.retry_ms, 2000);
}

/* Series that all vanish at once are more often a Prometheus that has just begun than engines that ended. */
static void test_a_loss_is_looked_at_again(void **state)
{
	static const int64_t waits[] = {2000, 4000, 8000};
	struct search_schedule schedule = {0};
	int64_t now_ms = NOW_MS;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		assert_false(finds(&schedule, now_ms, false, true));
		assert_int_equal(schedule.due_ms, now_ms + waits[i]);
		now_ms = schedule.due_ms;
	}
	assert_true(finds(&schedule, now_ms, false, true));
	assert_int_equal(schedule.due_ms, now_ms + INTERVAL_MS);
}

static void test_a_loss_that_was_none(void **state)
{
	struct search_schedule schedule = {0};

	(void)state;
	assert_false(finds(&schedule, NOW_MS, false, true));
	assert_false(finds(&schedule, NOW_MS, false, true));
	assert_true(finds(&schedule, NOW_MS, true, true));
	assert_int_equal(schedule.due_ms, NOW_MS + INTERVAL_MS);
	assert_false(finds(&schedule, NOW_MS, false, true));
	assert_int_equal(schedule.due_ms, NOW_MS + 2000);
}

/* Asked all the time, a search is made 1, 2, 4, and then 8 seconds after the one before. */
static void test_requests_have_it_sooner(void **state)
{
	static const int64_t pauses[] = {1000, 2000, 4000, 8000, 8000};
	struct search_schedule schedule = {0};
	int64_t now_ms = NOW_MS;

	(void)state;
	assert_int_equal(search_schedule_soonest(&schedule, now_ms), now_ms);
	for (size_t i = 0; i < COUNT_OF(pauses); i++) {
		assert_true(finds(&schedule, now_ms, false, false));
		search_schedule_hasten(&schedule, now_ms + 1);
		assert_int_equal(schedule.due_ms, now_ms + pauses[i]);
		now_ms = schedule.due_ms;
	}
	assert_true(finds(&schedule, now_ms, true, false));
	assert_true(finds(&schedule, now_ms, false, false));
	assert_int_equal(search_schedule_soonest(&schedule, now_ms), now_ms + pauses[0]);
	assert_int_equal(search_schedule_soonest(&schedule, now_ms + 3000), now_ms + 3000);
}

static void test_no_pause_is_longer_than_the_interval(void **state)
{
	const struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT};
	struct search_schedule schedule = {0};

	(void)state;
	assert_true(search_schedule_answered(&schedule, NOW_MS, 500, false, false));
	assert_int_equal(schedule.allowed_ms, NOW_MS + 500);
	assert_false(search_schedule_answered(&schedule, NOW_MS, 500, false, true));
	assert_int_equal(schedule.due_ms, NOW_MS + 500);
	search_schedule_failed(&schedule, NOW_MS, 500, &problem);
	assert_int_equal(schedule.due_ms, NOW_MS + 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_an_interval),
		cmocka_unit_test(test_failures_wait_longer_and_longer),
		cmocka_unit_test(test_failures_wait_as_they_are_told),
		cmocka_unit_test(test_a_loss_is_looked_at_again),
		cmocka_unit_test(test_a_loss_that_was_none),
		cmocka_unit_test(test_requests_have_it_sooner),
		cmocka_unit_test(test_no_pause_is_longer_than_the_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
