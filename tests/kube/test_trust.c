/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/trust.h"

#include "../rows.h"
#include "base/arena.h"
#include "watch_world.h"

#define CONFIG_MAP(data)                                                                                               \
	"{\"metadata\":{\"name\":\"extension-apiserver-authentication\",\"namespace\":\"kube-system\","                \
	"\"resourceVersion\":\"5\"},\"data\":{" data "}}"
#define CA(text)    "\"client-ca-file\":\"" text "\""
#define NAMES(json) "\"requestheader-client-ca-file\":\"proxy\",\"requestheader-allowed-names\":" json

/* ---- the data */

static struct parse_case {
	const char *name, *data;
	const char *want; /* client CA; proxy CA; names; user, group, extra, uid headers */
} parse_cases[] = {
	{"all of it",
	 "{" CA("-----BEGIN\\n") "," NAMES(
		 "\"[\\\"front-proxy-client\\\",\\\"b\\\"]\"") ","
							       "\"requestheader-username-headers\":\"[\\\"X-Remote-"
							       "User\\\"]\",\"requestheader-group-headers\":\"[\\\"X-"
							       "Remote-Group\\\"]\","
							       "\"requestheader-extra-headers-prefix\":\"[\\\"X-Remote-"
							       "Extra-\\\"]\",\"requestheader-uid-headers\":\"[\\\"X-"
							       "Remote-Uid\\\"]\","
							       "\"other\":\"[\"}",
	 "-----BEGIN\n;proxy;front-proxy-client,b;X-Remote-User;X-Remote-Group;X-Remote-Extra-;X-Remote-Uid"},
	{"none of it", "{}", ";;;;;;"},
	{"no ConfigMap", "", ";;;;;;"},
	{"empty texts", "{" CA("") "," NAMES("\"\"") "}", ";proxy;;;;;"},
	{"an empty list lets any name in", "{" NAMES("\"[]\"") "}", ";proxy;;;;;"},
	{"null as a text", "{" NAMES("\"null\"") "}", ";proxy;;;;;"},
	{"names that are no JSON let nobody in", "{" NAMES("\"front-proxy-client\"") "}", ";;;;;;"},
	{"names that are cut let nobody in", "{" NAMES("\"[\\\"a\\\"\"") "}", ";;;;;;"},
	{"names that are no list let nobody in", "{" NAMES("\"{}\"") "}", ";;;;;;"},
	{"names that are no texts let nobody in", "{" NAMES("\"[\\\"a\\\",1]\"") "}", ";;;;;;"},
	{"names that are a list in place of a text let nobody in", "{" NAMES("[\"a\"]") "}", ";;;;;;"},
	{"names that are null let nobody in", "{" NAMES("null") "}", ";;;;;;"},
	{"malformed headers are empty", "{" CA("ca") ",\"requestheader-username-headers\":\"[1]\"}", "ca;;;;;;"},
	{"a CA that is no text", "{\"client-ca-file\":7,\"requestheader-client-ca-file\":\"proxy\"}", ";proxy;;;;;"},
	{"no JSON", "{", ";;;;;;"},
	{"no object", "[]", ";;;;;;"},
};

static void put_list(struct buf *out, const struct trust_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s%.*s", i ? "," : "", STR_ARG(list->items[i]));
}

static void put_trust(struct buf *out, const struct trust *trust)
{
	const struct trust_list *const lists[] = {&trust->allowed_names, &trust->username_headers,
						  &trust->group_headers, &trust->extra_prefixes, &trust->uid_headers};

	buf_printf(out, "%.*s;%.*s", STR_ARG(trust->client_ca_pem), STR_ARG(trust->requestheader_ca_pem));
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		buf_putc(out, ';');
		put_list(out, lists[i]);
	}
}

static void test_parse(void **state)
{
	const struct parse_case *c = *state;
	CLEANUP(buf_clear) struct buf got = {0};
	struct trust *trust = trust_parse(str_of(c->data), 3);

	put_trust(&got, trust);
	assert_str(buf_str(&got), c->want);
	assert_int_equal(trust->generation, 3);
	trust_free(trust);
	trust_free(NULL);
}

/* ---- live */

struct world {
	struct kube_world kube;
	struct trust_source *source;
	size_t published;
	struct trust *last;
	size_t until, until_requests;
};

static int set_up(void **state)
{
	struct world *world = xnew(struct world);

	world_init(&world->kube);
	world->kube.list_kind = "ConfigMapList";
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	trust_source_free(world->source);
	trust_free(world->last);
	world_clear(&world->kube);
	free(world);
	return 0;
}

static void take_trust(void *context, struct trust *trust)
{
	struct world *world = context;

	assert_int_equal(trust->generation, ++world->published);
	trust_free(world->last);
	world->last = trust;
	buf_printf(&world->kube.note, "%.*s|", STR_ARG(trust->client_ca_pem));
}

static bool is_enough(void *context)
{
	struct world *world = context;

	return world->published >= world->until && world->kube.server.requests.count >= world->until_requests;
}

static void run_until_published(struct world *world, size_t times, size_t requests)
{
	if (world->source == NULL)
		world->source = trust_source_new(world->kube.loop, world->kube.client, take_trust, world);
	world->until = times;
	world->until_requests = requests;
	run_until(&world->kube, is_enough, world);
}

#define CHANGE(type, data) "{\"type\":\"" type "\",\"object\":" CONFIG_MAP(data) "}\n"

static void test_follows_the_config_map(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", CONFIG_MAP(CA("one")));
	script_watch(&world->kube, CHANGE("MODIFIED", CA("one")) CHANGE("MODIFIED", CA("two"))
					   CHANGE("DELETED", CA("two")) CHANGE("ADDED", CA("three")));
	run_until_published(world, 4, 2);
	assert_string_equal(buf_cstr(&world->kube.note), "one|two||three|");
	assert_asked(
		&world->kube, 0,
		"GET "
		"/api/v1/namespaces/kube-system/configmaps?limit=500&fieldSelector=metadata.name%3Dextension-apiserver-"
		"authentication&resourceVersion=0 ");
	assert_asked(&world->kube, 0, "Accept: application/json\r\n");
}

static void test_absent_and_foreign(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7",
		    "{\"metadata\":{\"name\":\"other\",\"namespace\":\"kube-system\"},\"data\":{" CA("x") "}}");
	script_watch(&world->kube,
		     "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"extension-apiserver-authentication\","
		     "\"namespace\":\"default\"},\"data\":{" CA("x") "}}}\n" CHANGE("ADDED", CA("late")));
	run_until_published(world, 2, 2);
	assert_string_equal(buf_cstr(&world->kube.note), "|late|");
}

static void test_a_new_list_tells_only_changes(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", CONFIG_MAP(CA("one")));
	script(&world->kube, "410 Gone", "", KEEP);
	script_list(&world->kube, "8", CONFIG_MAP(CA("one")));
	script(&world->kube, "410 Gone", "", KEEP);
	script_list(&world->kube, "9", CONFIG_MAP(CA("two")));
	script_quiet(&world->kube);
	run_until_published(world, 2, 6);
	assert_string_equal(buf_cstr(&world->kube.note), "one|two|");
}

static void test_a_failure_keeps_what_was_read(void **state)
{
	struct world *world = *state;

	script_list(&world->kube, "7", CONFIG_MAP(CA("one")));
	script(&world->kube, "410 Gone", "", KEEP);
	script(&world->kube, "403 Forbidden", STATUS("403", "no"), KEEP);
	script_list(&world->kube, "9", CONFIG_MAP(CA("two")));
	script_quiet(&world->kube);
	run_until_published(world, 1, 3);
	assert_string_equal(buf_cstr(&world->kube.note), "one|");
	run_until_published(world, 2, 5);
	assert_string_equal(buf_cstr(&world->kube.note), "one|two|");
}

static void test_half_a_list_tells_nothing(void **state)
{
	struct world *world = *state;

	script(&world->kube, "200 OK",
	       "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[" CONFIG_MAP(CA("half")) ",", KEEP);
	script_list(&world->kube, "9", CONFIG_MAP(CA("whole")));
	script_quiet(&world->kube);
	run_until_published(world, 1, 3);
	assert_string_equal(buf_cstr(&world->kube.note), "whole|");
}

/* What is on stderr while the first list is refused. */
static void test_refused_says_how_to_mend_it(void **state)
{
	struct world *world = *state;
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char text[2000];
	size_t length;

	assert_non_null(file);
	script(&world->kube, "403 Forbidden", STATUS("403", "configmaps is forbidden"), KEEP);
	script_list(&world->kube, "9", CONFIG_MAP(CA("one")));
	script_quiet(&world->kube);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	run_until_published(world, 1, 3);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	assert_contains(str_of(text),
			"status 403: configmaps is forbidden. fix: kubectl create rolebinding -n kube-system NAME "
			"--role=extension-apiserver-authentication-reader --serviceaccount=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_follows_the_config_map, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_absent_and_foreign, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_new_list_tells_only_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_failure_keeps_what_was_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_a_list_tells_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_says_how_to_mend_it, set_up, tear_down),
	};
	int bad = cmocka_run_group_tests(tests, NULL, NULL);

	bad += RUN_ROWS(parse_cases, test_parse);
	return bad;
}
