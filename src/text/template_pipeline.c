/* SPDX-License-Identifier: Apache-2.0 */
#include "template_parse_in.h"

#include "characters.h"
#include "text/quote.h"

/* ---- messages ---- */

bool parser_fail(struct parser *parser, const char *format, ...)
{
	struct place at = template_place(parser->tree, parser->tokens[0].at);
	char message[500];
	va_list args;

	va_start(args, format);
	template_message(message, sizeof(message), format, args);
	va_end(args);
	*parser->ret_at = at;
	return err_set(parser->err, ERR_INVALID, "template: %.*s:%u: %s", STR_ARG(parser->tree->name), at.line,
		       message);
}

bool parser_fail_quoted(struct parser *parser, const char *before, struct str text, const char *after)
{
	CLEANUP(buf_clear) struct buf shown = {0};

	quote_go(&shown, text);
	return parser_fail(parser, "%s%s%s", before, buf_cstr(&shown), after);
}

/* Long ones cut to ten characters. */
static void show_token(struct buf *out, struct token token)
{
	struct str text = token.text;
	size_t at = 0;

	if (token.kind == TOKEN_EOF || token.kind == TOKEN_ERROR) {
		buf_put(out, token.kind == TOKEN_EOF ? STR("EOF") : text);
	} else if (token.kind >= TOKEN_BLOCK) {
		buf_printf(out, "<%.*s>", STR_ARG(text));
	} else {
		for (size_t bytes, count = 0; count < 10 && at < text.len; at += bytes, count++)
			characters_read(str_slice(text, at, text.len), &bytes);
		quote_go(out, str_slice(text, 0, at));
		buf_puts(out, text.len > 10 ? "..." : "");
	}
}

bool parser_unexpected(struct parser *parser, struct token token, const char *context)
{
	CLEANUP(buf_clear) struct buf shown = {0};
	unsigned line = template_place(parser->tree, token.at).line;
	unsigned started;

	show_token(&shown, token);
	if (token.kind != TOKEN_ERROR)
		return parser_fail(parser, "unexpected %s in %s", buf_cstr(&shown), context);
	started = parser->action ? template_place(parser->tree, parser->action - 1).line : line;
	if (started == line)
		return parser_fail(parser, "%s", buf_cstr(&shown));
	return parser_fail(parser, "%s%s started at %.*s:%u", buf_cstr(&shown),
			   str_ends(token.text, STR(" action")) ? "" : " in action", STR_ARG(parser->tree->name),
			   started);
}

/* ---- tokens ---- */

struct token parser_next(struct parser *parser)
{
	if (parser->peeked)
		parser->peeked--;
	else
		parser->tokens[0] = lexer_next(&parser->lexer);
	return parser->tokens[parser->peeked];
}

struct token parser_peek(struct parser *parser)
{
	struct token token = parser_next(parser);

	parser->peeked++;
	return token;
}

void parser_put_back(struct parser *parser)
{
	parser->peeked++;
}

/* Puts `token` before the one that was put back last. */
void parser_put_before(struct parser *parser, struct token token)
{
	CHECK(parser->peeked + 1 <= COUNT_OF(parser->tokens));
	parser->tokens[parser->peeked++] = token;
}

struct token parser_next_word(struct parser *parser)
{
	struct token token;

	do
		token = parser_next(parser);
	while (token.kind == TOKEN_SPACE);
	return token;
}

struct token parser_peek_word(struct parser *parser)
{
	struct token token = parser_next_word(parser);

	parser_put_back(parser);
	return token;
}

bool parser_expect(struct parser *parser, enum token_kind kind, const char *context)
{
	struct token token = parser_next_word(parser);

	return token.kind == kind || parser_unexpected(parser, token, context);
}

/* ---- nodes ---- */

struct node *parser_node(struct parser *parser, enum node_kind kind, size_t at)
{
	struct node *node = arena_alloc(parser->tree->arena, sizeof(*node));

	node->kind = kind;
	node->at = at;
	return node;
}

static void add_name(struct parser *parser, struct node *node, struct str name)
{
	unsigned count = node->name_count;

	if ((count & (count - 1)) == 0) { /* full: a power of two */
		struct str *larger = arena_calloc(parser->tree->arena, count ? (size_t)count * 2 : 1, sizeof(*larger));

		if (count)
			memcpy(larger, node->names, count * sizeof(*larger));
		node->names = larger;
	}
	node->names[node->name_count++] = name;
}

bool parser_deeper(struct parser *parser)
{
	return ++parser->depth <= TEMPLATE_DEPTH_MAX ||
	       parser_fail(parser, "max expression depth exceeded (%d)", TEMPLATE_DEPTH_MAX);
}

static void declare(struct parser *parser, struct node *pipe, struct str name)
{
	struct declared *declared = arena_alloc(parser->tree->arena, sizeof(*declared));

	*declared = (struct declared){name, parser->declared};
	parser->declared = declared;
	add_name(parser, pipe, name);
}

bool parser_unquote(struct parser *parser, struct str written, struct str *ret_text)
{
	CLEANUP(buf_clear) struct buf text = BUF_MAX((size_t)2 * TEMPLATE_BYTES_MAX);

	if (!constant_unquote(written, &text) || text.failed)
		return parser_fail(parser, "invalid syntax");
	return arena_copy(parser->tree->arena, buf_str(&text), ret_text);
}

/* ---- operands; NULL is failure ---- */

static struct node *parse_function(struct parser *parser, struct token token)
{
	struct node *node = parser_node(parser, NODE_FUNCTION, token.at);

	node->text = token.text;
	for (unsigned i = 0; i < FUNCTION_COUNT; i++) {
		node->function = (enum function)i;
		if (str_eq(token.text, str_of(template_functions[i].name)))
			return node;
	}
	parser_fail_quoted(parser, "function ", token.text, " not defined");
	return NULL;
}

static struct node *parse_variable(struct parser *parser, struct token token)
{
	struct node *node = parser_node(parser, NODE_VARIABLE, token.at);
	const struct declared *declared = parser->declared;

	while (declared && !str_eq(declared->name, token.text))
		declared = declared->below;
	if (declared == NULL) {
		parser_fail_quoted(parser, "undefined variable ", token.text, "");
		return NULL;
	}
	add_name(parser, node, token.text);
	return node;
}

static struct node *parse_number(struct parser *parser, struct token token)
{
	struct node *node = parser_node(parser, NODE_NUMBER, token.at);
	struct err why = {0};

	node->written = token.text;
	if (constant_number(token.text, &node->number, &why))
		return node;
	parser_fail(parser, "%s", why.msg);
	return NULL;
}

static struct node *parse_string(struct parser *parser, struct token token)
{
	struct node *node = parser_node(parser, NODE_STRING, token.at);

	node->written = token.text;
	return parser_unquote(parser, token.text, &node->text) ? node : NULL;
}

/* NOLINTBEGIN(misc-no-recursion): parser_deeper counts the levels, up to TEMPLATE_DEPTH_MAX */

static struct node *parse_parenthesis(struct parser *parser)
{
	struct node *node;

	if (!parser_deeper(parser))
		return NULL;
	node = parser_pipeline(parser, "parenthesized pipeline", TOKEN_RIGHT_PAREN);
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
	node = parser_node(parser, NODE_FIELD, token.at);
	if (token.kind == TOKEN_DOT)
		node->kind = NODE_DOT;
	else if (token.kind == TOKEN_NIL)
		node->kind = NODE_NIL;
	else if (token.kind == TOKEN_BOOL)
		node->kind = NODE_BOOL;
	node->truth = str_eq(token.text, STR("true"));
	if (token.kind == TOKEN_FIELD)
		add_name(parser, node, str_slice(token.text, 1, token.text.len));
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

	template_write_node(&shown, constant);
	parser_fail_quoted(parser, "unexpected . after term ", buf_str(&shown), "");
	return NULL;
}

/* .Field.Field behind a term. */
static struct node *parse_fields(struct parser *parser, struct node *node)
{
	size_t at = parser_peek(parser).at;

	if (node->kind != NODE_FIELD && node->kind != NODE_VARIABLE && !is_constant(node)) {
		struct node *chain = parser_node(parser, NODE_CHAIN, at);

		chain->parts = node;
		node = chain;
	}
	node->at = is_constant(node) ? node->at : at;
	while (parser_peek(parser).kind == TOKEN_FIELD) {
		struct str text = parser_next(parser).text;

		if (!is_constant(node))
			add_name(parser, node, str_slice(text, 1, text.len));
	}
	return is_constant(node) ? refuse_field(parser, node) : node;
}

static struct node *parse_operand(struct parser *parser, struct token token)
{
	struct node *node = parse_term(parser, token);

	if (node && parser_peek(parser).kind == TOKEN_FIELD)
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
	struct node *command = parser_node(parser, NODE_COMMAND, parser_peek_word(parser).at);
	struct node **last = &command->parts;

	for (;;) {
		struct token token = parser_peek_word(parser);

		if (begins_term(token.kind)) {
			parser_next_word(parser);
			*last = parse_operand(parser, token);
			if (*last == NULL)
				return NULL;
			last = &(*last)->next;
			command->part_count++;
		}
		token = parser_next(parser);
		if (token.kind == TOKEN_SPACE)
			continue;
		if (token.kind == TOKEN_RIGHT_DELIM || token.kind == TOKEN_RIGHT_PAREN)
			parser_put_back(parser);
		else if (token.kind != TOKEN_PIPE)
			return parser_unexpected(parser, token, "operand"), NULL;
		break;
	}
	if (command->part_count == 0)
		return parser_fail(parser, "empty command"), NULL;
	return command;
}

/* `$x :=`, `$x =`, `$i, $x :=` in a range; or nothing, when the variable is an operand. */
static bool parse_declaration(struct parser *parser, struct node *pipe, const char *context)
{
	while (parser_peek_word(parser).kind == TOKEN_VARIABLE) {
		struct token variable = parser_next(parser);
		struct token behind = parser_peek(parser);
		struct token word = parser_peek_word(parser);

		if (word.kind == TOKEN_ASSIGN || word.kind == TOKEN_DECLARE) {
			pipe->assigns = word.kind == TOKEN_ASSIGN;
			parser_next_word(parser);
			declare(parser, pipe, variable.text);
			return true;
		}
		if (word.kind != TOKEN_CHAR || !str_eq(word.text, STR(","))) {
			if (behind.kind == TOKEN_SPACE)
				parser_put_before(parser, behind);
			parser_put_before(parser, variable);
			return true;
		}
		parser_next_word(parser);
		declare(parser, pipe, variable.text);
		if (strcmp(context, "range") != 0 || pipe->name_count > 1)
			return parser_fail(parser, "too many declarations in %s", context);
		word = parser_peek_word(parser);
		if (word.kind != TOKEN_VARIABLE && word.kind != TOKEN_RIGHT_DELIM && word.kind != TOKEN_RIGHT_PAREN)
			return parser_fail(parser, "range can only initialize variables");
	}
	return true;
}

/* Only the first command of a pipeline may begin with what cannot take an argument. */
static bool check_pipeline(struct parser *parser, const struct node *pipe, const char *context)
{
	unsigned stage = 2;

	if (pipe->parts == NULL)
		return parser_fail(parser, "missing value for %s", context);
	for (const struct node *command = pipe->parts->next; command; command = command->next, stage++)
		if (is_constant(command->parts))
			return parser_fail(parser, "non executable command in pipeline stage %u", stage);
	return true;
}

struct node *parser_pipeline(struct parser *parser, const char *context, enum token_kind end)
{
	struct node *pipe = parser_node(parser, NODE_PIPE, parser_peek_word(parser).at);
	struct node **last = &pipe->parts;

	if (!parse_declaration(parser, pipe, context))
		return NULL;
	for (;;) {
		struct token token = parser_next_word(parser);

		if (token.kind == end)
			return check_pipeline(parser, pipe, context) ? pipe : NULL;
		if (!begins_term(token.kind))
			return parser_unexpected(parser, token, context), NULL;
		parser_put_back(parser);
		*last = parse_command(parser);
		if (*last == NULL)
			return NULL;
		last = &(*last)->next;
	}
}

/* NOLINTEND(misc-no-recursion) */
