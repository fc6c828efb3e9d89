/* SPDX-License-Identifier: Apache-2.0 */
/* upstream_error.h - why Prometheus gave no answer. */
#ifndef GAUGELET_MODEL_UPSTREAM_ERROR_H
#define GAUGELET_MODEL_UPSTREAM_ERROR_H

#include "base/base.h"

/* Which kind of fault, to choose the fix by. */
enum upstream_fault {
	UPSTREAM_OK,
	UPSTREAM_REFUSED,
	UPSTREAM_UNRESOLVED,
	UPSTREAM_TIMEOUT,
	UPSTREAM_TLS,
	UPSTREAM_STATUS, /* an error status; `text` is what it said */
	UPSTREAM_NOT_JSON,
	UPSTREAM_CUT,
	UPSTREAM_TOO_BIG,
	UPSTREAM_PARTIAL,   /* its warnings say that data is missing */
	UPSTREAM_IDENTITY,  /* there is no token to ask with */
	UPSTREAM_MALFORMED, /* JSON, but not what the API promises: no data, null, a wrong shape */
	UPSTREAM_CLOCK,	    /* its clock and ours differ: neither knows what the other's times mean */
	UPSTREAM_OVERLOAD, /* its answer was not read to the end, as others take the memory */
	UPSTREAM_REDIRECT,  /* to another origin, or to nowhere */
	UPSTREAM_OTHER,
};
enum { UPSTREAM_FAULT_COUNT = UPSTREAM_OTHER + 1 };

struct upstream_error {
	enum upstream_fault fault;
	int status;
	int64_t wait_ms;	/* nobody will be asked before; 0: the next request will be */
	const char *credential; /* the flag of the one in use; NULL: none, or not told */
	bool not_asked;		/* nor was this one: the reason is that of an earlier one */
	char text[400];		/* one line; upstream's own words are quoted in it, secrets are not */
};

#endif
