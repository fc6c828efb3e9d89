/* SPDX-License-Identifier: Apache-2.0 */
/* scripted_server.h - a small HTTP server on the loop of the test: it notes what it is asked and answers by a script. */
#ifndef GAUGELET_TESTS_SCRIPTED_SERVER_H
#define GAUGELET_TESTS_SCRIPTED_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/vec.h"
#include "net/loop.h"

enum manner {
	KEEP,  /* send, and keep the connection */
	CLOSE, /* send and close */
	RESET, /* send and reset */
	HANG,  /* send and do nothing more */
};

struct step {
	const char *bytes; /* the whole answer, head included; NUL-ended */
	enum manner manner;
	int64_t delay_ms;
};

#define HEAD(status, more) "HTTP/1.1 " status "\r\n" more "\r\n"
#define JSON_TYPE	   "Content-Type: application/json\r\n"

struct scripted_server;

struct peer {
	struct scripted_server *server;
	struct peer *next;
	int fd; /* -1: closed */
	struct buf in;
	struct str out; /* what is not yet sent of the step's bytes */
	struct step step;
	struct loop_timer delay;
	bool busy;
};

struct scripted_server {
	struct loop *loop;
	int fd;
	uint16_t port;
	const struct step *steps;					  /* the last one repeats */
	const struct step *(*choose)(void *context, const char *request); /* in place of them */
	size_t step_count;
	struct peer *peers;
	size_t connections, busy, busiest;
	struct {
		VEC_OF(struct buf);
	} requests; /* as they came, whole */
	void (*on_request)(void *context);
	void *context;
};

static void peer_close(struct peer *peer)
{
	if (peer->fd < 0)
		return;
	loop_timer_cancel(peer->server->loop, &peer->delay);
	loop_unwatch(peer->server->loop, peer->fd);
	close(peer->fd);
	peer->fd = -1;
	if (peer->busy)
		peer->server->busy--;
	peer->busy = false;
}

static void peer_reset(struct peer *peer)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	assert_int_equal(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	peer_close(peer);
}

static void peer_sent(struct peer *peer)
{
	if (peer->step.manner == CLOSE)
		peer_close(peer);
	else if (peer->step.manner == RESET)
		peer_reset(peer);
	else if (peer->step.manner == KEEP) {
		peer->busy = false;
		peer->server->busy--;
	}
}

static void peer_send(void *context)
{
	struct peer *peer = context;

	while (peer->out.len > 0) {
		ssize_t sent = send(peer->fd, peer->out.ptr, peer->out.len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN) {
			loop_rewatch(peer->server->loop, peer->fd, EPOLLIN | EPOLLOUT);
			return;
		}
		if (sent < 0) {
			peer_close(peer);
			return;
		}
		peer->out = str_slice(peer->out, (size_t)sent, peer->out.len);
	}
	loop_rewatch(peer->server->loop, peer->fd, EPOLLIN);
	peer_sent(peer);
}

/* The bytes of a whole request, or 0. */
static size_t request_bytes(struct buf *in)
{
	const char *text = buf_cstr(in), *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
	size_t bytes;

	if (end == NULL)
		return 0;
	bytes = (size_t)(end - text) + 4;
	if (length && length < end)
		bytes += strtoul(length + 16, NULL, 10);
	return in->len >= bytes ? bytes : 0;
}

static void peer_asked(struct peer *peer)
{
	struct scripted_server *server = peer->server;
	size_t number = server->requests.count, last = server->step_count - 1;

	*vec_push(&server->requests) = peer->in;
	peer->in = (struct buf){0};
	peer->step = server->steps[number < last ? number : last];
	if (server->choose)
		peer->step = *server->choose(server->context, buf_cstr(&server->requests.items[number]));
	peer->out = str_of(peer->step.bytes);
	peer->busy = true;
	if (++server->busy > server->busiest)
		server->busiest = server->busy;
	if (peer->step.delay_ms > 0)
		loop_timer_set(server->loop, &peer->delay, peer->step.delay_ms);
	else
		peer_send(peer);
	if (server->on_request)
		server->on_request(server->context);
}

static void peer_ready(void *context, int fd, uint32_t events)
{
	struct peer *peer = context;
	ssize_t got;

	if (events & EPOLLOUT) {
		peer_send(peer);
		return;
	}
	assert_true(buf_reserve(&peer->in, 65536));
	got = recv(fd, peer->in.ptr + peer->in.len, 65536, 0);
	if (got <= 0) {
		peer_close(peer);
		return;
	}
	peer->in.len += (size_t)got;
	if (request_bytes(&peer->in) > 0)
		peer_asked(peer);
}

static void server_accept(void *context, int fd, uint32_t events)
{
	struct scripted_server *server = context;
	struct peer *peer = xnew(struct peer);
	struct err err = {0};

	(void)events;
	peer->server = server;
	peer->delay = (struct loop_timer){.handler = peer_send, .context = peer};
	peer->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(peer->fd >= 0);
	peer->next = server->peers;
	server->peers = peer;
	server->connections++;
	assert_true(loop_watch(server->loop, peer->fd, EPOLLIN, peer_ready, peer, &err));
}

/* A port of the loopback address to listen on, or one on which nobody listens (listening is false). */
static int bound_socket(uint16_t *ret_port, bool listening)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	if (listening)
		assert_int_equal(listen(fd, 128), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static inline void server_start(struct scripted_server *server, struct loop *loop, const struct step *steps,
				size_t step_count)
{
	struct err err = {0};

	*server = (struct scripted_server){.loop = loop, .steps = steps, .step_count = step_count};
	server->fd = bound_socket(&server->port, true);
	assert_true(loop_watch(loop, server->fd, EPOLLIN, server_accept, server, &err));
}

static inline void server_stop(struct scripted_server *server)
{
	for (struct peer *peer = server->peers; peer;) {
		struct peer *next = peer->next;

		peer_close(peer);
		buf_clear(&peer->in);
		free(peer);
		peer = next;
	}
	for (size_t i = 0; i < server->requests.count; i++)
		buf_clear(&server->requests.items[i]);
	vec_clear(&server->requests);
	loop_unwatch(server->loop, server->fd);
	close(server->fd);
	server->peers = NULL;
}

/* Closes all connections, as a server does with idle ones. */
static inline void server_close_peers(struct scripted_server *server)
{
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		peer_close(peer);
}

static inline const char *server_request(struct scripted_server *server, size_t number)
{
	assert_true(number < server->requests.count);
	return buf_cstr(&server->requests.items[number]);
}

#endif
