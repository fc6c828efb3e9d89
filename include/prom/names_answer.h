/* SPDX-License-Identifier: Apache-2.0 */
/* names_answer.h - reads the answer of /api/v1/label/__name__/values in pieces. */
#ifndef GAUGELET_PROM_NAMES_ANSWER_H
#define GAUGELET_PROM_NAMES_ANSWER_H

#include "base/err.h"
#include "base/str.h"

struct metric_names;
struct names_answer;

struct names_answer *names_answer_new(size_t max_set_bytes) MUST_USE;
void names_answer_free(struct names_answer *answer);
DEFINE_FREE_AT(names_answer)

MUST_USE bool names_answer_feed(struct names_answer *answer, struct str piece, struct err *err);

/* Gives the names. Errors as series_answer_finish. */
MUST_USE bool names_answer_finish(struct names_answer *answer, struct metric_names **ret_names, struct err *err);

#endif
