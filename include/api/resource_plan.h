/* SPDX-License-Identifier: Apache-2.0 */
/* resource_plan.h - the way of a request for resource metrics: which pods or nodes, which queries, then the
   answer. Pure: between its steps travel objects and samples. */
#ifndef GAUGELET_API_RESOURCE_PLAN_H
#define GAUGELET_API_RESOURCE_PLAN_H

#include "api/plan.h"
#include "base/vec.h"

struct policy_stats;
struct upstream_error;
struct resource_rules;
struct samples;

struct resource_view {
	const struct resource_rules *rules;
	struct str upstream; /* HOST:PORT of Prometheus */
	int64_t max_sample_age_ms, max_ahead_ms;
	struct policy_stats *stats; /* counted into */
	bool lenient;		    /* NaN and what is below zero are 0, of several samples one counts */
	bool standalone;	    /* there is no cluster that knows pods and nodes */
};

/* A pod or node; lent. */
struct resource_label {
	struct str key, value;
};
struct resource_object {
	struct str namespace, name;
	const struct resource_label *labels;
	size_t label_count;
	bool running; /* of a pod; true of a node */
};

enum resource_step {
	RESOURCE_ANSWERED, /* `reply` is the answer */
	RESOURCE_OBJECTS, /* resource_plan_add for each object that fits resource_plan_wanted, then resource_plan_added; or resource_plan_unlisted */
	RESOURCE_QUERIES, /* each of `query_count` queries, in any order and many at a time; then resource_plan_answer */
};

struct resource_item;
struct resource_query;

struct resource_plan {
	enum resource_step step;
	size_t query_count;
	struct api_reply reply;
	/* the rest is the plan's own */
	const struct api_request *request;
	struct resource_view view;
	struct arena *arena;
	struct api_parameters parameters;
	bool nodes;
	int64_t now_ms;
	struct {
		VEC_OF(struct resource_item);
	} items; /* by namespace and name */
	struct resource_query *queries;
	bool seen;			/* an object of that name exists, though it does not run */
	size_t failed, failed_upstream; /* queries; upstream: by what Prometheus did, not by their form */
	bool full;
	struct reason failure; /* why the first query that failed did */
};

/* Initialises `plan`; request and what view names must live as long as it. It keeps an arena of its own. */
void resource_plan_begin(struct resource_plan *plan, const struct api_request *request,
			 const struct resource_view *view);
void resource_plan_clear(struct resource_plan *plan);

struct api_objects resource_plan_wanted(const struct resource_plan *plan);

/* In the API server's order. ERR_LIMIT: more than we answer for. */
MUST_USE bool resource_plan_add(struct resource_plan *plan, const struct resource_object *object, struct err *err);
void resource_plan_added(struct resource_plan *plan, int64_t now_ms); /* since 1970; it is the queries' time, too */
void resource_plan_unlisted(struct resource_plan *plan, enum api_unlisted kind, const char *why);

/* Appends the PromQL of a query. False: it cannot be built, and that was its answer. */
MUST_USE bool resource_plan_promql(struct resource_plan *plan, size_t query, struct buf *out);
void resource_plan_sampled(struct resource_plan *plan, size_t query, const struct samples *samples);
void resource_plan_failed(struct resource_plan *plan, size_t query, const struct upstream_error *problem);
void resource_plan_answer(struct resource_plan *plan);

#endif
