/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule_exact.h"

#include "base/arena.h"
#include "base/buf.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "text/promql.h"

enum { SHOWN_BYTES = 80 };

static struct str shown(struct str text)
{
	text = str_slice(text, 0, SHOWN_BYTES);
	return str_slice(text, 0, str_whole_characters(text));
}

/* `key` is where the text comes from; it begins at `at`. */
static bool check_text(const char *key, struct place at, struct str text, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(RULE_ARENA_BYTES_MAX);
	struct promql_tree tree;
	struct err err = {0};

	if (!promql_read(text, arena, &tree, &err))
		return problem_add(problems, at,
				   "%s: the cluster cannot be written into it, as it does not read as PromQL: %s", key,
				   err.msg);
	for (const struct promql_node *node = tree.first; node; node = node->next)
		if (node->kind == PROMQL_SELECTOR && node->selector->name.ptr == NULL)
			return problem_add(problems, at,
					   "%s: Google Managed Prometheus takes exact names of metrics alone, and %.*s "
					   "has none; write a rule for each metric, as NAME{...} without __name__",
					   key, STR_ARG(shown(node->selector->text)));
	return true;
}

/* What fails with a usual request is said by the lint, and at each request. */
static bool check_query(const struct rule *rule, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(RULE_ARENA_BYTES_MAX);
	CLEANUP(buf_clear) struct buf text = BUF_MAX(QUERY_BYTES_MAX);
	struct err err = {0};

	return !rule_typical_query(rule, STR(RULE_OBJECT_LABEL), STR("series"), arena, &text, &err) ||
	       check_text("metricsQuery", rule->spec->metrics_query.at, buf_str(&text), problems);
}

bool rules_check_exact(const struct rules *rules, struct problems *problems)
{
	bool good = true;

	for (size_t i = 0; i < rules->count; i++) {
		const struct spelled *series = &rules->list[i].spec->series_query;

		if (rules->list[i].twin)
			continue;
		good &= check_text("seriesQuery", series->at, series->text, problems);
		good &= check_query(&rules->list[i], problems);
	}
	return good;
}
