/* SPDX-License-Identifier: Apache-2.0 */
#include "text/promql.h"

#include "promql_build.h"
#include "promql_reader.h"

/* An open bracket, or the text itself. */
struct frame {
	struct promql_token open;      /* the bracket or the word before it */
	struct promql_made *made;      /* what will be of it; NULL: the text itself */
	struct promql_made *operators; /* that wait for their right side, the last on top */
	size_t arguments;	       /* finished ones */
};

/* The value that was read last. It ends before the operators, since what stands in [] or behind offset and @ binds tighter. */
struct operand {
	struct promql_made *made; /* finished; NULL: a value has to come */
	const char *from;
	struct promql_selector *selector; /* where it is one */
	bool offset, at;
};

struct parser {
	struct promql_reader reader;
	struct promql_row row;
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

static bool make(struct parser *parser, enum promql_kind kind, struct str word, struct promql_made **ret_made)
{
	struct promql_made *made = promql_made_new(parser->reader.arena, kind, word);

	if (made == NULL)
		return promql_no_room(parser->reader.err);
	*ret_made = made;
	return true;
}

static bool frame_push(struct parser *parser, struct promql_token open, struct promql_made *made)
{
	if (parser->depth == PROMQL_DEPTH_MAX)
		return err_set(parser->reader.err, ERR_LIMIT, "PromQL, byte %zu: more than %d brackets in each other",
			       (size_t)(open.text.ptr - parser->reader.lexer.text.ptr), PROMQL_DEPTH_MAX);
	parser->frames[++parser->depth] = (struct frame){.open = open, .made = made};
	parser->operand = (struct operand){0};
	return true;
}

/* What was made ends where the last token does. */
static void finish_operand(struct parser *parser, struct promql_made *made, const char *from)
{
	promql_finish(&parser->row, made, from, parser->reader.end);
	parser->operand = (struct operand){.made = made, .from = from};
}

/* ---- operators ---- */

enum { RANK_SIGN = 5, RANK_POWER = 6 };

/* 0: it is none. */
static int rank_of(struct promql_token token)
{
	static const struct {
		const char *sign;
		int rank;
	} signs[] = {{"==", 3}, {"!=", 3}, {"<", 3}, {">", 3}, {"<=", 3}, {">=", 3},
		     {"+", 4},	{"-", 4},  {"*", 5}, {"/", 5}, {"%", 5},  {"^", RANK_POWER}};

	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (promql_is_sign(token, signs[i].sign))
			return signs[i].rank;
	if (PROMQL_IS_WORD(token, "or"))
		return 1;
	if (PROMQL_IS_WORD(token, "and", "unless"))
		return 2;
	return PROMQL_IS_WORD(token, "atan2") ? 5 : 0;
}

/* The operators that bind their right side tighter than the one to come, which has `rank`, have it now. Only powers go from right
   to left. */
static void settle(struct parser *parser, int rank)
{
	struct frame *frame = frame_get(parser);

	while (frame->operators &&
	       (frame->operators->rank > rank || (frame->operators->rank == rank && rank != RANK_POWER))) {
		struct promql_made *made = frame->operators;
		bool has_left = made->node.child != NULL;

		promql_adopt(made, parser->operand.made);
		frame->operators = made->below;
		finish_operand(parser, made, has_left ? made->node.child->text.ptr : made->node.word.ptr);
	}
}

static void wait_for_right(struct parser *parser, struct promql_made *made, int rank)
{
	struct frame *frame = frame_get(parser);

	made->rank = rank;
	made->below = frame->operators;
	frame->operators = made;
	parser->operand = (struct operand){0};
}

static bool read_sign(struct parser *parser)
{
	struct promql_made *made;

	if (!make(parser, PROMQL_UNARY, parser->reader.token.text, &made))
		return false;
	wait_for_right(parser, made, RANK_SIGN);
	return promql_advance(&parser->reader);
}

static bool read_matching(struct promql_reader *reader, struct promql_matching *matching)
{
	matching->on = PROMQL_IS_WORD(reader->token, "on");
	matching->ignoring = PROMQL_IS_WORD(reader->token, "ignoring");
	if (!matching->on && !matching->ignoring)
		return true;
	if (!promql_advance(reader) || !promql_read_names(reader, &matching->labels))
		return false;
	matching->group_left = PROMQL_IS_WORD(reader->token, "group_left");
	matching->group_right = PROMQL_IS_WORD(reader->token, "group_right");
	if (!matching->group_left && !matching->group_right)
		return true;
	return promql_advance(reader) &&
	       (!promql_is_sign(reader->token, "(") || promql_read_names(reader, &matching->included));
}

/* On the operator, with the matching of labels behind it. */
static bool read_operator(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;
	int rank = rank_of(reader->token);
	struct promql_made *made;

	if (!make(parser, PROMQL_BINARY, reader->token.text, &made))
		return false;
	settle(parser, rank);
	promql_adopt(made, parser->operand.made);
	wait_for_right(parser, made, rank);
	if (!promql_advance(reader))
		return false;
	made->node.returns_bool = PROMQL_IS_WORD(reader->token, "bool");
	if (made->node.returns_bool && !promql_advance(reader))
		return false;
	return read_matching(reader, &made->node.matching);
}

/* ---- values ---- */

static bool read_scalar(struct parser *parser, enum promql_kind kind, struct str text)
{
	struct promql_made *made;

	if (!make(parser, kind, (struct str){NULL, 0}, &made))
		return false;
	finish_operand(parser, made, text.ptr);
	return true;
}

/* Behind the name, or on the brace where there is none. */
static bool read_selector(struct parser *parser, struct str name)
{
	struct promql_selector *selector;
	struct promql_made *made;

	if (!promql_read_selector(&parser->reader, name, &selector) ||
	    !make(parser, PROMQL_SELECTOR, (struct str){NULL, 0}, &made))
		return false;
	made->node.selector = selector;
	finish_operand(parser, made, selector->text.ptr);
	parser->operand.selector = selector;
	return true;
}

/* On `by` or `without`. */
static bool read_grouping(struct promql_reader *reader, struct promql_node *node)
{
	node->by = PROMQL_IS_WORD(reader->token, "by");
	node->without = !node->by;
	return promql_advance(reader) && promql_read_names(reader, &node->grouping);
}

/* Behind the word, on `(`, `by` or `without`. */
static bool open_aggregation(struct parser *parser, struct promql_token word)
{
	struct promql_made *made;

	if (!make(parser, PROMQL_AGGREGATION, word.text, &made))
		return false;
	if (!promql_is_sign(parser->reader.token, "(") && !read_grouping(&parser->reader, &made->node))
		return false;
	return promql_take(&parser->reader, "(", "`(`") && frame_push(parser, word, made);
}

static bool open_call(struct parser *parser, struct promql_token word)
{
	struct promql_made *made;

	if (PROMQL_IS_WORD(word, "and", "or", "unless", "offset", "by", "without", "start", "end", "inf", "nan", "fill",
			   "fill_left", "fill_right") ||
	    str_index(word.text, ':') < word.text.len)
		return promql_refuse(&parser->reader, word, "a word that is no function stands before `(`");
	return make(parser, PROMQL_CALL, word.text, &made) && promql_advance(&parser->reader) &&
	       frame_push(parser, word, made);
}

static bool open_parenthesis(struct parser *parser)
{
	struct promql_token bracket = parser->reader.token;
	struct promql_made *made;

	return make(parser, PROMQL_PARENTHESIS, (struct str){NULL, 0}, &made) && promql_advance(&parser->reader) &&
	       frame_push(parser, bracket, made);
}

/* Most keywords are names of metrics where a value has to come; these are not, in Prometheus' grammar. */
static bool read_word(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;
	struct promql_token word = reader->token;

	if (PROMQL_IS_WORD(word, "atan2", "bool", "on", "ignoring", "group_left", "group_right"))
		return promql_expected(reader, "a value");
	if (!promql_advance(reader))
		return false;
	if (is_aggregation(word) &&
	    (promql_is_sign(reader->token, "(") || PROMQL_IS_WORD(reader->token, "by", "without")))
		return open_aggregation(parser, word);
	if (promql_is_sign(reader->token, "("))
		return open_call(parser, word);
	if (PROMQL_IS_WORD(word, "inf", "nan"))
		return read_scalar(parser, PROMQL_NUMBER, word.text);
	return read_selector(parser, word.text);
}

static bool close_frame(struct parser *parser);

static bool read_operand(struct parser *parser)
{
	const struct frame *frame = frame_get(parser);
	struct promql_token token = parser->reader.token;

	if (promql_is_sign(token, ")") && frame->made && frame->made->node.kind == PROMQL_CALL &&
	    frame->arguments == 0 && frame->operators == NULL)
		return close_frame(parser);
	if (token.kind == TOKEN_WORD)
		return read_word(parser);
	if (token.kind == TOKEN_NUMBER || token.kind == TOKEN_DURATION || token.kind == TOKEN_STRING)
		return promql_advance(&parser->reader) &&
		       read_scalar(parser, token.kind == TOKEN_STRING ? PROMQL_STRING : PROMQL_NUMBER, token.text);
	if (promql_is_sign(token, "+") || promql_is_sign(token, "-"))
		return read_sign(parser);
	if (promql_is_sign(token, "{"))
		return read_selector(parser, (struct str){NULL, 0});
	if (promql_is_sign(token, "("))
		return open_parenthesis(parser);
	return promql_expected(&parser->reader, "a value");
}

/* ---- what stands behind a value ---- */

static bool check_arguments(struct parser *parser, const struct frame *frame)
{
	size_t wanted = has_parameter(frame->open) ? 2 : 1;

	return frame->arguments == wanted ||
	       err_set(parser->reader.err, ERR_INVALID, "PromQL, byte %zu: %.*s takes %s, not %zu",
		       (size_t)(frame->open.text.ptr - parser->reader.lexer.text.ptr), STR_ARG(frame->open.text),
		       wanted == 1 ? "one argument" : "two arguments", frame->arguments);
}

static void end_argument(struct parser *parser)
{
	struct frame *frame = frame_get(parser);

	settle(parser, 0);
	if (parser->operand.made) {
		promql_adopt(frame->made, parser->operand.made);
		frame->arguments++;
	}
	parser->operand = (struct operand){0};
}

/* On `)`. */
static bool close_frame(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;
	const struct frame *frame = frame_get(parser);
	struct promql_made *made = frame->made;

	if (made == NULL)
		return promql_refuse(reader, reader->token, "a `)` without its `(`");
	end_argument(parser);
	parser->depth--;
	if (!promql_advance(reader))
		return false;
	if (made->node.kind == PROMQL_AGGREGATION && !check_arguments(parser, frame))
		return false;
	if (made->node.kind == PROMQL_AGGREGATION && !made->node.by && !made->node.without &&
	    PROMQL_IS_WORD(reader->token, "by", "without") && !read_grouping(reader, &made->node))
		return false;
	finish_operand(parser, made, frame->open.text.ptr);
	return true;
}

static bool next_argument(struct parser *parser)
{
	const struct promql_made *made = frame_get(parser)->made;

	if (made == NULL || made->node.kind == PROMQL_PARENTHESIS)
		return promql_refuse(&parser->reader, parser->reader.token, "a `,` that is not between arguments");
	end_argument(parser);
	return promql_advance(&parser->reader);
}

static bool is_time(struct promql_token token)
{
	return token.kind == TOKEN_NUMBER || token.kind == TOKEN_DURATION;
}

/* The range, offset or @ that was just read belongs to what is before it. */
static void grow_operand(struct parser *parser)
{
	struct operand *operand = &parser->operand;

	operand->made->node.text = promql_between(operand->from, parser->reader.end);
	if (operand->selector)
		operand->selector->shifted = operand->offset || operand->at;
	else
		operand->made->node.shifted = operand->offset || operand->at;
}

/* Behind the bracket. */
static bool end_range(struct parser *parser, struct promql_token bracket, struct str range)
{
	struct operand *operand = &parser->operand;

	if (operand->selector == NULL || operand->selector->range.ptr || operand->offset || operand->at)
		return promql_refuse(&parser->reader, bracket, "a range that is not directly behind a selector");
	operand->selector->range = range;
	operand->made->node.type = PROMQL_RANGES;
	grow_operand(parser);
	return true;
}

static bool end_subquery(struct parser *parser, struct promql_token bracket, struct str range)
{
	struct promql_made *operand = parser->operand.made;
	struct promql_made *made;

	if (operand->node.kind == PROMQL_NUMBER || operand->node.kind == PROMQL_STRING ||
	    operand->node.kind == PROMQL_SUBQUERY || operand->node.type == PROMQL_RANGES)
		return promql_refuse(&parser->reader, bracket, "a subquery of what is no instant vector");
	if (!make(parser, PROMQL_SUBQUERY, (struct str){NULL, 0}, &made))
		return false;
	made->node.range = range;
	promql_adopt(made, operand);
	finish_operand(parser, made, parser->operand.from);
	return true;
}

static bool read_range(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;
	struct promql_token bracket = reader->token;
	const char *from;
	struct str range;
	bool subquery;

	if (!promql_take_bracket(reader, "[", false, "`[`"))
		return false;
	from = reader->token.text.ptr;
	if (!is_time(reader->token))
		return promql_expected(reader, "a duration");
	if (!promql_advance(reader))
		return false;
	subquery = promql_is_sign(reader->token, ":");
	if (subquery && (!promql_advance(reader) || (is_time(reader->token) && !promql_advance(reader))))
		return false;
	range = promql_between(from, reader->end);
	if (!promql_take_bracket(reader, "]", true, subquery ? "a duration or `]`" : "`:` or `]`"))
		return false;
	return subquery ? end_subquery(parser, bracket, range) : end_range(parser, bracket, range);
}

static bool may_shift(const struct parser *parser)
{
	enum promql_kind kind = parser->operand.made->node.kind;

	return kind == PROMQL_SELECTOR || kind == PROMQL_SUBQUERY;
}

static bool read_offset(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;

	if (!may_shift(parser) || parser->operand.offset)
		return promql_refuse(reader, reader->token, "an offset of what is no selector or subquery, or has one");
	if (!promql_advance(reader) || (promql_is_sign(reader->token, "-") && !promql_advance(reader)))
		return false;
	if (!is_time(reader->token))
		return promql_expected(reader, "a duration");
	parser->operand.offset = true;
	if (!promql_advance(reader))
		return false;
	grow_operand(parser);
	return true;
}

static bool read_moment(struct promql_reader *reader)
{
	if (PROMQL_IS_WORD(reader->token, "start", "end"))
		return promql_advance(reader) && promql_take(reader, "(", "`(`") && promql_take(reader, ")", "`)`");
	if ((promql_is_sign(reader->token, "+") || promql_is_sign(reader->token, "-")) && !promql_advance(reader))
		return false;
	return is_time(reader->token) ? promql_advance(reader) : promql_expected(reader, "a moment");
}

static bool read_at(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;

	if (!may_shift(parser) || parser->operand.at)
		return promql_refuse(reader, reader->token, "an `@` of what is no selector or subquery, or has one");
	parser->operand.at = true;
	if (!promql_advance(reader) || !read_moment(reader))
		return false;
	grow_operand(parser);
	return true;
}

static bool read_behind(struct parser *parser)
{
	struct promql_token token = parser->reader.token;

	if (rank_of(token))
		return read_operator(parser);
	if (promql_is_sign(token, ")"))
		return close_frame(parser);
	if (promql_is_sign(token, ","))
		return next_argument(parser);
	if (promql_is_sign(token, "["))
		return read_range(parser);
	if (promql_is_sign(token, "@"))
		return read_at(parser);
	if (PROMQL_IS_WORD(token, "offset"))
		return read_offset(parser);
	return promql_expected(&parser->reader, "an operator or the end");
}

/* ---- the whole ---- */

static bool read_text(struct parser *parser)
{
	struct promql_reader *reader = &parser->reader;

	if (!promql_lex(&reader->lexer, &reader->token, reader->err))
		return false;
	reader->end = reader->token.text.ptr;
	while (reader->token.kind != TOKEN_END)
		if (!(parser->operand.made ? read_behind(parser) : read_operand(parser)))
			return false;
	if (parser->operand.made == NULL)
		return promql_expected(reader, "a value");
	if (parser->depth)
		return promql_refuse(reader, frame_get(parser)->open, "a bracket is not closed");
	settle(parser, 0);
	return true;
}

bool promql_read(struct str text, struct arena *arena, struct promql_tree *ret_tree, struct err *err)
{
	struct parser parser = {.reader = {.lexer = {.text = text, .colons = true}, .arena = arena, .err = err}};
	bool good;

	if (text.len == 0)
		return err_set(err, ERR_INVALID, "PromQL: the text is empty");
	if (!str_is_utf8(text))
		return err_set(err, ERR_INVALID, "PromQL: the text is not UTF-8");
	good = read_text(&parser);
	promql_reader_clear(&parser.reader);
	if (!good)
		return false;
	*ret_tree = (struct promql_tree){
		.text = text, .first = parser.row.first, .root = &parser.operand.made->node, .count = parser.row.count};
	return true;
}
