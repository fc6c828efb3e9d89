/* SPDX-License-Identifier: Apache-2.0 */
/* promql_parse.h - what PromQL is read into. */
#ifndef GAUGELET_TEXT_PROMQL_PARSE_H
#define GAUGELET_TEXT_PROMQL_PARSE_H

#include "base/vec.h"
#include "text/promql.h"

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

struct promql_found {
	struct promql_selector selector; /* its list is not made here */
	size_t first_matcher;
	bool named;	/* before the braces, where Prometheus takes no second one in them */
	bool comma_due; /* between a matcher put first and what is there */
};

/* `by (...)`: a part of all labels. */
struct promql_grouping {
	bool there, without;
	size_t first, count;
};

struct promql_parsed {
	struct {
		VEC_OF(struct promql_found);
	} found;
	struct {
		VEC_OF(struct promql_matcher);
	} matchers; /* of every selector */
	struct {
		VEC_OF(struct str);
	} labels; /* of every list `by` and `on`, ... */
	bool is_aggregation;
	/* the aggregation that ended last, of nested ones the outermost; its labels by the grouping */
	struct promql_aggregation aggregation;
	struct promql_grouping grouping;
};

/* *parsed begins zeroed, and is cleared whatever comes. */
MUST_USE bool promql_parse(struct str text, struct arena *arena, struct promql_parsed *parsed, struct err *err);
void promql_parsed_clear(struct promql_parsed *parsed);

static inline bool promql_no_room(struct err *err)
{
	return err_set(err, ERR_LIMIT, "PromQL: the text is larger than we take");
}

static inline struct str promql_between(const char *from, const char *to)
{
	return (struct str){from, (size_t)(to - from)};
}

#endif
