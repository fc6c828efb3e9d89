/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resource_plan.h"

#include "rows.h"
#include "resource_world.h"

/* ---- what is asked */

static struct ask_case {
	const char *name, *target, *objects;
	const struct resource_rule_spec *memory;
	const char *says; /* the queries, separated by " ; ", or what the answer holds */
	unsigned status;  /* 0: there are queries */
} ask_cases[] = {
	{"one pod", PODS "/a", "d/a d/b", &usual_memory,
	 "sum(rate(c{namespace=\"d\",pod=\"a\"}[1m])) by (pod,container) ; "
	 "sum(m{namespace=\"d\",pod=\"a\"}) by (pod,container)",
	 0},
	{"only those that run", PODS, "d/a d/b:pending d/c", &usual_memory,
	 "sum(rate(c{namespace=\"d\",pod=~\"a|c\"}[1m])) by (pod,container) ; "
	 "sum(m{namespace=\"d\",pod=~\"a|c\"}) by (pod,container)",
	 0},
	{"nodes", M1 "/nodes", "n1 n2", &usual_memory,
	 "sum(rate(c{instance=~\"n1|n2\",id='/'}[1m])) by (instance) ; "
	 "sum(m{instance=~\"n1|n2\",id='/'}) by (instance)",
	 0},
	{"few namespaces, one by one", M1 "/pods", "d/a d/b e/a", &usual_memory,
	 "sum(rate(c{namespace=\"d\",pod=~\"a|b\"}[1m])) by (pod,container) ; "
	 "sum(m{namespace=\"d\",pod=~\"a|b\"}) by (pod,container) ; "
	 "sum(rate(c{namespace=\"e\",pod=\"a\"}[1m])) by (pod,container) ; "
	 "sum(m{namespace=\"e\",pod=\"a\"}) by (pod,container)",
	 0},
	{"many namespaces together", M1 "/pods", "d/a d/b e/a f.1/a g/a h/a", &usual_memory,
	 "sum(rate(c{namespace=~\"d|e|f\\\\.1|g|h\"}[1m])) by (namespace,pod,container) ; "
	 "sum(m{namespace=~\"d|e|f\\\\.1|g|h\"}) by (namespace,pod,container)",
	 0},
	{"many namespaces, a selector: the pods are named", M1 "/pods?labelSelector=app", "d/a e/b f/a g/a h/a",
	 &usual_memory,
	 "sum(rate(c{namespace=~\"d|e|f|g|h\",pod=~\"a|b|a|a|a\"}[1m])) by (namespace,pod,container) ; "
	 "sum(m{namespace=~\"d|e|f|g|h\",pod=~\"a|b|a|a|a\"}) by (namespace,pod,container)",
	 0},
	{"the fieldSelector chooses", M1 "/pods?fieldSelector=metadata.name!%3Da", "d/a d/b e/a", &usual_memory,
	 "sum(rate(c{namespace=\"d\",pod=\"b\"}[1m])) by (pod,container) ; "
	 "sum(m{namespace=\"d\",pod=\"b\"}) by (pod,container)",
	 0},
	{"no objects", PODS, "", &usual_memory, "\"metadata\":{},\"items\":[]}\n", 200},
	{"no running objects", PODS, "d/b:pending", &usual_memory, "\"metadata\":{},\"items\":[]}\n", 200},
	{"no such pod", PODS "/x", "d/a", &usual_memory,
	 "\"message\":\"pods \\\"x\\\" not found: there is no such pod in namespace d. fix: see kubectl get pods -n "
	 "d [no-such-object]\","
	 "\"reason\":\"NotFound\",\"details\":{\"name\":\"x\",\"kind\":\"pods\"},\"code\":404}",
	 404},
	{"a pod that does not run", PODS "/b", "d/a d/b:pending", &usual_memory, "not found: it is not running", 404},
	{"no such node", M1 "/nodes/x", "n1", &usual_memory, "\"message\":\"node \\\"x\\\" not found: ", 404},
	{"watch", PODS "?watch=1", NULL, &usual_memory,
	 "\"details\":{\"group\":\"metrics.k8s.io\",\"kind\":\"pods\"},\"code\":405}", 405},
	{"bad selector", PODS "?labelSelector=(", NULL, &usual_memory, "\"reason\":\"BadRequest\",\"code\":400}", 400},
	{"no label for pods", PODS, NULL, &joined_memory,
	 "resourceRules.memory (rules.yaml:9) stands for the pod. fix: write one under resources.overrides", 500},
	{"no label for nodes", M1 "/nodes", NULL, &joined_memory, "stands for the node", 500},
};

static void put_queries(struct fixture *f, struct buf *out)
{
	for (size_t i = 0; i < f->plan.query_count; i++) {
		buf_puts(out, i ? " ; " : "");
		assert_true(resource_plan_promql(&f->plan, i, out));
	}
}

static void test_ask(void **state)
{
	const struct ask_case *c = *state;
	CLEANUP(buf_clear) struct buf queries = {0};
	struct fixture f;

	begin_with(&f, c->target, NULL, c->memory, false);
	if (c->objects) {
		assert_int_equal(f.plan.step, RESOURCE_OBJECTS);
		add_objects(&f, c->objects);
	}
	assert_int_equal(f.plan.step, c->status ? RESOURCE_ANSWERED : RESOURCE_QUERIES);
	put_queries(&f, &queries);
	if (c->status == 0)
		assert_string_equal(buf_cstr(&queries), c->says);
	else
		assert_contains(buf_str(&f.plan.reply.body), c->says);
	assert_int_equal(f.plan.reply.status, c->status);
	end(&f);
}

static void test_standalone(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, PODS, NULL, &usual_memory, true);
	assert_int_equal(f.plan.reply.status, 404);
	assert_contains(buf_str(&f.plan.reply.body), "fix: start without --standalone");
	end(&f);
}

static void test_unlisted_for_another_cause(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, M1 "/nodes", NULL, &usual_memory, false);
	resource_plan_unlisted(&f.plan, API_UNLISTED_FAILED, "status 500: no");
	assert_contains(buf_str(&f.plan.reply.body), "resources: nodes: status 500: no. fix: check the kube-apiserver");
	end(&f);
}

static void test_unlisted(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, PODS, NULL, &usual_memory, false);
	resource_plan_unlisted(&f.plan, API_UNLISTED_FORBIDDEN, "status 403: no");
	assert_int_equal(f.plan.reply.status, 500);
	assert_contains(
		buf_str(&f.plan.reply.body),
		"\"message\":\"Internal error occurred: unable to list matching resources: pods: status 403: no. "
		"fix: the adapter's ServiceAccount needs a role with list and watch on pods [may-not-list]\"");
	end(&f);
}

/* Joins might mix namespaces, so each is asked for by itself. */
static void test_no_query_for_many_namespaces(void **state)
{
	struct resource_rule_spec memory = joined_memory;
	struct fixture f;

	(void)state;
	memory.resources.override_count = 3;
	begin_with(&f, M1 "/pods", NULL, &memory, false);
	add_objects(&f, "d/a e/a f/a g/a h/a");
	assert_int_equal(f.plan.query_count, 10);
	end(&f);
}

static void test_a_huge_list_is_divided(void **state)
{
	struct fixture f;
	size_t asked = 0;
	struct err err;

	(void)state;
	begin_with(&f, M1 "/pods", NULL, &usual_memory, false);
	for (unsigned i = 0; i < 20000; i++) {
		char namespace[32], name[32];

		snprintf(namespace, sizeof(namespace), "n%02u", i / 1000);
		snprintf(name, sizeof(name), "p%05u", i);
		assert_true(resource_plan_add(&f.plan,
					      &(struct resource_object){.namespace = str_of(namespace),
									.name = str_of(name),
									.running = true},
					      &err));
	}
	resource_plan_added(&f.plan, 0);
	assert_int_equal(f.plan.query_count, 8); /* 5,000 pods each */
	for (size_t i = 0; i < f.plan.query_count; i++) {
		CLEANUP(buf_clear) struct buf promql = {0};

		assert_true(resource_plan_promql(&f.plan, i, &promql));
		assert_true(promql.len < 200);
		asked++;
	}
	assert_int_equal(asked, 8);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standalone),
		cmocka_unit_test(test_unlisted),
		cmocka_unit_test(test_unlisted_for_another_cause),
		cmocka_unit_test(test_no_query_for_many_namespaces),
		cmocka_unit_test(test_a_huge_list_is_divided),
	};

	return RUN_ROWS(ask_cases, test_ask) + cmocka_run_group_tests(tests, NULL, NULL);
}
