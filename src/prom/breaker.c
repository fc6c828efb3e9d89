/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/breaker.h"

enum {
	FAILURES = 5, /* in a row, to open it */
	FIRST_DELAY_MS = 500,
	DELAY_MAX_MS = 5000, /* recovery takes no longer to be noticed */
	BACK_OFF_MAX_MS = 60 * 1000,
};

static bool is_open(const struct breaker *breaker)
{
	return breaker->delay_ms > 0;
}

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms)
{
	if (now_ms < breaker->back_off_ms)
		return BREAKER_BACKING_OFF;
	if (!is_open(breaker))
		return BREAKER_CLOSED;
	return now_ms < breaker->probe_ms ? BREAKER_OPEN : BREAKER_HALF_OPEN;
}

int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms)
{
	int64_t until_ms = breaker->back_off_ms;

	if (is_open(breaker) && breaker->probe_ms > until_ms)
		until_ms = breaker->probe_ms;
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

void breaker_asked(struct breaker *breaker, int64_t now_ms)
{
	if (!is_open(breaker))
		return;
	breaker->delay_ms *= 2;
	if (breaker->delay_ms > DELAY_MAX_MS)
		breaker->delay_ms = DELAY_MAX_MS;
	breaker->probe_ms = now_ms + breaker->delay_ms;
}

bool breaker_failed(struct breaker *breaker, int64_t now_ms)
{
	if (is_open(breaker) || ++breaker->failures < FAILURES)
		return false;
	breaker->delay_ms = FIRST_DELAY_MS;
	breaker->probe_ms = now_ms + FIRST_DELAY_MS;
	breaker->times_opened++;
	return true;
}

bool breaker_answered(struct breaker *breaker)
{
	bool was_open = is_open(breaker);

	breaker->failures = 0;
	breaker->delay_ms = 0;
	return was_open;
}

/* A shorter one does not cut a longer one: several answers that were under way together each say their own. */
void breaker_back_off(struct breaker *breaker, int64_t now_ms, int64_t wait_ms)
{
	if (wait_ms > BACK_OFF_MAX_MS)
		wait_ms = BACK_OFF_MAX_MS;
	if (now_ms + wait_ms > breaker->back_off_ms)
		breaker->back_off_ms = now_ms + wait_ms;
}
