/* SPDX-License-Identifier: Apache-2.0 */
/* What x-gaugelet and --sample-age make of samples. */
#include "api/plan.h"

#include <math.h>

#include "rows.h"
#include "metrics.h"
#include "model/policy.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "../bucket_sum.h"

#define NS	 "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default"
#define ONE	 NS "/pods/a/queue"
#define ALL	 NS "/pods/%2A/queue"
#define EXTERNAL "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/everywhere"

enum { NOW_MS = 1700000000, SAMPLES_MAX = 4 };

static const struct series_finding findings[COUNT_OF(found_labels)] = {{.asked = true, .failure = ""}};

struct fixture {
	struct arena *arena;
	struct catalog *catalog;
	struct api_request request;
	struct api_view view;
	struct api_plan plan;
	struct policy_stats stats;
};

static void begin(struct fixture *f, const char *target, const struct extension_spec *extension, bool sample_age)
{
	const struct api_headers headers = {0};
	struct err err;

	custom_rules[0].extension = external_rules[1].extension = *extension;
	*f = (struct fixture){.arena = arena_new(1 << 20), .catalog = small_catalog()};
	f->view = (struct api_view){.catalog = f->catalog,
				    .findings = findings,
				    .upstream = STR("prom:9090"),
				    .max_sample_age_ms = 300000,
				    .sample_age = sample_age,
				    .stats = &f->stats};
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

/* ---- samples */

struct given {
	const char *labels; /* a=1,b=2; NULL: no more samples */
	double value;
	int64_t age_ms;
};

static void add_labels(struct samples *samples, struct sample *sample, const char *text)
{
	struct str rest = str_of(text);
	struct label *labels = arena_calloc(samples->arena, 4, sizeof(*labels));

	sample->labels = labels;
	while (rest.len) {
		struct str one = str_slice(rest, 0, str_index(rest, ','));
		size_t equals = str_index(one, '=');

		labels[sample->label_count++] =
			(struct label){str_slice(one, 0, equals), str_slice(one, equals + 1, one.len)};
		rest = str_slice(rest, one.len + 1, rest.len);
	}
}

static struct samples *samples_of(const struct given *given)
{
	struct samples *samples = samples_new();

	for (size_t i = 0; i < SAMPLES_MAX && given[i].labels; i++) {
		struct sample *sample = vec_push(&samples->list);

		*sample = (struct sample){.value = given[i].value, .time_ms = NOW_MS - given[i].age_ms};
		add_labels(samples, sample, given[i].labels);
	}
	return samples;
}

static void answer(struct fixture *f, const struct given *given)
{
	CLEANUP(samples_free_at) struct samples *samples = samples_of(given);

	assert_int_equal(f->plan.step, API_QUERY);
	api_answer(&f->plan, samples, NOW_MS);
	assert_int_equal(f->plan.step, API_ANSWERED);
}

/* Ages are given as ages, not as times. */
static void age(struct fixture *f, const struct given *given)
{
	struct given times[SAMPLES_MAX] = {{0}};
	CLEANUP(samples_free_at) struct samples *samples = NULL;

	for (size_t i = 0; i < SAMPLES_MAX && given[i].labels; i++)
		times[i] = (struct given){given[i].labels, (NOW_MS / 1000.0) - given[i].value, 0};
	samples = samples_of(times);
	assert_int_equal(f->plan.step, API_AGE);
	api_aged(&f->plan, samples);
}

static void expect(struct fixture *f, unsigned status, const char *says)
{
	assert_contains(buf_str(&f->plan.reply.body), says);
	assert_int_equal(f->plan.reply.status, status);
}

/* ---- one query */

static struct value_case {
	const char *name;
	struct extension_spec extension;
	const char *target;
	struct given given[SAMPLES_MAX];
	unsigned status;
	const char *says;
} value_cases[] = {
	{"infinite", {.infinite = 1e6}, ONE, {{"pod=a", INFINITY, 0}}, 200, "\"value\":\"1M\""},
	{"minus infinite", {.infinite = 1e6}, ONE, {{"pod=a", -INFINITY, 0}}, 404, "1 infinite"},
	{"infinite, and nobody says what it is",
	 {.infinite = 0},
	 ONE,
	 {{"pod=a", INFINITY, 0}},
	 404,
	 "as infinite in x-gaugelet"},
	{"external infinite", {.infinite = 7}, EXTERNAL, {{"q=x", INFINITY, 0}}, 200, "\"value\":\"7\""},
	{"older than the flag allows, and the rule allows more",
	 {.has_max_sample_age = true, .max_sample_age_ms = 600000},
	 ONE,
	 {{"pod=a", 1, 400000}},
	 200,
	 "\"timestamp\":\"1970-01-20T16:06:40Z\""},
	{"older than the rule allows, and the flag allows more",
	 {.has_max_sample_age = true, .max_sample_age_ms = 60000},
	 ONE,
	 {{"pod=a", 1, 61000}},
	 404,
	 "1 stale; the newest is 1m1s old, the limit is 1m0s"},
	{"any age", {.has_max_sample_age = true}, ONE, {{"pod=a", 1, 900000000}}, 200, "\"value\":\"1\""},
	{"external older than the rule allows",
	 {.has_max_sample_age = true, .max_sample_age_ms = 60000},
	 EXTERNAL,
	 {{"q=x", 1, 61000}},
	 404,
	 "the limit is 1m0s"},
	{"duplicates: last",
	 {.on_duplicate = DUPLICATE_LAST},
	 ONE,
	 {{"pod=a", 1, 0}, {"pod=a", 2, 0}},
	 200,
	 "\"value\":\"2\""},
	{"duplicates: error",
	 {.on_duplicate = DUPLICATE_ERROR},
	 ONE,
	 {{"pod=a", 1, 0}, {"pod=a", 2, 0}},
	 404,
	 "pod a several samples, 1 and 2. fix: aggregate"},
	{"duplicates: sum",
	 {.on_duplicate = DUPLICATE_SUM},
	 ONE,
	 {{"pod=a", 1, 0}, {"pod=a", 2, 0}, {"pod=b", 9, 0}},
	 200,
	 "\"value\":\"3\""},
	{"duplicates: a sum that lacks one is none",
	 {.on_duplicate = DUPLICATE_SUM},
	 ONE,
	 {{"pod=a", 1, 0}, {"pod=a", NAN, 0}},
	 404,
	 "1 NaN"},
	{"duplicates: max",
	 {.on_duplicate = DUPLICATE_MAX},
	 ONE,
	 {{"pod=a", 5, 0}, {"pod=a", 2, 0}},
	 200,
	 "\"value\":\"5\""},
	{"duplicates of another namespace are none of ours",
	 {.on_duplicate = DUPLICATE_SUM},
	 ONE,
	 {{"pod=a,namespace=default", 5, 0}, {"pod=a,namespace=other", 2, 0}},
	 200,
	 "\"value\":\"5\""},
};

static void test_value(void **state)
{
	const struct value_case *c = *state;
	struct fixture f;

	begin(&f, c->target, &c->extension, false);
	answer(&f, c->given);
	expect(&f, c->status, c->says);
	end(&f);
}

/* ---- with ages */

static struct age_case {
	const char *name, *target;
	struct extension_spec extension;
	struct given ages[SAMPLES_MAX]; /* value: the age in seconds */
	struct given given[SAMPLES_MAX];
	unsigned status;
	const char *says;
} age_cases[] = {
	{"the time of the oldest series",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a", 100, 0}},
	 {{"pod=a", 1, 0}},
	 200,
	 "\"timestamp\":\"1970-01-20T16:11:40Z\""},
	{"of several the oldest",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a,x=1", 50, 0}, {"pod=a,x=2", 100, 0}, {"pod=a,x=3", 20, 0}},
	 {{"pod=a", 1, 0}},
	 200,
	 "\"timestamp\":\"1970-01-20T16:11:40Z\""},
	{"never newer than the sample",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a", -60, 0}},
	 {{"pod=a", 1, 0}},
	 200,
	 "\"timestamp\":\"1970-01-20T16:13:20Z\""},
	{"too old",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a", 301, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "1 stale; the newest is 5m1s old"},
	{"too old for the rule",
	 ONE,
	 {.has_max_sample_age = true, .max_sample_age_ms = 30000},
	 {{"pod=a", 31, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "is 31s old, the limit is 30s"},
	{"no age",
	 ONE,
	 {.infinite = 0},
	 {{NULL, 0, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "1 of unknown age. fix: see in Prometheus"},
	{"the age of another object",
	 ONE,
	 {.infinite = 0},
	 {{"pod=b", 1, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "1 of unknown age"},
	{"the age of another namespace",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a,namespace=other", 1, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "1 of unknown age"},
	{"an age that is no number",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a", NAN, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "1 of unknown age"},
	{"an age beyond all times",
	 ONE,
	 {.infinite = 0},
	 {{"pod=a", -1e13, 0}},
	 {{"pod=a", 1, 0}},
	 404,
	 "1 of unknown age"},
	{"NaN is NaN, however old", ONE, {.infinite = 0}, {{"pod=a", 900, 0}}, {{"pod=a", NAN, 0}}, 404, "1 NaN"},
	{"a sum of a known and a known age",
	 ONE,
	 {.on_duplicate = DUPLICATE_SUM},
	 {{"pod=a", 100, 0}},
	 {{"pod=a", 1, 0}, {"pod=a", 2, 0}},
	 200,
	 "\"timestamp\":\"1970-01-20T16:11:40Z\",\"value\":\"3\""},
	{"external",
	 EXTERNAL,
	 {.infinite = 0},
	 {{"q=y,r=1", 10, 0}, {"r=1,q=x", 100, 0}},
	 {{"__name__=everywhere,q=x,r=1", 1, 0}},
	 200,
	 "\"timestamp\":\"1970-01-20T16:11:40Z\""},
	{"external: too old", EXTERNAL, {.infinite = 0}, {{"q=x", 301, 0}}, {{"q=x", 1, 0}}, 404, "1 stale"},
	{"external: one of unknown age",
	 EXTERNAL,
	 {.infinite = 0},
	 {{"q=x", 1, 0}},
	 {{"q=x", 1, 0}, {"q=y", 1, 0}},
	 404,
	 "1 of unknown age"},
};

static void test_age(void **state)
{
	const struct age_case *c = *state;
	struct fixture f;

	begin(&f, c->target, &c->extension, true);
	age(&f, c->ages);
	answer(&f, c->given);
	expect(&f, c->status, c->says);
	end(&f);
}

static struct wanted_case {
	const char *name, *target;
	struct extension_spec extension;
	bool flag;
	const char *promql; /* of the first query */
} wanted_cases[] = {
	{"nobody wants it", ONE, {.infinite = 0}, false, "sum(queue{namespace=\"default\",pod=\"a\"}) by (pod)"},
	{"the flag", ONE, {.infinite = 0}, true, "min by (pod) (timestamp(queue{namespace=\"default\",pod=\"a\"}))"},
	{"the rule",
	 ONE,
	 {.has_sample_age = true, .sample_age = true},
	 false,
	 "min by (pod) (timestamp(queue{namespace=\"default\",pod=\"a\"}))"},
	{"the flag, and not the rule",
	 ONE,
	 {.has_sample_age = true},
	 true,
	 "sum(queue{namespace=\"default\",pod=\"a\"}) by (pod)"},
	{"external", EXTERNAL, {.infinite = 0}, true, "timestamp(everywhere{})"},
};

static void test_wanted(void **state)
{
	const struct wanted_case *c = *state;
	struct fixture f;

	begin(&f, c->target, &c->extension, c->flag);
	assert_str(buf_str(&f.plan.promql), c->promql);
	end(&f);
}

static void test_query_after_age(void **state)
{
	const struct given ages[SAMPLES_MAX] = {{"pod=a", 1, 0}};
	struct fixture f;

	(void)state;
	begin(&f, ONE, &(struct extension_spec){0}, true);
	age(&f, ages);
	assert_str(buf_str(&f.plan.promql), "sum(queue{namespace=\"default\",pod=\"a\"}) by (pod)");
	end(&f);
}

static void test_age_fails(void **state)
{
	const struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT, .text = "Prometheus prom:9090 was too slow"};
	struct fixture f;

	(void)state;
	begin(&f, ONE, &(struct extension_spec){0}, true);
	api_fail(&f.plan, &problem);
	expect(&f, 500, "Prometheus prom:9090 was too slow (query of rule rules.yaml:1: min by (pod)");
	end(&f);
}

/* ---- pods that do not count */

static void test_left_out(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, ALL, &(struct extension_spec){.drop_not_ready = true}, false);
	assert_int_equal(f.plan.step, API_OBJECTS);
	assert_true(api_objects_wanted(&f.plan).rule->spec->extension.drop_not_ready);
	api_left_out(&f.plan, 3);
	api_named(&f.plan, NULL, 0);
	expect(&f, 404,
	       "for pods: 3 pods found, and none counts: being deleted, or not ready for as long as x-gaugelet "
	       "wants "
	       "in rule rules.yaml:1. fix: ");
	assert_int_equal(f.stats.dropped[DROP_NOT_LIVE], 3);
	end(&f);
	begin(&f, ALL, &(struct extension_spec){0}, false);
	api_left_out(&f.plan, 1);
	api_named(&f.plan, NULL, 0);
	expect(&f, 404, "for pods: 1 pod found, and none counts: being deleted. fix: wait");
	end(&f);
}

/* ---- counting */

static struct stats_case {
	const char *name, *target;
	struct extension_spec extension;
	struct given given[SAMPLES_MAX];
	uint64_t answered;
	enum drop drop;
	uint64_t dropped;
} stats_cases[] = {
	{"good", ONE, {.infinite = 0}, {{"pod=a", 1, 0}}, 1, DROP_NAN, 0},
	{"NaN", ONE, {.infinite = 0}, {{"pod=a", NAN, 0}}, 0, DROP_NAN, 1},
	{"infinite", ONE, {.infinite = 0}, {{"pod=a", INFINITY, 0}}, 0, DROP_INFINITE, 1},
	{"range", ONE, {.infinite = 0}, {{"pod=a", 1e19, 0}}, 0, DROP_RANGE, 1},
	{"stale", ONE, {.infinite = 0}, {{"pod=a", 1, 301000}}, 0, DROP_STALE, 1},
	{"duplicates that are taken",
	 ONE,
	 {.on_duplicate = DUPLICATE_LAST},
	 {{"pod=a", 1, 0}, {"pod=a", 1, 0}, {"pod=a", 1, 0}},
	 1,
	 DROP_DUPLICATE,
	 2},
	{"duplicates that are refused",
	 ONE,
	 {.on_duplicate = DUPLICATE_ERROR},
	 {{"pod=a", 1, 0}, {"pod=a", 2, 0}},
	 0,
	 DROP_DUPLICATE,
	 1},
	{"duplicates that are added",
	 ONE,
	 {.on_duplicate = DUPLICATE_SUM},
	 {{"pod=a", 1, 0}, {"pod=a", 1, 0}},
	 1,
	 DROP_DUPLICATE,
	 0},
	{"foreign",
	 ONE,
	 {.infinite = 0},
	 {{"pod=b", 1, 0}, {"pod=a,namespace=x", 1, 0}, {"pod=a", 1, 0}},
	 1,
	 DROP_FOREIGN,
	 2},
	{"unlabelled", ONE, {.infinite = 0}, {{"job=b", 1, 0}}, 0, DROP_UNLABELLED, 1},
	{"external", EXTERNAL, {.infinite = 0}, {{"q=x", 1, 0}, {"q=y", 1, 0}}, 2, DROP_NAN, 0},
	{"external, not whole", EXTERNAL, {.infinite = 0}, {{"q=x", 1, 0}, {"q=y", NAN, 0}}, 0, DROP_NAN, 1},
};

static void test_stats(void **state)
{
	const struct stats_case *c = *state;
	bool external = strcmp(c->target, EXTERNAL) == 0;
	const struct age_histogram *histogram;
	struct fixture f;

	begin(&f, c->target, &c->extension, false);
	answer(&f, c->given);
	histogram = external ? &f.stats.external_freshness : &f.stats.custom_freshness;
	assert_int_equal(f.stats.answered, c->answered);
	assert_int_equal(bucket_sum(histogram->buckets, AGE_BOUNDS), c->answered);
	assert_int_equal(f.stats.dropped[c->drop], c->dropped);
	assert_int_equal(f.plan.duplicates, c->extension.on_duplicate == DUPLICATE_LAST ? c->dropped : 0);
	end(&f);
}

static void test_freshness(void **state)
{
	const struct given given[SAMPLES_MAX] = {{"pod=a", 1, 4000}};
	struct fixture f;

	(void)state;
	begin(&f, ONE, &(struct extension_spec){0}, false);
	answer(&f, given);
	assert_true(f.stats.custom_freshness.sum > 3.999 && f.stats.custom_freshness.sum < 4.001);
	end(&f);
}

static void test_malformed(void **state)
{
	const struct given given[SAMPLES_MAX] = {{"pod=a", 1, 0}};
	CLEANUP(samples_free_at) struct samples *samples = samples_of(given);
	struct fixture f;

	(void)state;
	samples->malformed = 3;
	begin(&f, ONE, &(struct extension_spec){0}, false);
	api_answer(&f.plan, samples, NOW_MS);
	assert_int_equal(f.stats.dropped[DROP_MALFORMED], 3);
	assert_int_equal(f.stats.answered, 1);
	end(&f);
}

/* The one that has just come back may have old numbers, while the other one has seen the series a moment ago. */
static void test_ages_of_another_prometheus(void **state)
{
	static const struct given one[SAMPLES_MAX] = {{"pod=a", 1, 0}};
	CLEANUP(samples_free_at) struct samples *samples = samples_of(one);
	struct fixture f;

	(void)state;
	begin(&f, ONE, &(struct extension_spec){0}, true);
	age(&f, one);
	samples->source = 1;
	api_answer(&f.plan, samples, NOW_MS);
	expect(&f, 500, "told how old the series are");
	expect(&f, 500, "--prometheus-url [changed-over]");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_after_age), cmocka_unit_test(test_age_fails),
		cmocka_unit_test(test_left_out),	cmocka_unit_test(test_freshness),
		cmocka_unit_test(test_malformed),	cmocka_unit_test(test_ages_of_another_prometheus),
	};

	return RUN_ROWS(value_cases, test_value) + RUN_ROWS(age_cases, test_age) + RUN_ROWS(wanted_cases, test_wanted) +
	       RUN_ROWS(stats_cases, test_stats) + cmocka_run_group_tests(tests, NULL, NULL);
}
