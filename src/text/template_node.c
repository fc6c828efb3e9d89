/* SPDX-License-Identifier: Apache-2.0 */
#include "template_node.h"

#include <stdlib.h>

#include "text/quote.h"

const struct function_face template_functions[FUNCTION_COUNT] = {
	[FUNCTION_AND] = {"and", 1, true},
	[FUNCTION_CALL] = {"call", 1, true},
	[FUNCTION_EQ] = {"eq", 1, true},
	[FUNCTION_GE] = {"ge", 2, false},
	[FUNCTION_GT] = {"gt", 2, false},
	[FUNCTION_HTML] = {"html", 0, true},
	[FUNCTION_INDEX] = {"index", 1, true},
	[FUNCTION_JS] = {"js", 0, true},
	[FUNCTION_LE] = {"le", 2, false},
	[FUNCTION_LEN] = {"len", 1, false},
	[FUNCTION_LT] = {"lt", 2, false},
	[FUNCTION_NE] = {"ne", 2, false},
	[FUNCTION_NOT] = {"not", 1, false},
	[FUNCTION_OR] = {"or", 1, true},
	[FUNCTION_PRINT] = {"print", 0, true},
	[FUNCTION_PRINTF] = {"printf", 1, true},
	[FUNCTION_PRINTLN] = {"println", 0, true},
	[FUNCTION_SLICE] = {"slice", 1, true},
	[FUNCTION_URLQUERY] = {"urlquery", 0, true},
};

struct place template_place(const struct template_tree *tree, size_t at)
{
	struct place place = {1, 1};

	for (size_t i = 0; i < at && i < tree->text.len; i++) {
		place.column++;
		if (tree->text.ptr[i] == '\n')
			place = (struct place){place.line + 1, 1};
	}
	return place;
}

void template_tree_free(struct template_tree *tree)
{
	if (tree == NULL)
		return;
	arena_free(tree->arena);
	free(tree);
}

bool template_uses(const struct template_tree *tree, struct str name)
{
	for (const struct node *node = tree->named; node; node = node->next_named) {
		unsigned first = node->kind == NODE_VARIABLE; /* $x.Name */

		if (node->name_count > first && str_eq(node->names[first], name))
			return true;
	}
	return false;
}

struct str template_foreign_name(const struct template_tree *tree)
{
	for (const struct node *node = tree->named; node; node = node->next_named)
		for (unsigned i = 0; i < node->name_count; i++)
			for (size_t at = 0; at < node->names[i].len; at++)
				if ((unsigned char)node->names[i].ptr[at] >= 0x80)
					return node->names[i];
	return (struct str){0};
}

/* ---- nodes as text ---- */

static void write_names(struct buf *out, const struct node *node)
{
	for (unsigned i = 0; i < node->name_count; i++) {
		if (i > 0 || node->kind != NODE_VARIABLE)
			buf_putc(out, '.');
		buf_put(out, node->names[i]);
	}
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the parser let parentheses nest */

static void write_operand(struct buf *out, const struct node *node)
{
	if (node->kind == NODE_PIPE)
		buf_putc(out, '(');
	template_node_write(out, node);
	if (node->kind == NODE_PIPE)
		buf_putc(out, ')');
}

static void write_pipe(struct buf *out, const struct node *pipe)
{
	for (unsigned i = 0; i < pipe->name_count; i++) {
		buf_puts(out, i ? ", " : "");
		buf_put(out, pipe->names[i]);
	}
	if (pipe->name_count)
		buf_puts(out, pipe->assigns ? " = " : " := ");
	for (const struct node *command = pipe->parts; command; command = command->next) {
		template_node_write(out, command);
		buf_puts(out, command->next ? " | " : "");
	}
}

static void write_call(struct buf *out, const struct node *call)
{
	buf_puts(out, "{{template ");
	quote_go(out, call->text);
	if (call->pipe) {
		buf_putc(out, ' ');
		write_pipe(out, call->pipe);
	}
	buf_puts(out, "}}");
}

void template_node_write(struct buf *out, const struct node *node)
{
	switch (node->kind) {
	case NODE_PIPE:
		write_pipe(out, node);
		break;
	case NODE_COMMAND:
		for (const struct node *word = node->parts; word; word = word->next) {
			write_operand(out, word);
			buf_puts(out, word->next ? " " : "");
		}
		break;
	case NODE_CHAIN:
		write_operand(out, node->parts);
		write_names(out, node);
		break;
	case NODE_FIELD:
	case NODE_VARIABLE:
		write_names(out, node);
		break;
	case NODE_FUNCTION:
	case NODE_TEXT:
		buf_put(out, node->text);
		break;
	case NODE_STRING:
	case NODE_NUMBER:
		buf_put(out, node->written);
		break;
	case NODE_DOT:
		buf_putc(out, '.');
		break;
	case NODE_NIL:
		buf_puts(out, "nil");
		break;
	case NODE_BOOL:
		buf_puts(out, node->truth ? "true" : "false");
		break;
	case NODE_CALL:
		write_call(out, node);
		break;
	case NODE_ACTION:
	case NODE_IF:
	case NODE_WITH:
	case NODE_RANGE:
	case NODE_BREAK:
	case NODE_CONTINUE:
	case NODE_END:
	case NODE_ELSE:
		break; /* no message shows these */
	}
}

/* NOLINTEND(misc-no-recursion) */
