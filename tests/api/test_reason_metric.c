/* SPDX-License-Identifier: Apache-2.0 */
/* Each reason why a metric is not there, as facts that the text must hold. */
#include "api/plan.h"

#include <math.h>

#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule_text.h"
#include "model/sample.h"
#include "model/series.h"
#include "model/upstream_error.h"
#include "rows.h"

#define B1 "/apis/custom.metrics.k8s.io/v1beta1"
#define E1 "/apis/external.metrics.k8s.io/v1beta1/namespaces/team-a/"
#define NS B1 "/namespaces/team-a"

enum { NOW_MS = 1700000000, FACTS = 8 };

static const struct override_spec service_overrides[] = {OVERRIDE("namespace", "namespace"),
							 OVERRIDE("service", "service")};
static const struct override_spec widget_overrides[] = {OVERRIDE("namespace", "namespace"),
							OVERRIDE_OF("widget_name", "x.example.com", "widget")};
static const struct override_spec only_pod[] = {OVERRIDE("pod", "pod")};
static const struct filter_spec no_cache[] = {{.is_not = SPELLED("^cache_")}};
static const struct filter_spec only_gpu[] = {{.is = SPELLED("^gpu_")}};
static const struct filter_spec hard[] = {{.is = SPELLED("^(w+)+$")}};

#define HARD_NAME "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww_" /* 2^40 ways through the pattern */

#define USUAL		  .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}
#define RULE(line, query) .at = {line, 3}, .series_query = SPELLED(query), .metrics_query = USUAL_QUERY

static const struct rule_spec custom[] = {
	{RULE(10, "engine_waiting{namespace!=\"\"}"), USUAL},
	{RULE(20, "kv_free"), USUAL},
	{RULE(30, "gateway_rps"), .resources = {.template_text = SPELLED("kube_<<.Resource>>"), .namespaced = true}},
	{RULE(40, "lora_loads"),
	 .resources = {.overrides = service_overrides, .override_count = 2, .namespaced = true}},
	{RULE(50, "tokens_total"), .name_matches = SPELLED("^(.*)_total$"), .name_as = SPELLED("${1}_rate"), USUAL},
	{RULE(60, "{__name__=~\"^cache_.*\"}"), .filters = no_cache, .filter_count = 1, USUAL},
	{RULE(70, "steps_total"), .name_matches = SPELLED("^(.*)_total$"), .name_as = SPELLED("$1_sum"), USUAL},
	{RULE(80, "alpha"), .name_as = SPELLED("queue_depth"), USUAL},
	{RULE(90, "beta"), .name_as = SPELLED("queue_depth"), USUAL},
	{RULE(100, "broken"), USUAL},
	{RULE(110, "fresh"), USUAL},
	{RULE(120, "pool_queue"),
	 .resources = {.overrides = widget_overrides, .override_count = 2, .namespaced = true}},
	{RULE(130, "lone"), .resources = {.overrides = only_pod, .override_count = 1, .namespaced = true}},
	{RULE(140, "everywhere"), .resources = {.overrides = only_pod, .override_count = 1, .namespaced = false}},
	{.at = {150, 3}, .series_query = SPELLED("batch"), .metrics_query = SPELLED("<<.Labels>>"), USUAL},
	{.at = {160, 3},
	 .series_query = SPELLED("void"),
	 .metrics_query = SPELLED("<<index .LabelValuesByName \"nope\">>"),
	 USUAL},
	{RULE(165, "{ __name__ = 'heat_c' }"), .filters = only_gpu, .filter_count = 1, USUAL},
	{RULE(167, HARD_NAME), .filters = hard, .filter_count = 1, USUAL},
};
static const struct rule_spec external[] = {
	{RULE(170, "backlog_x{namespace!=\"\"}"), .name_as = SPELLED("queue-backlog"), USUAL},
	{RULE(180, "homeless"), .resources = {.namespaced = true}},
};

static const struct {
	const char *name;
	const char *labels[6];
	int times;
} found[] = {
	{NULL, {NULL}, 0},
	{"kv_free", {"namespace", "kubernetes_pod_name", "job", "pod_template_hash"}, 3},
	{"gateway_rps", {"kube_namespace", "pod", "zone"}, 2},
	{"lora_loads", {"namespace", "service"}, 1},
	{"tokens_total", {"namespace", "pod"}, 1},
	{"cache_hits", {"namespace", "pod"}, 4},
	{"steps_total", {"namespace", "pod"}, 6},
	{"alpha", {"namespace", "pod"}, 1},
	{"beta", {"namespace", "pod"}, 1},
	{NULL, {NULL}, 0},
	{NULL, {NULL}, 0},
	{"pool_queue", {"namespace", "widget_name"}, 1},
	{"lone", {"pod", "exported_namespace"}, 1},
	{"everywhere", {"pod"}, 1},
	{"batch", {"namespace", "pod"}, 1},
	{"void", {"namespace", "pod"}, 1},
	{"heat_c", {"namespace", "pod"}, 5},
	{HARD_NAME, {"namespace", "pod"}, 2},
	{"backlog_x", {"namespace", "queue"}, 1},
	{"homeless", {"zone"}, 1},
};

static const struct upstream_error refused = {
	.fault = UPSTREAM_STATUS, .status = 422, .text = "Prometheus prom:9090 answered 422: too many samples"};

struct fixture {
	struct arena *arena;
	struct catalog *catalog;
	struct series_finding findings[COUNT_OF(found)];
	struct api_request request;
	struct api_view view;
	struct api_plan plan;
};

static struct series_set *set_of(size_t index)
{
	struct series_set *set = series_set_new(1 << 20);
	struct err err;

	for (int i = 0; i < found[index].times; i++) {
		series_set_begin(set);
		assert_true(series_set_name(set, str_of(found[index].name), &err));
		for (size_t j = 0; found[index].labels[j]; j++)
			assert_true(series_set_label(set, str_of(found[index].labels[j]), &err));
		assert_true(series_set_end(set, &err));
	}
	return set;
}

static struct catalog *catalog_made(void)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct resource_table *table = resource_table_builtin();
	const struct series_set *sets[COUNT_OF(found)];
	struct series_set *made[COUNT_OF(found)];
	struct catalog_builder *builder;
	struct rules *rules = NULL;
	struct catalog *catalog;

	assert_true(compiled(custom, COUNT_OF(custom), external, COUNT_OF(external), &problems, &rules));
	assert_int_equal(rules->series_query_count, COUNT_OF(found));
	for (size_t i = 0; i < COUNT_OF(found); i++)
		sets[i] = made[i] = set_of(i);
	builder = catalog_builder_new(rules, table, sets);
	while (!catalog_builder_step(builder, SIZE_MAX))
		;
	catalog = catalog_builder_take(builder);
	catalog_builder_free(builder);
	for (size_t i = 0; i < COUNT_OF(found); i++)
		series_set_free(made[i]);
	rules_unref(rules);
	resource_table_unref(table);
	return catalog;
}

static void begin(struct fixture *f, const char *target)
{
	const struct api_headers headers = {0};
	struct err err;

	*f = (struct fixture){.arena = arena_new(1 << 20), .catalog = catalog_made()};
	for (size_t i = 0; i < COUNT_OF(found); i++)
		f->findings[i] = (struct series_finding){
			.asked = true, .found = true, .series = (uint64_t)found[i].times, .failure = ""};
	f->findings[9] = (struct series_finding){
		.asked = true, .failure = refused.text, .failing_s = 95, .since_s = 97, .problem = &refused};
	f->findings[10] = (struct series_finding){.failure = "", .since_s = 7};
	f->view = (struct api_view){.catalog = f->catalog,
				    .findings = f->findings,
				    .upstream = STR("prom:9090"),
				    .max_age_ms = 900000,
				    .max_sample_age_ms = 300000};
	assert_true(api_request_parse(STR("GET"), str_of(target), &headers,
				      (struct api_groups){.custom = true, .external = true}, f->arena, &f->request,
				      &err));
	api_begin(&f->plan, &f->request, &f->view, f->arena);
}

static void end(struct fixture *f)
{
	api_plan_clear(&f->plan);
	catalog_unref(f->catalog);
	arena_free(f->arena);
}

static void assert_facts(const struct fixture *f, unsigned status, const char *const *facts)
{
	struct str reason = buf_str(&f->plan.reply.reason);

	assert_int_equal(f->plan.step, API_ANSWERED);
	assert_int_equal(f->plan.reply.status, status);
	assert_true(reason.len > 0 && reason.len <= 1024);
	for (; *facts; facts++)
		assert_contains(reason, *facts);
}

/* ---- before anything is asked */

static struct refused_case {
	const char *name, *target;
	unsigned status;
	const char *facts[FACTS];
} refused_cases[] = {
	{"D1",
	 NS "/pods/x/engine_waiting",
	 404,
	 {"rules.yaml:10", "engine_waiting{namespace!=\"\"}", "matched 0", "15m0s", "--metrics-max-age",
	  "--metrics-relist-interval", "[no-series]"}},
	{"D1, of all", NS "/pods/%2A/engine_waiting", 404, {"rules.yaml:10", "[no-series]"}},
	{"D2, by override",
	 NS "/pods/x/kv_free",
	 404,
	 {"rules.yaml:20", "3 series", "\"pod\"", "they have \"kubernetes_pod_name\"", "overrides",
	  "[no-object-label]"}},
	{"D2, by template",
	 NS "/pods/x/gateway_rps",
	 404,
	 {"rules.yaml:30", "\"kube_pod\"", "they have \"pod\"", "template", "there for namespaces",
	  "[no-object-label]"}},
	{"D2, no label is like it",
	 NS "/services/x/gateway_rps",
	 404,
	 {"\"kube_service\"", "they have \"kube_namespace\", \"pod\", \"zone\"", "[no-object-label]"}},
	{"D3",
	 NS "/pods/x/lone",
	 404,
	 {"rules.yaml:130", "no label for the namespace", "\"exported_namespace\"",
	  "exported_namespace: {resource: namespace}", "[no-namespace-label]"}},
	{"D4",
	 NS "/depoyments.apps/x/lone",
	 404,
	 {"the cluster does not know the resource depoyments.apps", "deployments.apps", "kubectl api-resources",
	  "[unknown-resource]"}},
	{"D4, nothing is near",
	 NS "/flux-capacitors/x/lone",
	 404,
	 {"the cluster does not know the resource flux-capacitors. fix", "[unknown-resource]"}},
	{"D5",
	 NS "/pods/x/lora_loads",
	 404,
	 {"rules.yaml:40", "namespaces, services", "describedObject", "overrides", "[other-resource]"}},
	{"D6, by its series", NS "/pods/x/tokens_total", 404, {"rules.yaml:50", "tokens_rate", "[renamed]"}},
	{"D6, by as", NS "/pods/x/alpha", 404, {"rules.yaml:80", "queue_depth", "[renamed]"}},
	{"D7", NS "/pods/x/token_rate", 404, {"nearest name is tokens_rate", "[near-name]"}},
	{"D7, of another resource", NS "/pods/x/lora_load", 404, {"lora_loads, of ", "[near-name]"}},
	{"D8",
	 E1 "nothing_like_it_at_all",
	 404,
	 {"20 rules", "18 of rules", "2 of externalRules", "/apis/external.metrics.k8s.io/v1beta1", "[no-rule]"}},
	{"D9, isNot",
	 NS "/pods/x/cache_hits",
	 404,
	 {"rules.yaml:60", "drops 4 of the 4", "isNot fits: \"^cache_\"", "correct seriesFilters", "[filtered]"}},
	{"D9, is",
	 NS "/pods/x/heat_c",
	 404,
	 {"rules.yaml:165", "drops 5 of the 5", "is does not fit: \"^gpu_\"", "[filtered]"}},
	{"a pattern that takes too long",
	 NS "/pods/x/" HARD_NAME,
	 404,
	 {"rules.yaml:167", "seriesFilters: is \"^(w+)+$\" takes too many steps", "without repetitions inside",
	  "[hard-pattern]"}},
	{"D10",
	 NS "/pods/x/steps_total",
	 404,
	 {"rules.yaml:70", "\"$1_sum\"", "expands to nothing", "write ${1}_sum", "[nameless]"}},
	{"D10, by the name that was meant", NS "/pods/x/steps_sum", 404, {"rules.yaml:70", "${1}_sum", "[nameless]"}},
	{"D10, by any name", NS "/pods/x/nothing_like_it_at_all", 404, {"rules.yaml:70", "[nameless]"}},
	{"D12",
	 NS "/pods/x/broken",
	 404,
	 {"rules.yaml:100", "for 95 s", "prom:9090", "422", "too many samples", "seriesQuery", "[discovery-fails]"}},
	{"D13",
	 NS "/pods/x/fresh",
	 404,
	 {"rules.yaml:110", "discovery", "not finished", "7 s after the start", "wait", "[discovery-waits]"}},
	{"D14",
	 NS "/widgets.x.example.com/w/pool_queue",
	 404,
	 {"rules.yaml:120", "\"widget_name\"", "widget.x.example.com", "cluster does not know", "CRD",
	  "[missing-crd]"}},
	{"D14, by its singular", NS "/widget.x.example.com/w/pool_queue", 404, {"\"widget_name\"", "[missing-crd]"}},
	{"A1",
	 NS "/pods/%2A/queue-backlog",
	 404,
	 {"rules.yaml:170", "external.metrics.k8s.io", "type", "External", "[wrong-api]"}},
	{"A1, the other way",
	 E1 "queue_depth",
	 404,
	 {"rules.yaml:90", "custom.metrics.k8s.io", "type", "Pods or Object", "[wrong-api]"}},
	{"A1, nothing was found of it", E1 "engine_waiting", 404, {"rules.yaml:10", "[wrong-api]"}},
	{"A2", NS "/nodes/n/lone", 404, {"nodes are cluster-scoped", "/nodes/NAME/lone", "[wrong-scope]"}},
	{"A2, at the root",
	 B1 "/pods/x/lone",
	 404,
	 {"pods are namespaced", "/namespaces/NAMESPACE/pods/NAME/lone", "[wrong-scope]"}},
	{"A3",
	 NS "/pods/x/everywhere",
	 404,
	 {"rules.yaml:140", "namespaced: false", "externalRules", "overrides", "namespace", "[not-namespaced]"}},
	{"A4",
	 NS "/pods/%2A/lone?labelSelector=m%3Da%2Fb",
	 400,
	 {"a/b", "the parameter labelSelector", "A-Z a-z 0-9 - _ .", "[bad-selector]"}},
	{"A4, of the metric",
	 NS "/pods/%2A/lone?metricLabelSelector=m%3D%3D%3Db",
	 400,
	 {"the parameter metricLabelSelector", "[bad-selector]"}},
	{"A5",
	 NS "/pods/x/tokens_rate?metricLabelSelector=size%3E5",
	 404,
	 {"rules.yaml:50", "size", "uses >", "`in`", "[no-operator]"}},
	{"A5, external", E1 "queue-backlog?labelSelector=size%3C5", 500, {"size", "uses <", "`in`", "[no-operator]"}},
	{"Q1", NS "/pods/x/batch", 404, {"rules.yaml:150", "Labels", "metricsQuery", ".LabelMatchers", "[template]"}},
	{"Q2", NS "/pods/x/void", 404, {"rules.yaml:160", "the query is empty", "metricsQuery", "[empty-query]"}},
	{"Q3",
	 E1 "homeless",
	 500,
	 {"rules.yaml:180", "namespace", "namespaced: false", "overrides", "[external-namespace]"}},
};

static void test_refused(void **state)
{
	const struct refused_case *c = *state;
	struct fixture f;

	begin(&f, c->target);
	assert_facts(&f, c->status, c->facts);
	end(&f);
}

/* ---- objects */

static struct unlisted_case {
	const char *name;
	enum api_unlisted kind;
	const char *why;
	const char *facts[FACTS];
} unlisted_cases[] = {
	{"O2",
	 API_UNLISTED_FORBIDDEN,
	 "status 403: User \"a:b\" cannot list",
	 {"pods: status 403: User \"a:b\" cannot list", "role with list and watch on pods", "[may-not-list]"}},
	{"O3",
	 API_UNLISTED_FAILED,
	 "status 500: etcd is away",
	 {"pods: status 500: etcd is away. fix: check the kube", "[cannot-list]"}},
	{"too many",
	 API_UNLISTED_MANY,
	 "there are more than 7",
	 {"more than 7. fix: ask with a narrower selector", "[many-objects]"}},
};

static void test_unlisted(void **state)
{
	const struct unlisted_case *c = *state;
	struct fixture f;

	begin(&f, NS "/pods/%2A/queue_depth");
	assert_int_equal(f.plan.step, API_OBJECTS);
	api_unlisted(&f.plan, c->kind, c->why);
	assert_facts(&f, 500, c->facts);
	end(&f);
}

static void test_no_objects(void **state)
{
	static const char *const facts[] = {"no pods in namespace team-a", "app=vlm", "kubectl get pods --show-labels",
					    "[no-objects]", NULL};
	struct fixture f;

	(void)state;
	begin(&f, NS "/pods/%2A/queue_depth?labelSelector=app%3Dvlm");
	api_named(&f.plan, NULL, 0);
	assert_facts(&f, 404, facts);
	end(&f);
}

/* ---- Prometheus */

static struct fail_case {
	const char *name;
	struct upstream_error problem;
	const char *facts[FACTS];
} fail_cases[] = {
	{"P1",
	 {.fault = UPSTREAM_REFUSED, .text = "Prometheus p:1 refused"},
	 {"refused", "--prometheus-url", "[connection-"}},
	{"P2", {.fault = UPSTREAM_UNRESOLVED, .text = "x"}, {"--prometheus-url", "[unknown-host]"}},
	{"P3", {.fault = UPSTREAM_TIMEOUT, .text = "x"}, {"recording rule", "timeout", "[timeout]"}},
	{"P4",
	 {.fault = UPSTREAM_STATUS, .status = 401, .credential = "--prometheus-token-file", .text = "x"},
	 {"in use: --prometheus-token-file", "[credential]"}},
	{"P4, none",
	 {.fault = UPSTREAM_STATUS, .status = 403, .text = "x"},
	 {"no credential is in use", "--prometheus-token-file", "--prometheus-header", "[credential]"}},
	{"P5",
	 {.fault = UPSTREAM_STATUS, .status = 405, .text = "x"},
	 {"base path in --prometheus-url", "[wrong-path]"}},
	{"P6",
	 {.fault = UPSTREAM_STATUS, .status = 400, .text = "x"},
	 {"rules.yaml:50", "sum(tokens_total{", "metricsQuery", "[query-refused]"}},
	{"P7", {.fault = UPSTREAM_STATUS, .status = 429, .text = "x"}, {"fewer or cheaper", "[throttled]"}},
	{"P8", {.fault = UPSTREAM_STATUS, .status = 503, .text = "x"}, {"[upstream-status]"}},
	{"P9", {.fault = UPSTREAM_NOT_JSON, .text = "x"}, {"login page", "--prometheus-url", "[not-json]"}},
	{"P10", {.fault = UPSTREAM_CUT, .text = "x"}, {"proxy between", "limits", "[cut-off]"}},
	{"P12", {.fault = UPSTREAM_PARTIAL, .text = "x"}, {"store behind", "--allow-partial", "[partial]"}},
	{"TLS", {.fault = UPSTREAM_TLS, .text = "x"}, {"--prometheus-ca-file", "[tls]"}},
	{"nonsense", {.fault = UPSTREAM_MALFORMED, .text = "x"}, {"--prometheus-url", "[malformed]"}},
	{"clock",
	 {.fault = UPSTREAM_CLOCK, .status = 200, .text = "x"},
	 {"clocks of this node and of Prometheus", "--max-clock-skew", "[clock-skew]"}},
	{"redirect",
	 {.fault = UPSTREAM_REDIRECT, .status = 302, .text = "x"},
	 {"--prometheus-url", "--prometheus-redirects=any", "[redirect]"}},
	{"anything else", {.fault = UPSTREAM_OTHER, .text = "x"}, {"--prometheus-url", "[upstream]"}},
};

static void test_fail(void **state)
{
	const struct fail_case *c = *state;
	struct fixture f;

	begin(&f, NS "/pods/x/tokens_rate");
	assert_int_equal(f.plan.step, API_QUERY);
	api_fail(&f.plan, &c->problem);
	assert_facts(&f, 500, c->facts);
	end(&f);
}

/* ---- samples */

static struct sample_case {
	const char *name, *target;
	const char *label, *value; /* of each sample */
	size_t count;
	double number;
	int64_t age_ms;
	enum samples_type type;
	unsigned status;
	const char *facts[FACTS];
} sample_cases[] = {
	{"P11",
	 NS "/pods/web-0/tokens_rate",
	 NULL,
	 NULL,
	 0,
	 0,
	 0,
	 SAMPLES_MATRIX,
	 500,
	 {"rules.yaml:50", "prom:9090", "matrix", "metricsQuery", "range", "[no-vector]"}},
	{"P11, external",
	 E1 "queue-backlog",
	 NULL,
	 NULL,
	 0,
	 0,
	 0,
	 SAMPLES_STRING,
	 500,
	 {"rules.yaml:170", "prom:9090", "string", "[no-vector]"}},
	{"M1",
	 NS "/pods/web-0/tokens_rate",
	 "job",
	 "engine",
	 2,
	 1,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:50", "\"pod\"", "\"job\"", "2 samples", "by (<<.GroupBy>>)", "[no-label]"}},
	{"M1, none at all",
	 NS "/pods/web-0/tokens_rate",
	 "",
	 NULL,
	 1,
	 1,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"\"pod\"", "no labels at all", "[no-label]"}},
	{"M2",
	 NS "/pods/web-0/tokens_rate",
	 "pod",
	 "db-7",
	 3,
	 1,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:50", "3 samples", "db-7", "the 1 asked for", "<<.LabelMatchers>>", "[other-objects]"}},
	{"M3",
	 NS "/pods/web-0/tokens_rate",
	 NULL,
	 NULL,
	 0,
	 0,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:50", "for 1 object (web-0)", "sum(tokens_total{namespace=\"team-a\",pod=\"web-0\"}) by (pod)",
	  "run this query in Prometheus", "[no-samples]"}},
	{"M4",
	 NS "/pods/web-0/tokens_rate",
	 "pod",
	 "web-0",
	 1,
	 NAN,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:50", "1 NaN", "metricsQuery", ">= 0 behind", "[bad-values]"}},
	{"M4, infinite",
	 E1 "queue-backlog",
	 "queue",
	 "q",
	 2,
	 INFINITY,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:170", "2 infinite (Inf)", "[bad-values]"}},
	{"M5",
	 NS "/pods/web-0/tokens_rate",
	 "pod",
	 "web-0",
	 1,
	 1,
	 400000,
	 SAMPLES_VECTOR,
	 404,
	 {"6m40s old", "the limit is 5m0s", "--max-sample-age", "scrape", "[old-samples]"}},
	{"M6",
	 E1 "queue-backlog?labelSelector=queue%3Dq7",
	 NULL,
	 NULL,
	 0,
	 0,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:170", "sum(backlog_x{queue=\"q7\",namespace=\"team-a\"})", "selector", "namespaced: false",
	  "[no-external-samples]"}},
	{"D11",
	 NS "/pods/web-0/queue_depth",
	 NULL,
	 NULL,
	 0,
	 0,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:80", "rules.yaml:90", "gives no sample for 1 object (web-0)", "sum(beta{", "name.as",
	  "run this query", "[hides-rule]"}},
	{"D11, NaN",
	 NS "/pods/web-0/queue_depth",
	 "pod",
	 "web-0",
	 1,
	 NAN,
	 0,
	 SAMPLES_VECTOR,
	 404,
	 {"rules.yaml:80", "rules.yaml:90", "1 NaN", "name.as", "[hides-rule]"}},
};

static struct samples *samples_of(const struct sample_case *c)
{
	struct samples *samples = samples_new();

	samples->type = c->type;
	for (size_t i = 0; i < c->count; i++) {
		struct sample *sample = vec_push(&samples->list);
		struct label *labels = arena_calloc(samples->arena, 1, sizeof(*labels));

		*labels = (struct label){str_of(c->label), str_of(c->value)};
		*sample = (struct sample){labels, c->value != NULL, c->number, NOW_MS - c->age_ms};
	}
	return samples;
}

static void test_samples(void **state)
{
	const struct sample_case *c = *state;
	CLEANUP(samples_free_at) struct samples *samples = samples_of(c);
	struct fixture f;

	begin(&f, c->target);
	assert_int_equal(f.plan.step, API_QUERY);
	api_answer(&f.plan, samples, NOW_MS);
	assert_facts(&f, c->status, c->facts);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_objects)};

	return RUN_ROWS(refused_cases, test_refused) + RUN_ROWS(unlisted_cases, test_unlisted) +
	       RUN_ROWS(fail_cases, test_fail) + RUN_ROWS(sample_cases, test_samples) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
