/* SPDX-License-Identifier: Apache-2.0 */
#include "model/resource.h"

#include "rows.h"

static struct find_case {
	const char *name, *text, *want, *kind;
	bool namespaced;
} find_cases[] = {
	{"plural", "pods", "pods", "Pod", true},
	{"singular", "pod", "pods", "Pod", true},
	{"any case", "Pods", "pods", "Pod", true},
	{"core before events.k8s.io", "events", "events", "Event", true},
	{"cluster-scoped", "nodes", "nodes", "Node", false},
	{"group found without being named", "deployment", "deployments.apps", "Deployment", true},
	{"exact group", "deployments.apps", "deployments.apps", "Deployment", true},
	{"prefix of a group", "ingresses.networking", "ingresses.networking.k8s.io", "Ingress", true},
	{"group with dots", "inferencepools.inference.networking.k8s.io", "inferencepools.inference.networking.k8s.io",
	 "InferencePool", true},
	{"the other group of the same plural", "inferencepools.inference.networking.x-k8s.io",
	 "inferencepools.inference.networking.x-k8s.io", "InferencePool", true},
	{"groups keep their case", "deployments.Apps", NULL, NULL, false},
	{"wrong group", "deployments.nosuch.io", NULL, NULL, false},
	{"a version is no group", "pods.v1.", NULL, NULL, false},
	{"unknown", "gizmos", NULL, NULL, false},
	{"empty", "", NULL, NULL, false},
};

static void test_find(void **state)
{
	const struct find_case *c = *state;
	struct resource_table *table = resource_table_builtin();
	const struct resource *found = resource_find_qualified(table, str_of(c->text));
	CLEANUP(buf_clear) struct buf text = {0};

	assert_int_equal(found != NULL, c->want != NULL);
	if (found) {
		resource_write(&text, found);
		assert_str(buf_str(&text), c->want);
		assert_str(found->kind, c->kind);
		assert_int_equal(found->namespaced, c->namespaced);
	}
	resource_table_unref(table);
}

static void test_added(void **state)
{
	struct resource_table *table = resource_table_new();
	const struct resource widget = {
		.group = STR("example.com"), .version = STR("v2"), .plural = STR("widgets"), .kind = STR("Widget")};
	struct resource older = widget;
	const struct resource *found;

	(void)state;
	older.version = STR("v1");
	resource_table_add(table, &widget);
	resource_table_add(table, &older);
	found = resource_find(table, STR("widget"), STR("")); /* the singular is the kind in lower case */
	assert_non_null(found);
	assert_str(found->version, "v2");
	assert_true(resource_same(found, &widget));
	resource_table_unref(resource_table_ref(table));
	resource_table_unref(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_added)};

	return RUN_ROWS(find_cases, test_find) + cmocka_run_group_tests(tests, NULL, NULL);
}
