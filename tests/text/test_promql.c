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

static struct promql_tree read_tree(struct str text, struct arena *arena)
{
	struct promql_tree tree;
	struct err err = {0};

	if (!promql_read(text, arena, &tree, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(err.code, ERR_NONE);
	return tree;
}

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
	struct promql_tree tree = read_tree(str_of(c->in), arena);

	for (const struct promql_node *node = tree.first; node; node = node->next)
		if (node->kind == PROMQL_SELECTOR)
			write_selector(&got, node->selector);
	assert_str(buf_str(&got), c->selectors);
}

static void test_matchers(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_tree tree = read_tree(
		STR("a + b{} + rate(c{x='}',\"y z\"!=\"\\\"\",}[1m]) + {\"d\",__name__=~`e.*`,f!~\"\"}"), arena);

	(void)state;
	for (const struct promql_node *node = tree.first; node; node = node->next) {
		const struct promql_selector *selector = node->selector;

		for (size_t i = 0; selector && i < selector->count; i++)
			buf_printf(&got, "<%.*s|%.*s|%.*s>", STR_ARG(selector->list[i].label),
				   STR_ARG(selector->list[i].op), STR_ARG(selector->list[i].value));
		buf_puts(&got, selector ? ";" : "");
	}
	assert_str(buf_str(&got), ";;<x|=|}><y z|!=|\">;<__name__|=~|e.*><f|!~|>;");
}

static void write_all(struct buf *out, const struct promql_tree *tree, struct str matchers)
{
	const char *at = tree->text.ptr;

	for (const struct promql_node *node = tree->first; node; node = node->next) {
		if (node->kind != PROMQL_SELECTOR)
			continue;
		buf_put(out, (struct str){at, (size_t)(node->text.ptr - at)});
		promql_write_selector(out, node->selector, matchers);
		at = node->selector->text.ptr + node->selector->text.len;
	}
	buf_put(out, (struct str){at, (size_t)(tree->text.ptr + tree->text.len - at)});
}

static void test_add_matchers(void **state)
{
	const struct promql_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	CLEANUP(buf_clear) struct buf same = {0};
	struct promql_tree tree = read_tree(str_of(c->in), arena);

	write_all(&got, &tree, STR(MATCHERS));
	assert_str(buf_str(&got), c->added);
	write_all(&same, &tree, STR(""));
	assert_str(buf_str(&same), c->in);
}

static void write_names(struct buf *out, const char *before, struct promql_names names)
{
	buf_printf(out, "%s(", before);
	for (size_t i = 0; i < names.count; i++)
		buf_printf(out, "%s%.*s", i ? "," : "", STR_ARG(names.list[i]));
	buf_putc(out, ')');
}

static void test_aggregation(void **state)
{
	const struct promql_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_tree tree = read_tree(str_of(c->in), arena);
	const struct promql_node *root = promql_inner(tree.root);

	if (root->kind != PROMQL_AGGREGATION) {
		assert_str(STR("-"), c->aggregation);
		return;
	}
	assert_false(root->by && root->without);
	buf_printf(&got, "%.*s ", STR_ARG(root->word));
	if (root->by || root->without)
		write_names(&got, root->by ? "by " : "without ", root->grouping);
	else
		assert_int_equal(root->grouping.count, 0);
	buf_puts(&got, root->by || root->without ? " " : "");
	buf_put(&got, promql_child(root, root->child->sibling ? 1 : 0)->text);
	assert_str(buf_str(&got), c->aggregation);
}

/* ---- the tree ---- */

/* Operators and signs before what they are of, in brackets; {} around parentheses; the type where it is no vector or number: " a text,
   [] ranges, ? unknown. */
static struct tree_case {
	const char *in;
	const char *tree;
} tree_cases[] = {
	{"a + b * c", "(+ a (* b c))"},
	{"a * b + c", "(+ (* a b) c)"},
	{"a - b - c", "(- (- a b) c)"},
	{"a / b % c atan2 d * e", "(* (atan2 (% (/ a b) c) d) e)"},
	{"a ^ b ^ c", "(^ a (^ b c))"},
	{"a ^ b * c ^ d", "(* (^ a b) (^ c d))"},
	{"-a ^ b", "(- (^ a b))"},
	{"-a * b", "(* (- a) b)"},
	{"- + -a + b", "(+ (- (+ (- a))) b)"},
	{"a ^ -b * c", "(* (^ a (- b)) c)"},
	{"a ^ -b ^ c", "(^ a (- (^ b c)))"},
	{"a ^ b - -c", "(- (^ a b) (- c))"},
	{"a or b and c unless d or e", "(or (or a (unless (and b c) d)) e)"},
	{"a == b + c and d > e", "(and (== a (+ b c)) (> d e))"},
	{"a < b != c", "(!= (< a b) c)"},
	{"(a + b) * c", "(* {(+ a b)} c)"},
	{"a * (b + (c))", "(* a {(+ b {c})})"},
	{"a AND b Or c", "(Or (AND a b) c)"},
	{"1 + 2 * 0x1F", "(+ 1 (* 2 0x1F))"},
	{"-1 ^ 2", "(- (^ 1 2))"},
	{"rate(a[5m])", "<rate a[5m][]>"},
	{"-rate(a[5m] offset 1m) + b", "(+ (- <rate a[5m] offset 1m[]>) b)"},
	{"time()", "<time>"},
	{"label_replace(a, 'b', `c`, \"d\", \"\")", "<label_replace a 'b'\" `c`\" \"d\"\" \"\"\">"},
	{"new_one(a) + 1", "(+ <new_one a>? 1)?"},
	{"new_one(a) + b", "(+ <new_one a>? b)"},
	{"clamp_max(a + b, 2 * 3)", "<clamp_max (+ a b) (* 2 3)>"},
	{"sum(a + b)", "<sum (+ a b)>"},
	{"topk by (x) (3, a)", "<topk by(x) 3 a>"},
	{"sum(a) without (x, \"y z\") + 1", "(+ <sum without(x,y z) a> 1)"},
	{"avg by () (a)", "<avg by() a>"},
	{"-a[5m:1m] offset 1m", "(- [a 5m:1m ^][])[]"},
	{"(a)[5m:]", "[{a} 5m:][]"},
	{"a + b[5m:] @ end()", "(+ a [b 5m: ^][])"},
	{"max_over_time(rate(a[5m])[1h:1m])", "<max_over_time [<rate a[5m][]> 1h:1m][]>"},
	{"a == bool b", "(== bool a b)"},
	{"a / on(x, \"y z\") b", "(/ on(x,y z) a b)"},
	{"a / on() b", "(/ on() a b)"},
	{"a / ignoring(x) group_left b", "(/ ignoring(x) group_left() a b)"},
	{"a > bool on(x) group_right(y,z) b * c", "(> bool on(x) group_right(y,z) a (* b c))"},
	{"{a=\"b\"} - c{d=\"e\"}", "(- {a=\"b\"} c{d=\"e\"})"},
};

static void write_matching(struct buf *out, const struct promql_matching *matching)
{
	assert_false(matching->on && matching->ignoring);
	assert_false(matching->group_left && matching->group_right);
	if (matching->on || matching->ignoring)
		write_names(out, matching->on ? " on" : " ignoring", matching->labels);
	if (matching->group_left || matching->group_right)
		write_names(out, matching->group_left ? " group_left" : " group_right", matching->included);
}

static void write_children(struct buf *out, const struct promql_node *node);

static void write_inside(struct buf *out, const struct promql_node *node)
{
	buf_put(out, node->word);
	buf_puts(out, node->returns_bool ? " bool" : "");
	if (node->by || node->without)
		write_names(out, node->by ? " by" : " without", node->grouping);
	write_matching(out, &node->matching);
	write_children(out, node);
	if (node->range.ptr)
		buf_printf(out, " %.*s", STR_ARG(node->range));
	buf_puts(out, node->shifted ? " ^" : "");
}

static void write_node(struct buf *out, const struct promql_node *node)
{
	static const char *const brackets[] = {
		[PROMQL_CALL] = "<>",  [PROMQL_AGGREGATION] = "<>", [PROMQL_BINARY] = "()",
		[PROMQL_UNARY] = "()", [PROMQL_PARENTHESIS] = "{}", [PROMQL_SUBQUERY] = "[]",
	};
	static const char *const types[] = {"", "\"", "", "[]", "?"};

	if (node->kind == PROMQL_SELECTOR || node->kind == PROMQL_NUMBER || node->kind == PROMQL_STRING) {
		buf_put(out, node->text);
	} else {
		buf_putc(out, brackets[node->kind][0]);
		write_inside(out, node);
		buf_putc(out, brackets[node->kind][1]);
	}
	buf_puts(out, types[node->type]);
}

static void write_children(struct buf *out, const struct promql_node *node)
{
	for (const struct promql_node *child = node->child; child; child = child->sibling) {
		assert_ptr_equal(child->parent, node);
		buf_puts(out, node->word.ptr || child != node->child ? " " : "");
		write_node(out, child);
	}
}

static void test_tree(void **state)
{
	const struct tree_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_tree tree = read_tree(str_of(c->in), arena);

	write_node(&got, tree.root);
	assert_str(buf_str(&got), c->tree);
	assert_null(tree.root->parent);
	assert_null(tree.root->next);
}

/* The text of each node, in the order of the tree. */
static struct texts_case {
	const char *in;
	const char *texts;
} texts_cases[] = {
	{" rate( x{a=\"b\"}[5m] ) ", "x{a=\"b\"}[5m]|rate( x{a=\"b\"}[5m] )|"},
	{"x # no\n {a=\"}\"} # no", "x # no\n {a=\"}\"}|"},
	{"(x [5m] @ start ( ) offset - 1m)", "x [5m] @ start ( ) offset - 1m|(x [5m] @ start ( ) offset - 1m)|"},
	{"abs(x)[5m:] offset 1m", "x|abs(x)|abs(x)[5m:] offset 1m|"},
	{"x[5m:] offset 1m + 1", "x|x[5m:] offset 1m|1|x[5m:] offset 1m + 1|"},
	{"- x ^ 2 * y # z", "x|2|x ^ 2|- x ^ 2|y|- x ^ 2 * y|"},
	{"sum by (a) (x) / 2", "x|sum by (a) (x)|2|sum by (a) (x) / 2|"},
};

static void test_texts(void **state)
{
	const struct texts_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_tree tree = read_tree(str_of(c->in), arena);
	size_t count = 0;

	for (const struct promql_node *node = tree.first; node; node = node->next) {
		assert_int_equal(node->number, count++);
		buf_printf(&got, "%.*s|", STR_ARG(node->text));
	}
	assert_int_equal(tree.count, count);
	assert_str(buf_str(&got), c->texts);
}

static void test_walk(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct promql_tree tree = read_tree(STR("((a + time() * b)) / rate(c[5m]) > 2"), arena);
	const struct promql_node *division = promql_child(tree.root, 0);
	const struct promql_node *sum = promql_inner(division->child);

	(void)state;
	assert_false(promql_is_match(tree.root));
	assert_true(promql_is_match(division));
	assert_true(promql_is_match(sum));
	assert_false(promql_is_match(promql_child(sum, 1)));
	assert_false(promql_is_match(promql_child(sum, 0)));
	assert_true(promql_is_call(promql_child(division, 1), STR("rate")));
	assert_false(promql_is_call(promql_child(division, 1), STR("rat")));
	assert_false(promql_is_call(division, STR("/")));
	assert_ptr_equal(sum->first, tree.first);
	assert_ptr_equal(promql_child(division, 1)->first, promql_child(division, 1)->child);
	assert_null(promql_child(division, 2));
}

/* ---- what is refused ---- */

static struct error_case {
	const char *in;
	const char *message;
} error_cases[] = {
#include "promql_errors.h"
};

static void test_error(void **state)
{
	const struct error_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct promql_tree tree = {.count = 7};
	struct err err = {0};

	assert_false(promql_read(str_of(c->in), arena, &tree, &err));
	assert_str(str_of(err.msg), c->message);
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(tree.count, 7);
}

static bool nested(size_t depth, struct err *err)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf text = {0};
	struct promql_tree tree;

	for (size_t i = 0; i < depth; i++)
		buf_putc(&text, '(');
	buf_putc(&text, 'x');
	for (size_t i = 0; i < depth; i++)
		buf_putc(&text, ')');
	return promql_read(buf_str(&text), arena, &tree, err);
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

/* Whatever piece the arena has no room for: no tree, no labels, and a reason. */
static void test_room(void **state)
{
	const struct str text = STR("sum by (a) (x{b=\"\\n\"}) + absent(y{c=\"d\"}) * on (\"\\n\") label_replace(z, "
				    "\"a\", \"\", \"\", \"\")");
	size_t room = 8, read = 0;
	bool good = false;

	(void)state;
	for (; !good && room < 1 << 20; room += 8) {
		CLEANUP(arena_free_at) struct arena *arena = arena_new(room);
		const struct promql_labels *labels;
		struct promql_tree tree;
		struct err err = {0};

		good = promql_read(text, arena, &tree, &err);
		read += good;
		good = good && promql_labels(&tree, arena, &labels, &err);
		assert_int_equal(err.code, good ? ERR_NONE : ERR_LIMIT);
	}
	assert_true(good);
	assert_in_range(read, 2, room);
}

static void test_not_utf8(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct promql_tree tree;
	struct err err = {0};

	(void)state;
	assert_false(promql_read(STR("x{a=\"\xff\"}"), arena, &tree, &err));
	assert_str(str_of(err.msg), "PromQL: the text is not UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matchers), cmocka_unit_test(test_walk),	  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_room),	 cmocka_unit_test(test_not_utf8),
	};
	int failed = RUN_ROWS(cases, test_selectors);

	failed += RUN_ROWS(cases, test_add_matchers);
	failed += RUN_ROWS(cases, test_aggregation);
	failed += RUN_ROWS(tree_cases, test_tree);
	failed += RUN_ROWS(texts_cases, test_texts);
	failed += RUN_ROWS(error_cases, test_error);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
