/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/server/reason_log.h"

#include "rows.h"

static bool tell(struct reason_log *log, const char *reason, int64_t now_ms)
{
	return reason_log_write(log, STR("/apis/g/v/pods/x/m"), 404, str_of(reason), now_ms);
}

static void test_once_a_minute(void **state)
{
	CLEANUP(reason_log_free_at) struct reason_log *log = reason_log_new();

	(void)state;
	assert_true(tell(log, "no series [no-series]", 5));
	assert_false(tell(log, "no series [no-series]", 5));
	assert_true(tell(log, "no sample [no-samples]", 6));
	assert_false(tell(log, "no series [no-series]", 5 + REASON_LOG_MS - 1));
	assert_true(tell(log, "no series [no-series]", 5 + REASON_LOG_MS));
	assert_false(tell(log, "no series [no-series]", 6 + REASON_LOG_MS));
}

static void test_numbers_make_no_other_reason(void **state)
{
	CLEANUP(reason_log_free_at) struct reason_log *log = reason_log_new();

	(void)state;
	assert_true(tell(log, "the newest is 5m1s old", 0));
	assert_false(tell(log, "the newest is 12m31s old", 1));
	assert_true(tell(log, "the oldest is 12m31s old", 2));
}

static void test_bounded(void **state)
{
	CLEANUP(reason_log_free_at) struct reason_log *log = reason_log_new();
	char reason[8] = "aaa";

	(void)state;
	for (int i = 0; i < REASON_LOG_MOST; i++) {
		reason[0] = (char)('a' + i % 20);
		reason[1] = (char)('a' + i / 20);
		assert_true(tell(log, reason, i));
	}
	assert_false(tell(log, "one too many", REASON_LOG_MOST));
	assert_true(tell(log, "one too many", REASON_LOG_MS)); /* the first has gone */
	assert_false(tell(log, "and another", REASON_LOG_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once_a_minute),
		cmocka_unit_test(test_numbers_make_no_other_reason),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
