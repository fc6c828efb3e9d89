/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"

#define ASK(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

static void run(struct world *world, struct http_server_options options, client_story *story)
{
	world_init(world, options);
	world_run(world, story);
}

/* ---- TLS */

static struct tls_case {
	const char *name, *min_version;
	int client_version;
	bool ok;
} tls_cases[] = {
	{"TLS 1.1 is refused", NULL, TLS1_1_VERSION, false},
	{"TLS 1.1 is refused whatever is asked", "VersionTLS11", TLS1_1_VERSION, false},
	{"TLS 1.2", "VersionTLS12", TLS1_2_VERSION, true},
	{"TLS 1.2 by default", NULL, TLS1_2_VERSION, true},
	{"TLS 1.3", "VersionTLS12", TLS1_3_VERSION, true},
	{"TLS 1.3 alone", "VersionTLS13", TLS1_3_VERSION, true},
	{"TLS 1.2 where 1.3 is the least", "VersionTLS13", TLS1_2_VERSION, false},
};
static const struct tls_case *tls;

static void tell_tls(struct world *world)
{
	struct client client;

	SSL_CTX_set_security_level(world->tls, 0); /* OpenSSL itself would not offer 1.1 else */
	SSL_CTX_set_min_proto_version(world->tls, tls->client_version);
	SSL_CTX_set_max_proto_version(world->tls, tls->client_version);
	EXPECT(world, client_open_at(&client, world, "127.0.0.1", world->tls) == tls->ok);
	EXPECT(world, client_ask(&client, ASK("/now")) == (tls->ok ? 200 : 0));
	client_close(&client);
}

static void test_tls(void **state)
{
	struct world world;

	tls = *state;
	run(&world, (struct http_server_options){.min_tls_version = tls->min_version}, tell_tls);
	world_clear(&world);
}

static void tell_resumption(struct world *world)
{
	struct client client;
	SSL_SESSION *session = NULL;

	client_open(&client, world);
	EXPECT(world, client_ask(&client, ASK("/now")) == 200); /* the ticket comes with or before it */
	session = SSL_get1_session(client.ssl);
	SSL_shutdown(client.ssl);
	client_close(&client);
	client = (struct client){.world = world, .fd = tcp_connect("127.0.0.1", world->port)};
	client.ssl = SSL_new(world->tls);
	SSL_set_fd(client.ssl, client.fd);
	SSL_set_session(client.ssl, session);
	EXPECT(world, SSL_connect(client.ssl) == 1);
	EXPECT(world, SSL_session_reused(client.ssl) == 1);
	EXPECT(world, client_ask(&client, ASK("/now")) == 200);
	client_close(&client);
	SSL_SESSION_free(session);
}

static void test_resumption(void **state)
{
	struct world world;

	(void)state;
	run(&world, (struct http_server_options){0}, tell_resumption);
	world_clear(&world);
}

static void tell_plain(struct world *world)
{
	const char request[] = ASK("/now");
	int fd = tcp_connect("127.0.0.1", world->port);
	char text[64];
	struct client client;

	EXPECT(world, send(fd, request, sizeof(request) - 1, 0) > 0);
	EXPECT(world, recv(fd, text, sizeof(text), 0) <= 0 || !str_starts(str_of(text), STR("HTTP/1.1 2")));
	close(fd);
	client_open(&client, world);
	EXPECT(world, client_ask(&client, ASK("/now")) == 200);
	client_close(&client);
}

static void test_plain(void **state)
{
	struct world world;

	(void)state;
	run(&world, (struct http_server_options){0}, tell_plain);
	assert_string_equal(buf_cstr(&world.seen), "GET /now;");
	world_clear(&world);
}

/* ---- where it listens */

static struct address_case {
	const char *name, *bind, *connect;
	bool v6, reached;
} address_cases[] = {
	{"127.0.0.1", "127.0.0.1", "127.0.0.1", false, true},
	{"::1", "::1", "::1", true, true},
	{"::1 is not 127.0.0.1", "::1", "127.0.0.1", true, false},
	{"0.0.0.0 takes IPv4", "0.0.0.0", "127.0.0.1", false, true},
	{"0.0.0.0 takes IPv6", "0.0.0.0", "::1", true, true},
	{":: takes IPv4", "::", "127.0.0.1", false, true},
	{":: takes IPv6", "::", "::1", true, true},
};
static const struct address_case *address;

static void tell_address(struct world *world)
{
	struct client client;

	EXPECT(world, client_open_at(&client, world, address->connect, world->tls) == address->reached);
	if (address->reached)
		EXPECT(world, client_ask(&client, ASK("/now")) == 200);
	client_close(&client);
}

static bool machine_has_ipv6(void)
{
	struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void test_address(void **state)
{
	struct world world;

	address = *state;
	if (address->v6 && !machine_has_ipv6())
		skip();
	run(&world, (struct http_server_options){.bind_address = address->bind}, tell_address);
	world_clear(&world);
}

static void assert_new_fails(struct world *world, struct http_server_options options, enum err_code code,
			     const char *message)
{
	struct err err = {0};

	options.max_connections = 10;
	assert_null(http_server_new(world->loop, &options, world->certificate, on_exchange, world, &err));
	assert_int_equal(err.code, code);
	assert_string_equal(err.msg, message);
}

static void test_cannot_listen(void **state)
{
	struct world world;
	char message[100];

	(void)state;
	world_init(&world, (struct http_server_options){0});
	snprintf(message, sizeof(message), "cannot listen on 127.0.0.1:%u: Address already in use", world.port);
	assert_new_fails(&world, (struct http_server_options){.bind_address = "127.0.0.1", .port = world.port}, ERR_IO,
			 message);
	snprintf(message, sizeof(message), "cannot listen on 0.0.0.0:%u: Address already in use", world.port);
	assert_new_fails(&world, (struct http_server_options){.bind_address = "0.0.0.0", .port = world.port}, ERR_IO,
			 message);
	assert_new_fails(&world, (struct http_server_options){.bind_address = "192.0.2.1", .port = 6443}, ERR_IO,
			 "cannot listen on 192.0.2.1:6443: Cannot assign requested address");
	assert_new_fails(&world, (struct http_server_options){.bind_address = "localhost"}, ERR_INVALID,
			 "cannot listen on 'localhost': it is not an IP address");
	assert_new_fails(&world, (struct http_server_options){.bind_address = "127.0.0.1", .min_tls_version = "1.2"},
			 ERR_INVALID, "unknown TLS version '1.2'; VersionTLS12 and VersionTLS13 are known");
	world_clear(&world);
}

#define ROWS(cases, function)                                                                                          \
	for (size_t i = 0; i < COUNT_OF(cases); i++)                                                                   \
		tests[count++] = (struct CMUnitTest)                                                                   \
		{                                                                                                      \
			.name = (cases)[i].name, .test_func = (function), .initial_state = &(cases)[i]                 \
		}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		{.name = "session resumption", .test_func = test_resumption},
		{.name = "plain HTTP is no way in", .test_func = test_plain},
		{.name = "cannot listen", .test_func = test_cannot_listen},
	};
	struct CMUnitTest tests[COUNT_OF(plain) + COUNT_OF(tls_cases) + COUNT_OF(address_cases)];
	size_t count = COUNT_OF(plain);

	memcpy(tests, plain, sizeof(plain));
	ROWS(tls_cases, test_tls);
	ROWS(address_cases, test_address);
	return cmocka_run_group_tests_name("http_listen", tests, NULL, NULL);
}
