/* SPDX-License-Identifier: Apache-2.0 */
#include "http_connection.h"
#include "http_exchange.h"
#include "http_listen.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>

enum {
	POOL_BYTES = 32 * 1024, /* libmicrohttpd's memory for one connection; a head must fit into it */
	SPARE_CONNECTIONS = 64, /* that are closed, and libmicrohttpd has not seen it yet */
};

/* ---- what libmicrohttpd asks */

PRINTF_LIKE(2, 0) static void complaint_received(void *context, const char *format, va_list args)
{
	struct http_server *server = context;
	struct str text;

	err_format(server->complaint, sizeof(server->complaint), format, args);
	text = str_trim(str_of(server->complaint));
	log_v(4, "libmicrohttpd: %.*s", STR_ARG(text));
}

static size_t leave_encoded(void *context, struct MHD_Connection *mhd, char *text)
{
	(void)context;
	(void)mhd;
	return strlen(text);
}

/* ---- start and stop */

static unsigned seconds_of(int64_t milliseconds)
{
	int64_t seconds = (milliseconds + 999) / 1000;

	return seconds > 0 && seconds < UINT32_MAX ? (unsigned)seconds : 0;
}

static bool daemon_start(struct http_server *server, const struct http_server_options *options, struct err *err)
{
	const unsigned flags =
		MHD_USE_EPOLL | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_NO_LISTEN_SOCKET;

	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, http_on_request, server, MHD_OPTION_EXTERNAL_LOGGER, complaint_received, server,
		MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, server, MHD_OPTION_URI_LOG_CALLBACK,
		http_on_request_line, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server, MHD_OPTION_HTTPS_PRIORITIES,
		server->tls.priorities, MHD_OPTION_HTTPS_CERT_CALLBACK2, http_session_pair,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT,
		2 * options->max_connections + SPARE_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		seconds_of(options->idle_timeout_ms), MHD_OPTION_END);
	if (!server->daemon)
		return err_set(err, ERR_IO, "cannot start the HTTPS server: %s",
			       server->complaint[0] ? server->complaint : "no memory or no file descriptors");
	return true;
}

/* libmicrohttpd closes the descriptor when it does not take it. */
static void visitor_enter(void *context, struct http_visitor *visitor)
{
	struct http_server *server = context;

	server->entering = visitor;
	MHD_add_connection(server->daemon, visitor->fd, (struct sockaddr *)&visitor->address, visitor->address_bytes);
	if (server->entering)
		http_visitor_free(STEAL(server->entering));
	http_turns_soon(&server->turns);
}

static bool server_start(struct http_server *server, const struct http_server_options *options, struct err *err)
{
	server->door.listen_fd = http_listen(options->bind_address, options->port, &server->port, err);
	return server->door.listen_fd >= 0 && daemon_start(server, options, err) &&
	       http_door_open(&server->door, options->max_connections, server->traffic.closed, err) &&
	       http_turns_begin(&server->turns, server->loop, server->daemon, &server->tls, err);
}

struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options,
				    struct certificate *certificate, http_handler *handler, void *context,
				    struct err *err)
{
	CLEANUP(http_server_free_at) struct http_server *server = xnew(struct http_server);

	server->loop = loop;
	server->handler = handler;
	server->context = context;
	server->idle_timeout_ms = options->idle_timeout_ms;
	server->request_timeout_ms = options->request_timeout_ms;
	server->handshake_timeout_ms = options->handshake_timeout_ms;
	server->unread_timeout_ms = options->unread_timeout_ms;
	server->response_bytes_max = options->response_bytes_max;
	server->overload_body = options->overload_body ? options->overload_body : "";
	server->lingers.loop = loop;
	server->tls.on_refused = http_refuse;
	server->door = (struct http_door){.loop = loop,
					  .listen_fd = -1,
					  .handshake_timeout_ms = options->handshake_timeout_ms,
					  .enter = visitor_enter,
					  .context = server};
	if (!http_tls_init(&server->tls, options, certificate, err) || !server_start(server, options, err))
		return NULL;
	return STEAL(server);
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

unsigned http_server_active(const struct http_server *server)
{
	return server->active;
}

const struct traffic *http_server_traffic(const struct http_server *server)
{
	return &server->traffic;
}

unsigned http_server_connections(const struct http_server *server)
{
	return http_guests_count(&server->door.guests);
}

uint64_t http_server_response_bytes(const struct http_server *server)
{
	return server->response_bytes;
}

unsigned http_server_callers(const struct http_server *server, enum http_caller caller)
{
	return server->door.guests.count[caller];
}

unsigned http_server_max_connections(const struct http_server *server)
{
	return server->door.guests.limit;
}

void http_server_stop_accepting(struct http_server *server)
{
	if (server->stopping)
		return;
	server->stopping = true;
	http_door_close(&server->door);
}

/* libmicrohttpd refuses to stop with suspended connections. */
static void waiting_end(struct http_server *server)
{
	for (struct http_connection *at = server->connections; at; at = at->next) {
		if (at->exchange.state != EXCHANGE_WAITING)
			continue;
		http_exchange_end(&at->exchange);
		MHD_resume_connection(at->mhd);
	}
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	http_turns_end(&server->turns);
	waiting_end(server);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	http_door_clear(&server->door);
	http_linger_end_all(&server->lingers); /* closing the connections has begun some */
	http_tls_clear(&server->tls);
	free(server);
}
