/* SPDX-License-Identifier: Apache-2.0 */
/* template_parse_in.h - the parser's state, and what its two halves call of each other: pipelines and statements. */
#ifndef GAUGELET_TEXT_TEMPLATE_PARSE_IN_H
#define GAUGELET_TEXT_TEMPLATE_PARSE_IN_H

#include "template_in.h"

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
bool parser_fail(struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
bool parser_fail_quoted(struct parser *parser, const char *before, struct str text, const char *after);
bool parser_unexpected(struct parser *parser, struct token token, const char *context);

/* The next token; the one with `_word` skips spaces; what was peeked at comes again. */
struct token parser_next(struct parser *parser);
struct token parser_next_word(struct parser *parser);
struct token parser_peek(struct parser *parser);
struct token parser_peek_word(struct parser *parser);
void parser_put_back(struct parser *parser);
void parser_put_before(struct parser *parser, struct token token); /* before the one that was put back last */
MUST_USE bool parser_expect(struct parser *parser, enum token_kind kind, const char *context);

struct node *parser_node(struct parser *parser, enum node_kind kind, size_t at);

/* One level deeper; the caller takes it back from parser->depth. */
MUST_USE bool parser_deeper(struct parser *parser);

/* The value of a constant in quotes. */
MUST_USE bool parser_unquote(struct parser *parser, struct str written, struct str *ret_text);

/* NULL is failure. */
struct node *parser_pipeline(struct parser *parser, const char *context, enum token_kind end);

#endif
