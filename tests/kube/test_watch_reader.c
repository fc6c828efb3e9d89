/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/kube/watch_reader.h"

#include "../rows.h"
#include "watch_world.h"

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
	{"an empty list, as a kube-apiserver writes it", false, false,
	 "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":null}", "version 7"},
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

/* An event is told as soon as it is whole, and what stands behind it in its line is still refused. */
static void test_behind_an_event(void **state)
{
	const struct watch_reader_options options = {.events = true};
	const struct str event = STR(EVENT("ADDED", "8", "n", "a", ""));
	CLEANUP(buf_clear) struct buf noted = {0};
	struct watch_reader *reader = watch_reader_new(&options, note_notice, &noted);
	struct err err = {0};

	(void)state;
	assert_true(watch_reader_feed(reader, str_slice(event, 0, event.len - 1), &err));
	assert_str(buf_str(&noted), "1 n/a at 8;");
	assert_true(watch_reader_finish(reader, &err));
	assert_true(watch_reader_feed(reader, STR(" "), &err));
	assert_false(watch_reader_feed(reader, event, &err));
	assert_contains(str_of(err.msg), "expected nothing more");
	assert_str(buf_str(&noted), "1 n/a at 8;");
	watch_reader_free(reader);
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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_behind_an_event)};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(reader_cases, test_reader) +
	       RUN_ROWS(doubt_cases, test_doubt);
}
