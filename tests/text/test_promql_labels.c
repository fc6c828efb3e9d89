/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/buf.h"
#include "rows.h"
#include "text/promql.h"

static struct promql_tree read_tree(struct str text, struct arena *arena)
{
	struct promql_tree tree;
	struct err err = {0};

	if (!promql_read(text, arena, &tree, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(err.code, ERR_NONE);
	return tree;
}

static void write_names(struct buf *out, const char *before, struct promql_names names)
{
	buf_printf(out, "%s(", before);
	for (size_t i = 0; i < names.count; i++)
		buf_printf(out, "%s%.*s", i ? "," : "", STR_ARG(names.list[i]));
	buf_putc(out, ')');
}

/* (a,b): these alone; -(a,b): all but these; ?: unknown. */
static struct labels_case {
	const char *in;
	const char *labels;
} labels_cases[] = {
	{"x", "-()"},
	{"x{a=\"\",b=\"1\",c!=\"\",d=~\"\"}", "-(a)"},
	{"1", "()"},
	{"time() + 1", "()"},
	{"x + 1", "-(__name__)"},
	{"1 - x", "-(__name__)"},
	{"x > 1", "-()"},
	{"1 < x", "-()"},
	{"x > bool 1", "-(__name__)"},
	{"-x", "-(__name__)"},
	{"+(x)", "-()"},
	{"rate(x[5m])", "-(__name__)"},
	{"last_over_time(x[5m])", "-()"},
	{"max_over_time(x[5m:1m])", "-(__name__)"},
	{"quantile_over_time(0.9, x{a=\"\"}[5m])", "-(a,__name__)"},
	{"Rate(x[5m])", "?"},
	{"info(x)", "?"},
	{"scalar(x)", "()"},
	{"vector(1)", "()"},
	{"hour()", "()"},
	{"absent({__name__=\"x\",a=\"b\",c!=\"d\",e=\"\"})", "(a)"},
	{"absent_over_time(x{a=\"b\"}[5m])", "(a)"},
	{"absent(sum(x{a=\"b\"}))", "()"},
	{"label_replace(sum(x), \"a b\", \"$1\", \"c\", \"(.*)\")", "(a b)"},
	{"label_replace(x{a=\"\"}, \"a\", \"$1\", \"c\", \"(.*)\")", "-()"},
	{"label_join(sum by (a) (x), \"a\", \"-\", \"c\", \"d\")", "(a)"},
	{"label_replace(x, y)", "?"},
	{"histogram_quantile(0.9, rate(x[5m]))", "-(__name__,le)"},
	{"histogram_quantile(0.9, sum by (le, pod) (x))", "(pod)"},
	{"sum(x)", "()"},
	{"sum by (a, b, a) (x)", "(a,b,a)"},
	{"SUM(x) BY (a)", "(a)"},
	{"sum by (a, b) (max by (b, c) (x))", "(b)"},
	{"sum by (a) (new_one(x))", "(a)"},
	{"sum without (a) (x)", "-(__name__,a)"},
	{"sum without (a) (max by (b, a) (x))", "(b)"},
	{"sum without (a) (new_one(x))", "?"},
	{"topk(3, x)", "-()"},
	{"bottomk by (a) (3, max by (b) (x))", "(b)"},
	{"quantile by (a) (0.9, x)", "(a)"},
	{"count_values(\"v\", x)", "(v)"},
	{"count_values by (a) (\"v\", x)", "(a,v)"},
	{"sum by (a, b) (x) / sum by (b, c) (y)", "(a,b)"},
	{"x / on (a, b) y", "(a,b)"},
	{"x / on (a, b) sum by (a) (y)", "(a,b)"},
	{"x / ignoring (a) y", "-(a,__name__)"},
	{"x == ignoring (a) y", "-(a)"},
	{"x * on (a) group_left y", "-(__name__)"},
	{"sum by (a, b) (x) * on (a) group_left (b, c, d) sum by (a, c) (y)", "(a,c)"},
	{"x{c=\"\"} * on (a) group_left (c) y", "-(__name__)"},
	{"sum by (a) (x) * on (a) group_right (z) sum by (a, b) (y)", "(a,b)"},
	{"sum by (a) (x) and sum by (b) (y)", "(a)"},
	{"x unless on (a) y", "-()"},
	{"sum by (a) (x) or sum by (b) (y)", "(a,b)"},
	{"x{a=\"\",b=\"\"} or x{b=\"\",c=\"\"}", "-(b)"},
	{"x{a=\"\",b=\"\"} or sum by (a) (y)", "-(b)"},
	{"sum by (a) (y) or x{a=\"\",b=\"\"}", "-(b)"},
	{"x or new_one(y)", "?"},
	{"vector(0) or x", "-()"},
	{"((sum by (pod) (x)))", "(pod)"},
};

static void write_labels(struct buf *out, struct promql_labels labels)
{
	if (labels.kind == PROMQL_LABELS_UNKNOWN)
		buf_putc(out, '?');
	else
		write_names(out, labels.kind == PROMQL_LABELS_BUT ? "-" : "", labels.names);
}

static void test_labels(void **state)
{
	const struct labels_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_tree tree = read_tree(str_of(c->in), arena);
	const struct promql_labels *labels;
	struct err err = {0};

	assert_true(promql_labels(&tree, arena, &labels, &err));
	write_labels(&got, labels[tree.root->number]);
	assert_str(buf_str(&got), c->labels);
}

static struct compared_case {
	const char *in;
	const char *left, *right;
} compared_cases[] = {
	{"sum by (a, b) (x) / sum by (b) (y)", "(a,b)", "(b)"},
	{"x / y", "-(__name__)", "-(__name__)"},
	{"sum by (a, b) (x) / on (b, c) y{c=\"\"}", "(b)", "(b)"},
	{"sum by (a, b) (x) / ignoring (b, c) y", "(a)", "-(b,c,__name__)"},
	{"x / on () new_one(y) + vector(0)", "()", "()"},
	{"x and new_one(y)", "-(__name__)", "?"},
};

static void test_compared(void **state)
{
	const struct compared_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf got = {0};
	struct promql_tree tree = read_tree(str_of(c->in), arena);
	const struct promql_labels *labels;
	struct promql_labels left, right;
	struct err err = {0};

	assert_true(promql_labels(&tree, arena, &labels, &err));
	assert_true(promql_compared(tree.root->child->kind == PROMQL_BINARY ? tree.root->child : tree.root, labels,
				    arena, &left, &right, &err));
	write_labels(&got, left);
	assert_str(buf_str(&got), c->left);
	buf_reset(&got);
	write_labels(&got, right);
	assert_str(buf_str(&got), c->right);
}

static void test_may_have(void **state)
{
	const struct str names[] = {STR("a"), STR("b")};
	struct promql_labels labels = {.kind = PROMQL_LABELS_ONLY, .names = {names, 2}};

	(void)state;
	assert_true(promql_may_have(&labels, STR("b")));
	assert_false(promql_may_have(&labels, STR("c")));
	labels.kind = PROMQL_LABELS_BUT;
	assert_false(promql_may_have(&labels, STR("b")));
	assert_true(promql_may_have(&labels, STR("c")));
	labels.kind = PROMQL_LABELS_UNKNOWN;
	assert_true(promql_may_have(&labels, STR("b")));
}

/* Who writes thousands of names costs no time and learns nothing. */
static void test_many_names(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	CLEANUP(buf_clear) struct buf text = {0};
	const struct promql_labels *labels;
	struct promql_tree tree;
	struct err err = {0};

	(void)state;
	buf_puts(&text, "sum by (");
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "l%d,", i);
	buf_puts(&text, ") (x)");
	tree = read_tree(buf_str(&text), arena);
	assert_int_equal(tree.root->grouping.count, 100000);
	assert_true(promql_labels(&tree, arena, &labels, &err));
	assert_int_equal(labels[tree.root->number].kind, PROMQL_LABELS_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_may_have), cmocka_unit_test(test_many_names)};
	int failed = RUN_ROWS(labels_cases, test_labels);

	failed += RUN_ROWS(compared_cases, test_compared);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
