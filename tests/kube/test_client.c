/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include "../../src/kube/client_limits.h"
#include "base/log.h"
#include "kube_world.h"

static void keep(void *context, const struct kube_answer *answer)
{
	struct kube_world *world = context;

	world->done++;
	world->answer = *answer;
	snprintf(world->body, sizeof(world->body), "%.*s", STR_ARG(answer->body));
	loop_stop(world->loop);
	if (world->when_done)
		world->when_done(world);
}

static bool take(void *context, struct str piece)
{
	struct kube_world *world = context;
	size_t length = strlen(world->streamed);

	snprintf(world->streamed + length, sizeof(world->streamed) - length, "%.*s", STR_ARG(piece));
	if (world->when_piece)
		world->when_piece(world);
	return !world->refuse;
}

static void start(struct kube_world *world, struct kube_request request)
{
	int done = world->done;

	request.method = request.method ? request.method : "GET";
	request.path = request.path.len ? request.path : STR("/api/v1/pods?limit=500");
	request.timeout_ms = request.timeout_ms ? request.timeout_ms : PATIENCE_MS;
	request.context = world;
	request.on_done = keep;
	world->call = kube_ask(world->client, &request);
	assert_int_equal(world->done, done);
}

static void ask(struct kube_world *world, struct kube_request request)
{
	start(world, request);
	loop_run(world->loop);
}

/* ---- what is asked */

static void test_get(void **state)
{
	struct kube_world *world = *state;
	const char *asked;

	world->config.token = STR("open-sesame");
	new_client(world, 0, 0);
	answer_with(world, 200, "application/json", "{\"a\":1}");
	ask(world, (struct kube_request){0});
	asked = server_request(&world->server, 0);
	assert_true(str_starts(str_of(asked), STR("GET /api/v1/pods?limit=500 HTTP/1.1\r\n")));
	assert_contains(asked, "\r\nAccept: application/json\r\n");
	assert_contains(asked, "\r\nAuthorization: Bearer open-sesame\r\n");
	assert_contains(asked, "\r\nUser-Agent: gaugelet/");
	assert_int_equal(world->answer.status, 200);
	assert_string_equal(world->answer.text, "");
	assert_string_equal(world->body, "{\"a\":1}");
}

static void test_post_below_a_path(void **state)
{
	struct kube_world *world = *state;
	const char *asked;

	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/k8s/clusters/c/", world->server.port);
	world->config.server = str_of(world->url);
	world->config.user = STR("me");
	world->config.password = STR("pw");
	new_client(world, 0, 0);
	answer_with(world, 201, "application/json", "{}");
	ask(world, (struct kube_request){
			   .method = "POST", .path = STR("/apis/x"), .accept = "text/plain", .body = STR("{\"b\":2}")});
	asked = server_request(&world->server, 0);
	assert_true(str_starts(str_of(asked), STR("POST /k8s/clusters/c/apis/x HTTP/1.1\r\n")));
	assert_contains(asked, "\r\nAccept: text/plain\r\n");
	assert_contains(asked, "\r\nContent-Type: application/json\r\n");
	assert_contains(asked, "\r\nAuthorization: Basic bWU6cHc=\r\n");
	assert_true(str_ends(str_of(asked), STR("\r\n\r\n{\"b\":2}")));
	assert_int_equal(world->answer.status, 201);
	assert_string_equal(world->answer.text, "");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_token_file(void **state)
{
	struct kube_world *world = *state;

	snprintf(world->file, sizeof(world->file), "/tmp/gaugelet-token-%d", (int)getpid());
	write_file(world->file, "first-token\n");
	world->config.token_file = str_of(world->file);
	new_client(world, 0, 0);
	answer_with(world, 200, "application/json", "{}");
	ask(world, (struct kube_request){0});
	assert_contains(server_request(&world->server, 0), "\r\nAuthorization: Bearer first-token\r\n");
	write_file(world->file, "the-second-token");
	ask(world, (struct kube_request){0});
	assert_contains(server_request(&world->server, 1), "\r\nAuthorization: Bearer the-second-token\r\n");
	unlink(world->file);
	ask(world, (struct kube_request){0});
	assert_contains(server_request(&world->server, 2), "\r\nAuthorization: Bearer the-second-token\r\n");
	assert_int_equal(world->server.connections, 1);
}

static void test_no_token_file(void **state)
{
	struct kube_world *world = *state;
	const struct kube_client_options options = {0};
	struct err err = {0};

	world->config.token_file = STR("/nonexistent/token");
	assert_null(kube_client_new(world->loop, &world->config, &options, &err));
	assert_contains(err.msg, "/nonexistent/token: No such file");
}

/* ---- errors */

static struct error_case {
	const char *name;
	int status;
	const char *body, *text;
} errors[] = {
	{"Status", 403, "{\"kind\":\"Status\",\"message\":\"pods is forbidden\",\"code\":403}", "pods is forbidden"},
	{"other JSON", 404, "{\"a\":1}", "{\"a\":1}"},
	{"text", 401, " Unauthorized\n", "Unauthorized"},
	{"HTML", 502, "<html>\n<b>no backend</b>", "<html>"},
	{"nothing", 503, "", "status 503 without a word"},
	{"redirect", 302, "", "status 302 without a word"},
	{"message that is no text", 500, "{\"message\":7}", "{\"message\":7}"},
	{"control characters", 400, "{\"message\":\"a\\u0001\\u0000b\\r\\nc\"}", "a"},
	{"other bytes than UTF-8", 400, "a\xff\xe2\x82 \xe2\x82\xac", "a??? \xe2\x82\xac"},
	{"secret", 400, "{\"message\":\"token very-secret-word is bad\"}", "token <hidden> is bad"},
};

static void test_error(void **state)
{
	const struct error_case *c = *state;
	void *made = NULL;
	struct kube_world *world;

	set_up(&made);
	world = made;
	log_hide(STR("very-secret-word"));
	new_client(world, 0, 0);
	answer_with(world, c->status, "application/json", c->body);
	ask(world, (struct kube_request){0});
	assert_int_equal(world->answer.status, c->status);
	assert_true(str_starts(str_of(world->answer.text), str_of(c->text)));
	assert_true(str_is_utf8(str_of(world->answer.text)));
	for (const char *at = world->answer.text; *at; at++)
		assert_true((unsigned char)*at >= ' ');
	ask(world, (struct kube_request){.on_body = take}); /* no error's body goes to a reader */
	assert_true(str_starts(str_of(world->answer.text), str_of(c->text)));
	assert_string_equal(world->streamed, "");
	tear_down(&made);
}

static void test_long_error_is_cut_at_a_character(void **state)
{
	struct kube_world *world = *state;
	struct buf body = {0};

	for (int i = 0; i < 1000; i++)
		buf_puts(&body, "\xe2\x82\xac");
	new_client(world, 0, 0);
	answer_with(world, 500, "text/plain", buf_cstr(&body));
	answer_with(world, 500, "text/plain", buf_cstr(&body) + 2);
	ask(world, (struct kube_request){0});
	assert_true(str_is_utf8(str_of(world->answer.text)));
	assert_in_range(strlen(world->answer.text), 300, sizeof(world->answer.text) - 1);
	ask(world, (struct kube_request){0});
	assert_true(str_is_utf8(str_of(world->answer.text)));
	buf_clear(&body);
}

static void test_refused(void **state)
{
	struct kube_world *world = *state;
	uint16_t port;
	int fd = bound_socket(&port, false);

	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u", port);
	world->config.server = str_of(world->url);
	new_client(world, 0, 0);
	ask(world, (struct kube_request){0});
	assert_int_equal(world->answer.status, 0);
	assert_contains(world->answer.text, "refused");
	close(fd);
}

static void test_cut(void **state)
{
	struct kube_world *world = *state;

	then(world, HEAD("200 OK", "Content-Length: 100\r\n") "half", CLOSE);
	new_client(world, 0, 0);
	ask(world, (struct kube_request){0});
	assert_int_equal(world->answer.status, 0);
	assert_string_not_equal(world->answer.text, "");
	assert_string_equal(world->body, "");
}

static void test_timeout(void **state)
{
	struct kube_world *world = *state;

	then(world, "", HANG);
	new_client(world, 0, 0);
	ask(world, (struct kube_request){.timeout_ms = 50});
	assert_int_equal(world->answer.status, 0);
	assert_contains(world->answer.text, "no complete answer in time");
}

static void test_too_big(void **state)
{
	struct kube_world *world = *state;

	answer_with(world, 200, "application/json", "123456789");
	answer_with(world, 200, "application/json", "123456789");
	answer_with(world, 403, "application/json", "forbidden");
	answer_with(world, 200, "application/json", "12345678");
	new_client(world, 0, 0);
	ask(world, (struct kube_request){.max_body_bytes = 8});
	assert_int_equal(world->answer.status, 0);
	assert_contains(world->answer.text, "larger than allowed");
	ask(world, (struct kube_request){.max_body_bytes = 8, .on_body = take});
	assert_int_equal(world->answer.status, 0);
	assert_contains(world->answer.text, "larger than allowed");
	ask(world, (struct kube_request){.max_body_bytes = 8});
	assert_int_equal(world->answer.status, 403);
	assert_string_equal(world->answer.text, "forbidden");
	ask(world, (struct kube_request){.max_body_bytes = 8});
	assert_string_equal(world->body, "12345678");
}

/* ---- streams */

#define CHUNKED HEAD("200 OK", "Transfer-Encoding: chunked\r\n")

static void stop_loop(struct kube_world *world)
{
	loop_stop(world->loop);
}

static void test_stream(void **state)
{
	struct kube_world *world = *state;
	struct kube_request request = {
		.method = "GET", .path = STR("/w"), .context = world, .on_body = take, .on_done = keep};

	then(world, CHUNKED "6\r\nfirst\n\r\n", HANG);
	new_client(world, 0, 0);
	world->when_piece = stop_loop;
	world->call = kube_ask(world->client, &request); /* without a deadline */
	loop_run(world->loop);
	assert_string_equal(world->streamed, "first\n");
	assert_int_equal(world->done, 0);
	server_close_peers(&world->server);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
	assert_int_equal(world->answer.status, 0);
	assert_string_not_equal(world->answer.text, "");
}

static void test_stream_that_ends(void **state)
{
	struct kube_world *world = *state;

	then(world, CHUNKED "6\r\nfirst\n\r\n0\r\n\r\n", KEEP);
	new_client(world, 0, 0);
	ask(world, (struct kube_request){.on_body = take});
	assert_int_equal(world->answer.status, 200);
	assert_string_equal(world->answer.text, "");
	assert_string_equal(world->streamed, "first\n");
	assert_string_equal(world->body, "");
}

static void test_reader_stops(void **state)
{
	struct kube_world *world = *state;

	then(world, CHUNKED "6\r\nfirst\n\r\n", HANG);
	new_client(world, 0, 0);
	world->refuse = true;
	ask(world, (struct kube_request){.on_body = take, .retry = true});
	assert_int_equal(world->answer.status, 0);
	assert_contains(world->answer.text, "not read to its end");
	assert_int_equal(world->server.requests.count, 1);
}

static void cancel(struct kube_world *world)
{
	kube_call_cancel(world->call);
	loop_stop(world->loop);
}

static void test_cancel_from_on_body(void **state)
{
	struct kube_world *world = *state;

	then(world, CHUNKED "6\r\nfirst\n\r\n", HANG);
	new_client(world, 0, 0);
	world->when_piece = cancel;
	ask(world, (struct kube_request){.on_body = take});
	assert_int_equal(world->done, 0);
}

static void free_client(struct kube_world *world)
{
	kube_client_free(world->client);
	world->client = NULL;
	loop_stop(world->loop);
}

static void test_free_from_on_body(void **state)
{
	struct kube_world *world = *state;

	then(world, CHUNKED "6\r\nfirst\n\r\n", HANG);
	new_client(world, 0, 0);
	world->when_piece = free_client;
	ask(world, (struct kube_request){.on_body = take});
	assert_int_equal(world->done, 0);
}

static void test_free_from_on_done(void **state)
{
	struct kube_world *world = *state;

	answer_with(world, 200, "application/json", "{}");
	new_client(world, 0, 0);
	world->when_done = free_client;
	for (int i = 0; i < 5; i++) {
		start(world, (struct kube_request){0});
		kube_call_keep(world->call, xcalloc(1, 10));
	}
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
}

static void stop_for_request(void *context)
{
	stop_loop(context);
}

/* A stream takes no connection away from the others. */
static void test_streams_do_not_keep_others_waiting(void **state)
{
	struct kube_world *world = *state;
	int streams = 0;

	then(world, CHUNKED, HANG);
	new_client(world, 0, 0);
	for (; streams < 40; streams++)
		start(world, (struct kube_request){.on_body = take});
	world->server.on_request = stop_for_request;
	world->server.context = world;
	for (int i = 0; i < streams; i++)
		loop_run(world->loop);
	answer_with(world, 200, "application/json", "{}");
	ask(world, (struct kube_request){0});
	while (world->done == 0)
		loop_run(world->loop);
	assert_int_equal(world->answer.status, 200);
}

/* ---- retries */

static struct retry_case {
	const char *name;
	const char *bytes; /* of the first answer */
	enum manner manner;
	bool retry;
	int tries; /* of which the second is good */
} retries[] = {
	{"500", HEAD("500 X", "Content-Length: 0\r\n"), KEEP, true, 2},
	{"429", HEAD("429 X", "Content-Length: 0\r\n"), KEEP, true, 2},
	{"504", HEAD("504 X", "Content-Length: 0\r\n"), KEEP, true, 2},
	{"reset", "", RESET, true, 2},
	{"500, none wanted", HEAD("500 X", "Content-Length: 0\r\n"), KEEP, false, 1},
	{"403", HEAD("403 X", "Content-Length: 0\r\n"), KEEP, true, 1},
	{"503", HEAD("503 X", "Content-Length: 0\r\n"), KEEP, true, 1},
	{"302", HEAD("302 X", "Content-Length: 0\r\n"), KEEP, true, 1},
};

static void test_retry(void **state)
{
	const struct retry_case *c = *state;
	void *made = NULL;
	struct kube_world *world;
	int64_t started_ms;

	set_up(&made);
	world = made;
	new_client(world, 0, 0);
	then(world, c->bytes, c->manner);
	answer_with(world, 201, "application/json", "good");
	started_ms = loop_now_ms(world->loop);
	ask(world, (struct kube_request){.method = "POST", .body = STR("again"), .retry = c->retry});
	assert_int_equal(world->server.requests.count, c->tries);
	assert_int_equal(world->answer.status == 201, c->tries == 2);
	if (c->tries == 2) {
		assert_true(str_ends(str_of(server_request(&world->server, 1)), STR("again")));
		assert_string_equal(world->body, "good");
		assert_true(loop_now_ms(world->loop) - started_ms >= 500);
	}
	tear_down(&made);
}

static void test_five_tries(void **state)
{
	struct kube_world *world = *state;

	answer_with(world, 500, "application/json", "{\"message\":\"scripted\"}");
	new_client(world, 0, 0);
	ask(world, (struct kube_request){.retry = true});
	assert_int_equal(world->server.requests.count, 5);
	assert_int_equal(world->answer.status, 500);
	assert_string_equal(world->answer.text, "scripted");
}

static void test_no_retry_behind_the_deadline(void **state)
{
	struct kube_world *world = *state;

	answer_with(world, 500, "application/json", "{\"message\":\"scripted\"}");
	new_client(world, 0, 0);
	ask(world, (struct kube_request){.retry = true, .timeout_ms = 400});
	assert_int_equal(world->server.requests.count, 1);
	assert_string_equal(world->answer.text, "scripted");
}

static void test_cancel_before_the_next_try(void **state)
{
	struct kube_world *world = *state;

	answer_with(world, 500, "application/json", "{}");
	new_client(world, 0, 0);
	start(world, (struct kube_request){.retry = true});
	start(world, (struct kube_request){.retry = false}); /* its end comes with the other one's first try */
	kube_call_keep(world->call, xcalloc(1, 10));
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
	free_client(world);
	assert_int_equal(world->done, 1);
}

/* ---- whose turn it is */

static void test_limits(void **state)
{
	struct client_limits limits;

	(void)state;
	client_limits_init(&limits, 10, 2, 1000);
	assert_int_equal(client_limits_take(&limits, 1000, 0), 0);
	assert_int_equal(client_limits_take(&limits, 1000, 0), 0);
	assert_in_range(client_limits_take(&limits, 1000, 0), 100, 102);
	assert_in_range(client_limits_take(&limits, 1000, 0), 200, 202);
	assert_int_equal(client_limits_take(&limits, 1000, 250), -1);
	assert_in_range(client_limits_take(&limits, 1050, 250), 250, 252);
	client_limits_give_back(&limits);
	assert_in_range(client_limits_take(&limits, 1050, 0), 250, 252);
	assert_int_equal(client_limits_take(&limits, 9000, 0), 0); /* full again, with no more than the burst */
	assert_int_equal(client_limits_take(&limits, 9000, 0), 0);
	assert_in_range(client_limits_take(&limits, 9000, 0), 100, 102);
	client_limits_init(&limits, 0, 0, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(client_limits_take(&limits, 0, 1), 0);
	client_limits_init(&limits, 1e-300, 0, 0);
	assert_int_equal(client_limits_take(&limits, 0, 0), 0);
	assert_int_equal(client_limits_take(&limits, 0, 0), -1);
}

static void test_turn_that_comes_too_late(void **state)
{
	struct kube_world *world = *state;

	answer_with(world, 200, "application/json", "{}");
	new_client(world, 0.01, 1);
	ask(world, (struct kube_request){0});
	assert_int_equal(world->answer.status, 200);
	ask(world, (struct kube_request){0});
	assert_int_equal(world->answer.status, 0);
	assert_contains(world->answer.text, "its turn would come too late");
	assert_int_equal(world->server.requests.count, 1);
}

static void test_turn(void **state)
{
	struct kube_world *world = *state;
	int64_t started_ms;

	answer_with(world, 200, "application/json", "{}");
	new_client(world, 10, 1);
	ask(world, (struct kube_request){0});
	started_ms = loop_now_ms(world->loop);
	start(world, (struct kube_request){0});
	kube_call_cancel(world->call); /* it gives its turn to the next one */
	ask(world, (struct kube_request){.path = STR("/next")});
	assert_in_range(loop_now_ms(world->loop) - started_ms, 50, 195);
	assert_true(str_starts(str_of(server_request(&world->server, 1)), STR("GET /next ")));
}

#define ROWS(table, test)                                                                                              \
	for (size_t i = 0; i < COUNT_OF(table); i++)                                                                   \
		tests[count++] = (struct CMUnitTest)                                                                   \
		{                                                                                                      \
			.name = (table)[i].name, .test_func = (test), .initial_state = &(table)[i]                     \
		}

static int run_rows(void)
{
	struct CMUnitTest tests[COUNT_OF(errors) + COUNT_OF(retries)];
	size_t count = 0;

	ROWS(errors, test_error);
	ROWS(retries, test_retry);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_get),
		IN_WORLD(test_post_below_a_path),
		IN_WORLD(test_token_file),
		IN_WORLD(test_no_token_file),
		IN_WORLD(test_long_error_is_cut_at_a_character),
		IN_WORLD(test_refused),
		IN_WORLD(test_cut),
		IN_WORLD(test_timeout),
		IN_WORLD(test_too_big),
		IN_WORLD(test_stream),
		IN_WORLD(test_stream_that_ends),
		IN_WORLD(test_reader_stops),
		IN_WORLD(test_cancel_from_on_body),
		IN_WORLD(test_free_from_on_body),
		IN_WORLD(test_free_from_on_done),
		IN_WORLD(test_streams_do_not_keep_others_waiting),
		IN_WORLD(test_five_tries),
		IN_WORLD(test_no_retry_behind_the_deadline),
		IN_WORLD(test_cancel_before_the_next_try),
		IN_WORLD(test_limits),
		IN_WORLD(test_turn_that_comes_too_late),
		IN_WORLD(test_turn),
	};
	int failed = run_rows();

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
