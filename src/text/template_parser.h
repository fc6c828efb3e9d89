/* SPDX-License-Identifier: Apache-2.0 */
/* template_parser.h - tokens taken one by one, put back, and made into nodes. */
#ifndef GAUGELET_TEXT_TEMPLATE_PARSER_H
#define GAUGELET_TEXT_TEMPLATE_PARSER_H

#include "template_lex.h"
#include "template_node.h"

struct declared {
	struct str name;
	struct declared *below;
};

struct parser {
	struct template_tree *tree;
	struct lexer lexer;
	struct token tokens[3]; /* the last one read first; behind it what was put back */
	unsigned peeked;
	size_t action; /* 1 + the offset of the action that is being read; 0: none */
	unsigned range_depth, depth;
	struct declared *declared;
	struct place *ret_at;
	struct err *err;
};

/* Always false; the message gets Go's prefix. */
bool template_parser_fail(struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
bool template_parser_fail_quoted(struct parser *parser, const char *before, struct str text, const char *after);
bool template_parser_unexpected(struct parser *parser, struct token token, const char *context);

/* The next token; the one with `_word` skips spaces; what was peeked at comes again. */
struct token template_parser_next(struct parser *parser);
struct token template_parser_next_word(struct parser *parser);
struct token template_parser_peek(struct parser *parser);
struct token template_parser_peek_word(struct parser *parser);
void template_parser_put_back(struct parser *parser);
void template_parser_put_before(struct parser *parser, struct token token); /* before the one that was put back last */
MUST_USE bool template_parser_expect(struct parser *parser, enum token_kind kind, const char *context);

struct node *template_parser_node(struct parser *parser, enum node_kind kind, size_t at);

void template_parser_add_name(struct parser *parser, struct node *node, struct str name);
void template_parser_declare(struct parser *parser, struct node *pipe, struct str name);

/* One level deeper; the caller takes it back from parser->depth. */
MUST_USE bool template_parser_deeper(struct parser *parser);

/* The value of a constant in quotes. */
MUST_USE bool template_parser_unquote(struct parser *parser, struct str written, struct str *ret_text);

#endif
