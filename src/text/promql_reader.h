/* SPDX-License-Identifier: Apache-2.0 */
/* promql_reader.h - PromQL token by token, and the lists and selectors that are read without looking at what is around them. */
#ifndef GAUGELET_TEXT_PROMQL_READER_H
#define GAUGELET_TEXT_PROMQL_READER_H

#include "promql_parse.h"

struct promql_reader {
	struct promql_lexer lexer;
	struct promql_token token; /* the next */
	const char *end;	   /* of the one before */
	struct arena *arena;
	struct err *err;
	struct promql_parsed *parsed;
};

bool promql_is_any(struct promql_token token, const char *const *words, size_t count) MUST_USE;
bool promql_is_sign(struct promql_token token, const char *sign) MUST_USE;

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

MUST_USE bool promql_read_labels(struct promql_reader *reader, struct promql_grouping *ret);

/* On `by` or `without`. */
MUST_USE bool promql_read_grouping(struct promql_reader *reader, struct promql_grouping *ret);

/* Behind the name, or on the brace where there is none. */
MUST_USE bool promql_read_selector(struct promql_reader *reader, struct str name);

#endif
