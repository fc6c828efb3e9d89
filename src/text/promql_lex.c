/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_lex.h"

#include "characters.h"
#include "text/duration.h"

enum { FOUND_BYTES = 40 }; /* of a token, in a message */

/* The longer ones first. */
static const char *const SIGNS[] = {"==", "!=", "<=", ">=", "=~", "!~", "{", "}", "(", ")", "[", "]",
				    ",",  "=",	"<",  ">",  "+",  "-",	"*", "/", "%", "^", "@", ":"};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static unsigned digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A' + 10);
	return 16;
}

bool promql_unexpected(struct str text, struct promql_token token, const char *expected, struct err *err)
{
	size_t at = (size_t)(token.text.ptr - text.ptr);
	struct str found = str_slice(token.text, 0, FOUND_BYTES);

	if (token.kind == TOKEN_END)
		return err_set(err, ERR_INVALID, "PromQL, byte %zu: the text ends, expected %s", at, expected);
	found.len = str_whole_characters(found);
	return err_set(err, ERR_INVALID, "PromQL, byte %zu: found `%.*s`, expected %s", at, STR_ARG(found), expected);
}

static bool wrong(size_t at, const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "PromQL, byte %zu: %s", at, what);
}

struct escape {
	size_t bytes; /* behind the backslash */
	uint32_t value;
	bool is_byte; /* not a character */
};

static bool read_digits(struct str digits, size_t count, unsigned base, uint32_t *ret_value)
{
	uint32_t value = 0;

	if (digits.len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned digit = digit_value(digits.ptr[i]);

		if (digit >= base || value > (UINT32_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*ret_value = value;
	return true;
}

/* `rest` is what stands behind a backslash. */
static bool read_escape(struct str rest, char quote, struct escape *ret)
{
	static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	const char *letter;
	char c;

	if (rest.len == 0)
		return false;
	c = rest.ptr[0];
	letter = c ? strchr(letters, c) : NULL;
	if (letter || c == quote) {
		*ret = (struct escape){1, (unsigned char)(letter ? values[letter - letters] : quote), true};
		return true;
	}
	*ret = (struct escape){.is_byte = c == 'x' || is_digit(c)};
	ret->bytes = c == 'x' || is_digit(c) ? 3 : c == 'u' ? 5 : 9;
	if (is_digit(c))
		return read_digits(rest, 3, 8, &ret->value) && ret->value <= UINT8_MAX;
	if (c != 'x' && c != 'u' && c != 'U')
		return false;
	return read_digits(str_slice(rest, 1, rest.len), ret->bytes - 1, 16, &ret->value) &&
	       (ret->value < 0xd800 || ret->value > 0xdfff) && ret->value <= CHARACTER_LAST;
}

/* On a quote. */
static bool lex_string(struct promql_lexer *lexer, struct err *err)
{
	struct str text = lexer->text;
	size_t from = lexer->at;
	char quote = text.ptr[lexer->at++];
	struct escape escape;

	while (lexer->at < text.len && text.ptr[lexer->at] != quote) {
		char c = text.ptr[lexer->at++];

		if (quote == '`')
			continue;
		if (c == '\n')
			return wrong(from, "a string does not end in its line", err);
		if (c != '\\')
			continue;
		if (!read_escape(str_slice(text, lexer->at, text.len), quote, &escape))
			return wrong(lexer->at - 1, "an escape that does not exist", err);
		lexer->at += escape.bytes;
	}
	if (lexer->at == text.len)
		return wrong(from, "a string does not end", err);
	lexer->at++;
	return true;
}

bool promql_unquote(struct str token, struct arena *arena, struct str *ret_text)
{
	CLEANUP(buf_clear) struct buf out = {0};
	struct str inside = str_slice(token, 1, token.len - 1);
	struct escape escape;

	if (token.ptr[0] == '`' || str_index(inside, '\\') == inside.len) {
		*ret_text = inside;
		return true;
	}
	for (size_t i = 0; i < inside.len; i++) {
		if (inside.ptr[i] != '\\') {
			buf_putc(&out, inside.ptr[i]);
			continue;
		}
		CHECK(read_escape(str_slice(inside, i + 1, inside.len), token.ptr[0], &escape));
		if (escape.is_byte)
			buf_putc(&out, (char)escape.value);
		else
			characters_write(&out, escape.value);
		i += escape.bytes;
	}
	return arena_copy(arena, buf_str(&out), ret_text);
}

/* How many digits, with underscores between them, `text` has from `at` on. */
static size_t skip_digits(struct str text, size_t at, unsigned base)
{
	size_t from = at;

	while (at < text.len && (digit_value(text.ptr[at]) < base || (text.ptr[at] == '_' && at > from)))
		at++;
	return at - from;
}

static bool is_number(struct str text)
{
	size_t at = 0;
	size_t whole, fraction = 0;

	if (str_starts(text, STR("0x")) || str_starts(text, STR("0X")))
		return text.len > 2 && skip_digits(text, 2, 16) == text.len - 2;
	whole = skip_digits(text, 0, 10);
	at = whole;
	if (at < text.len && text.ptr[at] == '.') {
		fraction = skip_digits(text, at + 1, 10);
		at += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
		at++;
		if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
			at++;
		if (at == text.len)
			return false;
		at += skip_digits(text, at, 10);
	}
	return at == text.len;
}

/* On a digit, or on a dot before one. A sign belongs to it behind the `e` of an exponent; in a hexadecimal number Prometheus
   takes a sign there, too, which makes no number of it, and neither do we. */
static bool lex_number(struct promql_lexer *lexer, struct promql_token *token, struct err *err)
{
	struct str text = lexer->text;
	size_t from = lexer->at;
	int64_t ms;
	struct err no_duration;

	while (lexer->at < text.len) {
		char c = text.ptr[lexer->at];
		char before = lexer->at > from ? text.ptr[lexer->at - 1] : '\0';
		bool exponent = (c == '+' || c == '-') && (before == 'e' || before == 'E');

		if (!is_digit(c) && !is_letter(c) && c != '.' && !exponent)
			break;
		lexer->at++;
	}
	token->text = str_slice(text, from, lexer->at);
	token->kind = TOKEN_NUMBER;
	if (is_number(token->text))
		return true;
	token->kind = TOKEN_DURATION;
	return duration_parse_prometheus(token->text, &ms, &no_duration) ||
	       promql_unexpected(text, *token, "a number or a duration", err);
}

static void skip_space(struct promql_lexer *lexer)
{
	struct str text = lexer->text;

	while (lexer->at < text.len) {
		if (text.ptr[lexer->at] == '#')
			while (lexer->at < text.len && text.ptr[lexer->at] != '\n' && text.ptr[lexer->at] != '\r')
				lexer->at++;
		else if (is_space(text.ptr[lexer->at]))
			lexer->at++;
		else
			return;
	}
}

static bool lex_sign(struct promql_lexer *lexer, struct promql_token *token, struct err *err)
{
	struct str rest = str_slice(lexer->text, lexer->at, lexer->text.len);
	size_t bytes;

	for (size_t i = 0; i < COUNT_OF(SIGNS); i++)
		if (str_starts(rest, str_of(SIGNS[i]))) {
			*token = (struct promql_token){TOKEN_SIGN, str_slice(rest, 0, strlen(SIGNS[i]))};
			lexer->at += token->text.len;
			return true;
		}
	characters_read(rest, &bytes);
	*token = (struct promql_token){TOKEN_SIGN, str_slice(rest, 0, bytes)};
	return promql_unexpected(lexer->text, *token, "a value or an operator", err);
}

static bool starts_number(struct str rest)
{
	return is_digit(rest.ptr[0]) || (rest.ptr[0] == '.' && rest.len > 1 && is_digit(rest.ptr[1]));
}

bool promql_lex(struct promql_lexer *lexer, struct promql_token *ret_token, struct err *err)
{
	struct str text = lexer->text;
	size_t from;
	char c;

	skip_space(lexer);
	from = lexer->at;
	*ret_token = (struct promql_token){TOKEN_END, {text.ptr + from, 0}};
	if (from == text.len)
		return true;
	c = text.ptr[from];
	if (starts_number(str_slice(text, from, text.len)))
		return lex_number(lexer, ret_token, err);
	if (c == '"' || c == '\'' || c == '`') {
		if (!lex_string(lexer, err))
			return false;
		*ret_token = (struct promql_token){TOKEN_STRING, str_slice(text, from, lexer->at)};
		return true;
	}
	if (!is_letter(c) && !(c == ':' && lexer->colons))
		return lex_sign(lexer, ret_token, err);
	while (lexer->at < text.len && (is_letter(text.ptr[lexer->at]) || is_digit(text.ptr[lexer->at]) ||
					(text.ptr[lexer->at] == ':' && lexer->colons)))
		lexer->at++;
	*ret_token = (struct promql_token){TOKEN_WORD, str_slice(text, from, lexer->at)};
	return true;
}
