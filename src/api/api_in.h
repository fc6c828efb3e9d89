/* SPDX-License-Identifier: Apache-2.0 */
/* api_in.h - shared by the parts of a plan. */
#ifndef GAUGELET_API_IN_H
#define GAUGELET_API_IN_H

#include "api/plan.h"
#include "model/catalog.h"
#include "model/gke_query.h"
#include "model/policy.h"
#include "model/rule.h"
#include "text/template.h"

struct sample;

/* What became of the samples, to tell why an object has no number. */
struct tally {
	size_t samples, unlabelled, foreign, malformed;
	size_t good, refused[VERDICT_COUNT]; /* numbers */
	struct str stranger;		     /* an object nobody asked for */
	struct str labels[5];		     /* that an unlabelled sample has instead */
	size_t label_count;
	int64_t newest_age_ms; /* of the stale ones */
};

/* A metric that stands in no catalog: a name of GKE's adapter, which says itself what to ask. */
struct gke_metric {
	struct metric metric;
	struct rule rule;
	struct gke_query query;
	bool system;
};

/* Makes the request's metric from its name, if it is one of GKE's and these are on; then the plan has it, or is refused.
   `resource`: what it describes, NULL for an external metric. */
void gke_begin(struct api_plan *plan, const struct resource *resource);
void gke_end(struct api_plan *plan);

/* Was the plan refused already? */
static inline bool is_refused(const struct api_plan *plan)
{
	return plan->reply.status != 0;
}

/* Answers with a Status: upstream's words, `: `, the reason. */
void refuse(struct api_plan *plan, enum status_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* "the server could not find the metric M for R[ N]", upstream's words for the request. */
void write_not_found(struct buf *out, const struct api_plan *plan, bool with_name);

/* 404 (external: 500 where `fails`), with a reason that api's parts have written. */
void refuse_metric(struct api_plan *plan, bool with_name, struct str reason);

/* Does the sample say that it is of another namespace? One that says nothing was asked for by its namespace. */
bool is_foreign(const struct api_plan *plan, const struct sample *sample);

/* The rule's query is written. Where ages are wanted and can be asked for, they come first: what they tell is then no newer than what
   the query finds. */
void ages_begin(struct api_plan *plan);
void ages_clear(struct api_plan *plan);

/* When the oldest of the series behind a sample had its last one; false when nobody knows. */
bool ages_find(const struct api_plan *plan, const struct sample *sample, int64_t *ret_time_ms);

/* Why the metric is not in the catalog. */
void reason_unknown(struct buf *out, const struct api_plan *plan, const struct resource *resource);

/* Why there is no object to ask for. */
void reason_no_objects(struct buf *out, const struct api_plan *plan);

/* Why no object has a number. */
void reason_no_samples(struct buf *out, const struct api_plan *plan, const struct tally *tally);

/* The PromQL, as much of it as fits. */
void reason_query(struct buf *out, const struct api_plan *plan);

/* Why Prometheus gave no answer. */
void reason_upstream(struct buf *out, const struct api_plan *plan, const struct prom_problem *problem);

const char *mend_of(const struct prom_problem *problem);

/* The value of a Warning header. */
void write_warning(struct buf *warning, struct str text);

#endif
