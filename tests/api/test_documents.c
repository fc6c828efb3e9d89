/* SPDX-License-Identifier: Apache-2.0 */
#include "api/documents.h"

#include "rows.h"
#include "metrics.h"

#define ENTRY(name, namespaced)                                                                                        \
	"{\"name\":\"" name "\",\"singularName\":\"\",\"namespaced\":" namespaced                                      \
	",\"kind\":\"MetricValueList\",\"verbs\":[\"get\"]}"

static struct document_case {
	const char *name, *target;
	unsigned status;
	const char *type, *says;
	bool etag;
} document_cases[] = {
	{"groups", "/apis", 200, "application/json",
	 "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"custom.metrics.k8s.io\"", true},
	{"group", "/apis/external.metrics.k8s.io", 200, "application/json",
	 "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"external.metrics.k8s.io\",\"versions\":[{"
	 "\"groupVersion\":"
	 "\"external.metrics.k8s.io/v1beta1\",\"version\":\"v1beta1\"}],\"preferredVersion\"",
	 true},
	{"resources", "/apis/custom.metrics.k8s.io/v1beta2", 200, "application/json",
	 "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"custom.metrics.k8s.io/"
	 "v1beta2\",\"resources\":[" ENTRY("deployments.apps/lat", "true") "," ENTRY(
		 "namespaces/a:b:c:d", "false") "," ENTRY("namespaces/cooked",
							  "false") "," ENTRY("namespaces/lat",
									     "false") "," ENTRY("namespaces/queue",
												"false"),
	 true},
	{"external resources", "/apis/external.metrics.k8s.io/v1beta1", 200, "application/json",
	 "{\"name\":\"backlog\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"ExternalMetricValueList\","
	 "\"verbs\":[\"get\"]}",
	 true},
	{"resource metrics among the groups", "/apis", 200, "application/json",
	 "{\"name\":\"metrics.k8s.io\",\"versions\":[{\"groupVersion\":\"metrics.k8s.io/v1beta1\",\"version\":"
	 "\"v1beta1\"}],\"preferredVersion\"",
	 true},
	{"the group of resource metrics", "/apis/metrics.k8s.io", 200, "application/json",
	 "\"name\":\"metrics.k8s.io\",\"versions\":[{\"groupVersion\":\"metrics.k8s.io/v1beta1\"", true},
	{"resource metrics", "/apis/metrics.k8s.io/v1beta1", 200, "application/json",
	 "\"groupVersion\":\"metrics.k8s.io/v1beta1\",\"resources\":[{\"name\":\"nodes\",\"singularName\":\"\","
	 "\"namespaced\":false,\"kind\":\"NodeMetrics\",\"verbs\":[\"get\",\"list\"]},{\"name\":\"pods\","
	 "\"singularName\":\"\",\"namespaced\":true,\"kind\":\"PodMetrics\",\"verbs\":[\"get\",\"list\"]}]}",
	 true},
	{"resource metrics in the index", "/", 200, "application/json", "\"/apis/metrics.k8s.io/v1beta1\",", false},
	{"openapi v2", "/openapi/v2", 200, "application/json", "{\"swagger\":\"2.0\"", true},
	{"openapi v3", "/openapi/v3", 200, "application/json",
	 "{\"paths\":{\"apis/metrics.k8s.io/v1beta1\":{\"serverRelativeURL\":\"/openapi/v3/apis/metrics.k8s.io/"
	 "v1beta1?hash=",
	 true},
	{"openapi of a group", "/openapi/v3/apis/custom.metrics.k8s.io/v1beta1?hash=0", 200, "application/json",
	 "{\"openapi\":\"3.0.0\"", true},
	{"openapi of an unknown version", "/openapi/v3/apis/external.metrics.k8s.io/v1beta2", 404, "application/json",
	 "\"details\":{}", false},
	{"openapi of another group", "/openapi/v3/apis/apps/v1", 404, "application/json", "\"details\":{}", false},
	{"version", "/version", 200, "application/json", "\"gitVersion\": \"v", false},
	{"index", "/", 200, "application/json", "{\n  \"paths\": [\n    \"/apis\",", false},
	{"outside", "/foo", 404, "application/json", "{\n  \"paths\": [", false},
	{"no route", "/apis/custom.metrics.k8s.io/v1beta1/nodes", 404, "application/json",
	 "the server could not find the requested resource", false},
	{"no path", "/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods", 400, "application/json",
	 "invalid request path", false},
	{"bad escape", "/%zz", 400, "text/plain; charset=utf-8", "400 Bad Request", false},
};

static void parse(const char *method, const char *target, const char *accept, struct arena *arena,
		  struct api_request *request)
{
	const struct api_headers headers = {.accept = str_of(accept)};
	struct err err;

	assert_true(api_request_parse(str_of(method), str_of(target), &headers, (struct api_groups){true, true, true},
				      arena, request, &err));
}

static void test_document(void **state)
{
	const struct document_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct catalog *catalog = small_catalog();
	struct api_request request;
	struct document document;

	parse("GET", c->target, NULL, arena, &request);
	assert_false(document_refusal(&request, &document));
	document_write(&request, catalog, (struct api_groups){true, true, true}, &document);
	assert_int_equal(document.status, c->status);
	assert_string_equal(document.content_type, c->type);
	assert_contains(buf_str(&document.body), c->says);
	assert_int_equal(document.has_etag, c->etag);
	buf_clear(&document.body);
	catalog_unref(catalog);
}

/* ---- aggregated discovery */

#define AGGREGATED "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
#define BETA	   "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

static struct aggregated_case {
	const char *name, *accept;
	struct api_groups groups;
	const char *says, *lacks;
} aggregated_cases[] = {
	{"as the kube-apiserver asks", AGGREGATED, {true, true, true}, "\"kind\":\"APIGroupDiscoveryList\"", NULL},
	{"as older clients ask",
	 AGGREGATED "," BETA ",application/json",
	 {true, true, true},
	 "\"kind\":\"APIGroupDiscoveryList\"",
	 NULL},
	{"the beta alone", BETA, {true, true, true}, "\"kind\":\"APIGroupList\"", NULL},
	{"plain JSON first", "application/json, " AGGREGATED, {true, true, true}, "\"kind\":\"APIGroupList\"", NULL},
	{"metrics of one resource stand together",
	 AGGREGATED,
	 {true, true, true},
	 "{\"resource\":\"deployments.apps\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"\"},"
	 "\"scope\":\"Namespaced\",\"singularResource\":\"\",\"verbs\":[],\"subresources\":[{\"subresource\":"
	 "\"lat\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"MetricValueList\"},\"verbs\":"
	 "[\"get\"]}]},{\"resource\":\"namespaces\",",
	 NULL},
	{"an external metric",
	 AGGREGATED,
	 {true, true, true},
	 "{\"resource\":\"backlog\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":"
	 "\"ExternalMetricValueList\"},\"scope\":\"Namespaced\",\"singularResource\":\"\",\"verbs\":[\"get\"]}",
	 NULL},
	{"resource metrics", AGGREGATED, {true, true, true}, "\"kind\":\"PodMetrics\"", NULL},
	{"groups that are not served",
	 AGGREGATED,
	 {.custom = true},
	 "\"name\":\"custom.metrics.k8s.io\"",
	 "\"name\":\"metrics.k8s.io\""},
};

static void test_aggregated(void **state)
{
	const struct aggregated_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct catalog *catalog = small_catalog();
	struct api_request request;
	struct document document;

	parse("GET", "/apis", c->accept, arena, &request);
	assert_false(document_refusal(&request, &document));
	document_write(&request, catalog, c->groups, &document);
	assert_string_equal(document.content_type, request.aggregated ? AGGREGATED : "application/json");
	assert_contains(buf_str(&document.body), c->says);
	if (c->lacks)
		assert_false(str_contains(buf_str(&document.body), str_of(c->lacks)));
	buf_clear(&document.body);
	catalog_unref(catalog);
}

/* ---- OpenAPI: what is referred to is there */

static struct openapi_case {
	const char *name, *target, *prefix;
	size_t operations;
} openapi_cases[] = {
	{"version 2", "/openapi/v2", "#/definitions/", 12},
	{"resource metrics", "/openapi/v3/apis/metrics.k8s.io/v1beta1", "#/components/schemas/", 5},
	{"custom metrics", "/openapi/v3/apis/custom.metrics.k8s.io/v1beta1", "#/components/schemas/", 3},
	{"custom metrics, v1beta2", "/openapi/v3/apis/custom.metrics.k8s.io/v1beta2", "#/components/schemas/", 3},
	{"external metrics", "/openapi/v3/apis/external.metrics.k8s.io/v1beta1", "#/components/schemas/", 1},
};

static size_t occurrences(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

/* A schema is the member of its name; the same text with `":"` behind it would be a value. */
static void test_openapi(void **state)
{
	const struct openapi_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct catalog *catalog = small_catalog();
	struct api_request request;
	struct document document;
	const char *at;
	size_t references = 0;

	parse("GET", c->target, NULL, arena, &request);
	document_write(&request, catalog, (struct api_groups){true, true, true}, &document);
	assert_int_equal(document.status, 200);
	assert_int_equal(occurrences(buf_cstr(&document.body), "\"operationId\":"), c->operations);
	for (at = buf_cstr(&document.body); (at = strstr(at, c->prefix)); references++) {
		CLEANUP(buf_clear) struct buf schema = {0};

		at += strlen(c->prefix);
		buf_printf(&schema, "\"%.*s\":{\"description\":", (int)strcspn(at, "\""), at);
		if (occurrences(buf_cstr(&document.body), buf_cstr(&schema)) != 1)
			fail_msg("%s is not there once", buf_cstr(&schema));
	}
	assert_true(references > c->operations);
	buf_clear(&document.body);
	catalog_unref(catalog);
}

static void test_an_empty_list(void **state)
{
	static const char *const targets[] = {"/apis/custom.metrics.k8s.io/v1beta1",
					      "/apis/external.metrics.k8s.io/v1beta1"};
	static const char *const names[] = {"{\"name\":\"/custommetrics\"", "\"resources\":[]"};
	struct catalog *catalog = catalog_when(false);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
		struct api_request request;
		struct document document;

		parse("GET", targets[i], NULL, arena, &request);
		document_write(&request, catalog, (struct api_groups){true, true, true}, &document);
		assert_contains(buf_str(&document.body), names[i]);
		buf_clear(&document.body);
	}
	catalog_unref(catalog);
}

static struct refusal_case {
	const char *name, *method, *target, *accept;
	unsigned status; /* 0: not refused */
} refusal_cases[] = {
	{"POST on a metric", "POST", "/apis/custom.metrics.k8s.io/v1beta1/namespaces/a/pods/b/c", NULL, 405},
	{"HEAD on a version", "HEAD", "/apis/custom.metrics.k8s.io/v1beta1", NULL, 405},
	{"an unknown method", "FOO", "/apis/external.metrics.k8s.io/v1beta1/namespaces/a/b", NULL, 405},
	{"POST on no route", "POST", "/apis/custom.metrics.k8s.io/v1beta1/x", NULL, 0},
	{"POST on health", "POST", "/healthz", NULL, 0},
	{"HTML of a metric", "GET", "/apis/custom.metrics.k8s.io/v1beta1/namespaces/a/pods/b/c", "text/html", 406},
	{"HTML of health", "GET", "/healthz", "text/html", 0},
	{"GET", "GET", "/apis", "*/*", 0},
};

static void test_refusal(void **state)
{
	const struct refusal_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct api_request request;
	struct document document;

	parse(c->method, c->target, c->accept, arena, &request);
	assert_int_equal(document_refusal(&request, &document), c->status != 0);
	assert_int_equal(document.status, c->status);
	buf_clear(&document.body);
}

static void test_etag_follows_the_body(void **state)
{
	struct document document = {0};
	char first[24], second[24], again[24];

	(void)state;
	buf_puts(&document.body, "a");
	document_etag(&document, first);
	document_etag(&document, again);
	buf_puts(&document.body, "b");
	document_etag(&document, second);
	assert_string_equal(first, again);
	assert_string_not_equal(first, second);
	assert_int_equal(first[0], '"');
	assert_int_equal(first[strlen(first) - 1], '"');
	buf_clear(&document.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_etag_follows_the_body),
					   cmocka_unit_test(test_an_empty_list)};

	return RUN_ROWS(document_cases, test_document) + RUN_ROWS(aggregated_cases, test_aggregated) +
	       RUN_ROWS(openapi_cases, test_openapi) + RUN_ROWS(refusal_cases, test_refusal) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
