/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - Kubernetes' Status objects, the errors of its APIs. */
#ifndef GAUGELET_API_STATUS_H
#define GAUGELET_API_STATUS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct reason;

enum status_kind {
	STATUS_BAD_REQUEST,
	STATUS_UNAUTHORIZED, /* 401 */
	STATUS_FORBIDDEN,    /* 403 */
	STATUS_NOT_FOUND,
	STATUS_NO_ROUTE,	  /* 404, `details: {}`, "the server could not find the requested resource" */
	STATUS_METHOD,		  /* 405 */
	STATUS_NO_WATCH,	  /* 405 on an external metric */
	STATUS_NO_RESOURCE_WATCH, /* 405 on pods or nodes of metrics.k8s.io */
	STATUS_NOT_ACCEPTABLE,	  /* 406 */
	STATUS_INVALID,		  /* 422 */
	STATUS_INTERNAL,	  /* 500, the cause in `details` */
	STATUS_UNAVAILABLE,	  /* 503 */
	STATUS_TIMEOUT,		  /* 504 */
};

enum { STATUS_MESSAGE_BYTES = 1024 }; /* what the message of an event holds */

unsigned status_code(enum status_kind kind);

/* What `details` say; each may be empty. */
struct status_details {
	struct str name, group, kind;
	struct str cause; /* upstream's words for it */
};

/* The document of a refusal: `words`, which are upstream's, then the reason. `details` NULL: those of the kind. The message stands in
   *ret_message, too, unless it is NULL. */
void status_write(struct buf *out, struct buf *ret_message, enum status_kind kind, struct str words,
		  const struct reason *reason, const struct status_details *details, bool pretty);

#endif
