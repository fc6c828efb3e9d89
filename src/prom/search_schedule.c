/* SPDX-License-Identifier: Apache-2.0 */
#include "search_schedule.h"

#include "model/upstream_error.h"

enum {
	FIRST_RETRY_MS = 2000, /* after a failure, doubled each time, up to the interval */
	FIRST_DOUBT_MS = 2000, /* doubled, too */
	DOUBTS = 3,
	FIRST_PAUSE_MS = 1000, /* for requests, doubled, up to ... */
	PAUSE_MAX_MS = 8000,   /* ... less than an HPA takes to ask again, so that it does not miss what has come since */
};

static int64_t less_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void pause_more(struct search_schedule *schedule, int64_t now_ms, int64_t interval_ms)
{
	schedule->pause_ms = schedule->pause_ms ? less_of(schedule->pause_ms * 2, PAUSE_MAX_MS) : FIRST_PAUSE_MS;
	schedule->allowed_ms = now_ms + less_of(schedule->pause_ms, interval_ms);
}

/* Who was not even asked tries as soon as that may help. */
void search_schedule_failed(struct search_schedule *schedule, int64_t now_ms, int64_t interval_ms,
			    const struct upstream_error *problem)
{
	bool first = schedule->retry_ms == 0;

	if (first || !problem->not_asked)
		schedule->retry_ms = less_of(first ? FIRST_RETRY_MS : schedule->retry_ms * 2, interval_ms);
	if (problem->not_asked) {
		schedule->due_ms = schedule->allowed_ms = now_ms + problem->wait_ms;
		return;
	}
	schedule->due_ms =
		now_ms + (problem->wait_ms > schedule->retry_ms ? problem->wait_ms : schedule->retry_ms);
	pause_more(schedule, now_ms, interval_ms);
	if (schedule->allowed_ms < now_ms + problem->wait_ms)
		schedule->allowed_ms = now_ms + problem->wait_ms;
}

bool search_schedule_answered(struct search_schedule *schedule, int64_t now_ms, int64_t interval_ms, bool some,
			      bool had)
{
	schedule->retry_ms = 0;
	schedule->due_ms = now_ms + interval_ms;
	if (some) {
		schedule->pause_ms = 0;
		schedule->allowed_ms = now_ms;
		schedule->doubts = 0;
		return true;
	}
	pause_more(schedule, now_ms, interval_ms);
	if (had && schedule->doubts < DOUBTS) {
		schedule->due_ms = now_ms + less_of(FIRST_DOUBT_MS << schedule->doubts++, interval_ms);
		return false;
	}
	schedule->doubts = 0;
	return true;
}

int64_t search_schedule_soonest(const struct search_schedule *schedule, int64_t now_ms)
{
	int64_t soonest_ms = less_of(schedule->due_ms, schedule->allowed_ms);

	return soonest_ms > now_ms ? soonest_ms : now_ms;
}

void search_schedule_hasten(struct search_schedule *schedule, int64_t now_ms)
{
	schedule->due_ms = search_schedule_soonest(schedule, now_ms);
}
