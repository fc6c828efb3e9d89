/* SPDX-License-Identifier: Apache-2.0 */
#include "model/age_query.h"

#include "../rows.h"

static struct age_case {
	const char *name, *promql;
	const char *want; /* NULL: no age can be asked for */
} age_cases[] = {
	{"sum", "sum(x{a=\"b\"}) by (pod)", "min by (pod) (timestamp(x{a=\"b\"}))"},
	{"by in front", "avg by (pod) (x{a=\"b\"})", "min by (pod) (timestamp(x{a=\"b\"}))"},
	{"rate", "sum(rate(x{a=\"b\"}[2m])) by (pod)", "min by (pod) (timestamp(x{a=\"b\"}))"},
	{"another function of a range", "max(avg_over_time(x[5m])) by (pod)", "min by (pod) (timestamp(x))"},
	{"several labels", "sum(x) by (namespace, pod)", "min by (namespace, pod) (timestamp(x))"},
	{"a label that wants quotes", "sum(x) by (\"k8s.pod\")", "min by (\"k8s.pod\") (timestamp(x))"},
	{"without", "sum without (instance) (x)", "min without (instance) (timestamp(x))"},
	{"over everything", "sum(x{a=\"b\"})", "min(timestamp(x{a=\"b\"}))"},
	{"by nothing", "sum(x) by ()", "min by () (timestamp(x))"},
	{"quantile", "quantile by (pod) (0.9, x)", "min by (pod) (timestamp(x))"},
	{"parentheses", "(sum((rate((x[2m])))) by (pod))", "min by (pod) (timestamp(x))"},
	{"a name in braces", "sum({__name__=~\"x|y\"}) by (pod)", "min by (pod) (timestamp({__name__=~\"x|y\"}))"},
	{"upper case", "SUM(x) BY (pod)", "min by (pod) (timestamp(x))"},
	{"a bare selector", "x{a=\"b\"}", "timestamp(x{a=\"b\"})"},
	{"a bare rate", "rate(x{a=\"b\"}[1m])", "timestamp(x{a=\"b\"})"},

	{"no PromQL", "sum(x", NULL},
	{"nothing", "", NULL},
	{"two selectors", "sum(x / y) by (pod)", NULL},
	{"a division of aggregations", "sum(x) by (pod) / sum(y) by (pod)", NULL},
	{"the same selector twice", "sum(x + x) by (pod)", NULL},
	{"arithmetic inside", "sum(x * 2) by (pod)", NULL},
	{"arithmetic outside", "sum(x) by (pod) * 2", NULL},
	{"a filter", "sum(x > 0) by (pod)", NULL},
	{"a function of the aggregation", "ceil(sum(x) by (pod))", NULL},
	{"a function of an instant", "sum(ceil(x)) by (pod)", NULL},
	{"a function of two arguments", "sum(predict_linear(x[5m], 60)) by (pod)", NULL},
	{"two functions", "sum(clamp_max(rate(x[5m]), 1)) by (pod)", NULL},
	{"two aggregations", "sum(max(x) by (pod, a)) by (pod)", NULL},
	{"a quantile of a histogram", "histogram_quantile(0.9, sum(rate(x[5m])) by (le, pod))", NULL},
	{"labels that are replaced", "sum(label_replace(x, \"pod\", \"$1\", \"instance\", \"(.*)\")) by (pod)", NULL},
	{"absence", "sum(absent_over_time(x[5m])) by (pod)", NULL},
	{"the largest", "topk(3, x) by (pod)", NULL},
	{"values as labels", "count_values(\"v\", x)", NULL},
	{"an offset", "sum(x offset 5m) by (pod)", NULL},
	{"an offset behind a range", "sum(rate(x[2m] offset 5m)) by (pod)", NULL},
	{"a moment", "sum(x @ 1700000000) by (pod)", NULL},
	{"a subquery", "sum(max_over_time(x[5m:1m])) by (pod)", NULL},
	{"a subquery of a rate", "sum(max_over_time(rate(x[1m])[5m:1m])) by (pod)", NULL},
	{"a range without a function", "x[5m]", NULL},
	{"no selector", "vector(1)", NULL},
	{"a sign", "-sum(x) by (pod)", NULL},
};

static void test_age(void **state)
{
	const struct age_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf out = {0};

	buf_puts(&out, "? ");
	assert_int_equal(age_query_write(str_of(c->promql), arena, &out), c->want != NULL);
	assert_str(str_slice(buf_str(&out), 2, out.len), c->want ? c->want : "");
}

int main(void)
{
	return RUN_ROWS(age_cases, test_age);
}
