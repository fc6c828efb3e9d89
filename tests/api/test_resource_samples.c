/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resource_plan.h"

#include "rows.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "resource_world.h"

/* "namespace/pod/container=value@seconds"; an empty part is no label. */
static void add_sample(struct samples *samples, struct str word, bool node)
{
	static const char *const pod_labels[] = {"namespace", "pod", "container"};
	struct str where = str_slice(word, 0, str_index(word, '='));
	struct label *labels = arena_calloc(samples->arena, 3, sizeof(*labels));
	struct sample *sample = vec_push(&samples->list);
	const char *value = strchr(word.ptr, '=') + 1;
	struct str part;

	for (size_t i = 0; i < 3 && str_split(&where, '/', &part); i++)
		if (part.len)
			labels[sample->label_count++] =
				(struct label){str_of(node && i == 1 ? "instance" : pod_labels[i]), part};
	sample->labels = labels;
	sample->value = strtod(value, NULL);
	sample->time_ms = ((int64_t)NOW_S + strtol(strchr(value, '@') + 1, NULL, 10)) * 1000;
}

static struct samples *samples_of(const char *text, bool node)
{
	struct samples *samples = samples_new();
	struct str rest = str_of(text);
	struct str word;

	while (rest.len && str_split(&rest, ' ', &word)) {
		if (str_eq(word, STR("scalar")))
			samples->type = SAMPLES_SCALAR;
		else if (str_eq(word, STR("warning")))
			samples->warning = STR("half of it");
		else if (str_eq(word, STR("malformed")))
			samples->malformed = 3;
		else
			add_sample(samples, word, node);
	}
	return samples;
}

static void give_answers(struct fixture *f, const char *const *answers)
{
	const struct upstream_error refused = {.fault = UPSTREAM_REFUSED, .text = "connection refused"};

	for (size_t i = f->plan.query_count; i-- > 0;) { /* they come in any order; a failure is told of the last */
		CLEANUP(samples_free_at) struct samples *samples = NULL;

		if (strcmp(answers[i], "!") == 0) {
			resource_plan_failed(&f->plan, i, &refused);
			continue;
		}
		samples = samples_of(answers[i], f->plan.nodes);
		resource_plan_sampled(&f->plan, i, samples);
	}
	resource_plan_answer(&f->plan);
}

/* ---- what is answered. `answers`: of each query in turn, "namespace/pod/container=value@seconds ...", "!" is a failure. `says`:
   what the body holds, one behind the other. */

enum { QUERIES_MAX = 10 };

#define CREATED "\"creationTimestamp\":\"2023-11-14T22:13:20Z\""
#define SEEN	"\"timestamp\":\"2023-11-14T22:13:20Z\",\"window\":\"1m0s\""
#define NONE	"\"items\":[]}\n"

#define USE(name, cpu, memory) "{\"name\":\"" name "\",\"usage\":{\"cpu\":\"" cpu "\",\"memory\":\"" memory "\"}}"
#define POD(namespace, name)                                                                                           \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" namespace "\"," CREATED "}," SEEN ",\"containers\":["

static struct answer_case {
	const char *name, *target, *objects, *answers[QUERIES_MAX];
	unsigned status;
	const char *says[6], *warns; /* warns: NULL is no Warning */
	bool lenient;
	uint64_t dropped;
} answer_cases[] = {
	{.name = "a pod; the earlier time",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=0.25@0", "/b/c=104857600@-1"},
	 .status = 200,
	 .says = {"{\"kind\":\"PodMetrics\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{\"name\":\"b\",",
		  "\"timestamp\":\"2023-11-14T22:13:19Z\",\"window\":\"1m0s\",\"containers\":[",
		  USE("c", "250m", "100Mi"), "]}\n"}},
	{.name = "its labels",
	 .target = PODS "/a",
	 .objects = "d/a",
	 .answers = {"/a/c=1@0", "/a/c=1@0"},
	 .status = 200,
	 .says = {CREATED, ",\"labels\":{\"app\":\"x\",\"empty\":\"\"}},\"timestamp\""}},
	{.name = "a list in the order of the objects",
	 .target = PODS,
	 .objects = "d/b d/c",
	 .answers = {"/c/x=2@0 /b/x=1@0", "/b/x=1024@0 /c/x=2048@0"},
	 .status = 200,
	 .says = {"{\"kind\":\"PodMetricsList\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{},\"items\":[",
		  POD("d", "b"), USE("x", "1", "1Ki"), POD("d", "c"), USE("x", "2", "2Ki"), "]}]}\n"}},
	{.name = "containers are the union, by name",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/z=1@0 /b/a=2@0", "/b/m=1@0 /b/a=3@0"},
	 .status = 200,
	 .says = {USE("a", "2", "3"), USE("m", "0", "1"), USE("z", "1", "0"), "]}\n"}},
	{.name = "samples of a container that differ",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=1@0 /b/c=2@0", "/b/c=1@0"},
	 .status = 404,
	 .says = {"the cpu query of rule rules.yaml:3 gives the container \\\"c\\\" of d/b several samples whose "
		  "values "
		  "differ. fix: aggregate by (",
		  "GroupBy"},
	 .dropped = 2},
	{.name = "samples of a container that are equal",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=2@0 /b/c=2@-1", "/b/c=1@0"},
	 .status = 200,
	 .says = {"\"timestamp\":\"2023-11-14T22:13:19Z\"", USE("c", "2", "1")}},
	{.name = "leniently: the last of two samples of a container",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=1@0 /b/c=2@0", "/b/c=1@0"},
	 .status = 200,
	 .says = {USE("c", "2", "1")},
	 .lenient = true},
	{.name = "NaN takes its pod out",
	 .target = PODS,
	 .objects = "d/b d/c",
	 .answers = {"/b/c=nan@0 /b/e=1@0 /c/c=1@0", "/b/c=1@0 /b/e=1@0 /c/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "c"), "]}]}\n"},
	 .warns =
		 "d/b is left out of 2 pods: the cpu query of rule rules.yaml:3 gives the container \\\"c\\\" of d/b a "
		 "sample that is NaN. fix: correct containerQuery, which must give numbers from zero up, or take this "
		 "for 0 with --lenient-resource-metrics; it asks sum(rate(",
	 .dropped = 1},
	{.name = "what is below zero takes its pod out",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=1@0", "/b/c=-1@0"},
	 .status = 404,
	 .says = {"the memory query of rule rules.yaml:9 gives the container \\\"c\\\" of d/b a sample that is "
		  "negative. "
		  "fix: correct containerQuery"},
	 .dropped = 1},
	{.name = "what is zero but for rounding",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=-0.0005@0", "/b/c=1@0"},
	 .status = 200,
	 .says = {USE("c", "0", "1")}},
	{.name = "leniently: NaN and what is below zero are zero",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=-5@0 /b/e=nan@0", "/b/c=3100@0 /b/e=-1@0"},
	 .status = 200,
	 .says = {USE("c", "0", "3100"), USE("e", "0", "0")},
	 .lenient = true},
	{.name = "leniently: infinite is no number",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=-inf@0", "/b/c=1@0"},
	 .status = 404,
	 .says = {"a sample that is infinite. fix: correct containerQuery, which must give numbers from zero up; it "
		  "asks"},
	 .lenient = true,
	 .dropped = 1},
	{.name = "nothing but NaN",
	 .target = PODS,
	 .objects = "d/b",
	 .answers = {"/b/c=nan@0", "/b/c=1@0"},
	 .status = 200,
	 .says = {NONE},
	 .warns = "d/b is left out of 1 pod: the cpu query",
	 .dropped = 1},
	{.name = "more than are named",
	 .target = PODS,
	 .objects = "d/b d/c d/e d/f d/g d/h d/i",
	 .answers = {"/b/c=nan@0 /c/c=1@0 /e/c=nan@0 /f/c=nan@0 /g/c=nan@0 /h/c=nan@0 /i/c=nan@0", "/c/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "c"), "]}]}\n"},
	 .warns = "d/b, d/e, d/f, d/g and 2 more are left out of 7 pods: the cpu query",
	 .dropped = 6},
	{.name = "nothing of a pod",
	 .target = PODS,
	 .objects = "d/b",
	 .answers = {"", "/b/c=1@0"},
	 .status = 200,
	 .says = {NONE},
	 .warns = "b has no usage: the cpu query of rule rules.yaml:3 gives no number for it among 0 samples. fix: run "
		  "it in Prometheus: sum(rate("},
	{.name = "cpu alone is not answered",
	 .target = PODS,
	 .objects = "d/b d/c",
	 .answers = {"/b/c=1@0 /c/c=1@0", "/c/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "c"), "]}]}\n"}},
	{.name = "memory alone is not answered",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"", "/b/c=1@0"},
	 .status = 404,
	 .says = {"\"message\":\"podmetrics.metrics.k8s.io \\\"d/b\\\" not found: the cpu query of rule rules.yaml:3 ",
		  "gives no number for it among 0 samples. fix: run it in Prometheus: sum(rate(c{namespace=",
		  "\"reason\":\"NotFound\",\"details\":{\"name\":\"d/b\",\"group\":\"metrics.k8s.io\",\"kind\":",
		  "\"podmetrics\"},\"code\":404}"}},
	{.name = "an infinite sample takes its pod out",
	 .target = PODS,
	 .objects = "d/b d/c",
	 .answers = {"/b/c=inf@0 /b/e=1@0 /c/c=1@0", "/b/c=1@0 /c/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "c"), "]}]}\n"},
	 .warns =
		 "d/b is left out of 2 pods: the cpu query of rule rules.yaml:3 gives the container \\\"c\\\" of d/b a "
		 "sample that is infinite",
	 .dropped = 1},
	{.name = "a huge sample",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=1@0", "/b/c=1e300@0 /b/e=1@0"},
	 .status = 404,
	 .says = {"the memory query of rule rules.yaml:9 gives the container \\\"c\\\" of d/b a sample that is out of "
		  "range"},
	 .dropped = 1},
	{.name = "an old sample",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=1@-301", "/b/c=1@0"},
	 .status = 404,
	 .says = {"gives the container \\\"c\\\" of d/b a sample that is 5m1s old, and the limit is 5m0s. fix: check "
		  "the "
		  "scrape, or raise --max-sample-age"},
	 .dropped = 1},
	{.name = "the label of the pod is missing",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"//c=1@0", "/b/c=1@0"},
	 .status = 404,
	 .says = {"gives 1 sample without the label of the object. fix: aggregate by (", "GroupBy"}},
	{.name = "samples of other namespaces and pods",
	 .target = PODS,
	 .objects = "d/b d/c",
	 .answers = {"e/b/c=1@0 d/c/c=2@0 /x/c=3@0", "/b/c=1@0 /c/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "c"), USE("c", "2", "1"), "]}]}\n"}},
	{.name = "many namespaces are told apart",
	 .target = M1 "/pods",
	 .objects = "d/b e/b f/b g/b h/b",
	 .answers = {"d/b/c=1@0 e/b/c=2@0 x/b/c=9@0 /b/c=9@0", "h/b/c=1@0 e/b/c=1@0 d/b/c=1@0 f/b/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "b"), USE("c", "1", "1"), POD("e", "b"), USE("c", "2", "1"), "]}]}\n"}},
	{.name = "samples of a node that differ",
	 .target = M1 "/nodes",
	 .objects = "n1 n2",
	 .answers = {"/n1/=1.1@0 /n1/=7@0 /n2/=1@0", "/n1/=1@0 /n2/=1@0"},
	 .status = 200,
	 .says = {"\"items\":[{\"metadata\":{\"name\":\"n2\","},
	 .warns = "n1 is left out of 2 nodes: the cpu query of rule rules.yaml:3 gives n1 several samples whose values "
		  "differ",
	 .dropped = 2},
	{.name = "leniently: a node; the first of two samples",
	 .target = M1 "/nodes/n1",
	 .objects = "n1",
	 .answers = {"/n1/=1.1@0 /n1/=7@0", "/n1/=2147483648@0"},
	 .lenient = true,
	 .status = 200,
	 .says = {"{\"kind\":\"NodeMetrics\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{\"name\":\"n1\",",
		  CREATED "}," SEEN ",\"usage\":{\"cpu\":\"1100m\",\"memory\":\"2Gi\"}}\n"}},
	{.name = "nodes",
	 .target = M1 "/nodes",
	 .objects = "n1 n2",
	 .answers = {"/n1/=1@0 /n2/=1@0", "/n2/=1@0"},
	 .status = 200,
	 .says = {"{\"kind\":\"NodeMetricsList\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{},",
		  "\"items\":[{\"metadata\":{\"name\":\"n2\","}},
	{.name = "a node without a sample",
	 .target = M1 "/nodes/n1",
	 .objects = "n1",
	 .answers = {"/n1/=1@0", ""},
	 .status = 404,
	 .says = {"\"message\":\"nodemetrics.metrics.k8s.io \\\"n1\\\" not found: the memory query of rule "
		  "rules.yaml:9"}},
	{.name = "Prometheus is down",
	 .target = PODS,
	 .objects = "d/b",
	 .answers = {"!", "!"},
	 .status = 500,
	 .says = {"\"message\":\"Internal error occurred: unable to fetch metrics: the memory query of rule "
		  "rules.yaml:9: ",
		  "connection refused. fix: check --prometheus-url and that Prometheus is running "
		  "[usage-fails]\",\"reason\":\"InternalError\",\"details\":",
		  "{\"causes\":[{\"message\":\"unable to fetch metrics\"}]}"}},
	{.name = "half of it fails",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"/b/c=1@0", "!"},
	 .status = 500,
	 .says = {"the memory query of rule rules.yaml:9: connection refused"}},
	{.name = "one namespace fails",
	 .target = M1 "/pods",
	 .objects = "d/b e/b",
	 .answers = {"/b/c=1@0", "/b/c=1@0", "!", "/b/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "b"), USE("c", "1", "1"), "]}]}\n"},
	 .warns = "1 of 2 pods are left out: the cpu query of rule rules.yaml:3: connection refused"},
	{.name = "one namespace fails, and one sample is no number",
	 .target = M1 "/pods",
	 .objects = "d/b e/b f/b",
	 .answers = {"/b/c=1@0", "/b/c=1@0", "!", "/b/c=1@0", "/b/c=nan@0", "/b/c=1@0"},
	 .status = 200,
	 .says = {"\"items\":[", POD("d", "b"), "]}]}\n"},
	 .warns =
		 "1 of 3 pods are left out: the cpu query of rule rules.yaml:3: connection refused. fix: check "
		 "--prometheus-url and that Prometheus is running [usage-fails]\", 299 - \"f/b is left out of 3 pods: ",
	 .dropped = 1},
	{.name = "no vector",
	 .target = PODS,
	 .objects = "d/b",
	 .answers = {"scalar", "/b/c=1@0"},
	 .status = 200,
	 .says = {NONE},
	 .warns = "not an instant vector"},
	{.name = "no vector for one pod",
	 .target = PODS "/b",
	 .objects = "d/b",
	 .answers = {"scalar", "/b/c=1@0"},
	 .status = 500,
	 .says = {"not an instant vector"}},
	{.name = "a warning is an error",
	 .target = PODS,
	 .objects = "d/b",
	 .answers = {"warning", "/b/c=1@0"},
	 .status = 500,
	 .says = {"Prometheus prom:9090 warns that data is missing: half"}},
	{.name = "malformed samples are an error",
	 .target = PODS,
	 .objects = "d/b",
	 .answers = {"malformed", "/b/c=1@0"},
	 .status = 500,
	 .says = {"3 samples cannot be read"}},
};

static void assert_holds_in_order(struct buf *text, const char *const *parts, size_t count)
{
	const char *at = buf_cstr(text);

	for (size_t i = 0; i < count && parts[i]; i++) {
		const char *found = strstr(at, parts[i]);

		if (found == NULL)
			fail_msg("\"%s\" does not hold \"%s\" (there)", buf_cstr(text), parts[i]);
		at = found + strlen(parts[i]);
	}
}

static uint64_t dropped(const struct policy_stats *stats)
{
	uint64_t count = 0;

	for (size_t drop = 0; drop < DROP_COUNT; drop++)
		count += stats->dropped[drop];
	return count;
}

static void test_answer(void **state)
{
	const struct answer_case *c = *state;
	struct fixture f;

	begin_with(&f, c->target, NULL, &usual_memory, false);
	f.plan.view.lenient = c->lenient;
	add_objects(&f, c->objects);
	assert_int_equal(f.plan.step, RESOURCE_QUERIES);
	give_answers(&f, c->answers);
	assert_int_equal(f.plan.step, RESOURCE_ANSWERED);
	assert_holds_in_order(&f.plan.reply.body, c->says, COUNT_OF(c->says));
	assert_int_equal(f.plan.reply.status, c->status);
	if (c->warns)
		assert_contains(buf_str(&f.plan.reply.warning), c->warns);
	else
		assert_string_equal(buf_cstr(&f.plan.reply.warning), "");
	assert_int_equal(dropped(&f.stats), c->dropped);
	end(&f);
}

/* ---- tables */

#define TABLE "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
#define COLUMN(name, format, description)                                                                              \
	"{\"name\":\"" name "\",\"type\":\"string\",\"format\":\"" format "\",\"description\":\"" description          \
	"\",\"priority\":0}"

static void test_table(void **state)
{
	static const char *const answers[] = {"/b/x=1@0 /b/y=0.5@0 /c/x=1@0", "/b/x=1024@0 /b/y=1024@0"};
	static const char *const parts[] = {
		"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{},\"columnDefinitions\":[",
		COLUMN("Name", "name", "Name of the resource"),
		COLUMN("cpu", "quantity", ""),
		COLUMN("memory", "quantity", ""),
		COLUMN("Window", "duration", ""),
		"],\"rows\":[{\"cells\":[\"b\",\"1500m\",\"2Ki\",\"1m0s\"],\"object\":{\"kind\":"
		"\"PartialObjectMetadata\",",
		"\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"name\":\"b\",\"namespace\":\"d\"," CREATED "}}}]}\n",
	};
	struct fixture f;

	(void)state;
	begin_with(&f, PODS, TABLE, &usual_memory, false);
	add_objects(&f, "d/b d/c");
	give_answers(&f, answers);
	assert_holds_in_order(&f.plan.reply.body, parts, COUNT_OF(parts));
	end(&f);
}

static void test_table_of_one(void **state)
{
	static const char *const answers[] = {"/n1/=1@0", "/n1/=1@0"};
	struct fixture f;

	(void)state;
	begin_with(&f, M1 "/nodes/n1", TABLE, &usual_memory, false);
	add_objects(&f, "n1");
	give_answers(&f, answers);
	assert_contains(buf_str(&f.plan.reply.body), "\"rows\":[{\"cells\":[\"n1\",\"1\",\"1\",\"1m0s\"],\"object\":");
	end(&f);
}

static void test_table_of_nothing(void **state)
{
	struct fixture f;

	(void)state;
	begin_with(&f, PODS, TABLE, &usual_memory, false);
	add_objects(&f, "");
	assert_contains(buf_str(&f.plan.reply.body), "\"rows\":[]}\n");
	end(&f);
}

/* ---- a query that cannot be built */

static void test_bad_template(void **state)
{
	static const char *const targets[] = {M1 "/nodes", M1 "/nodes/n1"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		struct resource_rule_spec memory = joined_memory;
		CLEANUP(buf_clear) struct buf promql = {0};
		struct samples *samples = samples_of("/n1/=1@0", true);
		struct fixture f;

		memory.resources.override_count = 3;
		begin_with(&f, targets[i], NULL, &memory, false);
		add_objects(&f, "n1");
		assert_false(resource_plan_promql(&f.plan, 1, &promql));
		resource_plan_sampled(&f.plan, 0, samples);
		resource_plan_answer(&f.plan);
		assert_int_equal(f.plan.reply.status, i ? 500 : 200);
		assert_contains(buf_str(i ? &f.plan.reply.body : &f.plan.reply.warning),
				"the memory query of rule rules.yaml:9: ");
		samples_free(samples);
		end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_of_one),
		cmocka_unit_test(test_table_of_nothing),
		cmocka_unit_test(test_bad_template),
	};

	return RUN_ROWS(answer_cases, test_answer) + cmocka_run_group_tests(tests, NULL, NULL);
}
