/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_build.h"

#include "promql_function.h"
#include "promql_lex.h"

struct promql_made *promql_made_new(struct arena *arena, enum promql_kind kind, struct str word)
{
	struct promql_made *made = arena_alloc(arena, sizeof(*made));

	if (made)
		made->node = (struct promql_node){.kind = kind, .word = word};
	return made;
}

void promql_adopt(struct promql_made *parent, struct promql_made *child)
{
	child->node.parent = &parent->node;
	if (parent->youngest)
		parent->youngest->node.sibling = &child->node;
	else
		parent->node.child = &child->node;
	parent->youngest = child;
}

static enum promql_type type_of_operation(enum promql_type left, enum promql_type right)
{
	if (left == PROMQL_VECTOR || right == PROMQL_VECTOR)
		return PROMQL_VECTOR;
	return left == PROMQL_SCALAR && right == PROMQL_SCALAR ? PROMQL_SCALAR : PROMQL_OTHER;
}

static enum promql_type type_of(const struct promql_node *node)
{
	switch (node->kind) {
	case PROMQL_SELECTOR:
		return node->selector->range.ptr ? PROMQL_RANGES : PROMQL_VECTOR;
	case PROMQL_NUMBER:
		return PROMQL_SCALAR;
	case PROMQL_STRING:
		return PROMQL_TEXT;
	case PROMQL_CALL:
		return promql_function_type(node->word);
	case PROMQL_AGGREGATION:
		return PROMQL_VECTOR;
	case PROMQL_BINARY:
		return type_of_operation(node->child->type, node->child->sibling->type);
	case PROMQL_UNARY:
	case PROMQL_PARENTHESIS:
		return node->child->type;
	case PROMQL_SUBQUERY:
		return PROMQL_RANGES;
	}
	return PROMQL_OTHER;
}

void promql_finish(struct promql_row *row, struct promql_made *made, const char *from, const char *to)
{
	made->node.text = promql_between(from, to);
	made->node.type = type_of(&made->node);
	made->node.first = made->node.child ? made->node.child->first : &made->node;
	if (row->last)
		row->last->node.next = &made->node;
	else
		row->first = &made->node;
	made->node.number = row->count++;
	row->last = made;
}
