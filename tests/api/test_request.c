/* SPDX-License-Identifier: Apache-2.0 */
#include "api/request.h"

#include "rows.h"

#define B1 "/apis/custom.metrics.k8s.io/v1beta1"
#define B2 "/apis/custom.metrics.k8s.io/v1beta2"
#define E1 "/apis/external.metrics.k8s.io/v1beta1"
#define M1 "/apis/metrics.k8s.io/v1beta1"

/* `what` is namespace/resource/name/metric of a metric's route, "-" for none. */
static struct route_case {
	const char *name, *target;
	enum route route;
	const char *what;
} route_cases[] = {
	{"root", "/", ROUTE_INDEX, ""},
	{"index.html", "/index.html", ROUTE_INDEX, ""},
	{"health", "/healthz", ROUTE_HEALTH, ""},
	{"single check", "/readyz/ping", ROUTE_HEALTH, ""},
	{"health, too deep", "/readyz/ping/x", ROUTE_UNKNOWN, ""},
	{"version", "/version", ROUTE_VERSION, ""},
	{"metrics", "/metrics", ROUTE_METRICS, ""},
	{"openapi v2", "/openapi/v2", ROUTE_OPENAPI_V2, ""},
	{"openapi v3", "/openapi/v3", ROUTE_OPENAPI_V3, ""},
	{"openapi of a group", "/openapi/v3/apis/custom.metrics.k8s.io/v1beta1?hash=1", ROUTE_OPENAPI_V3_GROUP, ""},
	{"groups", "/apis", ROUTE_GROUPS, ""},
	{"groups with a slash", "/apis/", ROUTE_GROUPS, ""},
	{"group", "/apis/custom.metrics.k8s.io", ROUTE_GROUP, ""},
	{"unknown group", "/apis/nosuch.io", ROUTE_UNKNOWN, ""},
	{"version of the group", B1, ROUTE_RESOURCES, ""},
	{"second version", B2 "/", ROUTE_RESOURCES, ""},
	{"external has no second version", "/apis/external.metrics.k8s.io/v1beta2", ROUTE_NO_METRIC, ""},
	{"unknown version", "/apis/custom.metrics.k8s.io/v2/namespaces/a/pods/b/c", ROUTE_NO_METRIC, ""},
	{"unknown path", "/foo", ROUTE_UNKNOWN, ""},
	{"/api", "/api", ROUTE_UNKNOWN, ""},
	{"doubled slash in front", "//apis", ROUTE_UNKNOWN, ""},
	{"doubled slash behind", "/apis//x", ROUTE_UNKNOWN, ""},
	{"doubled slash at the end", "/apis//", ROUTE_UNKNOWN, ""},
	{"one segment", B1 "/nodes", ROUTE_NO_METRIC, ""},
	{"two segments", B1 "/nodes/x", ROUTE_NO_METRIC, ""},
	{"at the root", B1 "/nodes/n1/m", ROUTE_CUSTOM, "-/nodes/n1/m"},
	{"namespace and resource", B1 "/namespaces/ns/pods", ROUTE_BAD_PATH, ""},
	{"namespaces/NS/status", B1 "/namespaces/ns/status", ROUTE_CUSTOM, "-/namespaces/ns/status"},
	{"watch", B1 "/watch/a/b", ROUTE_BAD_PATH, ""},
	{"the Namespace itself", B1 "/namespaces/ns/metrics/m", ROUTE_CUSTOM, "-/namespaces/ns/m"},
	{"the Namespace itself, one more", B1 "/namespaces/ns/metrics/m/x", ROUTE_CUSTOM, "-/namespaces/ns/m"},
	{"four segments", B1 "/namespaces/ns/pods/p", ROUTE_NO_METRIC, ""},
	{"in a namespace", B1 "/namespaces/ns/pods/p/m", ROUTE_CUSTOM, "ns/pods/p/m"},
	{"in a namespace, v1beta2", B2 "/namespaces/ns/deployments.apps/d/m/", ROUTE_CUSTOM, "ns/deployments.apps/d/m"},
	{"five segments elsewhere", B1 "/x/ns/pods/p/m", ROUTE_NO_METRIC, ""},
	{"six segments", B1 "/namespaces/ns/pods/p/m/x", ROUTE_NO_METRIC, ""},
	{"twenty segments", B1 "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", ROUTE_NO_METRIC, ""},
	{"%2A", B1 "/namespaces/ns/pods/%2a/a%7Cb%3Ac", ROUTE_CUSTOM, "ns/pods/*/a|b:c"},
	{"%2F separates", B1 "/namespaces/ns/pods/p/a%2Fb", ROUTE_NO_METRIC, ""},
	{"+ stays", B1 "/namespaces/ns/pods/p/a+b", ROUTE_CUSTOM, "ns/pods/p/a+b"},
	{"decoded once", B1 "/namespaces/ns/pods/p/a%253ab", ROUTE_CUSTOM, "ns/pods/p/a%3ab"},
	{"bad escape", B1 "/namespaces/ns/pods/p/a%zz", ROUTE_MALFORMED, ""},
	{"cut escape", "/healthz%2", ROUTE_MALFORMED, ""},
	{"external", E1 "/namespaces/ns/m", ROUTE_EXTERNAL, "ns/-/-/m"},
	{"external, deeper", E1 "/namespaces/ns/m/x", ROUTE_NO_METRIC, ""},
	{"external, namespace alone", E1 "/namespaces/ns", ROUTE_NO_METRIC, ""},
	{"external, at the root", E1 "/x/ns/m", ROUTE_NO_METRIC, ""},
	{"resource metrics", "/apis/metrics.k8s.io", ROUTE_GROUP, ""},
	{"version of the resource metrics", M1, ROUTE_RESOURCES, ""},
	{"resource metrics have no second version", "/apis/metrics.k8s.io/v1beta2", ROUTE_NO_METRIC, ""},
	{"resource metrics of nodes", M1 "/nodes", ROUTE_RESOURCE_METRICS, "-/nodes/-/-"},
	{"resource metrics of a node", M1 "/nodes/n1/", ROUTE_RESOURCE_METRICS, "-/nodes/n1/-"},
	{"resource metrics of a node, deeper", M1 "/nodes/n1/x", ROUTE_NO_METRIC, ""},
	{"resource metrics of all pods", M1 "/pods", ROUTE_RESOURCE_METRICS, "-/pods/-/-"},
	{"resource metrics of a namespace's pods", M1 "/namespaces/ns/pods", ROUTE_RESOURCE_METRICS, "ns/pods/-/-"},
	{"resource metrics of a pod", M1 "/namespaces/ns/pods/p", ROUTE_RESOURCE_METRICS, "ns/pods/p/-"},
	{"resource metrics of a pod, deeper", M1 "/namespaces/ns/pods/p/x", ROUTE_NO_METRIC, ""},
	{"resource metrics of a pod of no namespace", M1 "/pods/p", ROUTE_NO_METRIC, ""},
	{"resource metrics of nodes in a namespace", M1 "/namespaces/ns/nodes", ROUTE_NO_METRIC, ""},
	{"resource metrics of something else", M1 "/namespaces/ns/services", ROUTE_NO_METRIC, ""},
	{"resource metrics of a namespace", M1 "/namespaces/ns", ROUTE_NO_METRIC, ""},
	{"resource metrics of namespaces", M1 "/namespaces", ROUTE_NO_METRIC, ""},
};

static const char *text_of(struct str text, char *room)
{
	snprintf(room, 64, "%.*s", STR_ARG(text));
	return text.len ? room : "-";
}

static void test_route(void **state)
{
	const struct route_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	const struct api_headers headers = {0};
	struct api_request request;
	char what[300], room[4][64];
	struct err err;

	assert_true(api_request_parse(STR("GET"), str_of(c->target), &headers, (struct api_groups){true, true, true},
				      arena, &request, &err));
	assert_int_equal(request.route, c->route);
	if (c->what[0] == '\0')
		return;
	snprintf(what, sizeof(what), "%s/%s/%s/%s", text_of(request.namespace, room[0]),
		 text_of(request.resource, room[1]), text_of(request.name, room[2]), text_of(request.metric, room[3]));
	assert_string_equal(what, c->what);
	assert_int_equal(request.all, strstr(c->what, "/*/") != NULL ||
					      (c->route == ROUTE_RESOURCE_METRICS && strstr(c->what, "s/-/-")));
	assert_int_equal(request.namespaced, c->what[0] != '-');
}

static struct header_case {
	const char *name, *query, *accept, *user_agent;
	bool acceptable, pretty;
} header_cases[] = {
	{"no Accept", "", NULL, NULL, true, false},
	{"anything", "", "*/*", NULL, true, false},
	{"JSON", "", "application/json", NULL, true, false},
	{"JSON with a charset", "", "application/json; charset=utf-8", NULL, true, false},
	{"upper case", "", "Application/JSON", NULL, true, false},
	{"the HPA", "", "application/vnd.kubernetes.protobuf, */*", NULL, true, false},
	{"protobuf alone", "", "application/vnd.kubernetes.protobuf", NULL, false, false},
	{"HTML", "", "text/html", NULL, false, false},
	{"application/*", "", "application/*", NULL, false, false},
	{"a table, then JSON", "", "application/json;as=Table;v=v1;g=meta.k8s.io, application/json", NULL, true, false},
	{"a table alone", "", "application/json;as=Table;v=v1;g=meta.k8s.io", NULL, false, false},
	{"the aggregator", "", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", NULL, true,
	 false},
	{"JSON refused by q=0", "", "application/json;q=0", NULL, false, false},
	{"pretty by Accept", "", "application/json;pretty=1", NULL, true, true},
	{"pretty", "?pretty=true", NULL, NULL, true, true},
	{"not pretty", "?pretty=false", NULL, "curl/8.0", true, false},
	{"garbled pretty", "?pretty=banana", NULL, NULL, true, false},
	{"empty pretty", "?pretty=", NULL, "curl/8.0", true, true},
	{"curl", "", NULL, "curl/8.0", true, true},
	{"browser", "", NULL, "Mozilla/5.0 (X11)", true, true},
	{"kubectl", "", NULL, "kubectl/v1.34", true, false},
};

static void test_header(void **state)
{
	const struct header_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	const struct api_headers headers = {str_of(c->accept), str_of(c->user_agent)};
	struct api_request request;
	char target[64];
	struct err err;

	snprintf(target, sizeof(target), "/apis%s", c->query);
	assert_true(api_request_parse(STR("GET"), str_of(target), &headers, (struct api_groups){true, true, true},
				      arena, &request, &err));
	assert_int_equal(request.acceptable, c->acceptable);
	assert_int_equal(request.pretty, c->pretty);
}

static struct table_case {
	const char *name, *target, *accept;
	bool acceptable, table;
} table_cases[] = {
	{"kubectl", M1 "/pods",
	 "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/"
	 "json",
	 true, true},
	{"a table alone", M1 "/pods", "application/json;as=Table;g=meta.k8s.io;v=v1", true, true},
	{"JSON first", M1 "/pods", "application/json,application/json;as=Table;v=v1;g=meta.k8s.io", true, false},
	{"the old table alone", M1 "/pods", "application/json;as=Table;v=v1beta1;g=meta.k8s.io", false, false},
	{"a table of another group", M1 "/pods", "application/json;as=Table;v=v1;g=x, */*", true, false},
	{"a table refused by q=0", M1 "/pods", "application/json;as=Table;v=v1;g=meta.k8s.io;q=0, */*", true, false},
	{"discovery has none", M1, "application/json;as=Table;v=v1;g=meta.k8s.io", false, false},
};

static void test_table(void **state)
{
	const struct table_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	const struct api_headers headers = {.accept = str_of(c->accept)};
	struct api_request request;
	struct err err;

	assert_true(api_request_parse(STR("GET"), str_of(c->target), &headers, (struct api_groups){true, true, true},
				      arena, &request, &err));
	assert_int_equal(request.acceptable, c->acceptable);
	assert_int_equal(request.table, c->table);
}

static void test_groups_without_rules(void **state)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	const struct api_headers headers = {0};
	struct api_request request;
	struct err err;

	(void)state;
	assert_true(api_request_parse(STR("GET"), STR(E1), &headers, (struct api_groups){.custom = true}, arena,
				      &request, &err));
	assert_int_equal(request.route, ROUTE_UNKNOWN);
	assert_true(api_request_parse(STR("GET"), STR(B1), &headers, (struct api_groups){.external = true}, arena,
				      &request, &err));
	assert_int_equal(request.route, ROUTE_UNKNOWN);
	assert_true(api_request_parse(STR("GET"), STR(M1 "/pods"), &headers, (struct api_groups){true, true, false},
				      arena, &request, &err));
	assert_int_equal(request.route, ROUTE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups_without_rules)};

	return RUN_ROWS(route_cases, test_route) + RUN_ROWS(header_cases, test_header) +
	       RUN_ROWS(table_cases, test_table) + cmocka_run_group_tests(tests, NULL, NULL);
}
