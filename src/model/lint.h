/* SPDX-License-Identifier: Apache-2.0 */
/* lint.h - rules that are read as upstream reads them, and can hardly be meant so: warnings, each with the fix and its code. */
#ifndef GAUGELET_MODEL_LINT_H
#define GAUGELET_MODEL_LINT_H

#include "model/rule.h"
#include "model/rule_spec.h"
#include "text/promql.h"

/* Keys of a rule that do nothing, or by which every request fails. */
void lint_keys(const struct rule *rule, struct problems *problems);

/* What the rule asks. */
void lint_query(const struct rule *rule, struct problems *problems);

/* Two rules that give one name. */
void lint_names(const struct rules *rules, struct problems *problems);

/* Does an override's resource mean the namespace? */
bool lint_is_namespace(struct str resource);

/* ---- parts of lint_query ---- */

/* A query as the rule asks it for one object. */
struct lint {
	const struct rule *rule;
	struct problems *problems;
	struct arena *arena;
	struct promql_tree tree;
	const struct promql_labels *labels;	/* of its nodes, by their numbers */
	struct str label;			/* of the object; RULE_OBJECT_LABEL where the rule has a template */
	const struct promql_selector *searched; /* of seriesQuery; NULL: it cannot be read */
	struct str series;			/* its name, or what stands for it */
};

/* A warning about metricsQuery. */
void lint_warn(const struct lint *lint, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Calls whose arguments cannot be. */
void lint_calls(const struct lint *lint);

/* Counters that are not asked for their rate. */
void lint_counters(const struct lint *lint);

/* Labels of the result, of the two sides of an operator, and of what histogram_quantile takes. */
void lint_labels(const struct lint *lint);

/* Matchers: the request's, and those by which the series were searched. */
void lint_matchers(const struct lint *lint);

#endif
