/* SPDX-License-Identifier: Apache-2.0 */
#include "http_client_world.h"

#include "../rows.h"

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
	ask(world, (struct http_request){.deadline_ms = c->timeout_ms, .max_body_bytes = c->max_body_bytes});
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
	(void)start(world, (struct http_request){.deadline_ms = 200}); /* our server waits for a blank line */
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

/* ---- redirects */

/* The second host is "localhost", which is another name for the same server. */
static void redirect(struct world *world, enum http_redirects redirects, const char *host, const char *status,
		     const char *method)
{
	static struct step steps[2] = {[1] = {OK_HELLO, KEEP, 0}};
	char *location = world->location;
	const char *const headers[] = {"Authorization: Bearer raw-secret", "X-Scope-OrgID: raw-tenant", NULL};

	new_client(world, (struct http_client_options){.redirects = redirects});
	steps[0] = (struct step){location, KEEP, 0};
	server_start(&world->server, world->loop, steps, COUNT_OF(steps));
	snprintf(location, sizeof(world->location),
		 "HTTP/1.1 %s\r\nLocation: http://%s:%u/there\r\nContent-Length: 4\r\n\r\nmove", status, host,
		 world->server.port);
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){.method = method, .headers = headers, .body = STR("a=b")});
	assert_non_null(strstr(server_request(&world->server, 0), "Authorization: Bearer raw-secret"));
}

static const char *follow(struct world *world, const char *host, const char *status, const char *method)
{
	redirect(world, HTTP_REDIRECTS_ANY, host, status, method);
	assert_answer(world, HTTP_OK, 200, "hello");
	return server_request(&world->server, 1);
}

static void test_redirect_to_the_same_origin(void **state)
{
	const char *second = follow(*state, "127.0.0.1", "302 Found", "GET");

	assert_true(str_starts(str_of(second), STR("GET /there HTTP/1.1\r\n")));
	assert_non_null(strstr(second, "Authorization: Bearer raw-secret"));
	assert_non_null(strstr(second, "X-Scope-OrgID: raw-tenant"));
}

static void test_redirect_to_another_origin(void **state)
{
	struct world *world = *state;
	char port[20];

	redirect(world, HTTP_REDIRECTS_SAME_ORIGIN, "localhost", "302 Found", "GET");
	assert_answer(world, HTTP_REDIRECT, 302, "");
	snprintf(port, sizeof(port), ":%u", world->server.port);
	assert_non_null(strstr(world->answer.message, "from http://127.0.0.1:"));
	assert_non_null(strstr(world->answer.message, "another origin, http://localhost:"));
	assert_non_null(strstr(world->answer.message, port));
	assert_int_equal(world->server.requests.count, 1);
}

static void test_redirect_to_another_origin_without_credentials(void **state)
{
	const char *second = follow(*state, "localhost", "302 Found", "GET");

	assert_null(strstr(second, "raw-"));
	assert_non_null(strstr(second, "\r\nAccept-Encoding: identity\r\n"));
}

/* A handle that was anonymous shows the headers again. */
static void test_after_a_redirect_without_credentials(void **state)
{
	struct world *world = *state;
	const char *const headers[] = {"Authorization: Bearer raw-secret", NULL};

	(void)follow(world, "localhost", "302 Found", "GET");
	ask(world, (struct http_request){.headers = headers});
	assert_non_null(strstr(server_request(&world->server, 2), "Authorization: Bearer raw-secret"));
}

static void test_redirect_is_an_answer_where_none_is_followed(void **state)
{
	struct world *world = *state;

	redirect(world, HTTP_REDIRECTS_NONE, "127.0.0.1", "302 Found", "GET");
	assert_answer(world, HTTP_OK, 302, "move");
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

	new_client(world, (struct http_client_options){.redirects = HTTP_REDIRECTS_SAME_ORIGIN});
	server_start(&world->server, world->loop,
		     SCRIPT({HEAD("302 Found", "Location: /again\r\nContent-Length: 0\r\n"), KEEP, 0}));
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){0});
	assert_answer(world, HTTP_REDIRECT, 302, "");
	assert_int_equal(world->server.requests.count, 11);
	assert_int_equal(world->answer.retries, 0);
}

static void test_retry_after(void **state)
{
	struct world *world = *state;

	serve(world,
	      SCRIPT({HEAD("429 X", "Retry-After: 7\r\nContent-Length: 0\r\n"), KEEP, 0},
		     {HEAD("503 X", "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 0\r\n"), KEEP, 0},
		     {HEAD("503 X", "Retry-After: Thu, 01 Jan 2099 00:00:00 GMT\r\nContent-Length: 0\r\n"), KEEP, 0},
		     {HEAD("503 X", "Retry-After: soon\r\nContent-Length: 0\r\n"), KEEP, 0}, {OK_HELLO, KEEP, 0}));
	ask(world, (struct http_request){0});
	assert_int_equal(world->answer.retry_after_s, 7);
	ask(world, (struct http_request){0});
	assert_int_equal(world->answer.retry_after_s, 0);
	ask(world, (struct http_request){0});
	assert_true(world->answer.retry_after_s > 1000000);
	ask(world, (struct http_request){0});
	assert_int_equal(world->answer.retry_after_s, 0);
	ask(world, (struct http_request){0});
	assert_int_equal(world->answer.retry_after_s, 0);
}

static void test_redirect_to_a_file(void **state)
{
	struct world *world = *state;

	new_client(world, (struct http_client_options){.redirects = HTTP_REDIRECTS_SAME_ORIGIN});
	server_start(&world->server, world->loop,
		     SCRIPT({HEAD("302 Found", "Location: file:///etc/passwd\r\nContent-Length: 0\r\n"), KEEP, 0}));
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/", world->server.port);
	ask(world, (struct http_request){0});
	assert_int_equal(world->answer.fault, HTTP_REDIRECT);
	assert_int_equal(world->body.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_retry_after),
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
		IN_WORLD(test_redirect_to_the_same_origin),
		IN_WORLD(test_redirect_to_another_origin),
		IN_WORLD(test_redirect_to_another_origin_without_credentials),
		IN_WORLD(test_after_a_redirect_without_credentials),
		IN_WORLD(test_redirect_is_an_answer_where_none_is_followed),
		IN_WORLD(test_redirect_307_keeps_a_post),
		IN_WORLD(test_redirect_for_ever),
		IN_WORLD(test_redirect_to_a_file),
	};
	int failed = RUN_ROWS(cases, test_answer);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
