/* SPDX-License-Identifier: Apache-2.0 */
#include "model/policy.h"

#include <math.h>

#include "rows.h"

enum { NOW = 1000000000 };

static struct gate_case {
	const char *name;
	double value;
	int64_t age_ms, max_age_ms;
	enum verdict verdict;
	int64_t milli;
} gate_cases[] = {
	{"a number", 11, 0, 0, VERDICT_GOOD, 11000},
	{"zero is a number", 0, 0, 0, VERDICT_GOOD, 0},
	{"negative", -1.5, 0, 0, VERDICT_GOOD, -1500},
	{"truncated, not rounded", 34.9729, 0, 0, VERDICT_GOOD, 34972},
	{"the largest", 9.2e15, 0, 0, VERDICT_GOOD, 9200000000000000000},
	{"NaN", NAN, 0, 0, VERDICT_NAN, -7},
	{"plus infinity", INFINITY, 0, 0, VERDICT_INFINITE, -7},
	{"minus infinity", -INFINITY, 0, 0, VERDICT_INFINITE, -7},
	{"too large", 9.3e15, 0, 0, VERDICT_RANGE, -7},
	{"too small", -9.3e15, 0, 0, VERDICT_RANGE, -7},
	{"old, any age is fine", 1, 3600000, 0, VERDICT_GOOD, 1000},
	{"just fresh", 1, 300000, 300000, VERDICT_GOOD, 1000},
	{"just stale", 1, 300001, 300000, VERDICT_STALE, -7},
	{"of the future", 1, -5000, 300000, VERDICT_GOOD, 1000},
};

static void test_gate(void **state)
{
	const struct gate_case *c = *state;
	const struct policy policy = {.now_ms = NOW, .max_sample_age_ms = c->max_age_ms};
	int64_t milli = -7;

	assert_int_equal(policy_judge(&policy, c->value, NOW - c->age_ms, &milli), c->verdict);
	assert_int_equal(milli, c->milli); /* untouched unless good */
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_NAN), "NaN");
	assert_string_equal(verdict_name(VERDICT_STALE), "stale");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return RUN_ROWS(gate_cases, test_gate) + cmocka_run_group_tests(tests, NULL, NULL);
}
