/* SPDX-License-Identifier: Apache-2.0 */
/* rule_lint.h - rules that are read as upstream reads them, and can hardly be meant so: warnings, each with the fix. */
#ifndef GAUGELET_MODEL_RULE_LINT_H
#define GAUGELET_MODEL_RULE_LINT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct problems;
struct rule;
struct rules;

/* Two rules that give one name, external rules that every request fails by, keys without effect; queries that fail, are no
   PromQL, or lose the label by which the objects are found. */
void rules_lint(const struct rules *rules, struct problems *problems);

/* Appends what the rule would ask for one object, with names in the place of what only a request tells. */
MUST_USE bool rule_typical_query(const struct rule *rule, struct arena *arena, struct buf *out, struct err *err);

#endif
