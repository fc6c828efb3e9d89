/* SPDX-License-Identifier: Apache-2.0 */
/* http_world.h - a server in this thread's loop, and real clients (OpenSSL) in a second thread. cmocka's asserts are for
   the first thread only: a client notes what it misses, and world_run fails with it. */
#ifndef GAUGELET_TESTS_HTTP_WORLD_H
#define GAUGELET_TESTS_HTTP_WORLD_H

#include "base/arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/buf.h"
#include "net/loop.h"
#include "server/certificate.h"
#include "server/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PATIENCE_S = 20, /* a test that takes longer has failed */
	BIG_BYTES = 3 * 1024 * 1024,
};

struct world;
typedef void client_story(struct world *world);

struct world {
	struct loop *loop;
	struct certificate *certificate;
	struct http_server *server;
	struct http_server_options options;
	struct buf seen; /* "GET /now;" for each request that reached the handler */
	struct http_exchange *kept[64];
	size_t kept_count, gone_count;
	bool stop_when_kept; /* free the server when an exchange is kept */
	bool forget_kept;    /* take on_gone back again */
	bool quiesce_at_request;
	http_handler *handler; /* instead of the one here; its context is the world */
	struct loop_timer later, watchdog;
	int64_t later_us; /* no answer before, by the exact clock */
	SSL_CTX *tls;
	uint16_t port;
	int done;
	client_story *story;
	char failure[200];
};

/* ---- the server's side */

static inline void respond_text(struct http_exchange *exchange, unsigned status, const char *text)
{
	struct buf body = {0};

	buf_puts(&body, text);
	http_respond(exchange, &(struct http_reply){.status = status, .content_type = "text/plain", .body = &body});
	assert_null(body.ptr);
}

static inline void respond_big(struct http_exchange *exchange)
{
	struct buf body = {0};

	assert_true(buf_reserve(&body, BIG_BYTES));
	memset(body.ptr, 'x', BIG_BYTES);
	body.len = BIG_BYTES;
	http_respond(exchange, &(struct http_reply){.status = 200, .body = &body});
}

static inline void respond_half(struct http_exchange *exchange)
{
	struct buf body = BUF_MAX(10);

	buf_puts(&body, "longer than that");
	http_respond(exchange, &(struct http_reply){.status = 200, .content_type = "text/plain", .body = &body});
	assert_null(body.ptr);
}

static inline void respond_kept(void *context)
{
	struct world *world = context;

	while (world->kept_count)
		respond_text(world->kept[--world->kept_count], 200, "later");
}

static inline void kept_gone(void *context)
{
	struct world *world = context;

	world->gone_count++;
}

static inline void keep(struct world *world, struct http_exchange *exchange)
{
	assert_true(world->kept_count < COUNT_OF(world->kept));
	world->kept[world->kept_count++] = exchange;
	http_on_gone(exchange, kept_gone, world);
	if (world->forget_kept)
		http_on_gone(exchange, NULL, NULL);
}

static inline bool header_noted(void *context, struct str name, struct str value)
{
	struct buf *text = context;

	buf_printf(text, "%.*s=%.*s;", STR_ARG(name), STR_ARG(value));
	return !str_eq(value, STR("stop"));
}

static inline void respond_headers(struct http_exchange *exchange)
{
	struct buf body = {0};

	http_each_header(exchange, header_noted, &body);
	http_respond(exchange, &(struct http_reply){.status = 200, .body = &body});
}

/* The bytes of each certificate, and how often the connection was asked for them. */
static inline void respond_chain(struct http_exchange *exchange)
{
	struct http_memory *memory = http_connection_memory(exchange);
	struct buf body = {0};
	struct str chain[2] = {0};
	size_t count = http_client_chain(exchange, chain, COUNT_OF(chain));

	if (memory->pointer == NULL)
		*memory = (struct http_memory){.pointer = xnew(int), .free = free};
	++*(int *)memory->pointer;
	for (size_t i = 0; i < count; i++)
		buf_printf(&body, "%zu ", chain[i].len);
	buf_printf(&body, "visit %d", *(int *)memory->pointer);
	http_respond(exchange, &(struct http_reply){.status = 200, .body = &body});
}

static inline void on_exchange(void *context, struct http_exchange *exchange)
{
	static const char *const headers[] = {"Warning", "299 - \"x\"", "Cache-Control", "public", NULL};
	struct world *world = context;
	struct str target = http_target(exchange);

	if (world->handler) {
		world->handler(world, exchange);
		return;
	}
	buf_put(&world->seen, http_method(exchange));
	buf_putc(&world->seen, ' ');
	buf_put(&world->seen, target.len < 100 ? target : STR("long"));
	buf_putc(&world->seen, ';');
	if (world->quiesce_at_request)
		http_server_stop_accepting(world->server);
	if (str_eq(target, STR("/later"))) {
		keep(world, exchange);
		loop_timer_set(world->loop, &world->later, 10);
	} else if (str_eq(target, STR("/never"))) {
		keep(world, exchange);
		if (world->stop_when_kept)
			loop_stop(world->loop);
	} else if (str_eq(target, STR("/big"))) {
		respond_big(exchange);
	} else if (str_eq(target, STR("/half"))) {
		respond_half(exchange);
	} else if (str_eq(target, STR("/empty"))) {
		http_respond(exchange, &(struct http_reply){.status = 204});
	} else if (str_eq(target, STR("/each"))) {
		respond_headers(exchange);
	} else if (str_eq(target, STR("/chain"))) {
		respond_chain(exchange);
	} else if (str_eq(target, STR("/headers"))) {
		http_respond(exchange, &(struct http_reply){.status = 200, .headers = headers});
	} else if (str_eq(target, STR("/agent"))) {
		struct str copy = STR("");

		assert_null(http_header(exchange, "X-Not-There").ptr);
		assert_true(arena_copy(http_arena(exchange), http_header(exchange, "user-AGENT"), &copy));
		respond_text(exchange, 200, copy.ptr);
	} else {
		respond_text(exchange, 200, "now");
	}
}

static inline void story_over(void *context, int fd, uint32_t events)
{
	struct world *world = context;

	(void)fd;
	(void)events;
	loop_stop(world->loop);
}

static inline void too_late(void *context)
{
	(void)context;
	fail_msg("the clients take too long");
}

/* A field of the options that is 0 gets a default. */
static inline void world_init(struct world *world, struct http_server_options options)
{
	struct err err = {0};

	*world = (struct world){.options = options};
	world->options.bind_address = options.bind_address ? options.bind_address : "127.0.0.1";
	world->options.max_connections = options.max_connections ? options.max_connections : 200;
	world->options.idle_timeout_ms = options.idle_timeout_ms ? options.idle_timeout_ms : 90000;
	world->options.request_timeout_ms = options.request_timeout_ms ? options.request_timeout_ms : 30000;
	world->options.handshake_timeout_ms =
		options.handshake_timeout_ms ? options.handshake_timeout_ms : world->options.request_timeout_ms;
	world->options.unread_timeout_ms = options.unread_timeout_ms ? options.unread_timeout_ms : 30000;
	world->options.overload_body = "{\"code\":503}";
	signal(SIGPIPE, SIG_IGN);
	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->certificate = certificate_make(NULL, "127.0.0.1", &err);
	assert_non_null(world->certificate);
	world->server = http_server_new(world->loop, &world->options, world->certificate, on_exchange, world, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(world->server);
	world->port = http_server_port(world->server);
	assert_int_not_equal(world->port, 0);
	world->tls = SSL_CTX_new(TLS_client_method());
	assert_non_null(world->tls);
	world->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(loop_watch(world->loop, world->done, EPOLLIN, story_over, world, &err));
	world->later.handler = respond_kept;
	world->later.context = world;
	world->watchdog.handler = too_late;
}

static inline void *story_told(void *context)
{
	struct world *world = context;
	uint64_t one = 1;

	world->story(world);
	if (write(world->done, &one, sizeof(one)) != (ssize_t)sizeof(one))
		abort();
	return NULL;
}

/* The story runs to its end, unless the handler stops the loop first; then the server is closed under its clients. */
static inline void world_run(struct world *world, client_story *story)
{
	pthread_t thread;

	world->story = story;
	assert_int_equal(pthread_create(&thread, NULL, story_told, world), 0);
	loop_timer_set(world->loop, &world->watchdog, PATIENCE_S * 1000);
	loop_run(world->loop);
	loop_timer_cancel(world->loop, &world->watchdog);
	if (world->stop_when_kept) {
		http_server_free(world->server);
		world->server = NULL;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(world->failure, "");
}

static inline void world_clear(struct world *world)
{
	loop_timer_cancel(world->loop, &world->later);
	http_server_free(world->server);
	loop_unwatch(world->loop, world->done);
	close(world->done);
	certificate_free(world->certificate);
	loop_free(world->loop);
	SSL_CTX_free(world->tls);
	buf_clear(&world->seen);
}

/* ---- the clients' side: the second thread */

struct client {
	struct world *world;
	int fd;
	SSL *ssl;
	struct buf head, body; /* of the last answer */
	unsigned status;       /* 0: none, the connection was closed */
};

static inline void miss(struct world *world, const char *what, const char *detail)
{
	if (!world->failure[0])
		snprintf(world->failure, sizeof(world->failure), "%s: %s", what, detail);
}

#define EXPECT(world, expression) ((expression) ? (void)0 : miss(world, "missed", #expression))

static inline int tcp_connect(const char *address, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct timeval patience = {.tv_sec = PATIENCE_S / 2};
	bool v6 = inet_pton(AF_INET6, address, &in6.sin6_addr) == 1;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failed;

	inet_pton(AF_INET, address, &in.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	failed = v6 ? connect(fd, (struct sockaddr *)&in6, sizeof(in6))
		    : connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (failed) {
		close(fd);
		return -1;
	}
	return fd;
}

static inline void client_close(struct client *client)
{
	SSL_free(client->ssl);
	if (client->fd >= 0)
		close(client->fd);
	buf_clear(&client->head);
	buf_clear(&client->body);
}

/* False when there is no connection or no handshake. */
static inline bool client_open_at(struct client *client, struct world *world, const char *address, SSL_CTX *tls)
{
	*client = (struct client){.world = world, .fd = tcp_connect(address, world->port)};
	if (client->fd < 0)
		return false;
	client->ssl = SSL_new(tls);
	SSL_set_fd(client->ssl, client->fd);
	return SSL_connect(client->ssl) == 1;
}

static inline void client_open(struct client *client, struct world *world)
{
	if (!client_open_at(client, world, "127.0.0.1", world->tls))
		miss(world, "open", "no connection");
}

static inline bool client_send(struct client *client, const char *text)
{
	return SSL_write(client->ssl, text, (int)strlen(text)) == (int)strlen(text);
}

static inline bool header_of(const struct client *client, const char *name, char *value, size_t bytes)
{
	struct str rest = buf_str(&client->head);
	struct str line;

	while (str_split(&rest, '\n', &line)) {
		size_t colon = str_index(line, ':');

		if (!str_eq_nocase(str_slice(line, 0, colon), str_of(name)) || colon == line.len)
			continue;
		line = str_trim(str_slice(line, colon + 1, line.len));
		snprintf(value, bytes, "%.*s", STR_ARG(line));
		return true;
	}
	return false;
}

static inline bool head_receive(struct client *client)
{
	char c;

	buf_reset(&client->head);
	while (!str_ends(buf_str(&client->head), STR("\r\n\r\n"))) {
		if (SSL_read(client->ssl, &c, 1) != 1)
			return false;
		buf_putc(&client->head, c);
	}
	if (str_starts(buf_str(&client->head), STR("HTTP/1.1 100 ")))
		buf_reset(&client->head);
	return client->head.len > 0 || head_receive(client);
}

/* The status of the next answer; 0 when the connection ends first. */
static inline unsigned client_receive(struct client *client, bool to_head)
{
	char text[32] = "0";
	size_t length;

	buf_reset(&client->body);
	client->status = 0;
	if (!head_receive(client))
		return 0;
	header_of(client, "Content-Length", text, sizeof(text));
	length = to_head ? 0 : (size_t)strtoul(text, NULL, 10);
	if (!buf_reserve(&client->body, length + 1))
		return 0;
	while (client->body.len < length) {
		int got = SSL_read(client->ssl, client->body.ptr + client->body.len, (int)(length - client->body.len));

		if (got <= 0)
			return 0;
		client->body.len += (size_t)got;
	}
	client->status = (unsigned)strtoul(buf_cstr(&client->head) + sizeof("HTTP/1.1"), NULL, 10);
	return client->status;
}

static inline unsigned client_ask(struct client *client, const char *text)
{
	if (!client_send(client, text))
		return 0;
	return client_receive(client, strncmp(text, "HEAD ", 5) == 0);
}

/* How many bytes come before the connection ends; SIZE_MAX when only our patience ends. */
static inline size_t client_rest(struct client *client)
{
	size_t bytes = 0;
	char c;

	errno = 0;
	while (SSL_read(client->ssl, &c, 1) == 1)
		bytes++;
	return errno == EAGAIN || errno == EWOULDBLOCK ? SIZE_MAX : bytes;
}

#endif
