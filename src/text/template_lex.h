/* SPDX-License-Identifier: Apache-2.0 */
/* template_lex.h - the text of a template as tokens. */
#ifndef GAUGELET_TEXT_TEMPLATE_LEX_H
#define GAUGELET_TEXT_TEMPLATE_LEX_H

#include "text/template.h"

enum token_kind {
	TOKEN_ERROR,
	TOKEN_BOOL,
	TOKEN_CHAR, /* a printable character that means nothing by itself, as the comma */
	TOKEN_CHAR_CONSTANT,
	TOKEN_COMPLEX,
	TOKEN_ASSIGN,
	TOKEN_DECLARE,
	TOKEN_EOF,
	TOKEN_FIELD,
	TOKEN_IDENTIFIER,
	TOKEN_LEFT_DELIM,
	TOKEN_LEFT_PAREN,
	TOKEN_NUMBER,
	TOKEN_PIPE,
	TOKEN_RAW_STRING,
	TOKEN_RIGHT_DELIM,
	TOKEN_RIGHT_PAREN,
	TOKEN_SPACE,
	TOKEN_STRING,
	TOKEN_TEXT,
	TOKEN_VARIABLE,
	TOKEN_BLOCK, /* from here on: messages show <block> rather than "block" */
	TOKEN_BREAK,
	TOKEN_CONTINUE,
	TOKEN_DOT,
	TOKEN_DEFINE,
	TOKEN_ELSE,
	TOKEN_END,
	TOKEN_IF,
	TOKEN_NIL,
	TOKEN_RANGE,
	TOKEN_TEMPLATE,
	TOKEN_WITH,
};

struct token {
	enum token_kind kind;
	size_t at;	 /* offset in the text */
	struct str text; /* of an error the message */
};

struct lexer {
	struct str input;
	size_t start, pos; /* of the token being read */
	bool inside_action;
	unsigned parens;
	char message[400]; /* what an error token points to */
};

struct token template_lex_next(struct lexer *lexer);

#endif
