/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/prom/credential.h"
#include "prom/google.h"

#include "../rows.h"
#include "../scripted_server.h"

enum { PATIENCE_MS = 20000 };

#define FLAVOR	   "Metadata-Flavor: Google\r\n"
#define TOKEN_BODY "{\"access_token\":\"ya29.one\",\"expires_in\":3599}"

/* What the metadata server says; by the end of the path. */
struct place {
	const char *path, *bytes;
};

struct world {
	struct loop *loop;
	struct scripted_server server;
	struct google *google;
	struct credential_wait wait;
	struct loop_timer patience;
	const struct place *places;
	struct step step;
	size_t tokens; /* asked for */
	int woken;
	char host[64];
};

static void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static const struct step *choose(void *context, const char *request)
{
	struct world *world = context;
	const struct place *place = world->places;

	world->tokens += strstr(request, "/token ") != NULL;
	while (place->path && strstr(request, place->path) == NULL)
		place++;
	world->step = (struct step){place->bytes, CLOSE, 0};
	return &world->step;
}

static void woken(void *context)
{
	struct world *world = context;

	world->woken++;
	loop_stop(world->loop);
}

static int set_up(void **state)
{
	struct world *world = xnew(struct world);
	struct err err = {0};

	world->loop = loop_new(&err);
	world->patience = (struct loop_timer){.handler = give_up};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, &world->step, 1);
	world->server.choose = choose;
	world->server.context = world;
	snprintf(world->host, sizeof(world->host), "127.0.0.1:%u", world->server.port);
	setenv("GCE_METADATA_HOST", world->host, 1);
	unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	google_free(world->google);
	server_stop(&world->server);
	loop_free(world->loop);
	free(world);
	return 0;
}

static const struct place good[] = {
	{"/token ", HEAD("200 OK", FLAVOR "Connection: close\r\n") TOKEN_BODY},
	{"project/project-id ", HEAD("200 OK", FLAVOR "Connection: close\r\n") "p-1"},
	{"attributes/cluster-location ", HEAD("200 OK", FLAVOR "Connection: close\r\n") "europe-west4\n"},
	{"attributes/cluster-name ", HEAD("200 OK", FLAVOR "Connection: close\r\n") "c\"1"},
	{"default/email ", HEAD("200 OK", FLAVOR "Connection: close\r\n") "sa@p-1.test"},
	{NULL, HEAD("404 Not Found", FLAVOR "Connection: close\r\n") "no"},
};

static const struct credential_kind *kind(struct world *world)
{
	return google_credential(world->google)->kind;
}

/* NULL: none is sent. */
static const char *header(struct world *world)
{
	struct header_lines lines = {0};
	const char *line;

	kind(world)->sign(google_credential(world->google), NULL, &lines);
	line = lines.count > 0 ? lines.items[0] : NULL;
	vec_clear(&lines);
	return line;
}

static void wait_for(struct world *world)
{
	int before = world->woken;

	world->wait = (struct credential_wait){.handler = woken, .context = world};
	kind(world)->wait(google_credential(world->google), &world->wait);
	while (world->woken == before)
		loop_run(world->loop);
}

static void begin(struct world *world, const struct google_options *options, const struct place *places)
{
	struct err err = {0};

	world->places = places;
	world->google = google_new(world->loop, options, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(world->google);
}

static void test_all(void **state)
{
	struct world *world = *state;
	struct google_place place = {0};
	int64_t wait_ms = 0;

	begin(world, &(struct google_options){.auth = "auto", .project = "auto", .location = "auto", .cluster = "auto"},
	      good);
	assert_false(kind(world)->is_ready(google_credential(world->google)));
	assert_null(kind(world)->failure(google_credential(world->google), &wait_ms));
	assert_null(header(world));
	assert_false(google_place(world->google, &place));
	wait_for(world);
	assert_true(kind(world)->is_ready(google_credential(world->google)));
	assert_string_equal(header(world), "Authorization: Bearer ya29.one");
	assert_str(google_project(world->google), "p-1");
	assert_true(google_place(world->google, &place));
	assert_str(place.project, "p-1");
	assert_str(place.location, "europe-west4");
	assert_str(place.cluster, "c\"1");
	assert_non_null(strstr(server_request(&world->server, 0), "Metadata-Flavor: Google\r\n"));
}

static void test_given(void **state)
{
	struct world *world = *state;
	struct google_place place = {0};

	begin(world, &(struct google_options){.location = "l", .cluster = "c"}, good);
	assert_true(kind(world)->is_ready(google_credential(world->google)));
	assert_true(google_place(world->google, &place));
	assert_str(place.project, "");
	assert_str(place.location, "l");
	assert_str(place.cluster, "c");
	assert_null(header(world));
	assert_false(kind(world)->renew(google_credential(world->google)));
}

/* The URL needs the project, the series are of any. */
static void test_project_for_url(void **state)
{
	struct world *world = *state;
	struct google_place place = {0};

	begin(world, &(struct google_options){.project_in_url = true}, good);
	assert_true(google_place(world->google, &place));
	assert_str(place.project, "");
	assert_false(kind(world)->is_ready(google_credential(world->google)));
	wait_for(world);
	assert_str(google_project(world->google), "p-1");
}

static void test_refused_token(void **state)
{
	struct world *world = *state;
	size_t asked;

	begin(world, &(struct google_options){.auth = "metadata"}, good);
	wait_for(world);
	asked = world->tokens;
	assert_true(kind(world)->renew(google_credential(world->google)));
	assert_true(
		kind(world)->renew(google_credential(world->google))); /* who else was refused waits for the same one */
	assert_false(kind(world)->is_ready(google_credential(world->google)));
	wait_for(world);
	assert_true(kind(world)->is_ready(google_credential(world->google)));
	assert_int_equal(world->tokens, asked + 1);
	assert_false(kind(world)->renew(google_credential(world->google))); /* the new one is no better */
	assert_true(kind(world)->is_ready(google_credential(world->google)));
}

/* Half of a short life is left when the next one is asked for. */
static void test_renewed_ahead(void **state)
{
	struct world *world = *state;
	const struct place places[] = {
		{"/token ", HEAD("200 OK", FLAVOR "Connection: close\r\n") "{\"access_token\":\"t\",\"expires_in\":2}"},
		{NULL, HEAD("404 Not Found", FLAVOR "Connection: close\r\n")},
	};

	begin(world, &(struct google_options){.auth = "metadata"}, places);
	wait_for(world);
	world->server.on_request = woken;
	while (world->tokens < 2) {
		loop_run(world->loop);
		assert_true(kind(world)->is_ready(google_credential(world->google)));
	}
}

static struct failure_case {
	const char *name, *answer, *want;
} failure_cases[] = {
	{"not ready", HEAD("404 Not Found", FLAVOR "Connection: close\r\n") "not yet", ": 404 not yet"},
	{"somebody else", HEAD("200 OK", "Connection: close\r\n") TOKEN_BODY,
	 "the answer (200) is without Metadata-Flavor: Google"},
	{"no token", HEAD("200 OK", FLAVOR "Connection: close\r\n") "{}", "the answer has no access_token"},
	{"another time",
	 HEAD("400 Bad Request",
	      FLAVOR "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\nConnection: close\r\n") "{\"error\":\"invalid_grant\"}",
	 ": 400 invalid_grant; the clock here is "},
	{"cut off", HEAD("200 OK", FLAVOR "Content-Length: 100\r\n") TOKEN_BODY,
	 "the token from Google's metadata server"},
};

/* The reason is told, and the token comes later. */
static void test_failure(void **state)
{
	const struct failure_case *c = *state;
	struct place places[] = {{"/token ", c->answer}, {NULL, HEAD("404 Not Found", "Connection: close\r\n")}};
	struct world *world;
	int64_t wait_ms = 0;
	void *made;

	set_up(&made);
	world = made;
	begin(world, &(struct google_options){.auth = "metadata"}, places);
	wait_for(world);
	assert_false(kind(world)->is_ready(google_credential(world->google)));
	assert_contains(str_of(kind(world)->failure(google_credential(world->google), &wait_ms)), c->want);
	assert_contains(str_of(kind(world)->failure(google_credential(world->google), &wait_ms)), world->host);
	assert_true(wait_ms > 0 && wait_ms <= 500);
	world->places = good;
	while (!kind(world)->is_ready(google_credential(world->google)))
		wait_for(world);
	assert_null(kind(world)->failure(google_credential(world->google), &wait_ms));
	tear_down(&made);
}

static void test_no_key(void **state)
{
	struct world *world = *state;
	struct err err = {0};

	assert_null(google_new(world->loop, &(struct google_options){.auth = "/nowhere/key.json"}, &err));
	assert_contains(str_of(err.msg), "--google-auth: /nowhere/key.json");
	setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/other.json", 1);
	assert_null(google_new(world->loop, &(struct google_options){.auth = "auto"}, &err));
	assert_contains(str_of(err.msg), "/nowhere/other.json");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_all),	      IN_WORLD(test_given),	    IN_WORLD(test_project_for_url),
		IN_WORLD(test_refused_token), IN_WORLD(test_renewed_ahead), IN_WORLD(test_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + RUN_ROWS(failure_cases, test_failure);
}
