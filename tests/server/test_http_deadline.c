/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"

#include <time.h>

enum {
	SHORT_MS = 200,
	DRIP_MS = 20,
	SIPPING_MS = 3 * SHORT_MS,
	BIG_ANSWERS = 8,
	LONG_ENOUGH_MS = 5000, /* a watched connection is closed by then, even on a busy machine */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Drips bytes without an end; each is a sign of life, so that the idle timeout alone never closes. */
static struct drip_case {
	const char *name, *first; /* NULL: the drip begins before TLS */
	const char *drop;
	const char *seen;
} drip_cases[] = {
	{"drip before the handshake", NULL, "", ""},
	{"drip in the request line", "", "G", ""},
	{"drip in the request line of a second request", "GET /now HTTP/1.1\r\nHost: x\r\n\r\n", "G", "GET /now;"},
	{"drip in the head", "GET /now HTTP/1.1\r\nHost: x\r\nX-A: ", "y", ""},
	{"drip of headers", "GET /now HTTP/1.1\r\nHost: x\r\n", "A:1\r\n", ""},
	{"drip in the body", "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "z", ""},
	{"drip of chunks", "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nz\r\n", ""},
};
static const struct drip_case *drip;

/* The first bytes of a TLS record that promises 512. */
static bool drip_bare(int fd, size_t at)
{
	static const unsigned char hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03};
	unsigned char byte = at < sizeof(hello) ? hello[at] : 0;

	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1;
}

static bool closed_by_peer(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void tell_drip(struct world *world)
{
	const struct timespec pause = {.tv_nsec = DRIP_MS * 1000000};
	struct client client = {.world = world, .fd = -1};
	int64_t start = now_ms();
	bool alive = true;

	if (drip->first)
		client_open(&client, world);
	else
		client.fd = tcp_connect("127.0.0.1", world->port);
	if (drip->first && *drip->first)
		EXPECT(world, client_send(&client, drip->first));
	if (*drip->seen)
		EXPECT(world, client_receive(&client, false) == 200);
	for (size_t i = 0; alive && now_ms() - start < PATIENCE_S * 500; i++) {
		nanosleep(&pause, NULL);
		alive = drip->first ? client_send(&client, drip->drop) : drip_bare(client.fd, i);
	}
	EXPECT(world, !alive);
	EXPECT(world, now_ms() - start >= SHORT_MS);
	EXPECT(world, now_ms() - start < LONG_ENOUGH_MS);
	client_close(&client);
}

static void test_drip(void **state)
{
	struct world world;

	drip = *state;
	world_init(&world, (struct http_server_options){.request_timeout_ms = SHORT_MS});
	world_run(&world, tell_drip);
	assert_string_equal(buf_cstr(&world.seen), drip->seen);
	world_clear(&world);
}

/* Half a handshake must not keep the loop busy. */
static void tell_half_handshake(struct world *world)
{
	const struct timespec pause = {.tv_nsec = SHORT_MS * 1000000L};
	int fd = tcp_connect("127.0.0.1", world->port);

	EXPECT(world, drip_bare(fd, 0));
	nanosleep(&pause, NULL);
	close(fd);
}

static int64_t thread_cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void test_half_handshake(void **state)
{
	struct world world;
	int64_t before;

	(void)state;
	world_init(&world, (struct http_server_options){0});
	before = thread_cpu_ms();
	world_run(&world, tell_half_handshake);
	assert_in_range(thread_cpu_ms() - before, 0, SHORT_MS / 5);
	world_clear(&world);
}

/* Silent ones cost nothing, and are kept for the idle time: a proxy opens connections ahead of its requests. */
static void tell_silent(struct world *world)
{
	const struct timespec pause = {.tv_nsec = 4 * SHORT_MS * 1000000L};
	struct client fresh, used, bare = {.world = world};

	client_open(&fresh, world);
	client_open(&used, world);
	bare.fd = tcp_connect("127.0.0.1", world->port);
	EXPECT(world, client_ask(&used, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	nanosleep(&pause, NULL);
	EXPECT(world, client_ask(&fresh, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	EXPECT(world, client_ask(&used, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	EXPECT(world, closed_by_peer(bare.fd)); /* but not without a handshake */
	client_close(&fresh);
	client_close(&used);
	client_close(&bare);
}

static int silent_versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void test_silent(void **state)
{
	const int *version = *state;
	struct world world;

	world_init(&world, (struct http_server_options){.request_timeout_ms = SHORT_MS});
	SSL_CTX_set_max_proto_version(world.tls, *version);
	world_run(&world, tell_silent);
	world_clear(&world);
}

/* How long we take to answer is not the client's fault. */
static void tell_long_answer(struct world *world)
{
	const struct timespec pause = {.tv_nsec = 3 * SHORT_MS * 1000000L};
	struct client slow, other;

	client_open(&slow, world);
	EXPECT(world, client_send(&slow, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n"));
	nanosleep(&pause, NULL);
	client_open(&other, world);
	EXPECT(world, client_ask(&other, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	EXPECT(world, client_receive(&slow, false) == 200);
	client_close(&slow);
	client_close(&other);
}

static void test_long_answer(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){.request_timeout_ms = SHORT_MS});
	world_run(&world, tell_long_answer);
	world_clear(&world);
}

static void tell_idle(struct world *world)
{
	struct client client;
	int64_t start;

	client_open(&client, world);
	EXPECT(world, client_ask(&client, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	start = now_ms();
	EXPECT(world, client_rest(&client) == 0);
	EXPECT(world, now_ms() - start >= 900);
	EXPECT(world, now_ms() - start < 5000);
	client_close(&client);
}

static void test_idle(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){.idle_timeout_ms = 1000});
	world_run(&world, tell_idle);
	world_clear(&world);
}

/* A large answer, of which the client takes a little now and then. Loopback takes megabytes ahead, so it is asked for
   several times over; all together never arrive. */
static void tell_sipping(struct world *world)
{
	const struct timespec pause = {.tv_nsec = DRIP_MS * 1000000};
	int64_t start = now_ms();
	struct client client;
	char sip[1024];
	size_t taken = 0;
	int got = 1;

	client_open(&client, world);
	for (size_t i = 0; i < BIG_ANSWERS; i++)
		EXPECT(world, client_send(&client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"));
	while (got > 0) {
		if (now_ms() - start < SIPPING_MS)
			nanosleep(&pause, NULL);
		got = SSL_read(client.ssl, sip, sizeof(sip));
		taken += got > 0 ? (size_t)got : 0;
	}
	EXPECT(world, errno != EAGAIN && taken < BIG_ANSWERS * (size_t)BIG_BYTES);
	client_close(&client);
}

static void test_sipping(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){.idle_timeout_ms = SHORT_MS, .request_timeout_ms = SHORT_MS});
	world_run(&world, tell_sipping);
	world_clear(&world);
}

/* A client that does not read fills the budget for answers; others are refused with a reason, until it is closed. */
static void tell_unread(struct world *world)
{
	const struct timespec pause = {.tv_nsec = DRIP_MS * 1000000};
	int64_t start = now_ms();
	struct client deaf, other;
	unsigned status;

	client_open(&deaf, world);
	client_open(&other, world);
	EXPECT(world, client_send(&deaf, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"));
	do {
		nanosleep(&pause, NULL);
		status = client_ask(&other, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	} while (status == 200 && now_ms() - start < LONG_ENOUGH_MS); /* until the deaf one's is made */
	EXPECT(world, status == 503);
	EXPECT(world, str_eq(buf_str(&other.body), STR("{\"code\":503}")));
	EXPECT(world, client_ask(&other, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200); /* a small one has room */
	while (status == 503 && now_ms() - start < LONG_ENOUGH_MS) {
		nanosleep(&pause, NULL);
		status = client_ask(&other, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	EXPECT(world, status == 200);
	EXPECT(world, now_ms() - start >= SIPPING_MS);
	client_close(&deaf);
	client_close(&other);
}

static void test_unread(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){.unread_timeout_ms = SIPPING_MS,
							.response_bytes_max = BIG_BYTES * 5 / 3});
	world_run(&world, tell_unread);
	assert_int_equal(http_server_traffic(world.server)->closed[TRAFFIC_CLOSED_UNREAD], 1);
	assert_int_equal(http_server_response_bytes(world.server), 0);
	world_clear(&world);
}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		{.name = "half a handshake costs no time", .test_func = test_half_handshake},
		{.name = "silent connections stay, TLS 1.2",
		 .test_func = test_silent,
		 .initial_state = &silent_versions[0]},
		{.name = "silent connections stay, TLS 1.3",
		 .test_func = test_silent,
		 .initial_state = &silent_versions[1]},
		{.name = "an answer may take longer than a request", .test_func = test_long_answer},
		{.name = "idle connections are closed", .test_func = test_idle},
		{.name = "answers that nobody reads", .test_func = test_unread},
		{.name = "an answer that is only sipped", .test_func = test_sipping},
	};
	struct CMUnitTest tests[COUNT_OF(plain) + COUNT_OF(drip_cases)];
	size_t count = COUNT_OF(plain);

	memcpy(tests, plain, sizeof(plain));
	for (size_t i = 0; i < COUNT_OF(drip_cases); i++)
		tests[count++] = (struct CMUnitTest){
			.name = drip_cases[i].name, .test_func = test_drip, .initial_state = &drip_cases[i]};
	return cmocka_run_group_tests_name("http_deadline", tests, NULL, NULL);
}
