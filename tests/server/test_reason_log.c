/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/server/reason_log.h"

#include "rows.h"

#include "server/request_record.h"

static bool tell(struct reason_log *log, const char *reason, int64_t now_ms)
{
	const struct request_record record = {
		.path = STR("/apis/g/v/pods/x/m"), .status = 404, .code = REASON_NO_SERIES};

	return reason_log_write(log, &record, str_of(reason), now_ms);
}

static bool tell_of_upstream(struct reason_log *log, enum reason_code code, const char *reason, int64_t now_ms)
{
	const struct request_record record = {.path = STR("/apis/g/v/pods/x/m"), .status = 500, .code = code};

	return reason_log_write(log, &record, str_of(reason), now_ms);
}

/* Each metric has words of its own for it. */
static void test_once_for_all_metrics(void **state)
{
	CLEANUP(reason_log_free_at) struct reason_log *log = reason_log_new();

	(void)state;
	assert_true(tell_of_upstream(log, REASON_REFUSED, "no connection (rule a)", 1));
	assert_false(tell_of_upstream(log, REASON_REFUSED, "no connection (rule b)", 2));
	assert_true(tell_of_upstream(log, REASON_TIMEOUT, "no answer (rule b)", 3));
	assert_true(tell_of_upstream(log, REASON_QUERY_REFUSED, "no PromQL (rule a)", 4));
	assert_true(tell_of_upstream(log, REASON_QUERY_REFUSED, "no PromQL (rule b)", 5));
	assert_true(tell_of_upstream(log, REASON_REFUSED, "no connection (rule b)", 1 + REASON_LOG_MS));
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
		cmocka_unit_test(test_once_for_all_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
