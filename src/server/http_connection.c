/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd closes a connection on which nothing happens, but a byte a second keeps it open for ever. So each
   connection has a deadline of its own for what it does now: the handshake, a request, taking the answer. Its timer is
   not moved with every request, that would cost each of them; it comes by at least once in the shortest deadline, and
   looks how things are. */
#include "http_connection.h"

#include "http_exchange.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { CUT_OFF = -1, TAKING_MS = 1000 };

static struct tcp_info tcp_state(int fd)
{
	struct tcp_info info = {0};
	socklen_t bytes = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0)
		return (struct tcp_info){0};
	return info;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Between requests. libmicrohttpd tells of a request when its first line is whole; that bytes trickle in before, only the
   kernel knows. */
static int64_t idle_look(struct http_connection *connection)
{
	const int64_t limit = connection->server->request_timeout_ms;
	uint64_t bytes;

	bytes = tcp_state(connection->fd).tcpi_bytes_received;
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

/* Of the answer the client takes something now and then, or it is not there any more. */
static int64_t sending_look(struct http_connection *connection, int64_t now)
{
	uint64_t acked = tcp_state(connection->fd).tcpi_bytes_acked;

	if (acked != connection->acked || connection->acked_ms < connection->since_ms) {
		connection->acked = acked;
		connection->acked_ms = now;
	}
	return connection->acked_ms + connection->server->unread_timeout_ms - now;
}

/* In how many milliseconds to look again. */
static int64_t look(struct http_connection *connection, int64_t now)
{
	const struct http_server *server = connection->server;
	int64_t left = server->request_timeout_ms;

	switch (connection->exchange.state) {
	case EXCHANGE_NONE:
		if (connection->session.greeted)
			return idle_look(connection);
		left = connection->since_ms + server->handshake_timeout_ms - now;
		break;
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
		left = connection->since_ms + server->request_timeout_ms - now;
		break;
	case EXCHANGE_SENDING:
		left = least(connection->since_ms + server->idle_timeout_ms - now, sending_look(connection, now));
		break;
	case EXCHANGE_HANDED:
	case EXCHANGE_WAITING:
	case EXCHANGE_ANSWERED:
		break; /* how long an answer takes is not the client's doing */
	}
	return left > 0 ? left : CUT_OFF;
}

/* libmicrohttpd owns the descriptor; it sees the end of the stream and closes. */
static void cut_off(struct http_connection *connection)
{
	shutdown(connection->fd, SHUT_RDWR);
}

static enum traffic_closing why_cut_off(const struct http_connection *connection)
{
	if (!connection->session.greeted)
		return TRAFFIC_CLOSED_HANDSHAKE;
	return connection->exchange.state == EXCHANGE_SENDING ? TRAFFIC_CLOSED_UNREAD : TRAFFIC_CLOSED_SLOW;
}

static void timer_due(void *context)
{
	struct http_connection *connection = context;
	struct http_server *server = connection->server;
	int64_t again_ms = look(connection, loop_now_ms(server->loop));

	if (again_ms == CUT_OFF) {
		http_door_closed(&server->door, why_cut_off(connection));
		cut_off(connection);
		return;
	}
	/* the next thing it does may have the shorter deadline */
	again_ms = least(again_ms, least(server->request_timeout_ms, (server->unread_timeout_ms + 1) / 2));
	loop_timer_set(server->loop, &connection->timer, again_ms);
}

/* Its request is being answered: libmicrohttpd looks at the descriptor again only then. A client that has had a moment to take the
   answer and has not may go. */
static bool is_busy(const struct http_connection *connection)
{
	switch (connection->exchange.state) {
	case EXCHANGE_HANDED:
	case EXCHANGE_WAITING:
	case EXCHANGE_ANSWERED:
		return true;
	case EXCHANGE_SENDING:
		return loop_now_ms(connection->server->loop) < connection->since_ms + TAKING_MS;
	case EXCHANGE_NONE:
	case EXCHANGE_HEAD:
	case EXCHANGE_BODY:
		break;
	}
	return false;
}

static bool guest_leave(struct http_guest *guest)
{
	struct http_visitor *visitor = LIST_OF(guest, struct http_visitor, guest);
	struct http_connection *connection = visitor->connection;

	if (is_busy(connection))
		return false;
	http_guests_leave(&connection->server->door.guests, guest);
	cut_off(connection);
	return true;
}

static void connection_begin(struct http_server *server, struct MHD_Connection *mhd, void **connection_context)
{
	struct http_connection *connection = xnew(struct http_connection);
	struct http_visitor *visitor = STEAL(server->entering);

	connection->visitor = visitor;
	visitor->connection = connection;
	visitor->guest.leave = guest_leave;
	connection->server = server;
	connection->mhd = mhd;
	connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	connection->exchange.connection = connection;
	connection->since_ms = visitor->came_ms;
	connection->timer.handler = timer_due;
	connection->timer.context = connection;
	timer_due(connection);
	connection->next = server->connections;
	if (server->connections)
		server->connections->previous = connection;
	server->connections = connection;

	http_session_begin(&connection->session, &server->tls,
			   MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session, connection);
	server->traffic.accepted++;
	*connection_context = connection;
}

static void connection_end(struct http_connection *connection)
{
	struct http_server *server = connection->server;

	http_exchange_end(&connection->exchange);
	buf_clear(&connection->exchange.target);
	loop_timer_cancel(server->loop, &connection->timer);
	http_session_end(&connection->session);
	if (connection->next)
		connection->next->previous = connection->previous;
	*(connection->previous ? &connection->previous->next : &server->connections) = connection->next;
	if (connection->memory.free)
		connection->memory.free(connection->memory.pointer);
	http_linger(&server->lingers, connection->fd); /* libmicrohttpd closes it when we return */
	http_visitor_free(connection->visitor);
	free(connection);
}

void http_on_connection(void *context, struct MHD_Connection *mhd, void **connection_context,
			enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		connection_begin(context, mhd, connection_context);
	else if (*connection_context)
		connection_end(STEAL(*connection_context));
}
