/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.h - how often something took how long, in Prometheus' usual buckets from 5 ms to 10 s; and how old something was, in
   those of the reference's metrics servers from 1 s to six minutes. Zeroed at first. */
#ifndef GAUGELET_BASE_HISTOGRAM_H
#define GAUGELET_BASE_HISTOGRAM_H

#include "base/base.h"

enum { HISTOGRAM_BOUNDS = 11 };

extern const double histogram_bounds[HISTOGRAM_BOUNDS]; /* in seconds, ascending; each belongs to its own bucket */

struct histogram {
	uint64_t buckets[HISTOGRAM_BOUNDS + 1]; /* each for itself; the last is for all above */
	double sum;
};

/* Less than nothing counts as nothing, and what is no number not at all. */
void histogram_observe(struct histogram *histogram, double seconds);

enum { AGE_BOUNDS = 20 };

extern const double histogram_age_bounds[AGE_BOUNDS];

struct age_histogram {
	uint64_t buckets[AGE_BOUNDS + 1];
	double sum;
};

void histogram_observe_age(struct age_histogram *histogram, double seconds);

#endif
