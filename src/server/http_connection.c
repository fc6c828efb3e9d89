/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd closes a connection on which nothing happens, but a byte a second keeps it open for ever. So each
   connection has a deadline of its own for what it does now: the handshake, a request, taking the answer. Its timer is
   not moved with every request, that would cost each of them; it comes by at least once in the shortest deadline, and
   looks how things are. */
#include "server_in.h"
#include "base/log.h"

#include <gnutls/gnutls.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { CUT_OFF = -1 };

static uint64_t bytes_received(int fd)
{
	struct tcp_info info = {0};
	socklen_t bytes = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0)
		return 0;
	return info.tcpi_bytes_received;
}

/* Between requests. libmicrohttpd tells of a request when its first line is whole; that bytes trickle in before, only the
   kernel knows. */
static int64_t idle_look(struct http_connection *connection, int64_t now)
{
	const int64_t limit = connection->server->request_timeout_ms;
	uint64_t bytes;

	if (!connection->greeted)
		return connection->since_ms + limit > now ? connection->since_ms + limit - now : CUT_OFF;
	bytes = bytes_received(connection->fd);
	if (!connection->looked || connection->seen_requests != connection->requests) {
		connection->looked = true;
		connection->seen_requests = connection->requests;
		connection->seen_bytes = bytes;
		connection->trickles = false;
	} else if (connection->trickles) {
		return CUT_OFF;
	} else {
		connection->trickles = bytes != connection->seen_bytes;
	}
	return limit;
}

/* In how many milliseconds to look again. */
static int64_t look(struct http_connection *connection, int64_t now)
{
	const struct http_server *server = connection->server;
	int64_t left = server->request_timeout_ms;

	switch (connection->exchange.state) {
	case EXCHANGE_NONE:
		return idle_look(connection, now);
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
		left = connection->since_ms + server->request_timeout_ms - now;
		break;
	case EXCHANGE_SENDING:
		left = connection->since_ms + server->idle_timeout_ms - now;
		break;
	case EXCHANGE_HANDED:
	case EXCHANGE_WAITING:
	case EXCHANGE_ANSWERED:
		break; /* how long an answer takes is not the client's doing */
	}
	return left > 0 ? left : CUT_OFF;
}

static void timer_due(void *context)
{
	struct http_connection *connection = context;
	struct http_server *server = connection->server;
	int64_t again_ms = look(connection, loop_now_ms(server->loop));

	if (again_ms != CUT_OFF) {
		/* the next thing it does may have the shorter deadline */
		if (again_ms > server->request_timeout_ms)
			again_ms = server->request_timeout_ms;
		loop_timer_set(server->loop, &connection->timer, again_ms);
		return;
	}
	log_v(3, "http: a client was too slow, its connection is closed");
	/* libmicrohttpd owns the descriptor; it sees the end of the stream and closes */
	shutdown(connection->fd, SHUT_RDWR);
}

/* The client's Finished is the last thing that a handshake waits for. */
static int finished_received(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
			     const gnutls_datum_t *message)
{
	struct http_connection *connection = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	(void)message;
	if (incoming && !connection->greeted) {
		connection->greeted = true;
		connection->server->handshakes--;
	}
	return 0;
}

/* As finished_received; but first it notes the suites that are offered. */
static int message_received(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
			    const gnutls_datum_t *message)
{
	struct http_connection *connection = gnutls_session_get_ptr(session);
	const void *bytes = message->data;

	if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && when == GNUTLS_HOOK_PRE)
		connection->offered_suites =
			cipher_suites_offered(connection->server->suites, (struct str){bytes, message->size});
	if (type == GNUTLS_HANDSHAKE_FINISHED && when == GNUTLS_HOOK_POST)
		return finished_received(session, type, when, incoming, message);
	return 0;
}

/* Which version it will be is known now, which suite is not. */
static int hello_received(gnutls_session_t session)
{
	const struct http_connection *connection = gnutls_session_get_ptr(session);
	const struct http_server *server = connection->server;
	struct serving_pair *pair;
	gnutls_priority_t priorities;

	if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_2)
		return 0;
	pair = certificate_for(server->certificate, session);
	priorities = cipher_suites_choose(server->suites, connection->offered_suites, serving_pair_is_rsa(pair));
	serving_pair_unref(pair);
	return priorities ? gnutls_priority_set(session, priorities) : GNUTLS_E_NO_CIPHER_SUITES;
}

static void connection_begin(struct http_server *server, struct MHD_Connection *mhd, void **connection_context)
{
	struct http_connection *connection = xnew(struct http_connection);

	connection->server = server;
	connection->mhd = mhd;
	connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	connection->session = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	connection->exchange.connection = connection;
	connection->since_ms = loop_now_ms(server->loop);
	connection->timer.handler = timer_due;
	connection->timer.context = connection;
	loop_timer_set(server->loop, &connection->timer, server->request_timeout_ms);
	connection->next = server->connections;
	if (server->connections)
		server->connections->previous = connection;
	server->connections = connection;

	/* before the handshake */
	gnutls_session_set_ptr(connection->session, connection);
	if (server->ask_certificate)
		gnutls_certificate_server_set_request(connection->session, GNUTLS_CERT_REQUEST);
	gnutls_handshake_set_hook_function(connection->session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
					   finished_received);
	if (server->suites) {
		gnutls_handshake_set_hook_function(connection->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
						   message_received);
		gnutls_handshake_set_post_client_hello_function(connection->session, hello_received);
	}
	server->handshakes++;
	server->traffic.accepted++;
	gnutls_session_ticket_enable_server(connection->session, &server->ticket_key);
	*connection_context = connection;
}

static void connection_end(struct http_connection *connection)
{
	struct http_server *server = connection->server;

	http_exchange_end(&connection->exchange);
	buf_clear(&connection->exchange.target);
	loop_timer_cancel(server->loop, &connection->timer);
	serving_pair_unref(connection->pair);
	if (!connection->greeted)
		server->handshakes--;
	if (connection->next)
		connection->next->previous = connection->previous;
	*(connection->previous ? &connection->previous->next : &server->connections) = connection->next;
	if (connection->memory.free)
		connection->memory.free(connection->memory.pointer);
	http_linger(server, connection->fd); /* libmicrohttpd closes it when we return */
	free(connection);
	/* at the limit libmicrohttpd no longer listens, and looks whether it may again only when it runs the next time */
	http_server_run_soon(server);
}

void http_on_connection(void *context, struct MHD_Connection *mhd, void **connection_context,
			enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		connection_begin(context, mhd, connection_context);
	else if (*connection_context)
		connection_end(STEAL(*connection_context));
}
