/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - a method and a target become a route and its parameters. Pure. */
#ifndef GAUGELET_API_REQUEST_H
#define GAUGELET_API_REQUEST_H

#include "api/status.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "text/selector.h"
#include "text/url.h"

#define API_CUSTOM_GROUP   "custom.metrics.k8s.io"
#define API_EXTERNAL_GROUP "external.metrics.k8s.io"
#define API_RESOURCE_GROUP "metrics.k8s.io"

enum route {
	ROUTE_INDEX,  /* / */
	ROUTE_HEALTH, /* /healthz, /livez, /readyz and below: segments tell */
	ROUTE_VERSION,
	ROUTE_METRICS,
	ROUTE_OPENAPI_V2,
	ROUTE_OPENAPI_V3,
	ROUTE_OPENAPI_V3_GROUP,
	ROUTE_GROUPS,	 /* /apis */
	ROUTE_GROUP,	 /* /apis/GROUP */
	ROUTE_RESOURCES, /* /apis/GROUP/VERSION */
	ROUTE_CUSTOM,
	ROUTE_EXTERNAL,
	ROUTE_RESOURCE_METRICS, /* metrics.k8s.io: pods and nodes */
	ROUTE_NO_METRIC,	/* the group knows the version, but no such route: 404 Status */
	ROUTE_BAD_PATH,		/* `invalid request path`: 400 Status */
	ROUTE_UNKNOWN,		/* outside of everything: 404 with the index */
	ROUTE_MALFORMED,	/* the escapes in the path cannot be decoded: 400 as plain text */
};

/* Which groups are served: those that the rules file has rules for. */
struct api_groups {
	bool custom, external, resource;
};

struct api_request {
	enum route route;
	struct str method;
	struct str path;	    /* decoded */
	const struct str *segments; /* of the path */
	size_t segment_count;
	struct url_query query;
	struct str group, version;
	/* ROUTE_CUSTOM, ROUTE_EXTERNAL and ROUTE_RESOURCE_METRICS */
	bool namespaced; /* asked within a namespace */
	struct str namespace;
	struct str resource; /* as written: `deployments.apps` */
	struct str name;     /* `*`: all that fit the selector */
	struct str metric;
	bool all; /* name is `*`, or there is none */
	/* how to answer */
	bool pretty;
	bool acceptable; /* JSON is among what Accept takes; on ROUTE_RESOURCE_METRICS also a Table */
	bool table;	 /* ROUTE_RESOURCE_METRICS: a Table comes first there */
	bool aggregated; /* ROUTE_GROUPS: aggregated discovery comes first there */
};

struct reason;

struct api_headers {
	struct str accept, user_agent; /* ptr NULL: absent */
};

/* Texts live in `arena` or are lent from the arguments. False: the arena is full (ERR_LIMIT). */
MUST_USE bool api_request_parse(struct str method, struct str target, const struct api_headers *headers,
				struct api_groups groups, struct arena *arena, struct api_request *ret_request,
				struct err *err);

/* The query parameters of a metric request. */
struct api_parameters {
	struct str label_selector_text, metric_selector_text;
	struct selector label_selector;	 /* custom, resource: on the objects. external: on the metric's series */
	struct selector metric_selector; /* custom only */
};

enum { API_TIMEOUT_MS = 60000 };

/* Of the whole request. One that says it in a way that cannot be read is refused later. */
int64_t api_timeout_ms(const struct api_request *request);

/* Does the object fit the request's fieldSelector? For one that was parsed without an error. */
bool api_fields_fit(const struct api_request *request, struct str namespace, struct str name);

/* False: *ret_kind is what to answer with, `words` are those of apimachinery (they may be empty), the reason comes behind them. */
MUST_USE bool api_parameters_parse(const struct api_request *request, struct arena *arena,
				   struct api_parameters *ret_parameters, enum status_kind *ret_kind,
				   struct reason *reason, struct err *words);

#endif
