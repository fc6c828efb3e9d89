/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_reader.h"

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
	struct promql_reader reader;
	struct frame frames[PROMQL_DEPTH_MAX + 1];
	size_t depth; /* the frame at work */
	struct operand operand;
};

static bool has_parameter(struct promql_token word)
{
	return PROMQL_IS_WORD(word, "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio");
}

static bool is_aggregation(struct promql_token word)
{
	return PROMQL_IS_WORD(word, "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar") ||
	       has_parameter(word);
}

static struct frame *frame_get(struct parser *parser)
{
	return &parser->frames[parser->depth];
}

static bool frame_push(struct parser *parser, struct frame frame)
{
	if (parser->depth == PROMQL_DEPTH_MAX)
		return err_set(parser->reader.err, ERR_LIMIT, "PromQL, byte %zu: more than %d brackets in each other",
			       (size_t)(frame.open.text.ptr - parser->reader.lexer.text.ptr), PROMQL_DEPTH_MAX);
	frame.first_selector = parser->reader.parsed->found.count;
	frame.plain = true;
	parser->frames[++parser->depth] = frame;
	parser->operand = (struct operand){.kind = OPERAND_NONE};
	return true;
}

/* Behind the name, or on the brace where there is none. */
static bool read_selector(struct parser *parser, struct str name)
{
	size_t first = parser->reader.parsed->found.count;

	if (!promql_read_selector(&parser->reader, name))
		return false;
	parser->operand = (struct operand){.kind = OPERAND_SELECTOR, .first_selector = first, .direct = true};
	return true;
}

/* ---- values ---- */

static bool read_scalar(struct parser *parser)
{
	parser->operand =
		(struct operand){.kind = OPERAND_SCALAR, .first_selector = parser->reader.parsed->found.count};
	return promql_advance(&parser->reader);
}

/* Behind the word, on `(`, `by` or `without`. */
static bool open_aggregation(struct parser *parser, struct promql_token word)
{
	struct frame frame = {.kind = FRAME_AGGREGATION, .open = word};

	if (!promql_is_sign(parser->reader.token, "(") && !promql_read_grouping(&parser->reader, &frame.grouping))
		return false;
	return promql_take(&parser->reader, "(", "`(`") && frame_push(parser, frame);
}

static bool open_call(struct parser *parser, struct promql_token word)
{
	if (PROMQL_IS_WORD(word, "and", "or", "unless", "offset", "by", "without", "start", "end", "inf", "nan", "fill",
			   "fill_left", "fill_right") ||
	    str_index(word.text, ':') < word.text.len)
		return promql_refuse(&parser->reader, word, "a word that is no function stands before `(`");
	return promql_advance(&parser->reader) && frame_push(parser, (struct frame){.kind = FRAME_CALL, .open = word});
}

/* Most keywords are names of metrics where a value has to come; these are not, in Prometheus' grammar. */
static bool read_word(struct parser *parser)
{
	struct promql_token word = parser->reader.token;

	if (PROMQL_IS_WORD(word, "atan2", "bool", "on", "ignoring", "group_left", "group_right"))
		return promql_expected(&parser->reader, "a value");
	if (!promql_advance(&parser->reader))
		return false;
	if (is_aggregation(word) &&
	    (promql_is_sign(parser->reader.token, "(") || PROMQL_IS_WORD(parser->reader.token, "by", "without")))
		return open_aggregation(parser, word);
	if (promql_is_sign(parser->reader.token, "("))
		return open_call(parser, word);
	if (PROMQL_IS_WORD(word, "inf", "nan")) {
		parser->operand =
			(struct operand){.kind = OPERAND_SCALAR, .first_selector = parser->reader.parsed->found.count};
		return true;
	}
	return read_selector(parser, word.text);
}

static bool close_frame(struct parser *parser);

static bool read_operand(struct parser *parser)
{
	struct frame *frame = frame_get(parser);
	struct promql_token token = parser->reader.token;

	if (promql_is_sign(token, ")") && frame->kind == FRAME_CALL && frame->arguments == 0 && frame->argument == NULL)
		return close_frame(parser);
	if (frame->argument == NULL)
		frame->argument = token.text.ptr;
	if (token.kind == TOKEN_WORD)
		return read_word(parser);
	if (token.kind == TOKEN_NUMBER || token.kind == TOKEN_DURATION || token.kind == TOKEN_STRING)
		return read_scalar(parser);
	if (promql_is_sign(token, "+") || promql_is_sign(token, "-")) {
		frame->plain = false;
		return promql_advance(&parser->reader);
	}
	if (promql_is_sign(token, "{"))
		return read_selector(parser, (struct str){NULL, 0});
	if (promql_is_sign(token, "("))
		return promql_advance(&parser->reader) &&
		       frame_push(parser, (struct frame){.kind = FRAME_GROUP, .open = token});
	return promql_expected(&parser->reader, "a value");
}

/* ---- what stands behind a value ---- */

/* Behind its `)`. */
static bool close_aggregation(struct parser *parser, const struct frame *frame, struct str operand)
{
	struct promql_grouping grouping = frame->grouping;

	if (frame->arguments + 1 != (has_parameter(frame->open) ? 2 : 1))
		return promql_refuse(&parser->reader, frame->open, "an aggregation with too few or too many arguments");
	if (!grouping.there && PROMQL_IS_WORD(parser->reader.token, "by", "without") &&
	    !promql_read_grouping(&parser->reader, &grouping))
		return false;
	parser->reader.parsed->grouping = grouping;
	parser->reader.parsed->aggregation = (struct promql_aggregation){
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
	const char *end = parser->reader.end;

	if (frame->kind == FRAME_TEXT)
		return promql_refuse(&parser->reader, parser->reader.token, "a `)` without its `(`");
	parser->depth--;
	parser->operand = (struct operand){
		.kind = OPERAND_OTHER, .first_selector = frame->first_selector, .aggregation = aggregation};
	if (!promql_advance(&parser->reader))
		return false;
	return frame->kind != FRAME_AGGREGATION ||
	       close_aggregation(parser, frame, promql_between(frame->argument, end));
}

static bool next_argument(struct parser *parser)
{
	struct frame *frame = frame_get(parser);

	if (frame->kind != FRAME_CALL && frame->kind != FRAME_AGGREGATION)
		return promql_refuse(&parser->reader, parser->reader.token, "a `,` that is not between arguments");
	frame->arguments++;
	frame->argument = NULL;
	parser->operand = (struct operand){.kind = OPERAND_NONE};
	return promql_advance(&parser->reader);
}

/* On the operator, with the matching of labels behind it. */
static bool read_operator(struct parser *parser)
{
	struct promql_grouping unused;

	frame_get(parser)->plain = false;
	parser->operand = (struct operand){.kind = OPERAND_NONE};
	if (!promql_advance(&parser->reader) ||
	    (PROMQL_IS_WORD(parser->reader.token, "bool") && !promql_advance(&parser->reader)))
		return false;
	if (!PROMQL_IS_WORD(parser->reader.token, "on", "ignoring"))
		return true;
	if (!promql_advance(&parser->reader) || !promql_read_labels(&parser->reader, &unused))
		return false;
	if (!PROMQL_IS_WORD(parser->reader.token, "group_left", "group_right"))
		return true;
	return promql_advance(&parser->reader) &&
	       (!promql_is_sign(parser->reader.token, "(") || promql_read_labels(&parser->reader, &unused));
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
		struct str *whole = &parser->reader.parsed->found.items[operand->first_selector].selector.whole;

		*whole = promql_between(whole->ptr, parser->reader.end);
	}
	for (size_t i = operand->first_selector;
	     (operand->offset || operand->at) && i < parser->reader.parsed->found.count; i++)
		parser->reader.parsed->found.items[i].selector.shifted = true;
}

/* Behind the bracket: what the two kinds of ranges may be of. */
static bool end_range(struct parser *parser, struct promql_token bracket, bool subquery, struct str range)
{
	struct operand *operand = &parser->operand;
	bool shifted = operand->offset || operand->at;

	if (!subquery && (operand->kind != OPERAND_SELECTOR || operand->ranged || shifted))
		return promql_refuse(&parser->reader, bracket, "a range that is not directly behind a selector");
	if (operand->kind == OPERAND_SCALAR || operand->kind == OPERAND_SUBQUERY || operand->ranged)
		return promql_refuse(&parser->reader, bracket, "a subquery of what is no instant vector");
	if (operand->direct && !shifted)
		parser->reader.parsed->found.items[operand->first_selector].selector.range = range;
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
	struct promql_token bracket = parser->reader.token;
	const char *from;
	struct str range;
	bool subquery;

	if (!promql_take_bracket(&parser->reader, "[", false, "`[`"))
		return false;
	from = parser->reader.token.text.ptr;
	if (!is_time(parser->reader.token))
		return promql_expected(&parser->reader, "a duration");
	if (!promql_advance(&parser->reader))
		return false;
	subquery = promql_is_sign(parser->reader.token, ":");
	if (subquery &&
	    (!promql_advance(&parser->reader) || (is_time(parser->reader.token) && !promql_advance(&parser->reader))))
		return false;
	range = promql_between(from, parser->reader.end);
	return promql_take_bracket(&parser->reader, "]", true, subquery ? "a duration or `]`" : "`:` or `]`") &&
	       end_range(parser, bracket, subquery, range);
}

static bool may_shift(const struct parser *parser)
{
	return parser->operand.kind == OPERAND_SELECTOR || parser->operand.kind == OPERAND_SUBQUERY;
}

static bool read_offset(struct parser *parser)
{
	if (!may_shift(parser) || parser->operand.offset)
		return promql_refuse(&parser->reader, parser->reader.token,
				     "an offset of what is no selector or subquery, or has one");
	if (!promql_advance(&parser->reader) ||
	    (promql_is_sign(parser->reader.token, "-") && !promql_advance(&parser->reader)))
		return false;
	if (!is_time(parser->reader.token))
		return promql_expected(&parser->reader, "a duration");
	parser->operand.offset = true;
	if (!promql_advance(&parser->reader))
		return false;
	grow_operand(parser);
	return true;
}

static bool read_moment(struct parser *parser)
{
	if (PROMQL_IS_WORD(parser->reader.token, "start", "end"))
		return promql_advance(&parser->reader) && promql_take(&parser->reader, "(", "`(`") &&
		       promql_take(&parser->reader, ")", "`)`");
	if ((promql_is_sign(parser->reader.token, "+") || promql_is_sign(parser->reader.token, "-")) &&
	    !promql_advance(&parser->reader))
		return false;
	return is_time(parser->reader.token) ? promql_advance(&parser->reader)
					     : promql_expected(&parser->reader, "a moment");
}

static bool read_at(struct parser *parser)
{
	if (!may_shift(parser) || parser->operand.at)
		return promql_refuse(&parser->reader, parser->reader.token,
				     "an `@` of what is no selector or subquery, or has one");
	parser->operand.at = true;
	if (!promql_advance(&parser->reader) || !read_moment(parser))
		return false;
	grow_operand(parser);
	return true;
}

static bool is_operator(struct promql_token token)
{
	static const char *const signs[] = {"+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="};

	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (promql_is_sign(token, signs[i]))
			return true;
	return PROMQL_IS_WORD(token, "and", "or", "unless", "atan2");
}

static bool read_behind(struct parser *parser)
{
	if (is_operator(parser->reader.token))
		return read_operator(parser);
	if (promql_is_sign(parser->reader.token, ")"))
		return close_frame(parser);
	if (promql_is_sign(parser->reader.token, ","))
		return next_argument(parser);
	if (promql_is_sign(parser->reader.token, "["))
		return read_range(parser);
	if (promql_is_sign(parser->reader.token, "@"))
		return read_at(parser);
	if (PROMQL_IS_WORD(parser->reader.token, "offset"))
		return read_offset(parser);
	return promql_expected(&parser->reader, "an operator or the end");
}

/* ---- the whole ---- */

static bool read_text(struct parser *parser)
{
	if (!promql_lex(&parser->reader.lexer, &parser->reader.token, parser->reader.err))
		return false;
	parser->reader.end = parser->reader.token.text.ptr;
	while (parser->reader.token.kind != TOKEN_END)
		if (!(parser->operand.kind == OPERAND_NONE ? read_operand(parser) : read_behind(parser)))
			return false;
	if (parser->operand.kind == OPERAND_NONE)
		return promql_expected(&parser->reader, "a value");
	if (parser->depth)
		return promql_refuse(&parser->reader, frame_get(parser)->open, "a bracket is not closed");
	parser->reader.parsed->is_aggregation = frame_get(parser)->plain && parser->operand.aggregation;
	return true;
}

bool promql_parse(struct str text, struct arena *arena, struct promql_parsed *parsed, struct err *err)
{
	struct parser parser = {
		.reader = {.lexer = {.text = text, .colons = true}, .arena = arena, .err = err, .parsed = parsed},
		.frames[0] = {.kind = FRAME_TEXT, .plain = true},
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
