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
#include "model/sample.h"
#include "text/template.h"

struct found_series;

/* What became of the samples, to tell why an object has no number. */
struct tally {
	size_t samples, unlabelled, foreign, malformed;
	size_t good, refused[VERDICT_COUNT]; /* numbers */
	struct str stranger;		     /* an object nobody asked for */
	struct str labels[5];		     /* that an unlabelled sample has instead */
	size_t label_count;
	int64_t newest_age_ms; /* of the stale ones */
	/* two samples of one object whose values differ; NULL: there are none */
	const struct sample *twins[2];
	struct str twins_name;
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

/* Does the sample say that it is of another namespace? One that says nothing was asked for by its namespace. */
static inline bool sample_is_foreign(const struct api_plan *plan, const struct sample *sample)
{
	return plan->request->namespaced &&
	       sample_denies(sample, plan->metric->namespace_label, plan->request->namespace);
}

/* The rule's query is written. Where ages are wanted and can be asked for, they come first: what they tell is then no newer than what
   the query finds. */
void ages_begin(struct api_plan *plan);
void ages_clear(struct api_plan *plan);

/* When the oldest of the series behind a sample had its last one; false when nobody knows. */
bool ages_find(const struct api_plan *plan, const struct sample *sample, int64_t *ret_time_ms);

/* Did the Prometheus that gave the samples tell the ages, too? True where they were not asked for. */
bool ages_are_of(const struct api_plan *plan, const struct samples *samples);

/* ---- reasons: each says which one it is, and its arguments */

/* Does the rule give the metric, by the name that its seriesQuery or its name.as has? */
bool reason_concerns(const struct rules *rules, const struct rule *rule, struct str metric);

/* The first rule that api_missed tells and is likely; NULL: there is none. */
const struct rule *missed_likely_rule(const struct api_plan *plan);

/* Why the metric is not in the catalog. */
void reason_of_unknown(struct reason *reason, const struct api_plan *plan, const struct resource *resource);

/* The metric has no label for the namespace that it is asked in. */
void reason_of_no_namespace(struct reason *reason, const struct api_plan *plan);

/* Why there is no object to ask for, or why nobody knows. */
void reason_of_no_objects(struct reason *reason, const struct api_plan *plan);
void reason_of_unlisted(struct reason *reason, struct str resource, enum api_unlisted kind, const char *why);

/* Why no object has a number. */
void reason_of_no_samples(struct reason *reason, const struct api_plan *plan, const struct tally *tally);

/* Why Prometheus gave no answer, or one of a type that is of no use. */
void reason_of_upstream(struct reason *reason, const struct api_plan *plan, const struct upstream_error *problem);
void reason_of_type(struct reason *reason, const struct api_plan *plan, const char *type);

/* Without a plan: {text} is the problem's, {query} is not there. `key`: which key of the rule holds the query. */
void reason_of_problem(struct reason *reason, const struct upstream_error *problem, const char *key);

/* ---- arguments that several of them have */

/* {looked}, and {next} where a request has to wait for the next search. */
void reason_set_looks(struct reason *reason, const struct series_finding *finding);
void reason_set_rule(struct reason *reason, const struct rule *rule);	   /* {rule}: "rule rules.yaml:10" */
void reason_set_query(struct reason *reason, const struct api_plan *plan); /* {query}: as much of it as fits */

/* {names}: the first of the objects asked for; {count}: "3 objects". */
void reason_write_names(struct buf *out, const struct api_plan *plan); /* the first three of those asked for */
void reason_set_objects(struct reason *reason, const struct api_plan *plan);

/* {labels}: the first five, in quotes. */
void reason_set_labels(struct reason *reason, const struct str *labels, size_t count);

/* ---- what is near to what was asked */

/* Those of the series' labels that may stand for the resource, as {labels}; when none does, the first five. */
void near_set_labels(struct reason *reason, const struct found_series *series, struct str wanted,
		     const struct resource *resource);

/* Of these labels the one that may best stand for the resource; empty: none. */
struct str near_best_label(const struct str *labels, size_t count, struct str wanted, const struct resource *resource);

/* Is half of the name the same? */
bool near_is_like(struct str asked, struct str name);

/* A metric whose name is near; false: there is none. */
bool near_find(struct reason *reason, const struct api_plan *plan, const struct resource *resource);
void near_find_resource(struct reason *reason, const struct api_plan *plan);

#endif
