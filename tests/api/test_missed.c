/* SPDX-License-Identifier: Apache-2.0 */
/* Which searches a request for a metric that is not there has made again. */
#include "api/plan.h"

#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule_text.h"
#include "model/series.h"
#include "rows.h"

#define PODS "/apis/custom.metrics.k8s.io/v1beta1/namespaces/n/pods/p/"
#define E1   "/apis/external.metrics.k8s.io/v1beta1/namespaces/n/"

#define USUAL		  .resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}
#define RULE(line, query) .at = {line, 3}, .series_query = SPELLED(query), .metrics_query = USUAL_QUERY

static const struct filter_spec no_old[] = {{.is_not = SPELLED("_old$")}};

static const struct rule_spec custom[] = {
	{RULE(1, "waiting{pod!=\"\"}"), USUAL},
	{RULE(2, "{__name__=~\"engine_.*\",__name__!~\".*_bucket\"}"), .filters = no_old, .filter_count = 1, USUAL},
	{RULE(3, "{__name__=~\"^http_.*\"}"), .name_matches = SPELLED("^(.*)_total$"), .name_as = SPELLED("${1}"),
	 USUAL},
	{RULE(4, "there"), USUAL},
	{RULE(5, "tokens_total"), .name_matches = SPELLED("^(.*)_total$"), .name_as = SPELLED("${1}"), USUAL},
	{.at = {6, 3}, .metrics_query = USUAL_QUERY, .name_as = SPELLED("asked_for_nothing"), USUAL},
};
static const struct rule_spec external[] = {
	{RULE(7, "Backlog"), .name_as = SPELLED("Queue"), USUAL},
	{RULE(8, "{__name__=~\"Lag_.*\"}"), USUAL},
};
enum { THERE = 3, SEARCHES = COUNT_OF(custom) + COUNT_OF(external) };

/* What is found of them, but for `there`: nothing, or not yet. */
static struct series_finding findings[SEARCHES];

static struct missed_case {
	const char *name, *target, *want; /* lines of the rules, with ? where nobody can tell */
} cases[] = {
	{"a name", PODS "waiting", "1 3?"},
	{"a name that a pattern fits", PODS "engine_x", "2 3?"},
	{"one that the pattern leaves out", PODS "engine_x_bucket", "3?"},
	{"one that a filter leaves out", PODS "engine_old", "3?"},
	{"a pattern fits the whole name", PODS "my_engine_x", "3?"},
	{"a new name", PODS "tokens", "3? 5"},
	{"the name of the series", PODS "tokens_total", "3? 5"},
	{"a rule that asks for nothing", PODS "asked_for_nothing", "3?"},
	{"of another resource", "/apis/custom.metrics.k8s.io/v1beta1/nodes/x/waiting", "1 3?"},
	{"of a resource that nobody knows", "/apis/custom.metrics.k8s.io/v1beta1/namespaces/n/x/x/waiting", ""},
	{"without the namespace", "/apis/custom.metrics.k8s.io/v1beta1/pods/x/waiting", ""},
	{"external, in lower case", E1 "queue", "7 8?"},
	{"external, and nobody can tell", E1 "lag_x", "8?"},
	{"custom, asked for as external", E1 "waiting", "8?"},
};

/* All but `there` are empty, whether they have been asked or not. */
static struct catalog *make_catalog(void)
{
	static const char *const labels[] = {"namespace", "pod"};
	CLEANUP(problems_clear) struct problems problems = {0};
	struct resource_table *table = resource_table_builtin();
	struct series_set *set = series_set_new(1 << 20);
	const struct series_set *sets[SEARCHES] = {[THERE] = set};
	struct catalog_builder *builder;
	struct rules *rules = NULL;
	struct catalog *catalog;
	struct err err;

	assert_true(compiled(custom, COUNT_OF(custom), external, COUNT_OF(external), &problems, &rules));
	assert_int_equal(rules->series_query_count, SEARCHES);
	series_set_begin(set);
	assert_true(series_set_name(set, STR("there"), &err));
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		assert_true(series_set_label(set, str_of(labels[i]), &err));
	assert_true(series_set_end(set, &err));
	builder = catalog_builder_new(rules, table, sets);
	while (!catalog_builder_step(builder, SIZE_MAX))
		;
	catalog = catalog_builder_take(builder);
	catalog_builder_free(builder);
	series_set_free(set);
	rules_unref(rules);
	resource_table_unref(table);
	return catalog;
}

struct fixture {
	struct arena *arena;
	struct catalog *catalog;
	struct api_view view;
	struct api_request request;
	struct api_plan plan;
};

static void begin(struct fixture *f, const char *target)
{
	const struct api_headers headers = {0};
	struct err err;

	*f = (struct fixture){.arena = arena_new(1 << 20), .catalog = make_catalog()};
	for (size_t i = 0; i < SEARCHES; i++)
		findings[i] =
			(struct series_finding){.asked = true, .found = true, .series = i == THERE, .failure = ""};
	f->view = (struct api_view){.catalog = f->catalog, .findings = findings, .max_age_ms = 900000};
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

static void test_missed(void **state)
{
	const struct missed_case *row = *state;
	CLEANUP(buf_clear) struct buf got = {0};
	struct api_missed missed;
	size_t next_rule = 0;
	struct fixture f;

	begin(&f, row->target);
	while (api_missed(&f.plan, &next_rule, &missed))
		buf_printf(&got, "%s%zu%s", got.len ? " " : "", missed.rule->series_query + 1,
			   missed.likely ? "" : "?");
	assert_str(buf_str(&got), row->want);
	end(&f);
}

/* The reason names the rule whose pattern fits. */
static void test_reason(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, PODS "engine_x");
	assert_contains(buf_str(&f.plan.reply.reason), "rule rules.yaml:2 finds no series");
	assert_contains(buf_str(&f.plan.reply.reason), "[no-series]");
	end(&f);
}

static void test_what_is_there_is_not_missed(void **state)
{
	struct api_missed missed;
	size_t next_rule = 0;
	struct fixture f;

	(void)state;
	begin(&f, PODS "there");
	assert_int_equal(f.plan.step, API_QUERY);
	assert_false(api_missed(&f.plan, &next_rule, &missed));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_reason),
					   cmocka_unit_test(test_what_is_there_is_not_missed)};

	return RUN_ROWS(cases, test_missed) + cmocka_run_group_tests(tests, NULL, NULL);
}
