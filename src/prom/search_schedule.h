/* SPDX-License-Identifier: Apache-2.0 */
/* search_schedule.h - when to look for series: once an interval, sooner after a failure, when all of them vanish, and when a request
   misses them. Pure: times are passed in, milliseconds of one clock. */
#ifndef GAUGELET_PROM_SEARCH_SCHEDULE_H
#define GAUGELET_PROM_SEARCH_SCHEDULE_H

#include "base/base.h"

struct upstream_error;

/* Zeroed at first, and due then. */
struct search_schedule {
	int64_t due_ms;	    /* the next look */
	int64_t allowed_ms; /* a request may have it before */
	int64_t retry_ms;   /* the wait after the last failure; 0: it was good */
	int64_t pause_ms;   /* between looks for requests; 0: the last look found some */
	unsigned doubts;    /* looks that found none where there had been some */
};

void search_schedule_failed(struct search_schedule *schedule, int64_t now_ms, int64_t interval_ms,
			    const struct upstream_error *problem);

/* The look found `some` series, and what was found before `had` some. False: what was found before stays until more looks say the
   same. */
MUST_USE bool search_schedule_answered(struct search_schedule *schedule, int64_t now_ms, int64_t interval_ms, bool some,
				       bool had);

/* A request misses the series. */
int64_t search_schedule_soonest(const struct search_schedule *schedule, int64_t now_ms);
void search_schedule_hasten(struct search_schedule *schedule, int64_t now_ms);

#endif
