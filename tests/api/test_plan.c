/* SPDX-License-Identifier: Apache-2.0 */
#include "api/plan.h"

#include <math.h>

#include "rows.h"
#include "metrics.h"
#include "model/sample.h"
#include "model/upstream_error.h"

#define B1	  "/apis/custom.metrics.k8s.io/v1beta1"
#define B2	  "/apis/custom.metrics.k8s.io/v1beta2"
#define E1	  "/apis/external.metrics.k8s.io/v1beta1"
#define NS	  B1 "/namespaces/default"
#define ONE	  NS "/pods/a/queue"
#define ALL	  NS "/pods/%2A/queue"
#define NOT_FOUND "\"message\":\"the server could not find the metric "

enum { NOW_MS = 1700000000 };

static const struct series_finding findings[COUNT_OF(found_labels)] = {
	[0] = {.asked = true, .found = true, .series = 1, .failure = ""},
	[1] = {.asked = true, .found = true, .series = 1, .failure = ""},
	[2] = {.asked = true, .found = true, .series = 1, .failure = ""},
	[3] = {.asked = true, .found = true, .failure = ""},
	[4] = {.asked = true, .found = true, .series = 1, .failure = ""},
};

/* A request as far as the room takes it before anything is asked. */
struct fixture {
	struct arena *arena;
	struct catalog *catalog;
	struct api_request request;
	struct api_view view;
	struct api_plan plan;
};

static void begin(struct fixture *f, const char *target, bool empty_list_ok)
{
	const struct api_headers headers = {0};
	struct err err;

	f->arena = arena_new(1 << 20);
	f->catalog = small_catalog();
	f->view = (struct api_view){.catalog = f->catalog,
				    .on_duplicate = DUPLICATE_LAST,
				    .findings = findings,
				    .upstream = STR("prom:9090"),
				    .max_age_ms = 600000,
				    .max_sample_age_ms = 300000,
				    .standalone = true,
				    .empty_list_ok = empty_list_ok};
	assert_true(api_request_parse(STR("GET"), str_of(target), &headers, (struct api_groups){true, true, true},
				      f->arena, &f->request, &err));
	api_begin(&f->plan, &f->request, &f->view, f->arena);
}

static void end(struct fixture *f)
{
	api_plan_clear(&f->plan);
	catalog_unref(f->catalog);
	arena_free(f->arena);
}

/* ---- what is asked */

static struct ask_case {
	const char *name, *target;
	enum api_step step;
	const char *says; /* the PromQL, or what the refusal holds */
	unsigned status;
} ask_cases[] = {
	{"one pod", ONE, API_QUERY, "sum(queue{namespace=\"default\",pod=\"a\"}) by (pod)", 0},
	{"selector of the metric", ONE "?metricLabelSelector=x%3Dy", API_QUERY,
	 "sum(queue{x=\"y\",namespace=\"default\",pod=\"a\"}) by (pod)", 0},
	{"the namespace itself", NS "/metrics/queue", API_QUERY, "sum(queue{namespace=\"default\"}) by (namespace)", 0},
	{"a node", B1 "/nodes/n1/heat", API_QUERY, "sum(heat{node=\"n1\"}) by (node)", 0},
	{"a group", NS "/deployments.apps/d/lat", API_QUERY,
	 "sum(lat{namespace=\"default\",deployment=\"d\"}) by (deployment)", 0},
	{"all pods", ALL, API_LIST, "count by (pod) (queue{namespace=\"default\",pod!=\"\"})", 0},
	{"all nodes", B1 "/nodes/*/heat", API_LIST, "count by (node) (heat{node!=\"\"})", 0},
	{"external", E1 "/namespaces/default/backlog?labelSelector=a%3Db", API_QUERY,
	 "sum(backlog{a=\"b\",namespace=\"default\"}) by ()", 0},
	{"external of every namespace", E1 "/namespaces/default/everywhere", API_QUERY, "everywhere{}", 0},
	{"labelSelector without a cluster", ALL "?labelSelector=a%3Db", API_ANSWERED, "--standalone", 400},
	{"unknown metric", NS "/pods/a/nosuch", API_ANSWERED, NOT_FOUND "nosuch for pods: none of the 10 rules", 404},
	{"nearly right", NS "/pods/a/quEue_", API_ANSWERED, "the nearest name is queue", 404},
	{"separators are alike", NS "/pods/a/a_b_c_d", API_ANSWERED, "the nearest name is a:b:c:d", 404},
	{"names are repeated as they came", NS "/pods/a/no%0Asuch", API_ANSWERED, NOT_FOUND "no\\nsuch for pods: none",
	 404},
	{"a reason is one line", NS "/pods%0A/a/queue", API_ANSWERED,
	 "does not know the resource pods ; the nearest one it knows is pods. fix", 404},
	{"unknown resource", NS "/gizmos/a/queue", API_ANSWERED, "does not know the resource gizmos", 404},
	{"cluster-scoped in a namespace", NS "/nodes/n1/heat", API_ANSWERED, "/nodes/NAME/heat", 404},
	{"namespaced at the root", B1 "/pods/a/queue", API_ANSWERED, "/namespaces/NAMESPACE/pods/NAME/queue", 404},
	{"of other resources", NS "/services/a/queue", API_ANSWERED, "rules.yaml:1 has it for", 404},
	{"all resources that have it", NS "/services/a/queue", API_ANSWERED, "namespaces, pods. fix", 404},
	{"the series' own name", NS "/pods/a/raw", API_ANSWERED,
	 "rules.yaml:37 gives the series another name. fix: ask for cooked", 404},
	{"external asked as custom", NS "/pods/a/backlog", API_ANSWERED, "external.metrics.k8s.io", 404},
	{"custom asked as external", E1 "/namespaces/default/queue", API_ANSWERED, "custom.metrics.k8s.io", 404},
	{"external unknown", E1 "/namespaces/default/nope", API_ANSWERED, NOT_FOUND "nope for namespaces: ", 404},
	{"external unknown elsewhere", E1 "/namespaces/x/nope", API_ANSWERED, NOT_FOUND "nope for namespace x: ", 404},
	{"the rule finds no series", NS "/pods/a/gone", API_ANSWERED, "rules.yaml:13 finds no series", 404},
	{"the rule has no namespace", NS "/pods/a/lonely", API_ANSWERED, "rules.yaml:17 has no label for the namespace",
	 404},
	{"the external rule has no namespace", E1 "/namespaces/x/homeless", API_ANSWERED, "namespaced: false", 500},
	{"the template fails", NS "/pods/a/a:b:c:d", API_ANSWERED,
	 "can't evaluate field Matchers in type naming.queryTemplateArgs. fix: correct metricsQuery", 404},
	{"gt in the selector", ONE "?metricLabelSelector=a%3E5", API_ANSWERED, "no matcher", 404},
	{"bad selector", ONE "?labelSelector=a%3Db%3Dc", API_ANSWERED, "\"reason\":\"BadRequest\"", 400},
};

static void test_ask(void **state)
{
	const struct ask_case *c = *state;
	struct fixture f;

	begin(&f, c->target, false);
	assert_int_equal(f.plan.step, c->step);
	if (c->step == API_ANSWERED) {
		assert_int_equal(f.plan.reply.status, c->status);
		assert_contains(buf_str(&f.plan.reply.body), c->says);
	} else {
		assert_str(buf_str(&f.plan.promql), c->says);
	}
	end(&f);
}

/* ---- what is answered */

struct given {
	const char *label, *value; /* NULL: no such label */
	double number;
	int64_t age_ms;
};

static struct samples *samples_of(const struct given *given, enum samples_type type)
{
	struct samples *samples = samples_new();

	samples->type = type;
	for (; given && given->label; given++) {
		struct sample *sample = vec_push(&samples->list);
		struct label *labels = arena_calloc(samples->arena, 1, sizeof(*labels));

		*labels = (struct label){str_of(given->label), str_of(given->value)};
		*sample = (struct sample){labels, given->value != NULL, given->number, NOW_MS - given->age_ms};
	}
	return samples;
}

#define ITEM(pod, value)                                                                                               \
	"{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"" pod                             \
	"\",\"apiVersion\":\"/v1\"},"                                                                                  \
	"\"metricName\":\"queue\",\"timestamp\":\"1970-01-20T16:13:20Z\",\"value\":\"" value "\",\"selector\":null}"
#define LIST(version, items)                                                                                           \
	"{\"kind\":\"MetricValueList\",\"apiVersion\":\"custom.metrics.k8s.io/" version                                \
	"\",\"metadata\":{},\"items\":[" items "]}\n"

static struct answer_case {
	const char *name, *target;
	struct given given[4];
	enum samples_type type;
	unsigned status;
	const char *says; /* the whole body of a 200, a part of any other */
} answer_cases[] = {
	{"a number", ONE, {{"pod", "a", 1.5, 0}}, SAMPLES_VECTOR, 200, LIST("v1beta1", ITEM("a", "1500m"))},
	{"zero is a number", ONE, {{"pod", "a", 0, 0}}, SAMPLES_VECTOR, 200, LIST("v1beta1", ITEM("a", "0"))},
	{"second version",
	 B2 "/namespaces/default/pods/a/queue?metricLabelSelector=z%3D1,c+in+(q),!n,a!%3D2",
	 {{"pod", "a", 11, 0}},
	 SAMPLES_VECTOR,
	 200,
	 LIST("v1beta2",
	      "{\"describedObject\":{\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"a\",\"apiVersion\":\"/v1\"},"
	      "\"metric\":{\"name\":\"queue\",\"selector\":{\"matchLabels\":{\"z\":\"1\"},\"matchExpressions\":[{"
	      "\"key\":"
	      "\"a\",\"operator\":\"NotIn\",\"values\":[\"2\"]},{\"key\":\"c\",\"operator\":\"In\",\"values\":[\"q\"]},"
	      "{"
	      "\"key\":\"n\",\"operator\":\"DoesNotExist\"}]}},\"timestamp\":\"1970-01-20T16:13:20Z\",\"value\":"
	      "\"11\"}")},
	{"the namespace itself",
	 NS "/metrics/queue",
	 {{"namespace", "default", 3, 0}},
	 SAMPLES_VECTOR,
	 200,
	 LIST("v1beta1", "{\"describedObject\":{\"kind\":\"Namespace\",\"name\":\"default\",\"apiVersion\":\"/"
			 "v1\"},\"metricName\":"
			 "\"queue\",\"timestamp\":\"1970-01-20T16:13:20Z\",\"value\":\"3\",\"selector\":null}")},
	{"the last of two",
	 ONE,
	 {{"pod", "a", 1, 0}, {"pod", "a", 2, 0}},
	 SAMPLES_VECTOR,
	 200,
	 LIST("v1beta1", ITEM("a", "2"))},
	{"the last of two is none", ONE, {{"pod", "a", 1, 0}, {"pod", "a", NAN, 0}}, SAMPLES_VECTOR, 404, "NaN"},
	{"NaN",
	 ONE,
	 {{"pod", "a", NAN, 0}},
	 SAMPLES_VECTOR,
	 404,
	 NOT_FOUND "queue for pods a: the query of rule rules.yaml:1"},
	{"infinite", ONE, {{"pod", "a", INFINITY, 0}}, SAMPLES_VECTOR, 404, "1 infinite"},
	{"beyond a quantity", ONE, {{"pod", "a", 1e19, 0}}, SAMPLES_VECTOR, 404, "1 out of range"},
	{"old", ONE, {{"pod", "a", 1, 301000}}, SAMPLES_VECTOR, 404, "5m1s old, the limit is 5m0s"},
	{"another object", ONE, {{"pod", "b", 999, 0}}, SAMPLES_VECTOR, 404, "as b, and none of the 1 asked for"},
	{"without the label", ONE, {{"job", "b", 999, 0}}, SAMPLES_VECTOR, 404, "they have \\\"job\\\""},
	{"without any label", ONE, {{"pod", NULL, 999, 0}}, SAMPLES_VECTOR, 404, "no labels at all"},
	{"nothing", ONE, {{NULL, NULL, 0, 0}}, SAMPLES_VECTOR, 404, "gives no sample for 1 object (a)"},
	{"a scalar",
	 ONE,
	 {{"pod", NULL, 5, 0}},
	 SAMPLES_SCALAR,
	 500,
	 "Internal error occurred: unable to fetch metrics: "},
	{"a matrix", ONE, {{NULL, NULL, 0, 0}}, SAMPLES_MATRIX, 500, "gives a matrix"},
	{"external",
	 E1 "/namespaces/default/backlog",
	 {{"q", "x", 42, 0}, {"q", "y", 0.5, 0}},
	 SAMPLES_VECTOR,
	 200,
	 "{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/"
	 "v1beta1\",\"metadata\":{},\"items\":["
	 "{\"metricName\":\"backlog\",\"metricLabels\":{\"q\":\"x\"},\"timestamp\":\"1970-01-20T16:13:20Z\",\"value\":"
	 "\"42\"},"
	 "{\"metricName\":\"backlog\",\"metricLabels\":{\"q\":\"y\"},\"timestamp\":\"1970-01-20T16:13:20Z\",\"value\":"
	 "\"500m\"}"
	 "]}\n"},
	{"external with one NaN is no sum",
	 E1 "/namespaces/default/backlog",
	 {{"q", "x", 42, 0}, {"q", "y", NAN, 0}},
	 SAMPLES_VECTOR,
	 404,
	 "1 NaN"},
	{"external with the same labels twice is no sum",
	 E1 "/namespaces/default/backlog",
	 {{"q", "x", 42, 0}, {"q", "y", 1, 0}, {"q", "x", 999, 0}},
	 SAMPLES_VECTOR,
	 404,
	 "1 given more than once. fix: check what answers"},
	{"external without labels twice is no sum",
	 E1 "/namespaces/default/backlog",
	 {{"q", NULL, 42, 0}, {"q", NULL, 42, 0}},
	 SAMPLES_VECTOR,
	 404,
	 "1 given more than once. fix: check what answers"},
	{"external scalar",
	 E1 "/namespaces/default/backlog",
	 {{"q", NULL, 7, 0}},
	 SAMPLES_SCALAR,
	 200,
	 "{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":\"external.metrics.k8s.io/"
	 "v1beta1\",\"metadata\":{},\"items\":["
	 "{\"metricName\":\"backlog\",\"metricLabels\":null,\"timestamp\":\"1970-01-20T16:13:20Z\",\"value\":\"7\"}]}"
	 "\n"},
	{"external matrix",
	 E1 "/namespaces/default/backlog",
	 {{NULL, NULL, 0, 0}},
	 SAMPLES_MATRIX,
	 500,
	 "encountered an unexpected query result type"},
	{"external nothing",
	 E1 "/namespaces/default/backlog",
	 {{NULL, NULL, 0, 0}},
	 SAMPLES_VECTOR,
	 404,
	 "gives no sample"},
};

static void test_answer(void **state)
{
	const struct answer_case *c = *state;
	CLEANUP(samples_free_at) struct samples *samples = samples_of(c->given, c->type);
	struct fixture f;

	begin(&f, c->target, false);
	assert_int_equal(f.plan.step, API_QUERY);
	api_answer(&f.plan, samples, NOW_MS);
	assert_int_equal(f.plan.step, API_ANSWERED);
	assert_int_equal(f.plan.reply.status, c->status);
	if (c->status == 200)
		assert_str(buf_str(&f.plan.reply.body), c->says);
	else
		assert_contains(buf_str(&f.plan.reply.body), c->says);
	end(&f);
}

static void test_malformed_among_external(void **state)
{
	const struct given values[] = {{"q", "x", 42, 0}, {NULL, NULL, 0, 0}};
	CLEANUP(samples_free_at) struct samples *samples = samples_of(values, SAMPLES_VECTOR);
	struct fixture f;

	(void)state;
	samples->malformed = 1; /* the sum would lack it */
	begin(&f, E1 "/namespaces/default/backlog", false);
	api_answer(&f.plan, samples, NOW_MS);
	assert_int_equal(f.plan.reply.status, 404);
	assert_contains(buf_str(&f.plan.reply.body), "1 sample that cannot be read");
	end(&f);
}

static void test_labels_are_sorted(void **state)
{
	static const struct label mixed[] = {
		{STR_INIT("q"), STR_INIT("x")}, {STR_INIT("b"), STR_INIT("y")}, {STR_INIT("a"), STR_INIT("z")}};
	CLEANUP(samples_free_at) struct samples *samples = samples_of(NULL, SAMPLES_VECTOR);
	struct sample *sample = vec_push(&samples->list);
	struct fixture f;

	(void)state;
	*sample = (struct sample){mixed, 3, 1, NOW_MS};
	begin(&f, E1 "/namespaces/default/backlog", false);
	api_answer(&f.plan, samples, NOW_MS);
	assert_contains(buf_str(&f.plan.reply.body), "\"metricLabels\":{\"a\":\"z\",\"b\":\"y\",\"q\":\"x\"}");
	end(&f);
}

/* ---- lists without a cluster */

static void list(struct fixture *f, bool empty_list_ok, const struct given *objects)
{
	CLEANUP(samples_free_at) struct samples *samples = samples_of(objects, SAMPLES_VECTOR);

	begin(f, ALL, empty_list_ok);
	assert_int_equal(f->plan.step, API_LIST);
	api_listed(&f->plan, samples);
}

static const struct given three_pods[] = {
	{"pod", "c", 1, 0}, {"pod", "a.b", 1, 0}, {"pod", "b", 1, 0}, {NULL, NULL, 0, 0}};

static void test_list(void **state)
{
	const struct given values[] = {
		{"pod", "c", 1, 0}, {"pod", "x", 9, 0}, {"pod", "a.b", 2, 0}, {NULL, NULL, 0, 0}};
	CLEANUP(samples_free_at) struct samples *samples = samples_of(values, SAMPLES_VECTOR);
	struct fixture f;

	(void)state;
	list(&f, false, three_pods);
	assert_int_equal(f.plan.step, API_QUERY);
	assert_str(buf_str(&f.plan.promql), "sum(queue{namespace=\"default\",pod=~\"a\\\\.b|b|c\"}) by (pod)");
	api_answer(&f.plan, samples, NOW_MS);
	assert_str(buf_str(&f.plan.reply.body), LIST("v1beta1", ITEM("a.b", "2") "," ITEM("c", "1")));
	end(&f);
}

static void test_list_of_nothing(void **state)
{
	CLEANUP(samples_free_at) struct samples *none = samples_of(NULL, SAMPLES_VECTOR);
	struct fixture f;

	(void)state;
	list(&f, false, three_pods);
	api_answer(&f.plan, none, NOW_MS);
	assert_int_equal(f.plan.reply.status, 404);
	assert_contains(buf_str(&f.plan.reply.body), "for 3 objects (a.b, b, c)");
	end(&f);
	list(&f, true, three_pods);
	api_answer(&f.plan, none, NOW_MS);
	assert_int_equal(f.plan.reply.status, 200);
	assert_str(buf_str(&f.plan.reply.body), LIST("v1beta1", ""));
	assert_contains(buf_str(&f.plan.reply.warning), "299 - \"the query of rule rules.yaml:1 gives no sample");
	assert_contains(buf_str(&f.plan.reply.warning), "namespace=\\\"default\\\"");
	end(&f);
}

static void test_no_objects(void **state)
{
	struct fixture f;

	(void)state;
	list(&f, false, NULL);
	assert_int_equal(f.plan.step, API_ANSWERED);
	assert_int_equal(f.plan.reply.status, 404);
	end(&f);
}

/* ---- lists with a cluster */

static void list_with_cluster(struct fixture *f, const char *target)
{
	begin(f, target, false);
	api_plan_clear(&f->plan);
	f->view.standalone = false;
	api_begin(&f->plan, &f->request, &f->view, f->arena);
	assert_int_equal(f->plan.step, API_OBJECTS);
}

static void test_objects_of_the_cluster(void **state)
{
	const struct str names[] = {STR_INIT("vllm-0"), STR_INIT("vllm-1")};
	struct api_objects wanted;
	struct fixture f;

	(void)state;
	list_with_cluster(&f, ALL "?labelSelector=app%3Dweb");
	wanted = api_objects_wanted(&f.plan);
	assert_str(wanted.resource->plural, "pods");
	assert_str(wanted.namespace, "default");
	assert_int_equal(wanted.selector->count, 1);
	api_named(&f.plan, names, 2);
	assert_int_equal(f.plan.step, API_QUERY);
	assert_str(buf_str(&f.plan.promql), "sum(queue{namespace=\"default\",pod=~\"vllm-0|vllm-1\"}) by (pod)");
	end(&f);
}

static void test_nothing_fits(void **state)
{
	struct fixture f;

	(void)state;
	list_with_cluster(&f, ALL "?labelSelector=app%3Dvlm");
	api_named(&f.plan, NULL, 0);
	assert_int_equal(f.plan.reply.status, 404);
	assert_contains(buf_str(&f.plan.reply.body),
			NOT_FOUND "queue for pods: no pods in namespace default fit the selector app=vlm");
	end(&f);
	list_with_cluster(&f, B1 "/nodes/%2A/heat");
	assert_null(api_objects_wanted(&f.plan).namespace.ptr);
	api_named(&f.plan, NULL, 0);
	assert_contains(buf_str(&f.plan.reply.body), "no nodes exist");
	end(&f);
}

static void test_objects_cannot_be_listed(void **state)
{
	struct fixture f;

	(void)state;
	list_with_cluster(&f, ALL);
	api_unlisted(&f.plan, API_UNLISTED_FORBIDDEN, "403: pods is forbidden");
	assert_int_equal(f.plan.reply.status, 500);
	assert_contains(buf_str(&f.plan.reply.body),
			"Internal error occurred: unable to list matching resources: pods: 403: pods is forbidden");
	end(&f);
}

static void test_warning_is_an_error(void **state)
{
	const struct upstream_error problem = {
		.fault = UPSTREAM_PARTIAL,
		.status = 200,
		.text = "Prometheus prom:9090 warns that data is missing: store-2 did not answer"};
	struct fixture f;

	(void)state;
	begin(&f, ONE, false);
	api_fail(&f.plan, &problem);
	assert_int_equal(f.plan.reply.status, 500);
	assert_contains(buf_str(&f.plan.reply.body), "prom:9090 warns that data is missing: store-2 did not answer");
	assert_contains(buf_str(&f.plan.reply.body), "fix: look at the store behind it");
	assert_contains(buf_str(&f.plan.reply.body), "--allow-partial");
	end(&f);
}

static void test_upstream_fails(void **state)
{
	const struct upstream_error problem = {
		.fault = UPSTREAM_STATUS, .status = 422, .text = "Prometheus prom:9090 answered 422: parse error"};
	struct fixture f;

	(void)state;
	begin(&f, ONE, false);
	api_fail(&f.plan, &problem);
	assert_int_equal(f.plan.reply.status, 500);
	assert_contains(buf_str(&f.plan.reply.body),
			"Internal error occurred: unable to fetch metrics: Prometheus prom:9090 "
			"answered 422: parse error (query of rule rules.yaml:1: sum(queue{");
	assert_contains(buf_str(&f.plan.reply.body), "fix: correct metricsQuery");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_among_external),
		cmocka_unit_test(test_labels_are_sorted),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_of_nothing),
		cmocka_unit_test(test_no_objects),
		cmocka_unit_test(test_warning_is_an_error),
		cmocka_unit_test(test_upstream_fails),
		cmocka_unit_test(test_objects_of_the_cluster),
		cmocka_unit_test(test_nothing_fits),
		cmocka_unit_test(test_objects_cannot_be_listed),
	};

	return RUN_ROWS(ask_cases, test_ask) + RUN_ROWS(answer_cases, test_answer) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
