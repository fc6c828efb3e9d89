/* SPDX-License-Identifier: Apache-2.0 */
#include "template_parser.h"

#include "characters.h"
#include "text/quote.h"

/* ---- messages ---- */

bool template_parser_fail(struct parser *parser, const char *format, ...)
{
	struct place at = template_place(parser->tree, parser->tokens[0].at);
	char message[500];
	va_list args;

	va_start(args, format);
	err_format(message, sizeof(message), format, args);
	va_end(args);
	*parser->ret_at = at;
	return err_set(parser->err, ERR_INVALID, "template: %.*s:%u: %s", STR_ARG(parser->tree->name), at.line,
		       message);
}

bool template_parser_fail_quoted(struct parser *parser, const char *before, struct str text, const char *after)
{
	CLEANUP(buf_clear) struct buf shown = {0};

	quote_go(&shown, text);
	return template_parser_fail(parser, "%s%s%s", before, buf_cstr(&shown), after);
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

bool template_parser_unexpected(struct parser *parser, struct token token, const char *context)
{
	CLEANUP(buf_clear) struct buf shown = {0};
	unsigned line = template_place(parser->tree, token.at).line;
	unsigned started;

	show_token(&shown, token);
	if (token.kind != TOKEN_ERROR)
		return template_parser_fail(parser, "unexpected %s in %s", buf_cstr(&shown), context);
	started = parser->action ? template_place(parser->tree, parser->action - 1).line : line;
	if (started == line)
		return template_parser_fail(parser, "%s", buf_cstr(&shown));
	return template_parser_fail(parser, "%s%s started at %.*s:%u", buf_cstr(&shown),
				    str_ends(token.text, STR(" action")) ? "" : " in action",
				    STR_ARG(parser->tree->name), started);
}

/* ---- tokens ---- */

struct token template_parser_next(struct parser *parser)
{
	if (parser->peeked)
		parser->peeked--;
	else
		parser->tokens[0] = template_lex_next(&parser->lexer);
	return parser->tokens[parser->peeked];
}

struct token template_parser_peek(struct parser *parser)
{
	struct token token = template_parser_next(parser);

	parser->peeked++;
	return token;
}

void template_parser_put_back(struct parser *parser)
{
	parser->peeked++;
}

/* Puts `token` before the one that was put back last. */
void template_parser_put_before(struct parser *parser, struct token token)
{
	CHECK(parser->peeked + 1 <= COUNT_OF(parser->tokens));
	parser->tokens[parser->peeked++] = token;
}

struct token template_parser_next_word(struct parser *parser)
{
	struct token token;

	do
		token = template_parser_next(parser);
	while (token.kind == TOKEN_SPACE);
	return token;
}

struct token template_parser_peek_word(struct parser *parser)
{
	struct token token = template_parser_next_word(parser);

	template_parser_put_back(parser);
	return token;
}

bool template_parser_expect(struct parser *parser, enum token_kind kind, const char *context)
{
	struct token token = template_parser_next_word(parser);

	return token.kind == kind || template_parser_unexpected(parser, token, context);
}

/* ---- nodes ---- */

struct node *template_parser_node(struct parser *parser, enum node_kind kind, size_t at)
{
	struct node *node = arena_alloc(parser->tree->arena, sizeof(*node));

	node->kind = kind;
	node->at = (uint32_t)at; /* a template has TEMPLATE_BYTES_MAX */
	return node;
}

void template_parser_add_name(struct parser *parser, struct node *node, struct str name)
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

bool template_parser_deeper(struct parser *parser)
{
	return ++parser->depth <= TEMPLATE_DEPTH_MAX ||
	       template_parser_fail(parser, "max expression depth exceeded (%d)", TEMPLATE_DEPTH_MAX);
}

void template_parser_declare(struct parser *parser, struct node *pipe, struct str name)
{
	struct declared *declared = arena_alloc(parser->tree->arena, sizeof(*declared));

	*declared = (struct declared){name, parser->declared};
	parser->declared = declared;
	template_parser_add_name(parser, pipe, name);
}

bool template_parser_unquote(struct parser *parser, struct str written, struct str *ret_text)
{
	CLEANUP(buf_clear) struct buf text = BUF_MAX((size_t)2 * TEMPLATE_BYTES_MAX);

	if (!template_constant_unquote(written, &text) || text.failed)
		return template_parser_fail(parser, "invalid syntax");
	return arena_copy(parser->tree->arena, buf_str(&text), ret_text);
}
