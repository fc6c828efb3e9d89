/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/query.h"

enum { LABELS_MAX = 4 }; /* of objects that are tried: few rules have more than two */

/* The labels for which a request may ask: of each object but the namespace, which is asked for where there is no other. */
static size_t object_labels(const struct rule *rule, struct str *labels)
{
	const struct resources_spec *resources = &rule->spec->resources;
	size_t count = 0;

	if (resources->template_text.text.len == 0)
		for (size_t i = 0; i < resources->override_count && count < LABELS_MAX; i++)
			if (!lint_is_namespace(resources->overrides[i].resource.text))
				labels[count++] = resources->overrides[i].label.text;
	if (count == 0)
		labels[count++] = resources->override_count && resources->template_text.text.len == 0
					  ? resources->overrides[0].label.text
					  : STR(RULE_OBJECT_LABEL);
	return count;
}

static void read_series_query(struct lint *lint)
{
	struct promql_tree tree;
	struct err err = {0};
	struct str text = lint->rule->spec->series_query.text;

	lint->series = STR("series");
	if (text.len == 0)
		return;
	if (!promql_read(text, lint->arena, &tree, &err) || tree.root->kind != PROMQL_SELECTOR) {
		problem_warn(lint->problems, lint->rule->spec->series_query.at,
			     "seriesQuery is no selector, as NAME{label=\"value\"}, and Prometheus will refuse it%s%s "
			     "[series-query]",
			     err.code ? ": " : "", err.msg);
		return;
	}
	lint->searched = tree.root->selector;
	if (lint->searched->name.ptr)
		lint->series = lint->searched->name;
}

/* False, with a warning, when there is no tree. */
static bool read_query(struct lint *lint, struct str label)
{
	CLEANUP(buf_clear) struct buf text = BUF_MAX(QUERY_BYTES_MAX);
	struct err err = {0};
	struct str kept;

	lint->label = label;
	if (!rule_typical_query(lint->rule, label, lint->series, lint->arena, &text, &err))
		lint_warn(lint, "query-fails", "it fails with a usual request: %.280s", err.msg);
	else if (!arena_copy(lint->arena, buf_str(&text), &kept) ||
		 !promql_read(kept, lint->arena, &lint->tree, &err) ||
		 !promql_labels(&lint->tree, lint->arena, &lint->labels, &err))
		lint_warn(lint, "no-promql", "it does not read as PromQL, and Prometheus may refuse it: %.240s",
			  err.msg);
	else
		return true;
	return false;
}

static bool has_problem(const struct problems *problems, const char *text)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->items[i].text, text) == 0)
			return true;
	return false;
}

/* What holds for each label that may be asked for. */
static void check_query(struct lint *lint)
{
	struct problems *problems = lint->problems;
	CLEANUP(problems_clear) struct problems found = {0};
	struct str labels[LABELS_MAX];
	size_t count = object_labels(lint->rule, labels);

	for (size_t i = 0; i < count; i++) {
		CLEANUP(problems_clear) struct problems one = {0};
		size_t kept = 0;

		lint->problems = i ? &one : &found;
		if (read_query(lint, labels[i])) {
			lint_calls(lint);
			lint_labels(lint);
			lint_counters(lint);
			lint_matchers(lint);
		}
		for (size_t j = 0; i && j < found.count; j++)
			if (has_problem(&one, found.items[j].text))
				found.items[kept++] = found.items[j];
		if (i)
			found.count = kept;
	}
	lint->problems = problems;
	for (size_t i = 0; i < found.count; i++)
		problem_warn(problems, found.items[i].at, "%s", found.items[i].text);
}

void lint_query(const struct rule *rule, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(RULE_ARENA_BYTES_MAX);
	struct lint lint = {.rule = rule, .problems = problems, .arena = arena};

	read_series_query(&lint);
	if (rule->spec->metrics_query.text.len) /* else reading has said so */
		check_query(&lint);
}
