/* SPDX-License-Identifier: Apache-2.0 */
/* rule_lint.h - rules that are read as upstream reads them, and can hardly be meant so: warnings, each with the fix. */
#ifndef GAUGELET_MODEL_RULE_LINT_H
#define GAUGELET_MODEL_RULE_LINT_H

struct problems;
struct rules;

/* Two rules that give one name, external rules that every request fails by, keys without effect; queries that fail, are no
   PromQL, or lose the label by which the objects are found. */
void rules_lint(const struct rules *rules, struct problems *problems);

#endif
