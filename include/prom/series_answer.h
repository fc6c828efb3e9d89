/* SPDX-License-Identifier: Apache-2.0 */
/* series_answer.h - reads the answer of /api/v1/series in pieces. */
#ifndef GAUGELET_PROM_SERIES_ANSWER_H
#define GAUGELET_PROM_SERIES_ANSWER_H

#include "base/err.h"
#include "base/str.h"

struct series_set;
struct series_answer;

struct series_answer *series_answer_new(size_t max_set_bytes) MUST_USE;
void series_answer_free(struct series_answer *answer);
DEFINE_FREE_AT(series_answer)

MUST_USE bool series_answer_feed(struct series_answer *answer, struct str piece, struct err *err);

/* Gives the set. ERR_UPSTREAM: status is "error" (message: errorType and error), `data` is null or missing, or a thing of
   the wrong shape; ERR_INVALID: no JSON. `"status"` may come after `"data"`. */
MUST_USE bool series_answer_finish(struct series_answer *answer, struct series_set **ret_set, struct err *err);

/* The first of "warnings" that says data is missing; empty: none. Lent, as long as the answer lives. */
struct str series_answer_warning(const struct series_answer *answer);

#endif
