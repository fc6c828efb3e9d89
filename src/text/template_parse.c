/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "template_pipeline.h"

static struct node *parse_statement(struct parser *parser);

/* NOLINTBEGIN(misc-no-recursion): template_parser_deeper counts the levels, up to TEMPLATE_DEPTH_MAX */

/* Up to <<end>> or <<else>>, which *ret_end names. */
static bool parse_list(struct parser *parser, struct node **ret_list, enum node_kind *ret_end)
{
	struct node **last = ret_list;

	while (template_parser_peek_word(parser).kind != TOKEN_EOF) {
		struct node *node = parse_statement(parser);

		if (node == NULL)
			return false;
		if (node->kind == NODE_END || node->kind == NODE_ELSE) {
			*ret_end = node->kind;
			return true;
		}
		*last = node;
		last = &node->next;
	}
	return template_parser_fail(parser, "unexpected EOF");
}

static bool parse_branch(struct parser *parser, struct node *node, const char *context, enum node_kind *ret_end)
{
	bool good;

	node->pipe = template_pipeline_parse(parser, context, TOKEN_RIGHT_DELIM);
	if (node->pipe == NULL)
		return false;
	parser->range_depth += node->kind == NODE_RANGE;
	good = parse_list(parser, &node->list, ret_end);
	parser->range_depth -= node->kind == NODE_RANGE;
	return good;
}

static struct node *parse_control(struct parser *parser, enum node_kind kind, const char *context, size_t at)
{
	struct declared *mark = parser->declared;
	struct node *first = template_parser_node(parser, kind, at);
	struct node *node = first;
	enum node_kind end = NODE_END;

	if (!template_parser_deeper(parser) || !parse_branch(parser, node, context, &end))
		return NULL;
	while (end == NODE_ELSE && kind == NODE_IF && template_parser_peek(parser).kind == TOKEN_IF) {
		node->chained = true;
		node->else_list = template_parser_node(parser, kind, template_parser_next(parser).at);
		node = node->else_list;
		if (!parse_branch(parser, node, context, &end))
			return NULL;
	}
	if (end == NODE_ELSE) {
		if (!parse_list(parser, &node->else_list, &end))
			return NULL;
		if (end != NODE_END)
			return template_parser_fail(parser, "expected end; found {{else}}"), NULL;
	}
	parser->declared = mark;
	parser->depth--;
	return first;
}

static bool parse_name(struct parser *parser, const char *context, uint32_t *ret_at, struct str *ret_name)
{
	struct token token = template_parser_next_word(parser);

	*ret_at = (uint32_t)token.at;
	if (token.kind != TOKEN_STRING && token.kind != TOKEN_RAW_STRING)
		return template_parser_unexpected(parser, token, context);
	return template_parser_unquote(parser, token.text, ret_name);
}

static bool is_blank(const struct node *list)
{
	for (; list; list = list->next)
		if (list->kind != NODE_TEXT || str_trim(list->text).len)
			return false;
	return true;
}

static bool define(struct parser *parser, struct str name, struct node *list)
{
	struct definition *old = parser->tree->definitions;

	while (old && !str_eq(old->name, name))
		old = old->next;
	if (old && !is_blank(old->list))
		return is_blank(list) ||
		       template_parser_fail_quoted(parser, "template: multiple definition of template ", name, "");
	if (old == NULL) {
		old = arena_alloc(parser->tree->arena, sizeof(*old));
		*old = (struct definition){name, NULL, parser->tree->definitions};
		parser->tree->definitions = old;
	}
	old->list = list;
	return true;
}

static void declare_root(struct parser *parser)
{
	struct declared *root = arena_alloc(parser->tree->arena, sizeof(*root));

	*root = (struct declared){STR("$"), NULL};
	parser->declared = root;
}

/* The body of a define or block, up to its end: a world of its own, without the variables around it. */
static bool parse_body(struct parser *parser, struct str name, const char *context)
{
	struct declared *declared = parser->declared;
	unsigned range_depth = parser->range_depth;
	struct node *list = NULL;
	enum node_kind end = NODE_END;

	if (!template_parser_deeper(parser))
		return false;
	declare_root(parser);
	parser->range_depth = 0;
	parser->action = 0;
	if (!parse_list(parser, &list, &end))
		return false;
	if (end != NODE_END)
		return template_parser_fail(parser, "unexpected {{else}} in %s", context);
	parser->declared = declared;
	parser->range_depth = range_depth;
	parser->depth--;
	return define(parser, name, list);
}

static bool parse_definition(struct parser *parser)
{
	struct str name;
	uint32_t at;

	return parse_name(parser, "define clause", &at, &name) &&
	       template_parser_expect(parser, TOKEN_RIGHT_DELIM, "define clause") &&
	       parse_body(parser, name, "define clause");
}

/* <<template>>, and <<block>>, which defines and calls. */
static struct node *parse_call(struct parser *parser, bool block)
{
	const char *context = block ? "block clause" : "template clause";
	struct node *node = template_parser_node(parser, NODE_CALL, 0);

	if (!parse_name(parser, context, &node->at, &node->text))
		return NULL;
	if (!block && template_parser_peek_word(parser).kind == TOKEN_RIGHT_DELIM) {
		template_parser_next_word(parser);
	} else {
		node->pipe = template_pipeline_parse(parser, context, TOKEN_RIGHT_DELIM);
		if (node->pipe == NULL || (block && !parse_body(parser, node->text, context)))
			return NULL;
	}
	node->next_named = parser->tree->calls;
	parser->tree->calls = node;
	return node;
}

static struct node *parse_jump(struct parser *parser, enum node_kind kind, const char *shown, size_t at)
{
	if (!template_parser_expect(parser, TOKEN_RIGHT_DELIM, shown))
		return NULL;
	if (parser->range_depth == 0)
		return template_parser_fail(parser, "%s outside {{range}}", shown), NULL;
	return template_parser_node(parser, kind, at);
}

static struct node *parse_else(struct parser *parser)
{
	if (template_parser_peek_word(parser).kind != TOKEN_IF &&
	    !template_parser_expect(parser, TOKEN_RIGHT_DELIM, "else"))
		return NULL;
	return template_parser_node(parser, NODE_ELSE, 0);
}

static struct node *parse_action(struct parser *parser)
{
	struct token token = template_parser_next_word(parser);
	struct node *node;

	if (token.kind == TOKEN_IF)
		return parse_control(parser, NODE_IF, "if", token.at);
	if (token.kind == TOKEN_RANGE)
		return parse_control(parser, NODE_RANGE, "range", token.at);
	if (token.kind == TOKEN_WITH)
		return parse_control(parser, NODE_WITH, "with", token.at);
	if (token.kind == TOKEN_TEMPLATE || token.kind == TOKEN_BLOCK)
		return parse_call(parser, token.kind == TOKEN_BLOCK);
	if (token.kind == TOKEN_BREAK)
		return parse_jump(parser, NODE_BREAK, "{{break}}", token.at);
	if (token.kind == TOKEN_CONTINUE)
		return parse_jump(parser, NODE_CONTINUE, "{{continue}}", token.at);
	if (token.kind == TOKEN_ELSE)
		return parse_else(parser);
	if (token.kind == TOKEN_END)
		return template_parser_expect(parser, TOKEN_RIGHT_DELIM, "end")
			       ? template_parser_node(parser, NODE_END, 0)
			       : NULL;
	template_parser_put_back(parser);
	node = template_parser_node(parser, NODE_ACTION, token.at);
	node->pipe = template_pipeline_parse(parser, "command", TOKEN_RIGHT_DELIM);
	return node->pipe ? node : NULL;
}

static struct node *parse_statement(struct parser *parser)
{
	struct token token = template_parser_next_word(parser);
	struct node *node;

	if (token.kind == TOKEN_TEXT) {
		node = template_parser_node(parser, NODE_TEXT, token.at);
		node->text = token.text;
		return node;
	}
	if (token.kind != TOKEN_LEFT_DELIM)
		return template_parser_unexpected(parser, token, "input"), NULL;
	parser->action = token.at + 1;
	node = parse_action(parser);
	parser->action = 0;
	return node;
}

/* NOLINTEND(misc-no-recursion) */

/* As a list, but definitions may stand here, and it goes to the end. */
static bool parse_all(struct parser *parser, struct node **ret_list)
{
	struct node **last = ret_list;

	while (template_parser_peek(parser).kind != TOKEN_EOF) {
		struct node *node;

		if (template_parser_peek(parser).kind == TOKEN_LEFT_DELIM) {
			struct token delim = template_parser_next(parser);

			if (template_parser_next_word(parser).kind == TOKEN_DEFINE) {
				if (!parse_definition(parser))
					return false;
				continue;
			}
			template_parser_put_back(parser);
			template_parser_put_before(parser, delim);
		}
		node = parse_statement(parser);
		if (node == NULL)
			return false;
		if (node->kind == NODE_END || node->kind == NODE_ELSE)
			return template_parser_fail(parser, "unexpected %s",
						    node->kind == NODE_END ? "{{end}}" : "{{else}}");
		*last = node;
		last = &node->next;
	}
	return true;
}

static bool parse_into(struct template_tree *tree, struct place *ret_at, struct err *err)
{
	struct parser parser = {.tree = tree, .lexer.input = tree->text, .ret_at = ret_at, .err = err};
	struct node *list = NULL;

	declare_root(&parser);
	if (!parse_all(&parser, &list))
		return false;
	return define(&parser, tree->name, list);
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
	if (!parse_into(tree, ret_at, err))
		return false;
	connect_calls(tree);
	*ret_tree = STEAL(tree);
	return true;
}
