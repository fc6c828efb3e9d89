/* SPDX-License-Identifier: Apache-2.0 */
/* query_answer.h - reads the answer of /api/v1/query in pieces. */
#ifndef GAUGELET_PROM_QUERY_ANSWER_H
#define GAUGELET_PROM_QUERY_ANSWER_H

#include "base/err.h"
#include "base/str.h"

struct samples;
struct query_answer;

struct query_answer *query_answer_new(void) MUST_USE;
void query_answer_free(struct query_answer *answer);
DEFINE_FREE_AT(query_answer)

MUST_USE bool query_answer_feed(struct query_answer *answer, struct str piece, struct err *err);

size_t query_answer_bytes(const struct query_answer *answer); /* of the samples so far */

/* Gives the samples. Errors as series_answer_finish. A sample that is malformed is left out and counted; keys may come in any
   order ("result" before "resultType"); duplicate keys within the envelope or a sample make the answer (or the sample)
   malformed: we do not guess which one was meant. Warnings that begin with "PromQL info" or "PromQL warning" are notes
   on the query and not kept. */
MUST_USE bool query_answer_finish(struct query_answer *answer, struct samples **ret_samples, struct err *err);

#endif
