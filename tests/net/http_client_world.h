/* SPDX-License-Identifier: Apache-2.0 */
/* http_client_world.h - a client, a server with a script, and what became of the calls. */
#ifndef GAUGELET_TESTS_NET_HTTP_CLIENT_WORLD_H
#define GAUGELET_TESTS_NET_HTTP_CLIENT_WORLD_H

#include "net/http_client.h"

#include "../scripted_server.h"

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

static inline void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void new_client(struct world *world, struct http_client_options options)
{
	struct err err = {0};

	if (options.max_connections == 0)
		options.max_connections = 4;
	world->client = http_client_new(world->loop, &options, &err);
	assert_non_null(world->client);
}

#define SCRIPT(...) (const struct step[]){__VA_ARGS__}, COUNT_OF(((const struct step[]){__VA_ARGS__}))

static inline void serve(struct world *world, const struct step *steps, size_t count)
{
	server_start(&world->server, world->loop, steps, count);
	new_client(world, (struct http_client_options){0});
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/path?a=b", world->server.port);
}

static inline bool on_body(void *context, int status, struct str piece)
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

static inline void on_done(void *context, const struct http_answer *answer)
{
	struct world *world = context;

	world->answer = *answer;
	snprintf(world->content_type, sizeof(world->content_type), "%.*s", STR_ARG(answer->content_type));
	if (++world->done == world->wanted)
		loop_stop(world->loop);
	if (world->when_done)
		world->when_done(world);
}

/* The deadline of `request` is from now on; 0: the test's patience. */
static inline struct http_call *start(struct world *world, struct http_request request)
{
	int done = world->done;
	struct http_call *call;

	request.method = request.method ? request.method : "GET";
	request.url = request.url ? request.url : world->url;
	request.deadline_ms = loop_now_ms(world->loop) + (request.deadline_ms ? request.deadline_ms : PATIENCE_MS);
	request.context = world;
	request.on_body = on_body;
	request.on_done = on_done;
	call = http_client_start(world->client, &request);
	assert_int_equal(world->done, done); /* never from within start */
	return call;
}

static inline void ask(struct world *world, struct http_request request)
{
	world->done = 0;
	buf_reset(&world->body);
	(void)start(world, request);
	loop_run(world->loop);
}

static inline void assert_answer(struct world *world, enum http_fault fault, int status, const char *body)
{
	if (fault != world->answer.fault)
		print_message("fault %d: %s\n", world->answer.fault, world->answer.message);
	assert_int_equal(world->answer.fault, fault);
	assert_int_equal(world->answer.status, status);
	assert_string_equal(buf_cstr(&world->body), body);
	assert_int_equal(world->answer.message[0] == '\0', fault == HTTP_OK);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
