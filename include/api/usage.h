/* SPDX-License-Identifier: Apache-2.0 */
/* usage.h - the way of a request for resource metrics: which pods or nodes, which queries, then the
   answer. Pure: between its steps travel objects and samples. */
#ifndef GAUGELET_API_USAGE_H
#define GAUGELET_API_USAGE_H

#include "api/plan.h"
#include "base/vec.h"

struct upstream_error;
struct resource_rules;
struct samples;

struct usage_view {
	const struct resource_rules *rules;
	struct str upstream; /* HOST:PORT of Prometheus */
	int64_t max_sample_age_ms;
	bool standalone; /* there is no cluster that knows pods and nodes */
};

/* A pod or node; lent. */
struct usage_label {
	struct str key, value;
};
struct usage_object {
	struct str namespace, name;
	const struct usage_label *labels;
	size_t label_count;
	bool running; /* of a pod; true of a node */
};

enum usage_step {
	USAGE_ANSWERED, /* `reply` is the answer */
	USAGE_OBJECTS,	/* usage_add for each object that fits usage_wanted, then usage_added; or usage_unlisted */
	USAGE_QUERIES,	/* each of `query_count` queries, in any order and many at a time; then usage_answer */
};

struct usage_item;
struct usage_query;

struct usage_plan {
	enum usage_step step;
	size_t query_count;
	struct api_reply reply;
	/* the rest is the plan's own */
	const struct api_request *request;
	struct usage_view view;
	struct arena *arena;
	struct api_parameters parameters;
	bool nodes;
	int64_t now_ms;
	struct {
		VEC_OF(struct usage_item);
	} items; /* by namespace and name */
	struct usage_query *queries;
	bool seen;			/* an object of that name exists, though it does not run */
	size_t failed, failed_upstream; /* queries; upstream: by what Prometheus did, not by their form */
	bool full;
	struct reason failure; /* why the first query that failed did */
};

/* Initialises `plan`; request and what view names must live as long as it. It keeps an arena of its own. */
void usage_begin(struct usage_plan *plan, const struct api_request *request, const struct usage_view *view);
void usage_clear(struct usage_plan *plan);

struct api_objects usage_wanted(const struct usage_plan *plan);

/* In the API server's order. ERR_LIMIT: more than we answer for. */
MUST_USE bool usage_add(struct usage_plan *plan, const struct usage_object *object, struct err *err);
void usage_added(struct usage_plan *plan, int64_t now_ms); /* since 1970; it is the queries' time, too */
void usage_unlisted(struct usage_plan *plan, enum api_unlisted kind, const char *why);

/* Appends the PromQL of a query. False: it cannot be built, and that was its answer. */
MUST_USE bool usage_promql(struct usage_plan *plan, size_t query, struct buf *out);
void usage_sampled(struct usage_plan *plan, size_t query, const struct samples *samples);
void usage_failed(struct usage_plan *plan, size_t query, const struct upstream_error *problem);
void usage_answer(struct usage_plan *plan);

#endif
