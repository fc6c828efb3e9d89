/* SPDX-License-Identifier: Apache-2.0 */
/* api_in.h - shared by the parts of a plan. */
#ifndef GAUGELET_API_IN_H
#define GAUGELET_API_IN_H

#include "api/plan.h"
#include "api/reason.h"
#include "model/catalog.h"
#include "model/gke_query.h"
#include "model/policy.h"
#include "model/rule.h"
#include "text/template.h"

struct sample;
struct found_series;

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
void refuse_metric(struct api_plan *plan, bool with_name, enum reason_code code, struct str reason);

/* Another status than 404: upstream's `words`, `: `, the reason. */
void refuse_because(struct api_plan *plan, enum status_kind kind, const char *words, enum reason_code code,
		    struct str reason);

/* Does the sample say that it is of another namespace? One that says nothing was asked for by its namespace. */
bool is_foreign(const struct api_plan *plan, const struct sample *sample);

/* The rule's query is written. Where ages are wanted and can be asked for, they come first: what they tell is then no newer than what
   the query finds. */
void ages_begin(struct api_plan *plan);
void ages_clear(struct api_plan *plan);

/* When the oldest of the series behind a sample had its last one; false when nobody knows. */
bool ages_find(const struct api_plan *plan, const struct sample *sample, int64_t *ret_time_ms);

/* Did the Prometheus that gave the samples tell the ages, too? True where they were not asked for. */
bool ages_are_of(const struct api_plan *plan, const struct samples *samples);

/* ---- reasons. Each writes `cause. fix: what to do`, and says which one it is. */

/* Why the metric is not in the catalog. */
enum reason_code reason_unknown(struct buf *out, const struct api_plan *plan, const struct resource *resource);

/* The metric has no label for the namespace that it is asked in. */
enum reason_code reason_no_namespace(struct buf *out, const struct api_plan *plan);

/* Why there is no object to ask for, or why nobody knows. */
enum reason_code reason_no_objects(struct buf *out, const struct api_plan *plan);
enum reason_code reason_unlisted(struct buf *out, const struct api_plan *plan, enum api_unlisted kind, const char *why);

/* Why no object has a number. */
enum reason_code reason_no_samples(struct buf *out, const struct api_plan *plan, const struct tally *tally);

/* Why Prometheus gave no answer, or one of a type that is of no use. */
enum reason_code reason_upstream(struct buf *out, const struct api_plan *plan, const struct upstream_error *problem);
enum reason_code reason_type(struct buf *out, const struct api_plan *plan, const char *type);

/* ---- parts of them */

/* `resource: why. fix: ...` */
enum reason_code write_unlisted(struct buf *out, struct str resource, enum api_unlisted kind, const char *why);

struct str text_front(struct str text, size_t bytes); /* whole characters */

/* The PromQL, as much of it as fits. */
void reason_query(struct buf *out, const struct api_plan *plan);

/* The first five, in quotes. */
void write_label_list(struct buf *out, const struct str *labels, size_t count);

/* The labels of a series that may stand for the resource; when none does, the first five. */
void write_near_labels(struct buf *out, const struct found_series *series, struct str wanted,
		       const struct resource *resource);

/* Is half of the name the same? */
bool is_like(struct str asked, struct str name);

/* A metric whose name is near; false: there is none. */
bool explain_near(struct buf *out, const struct api_plan *plan, const struct resource *resource,
		  enum reason_code *ret_code);
enum reason_code explain_no_rule(struct buf *out, const struct api_plan *plan);
void explain_unknown_resource(struct buf *out, const struct api_plan *plan);

/* What to do about Prometheus; `key`: which key of the rule holds the query. */
void write_upstream_fix(struct buf *out, const struct upstream_error *problem, const char *key);

#endif
