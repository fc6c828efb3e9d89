/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.h - a plan ends with a refusal: upstream's words, `: `, the reason. */
#ifndef GAUGELET_API_REFUSAL_H
#define GAUGELET_API_REFUSAL_H

#include "api/plan.h"
#include "api/reason.h"
#include "api/status.h"

#define REFUSAL_NO_FETCH "Internal error occurred: unable to fetch metrics"
#define REFUSAL_NO_LIST	 "Internal error occurred: unable to list matching resources"

void refusal_make(struct api_plan *plan, enum status_kind kind, const char *words, const struct reason *reason);

/* 404, with "the server could not find the metric M for R[ N]". */
void refusal_make_not_found(struct api_plan *plan, bool with_name, const struct reason *reason);

/* A rule that cannot be asked: 404, and 500 for an external metric. */
void refusal_make_of_rule(struct api_plan *plan, const struct reason *reason);

/* What of a request that failed for want of Prometheus' answer. */
enum status_kind refusal_kind(const struct reason *reason);

bool refusal_is_made(const struct api_plan *plan);

#endif
