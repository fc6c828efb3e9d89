/* SPDX-License-Identifier: Apache-2.0 */
#include "template_lex.h"

#include <stdio.h>

#include "characters.h"
#include "text/quote.h"

static const struct str left_delim = STR_INIT("<<");
static const struct str right_delim = STR_INIT(">>");
static const struct str left_comment = STR_INIT("/*");

static const uint32_t END = UINT32_MAX; /* stands for a character */

enum { TRIM_BYTES = 2, SHOWN_BYTES = 60 };

static bool is_space(uint32_t character)
{
	return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

/* Letters, digits and '_'. Beyond ASCII: every printable character but those of the blocks that hold the punctuation
   which word processors put in place of quotes and hyphens. */
static bool is_word(uint32_t character)
{
	if (character < 0x80)
		return character == '_' || (character >= '0' && character <= '9') ||
		       ((character | 0x20) >= 'a' && (character | 0x20) <= 'z');
	if (character == CHARACTER_BAD || character == 0xd7 || character == 0xf7)
		return false;
	if (character < 0xc0)
		return character == 0xaa || character == 0xb5 || character == 0xba;
	if ((character >= 0x2000 && character <= 0x206f) || (character >= 0x3000 && character <= 0x3004) ||
	    (character >= 0xff00 && character <= 0xff0f))
		return false;
	return character != END && characters_printable(character);
}

static struct str rest(const struct lexer *lexer)
{
	return str_slice(lexer->input, lexer->pos, lexer->input.len);
}

static bool ahead(const struct lexer *lexer, size_t offset, struct str text)
{
	return str_starts(str_slice(lexer->input, lexer->pos + offset, lexer->input.len), text);
}

static uint32_t peek_bytes(const struct lexer *lexer, size_t *ret_bytes)
{
	*ret_bytes = 0;
	return lexer->pos < lexer->input.len ? characters_read(rest(lexer), ret_bytes) : END;
}

static uint32_t peek(const struct lexer *lexer)
{
	size_t bytes;

	return peek_bytes(lexer, &bytes);
}

static uint32_t next(struct lexer *lexer)
{
	size_t bytes;
	uint32_t character = peek_bytes(lexer, &bytes);

	lexer->pos += bytes;
	return character;
}

/* ">>", or white space and "->>". */
static bool at_right_delim(const struct lexer *lexer, bool *ret_trim)
{
	*ret_trim = is_space(peek(lexer)) && ahead(lexer, 1, STR("->>"));
	return *ret_trim || ahead(lexer, 0, right_delim);
}

/* Is there a "-" and white space? */
static bool trims_left(const struct lexer *lexer, size_t offset)
{
	size_t behind = lexer->pos + offset + 1;

	return ahead(lexer, offset, STR("-")) && behind < lexer->input.len &&
	       is_space((unsigned char)lexer->input.ptr[behind]);
}

static struct token emit(struct lexer *lexer, enum token_kind kind)
{
	struct token token = {kind, lexer->start, str_slice(lexer->input, lexer->start, lexer->pos)};

	lexer->start = lexer->pos;
	return token;
}

static struct token fail(struct lexer *lexer, size_t at, const char *message)
{
	if (message != lexer->message)
		snprintf(lexer->message, sizeof(lexer->message), "%s", message);
	return (struct token){TOKEN_ERROR, at, str_of(lexer->message)};
}

/* As Go's %#U: U+201C '“'. */
static struct token fail_character(struct lexer *lexer, const char *what, uint32_t character)
{
	CLEANUP(buf_clear) struct buf shown = {0};

	if (characters_printable(character)) {
		buf_puts(&shown, " '");
		characters_write(&shown, character);
		buf_putc(&shown, '\'');
	}
	snprintf(lexer->message, sizeof(lexer->message), "%s U+%04X%s", what, (unsigned)character, buf_cstr(&shown));
	return fail(lexer, lexer->pos, lexer->message);
}

static void skip_spaces(struct lexer *lexer)
{
	while (is_space(peek(lexer)))
		lexer->pos++;
	lexer->start = lexer->pos;
}

/* "/" "*" is ahead. False with an error token. */
static bool skip_comment(struct lexer *lexer, struct token *ret_error)
{
	size_t opened = lexer->pos;
	bool trim;

	lexer->pos += left_comment.len;
	while (!ahead(lexer, 0, STR("*/"))) {
		if (lexer->pos >= lexer->input.len) {
			*ret_error = fail(lexer, opened, "unclosed comment");
			return false;
		}
		lexer->pos++;
	}
	lexer->pos += 2;
	if (!at_right_delim(lexer, &trim)) {
		*ret_error = fail(lexer, opened, "comment ends before closing delimiter");
		return false;
	}
	lexer->pos += right_delim.len + (trim ? TRIM_BYTES : 0);
	lexer->start = lexer->pos;
	if (trim)
		skip_spaces(lexer);
	return true;
}

/* The text up to the next delimiter, which stays. A trim marker behind the delimiter cuts its end. */
static struct token take_text(struct lexer *lexer)
{
	struct token token;
	bool trim;

	while (lexer->pos < lexer->input.len && !ahead(lexer, 0, left_delim))
		lexer->pos++;
	trim = trims_left(lexer, left_delim.len);
	token = emit(lexer, TOKEN_TEXT);
	while (trim && token.text.len && is_space((unsigned char)token.text.ptr[token.text.len - 1]))
		token.text.len--;
	return token;
}

static struct token lex_text(struct lexer *lexer)
{
	struct token token;

	for (;;) {
		bool trim;

		token = take_text(lexer);
		if (token.text.len)
			return token;
		if (lexer->pos >= lexer->input.len)
			return emit(lexer, TOKEN_EOF);
		lexer->pos += left_delim.len;
		trim = trims_left(lexer, 0);
		if (!ahead(lexer, trim ? TRIM_BYTES : 0, left_comment))
			break;
		lexer->pos += trim ? TRIM_BYTES : 0;
		if (!skip_comment(lexer, &token))
			return token;
	}
	token = emit(lexer, TOKEN_LEFT_DELIM);
	if (trims_left(lexer, 0))
		lexer->start = lexer->pos += TRIM_BYTES;
	lexer->inside_action = true;
	lexer->parens = 0;
	return token;
}

static struct token lex_right_delim(struct lexer *lexer, bool trim)
{
	struct token token;

	if (lexer->parens)
		return fail(lexer, lexer->pos, "unclosed left paren");
	if (trim)
		lexer->start = lexer->pos += TRIM_BYTES;
	lexer->pos += right_delim.len;
	token = emit(lexer, TOKEN_RIGHT_DELIM);
	if (trim)
		skip_spaces(lexer);
	lexer->inside_action = false;
	return token;
}

/* The last white space may belong to a " ->>". */
static struct token lex_space(struct lexer *lexer)
{
	bool trim;

	while (is_space(peek(lexer)) && !(at_right_delim(lexer, &trim) && lexer->pos > lexer->start))
		lexer->pos++;
	return emit(lexer, TOKEN_SPACE);
}

/* What may stand behind a word without a space. */
static bool at_terminator(const struct lexer *lexer)
{
	uint32_t character = peek(lexer);

	return is_space(character) || character == END || (character < 0x80 && strchr(".,|:()", (int)character)) ||
	       ahead(lexer, 0, right_delim);
}

static enum token_kind word_kind(struct str word)
{
	static const struct {
		struct str word;
		enum token_kind kind;
	} words[] = {
		{STR_INIT("block"), TOKEN_BLOCK},
		{STR_INIT("break"), TOKEN_BREAK},
		{STR_INIT("continue"), TOKEN_CONTINUE},
		{STR_INIT("define"), TOKEN_DEFINE},
		{STR_INIT("else"), TOKEN_ELSE},
		{STR_INIT("end"), TOKEN_END},
		{STR_INIT("if"), TOKEN_IF},
		{STR_INIT("nil"), TOKEN_NIL},
		{STR_INIT("range"), TOKEN_RANGE},
		{STR_INIT("template"), TOKEN_TEMPLATE},
		{STR_INIT("with"), TOKEN_WITH},
		{STR_INIT("true"), TOKEN_BOOL},
		{STR_INIT("false"), TOKEN_BOOL},
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq(word, words[i].word))
			return words[i].kind;
	return TOKEN_IDENTIFIER;
}

/* A name, a field or a variable, whose first character has been read. */
static struct token lex_word(struct lexer *lexer, enum token_kind kind)
{
	while (is_word(peek(lexer)))
		next(lexer);
	if (!at_terminator(lexer))
		return fail_character(lexer, "bad character", peek(lexer));
	if (kind == TOKEN_IDENTIFIER)
		kind = word_kind(str_slice(lexer->input, lexer->start, lexer->pos));
	else if (kind == TOKEN_FIELD && lexer->pos == lexer->start + 1)
		kind = TOKEN_DOT;
	return emit(lexer, kind);
}

/* A constant in quotes, whose first quote has been read. */
static struct token lex_quoted(struct lexer *lexer, uint32_t quote, enum token_kind kind, const char *unterminated)
{
	for (;;) {
		uint32_t character = next(lexer);

		if (character == quote)
			return emit(lexer, kind);
		if (character == '\\' && quote != '`')
			character = next(lexer);
		if (character == END || (character == '\n' && quote != '`'))
			return fail(lexer, lexer->start, unterminated);
	}
}

static bool accept(struct lexer *lexer, const char *set)
{
	uint32_t character = peek(lexer);

	if (character == 0 || character >= 0x80 || strchr(set, (int)character) == NULL)
		return false;
	lexer->pos++;
	return true;
}

static void accept_run(struct lexer *lexer, const char *set)
{
	while (accept(lexer, set))
		;
}

/* Takes more than is a number; what it means is seen later. */
static bool scan_number(struct lexer *lexer)
{
	const char *digits = "0123456789_";
	const char *exponent = "eE";

	accept(lexer, "+-");
	if (accept(lexer, "0")) {
		if (accept(lexer, "xX")) {
			digits = "0123456789abcdefABCDEF_";
			exponent = "pP";
		} else if (accept(lexer, "oO")) {
			digits = "01234567_";
			exponent = "";
		} else if (accept(lexer, "bB")) {
			digits = "01_";
			exponent = "";
		}
	}
	accept_run(lexer, digits);
	if (accept(lexer, "."))
		accept_run(lexer, digits);
	if (accept(lexer, exponent)) {
		accept(lexer, "+-");
		accept_run(lexer, "0123456789_");
	}
	accept(lexer, "i");
	if (!is_word(peek(lexer)))
		return true;
	next(lexer);
	return false;
}

static struct token lex_number(struct lexer *lexer)
{
	CLEANUP(buf_clear) struct buf shown = {0};
	bool good = scan_number(lexer);

	if (good && peek(lexer) != '+' && peek(lexer) != '-')
		return emit(lexer, TOKEN_NUMBER);
	if (good && scan_number(lexer) && lexer->input.ptr[lexer->pos - 1] == 'i')
		return emit(lexer, TOKEN_COMPLEX);
	quote_go(&shown, str_slice(str_slice(lexer->input, lexer->start, lexer->pos), 0, SHOWN_BYTES));
	snprintf(lexer->message, sizeof(lexer->message), "bad number syntax: %s", buf_cstr(&shown));
	return fail(lexer, lexer->start, lexer->message);
}

static struct token lex_dot(struct lexer *lexer)
{
	uint32_t character = peek(lexer);

	if (character != END && (character < '0' || character > '9')) /* .5 is a number */
		return lex_word(lexer, TOKEN_FIELD);
	lexer->pos = lexer->start;
	return lex_number(lexer);
}

static struct token lex_sign(struct lexer *lexer, uint32_t character)
{
	switch (character) {
	case '=':
		return emit(lexer, TOKEN_ASSIGN);
	case ':':
		if (next(lexer) != '=')
			return fail(lexer, lexer->start, "expected :=");
		return emit(lexer, TOKEN_DECLARE);
	case '|':
		return emit(lexer, TOKEN_PIPE);
	case '(':
		lexer->parens++;
		return emit(lexer, TOKEN_LEFT_PAREN);
	case ')':
		if (lexer->parens == 0)
			return fail(lexer, lexer->start, "unexpected right paren");
		lexer->parens--;
		return emit(lexer, TOKEN_RIGHT_PAREN);
	default:
		if (character >= 0x20 && character < 0x7f)
			return emit(lexer, TOKEN_CHAR);
		lexer->pos = lexer->start;
		return fail_character(lexer, "unrecognized character in action:", character);
	}
}

static struct token lex_action(struct lexer *lexer)
{
	uint32_t character;
	bool trim;

	if (at_right_delim(lexer, &trim))
		return lex_right_delim(lexer, trim);
	character = next(lexer);
	if (character == END)
		return fail(lexer, lexer->pos, "unclosed action");
	if (is_space(character)) {
		lexer->pos--;
		return lex_space(lexer);
	}
	if (character == '"')
		return lex_quoted(lexer, '"', TOKEN_STRING, "unterminated quoted string");
	if (character == '`')
		return lex_quoted(lexer, '`', TOKEN_RAW_STRING, "unterminated raw quoted string");
	if (character == '\'')
		return lex_quoted(lexer, '\'', TOKEN_CHAR_CONSTANT, "unterminated character constant");
	if (character == '$')
		return lex_word(lexer, TOKEN_VARIABLE);
	if (character == '.')
		return lex_dot(lexer);
	if (character == '+' || character == '-' || (character >= '0' && character <= '9')) {
		lexer->pos--;
		return lex_number(lexer);
	}
	if (is_word(character))
		return lex_word(lexer, TOKEN_IDENTIFIER);
	return lex_sign(lexer, character);
}

struct token template_lex_next(struct lexer *lexer)
{
	return lexer->inside_action ? lex_action(lexer) : lex_text(lexer);
}
