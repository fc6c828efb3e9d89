/* SPDX-License-Identifier: Apache-2.0 */
/* question_in.h - a request for a custom or external metric on its way: plan, objects, samples, answer. */
#ifndef GAUGELET_SERVER_QUESTION_IN_H
#define GAUGELET_SERVER_QUESTION_IN_H

#include "api/request.h"
#include "model/policy.h"
#include "server/dispatch.h"

struct catalog;
struct reason_log;

/* What all questions share. */
struct question_common {
	struct policy_stats stats;
	int64_t warned_ms; /* when the log last had a warning of duplicates; 0: never */
};

/* What it is answered with; copied, the things named outlive the question. Without a cluster objects and resources are NULL. */
struct question_setting {
	struct loop *loop;
	struct prom *prom; /* for its name alone: questions go to the cache above it */
	struct query_cache *cache;
	struct objects *objects;
	struct resources *resources;
	struct catalog *catalog; /* a reference of its own is taken */
	struct reason_log *log;
	const struct dispatch_options *options;
	struct question_common *common;
};

/* Takes the exchange over and answers it, now or later. The request lives as long as the exchange. False: its arena is full. */
MUST_USE bool question_begin(const struct question_setting *setting, struct http_exchange *exchange,
			     const struct api_request *request);

#endif
