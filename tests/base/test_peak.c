/* SPDX-License-Identifier: Apache-2.0 */
#include "base/peak.h"

#include "../rows.h"

enum { START_MS = 100 * PEAK_MS, LATER_MS = START_MS + PEAK_MS, LAST_MS = LATER_MS + PEAK_MS };

static struct peak_case {
	const char *name;
	int64_t values[3]; /* at START_MS, and 0 and 1 ms into the minute after it; 0: none */
	int64_t asked_ms, want;
} cases[] = {
	{"nothing", {0}, START_MS, 0},
	{"one", {5}, START_MS, 5},
	{"seen a minute later", {5}, LATER_MS + PEAK_MS - 1, 5},
	{"forgotten after two", {5}, LAST_MS, 0},
	{"forgotten long after", {5}, 5 * LAST_MS, 0},
	{"a lower one does not hide it", {5, 3}, LATER_MS, 5},
	{"a higher one takes its place", {5, 3, 7}, LATER_MS, 7},
	{"the lower one stays longer", {5, 3, 2}, LAST_MS, 3},
};

static void test_peak(void **state)
{
	const struct peak_case *c = *state;
	const int64_t times[] = {START_MS, LATER_MS, LATER_MS + 1};
	struct peak peak = {0};

	for (size_t i = 0; i < COUNT_OF(times); i++)
		if (c->values[i])
			peak_observe(&peak, c->values[i], times[i]);
	assert_int_equal(peak_value(&peak, c->asked_ms), c->want);
	assert_int_equal(peak_value(&peak, c->asked_ms), c->want); /* to look changes nothing */
}

int main(void)
{
	return RUN_ROWS(cases, test_peak);
}
