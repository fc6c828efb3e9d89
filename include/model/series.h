/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - what one seriesQuery found: the distinct pairs of a metric name and a set of label names. Label values are
   never kept, so a million series of twelve labels take as much memory as one. */
#ifndef GAUGELET_MODEL_SERIES_H
#define GAUGELET_MODEL_SERIES_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct series_kind {
	struct str name;	  /* of the metric; empty when the series had no __name__ */
	const struct str *labels; /* their names, sorted bytewise, without __name__ */
	size_t label_count;
	uint64_t series; /* how many series are of this kind */
};

struct upstream_error;
struct series_set;

/* `max_bytes` bounds what the set itself may take (ERR_LIMIT on the series that would pass it). */
struct series_set *series_set_new(size_t max_bytes) MUST_USE;
void series_set_free(struct series_set *set);
DEFINE_FREE_AT(series_set)

/* One series, label by label in any order; texts are lent for the call. */
void series_set_begin(struct series_set *set);
MUST_USE bool series_set_name(struct series_set *set, struct str name, struct err *err);
MUST_USE bool series_set_label(struct series_set *set, struct str label, struct err *err);
MUST_USE bool series_set_end(struct series_set *set, struct err *err);

/* The kinds in order of first appearance. Lent; the pointers stay good until the set is changed or freed. */
size_t series_set_count(const struct series_set *set);
const struct series_kind *series_set_at(const struct series_set *set, size_t index);

/* All series, of all kinds. */
uint64_t series_set_total(const struct series_set *set);

/* What discovery knows of one of rules.series_queries, for reasons. */
struct series_finding {
	bool asked;			      /* an answer or an error has come since the start */
	bool found;			      /* an answer has come, now or earlier */
	uint64_t series;		      /* in the last good answer */
	const char *failure;		      /* of the last try; "" when it was good */
	int64_t failing_s;		      /* for how long, in seconds */
	int64_t since_s;		      /* how long ago the search began */
	const struct upstream_error *problem; /* of the last try, when it failed; may be NULL */
	int64_t age_ms;			      /* of the last good answer */
	int64_t looked_ms;		      /* how long ago an answer or an error came last */
	int64_t next_ms;		      /* until a request has it looked for again; 0: it is, or at once */
	size_t kinds;			      /* in it */
	uint64_t failures;		      /* since the start */
};

#endif
