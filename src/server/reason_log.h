/* SPDX-License-Identifier: Apache-2.0 */
/* reason_log.h - why requests are refused, in the log, each reason once a minute: an HPA asks every 15 s, and what it is told stands
   in its conditions, which few people see. */
#ifndef GAUGELET_SERVER_REASON_LOG_H
#define GAUGELET_SERVER_REASON_LOG_H

#include "base/base.h"
#include "base/str.h"

enum {
	REASON_LOG_MS = 60000,
	REASON_LOG_MOST = 256 /* reasons in that time; a caller may make up any number of them */
};

struct reason_log;
struct reason_log *reason_log_new(void) MUST_USE;
void reason_log_free(struct reason_log *log); /* NULL is fine */
DEFINE_FREE_AT(reason_log)

struct request_record;

/* Reasons are the same whatever numbers stand in them: ages and counts change all the time. Those for which Prometheus as a whole is to
   blame are the same for all metrics. False: nothing was written. */
bool reason_log_write(struct reason_log *log, const struct request_record *record, struct str reason, int64_t now_ms);

#endif
