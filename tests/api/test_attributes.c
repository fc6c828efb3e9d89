/* SPDX-License-Identifier: Apache-2.0 */
#include "api/attributes.h"

#include "rows.h"

#define C "/apis/custom.metrics.k8s.io/v1beta1"
#define E "/apis/external.metrics.k8s.io/v1beta1"

static void attributes_of(const char *method, const char *target, struct arena *arena, struct access_attributes *ret)
{
	const struct api_headers headers = {0};
	struct api_request request;
	struct err err = {0};

	assert_true(api_request_parse(str_of(method), str_of(target), &headers, (struct api_groups){true, true, true},
				      arena, &request, &err));
	assert_true(api_attributes(&request, arena, ret));
}

/* `want`: verb group version namespace resource subresource name, or verb and path. */
static struct attributes_case {
	const char *name, *method, *target, *want;
} attributes_cases[] = {
	{"object", "GET", C "/namespaces/default/pods/pod-a/m",
	 "get custom.metrics.k8s.io v1beta1 default pods m pod-a"},
	{"all objects", "GET", C "/namespaces/default/pods/%2A/m",
	 "get custom.metrics.k8s.io v1beta1 default pods m *"},
	{"the group stays in the resource", "GET", C "/namespaces/d/deployments.apps/web/lat",
	 "get custom.metrics.k8s.io v1beta1 d deployments.apps lat web"},
	{"root-scoped", "GET", C "/nodes/node-1/m", "get custom.metrics.k8s.io v1beta1 - nodes m node-1"},
	{"the namespace's own", "GET", C "/namespaces/d/metrics/m", "get custom.metrics.k8s.io v1beta1 d metrics - m"},
	{"decoded", "GET", C "/namespaces/d/pods/p/a%7Cb", "get custom.metrics.k8s.io v1beta1 d pods a|b p"},
	{"decoded slash", "GET", C "/namespaces/d/pods/p/a%2Fb", "get custom.metrics.k8s.io v1beta1 d pods a p"},
	{"external", "GET", E "/namespaces/d/em", "list external.metrics.k8s.io v1beta1 d em - -"},
	{"external watch", "GET", E "/namespaces/d/em?watch=true", "watch external.metrics.k8s.io v1beta1 d em - -"},
	{"watch without a value", "GET", E "/namespaces/d/em?watch", "watch external.metrics.k8s.io v1beta1 d em - -"},
	{"no watch", "GET", E "/namespaces/d/em?watch=FALSE", "list external.metrics.k8s.io v1beta1 d em - -"},
	{"watch 0", "GET", E "/namespaces/d/em?watch=0", "list external.metrics.k8s.io v1beta1 d em - -"},
	{"watch of a named one is get", "GET", C "/namespaces/d/pods/p/m?watch=1",
	 "get custom.metrics.k8s.io v1beta1 d pods m p"},
	{"field selector", "GET", E "/namespaces/d/em?fieldSelector=metadata.name%3Dx",
	 "list external.metrics.k8s.io v1beta1 d em - x"},
	{"field selector ==", "GET", E "/namespaces/d/em?fieldSelector=a!%3Db,metadata.name%3D%3Dx",
	 "list external.metrics.k8s.io v1beta1 d em - x"},
	{"field selector !=", "GET", E "/namespaces/d/em?fieldSelector=metadata.name!%3Dx",
	 "list external.metrics.k8s.io v1beta1 d em - -"},
	{"field selector broken", "GET", E "/namespaces/d/em?fieldSelector=metadata.name%3Dx,y",
	 "list external.metrics.k8s.io v1beta1 d em - -"},
	{"field selector no name", "GET", E "/namespaces/d/em?fieldSelector=metadata.name%3D..",
	 "list external.metrics.k8s.io v1beta1 d em - -"},
	{"resource metrics of pods", "GET", "/apis/metrics.k8s.io/v1beta1/namespaces/d/pods",
	 "list metrics.k8s.io v1beta1 d pods - -"},
	{"resource metrics of a pod", "GET", "/apis/metrics.k8s.io/v1beta1/namespaces/d/pods/p",
	 "get metrics.k8s.io v1beta1 d pods - p"},
	{"resource metrics of nodes", "GET", "/apis/metrics.k8s.io/v1beta1/nodes",
	 "list metrics.k8s.io v1beta1 - nodes - -"},
	{"list of a resource", "GET", C "/namespaces/d/pods", "list custom.metrics.k8s.io v1beta1 d pods - -"},
	{"get of a resource", "GET", C "/namespaces/d/pods/p", "get custom.metrics.k8s.io v1beta1 d pods - p"},
	{"list at the root", "GET", C "/nodes", "list custom.metrics.k8s.io v1beta1 - nodes - -"},
	{"namespaces", "GET", C "/namespaces", "list custom.metrics.k8s.io v1beta1 - namespaces - -"},
	{"a namespace", "GET", C "/namespaces/d", "get custom.metrics.k8s.io v1beta1 d namespaces - d"},
	{"a namespace's status", "GET", C "/namespaces/d/status",
	 "get custom.metrics.k8s.io v1beta1 d namespaces status d"},
	{"a namespace's finalize", "PUT", C "/namespaces/d/finalize",
	 "update custom.metrics.k8s.io v1beta1 d namespaces finalize d"},
	{"HEAD", "HEAD", C "/nodes/n/m", "get custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"POST", "POST", C "/nodes/n/m", "create custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"PUT", "PUT", C "/nodes/n/m", "update custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"PATCH", "PATCH", C "/nodes/n/m", "patch custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"DELETE", "DELETE", C "/nodes/n/m", "delete custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"DELETE of all", "DELETE", C "/nodes", "deletecollection custom.metrics.k8s.io v1beta1 - nodes - -"},
	{"another method", "OPTIONS", C "/nodes/n/m", "- custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"watch in the path", "GET", C "/watch/namespaces/d/pods/p", "watch custom.metrics.k8s.io v1beta1 d pods - p"},
	{"watch alone", "GET", C "/watch", "list custom.metrics.k8s.io v1beta1 - watch - -"},
	{"proxy in the path", "GET", C "/proxy/pods/p/m", "proxy custom.metrics.k8s.io v1beta1 - pods - p"},
	{"another group", "GET", "/apis/g/v/r/n", "get g v - r - n"},
	{"the core group", "GET", "/api/v1/namespaces/d/pods/p", "get - v1 d pods - p"},
	{"more segments than any route", "GET", C "/namespaces/d/pods/p/m/a/b/c/d/e/f/g/h/i/j/k/l",
	 "get custom.metrics.k8s.io v1beta1 d pods m p"},
	{"slashes around", "GET", "/" C "/nodes/n/m//", "get custom.metrics.k8s.io v1beta1 - nodes m n"},
	{"an empty name", "GET", C "/nodes//m", "list custom.metrics.k8s.io v1beta1 - nodes m -"},
	{"a version", "GET", C, "get path " C},
	{"a version with a slash", "GET", C "/", "get path " C "/"},
	{"a core version", "GET", "/api/v1", "get path /api/v1"},
	{"a group", "GET", "/apis/custom.metrics.k8s.io", "get path /apis/custom.metrics.k8s.io"},
	{"the index", "GET", "/", "get path /"},
	{"metrics", "POST", "/metrics", "post path /metrics"},
	{"HEAD of a path", "HEAD", "/version", "head path /version"},
	{"a method nobody knows", "FoO", "/version", "foo path /version"},
	{"openapi", "GET", "/openapi/v3/apis/custom.metrics.k8s.io/v1beta1",
	 "get path /openapi/v3/apis/custom.metrics.k8s.io/v1beta1"},
	{"a decoded path", "GET", "/a%20b?q", "get path /a b"},
};

static void put(struct buf *out, struct str text)
{
	if (out->len)
		buf_putc(out, ' ');
	buf_put(out, text.len ? text : STR("-"));
}

static void test_attributes(void **state)
{
	const struct attributes_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf got = {0};
	struct access_attributes a;

	attributes_of(c->method, c->target, arena, &a);
	put(&got, a.verb);
	if (a.path.len) {
		assert_int_equal(a.resource.len + a.group.len + a.version.len + a.namespace.len + a.name.len, 0);
		put(&got, STR("path"));
		put(&got, a.path);
	} else {
		put(&got, a.group);
		put(&got, a.version);
		put(&got, a.namespace);
		put(&got, a.resource);
		put(&got, a.subresource);
		put(&got, a.name);
	}
	assert_str(buf_str(&got), c->want);
}

static struct forbidden_case {
	const char *name, *user, *method, *target, *reason, *want_message, *want_details;
} forbidden_cases[] = {
	{"object", "u", "GET", C "/namespaces/default/pods/pod-a/m", "",
	 "pods.custom.metrics.k8s.io \\\"pod-a\\\" is forbidden: User \\\"u\\\" cannot get resource \\\"pods/m\\\" in "
	 "API "
	 "group \\\"custom.metrics.k8s.io\\\" in the namespace \\\"default\\\"",
	 "{\"name\":\"pod-a\",\"group\":\"custom.metrics.k8s.io\",\"kind\":\"pods\"}"},
	{"no name, with a reason", "u", "GET", E "/namespaces/d/em", "the kit says <no>",
	 "em.external.metrics.k8s.io is forbidden: User \\\"u\\\" cannot list resource \\\"em\\\" in API group "
	 "\\\"external.metrics.k8s.io\\\" in the namespace \\\"d\\\": the kit says \\u003cno\\u003e",
	 "{\"group\":\"external.metrics.k8s.io\",\"kind\":\"em\"}"},
	{"cluster scope", "u", "POST", C "/nodes/n/m", "",
	 "nodes.custom.metrics.k8s.io \\\"n\\\" is forbidden: User \\\"u\\\" cannot create resource \\\"nodes/m\\\" in "
	 "API "
	 "group \\\"custom.metrics.k8s.io\\\" at the cluster scope",
	 "{\"name\":\"n\",\"group\":\"custom.metrics.k8s.io\",\"kind\":\"nodes\"}"},
	{"the core group", "u", "GET", "/api/v1/nodes/n", "",
	 "nodes \\\"n\\\" is forbidden: User \\\"u\\\" cannot get resource \\\"nodes\\\" in API group \\\"\\\" at the "
	 "cluster "
	 "scope",
	 "{\"name\":\"n\",\"kind\":\"nodes\"}"},
	{"path", "system:anonymous", "GET", "/apis", "",
	 "forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/apis\\\"", "{}"},
	{"path with a reason", "u", "HEAD", "/apis", "no",
	 "forbidden: User \\\"u\\\" cannot head path \\\"/apis\\\": no", "{}"},
	{"escapes", "<a&b>\n\"", "GET", "/x%3Cy", "",
	 "forbidden: User \\\"\\u0026lt;a\\u0026amp;b\\u0026gt;\\\\n\\\\\\\"\\\" cannot get path \\\"/x\\u0026lt;y\\\"",
	 "{}"},
};

static void test_forbidden(void **state)
{
	const struct forbidden_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(buf_clear) struct buf got = {0};
	CLEANUP(buf_clear) struct buf want = {0};
	struct access_attributes attributes;

	attributes_of(c->method, c->target, arena, &attributes);
	api_forbidden_write(&got, str_of(c->user), &attributes, str_of(c->reason), false);
	buf_printf(
		&want,
		"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"%s\","
		"\"reason\":\"Forbidden\",\"details\":%s,\"code\":403}\n",
		c->want_message, c->want_details);
	assert_str(buf_str(&got), buf_cstr(&want));
}

static void test_forbidden_text(void **state)
{
	CLEANUP(buf_clear) struct buf got = {0};

	(void)state;
	api_forbidden_text_write(&got, STR("a<b"), STR("cannot do that"), true);
	assert_str(buf_str(&got),
		   "{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {},\n  \"status\": "
		   "\"Failure\",\n  \"message\": \"forbidden: User \\\"a\\u0026lt;b\\\" cannot do that\",\n  "
		   "\"reason\": \"Forbidden\",\n  \"details\": {},\n  \"code\": 403\n}");
}

static void test_unauthorized(void **state)
{
	CLEANUP(buf_clear) struct buf got = {0};

	(void)state;
	api_unauthorized_write(&got, false);
	assert_str(buf_str(&got), "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
				  "\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}\n");
}

static void test_authorizer_error(void **state)
{
	CLEANUP(buf_clear) struct buf got = {0};

	(void)state;
	api_authorizer_error_write(&got, STR("/a?b=\"&c"), STR("it is <down>"), false);
	assert_contains(buf_str(&got), "\"message\":\"Internal Server Error: \\\"/a?b=\\\\\\\"\\u0026c\\\": it is "
				       "\\u003cdown\\u003e. fix: check the kube-apiserver");
	assert_contains(buf_str(&got), "[cannot-review]\",\"reason\":\"InternalError\"");
	buf_reset(&got);
	api_authorizer_error_write(&got, STR("/a"), STR("no. fix: bind it"), false);
	assert_contains(buf_str(&got), "\"Internal Server Error: \\\"/a\\\": no. fix: bind it [may-not-review]\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_forbidden_text), cmocka_unit_test(test_unauthorized),
					   cmocka_unit_test(test_authorizer_error)};

	return RUN_ROWS(attributes_cases, test_attributes) + RUN_ROWS(forbidden_cases, test_forbidden) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
