/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/resources.h"

#include "kube_world.h"
#include "model/resource.h"

/* What the cluster answers, by path. */
struct page {
	const char *path;
	int status;
	const char *body;
};

struct discovery {
	struct kube_world world;
	const struct page *pages; /* up to one without a path */
	char answer[8192];
	struct step step;
	struct resources *resources;
	struct resource_table *table;
	int tables;
	size_t wanted_requests; /* the loop stops at that many */
	bool free_at_once;
};

static const struct step *choose(void *context, const char *request)
{
	struct discovery *discovery = context;
	const struct page *page = discovery->pages;
	const char *path = request + strlen("GET ");

	while (page->path && !(str_starts(str_of(path), str_of(page->path)) && path[strlen(page->path)] == ' '))
		page++;
	snprintf(discovery->answer, sizeof(discovery->answer),
		 "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		 page->path ? page->status : 404, page->path ? strlen(page->body) : 0, page->path ? page->body : "");
	discovery->step = (struct step){discovery->answer, KEEP, 0};
	if (discovery->world.server.requests.count == discovery->wanted_requests)
		loop_stop(discovery->world.loop);
	return &discovery->step;
}

static void take_table(void *context, struct resource_table *table)
{
	struct discovery *discovery = context;

	resource_table_unref(discovery->table);
	discovery->table = table;
	discovery->tables++;
	if (discovery->free_at_once) {
		resources_free(discovery->resources);
		discovery->resources = NULL;
	}
	loop_stop(discovery->world.loop);
}

static void begin(struct discovery *discovery, const struct page *pages, int64_t interval_ms)
{
	struct kube_world *world = &discovery->world;

	*discovery = (struct discovery){0};
	discovery->pages = pages;
	world->loop = loop_new(&(struct err){0});
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, &discovery->step, 1);
	world->server.choose = choose;
	world->server.context = discovery;
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u", world->server.port);
	world->config.server = str_of(world->url);
	new_client(world, 0, 0);
	discovery->resources = resources_new(world->loop, world->client, interval_ms, take_table, discovery);
	assert_int_equal(discovery->tables, 0);
}

static void end(struct discovery *discovery)
{
	resources_free(discovery->resources);
	resource_table_unref(discovery->table);
	kube_client_free(discovery->world.client);
	server_stop(&discovery->world.server);
	loop_free(discovery->world.loop);
}

static void run(struct discovery *discovery)
{
	loop_run(discovery->world.loop);
}

/* "GROUP/VERSION/PLURAL/SINGULAR/KIND" and " namespaced", or "none". */
static void assert_finds(const struct discovery *discovery, const char *name, const char *want)
{
	const struct resource *found = resource_find_qualified(discovery->table, str_of(name));
	char text[200] = "none";

	if (found)
		snprintf(text, sizeof(text), "%.*s/%.*s/%.*s/%.*s/%.*s%s", STR_ARG(found->group),
			 STR_ARG(found->version), STR_ARG(found->plural), STR_ARG(found->singular),
			 STR_ARG(found->kind), found->namespaced ? " namespaced" : "");
	assert_string_equal(text, want);
}

/* ---- aggregated */

#define AGGREGATED_OF(items)                                                                                           \
	"{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/"                                    \
	"v2\",\"metadata\":{},\"items\":[" items "]}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define VERSION(name, freshness, resources)                                                                            \
	"{\"version\":\"" name "\",\"resources\":[" resources "],\"freshness\":\"" freshness "\"}"
#define RESOURCE(plural, singular, kind, scope)                                                                        \
	"{\"resource\":\"" plural "\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"" kind              \
	"\"},\"scope\":\"" scope "\",\"singularResource\":\"" singular "\",\"verbs\":[\"get\"],\"subresources\":"      \
	"[{\"subresource\":\"status\"}]}"
#define PODS  RESOURCE("pods", "pod", "Pod", "Namespaced")
#define NODES RESOURCE("nodes", "node", "Node", "Cluster")
#define CORE  AGGREGATED_OF("{\"metadata\":{},\"versions\":[" VERSION("v1", "Current", PODS "," NODES) "]}")
#define POOLS RESOURCE("inferencepools", "inferencepool", "InferencePool", "Namespaced")

static const struct page aggregated[] = {
	{"/api", 200, CORE},
	{"/apis", 200,
	 AGGREGATED_OF(GROUP("apps", VERSION("v1", "Current", RESOURCE("deployments", "deployment", "Deployment", "Namespaced"))) "," GROUP(
		 "metrics.k8s.io",
		 VERSION("v1beta1", "Current",
			 RESOURCE(
				 "pods",
				 "", "PodMetrics",
				 "Namespaced"))) "," GROUP("custom.metrics.k8s.io",
							   VERSION("v1beta2", "Current",
								   "{\"resource\":\"services\",\"responseKind\":"
								   "null}")) "," GROUP("x.io",
										       VERSION("v2", "Current", RESOURCE("things", "", "Thing", "Cluster")) "," VERSION(
											       "v1", "Current",
											       RESOURCE("things", "", "Old", "Cluster") "," RESOURCE(
												       "olds", "",
												       "Old",
												       "Cluster"))))},
	{0},
};

static void test_aggregated(void **state)
{
	struct discovery d;
	const char *asked;

	(void)state;
	begin(&d, aggregated, 0);
	run(&d);
	assert_int_equal(d.world.server.requests.count, 2);
	asked = server_request(&d.world.server, 0);
	assert_true(str_starts(str_of(asked), STR("GET /api HTTP/1.1\r\n")));
	assert_contains(
		asked,
		"\r\nAccept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
		"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json\r\n");
	assert_finds(&d, "pods", "/v1/pods/pod/Pod namespaced");
	assert_finds(&d, "node", "/v1/nodes/node/Node");
	assert_finds(&d, "deployment.apps", "apps/v1/deployments/deployment/Deployment namespaced");
	assert_finds(&d, "pods.metrics.k8s.io", "metrics.k8s.io/v1beta1/pods/podmetrics/PodMetrics namespaced");
	assert_finds(&d, "things", "x.io/v2/things/thing/Thing");
	assert_finds(&d, "olds", "x.io/v1/olds/old/Old");
	assert_finds(&d, "services", "none");
	end(&d);
}

static const struct page stale[] = {
	{"/api", 200, CORE},
	{"/apis", 200,
	 AGGREGATED_OF(GROUP("down.io", VERSION("v1", "Stale", "")) "," GROUP("inference.networking.k8s.io",
									      VERSION("v1", "Current", POOLS)))},
	{0},
};

static void test_stale(void **state)
{
	struct discovery d;

	(void)state;
	begin(&d, stale, 0);
	run(&d);
	assert_finds(&d, "pods", "/v1/pods/pod/Pod namespaced");
	assert_finds(&d, "inferencepool",
		     "inference.networking.k8s.io/v1/inferencepools/inferencepool/InferencePool namespaced");
	end(&d);
}

/* ---- legacy */

#define LIST_OF(version, resources)                                                                                    \
	"{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"" version                              \
	"\",\"resources\":[" resources "]}"
#define LEGACY(plural, singular, kind, namespaced)                                                                     \
	"{\"name\":\"" plural "\",\"singularName\":\"" singular "\",\"namespaced\":" namespaced ",\"kind\":\"" kind    \
	"\",\"verbs\":[]}"
#define GROUPS                                                                                                         \
	"{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"apps\",\"versions\":[{"              \
	"\"groupVersion\":"                                                                                            \
	"\"apps/"                                                                                                      \
	"v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"version\":\"v1\"}},{\"name\":\"x.io\",\"versions\":["       \
	"{\"version\":\"v1\"},{\"version\":\"v2\"},{\"version\":\"../../"                                              \
	"secret\"}],\"preferredVersion\":{\"version\":\"v2\"}}]}"
#define VERSIONS                                                                                                       \
	{"/api", 200, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}"},                                             \
	{                                                                                                              \
		"/apis", 200, GROUPS                                                                                   \
	}
#define CORE_V1                                                                                                        \
	{                                                                                                              \
		"/api/v1", 200,                                                                                        \
			LIST_OF("v1",                                                                                  \
				LEGACY("pods", "", "Pod", "true") "," LEGACY(                                          \
					"pods/log", "", "Pod", "true") "," LEGACY("nodes", "node", "Node", "false"))   \
	}
#define APPS_V1                                                                                                        \
	{                                                                                                              \
		"/apis/apps/v1", 200, LIST_OF("apps/v1", LEGACY("deployments", "deployment", "Deployment", "true"))    \
	}
#define X_V1                                                                                                           \
	{                                                                                                              \
		"/apis/x.io/v1", 200,                                                                                  \
			LIST_OF("x.io/v1",                                                                             \
				LEGACY("things", "", "Old", "false") "," LEGACY("olds", "", "Old", "false"))           \
	}
#define X_V2                                                                                                           \
	{                                                                                                              \
		"/apis/x.io/v2", 200, LIST_OF("x.io/v2", LEGACY("things", "", "Thing", "false"))                       \
	}

static const struct page legacy[] = {VERSIONS, CORE_V1, APPS_V1, X_V1, X_V2, {0}};
static const struct page without_apps[] = {VERSIONS, CORE_V1, {"/apis/apps/v1", 503, "{\"message\":\"down\"}"},
					   X_V1,     X_V2,    {0}};
static const struct page without_x[] = {
	VERSIONS, CORE_V1, APPS_V1, {"/apis/x.io/v1", 200, "<html>"}, {"/apis/x.io/v2", 200, "{}"}, {0}};

/* A cache in between that mixes up its pages. */
static const struct page mixed_up[] = {VERSIONS,
				       CORE_V1,
				       APPS_V1,
				       {"/apis/x.io/v1", 200, LIST_OF("v1", LEGACY("things", "", "Pod", "true"))},
				       {"/apis/x.io/v2", 200, LIST_OF("x.io/v1", LEGACY("things", "", "Pod", "true"))},
				       {0}};

static void test_legacy(void **state)
{
	struct discovery d;

	(void)state;
	begin(&d, legacy, 0);
	run(&d);
	assert_int_equal(d.world.server.requests.count, 6); /* not the one with a path for its name */
	assert_finds(&d, "pod", "/v1/pods/pod/Pod namespaced");
	assert_finds(&d, "nodes", "/v1/nodes/node/Node");
	assert_finds(&d, "deployments", "apps/v1/deployments/deployment/Deployment namespaced");
	assert_finds(&d, "things", "x.io/v2/things/thing/Thing");
	assert_finds(&d, "olds", "x.io/v1/olds/old/Old");
	assert_finds(&d, "pods/log", "none");
	end(&d);
}

static void test_version_that_fails(void **state)
{
	struct discovery d;

	(void)state;
	begin(&d, without_apps, 0);
	run(&d);
	assert_finds(&d, "deployments", "none");
	assert_finds(&d, "things", "x.io/v2/things/thing/Thing");
	end(&d);
	begin(&d, without_x, 0);
	run(&d);
	assert_finds(&d, "deployments", "apps/v1/deployments/deployment/Deployment namespaced");
	assert_finds(&d, "things", "none");
	end(&d);
}

/* ---- again and again */

/* Until all of one more round has been asked, and answered. */
static void run_round(struct discovery *d, size_t requests)
{
	d->wanted_requests = d->world.server.requests.count + requests + 1;
	run(d);
}

static void test_same_again_is_not_told(void **state)
{
	struct discovery d;

	(void)state;
	begin(&d, legacy, 10);
	run(&d);
	run_round(&d, 6);
	assert_int_equal(d.tables, 1);
	d.pages = aggregated;
	d.wanted_requests = 0;
	run(&d);
	assert_int_equal(d.tables, 2);
	assert_finds(&d, "pods.metrics.k8s.io", "metrics.k8s.io/v1beta1/pods/podmetrics/PodMetrics namespaced");
	end(&d);
}

static void test_version_that_fails_later_stays(void **state)
{
	struct discovery d;

	(void)state;
	begin(&d, legacy, 10);
	run(&d);
	d.pages = without_apps;
	run_round(&d, 12);
	run_round(&d, 6);
	assert_int_equal(d.tables, 1);
	assert_finds(&d, "deployments", "apps/v1/deployments/deployment/Deployment namespaced");
	end(&d);
}

/* What could not be read is not left alone until the next round is due. */
static struct gap_case {
	const char *name;
	const struct page *pages, *mended;
	const char *resource, *want;
} gaps[] = {
	{"a version that fails", without_apps, legacy, "deployments",
	 "apps/v1/deployments/deployment/Deployment namespaced"},
	{"a version that is HTML", without_x, legacy, "things", "x.io/v2/things/thing/Thing"},
	{"a version that is another one's", mixed_up, legacy, "things", "x.io/v2/things/thing/Thing"},
	{"a stale version", stale, aggregated, "things", "x.io/v2/things/thing/Thing"},
};

static void test_gap(void **state)
{
	const struct gap_case *c = *state;
	struct discovery d;
	int64_t started_ms;

	begin(&d, c->pages, 600000);
	run(&d);
	assert_finds(&d, c->resource, "none");
	started_ms = loop_now_ms(d.world.loop);
	d.wanted_requests = d.world.server.requests.count + 1;
	run(&d); /* still not there: the wait doubles */
	d.wanted_requests = 0;
	assert_in_range(loop_now_ms(d.world.loop) - started_ms, 400, 900);
	d.pages = c->mended;
	run(&d);
	assert_finds(&d, c->resource, c->want);
	end(&d);
}

static struct failure_case {
	const char *name;
	struct page pages[3];
} failures[] = {
	{"/api is not there", {{0}}},
	{"/api is HTML", {{"/api", 200, "<html>"}, {0}}},
	{"/api is something else", {{"/api", 200, "{\"kind\":\"Status\"}"}, {0}}},
	{"/api is a list", {{"/api", 200, "[]"}, {0}}},
	{"/apis is forbidden", {{"/api", 200, CORE}, {"/apis", 403, "{\"message\":\"no\"}"}, {0}}},
	{"/apis is cut", {{"/api", 200, CORE}, {"/apis", 200, "{\"kind\":\"APIGroupDiscoveryList\",\"items\":["}, {0}}},
};

static void test_failure(void **state)
{
	const struct failure_case *c = *state;
	struct discovery d;
	int64_t started_ms;

	begin(&d, c->pages, 0);
	started_ms = loop_now_ms(d.world.loop);
	d.wanted_requests = c->pages[0].path && c->pages[1].path ? 3 : 2; /* the first of the second round */
	run(&d);
	assert_int_equal(d.tables, 0);
	assert_true(loop_now_ms(d.world.loop) - started_ms >= 490);
	d.pages = aggregated;
	run(&d);
	if (d.tables == 0) /* that round had failed, too */
		run(&d);
	assert_int_equal(d.tables, 1);
	assert_finds(&d, "pods", "/v1/pods/pod/Pod namespaced");
	d.pages = c->pages;
	end(&d);
}

static void test_free_from_the_handler(void **state)
{
	struct discovery d;

	(void)state;
	begin(&d, legacy, 10);
	d.free_at_once = true;
	run(&d);
	assert_null(d.resources);
	assert_int_equal(d.tables, 1);
	end(&d);
}

static void test_free_under_way(void **state)
{
	(void)state;
	for (size_t requests = 1; requests < 6; requests++) {
		struct discovery d;

		begin(&d, legacy, 10);
		d.wanted_requests = requests;
		run(&d);
		end(&d);
	}
}

static void test_hint(void **state)
{
	struct discovery d;
	int64_t started_ms;

	(void)state;
	begin(&d, aggregated, 600000);
	started_ms = loop_now_ms(d.world.loop);
	resources_hint(d.resources); /* while a round goes on */
	run(&d);
	resources_hint(d.resources);
	resources_hint(d.resources);
	d.pages = stale;
	run(&d);
	assert_in_range(loop_now_ms(d.world.loop) - started_ms, 9900, 15000);
	assert_int_equal(d.tables, 2);
	assert_int_equal(d.world.server.requests.count, 4);
	end(&d);
}

int main(void)
{
	struct CMUnitTest rows[COUNT_OF(failures)], gap_rows[COUNT_OF(gaps)];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aggregated),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_version_that_fails),
		cmocka_unit_test(test_same_again_is_not_told),
		cmocka_unit_test(test_version_that_fails_later_stays),
		cmocka_unit_test(test_free_from_the_handler),
		cmocka_unit_test(test_free_under_way),
		cmocka_unit_test(test_hint),
	};
	int failed;

	for (size_t i = 0; i < COUNT_OF(failures); i++)
		rows[i] = (struct CMUnitTest){
			.name = failures[i].name, .test_func = test_failure, .initial_state = &failures[i]};
	for (size_t i = 0; i < COUNT_OF(gaps); i++)
		gap_rows[i] =
			(struct CMUnitTest){.name = gaps[i].name, .test_func = test_gap, .initial_state = &gaps[i]};
	failed = cmocka_run_group_tests(rows, NULL, NULL) + cmocka_run_group_tests(gap_rows, NULL, NULL);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
