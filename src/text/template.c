/* SPDX-License-Identifier: Apache-2.0 */
#include "text/template.h"

#include <stdio.h>
#include <stdlib.h>

#include "template_in.h"
#include "text/quote.h"

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

void template_message(char *text, size_t size, const char *format, va_list args)
{
	int wanted = vsnprintf(text, size, format, args);

	CHECK(wanted >= 0);
	if ((size_t)wanted >= size)
		text[str_whole_characters((struct str){text, size - 1})] = '\0';
}

static void connect_calls(struct template_tree *tree)
{
	for (struct node *call = tree->calls; call; call = call->next_named) {
		call->definition = tree->definitions;
		while (call->definition && !str_eq(call->definition->name, call->text))
			call->definition = call->definition->next;
	}
	tree->main = tree->definitions;
	while (tree->main && !str_eq(tree->main->name, tree->name))
		tree->main = tree->main->next;
}

bool template_parse(struct str text, const char *name, struct template_tree **ret_tree, struct place *ret_at,
		    struct err *err)
{
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;

	if (text.len > TEMPLATE_BYTES_MAX) {
		*ret_at = (struct place){1, 1};
		return err_set(err, ERR_LIMIT, "template: %s: longer than %d bytes", name, TEMPLATE_BYTES_MAX);
	}
	tree = xnew(struct template_tree);
	tree->arena = arena_new(0); /* a small multiple of the text, which is bounded */
	if (!arena_copy(tree->arena, text, &tree->text) || !arena_copy(tree->arena, str_of(name), &tree->name))
		return err_set(err, ERR_LIMIT, "template: %s: no room", name);
	if (!template_parse_into(tree, ret_at, err))
		return false;
	connect_calls(tree);
	*ret_tree = STEAL(tree);
	return true;
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
	template_write_node(out, node);
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
		template_write_node(out, command);
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

void template_write_node(struct buf *out, const struct node *node)
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
