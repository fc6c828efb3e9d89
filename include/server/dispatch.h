/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.h - takes each request through its steps: authentication, authorization, plan, samples, answer. */
#ifndef GAUGELET_SERVER_DISPATCH_H
#define GAUGELET_SERVER_DISPATCH_H

#include "api/request.h"
#include "base/base.h"
#include "model/policy.h"

struct auth;
struct catalog;
struct discovery_wait;
struct dispatch;
struct http_exchange;
struct loop;
struct metric_names;
struct objects;
struct own_metrics;
struct prom;
struct query_cache;
struct request_record;
struct resources;
struct rules;
struct series_finding;

/* What requests are answered with. What is named outlives the dispatch. */
struct dispatch_settings {
	struct loop *loop;
	struct prom *prom; /* for its name alone: queries go to the cache above it */
	struct query_cache *cache;
	struct query_cache *probes; /* of investigations, which remembers longer; NULL: there are none */
	/* Without a cluster (standalone) these are NULL: everybody may ask everything, and the objects are those that a metric's own
	   series name. */
	struct auth *auth;
	struct objects *objects;
	struct resources *resources;

	struct api_groups groups; /* of the first catalog's rules */
	bool empty_list_ok, gke_names, lenient_resource_metrics;
	enum on_duplicate on_duplicate;
	int64_t max_age_ms, max_sample_age_ms, max_clock_skew_ms;
	bool sample_age;
	/* What discovery knows at this moment, for reasons. */
	const struct series_finding *(*findings)(void *context);
	/* NULL, or discovery_wait and the one after: a metric is missed. */
	bool (*look)(void *context, const struct rules *rules, size_t series_query, int64_t until_ms,
		     struct discovery_wait *wait);
	/* The names of Prometheus' metrics at this moment; NULL: none are known. Asked where gke_names is on. */
	const struct metric_names *(*known)(void *context);
	/* What the dispatch does not know of itself: the server, its certificate, reloads. */
	void (*add_own_metrics)(void *context, struct own_metrics *metrics);
	/* NULL, or called after each step of each request, which costs two looks at the clock a step. */
	void (*watch)(void *context, const struct request_record *record);
	void *context; /* of all five */
};

/* `catalog` is given. */
struct dispatch *dispatch_new(const struct dispatch_settings *settings, struct catalog *catalog) MUST_USE;

/* No exchange may be under way any more. NULL is fine. */
void dispatch_free(struct dispatch *dispatch);
DEFINE_FREE_AT(dispatch)

/* `catalog` is given, and with it the groups that its rules serve; requests under way keep the one they began with. */
void dispatch_set_catalog(struct dispatch *dispatch, struct catalog *catalog, struct api_groups groups);

/* From now on readyz fails. */
void dispatch_stop(struct dispatch *dispatch);

/* An http_handler; `context` is the dispatch. */
void dispatch_handle(void *context, struct http_exchange *exchange);

#endif
