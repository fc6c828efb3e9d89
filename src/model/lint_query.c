/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "base/arena.h"
#include "base/buf.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "text/promql.h"

/* These give samples of their operand as they are. */
static bool keeps_all_labels(struct str op)
{
	return str_eq_nocase(op, STR("topk")) || str_eq_nocase(op, STR("bottomk")) ||
	       str_eq_nocase(op, STR("limitk")) || str_eq_nocase(op, STR("limit_ratio"));
}

/* May the label stand for an object of the rule? With a template any may, as far as the file tells. */
static bool may_stand_for_object(const struct resources_spec *resources, struct str label)
{
	if (resources->template_text.text.len || str_eq(label, STR(RULE_OBJECT_LABEL)))
		return true;
	for (size_t i = 0; i < resources->override_count; i++)
		if (str_eq(resources->overrides[i].label.text, label))
			return true;
	return false;
}

static void check_aggregation(const struct rule *rule, const struct promql_node *aggregation, struct problems *problems)
{
	if (aggregation->without || keeps_all_labels(aggregation->word))
		return;
	for (size_t i = 0; i < aggregation->grouping.count; i++)
		if (may_stand_for_object(&rule->spec->resources, aggregation->grouping.list[i]))
			return;
	problem_warn(
		problems, rule->spec->metrics_query.at,
		"metricsQuery: its %.*s keeps no label that stands for an object, so that no object is found in the "
		"answer; write by (<<.GroupBy>>) behind it",
		STR_ARG(aggregation->word));
}

void lint_query(const struct rule *rule, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(RULE_ARENA_BYTES_MAX);
	CLEANUP(buf_clear) struct buf text = BUF_MAX(QUERY_BYTES_MAX);
	struct promql_tree tree;
	struct err err = {0};

	if (rule->spec->metrics_query.text.len == 0)
		return; /* reading has said so */
	if (!rule_typical_query(rule, arena, &text, &err))
		problem_warn(problems, rule->spec->metrics_query.at, "metricsQuery fails with a usual request: %s",
			     err.msg);
	else if (!promql_read(buf_str(&text), arena, &tree, &err))
		problem_warn(problems, rule->spec->metrics_query.at,
			     "metricsQuery does not read as PromQL, and Prometheus may refuse it: %s", err.msg);
	else if (promql_inner(tree.root)->kind == PROMQL_AGGREGATION && !rule->external)
		check_aggregation(rule, promql_inner(tree.root), problems);
}
