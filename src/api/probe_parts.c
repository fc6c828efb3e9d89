/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_parts.h"

#include "model/query.h"
#include "probe.h"

/* ---- which parts there are */

static bool is_word(const struct promql_node *node, const char *word)
{
	return str_eq_nocase(node->word, str_of(word));
}

/* A sign or parentheses leave a value what it is. */
static const struct promql_node *inner(const struct promql_node *node)
{
	while (node->kind == PROMQL_PARENTHESIS || node->kind == PROMQL_UNARY)
		node = node->child;
	return node;
}

/* Has it one value, whatever the series say? */
static bool is_scalar(const struct promql_node *node)
{
	return node->type == PROMQL_SCALAR || node->type == PROMQL_TEXT;
}

static bool is_name(struct str label)
{
	return str_eq(label, STR("__name__"));
}

/* What stands behind the braces but for the range: offset and @. */
static struct str shift_of(const struct promql_node *node)
{
	const struct promql_selector *selector = node->selector;
	const char *from = selector->text.ptr + selector->text.len;
	const char *end = node->text.ptr + node->text.len;

	if (selector->range.ptr)
		from = selector->range.ptr + selector->range.len;
	while (from < end && (*from == ' ' || *from == ']'))
		from++;
	return (struct str){from, (size_t)(end - from)};
}

bool probe_is_shifted(const struct promql_node *node)
{
	return shift_of(node).len > 0;
}

void probe_write_matcher(struct buf *out, const struct promql_matcher *matcher)
{
	query_write_label(out, matcher->label);
	buf_put(out, matcher->op);
	quote_go(out, matcher->value);
}

void probe_write_selector(struct buf *out, const struct promql_node *node, const struct promql_matcher *without,
			  bool bare)
{
	const struct promql_selector *selector = node->selector;
	struct str shift = shift_of(node);
	bool first = selector->name.ptr == NULL;

	buf_putc(out, '{');
	if (selector->name.ptr) {
		buf_puts(out, "__name__=");
		quote_go(out, selector->name);
	}
	for (size_t i = 0; i < selector->count; i++) {
		const struct promql_matcher *matcher = &selector->list[i];

		if (matcher == without || (is_name(matcher->label) ? selector->name.ptr != NULL : bare))
			continue;
		buf_puts(out, first ? "" : ",");
		probe_write_matcher(out, matcher);
		first = false;
	}
	buf_putc(out, '}');
	if (shift.len) {
		buf_putc(out, ' ');
		buf_put(out, shift);
	}
}

/* A range alone cannot be counted; its selector can. */
static void collect(struct parts *parts, const struct promql_node *first, const struct promql_node *root)
{
	for (const struct promql_node *at = first; parts->count < PARTS_MAX; at = at->next) {
		if (!is_scalar(at) && at->kind != PROMQL_SUBQUERY && inner(at) == at)
			parts->list[parts->count++] = (struct part){.node = at};
		if (at == root)
			return;
	}
}

static void write_part(struct buf *out, const struct promql_node *node)
{
	if (node->kind == PROMQL_SELECTOR)
		probe_write_selector(out, node, NULL, false);
	else
		buf_put(out, node->text);
}

bool probe_parts_begin(struct parts *parts, const struct promql_tree *tree, struct buf *probe)
{
	*parts = (struct parts){.tree = *tree};
	collect(parts, tree->first, tree->root);
	for (size_t i = 0; i < parts->count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		write_part(&text, parts->list[i].node);
		probe_add_count(probe, i, buf_str(&text));
	}
	return parts->count > 0;
}

/* ---- which of them is at fault */

/* What could not be asked for is taken to be there. */
static bool is_there(const struct parts *parts, const struct promql_node *node)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->list[i].node == inner(node))
			return parts->list[i].there;
	return true;
}

static const struct promql_node *last_of(const struct promql_node *node)
{
	const struct promql_node *at = node->child;

	while (at && at->sibling)
		at = at->sibling;
	return at ? inner(at) : NULL;
}

static const struct promql_node *find_range(const struct promql_node *node)
{
	for (const struct promql_node *at = node->child; at; at = at->sibling)
		if (inner(at)->type == PROMQL_RANGES)
			return inner(at);
	return NULL;
}

struct finding {
	enum part_fault fault;
	const struct promql_node *node, *next; /* next: look into it */
};

static struct finding judge_ranged(const struct parts *parts, const struct promql_node *node,
				   const struct promql_node *range)
{
	const struct promql_node *of = range->kind == PROMQL_SUBQUERY ? inner(range->child) : range;

	if (!is_there(parts, of))
		return (struct finding){FAULT_NONE, node, of};
	return (struct finding){range->kind == PROMQL_SUBQUERY ? FAULT_OTHER : FAULT_RANGE, node, NULL};
}

static struct finding judge_call(const struct parts *parts, const struct promql_node *node)
{
	const struct promql_node *range = find_range(node);

	if (is_word(node, "absent") || is_word(node, "absent_over_time") || node->child == NULL)
		return (struct finding){FAULT_OTHER, node, NULL};
	if (range)
		return judge_ranged(parts, node, range);
	for (const struct promql_node *at = node->child; at; at = at->sibling)
		if (!is_there(parts, at))
			return (struct finding){FAULT_NONE, node, inner(at)};
	return (struct finding){is_word(node, "histogram_quantile") ? FAULT_QUANTILE : FAULT_OTHER, node, NULL};
}

static bool compares(const struct promql_node *node)
{
	static const char *const signs[] = {"==", "!=", "<", ">", "<=", ">="};

	for (size_t i = 0; !node->returns_bool && i < COUNT_OF(signs); i++)
		if (is_word(node, signs[i]))
			return true;
	return false;
}

static struct finding judge_operation(const struct parts *parts, const struct promql_node *node)
{
	const struct promql_node *left = inner(node->child), *right = inner(node->child->sibling);
	bool scalar = is_scalar(left) || is_scalar(right);

	if (!is_there(parts, left))
		return (struct finding){FAULT_NONE, node, left};
	if (is_word(node, "unless"))
		return (struct finding){FAULT_UNLESS, node, NULL};
	if (!is_there(parts, right))
		return (struct finding){FAULT_NONE, node, right};
	if (compares(node) && scalar)
		return (struct finding){FAULT_COMPARISON, node, NULL};
	return (struct finding){scalar ? FAULT_OTHER : FAULT_SIDES, node, NULL};
}

static struct finding judge_inside(const struct parts *parts, const struct promql_node *node,
				   const struct promql_node *inside)
{
	return (struct finding){FAULT_OTHER, node, inside && !is_there(parts, inside) ? inside : NULL};
}

static struct finding judge(const struct parts *parts, const struct promql_node *node)
{
	switch (node->kind) {
	case PROMQL_SELECTOR:
		return (struct finding){FAULT_SELECTOR, node, NULL};
	case PROMQL_AGGREGATION:
		return judge_inside(parts, node, last_of(node));
	case PROMQL_CALL:
		return judge_call(parts, node);
	case PROMQL_BINARY:
		return judge_operation(parts, node);
	case PROMQL_SUBQUERY:
		return judge_inside(parts, node, inner(node->child));
	case PROMQL_NUMBER:
	case PROMQL_STRING:
	case PROMQL_UNARY:
	case PROMQL_PARENTHESIS:
		break;
	}
	return (struct finding){FAULT_OTHER, node, NULL};
}

void probe_parts_judge(struct parts *parts, const struct samples *samples)
{
	struct finding finding = {.next = inner(parts->tree.root)};

	for (size_t i = 0; i < samples->list.count; i++) {
		size_t number = probe_part_of(&samples->list.items[i]);

		if (number < parts->count)
			parts->list[number].there = true;
	}
	while (finding.next)
		finding = judge(parts, finding.next);
	parts->fault = finding.fault;
	parts->culprit = finding.node;
}
