/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

static bool has_label(const struct promql_labels *labels, struct str label)
{
	for (size_t i = 0; i < labels->names.count; i++)
		if (str_eq(labels->names.list[i], label))
			return true;
	return false;
}

/* May the label stand for an object of the rule? With a template any may, as far as the file tells. */
static bool may_stand_for_object(const struct lint *lint, struct str label)
{
	const struct resources_spec *resources = &lint->rule->spec->resources;

	if (resources->template_text.text.len || str_eq(label, lint->label))
		return true;
	for (size_t i = 0; i < resources->override_count; i++)
		if (str_eq(resources->overrides[i].label.text, label))
			return true;
	return false;
}

static bool keeps_object(const struct lint *lint, const struct promql_labels *labels)
{
	if (labels->kind != PROMQL_LABELS_ONLY)
		return true;
	for (size_t i = 0; i < labels->names.count; i++)
		if (may_stand_for_object(lint, labels->names.list[i]))
			return true;
	return false;
}

/* ---- the result */

static void warn_of_lost_object(const struct lint *lint, const struct promql_node *root)
{
	bool named = root->kind == PROMQL_AGGREGATION || root->kind == PROMQL_CALL;
	bool quantile = promql_is_call(root, STR("histogram_quantile"));

	lint_warn(
		lint, "object-lost",
		"its result%s%.*s keeps no label that stands for an object, so that no object is found in the answer; "
		"write by (<<.GroupBy>>%s) behind %s",
		named ? " of " : "", STR_ARG(named ? root->word : STR("")), quantile ? ", le" : "",
		root->kind == PROMQL_AGGREGATION ? "it"
		: quantile			 ? "the aggregation in it"
						 : "each aggregation in it");
}

static void check_result(const struct lint *lint)
{
	const struct promql_node *root = promql_inner(lint->tree.root);
	const struct promql_labels *labels = &lint->labels[root->number];

	if (lint->rule->external)
		return;
	if (!keeps_object(lint, labels))
		warn_of_lost_object(lint, root);
	else if (labels->kind == PROMQL_LABELS_BUT && !root->without &&
		 lint->rule->spec->extension.on_duplicate_at.line == 0)
		lint_warn(lint, "no-aggregation",
			  "it is not aggregated, so that an object with several series has several samples, which are "
			  "refused where they differ; write sum(...) by (<<.GroupBy>>) around it, or onDuplicate under "
			  "x-gaugelet");
}

/* ---- the sides of an operator */

static bool is_set_operator(const struct promql_node *operation)
{
	return str_eq_nocase(operation->word, STR("or")) || str_eq_nocase(operation->word, STR("unless"));
}

/* Two sets of labels that no two series can both have. */
static bool are_apart(const struct promql_labels *left, const struct promql_labels *right)
{
	size_t common = 0;

	if (left->kind != PROMQL_LABELS_ONLY || right->kind != PROMQL_LABELS_ONLY)
		return false;
	if (has_label(left, STR(RULE_OBJECT_LABEL)) != has_label(right, STR(RULE_OBJECT_LABEL)) && left->names.count &&
	    right->names.count)
		return false; /* a template's label may be one of the others */
	for (size_t i = 0; i < left->names.count; i++)
		common += has_label(right, left->names.list[i]);
	return common < left->names.count || common < right->names.count;
}

static void put_labels(struct buf *out, const struct lint *lint, const struct promql_labels *labels)
{
	buf_putc(out, '(');
	for (size_t i = 0; i < labels->names.count && i < 8; i++) {
		buf_puts(out, i ? ", " : "");
		if (str_eq(labels->names.list[i], lint->label))
			buf_puts(out, "<<.GroupBy>>");
		else
			buf_put(out, labels->names.list[i]);
	}
	buf_putc(out, ')');
}

static void check_sides(const struct lint *lint, const struct promql_node *operation)
{
	CLEANUP(buf_clear) struct buf sides = {0};
	struct promql_labels left, right;
	struct err ignored;

	if (is_set_operator(operation) ||
	    !promql_compared(operation, lint->labels, lint->arena, &left, &right, &ignored) ||
	    !are_apart(&left, &right))
		return;
	put_labels(&sides, lint, &left);
	buf_puts(&sides, " and ");
	put_labels(&sides, lint, &right);
	lint_warn(
		lint, "sides-differ",
		"the two sides of %.*s have other labels, %.80s, so that none of their series match and the result is "
		"empty; aggregate both by the same labels, or write on (...) group_left () behind the operator",
		STR_ARG(operation->word), buf_cstr(&sides));
}

/* ---- le */

static bool has_buckets(const struct promql_node *call)
{
	for (const struct promql_node *node = call->first; node != call; node = node->next)
		if (node->kind == PROMQL_SELECTOR && str_ends(node->selector->name, STR("_bucket")))
			return true;
	return false;
}

/* The other series of a histogram have no le. Of native histograms there are no buckets. */
static void check_buckets(const struct lint *lint, const struct promql_node *call)
{
	for (const struct promql_node *node = call->first; node != call; node = node->next) {
		struct str name = node->kind == PROMQL_SELECTOR ? node->selector->name : STR("");
		struct str base = str_slice(name, 0, name.len - (str_ends(name, STR("_sum")) ? 4 : 6));

		if (str_ends(name, STR("_count")) || str_ends(name, STR("_sum")))
			lint_warn(lint, "no-buckets",
				  "histogram_quantile needs the buckets of a histogram, and %.*s has none; ask "
				  "%.*s_bucket",
				  STR_ARG(name), STR_ARG(base));
	}
}

static void check_quantile(const struct lint *lint, const struct promql_node *call)
{
	const struct promql_node *buckets = promql_child(call, 1);

	if (!has_buckets(call))
		check_buckets(lint, call);
	if (buckets == NULL || !has_buckets(call) || promql_may_have(&lint->labels[buckets->number], STR("le")))
		return;
	lint_warn(lint, "le-lost",
		  "histogram_quantile needs the label le of the buckets, which the aggregation inside drops; write by "
		  "(<<.GroupBy>>, le) there");
}

void lint_labels(const struct lint *lint)
{
	check_result(lint);
	for (const struct promql_node *at = lint->tree.first; at; at = at->next) {
		if (promql_is_match(at))
			check_sides(lint, at);
		else if (promql_is_call(at, STR("histogram_quantile")))
			check_quantile(lint, at);
	}
}
