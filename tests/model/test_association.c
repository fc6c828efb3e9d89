/* SPDX-License-Identifier: Apache-2.0 */
#include "model/association.h"

#include "rows.h"
#include "base/buf.h"
#include "model/resource.h"
#include "rule_text.h"

static const struct override_spec grouped[] = {OVERRIDE_OF("queue", "apps", "deployment"), OVERRIDE("svc", "Service")};
static const struct override_spec doubled[] = {OVERRIDE("pod", "pod"), OVERRIDE("pod_name", "Pod")};
static const struct override_spec unknown[] = {OVERRIDE("gizmo", "gizmo")};

#define OVERRIDES(list)                                                                                                \
	{                                                                                                              \
		.overrides = list, .override_count = COUNT_OF(list)                                                    \
	}
#define TEMPLATE(words)                                                                                                \
	{                                                                                                              \
		.template_text = SPELLED(words)                                                                        \
	}

static struct direction_case {
	const char *name;
	struct resources_spec spec;
	const char *label, *resource; /* what the label stands for; NULL: nothing */
	const char *of, *query_label; /* the label of a resource; NULL: none */
} direction_cases[] = {
	{"override", OVERRIDES(pod_overrides), "pod", "pods", "pods", "pod"},
	{"override with a group", OVERRIDES(grouped), "queue", "deployments.apps", "deployments.apps", "queue"},
	{"override in another case", OVERRIDES(grouped), "svc", "services", "services", "svc"},
	{"labels keep their case", OVERRIDES(grouped), "SVC", NULL, "services", "svc"},
	{"no override", OVERRIDES(pod_overrides), "node", NULL, "nodes", NULL},
	{"two labels: the later in queries", OVERRIDES(doubled), "pod", "pods", "pods", "pod_name"},
	{"unknown resource", OVERRIDES(unknown), "gizmo", NULL, "pods", NULL},
	{"template", TEMPLATE("<<.Resource>>"), "pod", "pods", "pods", "pod"},
	{"template finds plurals", TEMPLATE("<<.Resource>>"), "pods", "pods", "deployments.apps", "deployment"},
	{"template with text around", TEMPLATE("kubernetes_<<.Resource>>_name"), "kubernetes_pod_name", "pods", "nodes",
	 "kubernetes_node_name"},
	{"template, another label", TEMPLATE("kube_<<.Resource>>"), "pod", NULL, "services", "kube_service"},
	{"template with a group", TEMPLATE("kube_<<.Group>>_<<.Resource>>"), "kube_apps_deployment", "deployments.apps",
	 "ingresses", "kube_networking_k8s_io_ingress"},
	{"template with a group, core", TEMPLATE("kube_<<.Group>>_<<.Resource>>"), "kube__namespace", NULL,
	 "namespaces", "kube__namespace"},
	{"template with a resource in two places", TEMPLATE("<<.Resource>>_of_<<.Resource>>"), "service_of_pod", "pods",
	 "nodes", "node_of_node"},
	{"template with the method String", TEMPLATE("l_<<.String>>"), "l_pods", NULL, "pods", "l_pod"},
	{"template that prints all of it", TEMPLATE("l_<<.>>"), "l_pod_apps", NULL, "deployments.apps",
	 "l_deployment.apps"},
	{"template with the method Empty", TEMPLATE("<<if .Empty>>x<<else>>l_<<end>><<.Resource>>"), "l_pods", "pods",
	 "pods", "l_pod"},
	{"label that is no resource", TEMPLATE("<<.Resource>>"), "le", NULL, "pods", "pod"},
};

static void check_resource(const struct association *association, const struct resource_table *table,
			   const struct direction_case *c)
{
	const struct resource *found = NULL;
	CLEANUP(buf_clear) struct buf text = {0};
	struct err err = {0};

	assert_true(association_resource_of(association, table, str_of(c->label), &found, &err));
	assert_int_equal(found != NULL, c->resource != NULL);
	if (found) {
		resource_write(&text, found);
		assert_str(buf_str(&text), c->resource);
	}
}

static void test_direction(void **state)
{
	const struct direction_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(association_free_at) struct association *association = NULL;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct resource_table *table = resource_table_builtin();
	const struct resource *resource = resource_find_qualified(table, str_of(c->of));
	struct str label = {0};
	struct err err;

	assert_true(association_new(&c->spec, &problems, &association));
	check_resource(association, table, c);
	assert_int_equal(association_label_of(association, table, resource, arena, &label, &err),
			 c->query_label != NULL);
	if (c->query_label)
		assert_str(label, c->query_label);
	/* two labels for one resource; methods */
	assert_int_equal(problems.warnings, c->spec.overrides == doubled || strstr(c->name, "the method") != NULL);
	resource_table_unref(table);
}

static struct refusal_case {
	const char *name;
	struct resources_spec spec;
	const char *says;
} refusal_cases[] = {
	{"no resource in it", TEMPLATE("kube_pod"), "Resource"},
	{"unclosed", TEMPLATE("<<.Resource"), "resources.template"},
	{"unknown field", TEMPLATE("<<.Resource>><<.Name>>"), "Name"},
	{"broken as a regular expression", TEMPLATE("(<<.Resource>>"), "missing closing )"},
};

static void test_refusal(void **state)
{
	const struct refusal_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	struct association *association = NULL;

	assert_false(association_new(&c->spec, &problems, &association));
	assert_null(association);
	assert_int_equal(problems.errors, 1);
	assert_int_equal(problems.items[0].at.line, 3);
	assert_contains(str_of(problems.items[0].text), c->says);
}

int main(void)
{
	return RUN_ROWS(direction_cases, test_direction) + RUN_ROWS(refusal_cases, test_refusal);
}
