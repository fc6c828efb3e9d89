/* SPDX-License-Identifier: Apache-2.0 */
/* own_metrics.h - what this server says about itself at /metrics. Every room counts for itself; here it is put into words. */
#ifndef GAUGELET_SERVER_OWN_METRICS_H
#define GAUGELET_SERVER_OWN_METRICS_H

#include "base/base.h"
#include "base/buf.h"

struct auth;
struct catalog;
struct certificate;
struct http_server;
struct loop;
struct objects;
struct policy_stats;
struct prom;
struct query_cache;
struct series_finding;
struct traffic_refusals;

/* Of the rules file. */
struct own_reloads {
	uint64_t good, failed, unchanged;
	bool last_good;
	int64_t last_good_ms; /* since 1970; 0: there is no file */
};

/* Where the numbers come from, lent. What is NULL has none. */
struct own_metrics {
	const struct loop *loop;
	int64_t started_ms; /* since 1970 */
	const struct http_server *server;
	const struct traffic_refusals *refusals;
	const struct certificate *certificate;
	const struct auth *auth;
	const struct objects *objects;
	const struct prom *prom;
	const struct query_cache *cache;
	const struct catalog *catalog;
	const struct series_finding *findings; /* one for each of the catalog's rules.series_queries */
	const struct policy_stats *policy;
	struct own_reloads reloads;
};

void own_metrics_write(const struct own_metrics *metrics, struct buf *out);

#endif
