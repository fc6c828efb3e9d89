/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - the one gate between a sample and a number that an HPA acts on. What does not pass is absent, never 0. */
#ifndef GAUGELET_MODEL_POLICY_H
#define GAUGELET_MODEL_POLICY_H

#include "base/base.h"

enum verdict {
	VERDICT_GOOD,
	VERDICT_NAN,
	VERDICT_INFINITE,
	VERDICT_RANGE, /* does not fit a quantity: thousandths in 64 bits */
	VERDICT_STALE,
	VERDICT_COUNT,
};

struct policy {
	int64_t now_ms;		   /* since 1970 */
	int64_t max_sample_age_ms; /* 0: any */
};

/* On VERDICT_GOOD *ret_milli is the value in thousandths, truncated toward zero (rules.md 9). */
enum verdict policy_judge(const struct policy *policy, double value, int64_t time_ms, int64_t *ret_milli);

/* "NaN", "infinite", ... for messages. */
const char *verdict_name(enum verdict verdict);

#endif
