/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/watch.h"

#include "../rows.h"
#include "watch_world.h"

struct world {
	struct kube_world kube;
	struct watch *watch;
	struct watch_options options;
	const char *until;
	size_t until_requests;
};

/* ---- what a watch tells, as text */

static void begin(void *context)
{
	struct world *world = context;

	buf_puts(&world->kube.note, "begin; ");
}

static void put(void *context, const struct watched_object *object)
{
	struct world *world = context;

	buf_puts(&world->kube.note, "put ");
	note_object(&world->kube.note, object);
	buf_puts(&world->kube.note, "; ");
}

static void removed(void *context, struct str namespace, struct str name)
{
	struct world *world = context;

	buf_printf(&world->kube.note, "removed %.*s/%.*s; ", STR_ARG(namespace), STR_ARG(name));
}

static void synced(void *context)
{
	struct world *world = context;

	buf_puts(&world->kube.note, "synced; ");
}

static void failed(void *context, int status, const char *text)
{
	struct world *world = context;

	buf_printf(&world->kube.note, "failed %d %s; ", status, text);
}

static void resumed(void *context)
{
	struct world *world = context;

	buf_puts(&world->kube.note, "resumed; ");
}

static int set_up(void **state)
{
	struct world *world = xnew(struct world);

	world_init(&world->kube);
	world->options = (struct watch_options){
		.path = STR("/api/v1/pods"),
		.context = world,
		.begin = begin,
		.put = put,
		.removed = removed,
		.synced = synced,
		.failed = failed,
		.resumed = resumed,
	};
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	watch_free(world->watch);
	world_clear(&world->kube);
	free(world);
	return 0;
}

static bool is_noted(void *context)
{
	struct world *world = context;

	return strstr(buf_cstr(&world->kube.note), world->until) &&
	       world->kube.server.requests.count >= world->until_requests;
}

static void run_until_noted(struct world *world, const char *until, size_t requests)
{
	if (world->watch == NULL)
		world->watch = watch_new(world->kube.loop, world->kube.client, &world->options);
	world->until = until;
	world->until_requests = requests;
	run_until(&world->kube, is_noted, world);
}

/* ---- the ordinary way */

static void test_pages_and_then_a_watch(void **state)
{
	struct world *world = *state;
	const char *seconds;

	script(&world->kube, "200 OK",
	       "{\"items\":[" ITEM(
		       "a", "x", "\"app\":\"1\"") "],\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"to ken\"}}",
	       KEEP);
	script_list(&world->kube, "8", ITEM("b", "y", ""));
	script_watch(&world->kube, EVENT("ADDED", "9", "c", "z", "") EVENT("MODIFIED", "10", "a", "x", "\"app\":\"2\"")
					   EVENT("DELETED", "11", "b", "y", ""));
	run_until_noted(world, "removed", 3);
	assert_string_equal(buf_cstr(&world->kube.note),
			    "begin; put a/x app=1; put b/y; synced; put c/z; put a/x app=2; "
			    "removed b/y; ");
	assert_asked(&world->kube, 0, "GET /api/v1/pods?limit=500&resourceVersion=0 HTTP/1.1\r\n");
	assert_asked(&world->kube, 0, "Accept: application/json\r\n");
	assert_asked(&world->kube, 1, "GET /api/v1/pods?limit=500&continue=to+ken HTTP/1.1\r\n");
	assert_asked(&world->kube, 2,
		     "GET /api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=");
	seconds = strstr(server_request(&world->kube.server, 2), "timeoutSeconds=") + 15;
	assert_in_range(strtoul(seconds, NULL, 10), 300, 600);
}

static void test_metadata_and_fields(void **state)
{
	struct world *world = *state;

	world->options.metadata_only = true;
	world->options.field_selector = STR("metadata.name=a");
	script_list(&world->kube, "7", "");
	script_quiet(&world->kube);
	run_until_noted(world, "synced", 2);
	assert_asked(&world->kube, 0,
		     "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,"
		     "application/json\r\n");
	assert_asked(&world->kube, 0, "?limit=500&fieldSelector=metadata.name%3Da&resourceVersion=0 ");
	assert_asked(&world->kube, 1,
		     "Accept: application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,"
		     "application/json\r\n");
	assert_asked(&world->kube, 1, "&fieldSelector=metadata.name%3Da ");
}

static void test_goes_on_from_a_bookmark(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script(&world->kube, "200 OK", BOOKMARK("21"), CLOSE);
	script_watch(&world->kube, EVENT("ADDED", "22", "a", "x", ""));
	run_until_noted(world, "put", 3);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; synced; put a/x; ");
	assert_asked(&world->kube, 2, "&resourceVersion=21&");
}

static void test_goes_on_after_a_cut(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script(&world->kube, "200 OK", EVENT("ADDED", "8", "a", "x", "") "{\"type\":\"ADDED\",\"obj", CLOSE);
	script_watch(&world->kube, EVENT("ADDED", "9", "a", "y", ""));
	run_until_noted(world, "put a/y", 3);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; synced; put a/x; put a/y; ");
	assert_asked(&world->kube, 2, "&resourceVersion=8&");
}

/* Nobody's fault: it is no reason for a list, nor for the log. */
static void test_ends_within_its_first_event(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script(&world->kube, "200 OK", "{\"type\":\"ADDED\",\"obj", KEEP);
	script_watch(&world->kube, EVENT("ADDED", "8", "a", "x", ""));
	run_until_noted(world, "put a/x", 3);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; synced; put a/x; ");
	assert_asked(&world->kube, 2, "&resourceVersion=7&");
}

/* ---- the version is gone */

static struct gone_case {
	const char *name, *head, *body;
} gone_cases[] = {
	{"410 as a status", "410 Gone", STATUS("410", "too old resource version")},
	{"410 as an event", "200 OK",
	 "{\"type\":\"ERROR\",\"object\":" STATUS("410", "too old resource version") "}\n"},
};

static void test_gone(void **state)
{
	const struct gone_case *c = *state;
	struct world *world;

	set_up(state);
	world = *state;
	script_list(&world->kube, "7", ITEM("a", "x", ""));
	script(&world->kube, c->head, c->body, KEEP);
	script_list(&world->kube, "30", ITEM("a", "y", ""));
	script_quiet(&world->kube);
	run_until_noted(world, "put a/y; synced", 4);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; put a/x; synced; begin; put a/y; synced; ");
	assert_asked(&world->kube, 2, "?limit=500 HTTP/1.1\r\n"); /* no cache, which might be older */
	assert_asked(&world->kube, 3, "&resourceVersion=30&");
	tear_down(state);
}

/* A server that always says so is not asked without a pause. */
static void test_gone_again(void **state)
{
	struct world *world = *state;
	int64_t start_ms = loop_now_ms(world->kube.loop);

	script_list(&world->kube, "7", "");
	script(&world->kube, "410 Gone", "", KEEP);
	script_list(&world->kube, "8", "");
	script(&world->kube, "410 Gone", "", KEEP);
	script_list(&world->kube, "9", "");
	script_quiet(&world->kube);
	run_until_noted(world, "synced", 6);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; synced; begin; synced; begin; synced; ");
	assert_true(loop_now_ms(world->kube.loop) - start_ms >= 600);
}

/* A watch that brings nothing new is not asked for again without a pause, either. */
static void test_the_same_again(void **state)
{
	struct world *world = *state;
	int64_t start_ms = loop_now_ms(world->kube.loop);

	script_list(&world->kube, "7", ITEM("a", "x", ""));
	script(&world->kube, "200 OK", EVENT("ADDED", "7", "a", "x", ""), KEEP);
	script_quiet(&world->kube);
	run_until_noted(world, "put a/x; synced; put a/x; ", 3);
	assert_true(loop_now_ms(world->kube.loop) - start_ms >= 600);
}

static void test_gone_in_the_second_page(void **state)
{
	struct world *world = *state;

	script(&world->kube, "200 OK",
	       "{\"items\":[" ITEM("a", "x", "") "],\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"t\"}}",
	       KEEP);
	script(&world->kube, "410 Gone", STATUS("410", "expired"), KEEP);
	script_list(&world->kube, "8", ITEM("a", "y", ""));
	script_quiet(&world->kube);
	run_until_noted(world, "synced", 4);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; put a/x; begin; put a/y; synced; ");
}

/* ---- lists that are none */

static struct list_case {
	const char *name, *head, *body;
	enum manner manner;
	const char *noted;
} list_cases[] = {
	{"refused", "403 Forbidden", STATUS("403", "pods is forbidden: User u cannot list"), KEEP,
	 "failed 403 pods is forbidden: User u cannot list; "},
	{"unavailable", "503 X", "busy", KEEP, "failed 503 busy; "},
	{"reset", "200 OK", "{", RESET, "failed 0 "},
	{"html", "200 OK", "<html>login</html>", KEEP, "found '<'"},
	{"empty body", "200 OK", "", KEEP, "is empty of any text; "},
	{"a JSON array", "200 OK", "[]", KEEP, "no JSON object; "},
	{"no items", "200 OK", "{\"metadata\":{\"resourceVersion\":\"7\"}}", KEEP, "has no \"items\"; "},
	{"items an object", "200 OK", "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":{}}", KEEP,
	 "has no \"items\"; "},
	{"no version", "200 OK", "{\"metadata\":{},\"items\":[]}", KEEP, "has no \"resourceVersion\"; "},
	{"cut", "200 OK", "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" ITEM("a", "x", "") ",", CLOSE,
	 "ends early"},
	{"cut behind the items", "200 OK", "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]", CLOSE,
	 "ends early"},
};

static void test_no_list(void **state)
{
	const struct list_case *c = *state;
	struct world *world;

	set_up(state);
	world = *state;
	script(&world->kube, c->head, c->body, c->manner);
	run_until_noted(world, c->noted, 1);
	assert_null(strstr(buf_cstr(&world->kube.note), "synced"));
	assert_non_null(strstr(buf_cstr(&world->kube.note), "failed "));
	tear_down(state);
}

/* ---- what is of another kind, or could be read in two ways */

#define META(members) "\"metadata\":{" members "}"
#define VERSION	      META("\"resourceVersion\":\"7\"")
#define PODS(items)   "{\"kind\":\"PodList\"," VERSION ",\"items\":[" items "]}"
#define POD	      "{" META("\"name\":\"a\"") "}"
#define ADDED(object) "{\"type\":\"ADDED\",\"object\":" object "}\n"

static struct doubt_case {
	const char *name;
	bool metadata_only;
	const char *list, *event; /* event NULL: the list is the doubtful one */
	const char *noted;
} told_cases[] = {
	{"list of another kind", true, "{\"kind\":\"ConfigMapList\"," VERSION ",\"items\":[" POD "]}", NULL,
	 "failed 200 a ConfigMapList came for a PodList; "},
	{"event about another kind", true, PODS(""), ADDED("{\"kind\":\"ConfigMap\"," META("\"name\":\"a\"") "}"),
	 "a ConfigMap came for a Pod; "},
	{"label twice", true, PODS(""), ADDED("{" META("\"name\":\"a\",\"labels\":{\"k\":\"1\",\"k\":\"1\"}") "}"),
	 "the label \"k\" is there twice"},
};

/* It is told as a failure, and a new list is asked for; of it nothing is believed. */
static void test_doubt_is_told(void **state)
{
	const struct doubt_case *c = *state;
	struct world *world;

	set_up(state);
	world = *state;
	world->options.kind = STR("Pod");
	world->options.metadata_only = c->metadata_only;
	script(&world->kube, "200 OK", c->list, KEEP);
	if (c->event)
		script_watch(&world->kube, c->event);
	script(&world->kube, "200 OK", PODS("{\"kind\":\"Pod\"," META("\"name\":\"z\"") "}"), KEEP);
	script_quiet(&world->kube);
	run_until_noted(world, "put /z; synced; ", c->event ? 4 : 3);
	if (strstr(buf_cstr(&world->kube.note), c->noted) == NULL)
		fail_msg("\"%s\" is not in: %s", c->noted, buf_cstr(&world->kube.note));
	assert_true(str_starts(buf_str(&world->kube.note), c->event ? STR("begin; synced; failed ") : STR("begin; ")));
	assert_asked(&world->kube, c->event ? 2 : 1, "?limit=500");
	tear_down(state);
}

/* What a kube-apiserver says of pods in all its forms. */
static void test_right_kinds(void **state)
{
	struct world *world = *state;

	world->options.kind = STR("Pod");
	world->options.metadata_only = true;
	script(&world->kube, "200 OK",
	       "{\"items\":[" POD
	       ",{\"kind\":\"Pod\"," META("\"name\":\"b\"") "},{\"kind\":\"PartialObjectMetadata\"," META(
		       "\"name\":\"c\"") "}],\"kind\":\"PartialObjectMetadataList\"," META("\"resourceVersion\":\"7\","
											   "\"continue\":\"t\"") "}",
	       KEEP);
	script(&world->kube, "200 OK", PODS("{\"kind\":null," META("\"name\":\"d\"") "}"), KEEP);
	script_watch(&world->kube,
		     ADDED("{\"kind\":\"Pod\"," META("\"name\":\"e\"") "}")
			     ADDED("{\"kind\":\"PartialObjectMetadata\"," META("\"name\":\"f\"") "}")
				     ADDED("{" META("\"name\":\"g\"") "}") BOOKMARK(
					     "9") "{\"type\":\"ERROR\",\"object\":" STATUS("500", "etcd") "}\n");
	run_until_noted(world, "failed", 3);
	assert_string_equal(buf_cstr(&world->kube.note),
			    "begin; put /a; put /b; put /c; put /d; synced; put /e; put /f; put /g; failed 500 etcd; ");
}

/* Else such a server has us ask for ever. */
static void test_token_twice(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < 4; i++)
		script(&world->kube, "200 OK",
		       i % 2 ? "{\"items\":[],\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"a\"}}"
			     : "{\"items\":[],\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"b\"}}",
		       KEEP);
	run_until_noted(world, "failed", 1);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; failed 200 the list has a continue token twice; ");
}

/* As the kubelet's own reader has it. */
static void test_the_first_of_two_ready_conditions_counts(void **state)
{
	struct world *world = *state;

	world->options.kind = STR("Pod");
	script(&world->kube, "200 OK",
	       PODS("{" META("\"name\":\"a\"") ",\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"},"
					       "{\"type\":\"Ready\",\"status\":\"True\"}]}}"),
	       KEEP);
	script_quiet(&world->kube);
	run_until_noted(world, "synced", 1);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; put /a; synced; ");
}

static void test_a_list_is_tried_again(void **state)
{
	struct world *world = *state;

	script(&world->kube, "500 X", "kaboom", KEEP);
	script_list(&world->kube, "7", ITEM("a", "x", ""));
	script_quiet(&world->kube);
	run_until_noted(world, "synced", 3);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; failed 500 kaboom; begin; put a/x; synced; ");
	assert_asked(&world->kube, 1, "&resourceVersion=0 ");
}

static void test_malformed_items_are_left_out(void **state)
{
	struct world *world = *state;

	script_list(
		&world->kube, "7",
		"null,7,[],{},{\"metadata\":null},{\"metadata\":7},{\"metadata\":{\"name\":7}},"
		"{\"metadata\":{\"name\":\"\"}},{\"metadata\":{\"name\":\"l\",\"labels\":{\"a\":1}}},"
		"{\"metadata\":{\"name\":\"n\",\"namespace\":[]}},{\"metadata\":{\"name\":\"good\",\"labels\":null}}");
	script_quiet(&world->kube);
	run_until_noted(world, "synced", 1);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; put /good; synced; ");
}

/* ---- a watch in trouble: `next` is what is asked then */

static struct trouble_case {
	const char *name, *head, *body;
	enum manner manner;
	const char *noted, *next;
} trouble_cases[] = {
	{"no watch allowed", "403 Forbidden", STATUS("403", "cannot watch"), KEEP, "failed 403 cannot watch; ",
	 "?limit=500 "},
	{"no watch known", "405 X", "no", KEEP, "failed 405 no; ", "?limit=500 "},
	{"unavailable", "503 X", "busy", KEEP, "failed 503 busy; ", "resourceVersion=7&timeoutSeconds=10 "},
	{"too many requests", "429 X", "slow", KEEP, "failed 429 slow; ", "resourceVersion=7&timeoutSeconds=10 "},
	{"credentials", "401 X", "who", KEEP, "failed 401 who; ", "resourceVersion=7&timeoutSeconds=10 "},
	{"error event, 500", "200 OK", "{\"type\":\"ERROR\",\"object\":" STATUS("500", "etcd") "}\n", HANG,
	 "failed 500 etcd; ", "resourceVersion=7&timeoutSeconds=10 "},
	{"error event, 400", "200 OK", "{\"type\":\"ERROR\",\"object\":" STATUS("400", "odd") "}\n", HANG,
	 "failed 400 odd; ", "?limit=500 "},
	{"error event, says nothing", "200 OK", "{\"type\":\"ERROR\",\"object\":{}}\n", HANG,
	 "failed 400 no reason given; ", "?limit=500 "},
	{"html", "200 OK", "<html>", HANG, "found '<'", "?limit=500 "},
	{"event without type", "200 OK", "{\"object\":{}}\n", HANG, "an event without a type; ", "?limit=500 "},
	{"event without name", "200 OK", "{\"type\":\"DELETED\",\"object\":{\"metadata\":{}}}\n", HANG,
	 "an event DELETED without", "?limit=500 "},
	{"event with malformed labels", "200 OK",
	 "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"labels\":{\"a\":{}}}}}\n", HANG,
	 "something malformed", "?limit=500 "},
	{"ends at once", "200 OK", "", KEEP, "failed 200 the watch ended at once", "?limit=500 "},
};

static void test_trouble(void **state)
{
	const struct trouble_case *c = *state;
	struct world *world;

	set_up(state);
	world = *state;
	script_list(&world->kube, "7", "");
	script(&world->kube, c->head, c->body, c->manner);
	script_quiet(&world->kube);
	run_until_noted(world, c->noted, 3);
	assert_asked(&world->kube, 2, c->next);
	tear_down(state);
}

static void test_resumes(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script(&world->kube, "503 X", "busy", KEEP);
	script_watch(&world->kube, BOOKMARK("9"));
	run_until_noted(world, "resumed", 3);
	assert_string_equal(buf_cstr(&world->kube.note), "begin; synced; failed 503 busy; resumed; ");
}

static void test_freed_at_any_time(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", "");
	script_watch(&world->kube, "{\"type\":\"ADDED\",");
	run_until_noted(world, "synced", 2); /* tear_down frees it in the middle of an event */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pages_and_then_a_watch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_metadata_and_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_goes_on_from_a_bookmark, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_goes_on_after_a_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_within_its_first_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_same_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_in_the_second_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_list_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_items_are_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_right_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_token_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_first_of_two_ready_conditions_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resumes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_freed_at_any_time, set_up, tear_down),
	};
	int bad = cmocka_run_group_tests(tests, NULL, NULL);

	bad += RUN_ROWS(gone_cases, test_gone);
	bad += RUN_ROWS(list_cases, test_no_list);
	bad += RUN_ROWS(told_cases, test_doubt_is_told);
	bad += RUN_ROWS(trouble_cases, test_trouble);
	return bad;
}
