/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "text/promql.h"

#define MATCHERS "c=\"C\""

/* Selectors: of each its name (? for none, ~ for a pattern), {matchers}, [range], ^ where it is shifted. Aggregation: op, by or
   without and labels, what it is of; - for none. */
static struct promql_case {
	const char *in;
	const char *selectors;
	const char *added;
	const char *aggregation;
} cases[] = {
#include "promql_results.h"
};

static void write_selector(struct buf *out, const struct promql_selector *selector)
{
	assert_true(selector->name.ptr == NULL || !selector->pattern_name);
	if (out->len)
		buf_putc(out, ' ');
	if (selector->name.ptr)
		buf_put(out, selector->name);
	else
		buf_putc(out, selector->pattern_name ? '~' : '?');
	if (selector->matchers.ptr)
		buf_printf(out, "{%.*s}", STR_ARG(selector->matchers));
	if (selector->range.ptr)
		buf_printf(out, "[%.*s]", STR_ARG(selector->range));
	if (selector->shifted)
		buf_putc(out, '^');
}

static void test_selectors(void **state)
{
	const struct promql_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	const struct promql_selector *selectors;
	struct err err = {0};
	size_t count;

	if (!promql_selectors(str_of(c->in), arena, &selectors, &count, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < count; i++)
		write_selector(&got, &selectors[i]);
	assert_str(buf_str(&got), c->selectors);
	assert_int_equal(err.code, ERR_NONE);
}

static void put_matchers(struct buf *out, const struct promql_selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		buf_printf(out, "<%.*s|%.*s|%.*s>", STR_ARG(selector->list[i].label), STR_ARG(selector->list[i].op),
			   STR_ARG(selector->list[i].value));
	buf_putc(out, ';');
}

static void test_matchers(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	const struct promql_selector *selectors;
	struct err err = {0};
	size_t count;

	(void)state;
	assert_true(promql_selectors(
		STR("a + b{} + rate(c{x='}',\"y z\"!=\"\\\"\",}[1m]) + {\"d\",__name__=~`e.*`,f!~\"\"}"), arena,
		&selectors, &count, &err));
	for (size_t i = 0; i < count; i++)
		put_matchers(&got, &selectors[i]);
	assert_str(buf_str(&got), ";;<x|=|}><y z|!=|\">;<__name__|=~|e.*><f|!~|>;");
}

static void test_add_matchers(void **state)
{
	const struct promql_case *c = *state;
	CLEANUP(buf_clear) struct buf got = {0};
	CLEANUP(buf_clear) struct buf same = {0};
	struct err err = {0};

	buf_puts(&got, "before ");
	if (!promql_add_matchers(str_of(c->in), STR(MATCHERS), &got, &err))
		fail_msg("%s", err.msg);
	assert_str(str_slice(buf_str(&got), 0, 7), "before ");
	assert_str(str_slice(buf_str(&got), 7, got.len), c->added);
	assert_true(promql_add_matchers(str_of(c->in), STR(""), &same, &err));
	assert_str(buf_str(&same), c->in);
}

static void write_aggregation(struct buf *out, const struct promql_aggregation *aggregation)
{
	assert_true(aggregation->grouped || (!aggregation->without && aggregation->label_count == 0));
	buf_put(out, aggregation->op);
	if (aggregation->grouped)
		buf_puts(out, aggregation->without ? " without (" : " by (");
	for (size_t i = 0; i < aggregation->label_count; i++)
		buf_printf(out, "%s%.*s", i ? "," : "", STR_ARG(aggregation->labels[i]));
	buf_puts(out, aggregation->grouped ? ") " : " ");
	buf_put(out, aggregation->operand);
}

static void test_aggregation(void **state)
{
	const struct promql_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_aggregation aggregation = {0};
	bool is = false;
	struct err err = {0};

	if (!promql_aggregation(str_of(c->in), arena, &is, &aggregation, &err))
		fail_msg("%s", err.msg);
	if (is)
		write_aggregation(&got, &aggregation);
	else
		assert_null(aggregation.labels);
	assert_str(buf_str(&got), is ? c->aggregation : "");
	assert_true(is || strcmp(c->aggregation, "-") == 0);
}

/* text and whole, as written. */
static struct whole_case {
	const char *in;
	const char *text, *whole;
} whole_cases[] = {
	{"rate( x{a=\"b\"}[5m] )", "x{a=\"b\"}", "x{a=\"b\"}[5m]"},
	{"x # no\n {a=\"}\"} # no", "x # no\n {a=\"}\"}", "x # no\n {a=\"}\"}"},
	{"(x [5m] @ start ( ) offset - 1m)", "x", "x [5m] @ start ( ) offset - 1m"},
	{"abs(x)[5m:] offset 1m", "x", "x"},
	{"x[5m:] offset 1m + 1", "x", "x[5m:] offset 1m"},
	{"-x ^ 2", "x", "x"},
};

static void test_whole(void **state)
{
	const struct whole_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	const struct promql_selector *selectors;
	struct err err;
	size_t count;

	assert_true(promql_selectors(str_of(c->in), arena, &selectors, &count, &err));
	assert_int_equal(count, 1);
	assert_str(selectors[0].text, c->text);
	assert_str(selectors[0].whole, c->whole);
}

static struct error_case {
	const char *in;
	const char *message;
} error_cases[] = {
	/* clang-format off */
	{"", "PromQL: the text is empty"},
	{" # c", "PromQL, byte 4: the text ends, expected a value"},
	{"sum(", "PromQL, byte 4: the text ends, expected a value"},
	{"(x))", "PromQL, byte 3: a `)` without its `(`"},
	{"x)", "PromQL, byte 1: a `)` without its `(`"},
	{"x y", "PromQL, byte 2: found `y`, expected an operator or the end"},
	{"x{", "PromQL, byte 2: the text ends, expected a matcher or `}`"},
	{"x{a}", "PromQL, byte 3: found `}`, expected `=`, `!=`, `=~` or `!~`"},
	{"x{a=b}", "PromQL, byte 4: found `b`, expected a value in quotes"},
	{"x{a=\"b\" or c=\"d\"}", "PromQL, byte 8: found `or`, expected `,` or `}`"},
	{"x{a=\"b\",,}", "PromQL, byte 8: found `,`, expected a matcher or `}`"},
	{"x{a==\"b\"}", "PromQL, byte 3: found `==`, expected `=`, `!=`, `=~` or `!~`"},
	{"x{a:b=\"c\"}", "PromQL, byte 3: found `:`, expected `=`, `!=`, `=~` or `!~`"},
	{"x{{", "PromQL, byte 2: found `{`, expected a matcher or `}`"},
	{"x{a=\"b\"}{c=\"d\"}", "PromQL, byte 8: found `{`, expected an operator or the end"},
	{"x{namespace=\"n\", pod=namespace=\"n\"}", "PromQL, byte 21: found `namespace`, expected a value in quotes"},
	{"foo{__name__=\"a\"}", "PromQL, byte 13: the metric has a name before the braces already"},
	{"foo{__name__=~\"a\"}", "PromQL, byte 14: the metric has a name before the braces already"},
	{"foo{\"bar\"}", "PromQL, byte 4: the metric has a name before the braces already"},
	{"{__name__=\"a\",\"b\"}", "PromQL, byte 14: the metric has a name already"},
	{"{\"a\"", "PromQL, byte 4: the text ends, expected `=`, `!=`, `=~` or `!~`"},
	{"\"a", "PromQL, byte 0: a string does not end"},
	{"\"a\nb\"", "PromQL, byte 0: a string does not end in its line"},
	{"'a\\q'", "PromQL, byte 2: an escape that does not exist"},
	{"`a", "PromQL, byte 0: a string does not end"},
	{"\"\\ud800\"", "PromQL, byte 1: an escape that does not exist"},
	{"\"\\x4\"", "PromQL, byte 1: an escape that does not exist"},
	{"\"\\400\"", "PromQL, byte 1: an escape that does not exist"},
	{"\"\\U00110000\"", "PromQL, byte 1: an escape that does not exist"},
	{"x[5m", "PromQL, byte 4: the text ends, expected `:` or `]`"},
	{"x[]", "PromQL, byte 2: found `]`, expected a duration"},
	{"x[5m:1m", "PromQL, byte 7: the text ends, expected a duration or `]`"},
	{"x[5m][5m]", "PromQL, byte 5: a range that is not directly behind a selector"},
	{"x[5m:1m][1h:]", "PromQL, byte 8: a subquery of what is no instant vector"},
	{"rate(x)[5m]", "PromQL, byte 7: a range that is not directly behind a selector"},
	{"x offset 5m [1h]", "PromQL, byte 12: a range that is not directly behind a selector"},
	{"1[5m:]", "PromQL, byte 1: a subquery of what is no instant vector"},
	{"(x) offset 5m", "PromQL, byte 4: an offset of what is no selector or subquery, or has one"},
	{"x offset", "PromQL, byte 8: the text ends, expected a duration"},
	{"x offset +5m", "PromQL, byte 9: found `+`, expected a duration"},
	{"x offset 5m offset 5m", "PromQL, byte 12: an offset of what is no selector or subquery, or has one"},
	{"sum(x) @ 5", "PromQL, byte 7: an `@` of what is no selector or subquery, or has one"},
	{"x @ y", "PromQL, byte 4: found `y`, expected a moment"},
	{"x @ 1 @ 2", "PromQL, byte 6: an `@` of what is no selector or subquery, or has one"},
	{"x[5 m]", "PromQL, byte 4: found `m`, expected `:` or `]`"},
	{"x[5m*2]", "PromQL, byte 4: found `*`, expected `:` or `]`"},
	{"x offset (5m)", "PromQL, byte 9: found `(`, expected a duration"},
	{"avg_over_time(x[2m]) by (pod)", "PromQL, byte 21: found `by`, expected an operator or the end"},
	{"sum(x) by (a) by (b)", "PromQL, byte 14: found `by`, expected an operator or the end"},
	{"sum by (a) (x) by (b)", "PromQL, byte 15: found `by`, expected an operator or the end"},
	{"sum by (a)", "PromQL, byte 10: the text ends, expected `(`"},
	{"sum by", "PromQL, byte 6: the text ends, expected `(`"},
	{"sum by a (x)", "PromQL, byte 7: found `a`, expected `(`"},
	{"sum(x) by (,a)", "PromQL, byte 11: found `,`, expected the name of a label"},
	{"sum(x) by (a b)", "PromQL, byte 13: found `b`, expected `,` or `)`"},
	{"sum(x) by (a:b)", "PromQL, byte 11: found `a:b`, expected the name of a label"},
	{"sum()", "PromQL, byte 4: found `)`, expected a value"},
	{"sum(x,y)", "PromQL, byte 0: an aggregation with too few or too many arguments"},
	{"topk(x)", "PromQL, byte 0: an aggregation with too few or too many arguments"},
	{"topk(3,x,)", "PromQL, byte 9: found `)`, expected a value"},
	{"f(,x)", "PromQL, byte 2: found `,`, expected a value"},
	{"x,y", "PromQL, byte 1: a `,` that is not between arguments"},
	{"(x,y)", "PromQL, byte 2: a `,` that is not between arguments"},
	{"on", "PromQL, byte 0: found `on`, expected a value"},
	{"x + on", "PromQL, byte 6: the text ends, expected `(`"},
	{"bool", "PromQL, byte 0: found `bool`, expected a value"},
	{"x and atan2", "PromQL, byte 6: found `atan2`, expected a value"},
	{"inf{}", "PromQL, byte 3: found `{`, expected an operator or the end"},
	{"x * group_left (a) y", "PromQL, byte 4: found `group_left`, expected a value"},
	{"by(x)", "PromQL, byte 0: a word that is no function stands before `(`"},
	{"x:y(z)", "PromQL, byte 0: a word that is no function stands before `(`"},
	{"x + * y", "PromQL, byte 4: found `*`, expected a value"},
	{"x +", "PromQL, byte 3: the text ends, expected a value"},
	{"x = y", "PromQL, byte 2: found `=`, expected an operator or the end"},
	{"x =~ \"y\"", "PromQL, byte 2: found `=~`, expected an operator or the end"},
	{"x ! y", "PromQL, byte 2: found `!`, expected a value or an operator"},
	{"5x", "PromQL, byte 0: found `5x`, expected a number or a duration"},
	{"0x", "PromQL, byte 0: found `0x`, expected a number or a duration"},
	{"1.2.3", "PromQL, byte 0: found `1.2.3`, expected a number or a duration"},
	{"1e", "PromQL, byte 0: found `1e`, expected a number or a duration"},
	{"x $ y", "PromQL, byte 2: found `$`, expected a value or an operator"},
	{"x ; y", "PromQL, byte 2: found `;`, expected a value or an operator"},
	{"é", "PromQL, byte 0: found `é`, expected a value or an operator"},
	{"0x1e-3 + x", "PromQL, byte 0: found `0x1e-3`, expected a number or a duration"},
	{"x + fill(0) y", "PromQL, byte 4: a word that is no function stands before `(`"},
	{"sum(x", "PromQL, byte 0: a bracket is not closed"},
	{"(x}", "PromQL, byte 2: found `}`, expected an operator or the end"},
	{"x]", "PromQL, byte 1: found `]`, expected an operator or the end"},
	{"{}{}", "PromQL, byte 2: found `{`, expected an operator or the end"},
	{"sum((x)", "PromQL, byte 0: a bracket is not closed"},
	/* clang-format on */
};

static void test_error(void **state)
{
	const struct error_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf out = {0};
	const struct promql_selector *selectors = NULL;
	struct promql_aggregation aggregation = {0};
	size_t count = 7;
	bool is = true;
	struct err err = {0};

	assert_false(promql_selectors(str_of(c->in), arena, &selectors, &count, &err));
	assert_str(str_of(err.msg), c->message);
	assert_int_equal(err.code, ERR_INVALID);
	assert_null(selectors);
	assert_int_equal(count, 7);
	assert_false(promql_add_matchers(str_of(c->in), STR(MATCHERS), &out, &err));
	assert_int_equal(out.len, 0);
	assert_false(promql_aggregation(str_of(c->in), arena, &is, &aggregation, &err));
	assert_true(is);
}

static bool nested(size_t depth, struct err *err)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf text = {0};
	const struct promql_selector *selectors;
	size_t count;

	for (size_t i = 0; i < depth; i++)
		buf_putc(&text, '(');
	buf_putc(&text, 'x');
	for (size_t i = 0; i < depth; i++)
		buf_putc(&text, ')');
	return promql_selectors(buf_str(&text), arena, &selectors, &count, err);
}

static void test_depth(void **state)
{
	struct err err = {0};

	(void)state;
	assert_true(nested(PROMQL_DEPTH_MAX, &err));
	assert_false(nested(PROMQL_DEPTH_MAX + 1, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_str(str_of(err.msg), "PromQL, byte 64: more than 64 brackets in each other");
}

static void test_room(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(64);
	CLEANUP(buf_clear) struct buf out = BUF_MAX(10);
	const struct promql_selector *selectors;
	size_t count;
	struct err err = {0};

	(void)state;
	assert_false(promql_selectors(STR("x + y"), arena, &selectors, &count, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	err = (struct err){0};
	assert_false(promql_add_matchers(STR("x + y"), STR(MATCHERS), &out, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void test_not_utf8(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	bool is;
	struct promql_aggregation aggregation;
	struct err err = {0};

	(void)state;
	assert_false(promql_aggregation(STR("x{a=\"\xff\"}"), arena, &is, &aggregation, &err));
	assert_str(str_of(err.msg), "PromQL: the text is not UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matchers),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_not_utf8),
	};
	int failed = RUN_ROWS(cases, test_selectors);

	failed += RUN_ROWS(cases, test_add_matchers);
	failed += RUN_ROWS(cases, test_aggregation);
	failed += RUN_ROWS(whole_cases, test_whole);
	failed += RUN_ROWS(error_cases, test_error);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
