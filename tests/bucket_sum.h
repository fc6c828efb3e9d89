/* SPDX-License-Identifier: Apache-2.0 */
/* bucket_sum.h - how many observations are in the first buckets of a histogram. */
#ifndef GAUGELET_TESTS_BUCKET_SUM_H
#define GAUGELET_TESTS_BUCKET_SUM_H

#include "base/histogram.h"

static inline uint64_t bucket_sum(const uint64_t *buckets, size_t bound)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= bound; i++)
		sum += buckets[i];
	return sum;
}

#endif
