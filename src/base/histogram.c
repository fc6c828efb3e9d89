/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <math.h>

const double histogram_bounds[HISTOGRAM_BOUNDS] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

void histogram_observe(struct histogram *histogram, double seconds)
{
	size_t bucket = 0;

	if (isnan(seconds)) /* NaN would stay in the sum for ever */
		return;
	if (seconds < 0)
		seconds = 0;
	while (bucket < HISTOGRAM_BOUNDS && seconds > histogram_bounds[bucket])
		bucket++;
	histogram->buckets[bucket]++;
	histogram->sum += seconds;
}

uint64_t histogram_count(const struct histogram *histogram, size_t bound)
{
	uint64_t count = 0;

	CHECK(bound <= HISTOGRAM_BOUNDS);
	for (size_t i = 0; i <= bound; i++)
		count += histogram->buckets[i];
	return count;
}
