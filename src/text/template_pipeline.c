/* SPDX-License-Identifier: Apache-2.0 */
#include "template_pipeline.h"

/* ---- operands; NULL is failure ---- */

static struct node *parse_function(struct parser *parser, struct token token)
{
	struct node *node = template_parser_node(parser, NODE_FUNCTION, token.at);

	node->text = token.text;
	for (unsigned i = 0; i < FUNCTION_COUNT; i++) {
		node->function = (enum function)i;
		if (str_eq(token.text, str_of(template_functions[i].name)))
			return node;
	}
	template_parser_fail_quoted(parser, "function ", token.text, " not defined");
	return NULL;
}

static struct node *parse_variable(struct parser *parser, struct token token)
{
	struct node *node = template_parser_node(parser, NODE_VARIABLE, token.at);
	const struct declared *declared = parser->declared;

	while (declared && !str_eq(declared->name, token.text))
		declared = declared->below;
	if (declared == NULL) {
		template_parser_fail_quoted(parser, "undefined variable ", token.text, "");
		return NULL;
	}
	template_parser_add_name(parser, node, token.text);
	return node;
}

static struct node *parse_number(struct parser *parser, struct token token)
{
	struct node *node = template_parser_node(parser, NODE_NUMBER, token.at);
	struct err why = {0};

	node->written = token.text;
	if (template_constant_number(token.text, &node->number, &why))
		return node;
	template_parser_fail(parser, "%s", why.msg);
	return NULL;
}

static struct node *parse_string(struct parser *parser, struct token token)
{
	struct node *node = template_parser_node(parser, NODE_STRING, token.at);

	node->written = token.text;
	return template_parser_unquote(parser, token.text, &node->text) ? node : NULL;
}

/* NOLINTBEGIN(misc-no-recursion): template_parser_deeper counts the levels, up to TEMPLATE_DEPTH_MAX */

static struct node *parse_parenthesis(struct parser *parser)
{
	struct node *node;

	if (!template_parser_deeper(parser))
		return NULL;
	node = template_pipeline_parse(parser, "parenthesized pipeline", TOKEN_RIGHT_PAREN);
	parser->depth--;
	return node;
}

static struct node *parse_term(struct parser *parser, struct token token)
{
	struct node *node;

	if (token.kind == TOKEN_IDENTIFIER)
		return parse_function(parser, token);
	if (token.kind == TOKEN_VARIABLE)
		return parse_variable(parser, token);
	if (token.kind == TOKEN_NUMBER || token.kind == TOKEN_CHAR_CONSTANT || token.kind == TOKEN_COMPLEX)
		return parse_number(parser, token);
	if (token.kind == TOKEN_STRING || token.kind == TOKEN_RAW_STRING)
		return parse_string(parser, token);
	if (token.kind == TOKEN_LEFT_PAREN)
		return parse_parenthesis(parser);
	node = template_parser_node(parser, NODE_FIELD, token.at);
	if (token.kind == TOKEN_DOT)
		node->kind = NODE_DOT;
	else if (token.kind == TOKEN_NIL)
		node->kind = NODE_NIL;
	else if (token.kind == TOKEN_BOOL)
		node->kind = NODE_BOOL;
	node->truth = str_eq(token.text, STR("true"));
	if (token.kind == TOKEN_FIELD)
		template_parser_add_name(parser, node, str_slice(token.text, 1, token.text.len));
	return node;
}

static bool begins_term(enum token_kind kind)
{
	return kind == TOKEN_IDENTIFIER || kind == TOKEN_VARIABLE || kind == TOKEN_NUMBER ||
	       kind == TOKEN_CHAR_CONSTANT || kind == TOKEN_COMPLEX || kind == TOKEN_STRING ||
	       kind == TOKEN_RAW_STRING || kind == TOKEN_LEFT_PAREN || kind == TOKEN_DOT || kind == TOKEN_NIL ||
	       kind == TOKEN_FIELD || kind == TOKEN_BOOL;
}

static bool is_constant(const struct node *node)
{
	return node->kind == NODE_BOOL || node->kind == NODE_STRING || node->kind == NODE_NUMBER ||
	       node->kind == NODE_NIL || node->kind == NODE_DOT;
}

static struct node *refuse_field(struct parser *parser, const struct node *constant)
{
	CLEANUP(buf_clear) struct buf shown = {0};

	template_node_write(&shown, constant);
	template_parser_fail_quoted(parser, "unexpected . after term ", buf_str(&shown), "");
	return NULL;
}

/* .Field.Field behind a term. */
static struct node *parse_fields(struct parser *parser, struct node *node)
{
	uint32_t at = (uint32_t)template_parser_peek(parser).at;

	if (node->kind != NODE_FIELD && node->kind != NODE_VARIABLE && !is_constant(node)) {
		struct node *chain = template_parser_node(parser, NODE_CHAIN, at);

		chain->parts = node;
		node = chain;
	}
	node->at = is_constant(node) ? node->at : at;
	while (template_parser_peek(parser).kind == TOKEN_FIELD) {
		struct str text = template_parser_next(parser).text;

		if (!is_constant(node))
			template_parser_add_name(parser, node, str_slice(text, 1, text.len));
	}
	return is_constant(node) ? refuse_field(parser, node) : node;
}

static struct node *parse_operand(struct parser *parser, struct token token)
{
	struct node *node = parse_term(parser, token);

	if (node && template_parser_peek(parser).kind == TOKEN_FIELD)
		node = parse_fields(parser, node);
	if (node && (node->kind == NODE_FIELD || node->kind == NODE_VARIABLE || node->kind == NODE_CHAIN)) {
		node->next_named = parser->tree->named;
		parser->tree->named = node;
	}
	return node;
}

/* ---- commands and pipelines ---- */

/* Operands up to a '|', which it takes, or the end, which stays. */
static struct node *parse_command(struct parser *parser)
{
	struct node *command = template_parser_node(parser, NODE_COMMAND, template_parser_peek_word(parser).at);
	struct node **last = &command->parts;

	for (;;) {
		struct token token = template_parser_peek_word(parser);

		if (begins_term(token.kind)) {
			template_parser_next_word(parser);
			*last = parse_operand(parser, token);
			if (*last == NULL)
				return NULL;
			last = &(*last)->next;
			command->part_count++;
		}
		token = template_parser_next(parser);
		if (token.kind == TOKEN_SPACE)
			continue;
		if (token.kind == TOKEN_RIGHT_DELIM || token.kind == TOKEN_RIGHT_PAREN)
			template_parser_put_back(parser);
		else if (token.kind != TOKEN_PIPE)
			return template_parser_unexpected(parser, token, "operand"), NULL;
		break;
	}
	if (command->part_count == 0)
		return template_parser_fail(parser, "empty command"), NULL;
	return command;
}

/* `$x :=`, `$x =`, `$i, $x :=` in a range; or nothing, when the variable is an operand. */
static bool parse_declaration(struct parser *parser, struct node *pipe, const char *context)
{
	while (template_parser_peek_word(parser).kind == TOKEN_VARIABLE) {
		struct token variable = template_parser_next(parser);
		struct token behind = template_parser_peek(parser);
		struct token word = template_parser_peek_word(parser);

		if (word.kind == TOKEN_ASSIGN || word.kind == TOKEN_DECLARE) {
			pipe->assigns = word.kind == TOKEN_ASSIGN;
			template_parser_next_word(parser);
			template_parser_declare(parser, pipe, variable.text);
			return true;
		}
		if (word.kind != TOKEN_CHAR || !str_eq(word.text, STR(","))) {
			if (behind.kind == TOKEN_SPACE)
				template_parser_put_before(parser, behind);
			template_parser_put_before(parser, variable);
			return true;
		}
		template_parser_next_word(parser);
		template_parser_declare(parser, pipe, variable.text);
		if (strcmp(context, "range") != 0 || pipe->name_count > 1)
			return template_parser_fail(parser, "too many declarations in %s", context);
		word = template_parser_peek_word(parser);
		if (word.kind != TOKEN_VARIABLE && word.kind != TOKEN_RIGHT_DELIM && word.kind != TOKEN_RIGHT_PAREN)
			return template_parser_fail(parser, "range can only initialize variables");
	}
	return true;
}

/* Only the first command of a pipeline may begin with what cannot take an argument. */
static bool check_pipeline(struct parser *parser, const struct node *pipe, const char *context)
{
	unsigned stage = 2;

	if (pipe->parts == NULL)
		return template_parser_fail(parser, "missing value for %s", context);
	for (const struct node *command = pipe->parts->next; command; command = command->next, stage++)
		if (is_constant(command->parts))
			return template_parser_fail(parser, "non executable command in pipeline stage %u", stage);
	return true;
}

struct node *template_pipeline_parse(struct parser *parser, const char *context, enum token_kind end)
{
	struct node *pipe = template_parser_node(parser, NODE_PIPE, template_parser_peek_word(parser).at);
	struct node **last = &pipe->parts;

	if (!parse_declaration(parser, pipe, context))
		return NULL;
	for (;;) {
		struct token token = template_parser_next_word(parser);

		if (token.kind == end)
			return check_pipeline(parser, pipe, context) ? pipe : NULL;
		if (!begins_term(token.kind))
			return template_parser_unexpected(parser, token, context), NULL;
		template_parser_put_back(parser);
		*last = parse_command(parser);
		if (*last == NULL)
			return NULL;
		last = &(*last)->next;
	}
}

/* NOLINTEND(misc-no-recursion) */
