/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/live_pods.h"

#include "../rows.h"
#include "model/policy.h"
#include "model/resource.h"
#include "text/selector.h"
#include "watch_world.h"

enum { NOW_S = 1000 };

static const struct resource pods = {
	.version = STR_INIT("v1"), .plural = STR_INIT("pods"), .kind = STR_INIT("Pod"), .namespaced = true};

#define POD(name, deletion, status)                                                                                    \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"n\",\"labels\":{\"app\":\"x\"}" deletion                 \
	"},\"status\":{" status "}}"
#define PHASE(phase) "\"phase\":\"" phase "\""
#define READY(status, since)                                                                                           \
	PHASE("Running")                                                                                               \
	",\"conditions\":[{\"type\":\"Ready\",\"status\":\"" status "\",\"lastTransitionTime\":\"" since "\"}]"

/* Ready since second 940, ready since 980, not ready, and four that are none of these. */
static const char *const LIST = POD("a-ready", "", READY("True", "1970-01-01T00:15:40Z")) "," POD("b-new", "", READY("True", "1970-01-01T00:16:20Z")) "," POD(
	"c-not-ready", "",
	READY("False",
	      "1970-01-01T00:15:40Z")) "," POD("d-deleting", ",\"deletionTimestamp\":\"1970-01-01T00:16:00Z\"",
					       READY("True",
						     "1970-01-01T00:15:40Z")) "," POD("e-failed", "",
										      PHASE("Failed")) "," POD("f-"
													       "pendin"
													       "g",
													       "",
													       PHASE("P"
														     "e"
														     "n"
														     "d"
														     "i"
														     "n"
														     "g")) "," POD("g-succeeded",
																   "",
																   PHASE("Succeeded"));

struct world {
	struct kube_world kube;
	struct objects *objects;
	struct arena *arena;
	struct pod_policy policy;
	size_t left_out;
};

static bool is_found(void *context)
{
	struct world *world = context;
	struct selector selector;
	const struct str *names = NULL;
	size_t count = 0;
	struct err err = {0};

	assert_true(selector_parse(STR("app=x"), world->arena, &selector, &err));
	buf_reset(&world->kube.note);
	if (live_pods_select(world->objects, &pods, STR("n"), &selector, &world->policy, NOW_S, world->arena, &names,
			     &count, &world->left_out, &err) != OBJECTS_FOUND)
		return false;
	for (size_t i = 0; i < count; i++)
		buf_printf(&world->kube.note, "%s%.*s", i ? "," : "", STR_ARG(names[i]));
	return true;
}

static struct pods_case {
	const char *name;
	struct pod_policy policy;
	const char *want;
	size_t left_out;
} pods_cases[] = {
	{"those that live", {.ready = false}, "a-ready,b-new,c-not-ready,f-pending,g-succeeded", 2},
	{"those that are ready", {.ready = true}, "a-ready,b-new", 5},
	{"those that have been ready for long", {.ready = true, .min_ready_s = 60}, "a-ready", 6},
	{"none", {.ready = true, .min_ready_s = 900}, "", 7},
};

static void test_pods(void **state)
{
	const struct pods_case *c = *state;
	struct world world = {.policy = c->policy, .arena = arena_new(0)};

	world_init(&world.kube);
	world.kube.list_kind = "PodList";
	script_list(&world.kube, "7", LIST);
	script_quiet(&world.kube);
	world.objects = objects_new(world.kube.loop, world.kube.client, 600000);
	objects_keep_pod_states(world.objects);
	run_until(&world.kube, is_found, &world);
	assert_string_equal(buf_cstr(&world.kube.note), c->want);
	assert_int_equal(world.left_out, c->left_out);
	assert_asked(&world.kube, 0, "&fieldSelector=status.phase%21%3DFailed%2Cstatus.phase%21%3DUnknown");
	objects_free(world.objects);
	arena_free(world.arena);
	world_clear(&world.kube);
}

static struct kind_case {
	const char *name;
	struct resource resource;
	bool are;
} kind_cases[] = {
	{"pods", {.plural = STR_INIT("pods")}, true},
	{"pods of metrics", {.group = STR_INIT("metrics.k8s.io"), .plural = STR_INIT("pods")}, false},
	{"nodes", {.plural = STR_INIT("nodes")}, false},
};

static void test_kind(void **state)
{
	const struct kind_case *c = *state;

	assert_int_equal(live_pods_are(&c->resource), c->are);
}

int main(void)
{
	return RUN_ROWS(pods_cases, test_pods) + RUN_ROWS(kind_cases, test_kind);
}
