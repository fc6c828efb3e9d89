/* SPDX-License-Identifier: Apache-2.0 */
/* lint.h - rules that are read as upstream reads them, and can hardly be meant so: warnings, each with the fix. */
#ifndef GAUGELET_MODEL_LINT_H
#define GAUGELET_MODEL_LINT_H

#include "base/base.h"
#include "base/str.h"

struct problems;
struct rule;
struct rules;

/* Keys of a rule that do nothing, or by which every request fails. */
void lint_keys(const struct rule *rule, struct problems *problems);

/* Queries that fail, are no PromQL, or lose the label by which the objects are found. */
void lint_query(const struct rule *rule, struct problems *problems);

/* Two rules that give one name. */
void lint_names(const struct rules *rules, struct problems *problems);

/* Does an override's resource mean the namespace? */
bool lint_is_namespace(struct str resource);

#endif
