/* SPDX-License-Identifier: Apache-2.0 */
#include "model/policy.h"

#include <math.h>

#include "model/rule_spec.h"
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
	{"just not too far ahead", 1, -30000, 300000, VERDICT_GOOD, 1000},
	{"too far ahead", 1, -30001, 300000, VERDICT_FUTURE, -7},
	{"a year ahead, any age is fine", 1, -INT64_C(31536000000), 0, VERDICT_FUTURE, -7},
};

static enum verdict judge(const struct policy *policy, double value, int64_t time_ms, int64_t *milli)
{
	struct number number = {.milli = *milli};
	enum verdict verdict = policy_take(policy, &number, value, time_ms);

	*milli = number.milli;
	return verdict;
}

static void test_gate(void **state)
{
	const struct gate_case *c = *state;
	const struct policy policy = {.now_ms = NOW, .max_sample_age_ms = c->max_age_ms, .max_ahead_ms = 30000};
	int64_t milli = -7;

	assert_int_equal(judge(&policy, c->value, NOW - c->age_ms, &milli), c->verdict);
	assert_int_equal(milli, c->milli); /* untouched unless good */
}

static void test_no_limit_ahead(void **state)
{
	const struct policy policy = {.now_ms = NOW};
	int64_t milli = -7;

	(void)state;
	assert_int_equal(judge(&policy, 1, NOW + INT64_C(31536000000), &milli), VERDICT_GOOD);
}

static void test_not_negative(void **state)
{
	const struct policy policy = {.now_ms = NOW, .not_negative = true};
	int64_t milli = -7;

	(void)state;
	assert_int_equal(judge(&policy, -0.001, NOW, &milli), VERDICT_NEGATIVE);
	assert_int_equal(judge(&policy, -INFINITY, NOW, &milli), VERDICT_INFINITE);
	assert_int_equal(milli, -7);
	assert_int_equal(judge(&policy, -0.0009, NOW, &milli), VERDICT_GOOD);
	assert_int_equal(milli, 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_NAN), "NaN");
	assert_string_equal(verdict_name(VERDICT_STALE), "stale");
}

/* ---- +Inf as a number */

static struct infinite_case {
	const char *name;
	double value;
	int64_t age_ms;
	enum verdict verdict;
	int64_t milli;
} infinite_cases[] = {
	{"plus infinity is the number", INFINITY, 0, VERDICT_GOOD, 1000000000},
	{"minus infinity is none", -INFINITY, 0, VERDICT_INFINITE, -7},
	{"NaN is none", NAN, 0, VERDICT_NAN, -7},
	{"a number stays", 3, 0, VERDICT_GOOD, 3000},
	{"a larger number stays", 2e6, 0, VERDICT_GOOD, 2000000000},
	{"old infinity", INFINITY, 300001, VERDICT_STALE, -7},
};

static void test_infinite(void **state)
{
	const struct infinite_case *c = *state;
	const struct policy policy = {.now_ms = NOW, .max_sample_age_ms = 300000, .infinite = 1e6};
	int64_t milli = -7;

	assert_int_equal(judge(&policy, c->value, NOW - c->age_ms, &milli), c->verdict);
	assert_int_equal(milli, c->milli);
}

/* ---- several samples of one object */

static struct duplicate_case {
	const char *name;
	enum on_duplicate on_duplicate;
	double infinite;
	struct {
		double value;
		int64_t age_ms; /* -1: no more samples */
	} samples[3];
	enum verdict verdict;
	int64_t milli, age_ms; /* of a good one */
} duplicate_cases[] = {
	{"last: one", DUPLICATE_LAST, 0, {{1, 5}, {0, -1}}, VERDICT_GOOD, 1000, 5},
	{"last: two", DUPLICATE_LAST, 0, {{1, 5}, {2, 7}, {0, -1}}, VERDICT_GOOD, 2000, 7},
	{"last: a bad one last", DUPLICATE_LAST, 0, {{1, 5}, {NAN, 5}, {0, -1}}, VERDICT_NAN, 0, 0},
	{"last: a bad one first", DUPLICATE_LAST, 0, {{NAN, 5}, {1, 5}, {0, -1}}, VERDICT_GOOD, 1000, 5},
	{"error: one", DUPLICATE_ERROR, 0, {{1, 5}, {0, -1}}, VERDICT_GOOD, 1000, 5},
	{"error: equal ones", DUPLICATE_ERROR, 0, {{1, 5}, {1, 7}, {1, 6}}, VERDICT_GOOD, 1000, 7},
	{"error: two that differ", DUPLICATE_ERROR, 0, {{1, 5}, {2, 5}, {0, -1}}, VERDICT_DUPLICATE, 0, 0},
	{"error: the last differs", DUPLICATE_ERROR, 0, {{1, 5}, {1, 5}, {3, 5}}, VERDICT_DUPLICATE, 0, 0},
	{"error: the second differs", DUPLICATE_ERROR, 0, {{1, 5}, {2, 5}, {1, 5}}, VERDICT_DUPLICATE, 0, 0},
	{"error: one of them NaN", DUPLICATE_ERROR, 0, {{1, 5}, {NAN, 5}, {0, -1}}, VERDICT_DUPLICATE, 0, 0},
	{"error: the first NaN", DUPLICATE_ERROR, 0, {{NAN, 5}, {1, 5}, {0, -1}}, VERDICT_DUPLICATE, 0, 0},
	{"error: both NaN", DUPLICATE_ERROR, 0, {{NAN, 5}, {NAN, 5}, {0, -1}}, VERDICT_NAN, 0, 0},
	{"unsaid: two that differ", DUPLICATE_UNSAID, 0, {{1, 5}, {2, 5}, {0, -1}}, VERDICT_DUPLICATE, 0, 0},
	{"sum: one", DUPLICATE_SUM, 0, {{1, 5}, {0, -1}}, VERDICT_GOOD, 1000, 5},
	{"sum: three, the oldest time", DUPLICATE_SUM, 0, {{1, 5}, {2, 9}, {4, 7}}, VERDICT_GOOD, 7000, 9},
	{"sum: truncated at the end", DUPLICATE_SUM, 0, {{0.0005, 5}, {0.0005, 5}, {0, -1}}, VERDICT_GOOD, 1, 5},
	{"sum: one of them bad", DUPLICATE_SUM, 0, {{1, 5}, {NAN, 5}, {4, 5}}, VERDICT_NAN, 0, 0},
	{"sum: the first bad", DUPLICATE_SUM, 0, {{NAN, 5}, {2, 5}, {4, 5}}, VERDICT_NAN, 0, 0},
	{"sum: one of them stale", DUPLICATE_SUM, 0, {{1, 5}, {2, 300001}, {0, -1}}, VERDICT_STALE, 0, 0},
	{"sum: out of range together", DUPLICATE_SUM, 0, {{9e15, 5}, {9e15, 5}, {0, -1}}, VERDICT_RANGE, 0, 0},
	{"sum: infinite", DUPLICATE_SUM, 50, {{1, 5}, {INFINITY, 5}, {2, 5}}, VERDICT_GOOD, 50000, 5},
	{"max: the first", DUPLICATE_MAX, 0, {{3, 5}, {2, 9}, {1, 7}}, VERDICT_GOOD, 3000, 9},
	{"max: the last", DUPLICATE_MAX, 0, {{-3, 5}, {-2, 4}, {-1, 3}}, VERDICT_GOOD, -1000, 5},
	{"max: one of them bad", DUPLICATE_MAX, 0, {{3, 5}, {-INFINITY, 5}, {1, 5}}, VERDICT_INFINITE, 0, 0},
};

static void test_duplicates(void **state)
{
	const struct duplicate_case *c = *state;
	const struct policy policy = {
		.now_ms = NOW, .max_sample_age_ms = 300000, .infinite = c->infinite, .on_duplicate = c->on_duplicate};
	struct number number = {0};
	enum verdict verdict = VERDICT_COUNT;

	assert_false(number_good(&number));
	for (size_t i = 0; i < COUNT_OF(c->samples) && c->samples[i].age_ms >= 0; i++)
		verdict = policy_take(&policy, &number, c->samples[i].value, NOW - c->samples[i].age_ms);
	assert_int_equal(verdict, c->verdict);
	assert_int_equal(number.verdict, c->verdict);
	assert_int_equal(number_good(&number), c->verdict == VERDICT_GOOD);
	if (c->verdict == VERDICT_GOOD) {
		assert_int_equal(number.milli, c->milli);
		assert_int_equal(number.time_ms, NOW - c->age_ms);
	}
}

/* ---- ages that were asked for */

static struct age_case {
	const char *name;
	int64_t age_ms, max_age_ms;
	enum verdict verdict;
	int64_t want_age_ms;
} age_cases[] = {
	{"older than the sample", 60000, 300000, VERDICT_GOOD, 60000},
	{"younger than the sample", -1000, 300000, VERDICT_GOOD, 0},
	{"just fresh", 300000, 300000, VERDICT_GOOD, 300000},
	{"stale", 300001, 300000, VERDICT_STALE, 300001},
	{"any age", 900000, 0, VERDICT_GOOD, 900000},
	{"of the future", -30001, 300000, VERDICT_FUTURE, 0},
};

static void test_age(void **state)
{
	const struct age_case *c = *state;
	const struct policy policy = {.now_ms = NOW, .max_sample_age_ms = c->max_age_ms, .max_ahead_ms = 30000};
	struct number number = {0};
	struct number bad = {0};

	policy_take(&policy, &number, 1, NOW);
	assert_int_equal(policy_age(&policy, &number, NOW - c->age_ms), c->verdict);
	assert_int_equal(number.time_ms, NOW - c->want_age_ms);
	policy_take(&policy, &bad, NAN, NOW);
	assert_int_equal(policy_age(&policy, &bad, NOW - c->age_ms), VERDICT_NAN);
}

/* ---- what a rule says */

static void test_rule(void **state)
{
	const struct rule_spec silent = {0};
	const struct rule_spec telling = {.extension = {.infinite = 5,
							.has_max_sample_age = true,
							.max_sample_age_ms = 0,
							.on_duplicate = DUPLICATE_MAX}};
	struct policy policy = policy_of(&silent, NOW, 300000, 30000, DUPLICATE_LAST);

	(void)state;
	assert_int_equal(policy.now_ms, NOW);
	assert_int_equal(policy.max_sample_age_ms, 300000);
	assert_int_equal(policy.max_ahead_ms, 30000);
	assert_true(policy.infinite >= 0 && policy.infinite <= 0);
	assert_int_equal(policy.on_duplicate, DUPLICATE_LAST);
	policy = policy_of(&telling, NOW, 300000, 30000, DUPLICATE_LAST);
	assert_int_equal(policy.max_sample_age_ms, 0);
	assert_true(policy.infinite >= 5 && policy.infinite <= 5);
	assert_int_equal(policy.on_duplicate, DUPLICATE_MAX);
}

/* ---- pods */

static struct pod_case {
	const char *name;
	struct extension_spec extension;
	struct pod_facts pod;
	bool counts;
} pod_cases[] = {
	{"ready", {.drop_not_ready = false}, {.ready = true}, true},
	{"not ready", {.drop_not_ready = false}, {0}, true},
	{"deleting", {.drop_not_ready = false}, {.deleting = true, .ready = true}, false},
	{"failed", {.drop_not_ready = false}, {.failed = true}, false},
	{"drop: ready", {.drop_not_ready = true}, {.ready = true}, true},
	{"drop: not ready", {.drop_not_ready = true}, {0}, false},
	{"30 s: long enough", {.min_ready_s = 30}, {.ready = true, .ready_since_s = 970}, true},
	{"30 s: not long enough", {.min_ready_s = 30}, {.ready = true, .ready_since_s = 971}, false},
	{"30 s: nobody knows since when", {.min_ready_s = 30}, {.ready = true}, false},
	{"30 s: not ready any more", {.min_ready_s = 30}, {.ready_since_s = 900}, false},
};

static void test_pod(void **state)
{
	const struct pod_case *c = *state;
	const struct rule_spec rule = {.extension = c->extension};
	const struct pod_policy policy = pod_policy_of(&rule);

	assert_int_equal(pod_counts(&policy, &c->pod, 1000), c->counts);
}

/* ---- counting */

static void test_counting(void **state)
{
	static const char *const names[DROP_COUNT] = {"nan",	 "infinite",   "negative",  "range",
						      "stale",	 "future",     "duplicate", "unknown_age",
						      "foreign", "unlabelled", "malformed", "not_live"};
	struct policy_stats stats = {0};

	(void)state;
	for (enum drop drop = 0; drop < DROP_COUNT; drop++)
		assert_string_equal(drop_name(drop), names[drop]);
	for (enum verdict verdict = VERDICT_GOOD; verdict < VERDICT_COUNT; verdict++)
		policy_count_refused(&stats, verdict, (size_t)verdict);
	for (enum drop drop = DROP_NAN; drop <= DROP_UNKNOWN_AGE; drop++)
		assert_int_equal(stats.dropped[drop], drop + 1);
	assert_int_equal(stats.dropped[DROP_FOREIGN], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_no_limit_ahead),
					   cmocka_unit_test(test_not_negative), cmocka_unit_test(test_rule),
					   cmocka_unit_test(test_counting)};

	return RUN_ROWS(gate_cases, test_gate) + RUN_ROWS(infinite_cases, test_infinite) +
	       RUN_ROWS(duplicate_cases, test_duplicates) + RUN_ROWS(age_cases, test_age) +
	       RUN_ROWS(pod_cases, test_pod) + cmocka_run_group_tests(tests, NULL, NULL);
}
