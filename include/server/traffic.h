/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.h - the requests that were answered, counted. Whatever clients send, the numbers are as many. */
#ifndef GAUGELET_SERVER_TRAFFIC_H
#define GAUGELET_SERVER_TRAFFIC_H

#include "api/reason.h"
#include "base/histogram.h"
#include "base/str.h"

enum traffic_route {
	TRAFFIC_OTHER, /* also: refused before it was known */
	TRAFFIC_CUSTOM,
	TRAFFIC_EXTERNAL,
	TRAFFIC_RESOURCE,
	TRAFFIC_DISCOVERY,
	TRAFFIC_OPENAPI,
	TRAFFIC_HEALTH,
	TRAFFIC_METRICS,
	TRAFFIC_ROUTES,
};

/* Why we closed a connection. */
enum traffic_closing {
	TRAFFIC_CLOSED_LIMIT,	  /* for another, as there were too many */
	TRAFFIC_CLOSED_ADDRESS,	  /* its address had too many without an identity */
	TRAFFIC_CLOSED_HANDSHAKE, /* its client did not get through with it in time */
	TRAFFIC_CLOSED_SLOW,	  /* a request did not come in time */
	TRAFFIC_CLOSED_UNREAD,	  /* the client did not take its answer */
	TRAFFIC_CLOSED_REFUSED,	  /* for what was in a head */
	TRAFFIC_CLOSINGS,
};

enum { TRAFFIC_VERBS = 8, TRAFFIC_CODES = 20 }; /* the last of each is for all others */

struct traffic { /* zeroed at first */
	uint64_t answered[TRAFFIC_ROUTES][TRAFFIC_VERBS][TRAFFIC_CODES];
	struct histogram seconds[TRAFFIC_ROUTES];
	uint64_t accepted; /* connections */
	uint64_t closed[TRAFFIC_CLOSINGS];
};

/* Of those that were answered, the ones that were refused for a reason that has a code. */
struct traffic_refusals { /* zeroed at first */
	uint64_t count[TRAFFIC_ROUTES][REASON_COUNT];
};

void traffic_count(struct traffic *traffic, enum traffic_route route, struct str method, unsigned status,
		   double seconds);

const char *traffic_route_name(enum traffic_route route);   /* "custom" */
const char *traffic_verb_name(size_t verb);		    /* "GET" */
const char *traffic_closing_name(enum traffic_closing why); /* "limit" */
const char *traffic_closing_text(enum traffic_closing why); /* "as ..." */
const char *traffic_code_name(size_t code);		    /* "404" */

#endif
