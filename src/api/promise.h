/* SPDX-License-Identifier: Apache-2.0 */
/* promise.h - the name that a rule's seriesQuery has, and what the rule would call the series, whether there are any or not. */
#ifndef GAUGELET_API_PROMISE_H
#define GAUGELET_API_PROMISE_H

#include "base/buf.h"
#include "base/str.h"

struct rule;
struct rules;

/* Empty: it has a pattern, or none. Lent from the rule. */
struct str promise_series(const struct rules *rules, const struct rule *rule);

/* Appends the metric's name; nothing: nobody can tell. */
void promise_write(struct buf *out, const struct rules *rules, const struct rule *rule);

#endif
