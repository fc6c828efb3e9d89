/* SPDX-License-Identifier: Apache-2.0 */
#include "model/policy.h"

#include <math.h>

#include "text/quantity.h"

enum verdict policy_judge(const struct policy *policy, double value, int64_t time_ms, int64_t *ret_milli)
{
	int64_t milli;

	if (isnan(value))
		return VERDICT_NAN;
	if (isinf(value))
		return VERDICT_INFINITE;
	if (!quantity_milli(value, &milli))
		return VERDICT_RANGE;
	if (policy->max_sample_age_ms && time_ms < policy->now_ms - policy->max_sample_age_ms)
		return VERDICT_STALE;
	*ret_milli = milli;
	return VERDICT_GOOD;
}

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_GOOD:
		return "good";
	case VERDICT_NAN:
		return "NaN";
	case VERDICT_INFINITE:
		return "infinite";
	case VERDICT_RANGE:
		return "out of range";
	case VERDICT_STALE:
		return "stale";
	case VERDICT_COUNT:
		break;
	}
	return "unknown";
}
