/* SPDX-License-Identifier: Apache-2.0 */
#include "text/selector.h"

#include <stdlib.h>

#include "base/vec.h"
#include "text/number.h"
#include "selector_check.h"
#include "characters.h"

enum token_kind {
	TOKEN_END,
	TOKEN_COMMA,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_NOT,
	TOKEN_EQUALS,
	TOKEN_DOUBLE_EQUALS,
	TOKEN_NOT_EQUALS,
	TOKEN_GREATER,
	TOKEN_LESS,
	TOKEN_WORD, /* `in` and `notin` too: only where an operator stands are they more than words */
};

struct token {
	enum token_kind kind;
	struct str text;
};

struct values {
	VEC_OF(struct str);
};

struct parser {
	struct str text;
	size_t at;
	struct token next;
	struct arena *arena;
	struct err *err;
	struct values values; /* of the requirement at work */
	struct {
		VEC_OF(struct selector_requirement);
	} requirements;
};

static const struct {
	struct str text;
	enum token_kind kind;
} SPECIALS[] = {
	/* the longer ones first */
	{STR_INIT("=="), TOKEN_DOUBLE_EQUALS}, {STR_INIT("!="), TOKEN_NOT_EQUALS},
	{STR_INIT("="), TOKEN_EQUALS},	       {STR_INIT("!"), TOKEN_NOT},
	{STR_INIT("("), TOKEN_OPEN},	       {STR_INIT(")"), TOKEN_CLOSE},
	{STR_INIT(","), TOKEN_COMMA},	       {STR_INIT(">"), TOKEN_GREATER},
	{STR_INIT("<"), TOKEN_LESS},
};

/* Indexed by enum selector_op: what stands between key and value. */
static const char *const OPERATORS[] = {
	[SELECTOR_EQUALS] = "=",    [SELECTOR_DOUBLE_EQUALS] = "==", [SELECTOR_NOT_EQUALS] = "!=",
	[SELECTOR_IN] = "in",	    [SELECTOR_NOT_IN] = "notin",     [SELECTOR_EXISTS] = "",
	[SELECTOR_NOT_EXISTS] = "", [SELECTOR_GREATER] = ">",	     [SELECTOR_LESS] = "<",
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool ends_word(char c)
{
	return is_space(c) || c == '\0' || strchr("=!(),><", c) != NULL;
}

static bool read_special(struct parser *parser, struct token *token)
{
	struct str rest = str_slice(parser->text, parser->at, parser->text.len);

	for (size_t i = 0; i < COUNT_OF(SPECIALS); i++)
		if (str_starts(rest, SPECIALS[i].text)) {
			*token = (struct token){SPECIALS[i].kind, str_slice(rest, 0, SPECIALS[i].text.len)};
			parser->at += token->text.len;
			return true;
		}
	return false;
}

/* A NUL where a token would begin ends the text. Behind a token it is swallowed, as by apimachinery's lexer. */
static struct token read_token(struct parser *parser)
{
	struct str text = parser->text;
	struct token token = {TOKEN_END, STR_INIT("")};
	size_t from;

	while (parser->at < text.len && is_space(text.ptr[parser->at]))
		parser->at++;
	if (parser->at == text.len || text.ptr[parser->at] == '\0') {
		parser->at = text.len;
		return token;
	}
	if (!read_special(parser, &token)) {
		from = parser->at;
		while (parser->at < text.len && !ends_word(text.ptr[parser->at]))
			parser->at++;
		token = (struct token){TOKEN_WORD, str_slice(text, from, parser->at)};
	}
	if (parser->at < text.len && text.ptr[parser->at] == '\0')
		parser->at++;
	return token;
}

static struct token take_token(struct parser *parser)
{
	struct token token = parser->next;

	parser->next = read_token(parser);
	return token;
}

static bool unexpected(struct parser *parser, struct token token, const char *expected)
{
	CLEANUP(buf_clear) struct buf found = {0};

	characters_clean(&found, token.text);
	return err_set(parser->err, ERR_INVALID, "found '%s'%s", buf_cstr(&found), expected);
}

static bool too_large(struct parser *parser)
{
	return err_set(parser->err, ERR_LIMIT, "the label selector is larger than we take");
}

static bool parse_operator(struct parser *parser, enum selector_op *ret_op)
{
	struct token token = take_token(parser);

	for (enum selector_op op = SELECTOR_EQUALS; op <= SELECTOR_LESS; op++)
		if (token.text.len && str_eq(token.text, str_of(OPERATORS[op]))) {
			*ret_op = op;
			return true;
		}
	return unexpected(parser, token, ", expected: in, notin, =, ==, !=, gt, lt");
}

static void add_value(struct parser *parser, struct str value)
{
	*vec_push(&parser->values) = value;
}

/* Behind a comma of a list: what is left out is the empty value. A second comma is taken with the first, so that (,,) is an
   error, as in apimachinery. False at the end of the list. */
static bool parse_comma(struct parser *parser)
{
	if (parser->values.count == 0 || parser->next.kind == TOKEN_COMMA || parser->next.kind == TOKEN_CLOSE)
		add_value(parser, STR(""));
	if (parser->next.kind == TOKEN_CLOSE)
		return false;
	if (parser->next.kind == TOKEN_COMMA)
		take_token(parser);
	return true;
}

/* The list of a set, up to its parenthesis. */
static bool parse_list(struct parser *parser)
{
	for (;;) {
		struct token token = take_token(parser);

		if (token.kind == TOKEN_WORD) {
			add_value(parser, token.text);
			if (parser->next.kind == TOKEN_CLOSE)
				return true;
			if (parser->next.kind != TOKEN_COMMA)
				return unexpected(parser, parser->next, ", expected: ',' or ')'");
		} else if (token.kind == TOKEN_COMMA) {
			if (!parse_comma(parser))
				return true;
		} else {
			return unexpected(parser, token, ", expected: ',', or identifier");
		}
	}
}

static bool parse_set(struct parser *parser)
{
	struct token token = take_token(parser);

	if (token.kind != TOKEN_OPEN)
		return unexpected(parser, token, " expected: '('");
	if (parser->next.kind == TOKEN_CLOSE)
		add_value(parser, STR(""));
	else if (parser->next.kind != TOKEN_WORD && parser->next.kind != TOKEN_COMMA)
		return unexpected(parser, parser->next, ", expected: ',', ')' or identifier");
	else if (!parse_list(parser))
		return false;
	take_token(parser); /* the closing one */
	return true;
}

static bool parse_single(struct parser *parser)
{
	struct token token;

	if (parser->next.kind == TOKEN_END || parser->next.kind == TOKEN_COMMA) {
		add_value(parser, STR(""));
		return true;
	}
	token = take_token(parser);
	if (token.kind != TOKEN_WORD)
		return unexpected(parser, token, ", expected: identifier");
	add_value(parser, token.text);
	return true;
}

static int by_bytes(const void *left, const void *right)
{
	const struct str *a = left;
	const struct str *b = right;

	return str_cmp(*a, *b);
}

/* Sorted, without duplicates, in the arena. */
static bool keep_values(struct parser *parser, struct selector_requirement *requirement)
{
	struct values *values = &parser->values;
	struct str *kept = arena_calloc(parser->arena, values->count, sizeof(*kept));

	if (kept == NULL)
		return too_large(parser);
	if (values->count)
		qsort(values->items, values->count, sizeof(*values->items), by_bytes);
	for (size_t i = 0; i < values->count; i++)
		if (i == 0 || !str_eq(values->items[i], values->items[i - 1]))
			kept[requirement->value_count++] = values->items[i];
	requirement->values = kept;
	return true;
}

static bool parse_key(struct parser *parser, struct selector_requirement *requirement)
{
	struct token token = take_token(parser);

	requirement->op = SELECTOR_EXISTS;
	if (token.kind == TOKEN_NOT) {
		requirement->op = SELECTOR_NOT_EXISTS;
		token = take_token(parser);
	}
	if (token.kind != TOKEN_WORD)
		return unexpected(parser, token, ", expected: identifier");
	requirement->key = token.text;
	return selector_check_key(token.text, parser->err);
}

static bool parse_requirement(struct parser *parser)
{
	struct selector_requirement requirement = {0};
	bool is_set;

	parser->values.count = 0;
	if (!parse_key(parser, &requirement))
		return false;
	if (requirement.op == SELECTOR_EXISTS && parser->next.kind != TOKEN_END && parser->next.kind != TOKEN_COMMA) {
		if (!parse_operator(parser, &requirement.op))
			return false;
		is_set = requirement.op == SELECTOR_IN || requirement.op == SELECTOR_NOT_IN;
		if (!(is_set ? parse_set(parser) : parse_single(parser)))
			return false;
	}
	if (!keep_values(parser, &requirement) || !selector_check_values(&requirement, parser->err))
		return false;
	*vec_push(&parser->requirements) = requirement;
	return true;
}

static bool begins_requirement(struct token token)
{
	return token.kind == TOKEN_WORD || token.kind == TOKEN_NOT;
}

static bool parse_requirements(struct parser *parser)
{
	if (parser->next.kind == TOKEN_END)
		return true;
	if (!begins_requirement(parser->next))
		return unexpected(parser, parser->next, ", expected: !, identifier, or 'end of string'");
	for (;;) {
		struct token token;

		if (!parse_requirement(parser))
			return err_wrap(parser->err, "unable to parse requirement");
		token = take_token(parser);
		if (token.kind == TOKEN_END)
			return true;
		if (token.kind != TOKEN_COMMA)
			return unexpected(parser, token, ", expected: ',' or 'end of string'");
		if (!begins_requirement(parser->next))
			return unexpected(parser, parser->next, ", expected: identifier after ','");
	}
}

/* All keys lie in one text, so their addresses tell the file order among equals. */
static int by_key(const void *left, const void *right)
{
	const struct selector_requirement *a = left;
	const struct selector_requirement *b = right;
	int order = str_cmp(a->key, b->key);

	return order ? order : (a->key.ptr > b->key.ptr) - (a->key.ptr < b->key.ptr);
}

static bool keep_requirements(struct parser *parser, struct selector *ret_selector)
{
	size_t count = parser->requirements.count;
	struct selector_requirement *kept = arena_calloc(parser->arena, count, sizeof(*kept));

	if (kept == NULL)
		return too_large(parser);
	if (count) {
		memcpy(kept, parser->requirements.items, count * sizeof(*kept));
		qsort(kept, count, sizeof(*kept), by_key);
	}
	*ret_selector = (struct selector){kept, count};
	return true;
}

bool selector_parse(struct str text, struct arena *arena, struct selector *ret_selector, struct err *err)
{
	struct parser parser = {.arena = arena, .err = err};
	bool ok;

	if (!arena_copy(arena, text, &parser.text))
		return too_large(&parser);
	parser.next = read_token(&parser);
	ok = parse_requirements(&parser) && keep_requirements(&parser, ret_selector);
	vec_clear(&parser.values);
	vec_clear(&parser.requirements);
	return ok;
}

static bool has_value(const struct selector_requirement *requirement, struct str value)
{
	for (size_t i = 0; i < requirement->value_count; i++)
		if (str_eq(requirement->values[i], value))
			return true;
	return false;
}

/* 1, 0, -1; 0 too when one of them is no integer, which is then neither greater nor less. */
static int compare_integers(struct str left, struct str right)
{
	struct err ignored;
	int64_t a;
	int64_t b;

	if (!number_parse_i64(left, &a, &ignored) || !number_parse_i64(right, &b, &ignored))
		return 0;
	return (a > b) - (a < b);
}

static bool requirement_matches(const struct selector_requirement *requirement, struct str value)
{
	bool present = value.ptr != NULL;

	switch (requirement->op) {
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_IN:
		return present && has_value(requirement, value);
	case SELECTOR_NOT_EQUALS:
	case SELECTOR_NOT_IN:
		return !present || !has_value(requirement, value);
	case SELECTOR_EXISTS:
		return present;
	case SELECTOR_NOT_EXISTS:
		return !present;
	case SELECTOR_GREATER:
		return present && compare_integers(value, requirement->values[0]) > 0;
	case SELECTOR_LESS:
		return present && compare_integers(value, requirement->values[0]) < 0;
	}
	return false;
}

bool selector_matches(const struct selector *selector, selector_lookup *lookup, const void *object)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct selector_requirement *requirement = &selector->requirements[i];

		if (!requirement_matches(requirement, lookup(object, requirement->key)))
			return false;
	}
	return true;
}
