/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.h - takes each request through the rooms: plan, samples, answer. */
#ifndef GAUGELET_SERVER_DISPATCH_H
#define GAUGELET_SERVER_DISPATCH_H

#include "api/request.h"
#include "base/base.h"

struct auth;
struct catalog;
struct dispatch;
struct http_exchange;
struct loop;
struct metric_names;
struct objects;
struct own_metrics;
struct policy_stats;
struct prom;
struct query_cache;
struct resources;
struct series_finding;

/* Whom it asks. Without a cluster (standalone) the last three are NULL: everybody may ask everything, and the objects are those
   that a metric's own series name. */
struct dispatch_neighbours {
	struct prom *prom;
	struct query_cache *cache; /* above the same prom */
	struct auth *auth;
	struct objects *objects;
	struct resources *resources;
};

struct dispatch_options {
	struct api_groups groups; /* of the first catalog's rules */
	bool empty_list_ok, gke_names;
	int64_t max_age_ms, max_sample_age_ms;
	bool sample_age;
	/* What discovery knows at this moment, for reasons. */
	const struct series_finding *(*findings)(void *context);
	/* The names of Prometheus' metrics at this moment; NULL: none are known. Asked where gke_names is on. */
	const struct metric_names *(*known)(void *context);
	/* What the dispatch does not know of itself: the server, its certificate, reloads. */
	void (*add_own_metrics)(void *context, struct own_metrics *metrics);
	void *findings_context; /* of all three */
};

/* `catalog` is given. */
struct dispatch *dispatch_new(struct loop *loop, const struct dispatch_neighbours *neighbours, struct catalog *catalog,
			      const struct dispatch_options *options) MUST_USE;

/* No exchange may be under way any more. NULL is fine. */
void dispatch_free(struct dispatch *dispatch);
DEFINE_FREE_AT(dispatch)

/* `catalog` is given, and with it the groups that its rules serve; requests under way keep the one they began with. */
void dispatch_set_catalog(struct dispatch *dispatch, struct catalog *catalog, struct api_groups groups);

/* What has become of all samples so far. */
const struct policy_stats *dispatch_policy_stats(const struct dispatch *dispatch);

/* From now on readyz fails. */
void dispatch_stop(struct dispatch *dispatch);

/* An http_handler; `context` is the dispatch. */
void dispatch_handle(void *context, struct http_exchange *exchange);

#endif
