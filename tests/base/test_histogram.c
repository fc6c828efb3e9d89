/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include "../rows.h"
#include "../bucket_sum.h"

static struct observe_case {
	const char *name;
	double seconds;
	size_t bucket;
	double sum;
} cases[] = {
	{"nothing", 0, 0, 0},
	{"less than nothing", -1, 0, 0},
	{"below the first bound", .004, 0, .004},
	{"a bound belongs to its bucket", .005, 0, .005},
	{"just above it", .0050001, 1, .0050001},
	{"between", .3, 6, .3},
	{"the last bound", 10, 10, 10},
	{"above all", 10.5, 11, 10.5},
};

static void test_observe(void **state)
{
	const struct observe_case *c = *state;
	struct histogram histogram = {0};

	histogram_observe(&histogram, c->seconds);
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		assert_int_equal(histogram.buckets[i], i == c->bucket);
	assert_true(histogram.sum >= c->sum && histogram.sum <= c->sum);
}

static void test_count_is_of_all_below(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	histogram_observe(&histogram, .001);
	histogram_observe(&histogram, .02);
	histogram_observe(&histogram, .02);
	histogram_observe(&histogram, 60);
	assert_int_equal(bucket_sum(histogram.buckets, 0), 1);
	assert_int_equal(bucket_sum(histogram.buckets, 1), 1);
	assert_int_equal(bucket_sum(histogram.buckets, 2), 3);
	assert_int_equal(bucket_sum(histogram.buckets, HISTOGRAM_BOUNDS - 1), 3);
	assert_int_equal(bucket_sum(histogram.buckets, HISTOGRAM_BOUNDS), 4);
}

static void test_no_number(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	histogram_observe(&histogram, __builtin_nan(""));
	assert_int_equal(bucket_sum(histogram.buckets, HISTOGRAM_BOUNDS), 0);
	assert_true(histogram.sum >= 0);
}

static void test_bounds_ascend(void **state)
{
	(void)state;
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(histogram_bounds[i] > histogram_bounds[i - 1]);
}

static struct age_case {
	const char *name;
	double seconds;
	size_t bucket;
} ages[] = {
	{"new", 0, 0},
	{"of the future", -5, 0},
	{"a second belongs to its bucket", 1, 0},
	{"more than a second", 1.001, 1},
	{"half a minute", 30, 11},
	{"five minutes", 300, 19},
	{"older than all bounds", 400, 20},
};

static void test_age(void **state)
{
	const struct age_case *c = *state;
	struct age_histogram histogram = {0};

	histogram_observe_age(&histogram, c->seconds);
	for (size_t i = 0; i <= AGE_BOUNDS; i++)
		assert_int_equal(histogram.buckets[i], i == c->bucket);
	histogram_observe_age(&histogram, 2);
	assert_int_equal(bucket_sum(histogram.buckets, AGE_BOUNDS), 2);
}

static void test_age_bounds_grow(void **state)
{
	(void)state;
	for (size_t i = 1; i < AGE_BOUNDS; i++)
		assert_true(histogram_age_bounds[i] > 1.3639 * histogram_age_bounds[i - 1] &&
			    histogram_age_bounds[i] < 1.3641 * histogram_age_bounds[i - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count_is_of_all_below),
		cmocka_unit_test(test_no_number),
		cmocka_unit_test(test_bounds_ascend),
		cmocka_unit_test(test_age_bounds_grow),
	};
	int failed = RUN_ROWS(cases, test_observe);

	failed += RUN_ROWS(ages, test_age);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
