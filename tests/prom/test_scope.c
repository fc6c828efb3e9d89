/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/prom/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../rows.h"

#define HERE "project_id=\"p\",location=\"l\",cluster=\"c\""

static struct scope_case {
	const char *name, *promql, *want;
} cases[] = {
	{"bare", "up", "up{" HERE "}"},
	{"empty braces", "up{}", "up{" HERE "}"},
	{"matchers", "up{a=\"b\"}[5m]", "up{" HERE ",a=\"b\"}[5m]"},
	{"every selector", "sum(rate(a{x=\"1\"}[2m])) by (pod) / on (pod) b offset 1m",
	 "sum(rate(a{" HERE ",x=\"1\"}[2m])) by (pod) / on (pod) b{" HERE "} offset 1m"},
	{"name in braces", "{__name__=\"up\"}", "{" HERE ",__name__=\"up\"}"},
	{"no selector", "vector(1)", "vector(1)"},
	{"says its cluster", "a{cluster=\"x\"} + b{cluster_=\"y\"}", "a{cluster=\"x\"} + b{" HERE ",cluster_=\"y\"}"},
	{"says that any will do", "a{ cluster =~ \".*\" }", "a{ cluster =~ \".*\" }"},
	{"says its project", "a{pod=\"x\", project_id=\"q\"}", "a{pod=\"x\", project_id=\"q\"}"},
	{"says it is not there", "a{location!=\"x\"}", "a{location!=\"x\"}"},
	{"quoted label", "{\"a\",\"cluster\"=\"x\"}", "{\"a\",\"cluster\"=\"x\"}"},
	{"a value that looks so", "a{b=\",cluster=\",c='\\',cluster='}",
	 "a{" HERE ",b=\",cluster=\",c='\\',cluster='}"},
	{"of Kubernetes", "kubernetes_io:container_cpu{pod_name=\"a\"}",
	 "kubernetes_io:container_cpu{project_id=\"p\",location=\"l\",cluster_name=\"c\",pod_name=\"a\"}"},
	{"of Kubernetes, elsewhere", "kubernetes_io:x{cluster_name=\"d\"}", "kubernetes_io:x{cluster_name=\"d\"}"},
	{"of no cluster", "pubsub_googleapis_com:subscription_num_undelivered_messages",
	 "pubsub_googleapis_com:subscription_num_undelivered_messages{project_id=\"p\"}"},
	{"a colon of ours", "vllm:num_requests_waiting", "vllm:num_requests_waiting{" HERE "}"},
	{"cannot be read", "sum(up", NULL},
};

static void test_scope(void **state)
{
	const struct scope_case *c = *state;
	const struct google_place place = {STR("p"), STR("l"), STR("c")};
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};

	assert_int_equal(scope_write(&place, str_of(c->promql), &out, &err), c->want != NULL);
	if (c->want)
		assert_str(buf_str(&out), c->want);
}

static void test_parts(void **state)
{
	const struct google_place cluster = {.cluster = STR("c\"d")}, any = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	struct err err = {0};

	(void)state;
	assert_true(scope_write(&cluster, STR("a{b=\"c\"}"), &out, &err));
	assert_str(buf_str(&out), "a{cluster=\"c\\\"d\",b=\"c\"}");
	buf_reset(&out);
	assert_true(scope_write(&any, STR("a{} + b"), &out, &err));
	assert_str(buf_str(&out), "a{} + b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts)};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(cases, test_scope);
}
