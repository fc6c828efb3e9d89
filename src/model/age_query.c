/* SPDX-License-Identifier: Apache-2.0 */
#include "model/age_query.h"

#include "model/query.h"
#include "text/promql.h"

/* ---- the shape */

/* `x`, or `rate(x[5m])`: a function of a range gives each of its series one value and keeps the labels. absent_over_time makes up
   its own. */
static const struct promql_selector *plain_selector(const struct promql_node *node)
{
	bool call;

	node = promql_inner(node);
	call = node->kind == PROMQL_CALL && node->child && node->child->sibling == NULL &&
	       !promql_is_call(node, STR("absent_over_time"));
	if (call)
		node = promql_inner(node->child);
	if (node->kind != PROMQL_SELECTOR || node->selector->shifted || (node->type == PROMQL_RANGES) != call)
		return NULL;
	return node->selector;
}

/* The other aggregations pick samples, or make labels of their own. */
static bool is_over_all(struct str op)
{
	static const struct str ops[] = {
		STR_INIT("sum"),    STR_INIT("avg"),	STR_INIT("min"),   STR_INIT("max"),	 STR_INIT("count"),
		STR_INIT("stddev"), STR_INIT("stdvar"), STR_INIT("group"), STR_INIT("quantile"),
	};

	for (size_t i = 0; i < COUNT_OF(ops); i++)
		if (str_eq_nocase(op, ops[i]))
			return true;
	return false;
}

/* ---- the query */

static void put_grouping(struct buf *out, const struct promql_node *aggregation)
{
	if (!aggregation->by && !aggregation->without)
		return;
	buf_puts(out, aggregation->without ? " without (" : " by (");
	for (size_t i = 0; i < aggregation->grouping.count; i++) {
		buf_puts(out, i ? ", " : "");
		query_write_label(out, aggregation->grouping.list[i]);
	}
	buf_puts(out, ") ");
}

/* The last child of an aggregation, behind its parameter. */
static const struct promql_node *operand_of(const struct promql_node *aggregation)
{
	return aggregation->child->sibling ? aggregation->child->sibling : aggregation->child;
}

bool age_query_write(struct str promql, struct arena *arena, struct buf *out)
{
	const struct promql_selector *selector;
	const struct promql_node *root;
	struct promql_tree tree;
	struct err ignored;
	bool over_all;

	if (!promql_read(promql, arena, &tree, &ignored))
		return false;
	root = promql_inner(tree.root);
	over_all = root->kind == PROMQL_AGGREGATION && is_over_all(root->word);
	selector = plain_selector(over_all ? operand_of(root) : root);
	if (selector == NULL)
		return false;
	if (over_all) {
		buf_puts(out, "min");
		put_grouping(out, root);
		buf_putc(out, '(');
	}
	buf_puts(out, "timestamp(");
	buf_put(out, selector->text);
	buf_puts(out, over_all ? "))" : ")");
	return true;
}
