/* SPDX-License-Identifier: Apache-2.0 */
/* reason.h - why a request is refused: a code and its arguments. One table has what is said for each code, what to do about it, and
   what docs/errors.md tells of it. */
#ifndef GAUGELET_API_REASON_H
#define GAUGELET_API_REASON_H

#include "base/buf.h"
#include "base/str.h"

/* A row of the table. Several of them may be one code to the reader, who then gets another cause or fix. */
enum reason_code {
	/* upstream's own words, which nothing is added to */
	REASON_NONE,
	REASON_PARAMETER,
	REASON_UNAUTHORIZED,
	REASON_FORBIDDEN,
	REASON_NO_ROUTE,
	REASON_METHOD,
	REASON_NOT_ACCEPTABLE,
	/* the metric is not there */
	REASON_NO_SERIES,
	REASON_NEVER_FOUND,
	REASON_NO_SERIES_QUERY,
	REASON_NO_OBJECT_LABEL,
	REASON_NO_OBJECT_LABEL_AT_ALL,
	REASON_SERIES_LABEL,
	REASON_OBJECT_LABEL,
	REASON_NO_NAMESPACE_LABEL,
	REASON_UNKNOWN_RESOURCE,
	REASON_OTHER_RESOURCE,
	REASON_RENAMED,
	REASON_NEAR_NAME,
	REASON_OTHER_API_NAME,
	REASON_NO_RULE,
	REASON_NO_RULE_FOR_SERIES,
	REASON_NEAR_SERIES,
	REASON_FILTERED,
	REASON_NAMELESS,
	REASON_HARD_PATTERN,
	REASON_HIDES_RULE,
	REASON_DISCOVERY_FAILS,
	REASON_DISCOVERY_WAITS,
	REASON_UNKNOWN_RESOURCES,
	REASON_MISSING_CRD,
	REASON_GKE_NAME,
	REASON_GKE_NAMES_OFF,
	REASON_GKE_EXTERNAL,
	REASON_GKE_OBJECT,
	/* the request */
	REASON_WRONG_API,
	REASON_NO_EXTERNAL_RULES,
	REASON_NO_EXTERNAL_RULES_CUSTOM,
	REASON_WRONG_SCOPE,
	REASON_NOT_NAMESPACED,
	REASON_BAD_SELECTOR,
	REASON_BAD_LIST_SELECTOR,
	REASON_GKE_SELECTOR,
	REASON_NO_OPERATOR,
	REASON_STANDALONE,
	REASON_MAY_NOT_REVIEW,
	REASON_CANNOT_REVIEW,
	REASON_OVERLOADED,
	REASON_OVERLOADED_READING,
	/* the query */
	REASON_TEMPLATE,
	REASON_EMPTY_QUERY,
	REASON_EXTERNAL_NAMESPACE,
	REASON_LARGE_QUERY,
	/* the objects */
	REASON_NO_OBJECTS,
	REASON_NO_LISTED_OBJECTS,
	REASON_NO_LIVE_OBJECTS,
	REASON_NO_READY_OBJECTS,
	REASON_MAY_NOT_LIST,
	REASON_CANNOT_LIST,
	REASON_MANY_OBJECTS,
	/* Prometheus */
	REASON_REFUSED,
	REASON_UNRESOLVED,
	REASON_TIMEOUT,
	REASON_TLS,
	REASON_CREDENTIAL,
	REASON_NO_CREDENTIAL,
	REASON_CREDENTIAL_SOURCE,
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
	REASON_NO_SAMPLE_AT_ALL,
	REASON_CHANGED_OVER,
	REASON_CLOCK_SKEW,
	REASON_CLOCK_SKEW_SEARCH,
	REASON_FUTURE_SAMPLES,
	REASON_REDIRECT,
	REASON_UPSTREAM,
	/* the samples */
	REASON_NO_LABEL,
	REASON_OTHER_OBJECTS,
	REASON_OTHER_PODS,
	REASON_FOREIGN_ITEM,
	REASON_FOREIGN_NAMESPACE,
	REASON_NO_SAMPLES,
	REASON_NO_SUCH_SERIES,
	REASON_ENDED,
	REASON_GKE_NO_SAMPLES,
	REASON_SELECTOR_VALUE,
	REASON_SELECTOR_LABEL,
	REASON_MATCHER_VALUE,
	REASON_MATCHER_LABEL,
	REASON_MATCHERS,
	REASON_OTHER_NAMESPACE,
	REASON_OTHER_EXTERNAL_NAMESPACE,
	REASON_NAMESPACE_LABEL,
	REASON_SHORT_RANGE,
	REASON_TWO_SIDES,
	REASON_COMMON_SIDES,
	REASON_EQUAL_SIDES,
	REASON_COMPARISON,
	REASON_UNLESS,
	REASON_LOST_LE,
	REASON_NO_BUCKETS,
	REASON_LEFT_OUT,
	REASON_SEVERAL_ITEMS,
	REASON_BAD_VALUES,
	REASON_DIVIDED,
	REASON_BAD_GKE_VALUES,
	REASON_TWINS,
	REASON_UNKNOWN_AGE,
	REASON_SEVERAL_SAMPLES,
	REASON_OLD_SAMPLES,
	REASON_NO_EXTERNAL_SAMPLES,
	/* resource metrics */
	REASON_NO_RESOURCE_LABEL,
	REASON_STANDALONE_RESOURCE,
	REASON_NO_SUCH_NODE,
	REASON_NO_SUCH_POD,
	REASON_NOT_RUNNING,
	REASON_NO_USAGE,
	REASON_NO_USAGE_LABEL,
	REASON_BAD_USAGE,
	REASON_SEVERAL_USAGE,
	REASON_OLD_USAGE,
	REASON_MANY_CONTAINERS,
	REASON_USAGE_FAILS,
	REASON_COUNT,
};

/* In `cause` and `fix` {name} is an argument, and what stands in [] is left out unless all its arguments are there. */
struct reason_form {
	const char
		*code; /* stable: scripts look for `[code]` at the end of the message. NULL: that of the row before */
	const char *status; /* what it is answered with; of a code's first row, as `doc` */
	const char *doc;    /* what has happened */
	const char *cause, *fix;
};
const struct reason_form *reason_form(enum reason_code code);
const char *reason_name(enum reason_code code); /* "no-series" */

enum { REASON_ARGUMENTS_MAX = 12 };

struct rule;

struct reason {
	enum reason_code code;
	const struct rule *rule; /* that it is about, as reason_set_rule said it */
	struct buf texts;	 /* of all arguments */
	struct reason_argument {
		const char *name;
		size_t at, length;
		size_t keep, keep_length; /* of an elastic one: the part that is never cut away */
		bool elastic;
	} arguments[REASON_ARGUMENTS_MAX];
	size_t argument_count;
};

/* Forgets the arguments, if it had any. A reason that is zeroed has code and arguments of none. */
void reason_begin(struct reason *reason, enum reason_code code);
void reason_clear(struct reason *reason);

/* An argument; given again it takes the place of what was said before. `max` bytes of it are shown. */
void reason_set(struct reason *reason, const char *name, struct str text, size_t max);
void reason_print(struct reason *reason, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
void reason_count(struct reason *reason, const char *name, uint64_t count,
		  const char *noun); /* "1 sample", "2 samples" */
void reason_age(struct reason *reason, const char *name, int64_t ms);

/* One that gets the room that the others leave, and loses its middle where that is not enough, but never `kept`, a part of it. */
void reason_set_elastic(struct reason *reason, const char *name, struct str text, struct str kept);

/* For a text that brings its own `. fix: `: {cause} and {fix}. False: it has none, and there is only the cause. */
bool reason_split(struct reason *reason, struct str text);

/* Cause and fix alone. */
void reason_write_cause(struct buf *out, const struct reason *reason);
void reason_write_fix(struct buf *out, const struct reason *reason);

/* Writes `words: cause. fix: fix [code]` of at most `max` bytes, in one line of UTF-8. What is too long is cut before the fix, so that
   this and the code always stand there. `words` may be empty. */
void reason_write(struct buf *out, struct str words, const struct reason *reason, size_t max);

/* The value of a Warning header (RFC 7234, section 5.5), of at most REASON_WARNING_BYTES. */
enum { REASON_WARNING_BYTES = 1024 };
void reason_write_warning(struct buf *out, const struct reason *reason);

/* docs/errors.md. */
void reason_write_page(struct buf *out);

#endif
