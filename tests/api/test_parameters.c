/* SPDX-License-Identifier: Apache-2.0 */
#include "api/request.h"

#include "api/reason.h"
#include "rows.h"

#define POD "/apis/custom.metrics.k8s.io/v1beta1/namespaces/ns/pods/p/m"
#define EXT "/apis/external.metrics.k8s.io/v1beta1/namespaces/ns/m"
#define USE "/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods"

static struct parameter_case {
	const char *name, *target;
	bool good;
	int64_t timeout_ms;    /* when good */
	enum status_kind kind; /* when not */
	const char *begins;    /* of the message */
} parameter_cases[] = {
	{"none", POD, true, 60000, 0, ""},
	{"limit", POD "?limit=5", true, 60000, 0, ""},
	{"limit that is no number", POD "?limit=abc", false, 0, STATUS_BAD_REQUEST,
	 "strconv.ParseInt: parsing \"abc\": invalid syntax"},
	{"timeoutSeconds", POD "?timeoutSeconds=x", false, 0, STATUS_BAD_REQUEST, "strconv.ParseInt: parsing \"x\""},
	{"timeout", POD "?timeout=1.5s", true, 1500, 0, ""},
	{"timeout of zero", POD "?timeout=0s", true, 60000, 0, ""},
	{"timeout above the maximum", POD "?timeout=10m", true, 60000, 0, ""},
	{"timeout below a millisecond", POD "?timeout=1ns", true, 1, 0, ""},
	{"negative timeout", POD "?timeout=-1s", false, 0, STATUS_BAD_REQUEST, "invalid timeout specified"},
	{"no timeout", POD "?timeout=banana", false, 0, STATUS_BAD_REQUEST,
	 "invalid timeout specified in the request URL - time: invalid duration \"banana\""},
	{"own name", POD "?fieldSelector=metadata.name%3Dp", true, 60000, 0, ""},
	{"own name twice equal", POD "?fieldSelector=metadata.name==p,metadata.namespace=x", true, 60000, 0, ""},
	{"another name", POD "?fieldSelector=metadata.name=q", false, 0, STATUS_BAD_REQUEST,
	 "fieldSelector metadata.name doesn't match requested name"},
	{"not the own name", POD "?fieldSelector=metadata.name!=p", false, 0, STATUS_BAD_REQUEST,
	 "fieldSelector metadata.name doesn't match requested name"},
	{"unknown field", POD "?fieldSelector=spec.x%3D1", false, 0, STATUS_BAD_REQUEST,
	 "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""},
	{"no selector", POD "?fieldSelector=a", false, 0, STATUS_BAD_REQUEST,
	 "invalid selector: 'a'; can't understand 'a'"},
	{"bad labelSelector", POD "?labelSelector=a%3Db%3Dc", false, 0, STATUS_BAD_REQUEST,
	 "found '=', expected: ',' or 'end of string': the parameter labelSelector"},
	{"bad metricLabelSelector", POD "?metricLabelSelector=a%3Db%2C", false, 0, STATUS_BAD_REQUEST,
	 "found '', expected: identifier after ',': the parameter metricLabelSelector"},
	{"watch on a custom metric", POD "?watch=1", true, 60000, 0, ""},
	{"external ignores metricLabelSelector", EXT "?metricLabelSelector=%3D%3D", true, 60000, 0, ""},
	{"external ignores names", EXT "?fieldSelector=metadata.name=q", true, 60000, 0, ""},
	{"external, bad selector", EXT "?labelSelector=(", false, 0, STATUS_BAD_REQUEST,
	 "the parameter labelSelector cannot be parsed"},
	{"external, watch", EXT "?watch=true", false, 0, STATUS_NO_WATCH,
	 "watch is not supported on resources of kind \"*.external.metrics.k8s.io\""},
	{"external, watch=false", EXT "?watch=false", true, 60000, 0, ""},
	{"external, resourceVersionMatch", EXT "?resourceVersionMatch=Exact", false, 0, STATUS_INVALID,
	 "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden"},
	{"resource metrics, watch", USE "?watch=1", false, 0, STATUS_NO_RESOURCE_WATCH,
	 "watch is not supported on resources of kind \"pods.metrics.k8s.io\""},
	{"resource metrics, sendInitialEvents", USE "?sendInitialEvents=true", false, 0, STATUS_INVALID, "ListOptions"},
	{"resource metrics, bad selector", USE "?labelSelector=(", false, 0, STATUS_BAD_REQUEST,
	 "the parameter labelSelector cannot be parsed"},
	{"resource metrics, unknown field", USE "?fieldSelector=spec.x%3D1", false, 0, STATUS_BAD_REQUEST,
	 "\"spec.x\" is not"},
	{"resource metrics, timeout", USE "?timeout=2s&metricLabelSelector=%3D%3D", true, 2000, 0, ""},
	{"resource metrics of one, what a list would refuse", USE "/p?watch=1&labelSelector=(&limit=x&timeout=3s", true,
	 3000, 0, ""},
	{"resource metrics of one, timeout", USE "/p?timeout=x", false, 0, STATUS_BAD_REQUEST, "invalid timeout"},
	{"external, sendInitialEvents", EXT "?sendInitialEvents=true", false, 0, STATUS_INVALID, "ListOptions"},
};

static void test_parameters(void **state)
{
	const struct parameter_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	const struct api_headers headers = {0};
	struct api_parameters parameters;
	struct api_request request;
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf message = {0};
	enum status_kind kind;
	struct err err = {0};

	assert_true(api_request_parse(STR("GET"), str_of(c->target), &headers, (struct api_groups){true, true, true},
				      arena, &request, &err));
	assert_int_equal(api_parameters_parse(&request, arena, &parameters, &kind, &reason, &err), c->good);
	if (c->good) {
		assert_int_equal(api_timeout_ms(&request), c->timeout_ms);
		return;
	}
	assert_int_equal(kind, c->kind);
	reason_write(&message, str_of(err.msg), &reason, 1024);
	if (!str_starts(buf_str(&message), str_of(c->begins)))
		fail_msg("\"%s\" does not begin with \"%s\"", buf_cstr(&message), c->begins);
}

static struct fields_case {
	const char *name, *selector;
	bool fits;
} fields_cases[] = {
	{"none", "", true},
	{"the name", "metadata.name=p", true},
	{"the name, ==", "metadata.name==p", true},
	{"another name", "metadata.name=q", false},
	{"not another name", "metadata.name!=q", true},
	{"not the name", "metadata.name!=p", false},
	{"the namespace", "metadata.namespace=ns", true},
	{"another namespace", "metadata.namespace=p", false},
	{"both", "metadata.namespace=ns,metadata.name=p", true},
	{"one of both", "metadata.namespace=ns,metadata.name=q", false},
	{"empty terms", ",metadata.name=p,", true},
};

static void test_fields(void **state)
{
	const struct fields_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	const struct api_headers headers = {0};
	struct api_request request;
	char target[200];
	struct err err;

	snprintf(target, sizeof(target), USE "?fieldSelector=%s", c->selector);
	assert_true(api_request_parse(STR("GET"), str_of(target), &headers, (struct api_groups){.resource = true},
				      arena, &request, &err));
	assert_int_equal(api_fields_fit(&request, STR("ns"), STR("p")), c->fits);
}

int main(void)
{
	return RUN_ROWS(parameter_cases, test_parameters) + RUN_ROWS(fields_cases, test_fields);
}
