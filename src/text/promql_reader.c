/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_reader.h"

void promql_reader_clear(struct promql_reader *reader)
{
	vec_clear(&reader->names);
	vec_clear(&reader->matchers);
}

bool promql_is_any(struct promql_token token, const char *const *words, size_t count)
{
	for (size_t i = 0; token.kind == TOKEN_WORD && i < count; i++)
		if (str_eq_nocase(token.text, str_of(words[i])))
			return true;
	return false;
}

bool promql_is_sign(struct promql_token token, const char *sign)
{
	return token.kind == TOKEN_SIGN && str_eq(token.text, str_of(sign));
}

bool promql_expected(struct promql_reader *reader, const char *expected)
{
	return promql_unexpected(reader->lexer.text, reader->token, expected, reader->err);
}

bool promql_refuse(struct promql_reader *reader, struct promql_token token, const char *why)
{
	return err_set(reader->err, ERR_INVALID, "PromQL, byte %zu: %s",
		       (size_t)(token.text.ptr - reader->lexer.text.ptr), why);
}

bool promql_advance(struct promql_reader *reader)
{
	reader->end = reader->token.text.ptr + reader->token.text.len;
	return promql_lex(&reader->lexer, &reader->token, reader->err);
}

bool promql_take(struct promql_reader *reader, const char *sign, const char *expected)
{
	return promql_is_sign(reader->token, sign) ? promql_advance(reader) : promql_expected(reader, expected);
}

bool promql_take_bracket(struct promql_reader *reader, const char *sign, bool colons, const char *expected)
{
	reader->lexer.colons = colons;
	return promql_take(reader, sign, expected);
}
