/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gke_query.h"

#include "model/gke_name.h"
#include "model/query.h"
#include "rows.h"
#include "text/problem.h"
#include "text/template.h"

#define P	"prometheus.googleapis.com|"
#define DUTY	"kubernetes.io|container|accelerator|duty_cycle"
#define PODS	"namespace=\"default\",pod=~\"a|b\""
#define ALLOWED "\" is not allowed"

enum whose { PODS_A_B, NODES, EXTERNAL };

/* Namespace default, pods a and b; nodes n1 and n2 */
static struct query_case {
	const char *name;
	enum whose whose;
	const char *metric, *selector;
	const char *want; /* NULL: refused, with `says` */
	enum err_code code;
	const char *says;
} query_cases[] = {
	/* ---- suffixes */
	{"gauge", PODS_A_B, P "N|gauge", "", "sum by (pod) (N{" PODS "})", ERR_NONE, ""},
	{"unknown", PODS_A_B, P "N|unknown", "", "sum by (pod) (N{" PODS "})", ERR_NONE, ""},
	{"counter", PODS_A_B, P "N|counter", "", "sum by (pod) (rate(N{" PODS "}[2m]))", ERR_NONE, ""},
	{"unknown as a counter", PODS_A_B, P "N|unknown:counter", "", "sum by (pod) (rate(N{" PODS "}[2m]))", ERR_NONE,
	 ""},
	{"summary with a quantile", PODS_A_B, P "N|summary", "metric.labels.quantile=0.95",
	 "sum by (pod) (N{quantile=\"0.95\"," PODS "})", ERR_NONE, ""},
	{"summary with one quantile of a set", PODS_A_B, P "N|summary", "metric.labels.quantile in (0.5)",
	 "sum by (pod) (N{quantile=~\"0\\\\.5\"," PODS "})", ERR_NONE, ""},
	{"summary with all quantiles", PODS_A_B, P "N|summary", "", NULL, ERR_INVALID, "metric.labels.quantile"},
	{"summary with two quantiles", PODS_A_B, P "N|summary", "metric.labels.quantile in (0.5,0.9)", NULL,
	 ERR_INVALID, "cannot be added up"},
	{"summary but for a quantile", PODS_A_B, P "N|summary", "metric.labels.quantile!=0.5", NULL, ERR_INVALID,
	 "cannot be added up"},
	{"external summary with all quantiles", EXTERNAL, P "n|summary", "", NULL, ERR_INVALID, "cannot be added up"},
	{"count of a summary", PODS_A_B, P "N_count|summary", "", "sum by (pod) (rate(N_count{" PODS "}[2m]))",
	 ERR_NONE, ""},
	{"sum of a summary", PODS_A_B, P "N_sum|summary:counter", "", "sum by (pod) (rate(N_sum{" PODS "}[2m]))",
	 ERR_NONE, ""},
	{"histogram", PODS_A_B, P "N|histogram", "",
	 "histogram_quantile(0.95, sum by (le,pod) (rate(N_bucket{" PODS "}[2m])))", ERR_NONE, ""},
	{"histogram, another percentile", PODS_A_B, P "N|histogram", "reducer=REDUCE_PERCENTILE_50",
	 "histogram_quantile(0.50, sum by (le,pod) (rate(N_bucket{" PODS "}[2m])))", ERR_NONE, ""},
	{"histogram, mean", PODS_A_B, P "N|histogram", "reducer=REDUCE_MEAN",
	 "sum by (pod) (rate(N_sum{" PODS "}[2m])) / sum by (pod) (rate(N_count{" PODS "}[2m]))", ERR_NONE, ""},
	{"histogram, a sum", PODS_A_B, P "N|histogram", "reducer=REDUCE_SUM", NULL, ERR_INVALID,
	 "Metric label: \"Specified reducer is not supported: REDUCE_SUM" ALLOWED},
	{"nodes", NODES, P "N|gauge", "", "sum by (node) (N{node=~\"n1|n2\"})", ERR_NONE, ""},
	{"nodes, counter", NODES, P "N|counter", "", "sum by (node) (rate(N{node=~\"n1|n2\"}[2m]))", ERR_NONE, ""},
	/* ---- external */
	{"external gauge", EXTERNAL, P "n|gauge", "", "n{}", ERR_NONE, ""},
	{"external gauge, REDUCE_NONE", EXTERNAL, P "n|gauge", "reducer=REDUCE_NONE", "n{}", ERR_NONE, ""},
	{"external counter", EXTERNAL, P "n|counter", "", "rate(n{}[2m])", ERR_NONE, ""},
	{"external unknown", EXTERNAL, P "dcgm_fi_dev_gpu_util|unknown", "metric.labels.cluster=c",
	 "dcgm_fi_dev_gpu_util{cluster=\"c\"}", ERR_NONE, ""},
	{"external summary", EXTERNAL, P "n|summary", "metric.labels.quantile=0.5", "n{quantile=\"0.5\"}", ERR_NONE,
	 ""},
	{"REDUCE_MEAN", EXTERNAL, P "n|gauge", "reducer=REDUCE_MEAN", "avg(n{})", ERR_NONE, ""},
	{"REDUCE_MIN", EXTERNAL, P "n|gauge", "reducer=REDUCE_MIN", "min(n{})", ERR_NONE, ""},
	{"REDUCE_MAX", EXTERNAL, P "n|gauge", "reducer=REDUCE_MAX", "max(n{})", ERR_NONE, ""},
	{"REDUCE_SUM", EXTERNAL, P "n|gauge", "reducer=REDUCE_SUM", "sum(n{})", ERR_NONE, ""},
	{"REDUCE_STDDEV", EXTERNAL, P "n|gauge", "reducer=REDUCE_STDDEV", "stddev(n{})", ERR_NONE, ""},
	{"REDUCE_COUNT", EXTERNAL, P "n|gauge", "reducer=REDUCE_COUNT", "count(n{})", ERR_NONE, ""},
	{"REDUCE_PERCENTILE_99", EXTERNAL, P "n|gauge", "reducer=REDUCE_PERCENTILE_99", "quantile(0.99, n{})", ERR_NONE,
	 ""},
	{"REDUCE_PERCENTILE_95", EXTERNAL, P "n|gauge", "reducer=REDUCE_PERCENTILE_95", "quantile(0.95, n{})", ERR_NONE,
	 ""},
	{"REDUCE_PERCENTILE_50", EXTERNAL, P "n|gauge", "reducer=REDUCE_PERCENTILE_50", "quantile(0.50, n{})", ERR_NONE,
	 ""},
	{"REDUCE_PERCENTILE_05", EXTERNAL, P "n|gauge", "reducer=REDUCE_PERCENTILE_05", "quantile(0.05, n{})", ERR_NONE,
	 ""},
	{"a counter, reduced", EXTERNAL, P "n|counter", "reducer=REDUCE_SUM", "sum(rate(n{}[2m]))", ERR_NONE, ""},
	{"a reducer in a set", EXTERNAL, P "n|gauge", "reducer in (REDUCE_MAX)", "max(n{})", ERR_NONE, ""},
	{"external histogram", EXTERNAL, P "n|histogram", "reducer=REDUCE_PERCENTILE_95",
	 "histogram_quantile(0.95, sum by (le) (rate(n_bucket{}[2m])))", ERR_NONE, ""},
	{"external histogram, mean", EXTERNAL, P "n|histogram", "reducer=REDUCE_MEAN",
	 "sum(rate(n_sum{}[2m])) / sum(rate(n_count{}[2m]))", ERR_NONE, ""},
	{"external histogram, not reduced", EXTERNAL, P "n|histogram", "", NULL, ERR_INVALID,
	 "Distributions are not supported"},
	{"external histogram, REDUCE_NONE", EXTERNAL, P "n|histogram", "reducer=REDUCE_NONE", NULL, ERR_INVALID,
	 "REDUCE_PERCENTILE_95"},
	{"of GKE itself", EXTERNAL, DUTY, "", "kubernetes_io:container_accelerator_duty_cycle{}", ERR_NONE, ""},
	{"of GKE itself, with all kinds of labels", EXTERNAL, DUTY,
	 "resource.type=k8s_container,resource.labels.namespace_name=x,resource.labels.pod_name=p,"
	 "metadata.system_labels.node_name=n,metadata.user_labels.app=v,metric.labels.model=t4,reducer=REDUCE_MAX",
	 "max(kubernetes_io:container_accelerator_duty_cycle{metadata_system_node_name=\"n\","
	 "metadata_user_app=\"v\",model=\"t4\",namespace_name=\"x\",pod_name=\"p\","
	 "monitored_resource=\"k8s_container\"})",
	 ERR_NONE, ""},
	{"of GKE itself, a label of a target", EXTERNAL, DUTY, "resource.labels.job=x", NULL, ERR_INVALID,
	 "Metric label: \"resource.labels.job" ALLOWED},
	/* ---- pods, reduced */
	{"pods, REDUCE_MAX", PODS_A_B, P "N|gauge", "reducer=REDUCE_MAX", "max by (pod) (N{" PODS "})", ERR_NONE, ""},
	{"pods, REDUCE_NONE", PODS_A_B, P "N|gauge", "reducer=REDUCE_NONE", "sum by (pod) (N{" PODS "})", ERR_NONE, ""},
	{"pods, a percentile", PODS_A_B, P "N|gauge", "reducer=REDUCE_PERCENTILE_99",
	 "quantile by (pod) (0.99, N{" PODS "})", ERR_NONE, ""},
	/* ---- operators */
	{"=", EXTERNAL, P "n|gauge", "metric.labels.X=v", "n{X=\"v\"}", ERR_NONE, ""},
	{"==", EXTERNAL, P "n|gauge", "metric.labels.X==v", "n{X=\"v\"}", ERR_NONE, ""},
	{"!=", EXTERNAL, P "n|gauge", "metric.labels.X!=v", "n{X!=\"v\"}", ERR_NONE, ""},
	{"in", EXTERNAL, P "n|gauge", "metric.labels.X in (a.b,c)", "n{X=~\"a\\\\.b|c\"}", ERR_NONE, ""},
	{"notin", EXTERNAL, P "n|gauge", "metric.labels.X notin (a.b,c)", "n{X!~\"a\\\\.b|c\"}", ERR_NONE, ""},
	{"exists", EXTERNAL, P "n|gauge", "metric.labels.X", "n{X!=\"\"}", ERR_NONE, ""},
	{"does not exist", EXTERNAL, P "n|gauge", "!metric.labels.X", "n{X=\"\"}", ERR_NONE, ""},
	{"greater", EXTERNAL, P "n|gauge", "metric.labels.X>5", NULL, ERR_INVALID, "metric.labels.X uses >"},
	{"less", PODS_A_B, P "n|gauge", "metric.labels.X<5", NULL, ERR_INVALID, "metric.labels.X uses <"},
	{"one label twice", EXTERNAL, P "n|gauge", "metric.labels.X!=a,metric.labels.X!=b", "n{X!=\"a\",X!=\"b\"}",
	 ERR_NONE, ""},
	{"a label that is no identifier", EXTERNAL, P "n|gauge", "metric.labels.a.b-c=v", "n{\"a.b-c\"=\"v\"}",
	 ERR_NONE, ""},
	{"pods with a label of the metric", PODS_A_B, P "N|gauge", "metric.labels.model_name=llama",
	 "sum by (pod) (N{model_name=\"llama\"," PODS "})", ERR_NONE, ""},
	/* ---- keys */
	{"labels of the target", EXTERNAL, P "n|gauge",
	 "resource.labels.namespace=a,resource.labels.job=b,resource.labels.instance=c,resource.labels.cluster=d,"
	 "resource.labels.location=e,resource.labels.project_id=f",
	 "n{cluster=\"d\",instance=\"c\",job=\"b\",location=\"e\",namespace=\"a\",project_id=\"f\"}", ERR_NONE, ""},
	{"the type of the target", EXTERNAL, P "n|gauge", "resource.type=prometheus_target", "n{}", ERR_NONE, ""},
	{"its type among others", EXTERNAL, P "n|gauge", "resource.type in (k8s_pod,prometheus_target)", "n{}",
	 ERR_NONE, ""},
	{"its type exists", EXTERNAL, P "n|gauge", "resource.type", "n{}", ERR_NONE, ""},
	{"another type", EXTERNAL, P "n|gauge", "resource.type=k8s_pod", NULL, ERR_NOT_FOUND,
	 "leaves out prometheus_target"},
	{"not its type", EXTERNAL, P "n|gauge", "resource.type!=prometheus_target", NULL, ERR_NOT_FOUND, "leaves out"},
	{"wrong key", EXTERNAL, P "n|gauge", "model=x", NULL, ERR_INVALID,
	 "Metric label: \"model" ALLOWED
	 ". fix: a selector here has the keys reducer, metric.labels.NAME, resource.type"},
	{"wrong key of pods", PODS_A_B, P "n|gauge", "model=x", NULL, ERR_INVALID,
	 "Metric label: \"model" ALLOWED ". fix: a selector here has the keys reducer, metric.labels.NAME"},
	{"pods by the target", PODS_A_B, P "n|gauge", "resource.labels.job=x", NULL, ERR_INVALID,
	 "Metric label: \"resource.labels.job" ALLOWED},
	{"pods by type", PODS_A_B, P "n|gauge", "resource.type=prometheus_target", NULL, ERR_INVALID,
	 "Metric label: \"resource.type" ALLOWED},
	{"a label that targets do not have", EXTERNAL, P "n|gauge", "resource.labels.zone=x", NULL, ERR_INVALID,
	 "Metric label: \"resource.labels.zone" ALLOWED},
	{"metadata of a target", EXTERNAL, P "n|gauge", "metadata.user_labels.app=x", NULL, ERR_INVALID,
	 "Metric label: \"metadata.user_labels.app" ALLOWED},
	{"unknown reducer", EXTERNAL, P "n|gauge", "reducer=REDUCE_ALL", NULL, ERR_INVALID,
	 "Metric label: \"Specified reducer is not supported: REDUCE_ALL" ALLOWED ". fix: there are REDUCE_NONE"},
	{"a reducer of truths", EXTERNAL, P "n|gauge", "reducer=REDUCE_COUNT_TRUE", NULL, ERR_INVALID,
	 "Metric label: \"Specified reducer is not supported: REDUCE_COUNT_TRUE" ALLOWED ". fix: Prometheus has no"},
	{"two reducers", EXTERNAL, P "n|gauge", "reducer in (REDUCE_MAX,REDUCE_MIN)", NULL, ERR_INVALID,
	 "Metric label: \"reducer" ALLOWED},
	{"a reducer that exists", EXTERNAL, P "n|gauge", "reducer", NULL, ERR_INVALID,
	 "Metric label: \"reducer" ALLOWED},
	/* ---- names in quotes */
	{"a name that is no identifier", PODS_A_B, P "my.x|gauge", "", "sum by (pod) ({\"my.x\"," PODS "})", ERR_NONE,
	 ""},
	{"the same, a histogram", EXTERNAL, P "my.x|histogram", "reducer=REDUCE_MEAN",
	 "sum(rate({\"my.x_sum\",}[2m])) / sum(rate({\"my.x_count\",}[2m]))", ERR_NONE, ""},
	{"a name that would end the selector", EXTERNAL, P "x{a=\"b\"} or vector(1)|gauge", "",
	 "{\"x{a=\\\"b\\\"} or vector(1)\",}", ERR_NONE, ""},
	{"a name that would be a template", EXTERNAL, P "<<.Series>>|counter", "", "rate({\"<<.Series>>\",}[2m])",
	 ERR_NONE, ""},
};

static void fill_in(struct query *query, enum whose whose)
{
	static const struct str pods[] = {STR_INIT("a"), STR_INIT("b")};
	static const struct str nodes[] = {STR_INIT("n1"), STR_INIT("n2")};

	if (whose == EXTERNAL)
		return;
	query->object_label = whose == NODES ? STR("node") : STR("pod");
	query->names = whose == NODES ? nodes : pods;
	query->name_count = 2;
	if (whose == PODS_A_B) {
		query->namespace_label = STR("namespace");
		query->namespace = STR("default");
	}
}

static void test_query(void **state)
{
	const struct query_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(buf_clear) struct buf out = BUF_MAX(QUERY_BYTES_MAX);
	struct gke_query got = {.series = STR("untouched")};
	struct gke_name name;
	struct selector selector;
	struct query query;
	struct place at;
	struct err err = {0};
	bool good;

	assert_true(gke_name_parse(str_of(c->metric), arena, &name, &err));
	assert_true(selector_parse(str_of(c->selector), arena, &selector, &err));
	good = gke_query_make(&name, &selector, c->whose == EXTERNAL, arena, &got, &err);
	assert_int_equal(good, c->want != NULL);
	if (!good) {
		assert_str(got.series, "untouched");
		assert_contains(str_of(err.msg), c->says);
		assert_int_equal(err.code, c->code);
		return;
	}
	assert_true(template_parse(got.text, "gke-names", &tree, &at, &err));
	query = (struct query){.text = tree, .series = got.series, .selector = &got.selector};
	fill_in(&query, c->whose);
	assert_true(query_write(&query, arena, &out, &err));
	assert_str(buf_str(&out), c->want);
}

/* ---- which series names the objects */

static struct scope_case {
	const char *name, *metric, *selector, *listed;
} scope_cases[] = {
	{"gauge", P "n|gauge", "metric.labels.cluster=c", "n"},
	{"histogram", P "n|histogram", "reducer=REDUCE_MEAN", "n_count"},
	{"namespace", P "n|gauge", "resource.labels.namespace=c", "n"},
	{"GKE's own", DUTY, "", "kubernetes_io:container_accelerator_duty_cycle"},
};

static void test_scope(void **state)
{
	const struct scope_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
	struct gke_query got;
	struct gke_name name;
	struct selector selector;
	struct err err = {0};

	assert_true(gke_name_parse(str_of(c->metric), arena, &name, &err));
	assert_true(selector_parse(str_of(c->selector), arena, &selector, &err));
	assert_true(gke_query_make(&name, &selector, true, arena, &got, &err));
	assert_str(got.listed, c->listed);
}

/* ---- what the labels of an item are called */

static struct label_case {
	const char *name;
	bool system;
	const char *label, *want; /* NULL: none */
} label_cases[] = {
	{"of the metric", false, "model_name", "metric.labels.model_name"},
	{"of the target", false, "namespace", "resource.labels.namespace"},
	{"the project", false, "project_id", "resource.labels.project_id"},
	{"the pod is the metric's", false, "pod", "metric.labels.pod"},
	{"the name", false, "__name__", NULL},
	{"of GKE's own", true, "pod_name", "resource.labels.pod_name"},
	{"its type", true, "monitored_resource", "resource.type"},
	{"a label that is called like the type", false, "monitored_resource", "metric.labels.monitored_resource"},
	{"a metric's of GKE's own", true, "model", "metric.labels.model"},
};

static void test_label(void **state)
{
	const struct label_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};

	assert_int_equal(gke_label_write(&out, c->system, str_of(c->label)), c->want != NULL);
	assert_str(buf_str(&out), c->want ? c->want : "");
}

int main(void)
{
	return RUN_ROWS(query_cases, test_query) + RUN_ROWS(scope_cases, test_scope) +
	       RUN_ROWS(label_cases, test_label);
}
