/* SPDX-License-Identifier: Apache-2.0 */
#include "client_limits.h"

void client_limits_init(struct client_limits *limits, double qps, unsigned burst, int64_t now_ms)
{
	*limits = (struct client_limits){.qps = qps, .burst = burst > 0 ? burst : 1, .at_ms = now_ms};
	limits->tokens = limits->burst;
}

static void fill(struct client_limits *limits, int64_t now_ms)
{
	double tokens = limits->tokens + (double)(now_ms - limits->at_ms) * limits->qps / 1000;

	limits->tokens = tokens < limits->burst ? tokens : limits->burst;
	limits->at_ms = now_ms;
}

int64_t client_limits_take(struct client_limits *limits, int64_t now_ms, int64_t max_wait_ms)
{
	double wait_ms;

	if (!(limits->qps > 0))
		return 0;
	fill(limits, now_ms);
	wait_ms = (1 - limits->tokens) * 1000 / limits->qps;
	if (max_wait_ms > 0 && wait_ms > (double)max_wait_ms)
		return -1;
	if (wait_ms > 1e12) /* a rate of next to nothing */
		return -1;
	limits->tokens -= 1;
	return wait_ms > 0 ? (int64_t)wait_ms + 1 : 0;
}

void client_limits_give_back(struct client_limits *limits)
{
	limits->tokens += 1;
}
