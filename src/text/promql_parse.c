/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_parse.h"

enum frame_kind { FRAME_TEXT, FRAME_GROUP, FRAME_CALL, FRAME_AGGREGATION };

/* An open bracket, or the text itself. */
struct frame {
	enum frame_kind kind;
	struct promql_token open;	 /* the bracket or the word before it */
	struct promql_grouping grouping; /* of an aggregation, where it stands first */
	size_t first_selector;		 /* within it, as an index */
	const char *argument;		 /* where the one at work begins; NULL: it has not begun */
	size_t arguments;		 /* finished ones */
	bool plain;			 /* one value and nothing at it: no operator, range, offset */
};

/* The value that was read last. It ends before the operators, since what stands in [] or behind offset and @ binds tighter. */
enum operand_kind { OPERAND_NONE, OPERAND_SCALAR, OPERAND_SELECTOR, OPERAND_SUBQUERY, OPERAND_OTHER };

struct operand {
	enum operand_kind kind; /* OPERAND_NONE: a value has to come */
	size_t first_selector;	/* within it, as an index */
	bool direct;		/* one selector, with what is behind it */
	bool ranged, offset, at;
	bool aggregation; /* it is the one that ended last */
};

struct parser {
	struct promql_lexer lexer;
	struct promql_token token; /* the next */
	const char *end;	   /* of the one before */
	struct arena *arena;
	struct err *err;
	struct frame frames[PROMQL_DEPTH_MAX + 1];
	size_t depth; /* the frame at work */
	struct operand operand;
	struct promql_parsed *parsed;
};

static bool is_any(struct promql_token token, const char *const *words, size_t count)
{
	for (size_t i = 0; token.kind == TOKEN_WORD && i < count; i++)
		if (str_eq_nocase(token.text, str_of(words[i])))
			return true;
	return false;
}

#define IS_WORD(token, ...)                                                                                            \
	is_any((token), (const char *const[]){__VA_ARGS__}, COUNT_OF(((const char *const[]){__VA_ARGS__})))

static bool is_sign(struct promql_token token, const char *sign)
{
	return token.kind == TOKEN_SIGN && str_eq(token.text, str_of(sign));
}

static bool has_parameter(struct promql_token word)
{
	return IS_WORD(word, "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio");
}

static bool is_aggregation(struct promql_token word)
{
	return IS_WORD(word, "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar") || has_parameter(word);
}

static bool unexpected(struct parser *parser, const char *expected)
{
	return promql_unexpected(parser->lexer.text, parser->token, expected, parser->err);
}

static bool refuse(struct parser *parser, struct promql_token token, const char *why)
{
	return err_set(parser->err, ERR_INVALID, "PromQL, byte %zu: %s",
		       (size_t)(token.text.ptr - parser->lexer.text.ptr), why);
}

static bool no_room(struct parser *parser)
{
	return promql_no_room(parser->err);
}

/* To the token behind the next one. */
static bool advance(struct parser *parser)
{
	parser->end = parser->token.text.ptr + parser->token.text.len;
	return promql_lex(&parser->lexer, &parser->token, parser->err);
}

static bool take_sign(struct parser *parser, const char *sign, const char *expected)
{
	return is_sign(parser->token, sign) ? advance(parser) : unexpected(parser, expected);
}

/* Into braces or brackets, and out of them: what follows the bracket has colons in words, or has not. */
static bool take_bracket(struct parser *parser, const char *sign, bool colons, const char *expected)
{
	parser->lexer.colons = colons;
	return take_sign(parser, sign, expected);
}

static struct frame *frame_get(struct parser *parser)
{
	return &parser->frames[parser->depth];
}

static bool frame_push(struct parser *parser, struct frame frame)
{
	if (parser->depth == PROMQL_DEPTH_MAX)
		return err_set(parser->err, ERR_LIMIT, "PromQL, byte %zu: more than %d brackets in each other",
			       (size_t)(frame.open.text.ptr - parser->lexer.text.ptr), PROMQL_DEPTH_MAX);
	frame.first_selector = parser->parsed->found.count;
	frame.plain = true;
	parser->frames[++parser->depth] = frame;
	parser->operand = (struct operand){.kind = OPERAND_NONE};
	return true;
}

/* ---- lists of labels ---- */

static bool read_label(struct parser *parser)
{
	struct str label = parser->token.text;

	if (parser->token.kind == TOKEN_STRING) {
		if (!promql_unquote(parser->token.text, parser->arena, &label))
			return no_room(parser);
	} else if (parser->token.kind != TOKEN_WORD || str_index(label, ':') < label.len) {
		return unexpected(parser, "the name of a label");
	}
	*vec_push(&parser->parsed->labels) = label;
	return advance(parser);
}

static bool read_labels(struct parser *parser, struct promql_grouping *ret)
{
	ret->there = true;
	ret->first = parser->parsed->labels.count;
	if (!take_sign(parser, "(", "`(`"))
		return false;
	while (!is_sign(parser->token, ")")) {
		if (!read_label(parser))
			return false;
		if (is_sign(parser->token, ",")) {
			if (!advance(parser))
				return false;
		} else if (!is_sign(parser->token, ")")) {
			return unexpected(parser, "`,` or `)`");
		}
	}
	ret->count = parser->parsed->labels.count - ret->first;
	return advance(parser);
}

/* On `by` or `without`. */
static bool read_grouping(struct parser *parser, struct promql_grouping *ret)
{
	*ret = (struct promql_grouping){.without = IS_WORD(parser->token, "without")};
	return advance(parser) && read_labels(parser, ret);
}

/* ---- selectors ---- */

/* An empty name is that of series without one. */
static bool set_name(struct parser *parser, struct promql_found *found, bool exact, struct promql_token value)
{
	struct str name;

	if (found->named)
		return refuse(parser, value, "the metric has a name before the braces already");
	if (!exact) {
		found->selector.pattern_name = true;
		return true;
	}
	if (!promql_unquote(value.text, parser->arena, &name))
		return no_room(parser);
	if (name.len == 0)
		return true;
	if (found->selector.name.ptr)
		return refuse(parser, value, "the metric has a name already");
	found->selector.name = name;
	return true;
}

static bool add_matcher(struct parser *parser, struct promql_found *found, struct promql_token label,
			struct promql_token op, struct promql_token value)
{
	struct promql_matcher matcher = {.label = label.text, .op = op.text};

	if (label.kind == TOKEN_STRING && !promql_unquote(label.text, parser->arena, &matcher.label))
		return no_room(parser);
	if (!promql_unquote(value.text, parser->arena, &matcher.value))
		return no_room(parser);
	*vec_push(&parser->parsed->matchers) = matcher;
	found->selector.count++;
	return !str_eq(matcher.label, STR("__name__")) || set_name(parser, found, is_sign(op, "="), value);
}

/* `a="b"`, or a quoted name alone. */
static bool read_matcher(struct parser *parser, struct promql_found *found)
{
	struct promql_token label = parser->token;
	struct promql_token op, value;

	if (label.kind != TOKEN_WORD && label.kind != TOKEN_STRING)
		return unexpected(parser, "a matcher or `}`");
	if (!advance(parser))
		return false;
	if (label.kind == TOKEN_STRING && (is_sign(parser->token, ",") || is_sign(parser->token, "}")))
		return set_name(parser, found, true, label);
	op = parser->token;
	if (!is_sign(op, "=") && !is_sign(op, "!=") && !is_sign(op, "=~") && !is_sign(op, "!~"))
		return unexpected(parser, "`=`, `!=`, `=~` or `!~`");
	if (!advance(parser))
		return false;
	value = parser->token;
	if (value.kind != TOKEN_STRING)
		return unexpected(parser, "a value in quotes");
	return advance(parser) && add_matcher(parser, found, label, op, value);
}

/* A comma may stand first, too, where a template left nothing before it; Prometheus says what it thinks of that. */
static bool read_matchers(struct parser *parser, struct promql_found *found)
{
	const char *from;

	if (!take_bracket(parser, "{", false, "`{`"))
		return false;
	from = parser->end;
	found->comma_due = !is_sign(parser->token, ",") && !is_sign(parser->token, "}");
	if (is_sign(parser->token, ",") && !advance(parser))
		return false;
	while (!is_sign(parser->token, "}")) {
		if (!read_matcher(parser, found))
			return false;
		if (is_sign(parser->token, ",")) {
			if (!advance(parser))
				return false;
		} else if (!is_sign(parser->token, "}")) {
			return unexpected(parser, "`,` or `}`");
		}
	}
	found->selector.matchers = promql_between(from, parser->token.text.ptr);
	return take_bracket(parser, "}", true, "`}`");
}

/* Behind the name, or on the brace where there is none. */
static bool read_selector(struct parser *parser, struct str name)
{
	struct promql_found found = {
		.selector = {.name = name}, .first_matcher = parser->parsed->matchers.count, .named = name.ptr != NULL};
	const char *from = name.ptr ? name.ptr : parser->token.text.ptr;

	if (is_sign(parser->token, "{") && !read_matchers(parser, &found))
		return false;
	if (found.selector.pattern_name)
		found.selector.name = (struct str){NULL, 0};
	found.selector.text = found.selector.whole = promql_between(from, parser->end);
	parser->operand = (struct operand){
		.kind = OPERAND_SELECTOR, .first_selector = parser->parsed->found.count, .direct = true};
	*vec_push(&parser->parsed->found) = found;
	return true;
}

/* ---- values ---- */

static bool read_scalar(struct parser *parser)
{
	parser->operand = (struct operand){.kind = OPERAND_SCALAR, .first_selector = parser->parsed->found.count};
	return advance(parser);
}

/* Behind the word, on `(`, `by` or `without`. */
static bool open_aggregation(struct parser *parser, struct promql_token word)
{
	struct frame frame = {.kind = FRAME_AGGREGATION, .open = word};

	if (!is_sign(parser->token, "(") && !read_grouping(parser, &frame.grouping))
		return false;
	return take_sign(parser, "(", "`(`") && frame_push(parser, frame);
}

static bool open_call(struct parser *parser, struct promql_token word)
{
	if (IS_WORD(word, "and", "or", "unless", "offset", "by", "without", "start", "end", "inf", "nan", "fill",
		    "fill_left", "fill_right") ||
	    str_index(word.text, ':') < word.text.len)
		return refuse(parser, word, "a word that is no function stands before `(`");
	return advance(parser) && frame_push(parser, (struct frame){.kind = FRAME_CALL, .open = word});
}

/* Most keywords are names of metrics where a value has to come; these are not, in Prometheus' grammar. */
static bool read_word(struct parser *parser)
{
	struct promql_token word = parser->token;

	if (IS_WORD(word, "atan2", "bool", "on", "ignoring", "group_left", "group_right"))
		return unexpected(parser, "a value");
	if (!advance(parser))
		return false;
	if (is_aggregation(word) && (is_sign(parser->token, "(") || IS_WORD(parser->token, "by", "without")))
		return open_aggregation(parser, word);
	if (is_sign(parser->token, "("))
		return open_call(parser, word);
	if (IS_WORD(word, "inf", "nan")) {
		parser->operand =
			(struct operand){.kind = OPERAND_SCALAR, .first_selector = parser->parsed->found.count};
		return true;
	}
	return read_selector(parser, word.text);
}

static bool close_frame(struct parser *parser);

static bool read_operand(struct parser *parser)
{
	struct frame *frame = frame_get(parser);
	struct promql_token token = parser->token;

	if (is_sign(token, ")") && frame->kind == FRAME_CALL && frame->arguments == 0 && frame->argument == NULL)
		return close_frame(parser);
	if (frame->argument == NULL)
		frame->argument = token.text.ptr;
	if (token.kind == TOKEN_WORD)
		return read_word(parser);
	if (token.kind == TOKEN_NUMBER || token.kind == TOKEN_DURATION || token.kind == TOKEN_STRING)
		return read_scalar(parser);
	if (is_sign(token, "+") || is_sign(token, "-")) {
		frame->plain = false;
		return advance(parser);
	}
	if (is_sign(token, "{"))
		return read_selector(parser, (struct str){NULL, 0});
	if (is_sign(token, "("))
		return advance(parser) && frame_push(parser, (struct frame){.kind = FRAME_GROUP, .open = token});
	return unexpected(parser, "a value");
}

/* ---- what stands behind a value ---- */

/* Behind its `)`. */
static bool close_aggregation(struct parser *parser, const struct frame *frame, struct str operand)
{
	struct promql_grouping grouping = frame->grouping;

	if (frame->arguments + 1 != (has_parameter(frame->open) ? 2 : 1))
		return refuse(parser, frame->open, "an aggregation with too few or too many arguments");
	if (!grouping.there && IS_WORD(parser->token, "by", "without") && !read_grouping(parser, &grouping))
		return false;
	parser->parsed->grouping = grouping;
	parser->parsed->aggregation = (struct promql_aggregation){
		.op = frame->open.text,
		.grouped = grouping.there,
		.without = grouping.without,
		.label_count = grouping.count,
		.operand = operand,
	};
	parser->operand.aggregation = true;
	return true;
}

/* On `)`. */
static bool close_frame(struct parser *parser)
{
	const struct frame *frame = frame_get(parser);
	bool aggregation = frame->kind == FRAME_GROUP && frame->plain && parser->operand.aggregation;
	const char *end = parser->end;

	if (frame->kind == FRAME_TEXT)
		return refuse(parser, parser->token, "a `)` without its `(`");
	parser->depth--;
	parser->operand = (struct operand){
		.kind = OPERAND_OTHER, .first_selector = frame->first_selector, .aggregation = aggregation};
	if (!advance(parser))
		return false;
	return frame->kind != FRAME_AGGREGATION ||
	       close_aggregation(parser, frame, promql_between(frame->argument, end));
}

static bool next_argument(struct parser *parser)
{
	struct frame *frame = frame_get(parser);

	if (frame->kind != FRAME_CALL && frame->kind != FRAME_AGGREGATION)
		return refuse(parser, parser->token, "a `,` that is not between arguments");
	frame->arguments++;
	frame->argument = NULL;
	parser->operand = (struct operand){.kind = OPERAND_NONE};
	return advance(parser);
}

/* On the operator, with the matching of labels behind it. */
static bool read_operator(struct parser *parser)
{
	struct promql_grouping unused;

	frame_get(parser)->plain = false;
	parser->operand = (struct operand){.kind = OPERAND_NONE};
	if (!advance(parser) || (IS_WORD(parser->token, "bool") && !advance(parser)))
		return false;
	if (!IS_WORD(parser->token, "on", "ignoring"))
		return true;
	if (!advance(parser) || !read_labels(parser, &unused))
		return false;
	if (!IS_WORD(parser->token, "group_left", "group_right"))
		return true;
	return advance(parser) && (!is_sign(parser->token, "(") || read_labels(parser, &unused));
}

static bool is_time(struct promql_token token)
{
	return token.kind == TOKEN_NUMBER || token.kind == TOKEN_DURATION;
}

/* The range, offset or @ that was just read belongs to what is before it. */
static void grow_operand(struct parser *parser)
{
	const struct operand *operand = &parser->operand;

	frame_get(parser)->plain = false;
	parser->operand.aggregation = false;
	if (operand->direct) {
		struct str *whole = &parser->parsed->found.items[operand->first_selector].selector.whole;

		*whole = promql_between(whole->ptr, parser->end);
	}
	for (size_t i = operand->first_selector; (operand->offset || operand->at) && i < parser->parsed->found.count;
	     i++)
		parser->parsed->found.items[i].selector.shifted = true;
}

/* Behind the bracket: what the two kinds of ranges may be of. */
static bool end_range(struct parser *parser, struct promql_token bracket, bool subquery, struct str range)
{
	struct operand *operand = &parser->operand;
	bool shifted = operand->offset || operand->at;

	if (!subquery && (operand->kind != OPERAND_SELECTOR || operand->ranged || shifted))
		return refuse(parser, bracket, "a range that is not directly behind a selector");
	if (operand->kind == OPERAND_SCALAR || operand->kind == OPERAND_SUBQUERY || operand->ranged)
		return refuse(parser, bracket, "a subquery of what is no instant vector");
	if (operand->direct && !shifted)
		parser->parsed->found.items[operand->first_selector].selector.range = range;
	operand->ranged = true;
	if (subquery) {
		operand->kind = OPERAND_SUBQUERY;
		operand->offset = operand->at = false;
	}
	grow_operand(parser);
	return true;
}

static bool read_range(struct parser *parser)
{
	struct promql_token bracket = parser->token;
	const char *from;
	struct str range;
	bool subquery;

	if (!take_bracket(parser, "[", false, "`[`"))
		return false;
	from = parser->token.text.ptr;
	if (!is_time(parser->token))
		return unexpected(parser, "a duration");
	if (!advance(parser))
		return false;
	subquery = is_sign(parser->token, ":");
	if (subquery && (!advance(parser) || (is_time(parser->token) && !advance(parser))))
		return false;
	range = promql_between(from, parser->end);
	return take_bracket(parser, "]", true, subquery ? "a duration or `]`" : "`:` or `]`") &&
	       end_range(parser, bracket, subquery, range);
}

static bool may_shift(const struct parser *parser)
{
	return parser->operand.kind == OPERAND_SELECTOR || parser->operand.kind == OPERAND_SUBQUERY;
}

static bool read_offset(struct parser *parser)
{
	if (!may_shift(parser) || parser->operand.offset)
		return refuse(parser, parser->token, "an offset of what is no selector or subquery, or has one");
	if (!advance(parser) || (is_sign(parser->token, "-") && !advance(parser)))
		return false;
	if (!is_time(parser->token))
		return unexpected(parser, "a duration");
	parser->operand.offset = true;
	if (!advance(parser))
		return false;
	grow_operand(parser);
	return true;
}

static bool read_moment(struct parser *parser)
{
	if (IS_WORD(parser->token, "start", "end"))
		return advance(parser) && take_sign(parser, "(", "`(`") && take_sign(parser, ")", "`)`");
	if ((is_sign(parser->token, "+") || is_sign(parser->token, "-")) && !advance(parser))
		return false;
	return is_time(parser->token) ? advance(parser) : unexpected(parser, "a moment");
}

static bool read_at(struct parser *parser)
{
	if (!may_shift(parser) || parser->operand.at)
		return refuse(parser, parser->token, "an `@` of what is no selector or subquery, or has one");
	parser->operand.at = true;
	if (!advance(parser) || !read_moment(parser))
		return false;
	grow_operand(parser);
	return true;
}

static bool is_operator(struct promql_token token)
{
	static const char *const signs[] = {"+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="};

	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (is_sign(token, signs[i]))
			return true;
	return IS_WORD(token, "and", "or", "unless", "atan2");
}

static bool read_behind(struct parser *parser)
{
	if (is_operator(parser->token))
		return read_operator(parser);
	if (is_sign(parser->token, ")"))
		return close_frame(parser);
	if (is_sign(parser->token, ","))
		return next_argument(parser);
	if (is_sign(parser->token, "["))
		return read_range(parser);
	if (is_sign(parser->token, "@"))
		return read_at(parser);
	if (IS_WORD(parser->token, "offset"))
		return read_offset(parser);
	return unexpected(parser, "an operator or the end");
}

/* ---- the whole ---- */

static bool read_text(struct parser *parser)
{
	if (!promql_lex(&parser->lexer, &parser->token, parser->err))
		return false;
	parser->end = parser->token.text.ptr;
	while (parser->token.kind != TOKEN_END)
		if (!(parser->operand.kind == OPERAND_NONE ? read_operand(parser) : read_behind(parser)))
			return false;
	if (parser->operand.kind == OPERAND_NONE)
		return unexpected(parser, "a value");
	if (parser->depth)
		return refuse(parser, frame_get(parser)->open, "a bracket is not closed");
	parser->parsed->is_aggregation = frame_get(parser)->plain && parser->operand.aggregation;
	return true;
}

bool promql_parse(struct str text, struct arena *arena, struct promql_parsed *parsed, struct err *err)
{
	struct parser parser = {
		.lexer = {.text = text, .colons = true},
		.arena = arena,
		.err = err,
		.frames[0] = {.kind = FRAME_TEXT, .plain = true},
		.parsed = parsed,
	};

	if (text.len == 0)
		return err_set(err, ERR_INVALID, "PromQL: the text is empty");
	if (!str_is_utf8(text))
		return err_set(err, ERR_INVALID, "PromQL: the text is not UTF-8");
	return read_text(&parser);
}

void promql_parsed_clear(struct promql_parsed *parsed)
{
	vec_clear(&parsed->found);
	vec_clear(&parsed->matchers);
	vec_clear(&parsed->labels);
}
