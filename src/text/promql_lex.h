/* SPDX-License-Identifier: Apache-2.0 */
/* promql_lex.h - the tokens of PromQL. */
#ifndef GAUGELET_TEXT_PROMQL_LEX_H
#define GAUGELET_TEXT_PROMQL_LEX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum promql_token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_DURATION,
	TOKEN_STRING, /* with its quotes */
	TOKEN_SIGN,
};

struct promql_token {
	enum promql_token_kind kind;
	struct str text; /* a part of the lexer's text; of TOKEN_END the empty part at its end */
};

struct promql_lexer {
	struct str text; /* valid UTF-8, not empty */
	size_t at;
	bool colons; /* may a word have colons? In braces and brackets they are signs. */
};

MUST_USE bool promql_lex(struct promql_lexer *lexer, struct promql_token *ret_token, struct err *err);

/* What a string token means. A part of the token, or in `arena` where it has escapes; false when that is full. */
MUST_USE bool promql_unquote(struct str token, struct arena *arena, struct str *ret_text);

/* Always false: `PromQL, byte 7: found "]", expected TEXT`. */
bool promql_unexpected(struct str text, struct promql_token token, const char *expected, struct err *err);

static inline bool promql_no_room(struct err *err)
{
	return err_set(err, ERR_LIMIT, "PromQL: the text is larger than we take");
}

static inline struct str promql_between(const char *from, const char *to)
{
	return (struct str){from, (size_t)(to - from)};
}

#endif
