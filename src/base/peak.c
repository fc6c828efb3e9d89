/* SPDX-License-Identifier: Apache-2.0 */
#include "base/peak.h"

void peak_observe(struct peak *peak, int64_t value, int64_t now_ms)
{
	int64_t minute = now_ms / PEAK_MS;

	if (minute != peak->minute) {
		peak->before = minute == peak->minute + 1 ? peak->now : 0;
		peak->now = 0;
		peak->minute = minute;
	}
	if (value > peak->now)
		peak->now = value;
}

int64_t peak_value(const struct peak *peak, int64_t now_ms)
{
	struct peak seen = *peak;

	peak_observe(&seen, 0, now_ms);
	return seen.now > seen.before ? seen.now : seen.before;
}
