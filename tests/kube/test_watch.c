/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/watch.h"

#include "../rows.h"
#include "../../src/kube/watch_reader.h"
#include "watch_world.h"

struct world {
	struct kube_world kube;
	struct watch *watch;
	struct watch_options options;
	const char *until;
	size_t until_requests;
};

/* ---- what a watch tells, as text */

static void note_object(struct buf *out, const struct watched_object *object)
{
	buf_printf(out, "%.*s/%.*s", STR_ARG(object->namespace), STR_ARG(object->name));
	for (size_t i = 0; i < object->label_count; i++)
		buf_printf(out, " %.*s=%.*s", STR_ARG(object->labels[i].key), STR_ARG(object->labels[i].value));
	if (object->phase.len)
		buf_printf(out, " %.*s", STR_ARG(object->phase));
	buf_puts(out, object->ready ? " ready" : "");
	if (object->ready_since.len)
		buf_printf(out, " since %.*s", STR_ARG(object->ready_since));
	buf_puts(out, object->deleting ? " deleting" : "");
	if (object->data_json.len)
		buf_printf(out, " %.*s", STR_ARG(object->data_json));
}

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
	{"items null", "200 OK", "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":null}", KEEP,
	 "has no \"items\"; "},
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
#define TWICE(key)    "the key \"" key "\" is there twice"

static struct doubt_case {
	const char *name;
	bool metadata_only;
	const char *list, *event; /* event NULL: the list is the doubtful one */
	const char *noted;
} doubt_cases[] = {
	{"list of another kind", true, "{\"kind\":\"ConfigMapList\"," VERSION ",\"items\":[" POD "]}", NULL,
	 "a ConfigMapList came for a PodList; "},
	{"list of one object's kind", true, "{\"kind\":\"Pod\"," VERSION ",\"items\":[" POD "]}", NULL,
	 "a Pod came for a PodList; "},
	{"list without a kind", true, "{" VERSION ",\"items\":[" POD "]}", NULL, "no PodList, as it has no \"kind\"; "},
	{"list whose kind is a number", true, "{\"kind\":7," VERSION ",\"items\":[" POD "]}", NULL, "no \"kind\"; "},
	{"list whose kind comes last", true, "{\"items\":[" POD "]," VERSION ",\"kind\":\"ConfigMapList\"}", NULL,
	 "a ConfigMapList came for a PodList; "},
	{"metadata where all is wanted", false,
	 "{\"kind\":\"PartialObjectMetadataList\"," VERSION ",\"items\":[" POD "]}", NULL,
	 "a PartialObjectMetadataList came for a PodList; "},
	{"a Status with code 200", true, STATUS("403", "no"), NULL, "a Status came for a PodList: no; "},
	{"item of another kind", true, PODS("{\"kind\":\"ConfigMap\"," META("\"name\":\"a\"") "}"), NULL,
	 "a ConfigMap came for a Pod; "},
	{"kind twice", true, "{\"kind\":\"PodList\",\"kind\":\"PodList\"," VERSION ",\"items\":[]}", NULL,
	 TWICE("kind")},
	{"items twice", true, "{\"kind\":\"PodList\",\"items\":[]," VERSION ",\"items\":[]}", NULL, TWICE("items")},
	{"items twice, once null", true, "{\"kind\":\"PodList\",\"items\":null," VERSION ",\"items\":[]}", NULL,
	 TWICE("items")},
	{"metadata of a list twice", true, "{\"kind\":\"PodList\"," VERSION "," VERSION ",\"items\":[]}", NULL,
	 TWICE("metadata")},
	{"continue twice", true,
	 "{\"kind\":\"PodList\"," META(
		 "\"resourceVersion\":\"7\",\"continue\":\"a\",\"continue\":\"\"") ",\"items\":[]}",
	 NULL, TWICE("continue")},
	{"metadata twice", true, PODS("{" META("\"name\":\"a\"") "," META("\"name\":\"b\"") "}"), NULL,
	 TWICE("metadata")},
	{"name twice", true, PODS("{" META("\"name\":\"a\",\"name\":\"a\"") "}"), NULL, TWICE("name")},
	{"name twice, once escaped", true, PODS("{" META("\"name\":\"a\",\"n\\u0061me\":\"a\"") "}"), NULL,
	 TWICE("name")},
	{"namespace twice", true, PODS("{" META("\"namespace\":\"m\",\"name\":\"a\",\"namespace\":\"n\"") "}"), NULL,
	 TWICE("namespace")},
	{"labels twice", true, PODS("{" META("\"name\":\"a\",\"labels\":{},\"labels\":{\"a\":\"b\"}") "}"), NULL,
	 TWICE("labels")},
	{"label twice", true, PODS("{" META("\"name\":\"a\",\"labels\":{\"k\":\"1\",\"l\":\"1\",\"k\":\"2\"}") "}"),
	 NULL, "the label \"k\" is there twice"},
	{"status twice", false, PODS("{" META("\"name\":\"a\"") ",\"status\":{},\"status\":{}}"), NULL,
	 TWICE("status")},
	{"phase twice", false, PODS("{" META("\"name\":\"a\"") ",\"status\":{\"phase\":\"Failed\",\"phase\":\"R\"}}"),
	 NULL, TWICE("phase")},
	{"conditions twice", false,
	 PODS("{" META("\"name\":\"a\"") ",\"status\":{\"conditions\":[],\"conditions\":[]}}"), NULL,
	 TWICE("conditions")},
	{"type of a condition twice", false,
	 PODS("{" META("\"name\":\"a\"") ",\"status\":{\"conditions\":[{\"type\":\"X\",\"type\":\"Ready\"}]}}"), NULL,
	 TWICE("type")},
	{"event about another kind", true, PODS(""), ADDED("{\"kind\":\"ConfigMap\"," META("\"name\":\"a\"") "}"),
	 "a ConfigMap came for a Pod; "},
	{"event with metadata where all is wanted", false, PODS(""),
	 ADDED("{\"kind\":\"PartialObjectMetadata\"," META("\"name\":\"a\"") "}"),
	 "a PartialObjectMetadata came for a Pod; "},
	{"bookmark of another kind", true, PODS(""),
	 "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ConfigMap\"," VERSION "}}\n", "a ConfigMap came for a Pod; "},
	{"error of another kind", true, PODS(""),
	 "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Pod\",\"code\":500,\"message\":\"m\"}}\n",
	 "a Pod came for a Status; "},
	{"type twice", true, PODS(""), "{\"type\":\"DELETED\",\"object\":" POD ",\"type\":\"ADDED\"}\n", TWICE("type")},
	{"object twice", true, PODS(""), "{\"type\":\"ADDED\",\"object\":" POD ",\"object\":" POD "}\n",
	 TWICE("object")},
	{"label of an event twice", true, PODS(""),
	 ADDED("{" META("\"name\":\"a\",\"labels\":{\"k\":\"1\",\"k\":\"1\"}") "}"), "the label \"k\" is there twice"},
};

static struct doubt_case told_cases[] = {
	{"list of another kind", true, "{\"kind\":\"ConfigMapList\"," VERSION ",\"items\":[" POD "]}", NULL,
	 "failed 200 a ConfigMapList came for a PodList; "},
	{"event about another kind", true, PODS(""), ADDED("{\"kind\":\"ConfigMap\"," META("\"name\":\"a\"") "}"),
	 "a ConfigMap came for a Pod; "},
	{"label twice", true, PODS(""), ADDED("{" META("\"name\":\"a\",\"labels\":{\"k\":\"1\",\"k\":\"1\"}") "}"),
	 "the label \"k\" is there twice"},
};

static bool pass_over(void *context, const struct watch_notice *notice, struct err *err)
{
	(void)context, (void)notice, (void)err;
	return true;
}

static void test_doubt(void **state)
{
	const struct doubt_case *c = *state;
	const struct watch_reader_options options = {
		.events = c->event != NULL,
		.metadata_only = c->metadata_only,
		.kind = STR("Pod"),
	};
	CLEANUP(buf_clear) struct buf told = {0};
	struct watch_reader *reader = watch_reader_new(&options, pass_over, NULL);
	struct err err = {0};

	assert_false(watch_reader_feed(reader, str_of(c->event ? c->event : c->list), &err) &&
		     watch_reader_finish(reader, &err));
	buf_printf(&told, "%s; ", err.msg);
	if (strstr(buf_cstr(&told), c->noted) == NULL)
		fail_msg("\"%s\" is not in: %s", c->noted, buf_cstr(&told));
	watch_reader_free(reader);
}

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

/* ---- the reader, in pieces of any size */

static struct reader_case {
	const char *name;
	bool events, with_data;
	const char *text, *noted;
} reader_cases[] = {
	{"a list", false, false,
	 "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"\",\"resourceVersion\":\"7\"},\"items\":["
	 "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"labels\":{\"k\":\"v\\n\",\"e\":\"\"},\"managedFields\":"
	 "[{\"metadata\":{\"name\":\"wrong\"}}],\"ownerReferences\":[{\"name\":\"wrong\"}]},\"spec\":{\"metadata\":"
	 "{\"name\":\"wrong\",\"labels\":{\"w\":\"w\"}},\"data\":{\"w\":\"w\"}},\"status\":{\"phase\":\"Running\","
	 "\"conditions\":"
	 "[{\"type\":\"Ready\",\"status\":\"True\"},{\"status\":\"False\",\"type\":\"Other\"}]}},"
	 "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"}],\"phase\":\"Failed\"},\"metadata\":"
	 "{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"name\":\"b\"}}]}",
	 "0 n/a k=v\n e= Running ready;0 /b Failed deleting;version 7"},
	{"when a pod became ready, or ceased to be", false, false,
	 "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{\"name\":\"a\"},\"status\":"
	 "{\"conditions\":[{\"type\":\"Initialized\",\"status\":\"True\",\"lastTransitionTime\":\"1\"},"
	 "{\"lastTransitionTime\":\"2\",\"type\":\"Ready\",\"status\":\"True\"},"
	 "{\"type\":\"PodScheduled\",\"lastTransitionTime\":\"3\"}]}},"
	 "{\"metadata\":{\"name\":\"b\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\","
	 "\"lastTransitionTime\":\"4\"}]}},"
	 "{\"metadata\":{\"name\":\"c\"},\"status\":{\"conditions\":[{\"type\":\"Other\",\"lastTransitionTime\":\"5\"},"
	 "{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":null}]}}]}",
	 "0 /a ready since 2;0 /b since 4;0 /c ready;version 7"},
	{"data", false, true,
	 "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"data\":{\"a\":\"\\\"x\\\"\",\"b\":{\"c\":\"d\"},"
	 "\"e\":1,"
	 "\"f\":\"g\"},\"metadata\":{\"name\":\"a\"}},{\"data\":null,\"metadata\":{\"name\":\"b\"}},{\"metadata\":{"
	 "\"name\":\"c\"}}]}",
	 "0 /a {\"a\":\"\\\"x\\\"\",\"b\":null,\"e\":null,\"f\":\"g\"};0 /b;0 /c;version 7"},
	{"data that nobody asked for", false, false,
	 "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"data\":{\"a\":\"b\"},\"metadata\":{\"name\":\"a\"}}]"
	 "}",
	 "0 /a;version 7"},
	{"events", true, false,
	 "\n" EVENT("ADDED", "8", "n", "a", "\"k\":\"v\"") "\r\n" BOOKMARK(
		 "9") "{\"object\":{\"metadata\":{\"name\":\"a\",\n\"namespace\":\"n\"}},\n\"type\":\"DELETED\"}\n"
		      "{\"type\":\"NEW\",\"object\":null}\n",
	 "1 n/a k=v at 8;3 / at 9;2 n/a;5 /;version "},
	{"an error", true, false, "{\"type\":\"ERROR\",\"object\":" STATUS("410", "gone") "}\n",
	 "4 / 410 gone;version "},
	{"an error with an odd code", true, false, "{\"type\":\"ERROR\",\"object\":{\"code\":1e9,\"message\":\"m\"}}\n",
	 "4 / 0 m;version "},
};

static bool note_notice(void *context, const struct watch_notice *notice, struct err *err)
{
	struct buf *out = context;

	(void)err;
	buf_printf(out, "%d ", notice->news);
	note_object(out, &notice->object);
	if (notice->news == NEWS_ERROR)
		buf_printf(out, " %d %.*s", notice->code, STR_ARG(notice->message));
	else if (notice->news != NEWS_ITEM && notice->version.len)
		buf_printf(out, " at %.*s", STR_ARG(notice->version));
	buf_putc(out, ';');
	return true;
}

static void read_in_pieces(const struct reader_case *c, size_t piece)
{
	CLEANUP(buf_clear) struct buf noted = {0};
	struct watch_reader *reader = watch_reader_new(
		&(struct watch_reader_options){.events = c->events, .with_data = c->with_data}, note_notice, &noted);
	struct str text = str_of(c->text);
	struct err err = {0};

	for (size_t at = 0; at < text.len; at += piece) {
		struct str part = str_slice(text, at, at + piece);
		char *exact = malloc(part.len);

		assert_non_null(exact);
		memcpy(exact, part.ptr, part.len);
		if (!watch_reader_feed(reader, (struct str){exact, part.len}, &err))
			fail_msg("%s", err.msg);
		free(exact);
	}
	if (!watch_reader_finish(reader, &err))
		fail_msg("%s", err.msg);
	buf_printf(&noted, "version %.*s", STR_ARG(watch_reader_version(reader)));
	assert_str(buf_str(&noted), c->noted);
	watch_reader_free(reader);
}

static void test_reader(void **state)
{
	const struct reader_case *c = *state;

	for (size_t piece = 1; piece < 8; piece++)
		read_in_pieces(c, piece);
	read_in_pieces(c, strlen(c->text));
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
		cmocka_unit_test_setup_teardown(test_gone_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_same_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_in_the_second_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_list_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_malformed_items_are_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_right_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_first_of_two_ready_conditions_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_resumes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_freed_at_any_time, set_up, tear_down),
	};
	int bad = cmocka_run_group_tests(tests, NULL, NULL);

	bad += RUN_ROWS(gone_cases, test_gone);
	bad += RUN_ROWS(list_cases, test_no_list);
	bad += RUN_ROWS(doubt_cases, test_doubt);
	bad += RUN_ROWS(told_cases, test_doubt_is_told);
	bad += RUN_ROWS(trouble_cases, test_trouble);
	bad += RUN_ROWS(reader_cases, test_reader);
	return bad;
}
