/* SPDX-License-Identifier: Apache-2.0 */
/* promql_reader.h - PromQL token by token, and the lists and selectors that are read without looking at what is around them. */
#ifndef GAUGELET_TEXT_PROMQL_READER_H
#define GAUGELET_TEXT_PROMQL_READER_H

#include "base/vec.h"
#include "promql_lex.h"
#include "text/promql.h"

struct promql_reader {
	struct promql_lexer lexer;
	struct promql_token token; /* the next */
	const char *end;	   /* of the one before */
	struct arena *arena;
	struct err *err;
	struct { /* the list at work, until its length is known */
		VEC_OF(struct str);
	} names;
	struct {
		VEC_OF(struct promql_matcher);
	} matchers;
};

void promql_reader_clear(struct promql_reader *reader);

MUST_USE bool promql_is_any(struct promql_token token, const char *const *words, size_t count);
MUST_USE bool promql_is_sign(struct promql_token token, const char *sign);

#define PROMQL_IS_WORD(token, ...)                                                                                     \
	promql_is_any((token), (const char *const[]){__VA_ARGS__}, COUNT_OF(((const char *const[]){__VA_ARGS__})))

/* Both always false: what stands there is not `expected`; or is wrong, and why. */
bool promql_expected(struct promql_reader *reader, const char *expected);
bool promql_refuse(struct promql_reader *reader, struct promql_token token, const char *why);

/* To the token behind the next one. */
MUST_USE bool promql_advance(struct promql_reader *reader);
MUST_USE bool promql_take(struct promql_reader *reader, const char *sign, const char *expected);

/* Into braces or brackets, and out of them: what follows the bracket has colons in words, or has not. */
MUST_USE bool promql_take_bracket(struct promql_reader *reader, const char *sign, bool colons, const char *expected);

/* On the bracket of a list of labels. */
MUST_USE bool promql_read_names(struct promql_reader *reader, struct promql_names *ret_names);

/* Behind the name, or on the brace where there is none. */
MUST_USE bool promql_read_selector(struct promql_reader *reader, struct str name,
				   struct promql_selector **ret_selector);

#endif
