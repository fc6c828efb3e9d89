/* SPDX-License-Identifier: Apache-2.0 */
#include "http_client_world.h"

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
	assert_int_equal(world->answer.retries, 1);
	assert_true(str_starts(str_of(server_request(&world->server, 2)), str_of(method)));
	ask(world, (struct http_request){.method = method});
	assert_int_equal(world->answer.retries, 0);
}

static void test_get_on_a_connection_that_closes(void **state)
{
	ask_while_it_closes(*state, "GET", CLOSE);
}

static void test_get_on_a_connection_that_is_reset(void **state)
{
	ask_while_it_closes(*state, "GET", RESET);
}

static void test_post_on_a_connection_that_closes(void **state)
{
	ask_while_it_closes(*state, "POST", CLOSE);
}

static void test_post_on_a_connection_that_is_reset(void **state)
{
	ask_while_it_closes(*state, "POST", RESET);
}

/* A new connection that is closed at once is no dead one. */
static void test_new_connection_that_closes(void **state)
{
	struct world *world = *state;

	serve(world, SCRIPT({"", CLOSE, 0}, {OK_HELLO, KEEP, 0}));
	ask(world, (struct http_request){.method = "POST"});
	assert_answer(world, HTTP_CUT, 0, "");
	assert_int_equal(world->server.requests.count, 1);
	assert_int_equal(world->answer.retries, 0);
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
	(void)start(world, (struct http_request){.deadline_ms = 20});
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
	ask(world, (struct http_request){.deadline_ms = -1});
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
	(void)start(world, (struct http_request){.deadline_ms = 20});
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_connection_is_kept),
		IN_WORLD(test_get_on_a_connection_closed_meanwhile),
		IN_WORLD(test_post_on_a_connection_closed_meanwhile),
		IN_WORLD(test_get_on_a_connection_that_closes),
		IN_WORLD(test_get_on_a_connection_that_is_reset),
		IN_WORLD(test_post_on_a_connection_that_closes),
		IN_WORLD(test_post_on_a_connection_that_is_reset),
		IN_WORLD(test_new_connection_that_closes),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
