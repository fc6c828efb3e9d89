/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/stats.h"

#include "../rows.h"
#include "model/upstream_error.h"

static struct count_case {
	const char *name;
	enum upstream_fault fault;
	int status;
	int class; /* -1: none */
} cases[] = {
	{"success", UPSTREAM_OK, 200, 2},
	{"refused query", UPSTREAM_STATUS, 422, 4},
	{"broken gateway", UPSTREAM_STATUS, 502, 5},
	{"odd status", UPSTREAM_STATUS, 999, 0},
	{"refused connection", UPSTREAM_REFUSED, 0, -1},
	{"a login page is no success", UPSTREAM_NOT_JSON, 200, -1},
	{"missing data", UPSTREAM_PARTIAL, 200, -1},
};

static void test_count(void **state)
{
	const struct count_case *c = *state;
	const struct upstream_error problem = {.fault = c->fault, .status = c->status};
	struct prom_path_stats stats = {0};

	prom_path_count(&stats, &problem, c->status, 300, 1);
	for (int i = 0; i < PROM_CLASS_COUNT; i++)
		assert_int_equal(stats.classes[i], i == c->class);
	for (unsigned i = 0; i < UPSTREAM_FAULT_COUNT; i++)
		assert_int_equal(stats.faults[i], c->class < 0 && i == c->fault);
	assert_int_equal(stats.seconds.buckets[6], 1);
	assert_int_equal(stats.retries, 1);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(prom_path_name(PROM_PATH_QUERY), "query");
	assert_string_equal(prom_path_name(PROM_PATH_SERIES), "series");
	assert_string_equal(prom_path_name(PROM_PATH_NAMES), "label/__name__/values");
	for (unsigned fault = 0; fault < UPSTREAM_FAULT_COUNT; fault++)
		for (unsigned other = 0; other < fault; other++)
			assert_string_not_equal(prom_fault_name(fault), prom_fault_name(other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
	int failed = RUN_ROWS(cases, test_count);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
