/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"

#define CLOSE "Host: x\r\nConnection: close\r\n"
#define NEXT  "GET /next HTTP/1.1\r\n" CLOSE "\r\n"

/* One connection. Each text is sent when the answer to the one before is there. */
static struct guard_case {
	const char *name;
	struct {
		const char *send;
		unsigned status;  /* 0: the connection ends without an answer */
		const char *body; /* begins so; NULL: libmicrohttpd's own, of which 0.9.75 sends the head twice */
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
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc" NEXT, 400, NULL}},
	 ""},
	{"length with a sign", {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc" NEXT, 400, NULL}}, ""},
	{"negative length", {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" NEXT, 400, NULL}}, ""},
	{"empty length", {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n" NEXT, 400, NULL}}, ""},
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
	{"line of two words", {{"GET /a\r\n\r\n", 400, NULL}}, ""},
	{"bad chunk size",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" NEXT, 400, NULL}},
	 ""},
	{"body that is too large",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", 413, "the body"}},
	 ""},
	{"length beyond any number",
	 {{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413, NULL}},
	 ""},
};

static struct guard_case *current;

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
		if (current->steps[i].body && !str_starts(buf_str(&client.body), str_of(current->steps[i].body)))
			miss(world, "body of the answer", buf_cstr(&client.body));
	}
	rest = client_rest(&client);
	if (rest == SIZE_MAX || (rest && current->steps[0].body))
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

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases)];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] =
			(struct CMUnitTest){.name = cases[i].name, .test_func = test_case, .initial_state = &cases[i]};
	return cmocka_run_group_tests_name("http_guard", tests, NULL, NULL);
}
