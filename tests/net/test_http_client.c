/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include "../scripted_server.h"
#include "base/log.h"

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"

enum { PATIENCE_MS = 20000 }; /* a test that waits so long has failed */

struct world {
	struct loop *loop;
	struct scripted_server server;
	struct http_client *client;
	struct loop_timer patience;
	int done, wanted; /* calls; the loop stops at the last */
	/* of the last call */
	struct http_answer answer;
	char content_type[64];
	struct buf body;
	int body_status;
	size_t pieces, largest_piece;
	/* what a handler does */
	struct http_call *calls[50];
	void (*during_body)(struct world *world);
	void (*when_done)(struct world *world);
	bool refuse_body;
	char url[256], location[256];
};

static void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static int set_up(void **state)
{
	struct err err = {0};
	struct world *world = xnew(struct world);

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	world->server.fd = -1;
	world->wanted = 1;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	http_client_free(world->client);
	if (world->server.fd >= 0)
		server_stop(&world->server);
	loop_free(world->loop);
	buf_clear(&world->body);
	free(world);
	return 0;
}

static void new_client(struct world *world, struct http_client_options options)
{
	struct err err = {0};

	if (options.max_connections == 0)
		options.max_connections = 4;
	world->client = http_client_new(world->loop, &options, &err);
	assert_non_null(world->client);
}

#define SCRIPT(...) (const struct step[]){__VA_ARGS__}, COUNT_OF(((const struct step[]){__VA_ARGS__}))

static void serve(struct world *world, const struct step *steps, size_t count)
{
	server_start(&world->server, world->loop, steps, count);
	new_client(world, (struct http_client_options){0});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/path?a=b", world->server.port);
}

static bool on_body(void *context, int status, struct str piece)
{
	struct world *world = context;

	assert_true(piece.len > 0 && piece.len <= 65536);
	world->body_status = status;
	world->pieces++;
	if (piece.len > world->largest_piece)
		world->largest_piece = piece.len;
	buf_put(&world->body, piece);
	if (world->during_body)
		world->during_body(world);
	return !world->refuse_body;
}

static void on_done(void *context, const struct http_answer *answer)
{
	struct world *world = context;

	world->answer = *answer;
	snprintf(world->content_type, sizeof(world->content_type), "%.*s", STR_ARG(answer->content_type));
	if (++world->done == world->wanted)
		loop_stop(world->loop);
	if (world->when_done)
		world->when_done(world);
}

static struct http_call *start(struct world *world, struct http_request request)
{
	int done = world->done;
	struct http_call *call;

	request.method = request.method ? request.method : "GET";
	request.url = request.url ? request.url : world->url;
	request.timeout_ms = request.timeout_ms ? request.timeout_ms : PATIENCE_MS;
	request.context = world;
	request.on_body = on_body;
	request.on_done = on_done;
	call = http_client_start(world->client, &request);
	assert_int_equal(world->done, done); /* never from within start */
	return call;
}

static void ask(struct world *world, struct http_request request)
{
	world->done = 0;
	buf_reset(&world->body);
	(void)start(world, request);
	loop_run(world->loop);
}

static void assert_answer(struct world *world, enum http_fault fault, int status, const char *body)
{
	if (fault != world->answer.fault)
		print_message("fault %d: %s\n", world->answer.fault, world->answer.message);
	assert_int_equal(world->answer.fault, fault);
	assert_int_equal(world->answer.status, status);
	assert_string_equal(buf_cstr(&world->body), body);
	assert_int_equal(world->answer.message[0] == '\0', fault == HTTP_OK);
}

/* ---- answers, row by row: one call, one answer, one outcome */

static struct answer_case {
	const char *name;
	struct step step;
	enum http_fault fault;
	int status;
	const char *body, *content_type, *message;
	int64_t timeout_ms;
	size_t max_body_bytes;
	bool refuse_body;
} cases[] = {
	{"plain", {OK_HELLO, KEEP, 0}, HTTP_OK, 200, "hello", "text/plain", "", 0, 0, false},
	{"empty", {OK_EMPTY, KEEP, 0}, HTTP_OK, 200, "", "", "", 0, 0, false},
	{"chunked",
	 {HEAD("200 OK", "Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", KEEP, 0},
	 HTTP_OK,
	 200,
	 "abcdefg",
	 "",
	 "",
	 0,
	 0,
	 false},
	{"until the end",
	 {HEAD("200 OK", "Connection: close\r\n") "until", CLOSE, 0},
	 HTTP_OK,
	 200,
	 "until",
	 "",
	 "",
	 0,
	 0,
	 false},
	{"500 with a body",
	 {HEAD("500 Oh", "Content-Length: 4\r\n" JSON_TYPE) "oops", KEEP, 0},
	 HTTP_OK,
	 500,
	 "oops",
	 "application/json",
	 "",
	 0,
	 0,
	 false},
	{"a lie about gzip",
	 {HEAD("200 OK", "Content-Encoding: gzip\r\nContent-Length: 2\r\n") "ab", KEEP, 0},
	 HTTP_OK,
	 200,
	 "ab",
	 "",
	 "",
	 0,
	 0,
	 false},
	{"redirects are not followed unless asked",
	 {HEAD("302 Found", "Location: /there\r\nContent-Length: 2\r\n") "go", KEEP, 0},
	 HTTP_OK,
	 302,
	 "go",
	 "",
	 "",
	 0,
	 0,
	 false},
	{"hangs without a byte", {"", HANG, 0}, HTTP_TIMEOUT, 0, "", "", "in time", 30, 0, false},
	{"hangs in the body",
	 {HEAD("200 OK", "Content-Length: 4\r\n") "ha", HANG, 0},
	 HTTP_TIMEOUT,
	 200,
	 "ha",
	 "",
	 "in time",
	 300,
	 0,
	 false},
	{"closed without a byte", {"", CLOSE, 0}, HTTP_CUT, 0, "", "", "mpty reply", 0, 0, false},
	{"reset without a byte", {"", RESET, 0}, HTTP_CUT, 0, "", "", "reset", 0, 0, false},
	{"shorter than announced",
	 {HEAD("200 OK", "Content-Length: 9\r\n") "short", CLOSE, 0},
	 HTTP_CUT,
	 200,
	 "short",
	 "",
	 "4 bytes remaining",
	 0,
	 0,
	 false},
	{"unfinished chunks",
	 {HEAD("200 OK", "Transfer-Encoding: chunked\r\n") "3\r\nabc\r\n", CLOSE, 0},
	 HTTP_CUT,
	 200,
	 "abc",
	 "",
	 "outstanding",
	 0,
	 0,
	 false},
	{"broken chunks",
	 {HEAD("200 OK", "Transfer-Encoding: chunked\r\n") "zz\r\nabc\r\n", HANG, 0},
	 HTTP_CUT,
	 200,
	 "",
	 "",
	 "chunk",
	 0,
	 0,
	 false},
	{"no HTTP", {"hello\r\n\r\n", CLOSE, 0}, HTTP_OTHER, 0, "", "", "HTTP/0.9", 0, 0, false},
	{"as large as allowed", {OK_HELLO, KEEP, 0}, HTTP_OK, 200, "hello", "text/plain", "", 0, 5, false},
	{"too large", {OK_HELLO, KEEP, 0}, HTTP_TOO_BIG, 200, "", "text/plain", "larger", 0, 4, false},
	{"stopped by the reader", {OK_HELLO, KEEP, 0}, HTTP_STOPPED, 200, "hello", "text/plain", "", 0, 0, true},
};

static void test_answer(void **state)
{
	const struct answer_case *c = *state;
	void *made = NULL;
	struct world *world;

	set_up(&made);
	world = made;
	serve(world, &c->step, 1);
	world->refuse_body = c->refuse_body;
	ask(world, (struct http_request){.timeout_ms = c->timeout_ms, .max_body_bytes = c->max_body_bytes});
	assert_answer(world, c->fault, c->status, c->body);
	assert_string_equal(world->content_type, c->content_type);
	assert_non_null(strstr(world->answer.message, c->message));
	if (c->body[0])
		assert_int_equal(world->body_status, c->status);
	if (c->timeout_ms > 0)
		assert_true(world->answer.elapsed_ms >= c->timeout_ms);
	/* The next call finds a client in order. */
	world->server.steps = &(const struct step){OK_EMPTY, KEEP, 0};
	world->refuse_body = false;
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OK, 200, "");
	tear_down(&made);
}

/* ---- no server at all */

static void test_refused(void **state)
{
	struct world *world = *state;
	uint16_t port;
	int fd = bound_socket(&port, false);

	new_client(world, (struct http_client_options){0});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", port);
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_REFUSED, 0, "");
	close(fd);
}

static void test_unresolved(void **state)
{
	struct world *world = *state;

	new_client(world, (struct http_client_options){0});
	ask(world, (struct http_request){.url = "http://nonexistent.invalid:9090/"});
	assert_answer(world, HTTP_UNRESOLVED, 0, "");
	assert_non_null(strstr(world->answer.message, "nonexistent.invalid"));
}

static void test_unusable_url(void **state)
{
	struct world *world = *state;

	new_client(world, (struct http_client_options){0});
	ask(world, (struct http_request){.url = "file:///etc/passwd"});
	assert_answer(world, HTTP_OTHER, 0, "");
	ask(world, (struct http_request){.url = "http://bad host/"});
	assert_answer(world, HTTP_OTHER, 0, "");
}

static void test_refused_after_an_answer_has_no_status(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, CLOSE, 0}));
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OK, 200, "hello");
	server_stop(&world->server);
	world->server.fd = -1;
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_REFUSED, 0, "");
	assert_string_equal(world->content_type, "");
}

static void test_plain_speech_to_tls(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, CLOSE, 0}));
	snprintf(world->url, sizeof(world->url), "https://127.0.0.1:%u/", world->server.port);
	world->server.steps = &(const struct step){OK_HELLO, CLOSE, 0};
	(void)start(world, (struct http_request){.timeout_ms = 200}); /* our server waits for a blank line */
	loop_run(world->loop);
	assert_int_equal(world->answer.status, 0);
	assert_true(world->answer.fault == HTTP_TLS || world->answer.fault == HTTP_TIMEOUT);
}

static void test_no_connection_allowed(void **state)
{
	struct world *world = *state;
	struct err err = {0};

	assert_null(http_client_new(world->loop, &(struct http_client_options){0}, &err));
	assert_int_equal(err.code, ERR_INVALID);
	http_client_free(NULL);
}

/* ---- what is sent */

static void test_request_text(void **state)
{
	struct world *world = *state;
	const char *const headers[] = {"X-Scope: a b", "X-Empty: ", NULL};
	char expected[512];

	serve(world, SCRIPT({OK_EMPTY, KEEP, 0}));
	ask(world, (struct http_request){.headers = headers});
	snprintf(expected, sizeof(expected),
		 "GET /path?a=b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: gaugelet/%s\r\nAccept: */*\r\n"
		 "Accept-Encoding: identity\r\nX-Scope: a b\r\nX-Empty:\r\n\r\n",
		 world->server.port, GAUGELET_VERSION);
	assert_string_equal(server_request(&world->server, 0), expected);
}

static void test_headers_change_with_the_call(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_EMPTY, KEEP, 0}));
	ask(world, (struct http_request){.headers = (const char *const[]){"X-A: 1", NULL}});
	ask(world, (struct http_request){.headers = (const char *const[]){"X-A: 2", NULL}});
	ask(world, (struct http_request){0});
	assert_non_null(strstr(server_request(&world->server, 0), "\r\nX-A: 1\r\n"));
	assert_non_null(strstr(server_request(&world->server, 1), "\r\nX-A: 2\r\n"));
	assert_null(strstr(server_request(&world->server, 1), "\r\nX-A: 1\r\n"));
	assert_null(strstr(server_request(&world->server, 2), "\r\nX-A:"));
	assert_int_equal(world->server.connections, 1);
}

static void test_post(void **state)
{
	struct world *world = *state;
	const char *request;

	serve(world, SCRIPT({OK_EMPTY, KEEP, 0}));
	ask(world, (struct http_request){.method = "POST", .body = STR("query=up")});
	request = server_request(&world->server, 0);
	assert_true(str_starts(str_of(request), STR("POST /path?a=b HTTP/1.1\r\n")));
	assert_true(str_ends(str_of(request), STR("\r\n\r\nquery=up")));
	assert_non_null(strstr(request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	assert_non_null(strstr(request, "\r\nContent-Length: 8\r\n"));
	ask(world, (struct http_request){0}); /* the same handle, a GET now */
	request = server_request(&world->server, 1);
	assert_true(str_starts(str_of(request), STR("GET ")));
	assert_null(strstr(request, "Content-"));
	ask(world, (struct http_request){.method = "POST"});
	assert_non_null(strstr(server_request(&world->server, 2), "\r\nContent-Length: 0\r\n"));
}

static void test_large_post_does_not_wait_for_100_continue(void **state)
{
	struct world *world = *state;
	struct buf large = {0};

	for (int i = 0; i < 3 << 20; i++)
		buf_putc(&large, 'x');
	serve(world, SCRIPT({OK_EMPTY, KEEP, 0}));
	ask(world, (struct http_request){.method = "POST", .body = buf_str(&large)});
	assert_answer(world, HTTP_OK, 200, "");
	assert_null(strstr(server_request(&world->server, 0), "Expect"));
	assert_true(world->server.requests.items[0].len > large.len);
	buf_clear(&large);
}

static void test_large_answer_in_pieces(void **state)
{
	struct world *world = *state;
	struct buf large = {0};
	size_t head;

	buf_puts(&large, HEAD("200 OK", "Connection: close\r\n"));
	head = large.len;
	for (int i = 0; i < 5 << 20; i++)
		buf_putc(&large, (char)('a' + i % 26));
	serve(world, SCRIPT({buf_cstr(&large), CLOSE, 0}));
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OK, 200, large.ptr + head);
	assert_true(world->pieces >= 80);
	buf_clear(&large);
}

static void test_basic_authentication(void **state)
{
	struct world *world = *state;

	server_start(&world->server, world->loop, SCRIPT({OK_EMPTY, KEEP, 0}));
	new_client(world, (struct http_client_options){.user = "Aladdin", .password = "open sesame"});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){0});
	assert_non_null(
		strstr(server_request(&world->server, 0), "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
}

/* ---- connections */

static void test_connection_is_kept(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	for (int i = 0; i < 5; i++)
		ask(world, (struct http_request){0});
	assert_int_equal(world->server.connections, 1);
	assert_int_equal(world->server.requests.count, 5);
}

static void ask_on_a_dead_connection(struct world *world, const char *method)
{
	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	ask(world, (struct http_request){0});
	server_close_peers(&world->server);
	ask(world, (struct http_request){.method = method});
	assert_answer(world, HTTP_OK, 200, "hello");
	assert_int_equal(world->server.connections, 2);
}

static void test_get_on_a_connection_closed_meanwhile(void **state)
{
	ask_on_a_dead_connection(*state, "GET");
}

static void test_post_on_a_connection_closed_meanwhile(void **state)
{
	ask_on_a_dead_connection(*state, "POST");
}

/* The server closes when the request has reached it: nobody could have known before. */
static void ask_while_it_closes(struct world *world, const char *method, enum manner manner)
{
	serve(world, SCRIPT({OK_HELLO, KEEP, 0}, {"", manner, 0}, {OK_HELLO, KEEP, 0}));
	ask(world, (struct http_request){0});
	ask(world, (struct http_request){.method = method});
	assert_answer(world, HTTP_OK, 200, "hello");
	assert_int_equal(world->server.connections, 2);
	assert_int_equal(world->server.requests.count, 3);
}

static void test_get_on_a_connection_that_closes(void **state)
{
	ask_while_it_closes(*state, "GET", CLOSE);
}

static void test_get_on_a_connection_that_is_reset(void **state)
{
	ask_while_it_closes(*state, "GET", RESET);
}

static void start_many(struct world *world, int count)
{
	world->wanted = count;
	for (int i = 0; i < count; i++)
		world->calls[i] = start(world, (struct http_request){0});
}

static void test_fifty_at_once_on_four_connections(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 1}));
	start_many(world, 50);
	loop_run(world->loop);
	assert_int_equal(world->done, 50);
	assert_int_equal(world->server.connections, 4);
	assert_int_equal(world->server.busiest, 4);
	assert_int_equal(world->body.len, 50 * 5);
}

static void test_deadline_includes_waiting_for_a_connection(void **state)
{
	struct world *world = *state;

	server_start(&world->server, world->loop, SCRIPT({"", HANG, 0}));
	new_client(world, (struct http_client_options){.max_connections = 1});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	(void)start(world, (struct http_request){0});
	(void)start(world, (struct http_request){.timeout_ms = 20});
	loop_run(world->loop);
	assert_answer(world, HTTP_TIMEOUT, 0, "");
	assert_true(world->answer.elapsed_ms >= 20);
	assert_int_equal(world->server.requests.count, 1);
}

static void test_waiting_call_begins_when_one_is_cancelled(void **state)
{
	struct world *world = *state;
	struct http_call *first;

	server_start(&world->server, world->loop, SCRIPT({"", HANG, 0}, {OK_HELLO, KEEP, 0}));
	world->server.on_request = (void (*)(void *))loop_stop;
	world->server.context = world->loop;
	new_client(world, (struct http_client_options){.max_connections = 1});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	first = start(world, (struct http_request){0});
	(void)start(world, (struct http_request){0});
	loop_run(world->loop);
	world->server.on_request = NULL;
	http_call_cancel(first);
	loop_run(world->loop);
	assert_answer(world, HTTP_OK, 200, "hello");
}

/* What the transfer before it brought is not taken for its own. */
static void test_no_time_at_all(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OK, 200, "hello");
	world->server.steps = &(const struct step){"", HANG, 0};
	ask(world, (struct http_request){.timeout_ms = -1});
	assert_answer(world, HTTP_TIMEOUT, 0, "");
	assert_string_equal(world->content_type, "");
}

static void test_waiting_call_begins_when_one_times_out(void **state)
{
	struct world *world = *state;

	server_start(&world->server, world->loop, SCRIPT({"", HANG, 0}, {OK_HELLO, KEEP, 0}));
	new_client(world, (struct http_client_options){.max_connections = 1});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	world->wanted = 2;
	(void)start(world, (struct http_request){.timeout_ms = 20});
	(void)start(world, (struct http_request){0});
	loop_run(world->loop);
	assert_answer(world, HTTP_OK, 200, "hello");
}

/* ---- cancel and free */

static void cancel_the_others(struct world *world)
{
	if (world->done != 1)
		return;
	for (int i = 1; i < 10; i++)
		http_call_cancel(world->calls[i]);
	loop_stop(world->loop);
}

/* Some are with curl, some wait. */
static void test_cancel_from_on_done(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}, {"", HANG, 0}));
	world->when_done = cancel_the_others;
	start_many(world, 10);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
	world->when_done = NULL;
	world->wanted = 1;
	world->server.steps = &(const struct step){OK_HELLO, KEEP, 0};
	world->server.step_count = 1;
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OK, 200, "hello");
	assert_int_equal(world->done, 1);
}

static void cancel_all(struct world *world)
{
	world->during_body = NULL;
	for (int i = 0; i < 10; i++)
		http_call_cancel(world->calls[i]);
	(void)start(world, (struct http_request){0}); /* and one more, from within curl */
	world->wanted = 1;
}

static void test_cancel_and_start_from_on_body(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	world->during_body = cancel_all;
	start_many(world, 10);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
	assert_string_equal(buf_cstr(&world->body), "hellohello");
}

static void cancel_itself(struct world *world)
{
	http_call_cancel(world->calls[0]);
	world->refuse_body = true;
	loop_stop(world->loop);
}

static void test_cancel_itself_and_refuse(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	world->during_body = cancel_itself;
	start_many(world, 1);
	loop_run(world->loop);
	assert_int_equal(world->done, 0);
}

static void test_cancel_before_the_first_turn(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	start_many(world, 10);
	for (int i = 0; i < 10; i++)
		http_call_cancel(world->calls[i]);
	world->wanted = 1;
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OK, 200, "hello");
	assert_int_equal(world->server.requests.count, 1);
}

static void test_cancel_while_the_name_is_resolved(void **state)
{
	struct world *world = *state;
	struct http_call *call;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	call = start(world, (struct http_request){.url = "http://nonexistent.invalid/"});
	ask(world, (struct http_request){0});
	if (world->answer.fault == HTTP_OK)
		http_call_cancel(call);
	assert_int_equal(world->done, 1);
}

static void free_client(struct world *world)
{
	http_client_free(world->client);
	world->client = NULL;
	loop_stop(world->loop);
}

static void test_free_from_on_done(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	world->when_done = free_client;
	start_many(world, 10);
	loop_run(world->loop);
	assert_int_equal(world->done, 1);
}

static void test_free_from_on_body(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	world->during_body = free_client;
	start_many(world, 10);
	loop_run(world->loop);
	assert_int_equal(world->done, 0);
}

static void test_free_with_calls_under_way(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({"", HANG, 0}));
	world->server.on_request = (void (*)(void *))loop_stop;
	world->server.context = world->loop;
	start_many(world, 10);
	loop_run(world->loop); /* tear_down frees the client */
	assert_int_equal(world->done, 0);
}

static void ask_again(struct world *world)
{
	if (world->done < 3)
		(void)start(world, (struct http_request){0});
}

static void test_start_from_on_done(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({OK_HELLO, KEEP, 0}));
	world->when_done = ask_again;
	world->wanted = 3;
	(void)start(world, (struct http_request){0});
	loop_run(world->loop);
	assert_string_equal(buf_cstr(&world->body), "hellohellohello");
	assert_int_equal(world->server.connections, 1);
}

/* ---- redirects */

/* The second host is "localhost", which is another name for curl, of the same server. */
static const char *follow(struct world *world, const char *host, const char *status, const char *method)
{
	char *location = world->location;
	const char *const headers[] = {"Authorization: Bearer raw-secret", NULL};

	new_client(world, (struct http_client_options){.follow_redirects = true});
	server_start(&world->server, world->loop, SCRIPT({location, KEEP, 0}, {OK_HELLO, KEEP, 0}));
	snprintf(location, sizeof(world->location),
		 "HTTP/1.1 %s\r\nLocation: http://%s:%u/there\r\nContent-Length: 4\r\n\r\nmove", status, host,
		 world->server.port);
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){.method = method, .headers = headers, .body = STR("a=b")});
	assert_answer(world, HTTP_OK, 200, "hello");
	assert_non_null(strstr(server_request(&world->server, 0), "Authorization: Bearer raw-secret"));
	return server_request(&world->server, 1);
}

static void test_redirect_to_the_same_host(void **state)
{
	const char *second = follow(*state, "127.0.0.1", "302 Found", "GET");

	assert_true(str_starts(str_of(second), STR("GET /there HTTP/1.1\r\n")));
	assert_non_null(strstr(second, "Authorization: Bearer raw-secret"));
}

static void test_redirect_to_another_host_without_credentials(void **state)
{
	assert_null(strstr(follow(*state, "localhost", "302 Found", "GET"), "Authorization"));
}

static void test_redirect_307_keeps_a_post(void **state)
{
	const char *second = follow(*state, "127.0.0.1", "307 Temporary Redirect", "POST");

	assert_true(str_starts(str_of(second), STR("POST /there HTTP/1.1\r\n")));
	assert_true(str_ends(str_of(second), STR("a=b")));
}

static void test_redirect_for_ever(void **state)
{
	struct world *world = *state;

	new_client(world, (struct http_client_options){.follow_redirects = true});
	server_start(&world->server, world->loop,
		     SCRIPT({HEAD("302 Found", "Location: /again\r\nContent-Length: 0\r\n"), KEEP, 0}));
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_OTHER, 302, "");
	assert_int_equal(world->server.requests.count, 11);
}

static void test_redirect_to_a_file(void **state)
{
	struct world *world = *state;

	new_client(world, (struct http_client_options){.follow_redirects = true});
	server_start(&world->server, world->loop,
		     SCRIPT({HEAD("302 Found", "Location: file:///etc/passwd\r\nContent-Length: 0\r\n"), KEEP, 0}));
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){0});
	assert_int_equal(world->answer.fault, HTTP_OTHER);
	assert_int_equal(world->body.len, 0);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static int run_answers(void)
{
	struct CMUnitTest tests[COUNT_OF(cases)];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name, .test_func = test_answer, .initial_state = &cases[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_refused),
		IN_WORLD(test_unresolved),
		IN_WORLD(test_unusable_url),
		IN_WORLD(test_refused_after_an_answer_has_no_status),
		IN_WORLD(test_plain_speech_to_tls),
		IN_WORLD(test_no_connection_allowed),
		IN_WORLD(test_request_text),
		IN_WORLD(test_headers_change_with_the_call),
		IN_WORLD(test_post),
		IN_WORLD(test_large_post_does_not_wait_for_100_continue),
		IN_WORLD(test_large_answer_in_pieces),
		IN_WORLD(test_basic_authentication),
		IN_WORLD(test_connection_is_kept),
		IN_WORLD(test_get_on_a_connection_closed_meanwhile),
		IN_WORLD(test_post_on_a_connection_closed_meanwhile),
		IN_WORLD(test_get_on_a_connection_that_closes),
		IN_WORLD(test_get_on_a_connection_that_is_reset),
		IN_WORLD(test_fifty_at_once_on_four_connections),
		IN_WORLD(test_deadline_includes_waiting_for_a_connection),
		IN_WORLD(test_waiting_call_begins_when_one_is_cancelled),
		IN_WORLD(test_no_time_at_all),
		IN_WORLD(test_waiting_call_begins_when_one_times_out),
		IN_WORLD(test_cancel_from_on_done),
		IN_WORLD(test_cancel_and_start_from_on_body),
		IN_WORLD(test_cancel_itself_and_refuse),
		IN_WORLD(test_cancel_before_the_first_turn),
		IN_WORLD(test_cancel_while_the_name_is_resolved),
		IN_WORLD(test_free_from_on_done),
		IN_WORLD(test_free_from_on_body),
		IN_WORLD(test_free_with_calls_under_way),
		IN_WORLD(test_start_from_on_done),
		IN_WORLD(test_redirect_to_the_same_host),
		IN_WORLD(test_redirect_to_another_host_without_credentials),
		IN_WORLD(test_redirect_307_keeps_a_post),
		IN_WORLD(test_redirect_for_ever),
		IN_WORLD(test_redirect_to_a_file),
	};
	int failed = run_answers();

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
