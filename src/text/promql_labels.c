/* SPDX-License-Identifier: Apache-2.0 */
/* Each node's labels are made of its children's, which come before it. */
#include "promql_function.h"
#include "promql_lex.h"
#include "text/promql.h"

/* Lists are compared with each other; who writes more names than this learns nothing. */
enum { NAMES_MAX = 64 };

static const struct str NAME = STR_INIT("__name__"), LE = STR_INIT("le");
static const struct promql_labels UNKNOWN = {.kind = PROMQL_LABELS_UNKNOWN}, NONE = {.kind = PROMQL_LABELS_ONLY};

struct reckoner {
	struct arena *arena;
	bool failed;		      /* the arena is full */
	struct promql_labels *labels; /* by the number of the node */
};

/* ---- lists ---- */

static bool has(struct promql_names names, struct str name)
{
	for (size_t i = 0; i < names.count; i++)
		if (str_eq(names.list[i], name))
			return true;
	return false;
}

/* Those of `names` that `others` has, or has not. */
static struct promql_names picked(struct reckoner *reckoner, struct promql_names names, struct promql_names others,
				  bool wanted)
{
	struct str *list = arena_calloc(reckoner->arena, names.count, sizeof(*list));
	size_t count = 0;

	reckoner->failed |= list == NULL;
	for (size_t i = 0; list && i < names.count; i++)
		if (has(others, names.list[i]) == wanted)
			list[count++] = names.list[i];
	return (struct promql_names){list, count};
}

static struct promql_names joined(struct reckoner *reckoner, struct promql_names names, struct promql_names others)
{
	struct str *list = arena_calloc(reckoner->arena, names.count + others.count, sizeof(*list));
	size_t count = 0;

	reckoner->failed |= list == NULL;
	for (size_t i = 0; list && i < names.count; i++)
		list[count++] = names.list[i];
	for (size_t i = 0; list && i < others.count; i++)
		if (!has((struct promql_names){list, count}, others.list[i]))
			list[count++] = others.list[i];
	return (struct promql_names){list, count};
}

/* ---- sets ---- */

static bool is_long(struct promql_labels labels, struct promql_names names)
{
	return labels.names.count + names.count > NAMES_MAX;
}

static struct promql_labels without(struct reckoner *reckoner, struct promql_labels labels, struct promql_names names)
{
	if (is_long(labels, names))
		return UNKNOWN;
	if (labels.kind == PROMQL_LABELS_ONLY)
		labels.names = picked(reckoner, labels.names, names, false);
	if (labels.kind == PROMQL_LABELS_BUT)
		labels.names = joined(reckoner, labels.names, names);
	return labels;
}

static struct promql_labels without_name(struct reckoner *reckoner, struct promql_labels labels)
{
	return without(reckoner, labels, (struct promql_names){&NAME, 1});
}

static struct promql_labels with(struct reckoner *reckoner, struct promql_labels labels, struct promql_names names)
{
	if (is_long(labels, names))
		return UNKNOWN;
	if (labels.kind == PROMQL_LABELS_ONLY)
		labels.names = joined(reckoner, labels.names, names);
	if (labels.kind == PROMQL_LABELS_BUT)
		labels.names = picked(reckoner, labels.names, names, false);
	return labels;
}

/* Those of `names` that it may have. */
static struct promql_labels within(struct reckoner *reckoner, struct promql_labels labels, struct promql_names names)
{
	if (is_long(labels, names))
		return UNKNOWN;
	if (labels.kind != PROMQL_LABELS_UNKNOWN)
		names = picked(reckoner, names, labels.names, labels.kind == PROMQL_LABELS_ONLY);
	return (struct promql_labels){.kind = PROMQL_LABELS_ONLY, .names = names};
}

static struct promql_labels either(struct reckoner *reckoner, struct promql_labels a, struct promql_labels b)
{
	if (a.kind == PROMQL_LABELS_UNKNOWN || b.kind == PROMQL_LABELS_UNKNOWN || is_long(a, b.names))
		return UNKNOWN;
	if (a.kind == PROMQL_LABELS_BUT && b.kind == PROMQL_LABELS_BUT)
		return (struct promql_labels){.kind = PROMQL_LABELS_BUT,
					      .names = picked(reckoner, a.names, b.names, true)};
	return b.kind == PROMQL_LABELS_ONLY ? with(reckoner, a, b.names) : with(reckoner, b, a.names);
}

/* ---- selectors ---- */

/* `a=""` takes series without it. */
static struct promql_labels of_selector(struct reckoner *reckoner, const struct promql_selector *selector)
{
	struct promql_labels labels = {.kind = PROMQL_LABELS_BUT};

	for (size_t i = 0; i < selector->count; i++)
		if (str_eq(selector->list[i].op, STR("=")) && selector->list[i].value.len == 0)
			labels = without(reckoner, labels, (struct promql_names){&selector->list[i].label, 1});
	return labels;
}

/* absent(x{a="b"}) makes the series that it misses. */
static struct promql_labels of_absent(struct reckoner *reckoner, const struct promql_node *call)
{
	const struct promql_selector *selector = call->child ? promql_inner(call->child)->selector : NULL;
	struct promql_labels labels = NONE;

	for (size_t i = 0; selector && i < selector->count; i++)
		if (str_eq(selector->list[i].op, STR("=")) && selector->list[i].value.len)
			labels = with(reckoner, labels, (struct promql_names){&selector->list[i].label, 1});
	return without_name(reckoner, labels);
}

/* ---- calls ---- */

/* A text constant, unquoted; ptr NULL: it is none. */
static struct str constant(struct reckoner *reckoner, const struct promql_node *node)
{
	struct str text = {NULL, 0};

	if (node)
		node = promql_inner(node);
	if (node && node->kind == PROMQL_STRING)
		reckoner->failed |= !promql_unquote(node->text, reckoner->arena, &text);
	return text;
}

static struct promql_labels with_constant(struct reckoner *reckoner, struct promql_labels labels,
					  const struct promql_node *name)
{
	struct str *label = arena_alloc(reckoner->arena, sizeof(*label));

	reckoner->failed |= label == NULL;
	if (label)
		*label = constant(reckoner, name);
	if (label == NULL || label->ptr == NULL)
		return UNKNOWN;
	return with(reckoner, labels, (struct promql_names){label, 1});
}

/* The argument with series comes among numbers and texts: quantile_over_time(0.9, x[5m]). */
static struct promql_labels of_series(const struct reckoner *reckoner, const struct promql_node *call)
{
	const struct promql_node *child = call->child;

	while (child && (child->type == PROMQL_SCALAR || child->type == PROMQL_TEXT))
		child = child->sibling;
	return child ? reckoner->labels[child->number] : NONE;
}

static struct promql_labels of_call(struct reckoner *reckoner, const struct promql_node *call)
{
	const struct str buckets[] = {LE, NAME};
	struct promql_labels series = of_series(reckoner, call);

	switch (promql_function_effect(call->word)) {
	case PROMQL_EFFECT_UNKNOWN:
		break;
	case PROMQL_EFFECT_DROPS_NAME:
		return without_name(reckoner, series);
	case PROMQL_EFFECT_KEEPS:
		return series;
	case PROMQL_EFFECT_NONE:
		return NONE;
	case PROMQL_EFFECT_ABSENT:
		return of_absent(reckoner, call);
	case PROMQL_EFFECT_BUCKETS:
		return without(reckoner, series, (struct promql_names){buckets, COUNT_OF(buckets)});
	case PROMQL_EFFECT_SETS:
		return with_constant(reckoner, series, promql_child(call, 1));
	}
	return UNKNOWN;
}

/* ---- aggregations ---- */

static bool picks_samples(struct str word)
{
	return str_eq_nocase(word, STR("topk")) || str_eq_nocase(word, STR("bottomk")) ||
	       str_eq_nocase(word, STR("limitk")) || str_eq_nocase(word, STR("limit_ratio"));
}

static struct promql_labels of_aggregation(struct reckoner *reckoner, const struct promql_node *node,
					   struct promql_labels operand)
{
	struct promql_labels labels = NONE;

	if (picks_samples(node->word))
		return operand;
	if (node->by)
		labels = within(reckoner, operand, node->grouping);
	if (node->without)
		labels = without(reckoner, without_name(reckoner, operand), node->grouping);
	return str_eq_nocase(node->word, STR("count_values")) ? with_constant(reckoner, labels, node->child) : labels;
}

/* ---- operations ---- */

static bool is_any(struct str word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(word, str_of(words[i])))
			return true;
	return false;
}

/* Arithmetic makes another metric of it; a comparison that filters does not. */
static bool keeps_name(const struct promql_node *node)
{
	static const char *const words[] = {"==", "!=", "<", ">", "<=", ">=", "and", "or", "unless"};

	return is_any(node->word, words, COUNT_OF(words)) && !node->returns_bool;
}

/* The sides by which labels they are compared: see promql_compared. */
static struct promql_labels compared(struct reckoner *reckoner, const struct promql_matching *matching,
				     struct promql_labels side)
{
	if (matching->on)
		return within(reckoner, side, matching->labels);
	return without_name(reckoner, without(reckoner, side, matching->labels));
}

static struct promql_labels of_match(struct reckoner *reckoner, const struct promql_node *node,
				     struct promql_labels left, struct promql_labels right)
{
	const struct promql_matching *matching = &node->matching;
	struct promql_labels many = matching->group_right ? right : left;
	struct promql_labels one = matching->group_right ? left : right;

	if (str_eq_nocase(node->word, STR("or")))
		return either(reckoner, left, right);
	if (str_eq_nocase(node->word, STR("and")) || str_eq_nocase(node->word, STR("unless")))
		return left;
	if (matching->group_left || matching->group_right)
		return with(reckoner, without(reckoner, many, matching->included),
			    within(reckoner, one, matching->included).names);
	return matching->on ? within(reckoner, left, matching->labels) : without(reckoner, left, matching->labels);
}

static struct promql_labels of_operation(struct reckoner *reckoner, const struct promql_node *node,
					 struct promql_labels left, struct promql_labels right)
{
	const struct promql_node *first = node->child;
	const struct promql_node *second = first ? first->sibling : NULL;
	struct promql_labels labels;

	CHECK(second); /* an operation has two sides */
	if (node->type == PROMQL_SCALAR)
		return NONE;
	if (first->type == PROMQL_SCALAR)
		labels = right;
	else if (second->type == PROMQL_SCALAR)
		labels = left;
	else
		labels = of_match(reckoner, node, left, right);
	return keeps_name(node) ? labels : without_name(reckoner, labels);
}

/* ---- the tree ---- */

static struct promql_labels of_node(struct reckoner *reckoner, const struct promql_node *node)
{
	const struct promql_labels *first = node->child ? &reckoner->labels[node->child->number] : &NONE;
	const struct promql_labels *second =
		node->child && node->child->sibling ? &reckoner->labels[node->child->sibling->number] : first;

	switch (node->kind) {
	case PROMQL_SELECTOR:
		return of_selector(reckoner, node->selector);
	case PROMQL_NUMBER:
	case PROMQL_STRING:
		return NONE;
	case PROMQL_CALL:
		return of_call(reckoner, node);
	case PROMQL_AGGREGATION:
		return of_aggregation(reckoner, node, *second);
	case PROMQL_BINARY:
		return of_operation(reckoner, node, *first, *second);
	case PROMQL_UNARY:
		return str_eq(node->word, STR("-")) ? without_name(reckoner, *first) : *first;
	case PROMQL_PARENTHESIS:
	case PROMQL_SUBQUERY:
		return *first;
	}
	return UNKNOWN;
}

bool promql_labels(const struct promql_tree *tree, struct arena *arena, const struct promql_labels **ret_labels,
		   struct err *err)
{
	struct reckoner reckoner = {.arena = arena,
				    .labels = arena_calloc(arena, tree->count, sizeof(struct promql_labels))};

	if (reckoner.labels == NULL)
		return promql_no_room(err);
	for (const struct promql_node *node = tree->first; node; node = node->next)
		reckoner.labels[node->number] = of_node(&reckoner, node);
	if (reckoner.failed)
		return promql_no_room(err);
	*ret_labels = reckoner.labels;
	return true;
}

bool promql_compared(const struct promql_node *operation, const struct promql_labels *labels, struct arena *arena,
		     struct promql_labels *ret_left, struct promql_labels *ret_right, struct err *err)
{
	struct reckoner reckoner = {.arena = arena};
	struct promql_labels left, right;

	left = compared(&reckoner, &operation->matching, labels[operation->child->number]);
	right = compared(&reckoner, &operation->matching, labels[operation->child->sibling->number]);
	if (reckoner.failed)
		return promql_no_room(err);
	*ret_left = left;
	*ret_right = right;
	return true;
}

bool promql_may_have(const struct promql_labels *labels, struct str label)
{
	return labels->kind == PROMQL_LABELS_UNKNOWN ||
	       has(labels->names, label) == (labels->kind == PROMQL_LABELS_ONLY);
}
