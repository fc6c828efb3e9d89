/* SPDX-License-Identifier: Apache-2.0 */
/* reason.h - the reasons why a request is refused, one short stable code each. The table makes docs/errors.md, too. */
#ifndef GAUGELET_API_REASON_H
#define GAUGELET_API_REASON_H

#include "base/buf.h"
#include "base/str.h"

enum reason_code {
	REASON_NONE,
	/* the metric is not there */
	REASON_NO_SERIES,
	REASON_NO_OBJECT_LABEL,
	REASON_NO_NAMESPACE_LABEL,
	REASON_UNKNOWN_RESOURCE,
	REASON_OTHER_RESOURCE,
	REASON_RENAMED,
	REASON_NEAR_NAME,
	REASON_NO_RULE,
	REASON_FILTERED,
	REASON_NAMELESS,
	REASON_HARD_PATTERN,
	REASON_HIDES_RULE,
	REASON_DISCOVERY_FAILS,
	REASON_DISCOVERY_WAITS,
	REASON_MISSING_CRD,
	REASON_GKE_NAME,
	/* the request */
	REASON_WRONG_API,
	REASON_WRONG_SCOPE,
	REASON_NOT_NAMESPACED,
	REASON_BAD_SELECTOR,
	REASON_NO_OPERATOR,
	REASON_STANDALONE,
	REASON_MAY_NOT_REVIEW,
	REASON_CANNOT_REVIEW,
	/* the query */
	REASON_TEMPLATE,
	REASON_EMPTY_QUERY,
	REASON_EXTERNAL_NAMESPACE,
	REASON_LARGE_QUERY,
	/* the objects */
	REASON_NO_OBJECTS,
	REASON_NO_LIVE_OBJECTS,
	REASON_MAY_NOT_LIST,
	REASON_CANNOT_LIST,
	REASON_MANY_OBJECTS,
	/* Prometheus */
	REASON_REFUSED,
	REASON_UNRESOLVED,
	REASON_TIMEOUT,
	REASON_TLS,
	REASON_CREDENTIAL,
	REASON_PATH,
	REASON_QUERY_REFUSED,
	REASON_THROTTLED,
	REASON_UPSTREAM_STATUS,
	REASON_NOT_JSON,
	REASON_CUT_OFF,
	REASON_TOO_BIG,
	REASON_NO_VECTOR,
	REASON_PARTIAL,
	REASON_MALFORMED,
	REASON_CHANGED_OVER,
	REASON_UPSTREAM,
	/* the samples */
	REASON_NO_LABEL,
	REASON_OTHER_OBJECTS,
	REASON_NO_SAMPLES,
	REASON_BAD_VALUES,
	REASON_OLD_SAMPLES,
	REASON_NO_EXTERNAL_SAMPLES,
	REASON_COUNT,
};

struct reason_kind {
	const char *code;   /* stable: scripts look for `[code]` at the end of the message */
	const char *status; /* what it is answered with */
	const char *title;  /* what happened */
	const char *fix;    /* what to do */
};
const struct reason_kind *reason_kind(enum reason_code code);

/* Writes `words: reason [code]` of at most `max` bytes, in one line of UTF-8. What is too long is cut before the fix, so that this
   and the code always stand there. `words` may be empty. */
void reason_write(struct buf *out, struct str words, struct str reason, enum reason_code code, size_t max);

/* The value of a Warning header (RFC 7234, section 5.5), of at most REASON_WARNING_BYTES. */
enum { REASON_WARNING_BYTES = 1024 };
void reason_write_warning(struct buf *out, struct str reason, enum reason_code code);

/* docs/errors.md. */
void reason_write_page(struct buf *out);

#endif
