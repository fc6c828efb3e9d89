/* SPDX-License-Identifier: Apache-2.0 */
#include "api/plan.h"

#include <math.h>

#include "model/catalog.h"
#include "model/metric_names.h"
#include "model/resource.h"
#include "model/rule_text.h"
#include "model/sample.h"
#include "model/series.h"
#include "model/upstream_error.h"
#include "rows.h"

#define B1	  "/apis/custom.metrics.k8s.io/v1beta1"
#define NS	  B1 "/namespaces/default"
#define E1	  "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop"
#define P	  "prometheus.googleapis.com%7C"
#define WAITING	  P "vllm:num_requests_waiting%7Cgauge"
#define NOT_FOUND "\"message\":\"the server could not find the metric "

enum { NOW_MS = 1700000000 };

static const struct rule_spec own_rule = {
	.at = {1, 3},
	.series_query = SPELLED("queue"),
	.metrics_query = USUAL_QUERY,
	.name_as = SPELLED("prometheus.googleapis.com|queue|gauge"),
	.resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true},
};

static const struct series_finding no_findings[1];

struct fixture {
	struct arena *arena;
	struct catalog *catalog;
	struct metric_names *known;
	struct api_request request;
	struct api_view view;
	struct api_plan plan;
};

/* A rule of the user's, once custom and once external, that gives a name of GKE's. */
static struct catalog *catalog_new(void)
{
	struct problems problems = {0};
	struct resource_table *table = resource_table_builtin();
	struct series_set *set = series_set_new(1 << 20);
	const struct series_set *const sets[] = {set};
	struct catalog_builder *builder;
	struct catalog *catalog;
	struct rules *rules = NULL;
	struct err err;

	resource_table_add(table, &(struct resource){.group = STR("serving.knative.dev"),
						     .version = STR("v1"),
						     .plural = STR("services"),
						     .kind = STR("Service"),
						     .namespaced = true});
	assert_true(compiled(&own_rule, 1, &own_rule, 1, &problems, &rules));
	series_set_begin(set);
	assert_true(series_set_name(set, STR("queue"), &err) && series_set_label(set, STR("namespace"), &err) &&
		    series_set_label(set, STR("pod"), &err) && series_set_end(set, &err));
	builder = catalog_builder_new(rules, table, sets);
	assert_true(catalog_builder_step(builder, SIZE_MAX));
	catalog = catalog_builder_take(builder);
	catalog_builder_free(builder);
	series_set_free(set);
	rules_unref(rules);
	resource_table_unref(table);
	problems_clear(&problems);
	return catalog;
}

static struct metric_names *known_new(void)
{
	static const char *const names[] = {"DCGM_FI_DEV_GPU_UTIL", "Twice", "TWICE", "App_Latency_bucket",
					    "App_Latency_count"};
	struct metric_names *known = metric_names_new(1 << 20);
	struct err err;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_true(metric_names_add(known, str_of(names[i]), &err));
	return known;
}

static void begin(struct fixture *f, const char *target, bool cluster, bool off)
{
	const struct api_headers headers = {0};
	struct err err;

	f->arena = arena_new(1 << 20);
	f->catalog = catalog_new();
	f->known = known_new();
	f->view = (struct api_view){.catalog = f->catalog,
				    .findings = no_findings,
				    .upstream = STR("prom:9090"),
				    .max_age_ms = 600000,
				    .max_sample_age_ms = 300000,
				    .standalone = !cluster,
				    .gke_names = !off,
				    .known = f->known};
	assert_true(api_request_parse(STR("GET"), str_of(target), &headers, (struct api_groups){true, true, true},
				      f->arena, &f->request, &err));
	api_begin(&f->plan, &f->request, &f->view, f->arena);
}

static void end(struct fixture *f)
{
	api_plan_clear(&f->plan);
	catalog_unref(f->catalog);
	metric_names_free(f->known);
	arena_free(f->arena);
}

/* ---- what is asked */

static struct ask_case {
	const char *name, *target;
	enum api_step step;
	const char *says; /* the PromQL, or what the refusal holds */
	unsigned status;
	bool off;
} ask_cases[] = {
	{"one pod", NS "/pods/a/" WAITING, API_QUERY,
	 "sum by (pod) (vllm:num_requests_waiting{namespace=\"default\",pod=\"a\"})", 0, false},
	{"bars as they are", NS "/pods/a/prometheus.googleapis.com|vllm:num_requests_waiting|gauge", API_QUERY,
	 "sum by (pod) (vllm:num_requests_waiting{namespace=\"default\",pod=\"a\"})", 0, false},
	{"the second version", "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/a/" WAITING, API_QUERY,
	 "sum by (pod) (vllm:num_requests_waiting{namespace=\"default\",pod=\"a\"})", 0, false},
	{"selector of the metric", NS "/pods/a/" WAITING "?metricLabelSelector=metric.labels.model_name%3Dllama",
	 API_QUERY, "sum by (pod) (vllm:num_requests_waiting{model_name=\"llama\",namespace=\"default\",pod=\"a\"})", 0,
	 false},
	{"a node", B1 "/nodes/n1/" P "x%7Cgauge", API_QUERY, "sum by (node) (x{node=\"n1\"})", 0, false},
	{"a service", NS "/services/s/" P "x%7Cgauge", API_QUERY,
	 "sum by (service) (x{namespace=\"default\",service=\"s\"})", 0, false},
	{"a deployment", NS "/deployments.apps/d/" P "x%7Cgauge", API_QUERY,
	 "sum by (deployment) (x{namespace=\"default\",deployment=\"d\"})", 0, false},
	{"the namespace itself", NS "/metrics/" P "x%7Cgauge", API_QUERY,
	 "sum by (namespace) (x{namespace=\"default\"})", 0, false},
	{"a job's label means another thing", NS "/jobs.batch/j/" P "x%7Cgauge", API_ANSWERED, "no label of a series",
	 404, false},
	{"the second resource of a name has no label", NS "/services.serving.knative.dev/s/" P "x%7Cgauge",
	 API_ANSWERED, "no label of a series", 404, false},
	{"all pods without a cluster", NS "/pods/*/" WAITING, API_LIST,
	 "count by (pod) (vllm:num_requests_waiting{namespace=\"default\",pod!=\"\"})", 0, false},
	{"the same, a histogram", NS "/pods/*/" P "x%7Chistogram", API_LIST,
	 "count by (pod) (x_count{namespace=\"default\",pod!=\"\"})", 0, false},
	{"the same, a name in quotes", NS "/pods/*/" P "a.b%7Cgauge", API_LIST,
	 "count by (pod) ({\"a.b\",namespace=\"default\",pod!=\"\"})", 0, false},
	{"external: in lower case", E1 "/" P "dcgm_fi_dev_gpu_util%7Cunknown", API_QUERY, "DCGM_FI_DEV_GPU_UTIL{}", 0,
	 false},
	{"external: with a reducer", E1 "/" P "dcgm_fi_dev_gpu_util%7Cgauge?labelSelector=reducer%3DREDUCE_MEAN",
	 API_QUERY, "avg(DCGM_FI_DEV_GPU_UTIL{})", 0, false},
	{"external: a histogram in lower case",
	 E1 "/" P "app_latency%7Chistogram?labelSelector=reducer%3DREDUCE_PERCENTILE_99", API_QUERY,
	 "histogram_quantile(0.99, sum by (le) (rate(App_Latency_bucket{}[2m])))", 0, false},
	{"external: nobody knows which", E1 "/" P "twice%7Cgauge", API_QUERY, "twice{}", 0, false},
	{"external: exactly one of two", E1 "/" P "TWICE%7Cgauge", API_QUERY, "TWICE{}", 0, false},
	{"custom: the case is kept", NS "/pods/a/" P "dcgm_fi_dev_gpu_util%7Cgauge", API_QUERY,
	 "sum by (pod) (dcgm_fi_dev_gpu_util{namespace=\"default\",pod=\"a\"})", 0, false},
	{"of GKE itself", E1 "/kubernetes.io%7Ccontainer%7Caccelerator%7Cduty_cycle", API_QUERY,
	 "kubernetes_io:container_accelerator_duty_cycle{}", 0, false},
	{"of GKE itself, for pods", NS "/pods/a/kubernetes.io%7Ccontainer%7Caccelerator%7Cduty_cycle", API_ANSWERED,
	 "fix: its type in the HPA is External", 404, false},
	{"external: a cluster that is named", E1 "/" P "x%7Cgauge?labelSelector=resource.labels.cluster%3Dother",
	 API_QUERY, "x{cluster=\"other\"}", 0, false},
	{"a rule wins", NS "/pods/a/" P "queue%7Cgauge", API_QUERY,
	 "sum(queue{namespace=\"default\",pod=\"a\"}) by (pod)", 0, false},
	{"an external rule wins", E1 "/" P "queue%7Cgauge", API_QUERY, "sum(queue{namespace=\"shop\"}) by ()", 0,
	 false},
	{"a rule for another resource does not", NS "/services/s/" P "queue%7Cgauge", API_QUERY,
	 "sum by (service) (queue{namespace=\"default\",service=\"s\"})", 0, false},
	{"wrong key", E1 "/" P "x%7Cgauge?labelSelector=model%3Dx", API_ANSWERED,
	 "\"message\":\"Metric label: \\\"model\\\" is not allowed", 400, false},
	{"wrong key for pods", NS "/pods/a/" WAITING "?metricLabelSelector=resource.type%3Dx", API_ANSWERED,
	 "Metric label: \\\"resource.type\\\" is not allowed", 400, false},
	{"unknown reducer", E1 "/" P "x%7Cgauge?labelSelector=reducer%3DREDUCE_ALL", API_ANSWERED,
	 "Metric label: \\\"Specified reducer is not supported: REDUCE_ALL\\\" is not allowed", 400, false},
	{"the labels of pods are no labels of the metric", NS "/pods/*/" WAITING "?labelSelector=app%3Dx", API_ANSWERED,
	 "labelSelector cannot be used with --standalone", 400, false},
	{"another type of resource", E1 "/" P "x%7Cgauge?labelSelector=resource.type%3Dk8s_pod", API_ANSWERED,
	 "leaves out prometheus_target", 404, false},
	{"wrong suffix", NS "/pods/a/" P "x%7Cguage", API_ANSWERED,
	 NOT_FOUND "prometheus.googleapis.com|x|guage for pods: behind the metric stands none of", 404, false},
	{"unknown resource", NS "/gizmos/a/" WAITING, API_ANSWERED, "does not know the resource gizmos", 404, false},
	{"pods at the root", B1 "/pods/a/" WAITING, API_ANSWERED, "pods are namespaced", 404, false},
	{"switched off", NS "/pods/a/" WAITING, API_ANSWERED, "fix: start with --gke-names", 404, true},
	{"switched off, external", E1 "/" WAITING, API_ANSWERED, "fix: start with --gke-names", 404, true},
	{"a name with slashes", E1 "/prometheus.googleapis.com", API_ANSWERED,
	 "names of GKE's adapter are written prometheus.googleapis.com|METRIC|gauge", 404, false},
	{"a name of nobody", NS "/pods/a/nosuch", API_ANSWERED, "none of the 2 rules gives it", 404, false},
};

static void test_ask(void **state)
{
	const struct ask_case *c = *state;
	struct fixture f;

	begin(&f, c->target, false, c->off);
	if (c->step == API_ANSWERED) {
		assert_contains(buf_str(&f.plan.reply.body), c->says);
		assert_int_equal(f.plan.reply.status, c->status);
	} else {
		assert_str(buf_str(&f.plan.promql), c->says);
	}
	assert_int_equal(f.plan.step, c->step);
	end(&f);
}

/* ---- what is answered */

static const struct label pod_a[] = {{STR_INIT("pod"), STR_INIT("a")}};
static const struct label target[] = {
	{STR_INIT("__name__"), STR_INIT("x")}, {STR_INIT("job"), STR_INIT("j")}, {STR_INIT("model"), STR_INIT("m")}};

static struct answer_case {
	const char *name, *target;
	const struct label *labels; /* NULL: no sample */
	size_t label_count;
	double value;
	unsigned status;
	const char *says;
} answer_cases[] = {
	{"a pod", NS "/pods/a/" WAITING, pod_a, 1, 34.9725, 200,
	 "\"metricName\":\"prometheus.googleapis.com|vllm:num_requests_waiting|gauge\",\"timestamp\":"
	 "\"1970-01-20T16:13:20Z\",\"value\":\"34972m\",\"selector\":null}"},
	{"external", E1 "/" P "x%7Cgauge", target, 3, 4, 200,
	 "\"metricName\":\"prometheus.googleapis.com|x|gauge\",\"metricLabels\":{\"resource.type\":\"prometheus_"
	 "target\","
	 "\"resource.labels.job\":\"j\",\"metric.labels.model\":\"m\"},"},
	{"external, reduced", E1 "/" P "x%7Cgauge?labelSelector=reducer%3DREDUCE_SUM", target, 0, 4, 200,
	 "\"metricLabels\":{},"},
	{"no sample: the query and the labels", NS "/pods/a/" WAITING, NULL, 0, 0, 404,
	 "the query of rule --gke-names gives no sample for 1 object (a): sum by (pod) "
	 "(vllm:num_requests_waiting{namespace=\\\"default\\\",pod=\\\"a\\\"}). fix: its series need the labels "
	 "namespace and pod; run this query in Prometheus [no-samples]\""},
	{"no sample of a node", B1 "/nodes/n1/" P "x%7Cgauge", NULL, 0, 0, 404, "need the labels node; run this"},
	{"no external sample", E1 "/" P "x%7Cgauge", NULL, 0, 0, 404,
	 "the query of rule --gke-names gives no sample: x{}. fix: run this query"},
	{"NaN: the query", NS "/pods/a/" WAITING, pod_a, 1, NAN, 404,
	 "1 NaN. fix: write a rule for it with a guard in metricsQuery; the query is sum by (pod) (vllm:"},
};

static void test_answer(void **state)
{
	const struct answer_case *c = *state;
	CLEANUP(samples_free_at) struct samples *samples = samples_new();
	struct fixture f;

	if (c->labels)
		*vec_push(&samples->list) = (struct sample){c->labels, c->label_count, c->value, NOW_MS};
	begin(&f, c->target, false, false);
	assert_int_equal(f.plan.step, API_QUERY);
	api_answer(&f.plan, samples, NOW_MS);
	assert_contains(buf_str(&f.plan.reply.body), c->says);
	assert_int_equal(f.plan.reply.status, c->status);
	end(&f);
}

static void test_pods_of_the_cluster(void **state)
{
	const struct str names[] = {STR_INIT("vllm-0"), STR_INIT("vllm-1")};
	struct fixture f;

	(void)state;
	begin(&f, NS "/pods/*/" WAITING "?labelSelector=app%3Dvllm", true, false);
	assert_int_equal(f.plan.step, API_OBJECTS);
	assert_int_equal(api_objects_wanted(&f.plan).selector->count, 1);
	api_named(&f.plan, names, 2);
	assert_str(buf_str(&f.plan.promql),
		   "sum by (pod) (vllm:num_requests_waiting{namespace=\"default\",pod=~\"vllm-0|vllm-1\"})");
	end(&f);
}

static void test_no_pod_has_it(void **state)
{
	CLEANUP(samples_free_at) struct samples *none = samples_new();
	struct fixture f;

	(void)state;
	begin(&f, NS "/pods/*/" WAITING, false, false);
	api_listed(&f.plan, none);
	assert_int_equal(f.plan.reply.status, 404);
	assert_contains(buf_str(&f.plan.reply.body),
			"fix: look for it in Prometheus: count by (pod) (vllm:num_requests_waiting{");
	end(&f);
}

static void test_names_are_not_known_yet(void **state)
{
	CLEANUP(samples_free_at) struct samples *none = samples_new();
	struct fixture f;

	(void)state;
	begin(&f, E1 "/" P "dcgm_fi_dev_gpu_util%7Cgauge", false, false);
	api_plan_clear(&f.plan);
	f.view.known = NULL;
	api_begin(&f.plan, &f.request, &f.view, f.arena);
	assert_str(buf_str(&f.plan.promql), "dcgm_fi_dev_gpu_util{}");
	api_answer(&f.plan, none, NOW_MS);
	assert_contains(buf_str(&f.plan.reply.body), "Prometheus has not told its names of metrics yet");
	end(&f);
}

static void test_prometheus_is_down(void **state)
{
	const struct upstream_error problem = {.fault = UPSTREAM_REFUSED, .text = "Prometheus prom:9090 refuses"};
	struct fixture f;

	(void)state;
	begin(&f, NS "/pods/a/" WAITING, false, false);
	api_fail(&f.plan, &problem);
	assert_int_equal(f.plan.reply.status, 500);
	assert_contains(buf_str(&f.plan.reply.body),
			"(query of rule --gke-names: sum by (pod) (vllm:num_requests_waiting{namespace=");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pods_of_the_cluster),
		cmocka_unit_test(test_no_pod_has_it),
		cmocka_unit_test(test_names_are_not_known_yet),
		cmocka_unit_test(test_prometheus_is_down),
	};

	return RUN_ROWS(ask_cases, test_ask) + RUN_ROWS(answer_cases, test_answer) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
