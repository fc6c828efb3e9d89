/* SPDX-License-Identifier: Apache-2.0 */
#include "server/own_metrics.h"

#include "../model/rule_text.h"
#include "rows.h"

#include "kube/objects.h"
#include "model/catalog.h"
#include "model/policy.h"
#include "model/resource.h"
#include "model/series.h"
#include "net/loop.h"
#include "prom/client.h"
#include "prom/query_cache.h"
#include "server/auth.h"
#include "server/certificate.h"
#include "server/http.h"
#include "server/traffic.h"

/* A seriesQuery of more than a label holds; two of them differ only at their ends. */
#define FIFTY	   "01234567890123456789012345678901234567890123456789"
#define LONG_QUERY "long{label=\"" FIFTY FIFTY FIFTY FIFTY
#define LONG_BEGIN "long{label=\\\"" FIFTY FIFTY FIFTY "01234567890123456789012345678901234567"

static const struct rule_spec custom[] = {
	{.at = {1, 3},
	 .series_query = SPELLED("a{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {1, 70}, /* on the same line */
	 .series_query = SPELLED("b"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {9, 3},
	 .series_query = SPELLED("a{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .name_as = SPELLED("again"),
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
};
static const struct rule_spec external[] = {
	{.at = {12, 3},
	 .series_query = SPELLED(LONG_QUERY "1\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 1}},
	{.at = {12, 90},
	 .series_query = SPELLED(LONG_QUERY "2\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 1}},
};

struct world {
	struct loop *loop;
	struct rules *rules;
	struct resource_table *resources;
	struct catalog *catalog;
	struct prom *prom;
	struct query_cache *cache;
	struct certificate *certificate;
	struct http_server *server;
	struct auth *auth;
	struct objects *objects;
	struct policy_stats policy;
	struct traffic_refusals refusals;
	struct own_metrics metrics;
	struct buf out;
};

static const struct series_finding findings[] = {
	{.asked = true, .found = true, .series = 30, .kinds = 2, .failure = "", .age_ms = 1500},
	{.asked = true, .failure = "no", .failing_s = 7, .failures = 3},
	{.failure = ""},
	{.failure = ""},
};

static struct catalog *catalog_of(struct world *world)
{
	const struct series_set *none[4] = {NULL};
	struct catalog_builder *builder = catalog_builder_new(world->rules, world->resources, none);
	struct catalog *catalog;

	while (!catalog_builder_step(builder, 1000))
		continue;
	catalog = catalog_builder_take(builder);
	catalog_builder_free(builder);
	return catalog;
}

static void start_prom(struct world *world)
{
	const char *const more[] = {"http://127.0.0.1:1/p/", "http://b:2", NULL};
	const struct prom_options prom = {.url = "http://user:secret@127.0.0.1:1/p?k=secret",
					  .more_urls = more,
					  .query_timeout_ms = 1000,
					  .series_timeout_ms = 1000,
					  .max_connections = 1};
	const struct query_cache_options cache = {.ttl_ms = 1000, .max_bytes = 1000};
	struct err err = {0};

	world->prom = prom_new(world->loop, &prom, &err);
	assert_string_equal(err.msg, "");
	world->cache = query_cache_new(world->loop, world->prom, &cache);
}

static void never(void *context, struct http_exchange *exchange)
{
	(void)context;
	(void)exchange;
	fail_msg("nobody asks");
}

/* The loop does not run: no kube-apiserver is asked. */
static void start_serving(struct world *world)
{
	const struct http_server_options options = {
		.bind_address = "127.0.0.1", .max_connections = 5, .idle_timeout_ms = 1000, .request_timeout_ms = 1000};
	struct err err = {0};

	world->certificate = certificate_make("", "127.0.0.1", &err);
	world->server = http_server_new(world->loop, &options, world->certificate, never, NULL, &err);
	assert_non_null(world->server);
	world->auth = auth_new(world->loop, NULL, NULL, &(struct auth_options){0});
	world->objects = objects_new(world->loop, NULL, 1000);
}

static int set_up(void **state)
{
	struct world *world = xnew(struct world);
	struct problems problems = {0};
	struct err err = {0};

	world->loop = loop_new(&err);
	assert_true(compiled(custom, COUNT_OF(custom), external, COUNT_OF(external), &problems, &world->rules));
	assert_int_equal(world->rules->series_query_count, COUNT_OF(findings));
	world->resources = resource_table_builtin();
	world->catalog = catalog_of(world);
	start_serving(world);
	start_prom(world);
	problems_clear(&problems);
	world->metrics = (struct own_metrics){.loop = world->loop,
					      .started_ms = 1795267890125,
					      .server = world->server,
					      .certificate = world->certificate,
					      .auth = world->auth,
					      .objects = world->objects,
					      .prom = world->prom,
					      .cache = world->cache,
					      .catalog = world->catalog,
					      .findings = findings,
					      .policy = &world->policy,
					      .refusals = &world->refusals,
					      .reloads = {.good = 2, .failed = 3, .last_good_ms = 1795267890500}};
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	buf_clear(&world->out);
	query_cache_free(world->cache);
	prom_free(world->prom);
	objects_free(world->objects);
	auth_free(world->auth);
	http_server_free(world->server);
	certificate_free(world->certificate);
	catalog_unref(world->catalog);
	resource_table_unref(world->resources);
	rules_unref(world->rules);
	loop_free(world->loop);
	free(world);
	return 0;
}

/* ---- lines */

static struct line_case {
	const char *name, *line;
} lines[] = {
	{"version", "gaugelet_build_info{version=\"" GAUGELET_VERSION "\"} 1"},
	{"start", "process_start_time_seconds 1795267890.125"},
	{"connections", "gaugelet_http_connections 0"},
	{"most connections", "gaugelet_http_connections_max 5"},
	{"request times", "gaugelet_http_request_duration_seconds_count{route=\"custom\"} 0"},
	{"refusals of one code", "gaugelet_refusals_total{api=\"custom\",code=\"no-samples\"} 7"},
	{"refusals of another API", "gaugelet_refusals_total{api=\"other\",code=\"unauthorized\"} 1"},
	{"the last code", "gaugelet_refusals_total{api=\"resource\",code=\"usage-fails\"} 2"},
	{"verdicts", "gaugelet_auth_checks_total{verdict=\"forbidden\"} 0"},
	{"reviews", "gaugelet_auth_lookups_total{review=\"token\",result=\"hit\"} 0"},
	{"review times", "gaugelet_auth_review_duration_seconds_count{review=\"access\"} 0"},
	{"watch works", "gaugelet_kube_watch_broken_seconds{resource=\"pods\"} 0"},
	{"rules", "gaugelet_rules{kind=\"custom\"} 3"},
	{"external rules", "gaugelet_rules{kind=\"external\"} 2"},
	{"catalog", "gaugelet_catalog_metrics{kind=\"external\"} 0"},
	{"good reloads", "gaugelet_rules_reloads_total{result=\"good\"} 2"},
	{"failed reloads", "gaugelet_rules_reloads_total{result=\"failed\"} 3"},
	{"reload failed", "gaugelet_rules_last_reload_successful 0"},
	{"reload time", "gaugelet_rules_last_reload_success_timestamp_seconds 1795267890.5"},
	{"age", "gaugelet_discovery_age_seconds{rule=\"rules.yaml:1\",series_query=\"a{pod!=\\\"\\\"}\"} 1.5"},
	{"series", "gaugelet_discovery_series{rule=\"rules.yaml:1\",series_query=\"a{pod!=\\\"\\\"}\"} 30"},
	{"kinds", "gaugelet_discovery_kinds{rule=\"rules.yaml:1\",series_query=\"a{pod!=\\\"\\\"}\"} 2"},
	{"failures", "gaugelet_discovery_failures_total{rule=\"rules.yaml:1\",series_query=\"b\"} 3"},
	{"failing", "gaugelet_discovery_failing_seconds{rule=\"rules.yaml:1\",series_query=\"b\"} 7"},
	{"a long query",
	 "gaugelet_discovery_failing_seconds{rule=\"rules.yaml:12\",series_query=\"" LONG_BEGIN "... #3\"} 0"},
	{"another",
	 "gaugelet_discovery_failing_seconds{rule=\"rules.yaml:12\",series_query=\"" LONG_BEGIN "... #4\"} 0"},
	{"no credentials", "gaugelet_prometheus_breaker_opened_total{server=\"http://127.0.0.1:1/p\"} 0"},
	{"a URL again", "gaugelet_prometheus_breaker_opened_total{server=\"http://127.0.0.1:1/p #2\"} 0"},
	{"breaker", "gaugelet_prometheus_breaker_state{server=\"http://b:2\",state=\"closed\"} 1"},
	{"breaker that is not open", "gaugelet_prometheus_breaker_state{server=\"http://b:2\",state=\"open\"} 0"},
	{"prometheus-adapter's name",
	 "prometheus_adapter_prometheus_client_request_duration_seconds_count{path=\"/api/v1/query\","
	 "server=\"http://b:2\"} 0"},
	{"the older name",
	 "cmgateway_prometheus_query_latency_seconds_count{endpoint=\"/api/v1/series\",server=\"http://b:2\"} 0"},
	{"cache", "gaugelet_query_cache_requests_total{result=\"joined\"} 0"},
	{"answered", "gaugelet_samples_answered_total 5"},
	{"dropped", "gaugelet_samples_dropped_total{reason=\"not_live\"} 4"},
	{"bounds of freshness",
	 "metrics_apiserver_metric_freshness_seconds_bucket{group=\"custom.metrics.k8s.io\",le=\"1.364\"} 0"},
	{"freshness", "metrics_apiserver_metric_freshness_seconds_count{group=\"external.metrics.k8s.io\"} 0"},
};

static bool has_line(const struct world *world, const char *line)
{
	struct str rest = buf_str(&world->out), found;

	while (str_split(&rest, '\n', &found))
		if (str_eq(found, str_of(line)))
			return true;
	return false;
}

static void test_line(void **state)
{
	const struct line_case *c = *state;
	void *made = NULL;
	struct world *world;

	set_up(&made);
	world = made;
	world->policy.answered = 5;
	world->policy.dropped[DROP_NOT_LIVE] = 4;
	world->refusals.count[TRAFFIC_CUSTOM][REASON_NO_SAMPLES] = 3;
	world->refusals.count[TRAFFIC_CUSTOM][REASON_GKE_NO_SAMPLES] = 4;
	world->refusals.count[TRAFFIC_OTHER][REASON_UNAUTHORIZED] = 1;
	world->refusals.count[TRAFFIC_RESOURCE][REASON_COUNT - 1] = 2;
	own_metrics_write(&world->metrics, &world->out);
	if (!has_line(world, c->line))
		fail_msg("no line %s in\n%s", c->line, buf_cstr(&world->out));
	tear_down(&made);
}

/* ---- the whole */

static struct str series_of(struct str line)
{
	while (line.len > 0 && line.ptr[line.len - 1] != ' ')
		line.len--;
	return line;
}

static void test_no_series_twice(void **state)
{
	struct world *world = *state;
	struct str rest, line;

	own_metrics_write(&world->metrics, &world->out);
	rest = buf_str(&world->out);
	while (str_split(&rest, '\n', &line)) {
		struct str others = rest, other;

		while (line.len > 0 && str_split(&others, '\n', &other))
			if (str_eq(series_of(line), series_of(other)))
				fail_msg("twice: %.*s", STR_ARG(line));
	}
}

static const char *const families[] = {
#define LABEL(name, text)
#define SECTION(title, text)
#define ONLY_IF(id, condition)
#define COUNTER(name, help, value)	       #name,
#define GAUGE(name, help, value)	       #name,
#define GAUGE_SECONDS(name, help, value)       #name,
#define COUNTERS(name, label, help, ...)       #name,
#define GAUGES(name, label, help, ...)	       #name,
#define FAMILY(type, name, labels, help, call) #name,
#include "../../src/server/own_metrics.def"
};

/* These are there once something has happened. */
static bool is_none_yet(const char *name)
{
	return strcmp(name, "gaugelet_http_requests_total") == 0 || strcmp(name, "gaugelet_kube_objects") == 0 ||
	       strcmp(name, "gaugelet_refusals_total") == 0 ||
	       strcmp(name, "gaugelet_prometheus_requests_total") == 0 ||
	       strcmp(name, "gaugelet_prometheus_clock_skew_seconds") == 0;
}

static void test_all_families(void **state)
{
	struct world *world = *state;

	own_metrics_write(&world->metrics, &world->out);
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		CLEANUP(buf_clear) struct buf help = {0};

		buf_printf(&help, "# HELP %s ", families[i]);
		if (str_contains(buf_str(&world->out), buf_str(&help)) == is_none_yet(families[i]))
			fail_msg("%s", families[i]);
	}
}

static void test_no_secret(void **state)
{
	struct world *world = *state;

	own_metrics_write(&world->metrics, &world->out);
	assert_false(str_contains(buf_str(&world->out), STR("secret")));
}

static void test_what_is_not_there_has_no_numbers(void **state)
{
	struct world *world = *state;

	world->metrics = (struct own_metrics){.loop = world->loop, .catalog = world->catalog, .findings = findings};
	own_metrics_write(&world->metrics, &world->out);
	assert_contains(buf_str(&world->out), "gaugelet_rules{");
	assert_false(str_contains(buf_str(&world->out), STR("prometheus_")));
	assert_false(str_contains(buf_str(&world->out), STR("auth")));
	assert_false(str_contains(buf_str(&world->out), STR("reload")));
	assert_false(str_contains(buf_str(&world->out), STR("gaugelet_discovery_age_seconds{rule=\"rules.yaml:1\","
							    "series_query=\"b\"")));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_no_series_twice),
		IN_WORLD(test_all_families),
		IN_WORLD(test_no_secret),
		IN_WORLD(test_what_is_not_there_has_no_numbers),
	};
	int failed = RUN_ROWS(lines, test_line);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
