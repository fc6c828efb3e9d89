/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is refused while the client still sends it: the client must be able to finish and to read the answer. */
#include "http_world.h"

#include <time.h>

enum {
	PIECE_BYTES = 4 * 1024,
	TARGET_PIECES = 25, /* the head of a request may have eight */
	ENDLESS_PIECES = 20 * 1024,
	PAUSE_MS = 2,
	REPEATS = 8,
};

static void pause_a_little(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};

	nanosleep(&pause, NULL);
}

static bool piece_send(struct client *client)
{
	char piece[PIECE_BYTES];

	memset(piece, 'a', sizeof(piece));
	return SSL_write(client->ssl, piece, sizeof(piece)) == (int)sizeof(piece);
}

static void tell_long_target(struct world *world)
{
	for (size_t i = 0; i < REPEATS; i++) {
		struct client client;
		bool sent;

		client_open(&client, world);
		sent = client_send(&client, "GET /");
		for (size_t piece = 0; sent && piece < TARGET_PIECES; piece++) {
			pause_a_little();
			sent = piece_send(&client);
		}
		EXPECT(world, sent && client_send(&client, " HTTP/1.1\r\nHost: x\r\n\r\n"));
		EXPECT(world, client_receive(&client, false) / 100 == 4);
		EXPECT(world, client_rest(&client) == 0);
		client_close(&client);
	}
}

/* Reading on must not become a way to keep us busy. */
static void tell_endless_target(struct world *world)
{
	struct client client;
	size_t pieces = 0;

	client_open(&client, world);
	EXPECT(world, client_send(&client, "GET /"));
	while (pieces < ENDLESS_PIECES && piece_send(&client))
		pieces++;
	EXPECT(world, pieces < ENDLESS_PIECES);
	client_close(&client);
}

/* Nor does one who neither finishes nor closes keep the descriptor. */
static void tell_drip(struct world *world)
{
	struct client client;
	size_t drops = 0;

	client_open(&client, world);
	EXPECT(world, client_ask(&client, "GET / HTTP/1.1\r\n\r\n") == 400);
	while (drops < PATIENCE_S * 1000 / PAUSE_MS / 2 && send(client.fd, "x", 1, MSG_NOSIGNAL) == 1) {
		pause_a_little();
		drops++;
	}
	EXPECT(world, drops > 1);
	EXPECT(world, drops < PATIENCE_S * 1000 / PAUSE_MS / 2);
	client_close(&client);
}

static struct client kept;

static void tell_left_open(struct world *world)
{
	client_open(&kept, world);
	EXPECT(world, client_ask(&kept, "GET / HTTP/1.1\r\n\r\n") == 400);
	EXPECT(world, client_rest(&kept) == 0);
}

static void test_freed_meanwhile(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){0});
	world_run(&world, tell_left_open);
	world_clear(&world);
	client_close(&kept);
}

static struct story_case {
	const char *name;
	client_story *story;
} story_cases[] = {
	{"a long target, sent slowly, gets its answer", tell_long_target},
	{"a target without an end is cut off", tell_endless_target},
	{"a drip behind the answer is cut off", tell_drip},
};

static void test_story(void **state)
{
	const struct story_case *c = *state;
	struct world world;

	world_init(&world, (struct http_server_options){0});
	world_run(&world, c->story);
	assert_string_equal(buf_cstr(&world.seen), "");
	world_clear(&world);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(story_cases) + 1];
	size_t count = 0;

	for (; count < COUNT_OF(story_cases); count++)
		tests[count] = (struct CMUnitTest){
			.name = story_cases[count].name, .test_func = test_story, .initial_state = &story_cases[count]};
	tests[count] = (struct CMUnitTest){.name = "the server is freed meanwhile", .test_func = test_freed_meanwhile};
	return cmocka_run_group_tests_name("http_linger", tests, NULL, NULL);
}
