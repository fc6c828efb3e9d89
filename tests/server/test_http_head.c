/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"

#include "../../src/server/http_head.h"

#define CLOSE "Host: x\r\nConnection: close\r\n"
#define NEXT  "GET /next HTTP/1.1\r\n" CLOSE "\r\n"

/* One connection. Each text is sent when the answer to the one before is there. */
static struct head_case {
	const char *name;
	struct {
		const char *send;
		unsigned status;
		const char *body; /* begins so */
	} steps[3];
	const char *seen; /* by the handler */
} cases[] = {
	/* good ones, and what must stay in step */
	{"keep-alive", {{"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", 200, "now"}, {NEXT, 200, "now"}}, "GET /a;GET /next;"},
	{"pipelined", {{"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 200, "now"}, {"", 200, "now"}}, "GET /a;GET /next;"},
	{"HEAD keeps in step",
	 {{"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", 200, ""}, {NEXT, 200, "now"}},
	 "HEAD /a;GET /next;"},
	{"POST with body",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, "now"}, {NEXT, 200, "now"}},
	 "POST /a;GET /next;"},
	{"GET with body",
	 {{"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789", 200, "now"}, {NEXT, 200, "now"}},
	 "GET /a;GET /next;"},
	{"body in chunks",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, "now"},
	  {NEXT, 200, "now"}},
	 "POST /a;GET /next;"},
	{"Expect: 100-continue without a body",
	 {{"GET /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", 200, "now"}, {NEXT, 200, "now"}},
	 "GET /a;GET /next;"},
	{"Content-Length of nothing",
	 {{"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200, "now"}, {NEXT, 200, "now"}},
	 "PUT /a;GET /next;"},
	{"unknown method", {{"FOO /a HTTP/1.1\r\n" CLOSE "\r\n", 200, "now"}}, "FOO /a;"},
	{"OPTIONS", {{"OPTIONS /a HTTP/1.1\r\n" CLOSE "\r\n", 200, "now"}}, "OPTIONS /a;"},
	{"target stays raw",
	 {{"GET /a%2Fb%zz/%00/c+d//e?x=%20y&f=1+2&g HTTP/1.1\r\n" CLOSE "\r\n", 200, "now"}},
	 "GET /a%2Fb%zz/%00/c+d//e?x=%20y&f=1+2&g;"},
	{"target in UTF-8", {{"GET /\xe2\x82\xac|x HTTP/1.1\r\n" CLOSE "\r\n", 200, "now"}}, "GET /\xe2\x82\xac|x;"},
	{"header of a front proxy",
	 {{"GET /a HTTP/1.1\r\nX-Remote-Extra-Authentication.kubernetes.io%2fcredential-Id: x\r\n" CLOSE "\r\n", 200,
	   "now"}},
	 "GET /a;"},
	{"HTTP/1.0 without Host", {{"GET /a HTTP/1.0\r\n\r\n", 200, "now"}}, "GET /a;"},

	/* what could be read in two ways */
	{"length and chunks",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, 400,
	   "both"}},
	 ""},
	{"chunks and length",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" NEXT, 400,
	   "both"}},
	 ""},
	{"two lengths",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 80\r\n\r\nabc" NEXT, 400,
	   "more than one Content"}},
	 ""},
	{"twice the same length",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc" NEXT, 400,
	   "more than one Content"}},
	 ""},
	{"space before the colon",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc" NEXT, 400, "the name"}},
	 ""},
	{"length continued on the next line",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n 1\r\n\r\nabc" NEXT, 400, "a header line"}},
	 ""},
	{"chunks continued on the next line",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" NEXT, 400, ""}},
	 ""},
	{"length of two numbers",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc" NEXT, 400, "the Content-Length"}},
	 ""},
	{"length with a sign",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc" NEXT, 400, "the Content-Length"}},
	 ""},
	{"negative length",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" NEXT, 400, "the Content-Length"}},
	 ""},
	{"empty length",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n" NEXT, 400, "the Content-Length"}},
	 ""},
	{"gzip, chunked",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT, 400, "the only"}},
	 ""},
	{"xchunked",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT, 400, "the only"}},
	 ""},
	{"chunked twice",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
	   "chunked\r\n\r\n0\r\n\r\n" NEXT,
	   400, "the only"}},
	 ""},
	{"chunks in HTTP/1.0",
	 {{"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, 400, "Transfer-Encoding is"}},
	 ""},
	{"two Hosts", {{"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" NEXT, 400, "more than one Host"}}, ""},
	{"no Host", {{"GET /a HTTP/1.1\r\n\r\n" NEXT, 400, "no Host"}}, ""},
	{"space in the target", {{"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 400, "the target"}}, ""},
	{"space in a header's name", {{"GET /a HTTP/1.1\r\nHost: x\r\nX A: 1\r\n\r\n" NEXT, 400, "the name"}}, ""},
	{"absolute target", {{"GET http://evil/a HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 400, "the target"}}, ""},
	{"asterisk for a target", {{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 400, "the target"}}, ""},
	{"control character in the target", {{"GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n" NEXT, 400, "the target"}}, ""},
	{"line of two words", {{"GET /a\r\n\r\n", 400, "the target"}}, ""},
	{"bad chunk size",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" NEXT, 400, "the size"}},
	 ""},
	{"body that is too large",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413, "the body"}},
	 ""},
	{"length beyond any number",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413, "the body"}},
	 ""},
};

static struct head_case *current;

static void tell(struct world *world)
{
	struct client client;
	size_t rest;

	client_open(&client, world);
	for (size_t i = 0; i < COUNT_OF(current->steps) && current->steps[i].send; i++) {
		unsigned status = 0;

		if (*current->steps[i].send)
			status = client_ask(&client, current->steps[i].send);
		else
			status = client_receive(&client, false);
		if (status != current->steps[i].status)
			miss(world, "status of the answer", buf_cstr(&client.head));
		if (!str_starts(buf_str(&client.body), str_of(current->steps[i].body)))
			miss(world, "body of the answer", buf_cstr(&client.body));
	}
	rest = client_rest(&client);
	if (rest > 0)
		miss(world, "end",
		     rest == SIZE_MAX ? "the connection is still open" : "something comes behind the answer");
	client_close(&client);
}

static void test_case(void **state)
{
	struct world world;

	current = *state;
	world_init(&world, (struct http_server_options){0});
	world_run(&world, tell);
	assert_string_equal(buf_cstr(&world.seen), current->seen);
	assert_int_equal(http_server_active(world.server), 0);
	world_clear(&world);
}

/* ---- bytes that libmicrohttpd alone would read in a way of its own */

static struct byte_case {
	const char *name;
	struct str send;
	unsigned status;
	const char *reason; /* begins so */
} byte_cases[] = {
	{"NUL behind the target", STR_INIT("GET /readyz\0 HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the target"},
	{"NUL for a version", STR_INIT("GET /readyz\0\r\nHost: x\r\n\r\n"), 400, "the target"},
	{"NUL in the method", STR_INIT("GE\0T /a HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the method"},
	{"NUL for a blank", STR_INIT("GET\0/a HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the method"},
	{"NUL behind the version", STR_INIT("GET /a HTTP/1.1\0\r\nHost: x\r\n\r\n"), 400, "the request line"},
	{"NUL in a name", STR_INIT("GET /a HTTP/1.1\r\nHo\0st: x\r\n\r\n"), 400, "the name"},
	{"NUL in a value", STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\nX-Remote-User: a\0b\r\n\r\n"), 400, "the value"},
	{"NUL behind a value", STR_INIT("GET /a HTTP/1.1\r\nHost: x\0\r\n\r\n"), 400, "the value"},
	{"NUL and LF for CR LF", STR_INIT("GET /a HTTP/1.1\r\nHost: x\0\nX-A: b\r\n\r\n"), 400, "the value"},
	{"many NULs at the end", STR_INIT("GET /a HTTP/1.1\r\nHost: x\0\0\0\0\0\0\r\n\r\n"), 400, "the value"},
	{"NUL in a length",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\0"
		  "5\r\n\r\nabc"),
	 400, "the value"},
	{"NUL behind chunked",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\0x\r\n\r\n0\r\n\r\n"), 400, "the value"},
	{"a group made of a folded line",
	 STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\nX-Remote-: system:masters\r\n Group\r\n\r\n"), 400, "a header line"},
	{"folded by a tab", STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\tc: d\r\n\r\n"), 400, "a header line"},
	{"folded first line", STR_INIT("GET /a HTTP/1.1\r\n X-A: b\r\nHost: x\r\n\r\n"), 400, "a header line"},
	{"bare LF behind the request line", STR_INIT("GET /a HTTP/1.1\nHost: x\r\n\r\n"), 400, "the request line"},
	{"bare LF behind a header", STR_INIT("GET /a HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n"), 400, "the value"},
	{"bare LF for the empty line", STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\n\n"), 400, "the name"},
	{"bare CR in a value", STR_INIT("GET /a HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n"), 400, "a line"},
	{"bare CR for the empty line", STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\n\rX"), 400, "a line"},
	{"CR CR LF", STR_INIT("GET /a HTTP/1.1\r\r\nHost: x\r\n\r\n"), 400, "a line"},
	{"bare CR in the target", STR_INIT("GET /a\rb HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the target"},
	{"blank before the colon", STR_INIT("GET /a HTTP/1.1\r\nHost : x\r\n\r\n"), 400, "the name"},
	{"tab before the colon", STR_INIT("GET /a HTTP/1.1\r\nHost\t: x\r\n\r\n"), 400, "the name"},
	{"a line without a colon", STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\nX-A\r\n\r\n"), 400, "the name"},
	{"a name of nothing", STR_INIT("GET /a HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n"), 400, "the name"},
	{"two blanks before the target", STR_INIT("GET  /a HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the target"},
	{"two blanks before the version", STR_INIT("GET /a  HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the target"},
	{"a blank behind the version", STR_INIT("GET /a HTTP/1.1 \r\nHost: x\r\n\r\n"), 400, "the request line"},
	{"a blank before the method", STR_INIT(" GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "the request does not"},
	{"an empty line before the request", STR_INIT("\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n"), 400,
	 "the request does not"},
	{"HTTP/1.2", STR_INIT("GET /a HTTP/1.2\r\nHost: x\r\n\r\n"), 505, "only HTTP/1.1"},
	{"HTTP/2.0", STR_INIT("GET /a HTTP/2.0\r\nHost: x\r\n\r\n"), 505, "only HTTP/1.1"},
	{"http/1.1", STR_INIT("GET /a http/1.1\r\nHost: x\r\n\r\n"), 400, "the target"},
	{"length in hex", STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd"), 400,
	 "the Content-Length header is not"},
	{"length +4", STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd"), 400,
	 "the Content-Length header is not"},
	{"length 4, 4", STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nabcd"), 400,
	 "the Content-Length header is not"},
	{"length with a blank behind it", STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4 \r\n\r\nabcd"),
	 400, "the Content-Length header is not"},
	{"two lengths, one in capitals",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nCONTENT-LENGTH: 4\r\ncontent-length: 4\r\n\r\nabcd"), 400,
	 "more than one Content-Length"},
	{"both framings",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"), 400,
	 "both"},
	{"chunk with a sign",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n"), 400,
	 "the size"},
	{"chunk in 0x",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"), 400,
	 "the size"},
	{"chunk with an extension",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n"), 400,
	 "the size"},
	{"chunk that ends in a bare LF",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"), 400,
	 "the size"},
	{"chunk longer than its size",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"), 400,
	 "a chunk"},
	{"length behind the chunks",
	 STR_INIT("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n"),
	 400, "a header of the request stands"},
};

/* However the bytes are cut into pieces, the verdict is one. */
static void test_judged(void **state)
{
	const struct byte_case *c = *state;

	for (size_t piece = 1; piece <= c->send.len; piece++) {
		struct http_head head = {0};

		for (size_t at = 0; at < c->send.len && head.status == 0; at += piece) {
			struct str bytes = str_slice(c->send, at, at + piece);

			assert_true(http_head_judge(&head, bytes) == bytes.len || head.status);
		}
		assert_int_equal(head.status, c->status);
		assert_true(str_starts(str_of(head.reason), str_of(c->reason)));
	}
}

static const struct byte_case *bytes_told;

/* Behind a good request, in the same piece: that one is answered first. */
static void tell_bytes(struct world *world)
{
	static const struct str good = STR_INIT("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	CLEANUP(buf_clear) struct buf both = {0};
	struct client client;

	client_open(&client, world);
	buf_put(&both, good);
	buf_put(&both, bytes_told->send);
	EXPECT(world, SSL_write(client.ssl, both.ptr, (int)both.len) == (int)both.len);
	EXPECT(world, client_receive(&client, false) == 200);
	if (client_receive(&client, false) != bytes_told->status)
		miss(world, "status", buf_cstr(&client.head));
	if (!str_starts(buf_str(&client.body), str_of(bytes_told->reason)))
		miss(world, "reason", buf_cstr(&client.body));
	EXPECT(world, client_rest(&client) == 0);
	client_close(&client);
}

static void test_bytes(void **state)
{
	struct world world;

	bytes_told = *state;
	world_init(&world, (struct http_server_options){0});
	world_run(&world, tell_bytes);
	assert_string_equal(buf_cstr(&world.seen), "GET /later;");
	assert_int_equal(http_server_traffic(world.server)->closed[TRAFFIC_CLOSED_REFUSED], 1);
	assert_int_equal(http_server_active(world.server), 0);
	world_clear(&world);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases) + 2 * COUNT_OF(byte_cases)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[count++] =
			(struct CMUnitTest){.name = cases[i].name, .test_func = test_case, .initial_state = &cases[i]};
	for (size_t i = 0; i < COUNT_OF(byte_cases); i++) {
		struct CMUnitTest test = {.name = byte_cases[i].name, .initial_state = &byte_cases[i]};

		test.test_func = test_judged;
		tests[count++] = test;
		test.test_func = test_bytes;
		tests[count++] = test;
	}
	return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
