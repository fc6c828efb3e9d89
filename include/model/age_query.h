/* SPDX-License-Identifier: Apache-2.0 */
/* age_query.h - how old are the series behind an answer? The samples of an instant query carry the time of its evaluation, so that a
   series that has stopped, or that a late remote write brings, looks new; its own last sample tells. */
#ifndef GAUGELET_MODEL_AGE_QUERY_H
#define GAUGELET_MODEL_AGE_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Appends the query whose samples are, in seconds since 1970, the times of the oldest series behind each sample of `promql`:
   for sum(rate(x{a="b"}[2m])) by (pod) it is min by (pod) (timestamp(x{a="b"})). The answer has the same labels but for
   __name__. False, and nothing is appended, unless `promql` is a selector, or a function of a range, or an aggregation of
   one of these, without offset and @. */
MUST_USE bool age_query_write(struct str promql, struct arena *arena, struct buf *out);

#endif
