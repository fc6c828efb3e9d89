/* SPDX-License-Identifier: Apache-2.0 */
/* peak.h - the highest value of the last one to two minutes: whoever looks each minute misses none, and an old one is forgotten.
   Zeroed at first; the clock is passed in and never goes back. */
#ifndef GAUGELET_BASE_PEAK_H
#define GAUGELET_BASE_PEAK_H

#include "base/base.h"

enum { PEAK_MS = 60000 };

struct peak {
	int64_t now, before; /* of this minute, and of the one before */
	int64_t minute;	     /* its number */
};

void peak_observe(struct peak *peak, int64_t value, int64_t now_ms);
int64_t peak_value(const struct peak *peak, int64_t now_ms); /* 0: there was none */

#endif
