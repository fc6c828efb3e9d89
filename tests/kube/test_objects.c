/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/objects.h"

#include <malloc.h>
#include <time.h>

#include "../../src/kube/object_store.h"
#include "../../src/kube/objects_in.h"
#include "objects_world.h"

static const struct resource pools = {.group = STR_INIT("inference.networking.k8s.io"),
				      .version = STR_INIT("v1"),
				      .plural = STR_INIT("inferencepools"),
				      .singular = STR_INIT("inferencepool"),
				      .kind = STR_INIT("InferencePool"),
				      .namespaced = true};

/* ---- answers */

static struct select_case {
	const char *name;
	bool all;
	const char *selector, *want;
} select_cases[] = {
	{"everything", false, "", "a,b,c"},
	{"equal", false, "app=x", "a,c"},
	{"another value", false, "app=z", ""},
	{"not equal, also without the label", false, "app!=x", "b"},
	{"has it, though empty", false, "empty", "c"},
	{"has it not", false, "!empty", "a,b"},
	{"two of them", false, "app=x,tier in (1,2)", "a"},
	{"greater", false, "tier>1", "b"},
	{"all namespaces", true, "", "z,a,b,c,y"},
	{"all namespaces, some", true, "app=x", "z,a,c"},
};

static void add_count(void *context, const struct objects_watched *watched)
{
	*(size_t *)context += watched->count;
}

/* The objects of all that is watched. */
static size_t count_held(const struct world *world)
{
	size_t count = 0;

	objects_each_watched(world->objects, add_count, &count);
	return count;
}

static void test_select(void **state)
{
	const struct select_case *c = *state;
	struct world *world;

	set_up(state);
	world = *state;
	script_list(&world->kube, "7",
		    ITEM("n", "c", "\"empty\":\"\",\"app\":\"x\"") "," ITEM("n", "b", "\"tier\":\"2\"") "," ITEM(
			    "m", "z", "\"app\":\"x\"") "," ITEM("n", "a",
								"\"app\":\"x\",\"tier\":\"1\"") "," ITEM("o", "y", ""));
	script_quiet(&world->kube);
	start(world, STALE_MS);
	world->selector = c->selector;
	world->namespace = c->all ? (struct str){0} : STR("n");
	wait_for(world, c->want);
	assert_int_equal(count_held(world), 5);
	tear_down(state);
}

static void test_follows_the_watch(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", ITEM("n", "a", "\"app\":\"x\"") "," ITEM("n", "b", "\"app\":\"x\""));
	script_watch(&world->kube,
		     EVENT("MODIFIED", "8", "n", "a", "\"app\":\"y\"") EVENT("DELETED", "9", "n", "b", "")
			     EVENT("DELETED", "9", "n", "unknown", "") EVENT("ADDED", "10", "n", "0", "\"app\":\"x\""));
	start(world, STALE_MS);
	world->selector = "app=x";
	wait_for(world, "0");
	world->selector = "";
	wait_for(world, "0,a");
	assert_int_equal(count_held(world), 2);
	assert_asked(&world->kube, 0, "GET /api/v1/pods?limit=500&");
	assert_asked(&world->kube, 0, "as=PartialObjectMetadataList");
}

/* While the second list is read, only the first answers; then only the second. */
static void test_a_new_list_swaps_whole(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", ITEM("n", "a", "") "," ITEM("n", "b", ""));
	script(&world->kube, "410 Gone", "", KEEP);
	script(&world->kube, "200 OK",
	       "{\"kind\":\"PartialObjectMetadataList\",\"items\":[" ITEM(
		       "n", "b", "") "],\"metadata\":{\"resourceVersion\":\"20\",\"continue\":\"t\"}}",
	       KEEP);
	script_list(&world->kube, "20", ITEM("n", "c", ""));
	script_quiet(&world->kube);
	world->kube.steps[3].delay_ms = 100;
	start(world, STALE_MS);
	wait_for(world, "a,b");
	while (world->kube.server.requests.count < 4)
		wait_for(world, "a,b");
	assert_int_equal(world->kube.server.requests.count, 4);
	wait_for(world, "b,c");
}

static void test_a_broken_list_changes_nothing(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", ITEM("n", "a", ""));
	script(&world->kube, "410 Gone", "", KEEP);
	script(&world->kube, "200 OK", "{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[" ITEM("n", "z", "") ",",
	       KEEP);
	script_list(&world->kube, "9", ITEM("n", "b", ""));
	script_quiet(&world->kube);
	start(world, STALE_MS);
	wait_for(world, "a");
	while (world->kube.server.requests.count < 3)
		wait_for(world, "a");
	wait_for(world, "b");
}

/* ---- before the first list */

static void test_waits_for_the_first_list(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script_quiet(&world->kube);
	start(world, STALE_MS);
	select_now(world);
	assert_int_equal(world->state, OBJECTS_WAITING);
	objects_wait(world->objects, &world->waiter);
	wait_for(world, "");
	while (world->changes == 0)
		wait_for(world, "");
	assert_int_equal(world->changes, 1);
	assert_false(waiter_waits(&world->waiter.waiter));
	objects_wait_cancel(world->objects, &world->waiter);
}

static void test_who_cancels_is_not_called(void **state)
{
	struct world *world = *state;
	struct objects_waiter other = {.changed = changed, .context = world};

	script_list(&world->kube, "7", "");
	script_quiet(&world->kube);
	start(world, STALE_MS);
	objects_wait(world->objects, &world->waiter);
	objects_wait(world->objects, &other);
	objects_wait_cancel(world->objects, &world->waiter);
	wait_for(world, "");
	while (waiter_waits(&other.waiter))
		wait_for(world, "");
	assert_int_equal(world->changes, 1);
}

static bool has_changed(void *context)
{
	struct world *world = context;

	return world->changes > 0;
}

static void note_watched(void *context, const struct objects_watched *watched)
{
	struct buf *out = context;

	buf_printf(out, "%.*s: %zu%s%s, %llu failed;", STR_ARG(watched->resource), watched->count,
		   watched->known ? "" : " unknown", watched->broken_ms ? " broken" : "",
		   (unsigned long long)watched->failures);
}

static void assert_watched(const struct world *world, const char *want)
{
	CLEANUP(buf_clear) struct buf seen = {0};

	objects_each_watched(world->objects, note_watched, &seen);
	assert_str(buf_str(&seen), want);
}

static void test_a_failed_first_list(void **state)
{
	struct world *world = *state;

	script(&world->kube, "403 Forbidden",
	       STATUS("403",
		      "pods is forbidden: User \\\"system:serviceaccount:m:a\\\" cannot list resource \\\"pods\\\""),
	       KEEP);
	script_list(&world->kube, "7", ITEM("n", "a", ""));
	script_quiet(&world->kube);
	start(world, STALE_MS);
	objects_wait(world->objects, &world->waiter);
	run_until(&world->kube, has_changed, world);
	select_now(world);
	assert_watched(world, "pods: 0 unknown broken, 1 failed;");
	assert_int_equal(world->state, OBJECTS_FORBIDDEN);
	assert_int_equal(world->err.code, ERR_UPSTREAM);
	assert_string_equal(
		world->err.msg,
		"cannot list pods: status 403: pods is forbidden: User \"system:serviceaccount:m:a\" cannot list "
		"resource \"pods\"");
	wait_for(world, "a");
	assert_watched(world, "pods: 1, 1 failed;");
}

/* ---- after a good list */

static void test_the_last_state_serves_for_a_while(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", ITEM("n", "a", ""));
	script(&world->kube, "503 X", "busy", KEEP);
	script_watch(&world->kube, BOOKMARK("9"));
	start(world, STALE_MS);
	wait_for(world, "a");
	while (world->kube.server.requests.count < 3)
		wait_for(world, "a");
}

static void test_a_state_too_old_does_not_serve(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", ITEM("n", "a", ""));
	script(&world->kube, "503 X", "busy", KEEP);
	script_watch(&world->kube, BOOKMARK("9"));
	start(world, 0);
	wait_for(world, "the list of pods has not been renewed for 0 s: status 503: busy");
	assert_int_equal(world->state, OBJECTS_FAILED);
	wait_for(world, "a"); /* without a new list */
	assert_int_equal(world->kube.server.requests.count, 3);
}

static bool is_first_quiet(void *context)
{
	struct world *world = context;

	return world->kube.server.requests.count == 2;
}

static void test_a_list_larger_than_we_hold(void **state)
{
	CLEANUP(buf_clear) struct buf body = {0};
	struct world *world = *state;

	buf_puts(&body, "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[");
	for (size_t i = 0; i <= 200000; i++)
		buf_printf(&body, "%s{\"metadata\":{\"name\":\"%06zu\",\"namespace\":\"n\"}}", i ? "," : "", i);
	buf_puts(&body, "]}");
	script(&world->kube, "200 OK", buf_cstr(&body), KEEP);
	script_quiet(&world->kube);
	script_list(&world->kube, "8", ITEM("n", "a", ""));
	script_quiet(&world->kube);
	start(world, STALE_MS);
	wait_for(world, "cannot list pods: too many objects to hold: there are more than 200000");
	assert_int_equal(count_held(world), 0);
	run_until(&world->kube, is_first_quiet, world);
	objects_set_idle(world->objects, 100); /* which is also how often it is looked at again */
	wait_for(world, "a");
}

/* ---- other resources */

static bool is_asked_more(void *context)
{
	struct world *world = context;

	return world->kube.server.requests.count > world->requests_before;
}

static bool is_forgotten(void *context)
{
	struct world *world = context;

	return count_held(world) == 0;
}

static void test_others_are_watched_while_somebody_asks(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script_quiet(&world->kube);
	script_list(&world->kube, "7", ITEM("n", "pool", ""));
	script_quiet(&world->kube);
	start(world, STALE_MS);
	run_until(&world->kube, is_first_quiet, world);
	world->resource = &pools;
	wait_for(world, "pool");
	assert_asked(&world->kube, 2, "GET /apis/inference.networking.k8s.io/v1/inferencepools?limit=500&");
	world->requests_before = 3;
	run_until(&world->kube, is_asked_more, world);
	objects_set_idle(world->objects, 50);
	run_until(&world->kube, is_forgotten, world);
	world->resource = &pods; /* are there for good */
	select_now(world);
	assert_int_equal(world->state, OBJECTS_FOUND);
	world->resource = &pools;
	select_now(world);
	assert_int_equal(world->state, OBJECTS_WAITING);
}

/* ---- how large, how fast */

static void put_pod(struct object_store *store, const char *namespace, size_t number, const char *app)
{
	char name[64], ordinal[32], hash[32];
	struct watched_object object = {.namespace = str_of(namespace), .label_count = 8};
	struct err err = {0};

	snprintf(name, sizeof(name), "inference-decode-worker-7d9f8b6c5-%06zu", number);
	snprintf(ordinal, sizeof(ordinal), "%zu", number);
	snprintf(hash, sizeof(hash), "7d9f8b%zu", number / 10);
	object.name = str_of(name);
	object.labels = (const struct watched_label[8]){
		{STR("app.kubernetes.io/name"), str_of(app)},
		{STR("app.kubernetes.io/instance"), STR("production-release-seventeen")},
		{STR("app.kubernetes.io/managed-by"), STR("Helm")},
		{STR("app.kubernetes.io/component"), STR("decode")},
		{STR("pod-template-hash"), str_of(hash)},
		{STR("inference.example.com/model"), STR("qwen3-235b-a22b")},
		{STR("statefulset.kubernetes.io/pod-name"), str_of(name)},
		{STR("apps.kubernetes.io/pod-index"), str_of(ordinal)},
	};
	if (!object_store_put(store, &object, &err))
		fail_msg("%s", err.msg);
}

static void test_size(void **state)
{
	struct words *words = object_store_words_new();
	struct object_store *store = object_store_new(words);
	struct mallinfo2 before = mallinfo2(), after;

	(void)state;
	for (size_t i = 0; i < 50000; i++)
		put_pod(store, "production", i, "vllm");
	after = mallinfo2();
	print_message("50,000 pods take %zu KiB\n",
		      (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / 1024);
	assert_true(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd <= 25 << 20);
	assert_int_equal(object_store_count(store), 50000);
	while (object_store_drop(store, 1000))
		;
	object_store_free(store);
	object_store_words_free(words);
}

static void test_speed(void **state)
{
	struct words *words = object_store_words_new();
	struct object_store *store = object_store_new(words);
	struct arena *arena = arena_new(0);
	const struct str *names;
	struct selector selector;
	struct timespec from, to;
	struct err err;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		put_pod(store, "production", i, i % 2 ? "vllm" : "sglang");
	assert_true(selector_parse(STR("app.kubernetes.io/name=vllm,apps.kubernetes.io/pod-index"), arena, &selector,
				   &err));
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (size_t i = 0; i < 100; i++)
		assert_true(object_store_select(store, STR("production"), &selector, arena, &names, &count, &err));
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(count, 500);
	print_message("1,000 pods are matched in %ld us\n",
		      ((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000) / 100);
	arena_free(arena);
	object_store_free(store);
	object_store_words_free(words);
}

static void test_more_than_we_hold(void **state)
{
	struct words *words = object_store_words_new();
	struct object_store *store = object_store_new(words);
	struct watched_object object = {.namespace = STR("n")};
	struct err err = {0};
	char name[32];
	size_t count = 0;

	(void)state;
	do {
		snprintf(name, sizeof(name), "%07zu", count++);
		object.name = str_of(name);
	} while (object_store_put(store, &object, &err));
	assert_int_equal(count, 200001);
	assert_string_equal(err.msg, "there are more than 200000");
	object.name = STR("0000007");
	assert_true(object_store_put(store, &object, &err)); /* it is there already */
	object_store_remove(store, STR("n"), STR("0000008"));
	object.name = STR("one more");
	assert_true(object_store_put(store, &object, &err));
	object_store_free(store);
	object_store_words_free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follows_the_watch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_new_list_swaps_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_broken_list_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waits_for_the_first_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_cancels_is_not_called, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_failed_first_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_last_state_serves_for_a_while, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_state_too_old_does_not_serve, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_list_larger_than_we_hold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others_are_watched_while_somebody_asks, set_up, tear_down),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_more_than_we_hold),
	};
	int bad = cmocka_run_group_tests(tests, NULL, NULL);

	bad += RUN_ROWS(select_cases, test_select);
	return bad;
}
