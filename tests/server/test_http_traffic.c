/* SPDX-License-Identifier: Apache-2.0 */
/* What the server counts of requests and connections. */
#include "http_world.h"

#include "server/traffic.h"
#include "../bucket_sum.h"

#define ASK(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

enum { GET, HEAD, LATER_MS = 30 };

/* The loop's timers go by the clock of the turn in which they are set, which a busy machine makes an earlier one. */
static void later(void *context)
{
	struct world *world = context;

	if (loop_exact_us(world->loop) < world->later_us)
		loop_timer_set(world->loop, &world->later, 1);
	else
		respond_kept(world);
}

/* A custom metric's answer takes its time; what the guard refuses does not come here. */
static void handle(void *context, struct http_exchange *exchange)
{
	struct world *world = context;
	struct str target = http_target(exchange);

	if (str_eq(target, STR("/custom"))) {
		http_set_route(exchange, TRAFFIC_CUSTOM);
		keep(world, exchange);
		world->later.handler = later;
		world->later_us = loop_exact_us(world->loop) + LATER_MS * 1000;
		loop_timer_set(world->loop, &world->later, LATER_MS);
	} else if (str_eq(target, STR("/health"))) {
		http_set_route(exchange, TRAFFIC_HEALTH);
		respond_text(exchange, 200, "ok");
	} else {
		respond_text(exchange, 404, "nothing");
	}
}

static void tell_requests(struct world *world)
{
	struct client client;

	client_open(&client, world);
	EXPECT(world, client_ask(&client, ASK("/custom")) == 200);
	EXPECT(world, client_ask(&client, ASK("/health")) == 200);
	EXPECT(world, client_ask(&client, "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	EXPECT(world, client_ask(&client, ASK("/other")) == 404); /* the route of the one before is forgotten */
	EXPECT(world, client_ask(&client, "GET /custom HTTP/1.1\r\n\r\n") == 400);
	client_close(&client);
	client_open(&client, world);
	client_close(&client);
}

static uint64_t count_of(const struct traffic *traffic, enum traffic_route route, size_t verb, const char *want)
{
	size_t code = 0;

	while (strcmp(traffic_code_name(code), want) != 0)
		code++;
	return traffic->answered[route][verb][code];
}

static void test_requests(void **state)
{
	const struct traffic *traffic;
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){.max_connections = 7});
	world.handler = handle;
	traffic = http_server_traffic(world.server);
	assert_int_equal(http_server_connections(world.server), 0);
	assert_int_equal(http_server_max_connections(world.server), 7);
	world_run(&world, tell_requests);
	assert_int_equal(count_of(traffic, TRAFFIC_CUSTOM, GET, "200"), 1);
	assert_int_equal(count_of(traffic, TRAFFIC_HEALTH, GET, "200"), 1);
	assert_int_equal(count_of(traffic, TRAFFIC_HEALTH, HEAD, "200"), 1);
	assert_int_equal(count_of(traffic, TRAFFIC_OTHER, GET, "404"), 1);
	assert_int_equal(count_of(traffic, TRAFFIC_OTHER, GET, "400"), 1);
	assert_int_equal(bucket_sum(traffic->seconds[TRAFFIC_CUSTOM].buckets, HISTOGRAM_BOUNDS), 1);
	assert_true(traffic->seconds[TRAFFIC_CUSTOM].sum >= LATER_MS / 1000.);
	assert_int_equal(bucket_sum(traffic->seconds[TRAFFIC_EXTERNAL].buckets, HISTOGRAM_BOUNDS), 0);
	assert_int_equal(traffic->accepted, 2);
	world_clear(&world);
}

static void tell_open(struct world *world)
{
	struct client client;

	client_open(&client, world);
	EXPECT(world, client_ask(&client, ASK("/custom")) == 0); /* the server is freed */
	client_close(&client);
}

static void stop_with_one_open(void *context, struct http_exchange *exchange)
{
	struct world *world = context;

	keep(world, exchange);
	assert_int_equal(http_server_connections(world->server), 1);
	loop_stop(world->loop);
}

static void test_open_connections(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, (struct http_server_options){0});
	world.handler = stop_with_one_open;
	world.stop_when_kept = true;
	world_run(&world, tell_open);
	world_clear(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_open_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
