/* SPDX-License-Identifier: Apache-2.0 */
/* api_in.h - shared by the parts of a plan. */
#ifndef GAUGELET_API_IN_H
#define GAUGELET_API_IN_H

#include "api/plan.h"

/* What became of the samples, to tell why an object has no number. */
struct tally {
	size_t samples, unlabelled, foreign, malformed;
	size_t refused[8];    /* by enum verdict */
	struct str stranger;  /* an object nobody asked for */
	struct str labels[5]; /* that an unlabelled sample has instead */
	size_t label_count;
	int64_t newest_age_ms; /* of the stale ones */
};

/* Answers with a Status: upstream's words, `: `, the reason. */
void refuse(struct api_plan *plan, enum status_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* "the server could not find the metric M for R[ N]", upstream's words for the request. */
void write_not_found(struct buf *out, const struct api_plan *plan, bool with_name);

/* 404 (external: 500 where `fails`), with a reason that api's parts have written. */
void refuse_metric(struct api_plan *plan, bool with_name, struct str reason);

/* Why the metric is not in the catalog. */
void reason_unknown(struct buf *out, const struct api_plan *plan, const struct resource *resource);

/* Why there is no object to ask for. */
void reason_no_objects(struct buf *out, const struct api_plan *plan);

/* Why no object has a number. */
void reason_no_samples(struct buf *out, const struct api_plan *plan, const struct tally *tally);

/* Why Prometheus gave no answer. */
void reason_upstream(struct buf *out, const struct api_plan *plan, const struct prom_problem *problem);

#endif
