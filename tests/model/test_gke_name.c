/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gke_name.h"

#include "rows.h"

#define P "prometheus.googleapis.com|"

static struct name_case {
	const char *name, *text;
	bool looks;	    /* like one */
	const char *series; /* NULL: refused, with `says` */
	enum gke_kind kind;
	bool system;
	const char *says;
} name_cases[] = {
	{"gauge", P "vllm:num_requests_waiting|gauge", true, "vllm:num_requests_waiting", GKE_GAUGE, false, ""},
	{"counter", P "vllm:generation_tokens_total|counter", true, "vllm:generation_tokens_total", GKE_COUNTER, false,
	 ""},
	{"histogram", P "vllm:time_to_first_token_seconds|histogram", true, "vllm:time_to_first_token_seconds",
	 GKE_HISTOGRAM, false, ""},
	{"summary", P "rpc|summary", true, "rpc", GKE_SUMMARY, false, ""},
	{"count of a summary", P "rpc_count|summary", true, "rpc_count", GKE_COUNTER, false, ""},
	{"sum of a summary", P "rpc_sum|summary:counter", true, "rpc_sum", GKE_COUNTER, false, ""},
	{"unknown", P "dcgm_fi_dev_gpu_util|unknown", true, "dcgm_fi_dev_gpu_util", GKE_GAUGE, false, ""},
	{"unknown as a counter", P "x|unknown:counter", true, "x", GKE_COUNTER, false, ""},
	{"prefix in another case", "Prometheus.GoogleAPIs.com|x|gauge", true, "x", GKE_GAUGE, false, ""},
	{"capital letters", P "DCGM_FI_DEV_GPU_UTIL|gauge", true, "DCGM_FI_DEV_GPU_UTIL", GKE_GAUGE, false, ""},
	{"no identifier", P "my.domain-x|gauge", true, "my.domain-x", GKE_GAUGE, false, ""},
	{"a template's action is a name like others", P "<<.X>>|gauge", true, "<<.X>>", GKE_GAUGE, false, ""},
	{"no suffix", P "x", true, NULL, GKE_GAUGE, false, "behind the metric stands none of |gauge"},
	{"empty suffix", P "x|", true, NULL, GKE_GAUGE, false, "behind the metric stands none of"},
	{"other suffix", P "x|guage", true, NULL, GKE_GAUGE, false, "fix: end the name with"},
	{"suffix in another case", P "x|Gauge", true, NULL, GKE_GAUGE, false, "behind the metric"},
	{"two bars more", P "a|b|gauge", true, NULL, GKE_GAUGE, false, "behind the metric"},
	{"no metric", P "|gauge", true, NULL, GKE_GAUGE, false, "no metric"},
	{"nothing behind the prefix", P, true, NULL, GKE_GAUGE, false, "no metric"},
	{"no UTF-8", P "\xff|gauge", true, NULL, GKE_GAUGE, false, "no metric"},
	{"accelerator of a container", "kubernetes.io|container|accelerator|duty_cycle", true,
	 "kubernetes_io:container_accelerator_duty_cycle", GKE_GAUGE, true, ""},
	{"accelerator of a node", "kubernetes.io|node|accelerator|memory_used", true,
	 "kubernetes_io:node_accelerator_memory_used", GKE_GAUGE, true, ""},
	{"a metric whose kind the name does not tell", "kubernetes.io|container|cpu|core_usage_time", true, NULL,
	 GKE_GAUGE, true, "external rule"},
	{"a metric of accelerators that nobody knows", "kubernetes.io|container|accelerator|newest", true, NULL,
	 GKE_GAUGE, true, "external rule"},
	{"accelerator alone", "kubernetes.io|container|accelerator|", true, NULL, GKE_GAUGE, true,
	 "known to be gauges"},
	{"a brace", "kubernetes.io|container|accelerator|x{}", true, NULL, GKE_GAUGE, true, "known to be gauges"},
	{"a name of a rule", "vllm:num_requests_waiting", false, NULL, GKE_GAUGE, false, NULL},
	{"the prefix alone", "prometheus.googleapis.com", false, NULL, GKE_GAUGE, false, NULL},
	{"another prefix", "custom.googleapis.com|foo", false, NULL, GKE_GAUGE, false, NULL},
	{"nothing", "", false, NULL, GKE_GAUGE, false, NULL},
};

static void test_name(void **state)
{
	const struct name_case *c = *state;
	CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 16);
	struct gke_name got = {.series = STR("untouched")};
	struct err err = {0};
	bool good;

	assert_int_equal(gke_name_is(str_of(c->text)), c->looks);
	if (!c->looks)
		return;
	good = gke_name_parse(str_of(c->text), arena, &got, &err);
	assert_int_equal(good, c->series != NULL);
	assert_str(got.series, good ? c->series : "untouched");
	if (good) {
		assert_int_equal(got.kind, c->kind);
		assert_int_equal(got.system, c->system);
	} else {
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_contains(str_of(err.msg), c->says);
	}
}

int main(void)
{
	return RUN_ROWS(name_cases, test_name);
}
