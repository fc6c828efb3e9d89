/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/objects.h"

#include "objects_world.h"

static struct state_case {
	const char *name, *deletion, *status, *want;
} state_cases[] = {
	{"running and ready", "",
	 "{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":"
	 "\"2026-11-20T21:14:26Z\"}]}",
	 "n/a k=v e= running ready 1795209266"},
	{"running, no longer ready", "",
	 "{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"lastTransitionTime\":"
	 "\"1970-01-01T00:00:07Z\"}]}",
	 "n/a k=v e= running 7"},
	{"pending", "", "{\"phase\":\"Pending\"}", "n/a k=v e= pending"},
	{"succeeded", "", "{\"phase\":\"Succeeded\"}", "n/a k=v e= succeeded"},
	{"failed", "", "{\"phase\":\"Failed\"}", "n/a k=v e= failed"},
	{"a phase that came after our time", "", "{\"phase\":\"Paused\"}", "n/a k=v e= unknown"},
	{"no status", "", "null", "n/a k=v e= unknown"},
	{"deleting", ",\"deletionTimestamp\":\"2026-11-20T21:14:26Z\"", "{\"phase\":\"Running\"}",
	 "n/a k=v e= running deleting"},
	{"a time that is none", "",
	 "{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":"
	 "\"yesterday\"}]}",
	 "n/a k=v e= running ready"},
	{"a time beyond what is kept", "",
	 "{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":"
	 "\"2999-01-01T00:00:00Z\"}]}",
	 "n/a k=v e= running ready"},
	{"a time before 1970", "",
	 "{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":"
	 "\"1960-01-01T00:00:00Z\"}]}",
	 "n/a k=v e= running ready"},
};

static bool note_seen(void *context, const struct object_seen *seen, struct err *err)
{
	static const char *const phases[] = {"unknown", "pending", "running", "succeeded", "failed"};
	struct buf *out = context;

	(void)err;
	buf_printf(out, "%s%.*s/%.*s", out->len ? "; " : "", STR_ARG(seen->namespace), STR_ARG(seen->name));
	for (size_t i = 0; i < seen->label_count; i++) {
		struct object_label label = object_seen_label(seen, i);

		buf_printf(out, " %.*s=%.*s", STR_ARG(label.key), STR_ARG(label.value));
	}
	buf_printf(out, " %s%s%s", phases[seen->state.phase], seen->state.deleting ? " deleting" : "",
		   seen->state.ready ? " ready" : "");
	if (seen->state.ready_since_s)
		buf_printf(out, " %lld", (long long)seen->state.ready_since_s);
	return true;
}

static void visit_now(struct world *world, objects_visitor *visitor)
{
	struct selector selector;

	buf_reset(&world->found);
	assert_true(selector_parse(str_of(world->selector), world->arena, &selector, &world->err));
	world->state = objects_visit(world->objects, world->resource, world->namespace, &selector, visitor,
				     &world->found, &world->err);
}

static void test_state(void **state)
{
	const struct state_case *c = *state;
	char item[1000];
	struct world *world;

	set_up(state);
	world = *state;
	snprintf(item, sizeof(item),
		 "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"k\":\"v\",\"e\":\"\"}%s},"
		 "\"status\":%s}",
		 c->deletion, c->status);
	world->kube.list_kind = "PodList";
	script_list(&world->kube, "7", item);
	script_quiet(&world->kube);
	start(world, STALE_MS);
	objects_keep_pod_states(world->objects);
	wait_for(world, "a");
	visit_now(world, note_seen);
	assert_int_equal(world->state, OBJECTS_FOUND);
	assert_string_equal(buf_cstr(&world->found), c->want);
	assert_null(strstr(server_request(&world->kube.server, 0), "PartialObjectMetadata"));
	tear_down(state);
}

static bool refuse_b(void *context, const struct object_seen *seen, struct err *err)
{
	if (str_eq(seen->name, STR("b")))
		return err_set(err, ERR_LIMIT, "no more");
	return note_seen(context, seen, err);
}

static void test_visits_what_fits(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7",
		    ITEM("m", "x", "\"app\":\"x\"") "," ITEM("n", "a", "\"app\":\"x\"") "," ITEM("n", "b", "") "," ITEM(
			    "n", "c", "\"app\":\"x\""));
	script_quiet(&world->kube);
	start(world, STALE_MS);
	visit_now(world, note_seen);
	assert_int_equal(world->state, OBJECTS_WAITING);
	wait_for(world, "a,b,c");
	visit_now(world, refuse_b);
	assert_int_equal(world->state, OBJECTS_FAILED);
	assert_string_equal(world->err.msg, "pods: no more");
	world->selector = "app=x";
	visit_now(world, note_seen);
	assert_string_equal(buf_cstr(&world->found), "n/a app=x unknown; n/c app=x unknown");
	world->namespace = (struct str){0};
	visit_now(world, note_seen);
	assert_string_equal(buf_cstr(&world->found), "m/x app=x unknown; n/a app=x unknown; n/c app=x unknown");
}

/* The list without states must not be taken for one with them. */
static void test_states_that_are_wanted_later(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", ITEM("n", "a", ""));
	script_quiet(&world->kube);
	world->kube.list_kind = "PodList";
	script_list(&world->kube, "8",
		    "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"},\"status\":{\"phase\":\"Failed\"}}");
	script_quiet(&world->kube);
	start(world, STALE_MS);
	wait_for(world, "a");
	while (world->kube.server.requests.count < 2)
		wait_for(world, "a");
	objects_keep_pod_states(world->objects);
	select_now(world);
	assert_int_equal(world->state, OBJECTS_WAITING);
	wait_for(world, "a");
	visit_now(world, note_seen);
	assert_string_equal(buf_cstr(&world->found), "n/a failed");
	objects_keep_pod_states(world->objects);
	select_now(world);
	assert_int_equal(world->state, OBJECTS_FOUND);
	assert_asked(&world->kube, 0, "PartialObjectMetadata");
	assert_null(strstr(server_request(&world->kube.server, 2), "PartialObjectMetadata"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_visits_what_fits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_states_that_are_wanted_later, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(state_cases, test_state);
}
