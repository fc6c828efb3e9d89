/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <math.h>

const double histogram_bounds[HISTOGRAM_BOUNDS] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

const double histogram_age_bounds[AGE_BOUNDS] = {1,
						 1.364,
						 1.8604960000000004,
						 2.5377165440000007,
						 3.4614453660160014,
						 4.721411479245826,
						 6.440005257691307,
						 8.784167171490942,
						 11.981604021913647,
						 16.342907885890217,
						 22.291726356354257,
						 30.405914750067208,
						 41.47366771909167,
						 56.57008276884105,
						 77.16159289669919,
						 105.2484127110977,
						 143.55883493793726,
						 195.81425085534644,
						 267.09063816669254,
						 364.31163045936864};

static void observe(const double *bounds, size_t bound_count, double seconds, uint64_t *buckets, double *sum)
{
	size_t bucket = 0;

	if (isnan(seconds)) /* NaN would stay in the sum for ever */
		return;
	if (seconds < 0)
		seconds = 0;
	while (bucket < bound_count && seconds > bounds[bucket])
		bucket++;
	buckets[bucket]++;
	*sum += seconds;
}

void histogram_observe(struct histogram *histogram, double seconds)
{
	observe(histogram_bounds, HISTOGRAM_BOUNDS, seconds, histogram->buckets, &histogram->sum);
}

void histogram_observe_age(struct age_histogram *histogram, double seconds)
{
	observe(histogram_age_bounds, AGE_BOUNDS, seconds, histogram->buckets, &histogram->sum);
}
