/* SPDX-License-Identifier: Apache-2.0 */
#include "server_in.h"
#include "base/log.h"
#include "server/certificate.h"

#include <gnutls/abstract.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* AES-GCM first: where the processor has instructions for it, it is ten times as fast as ChaCha20. */
#define CIPHERS ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE"

enum { HANDSHAKE_PAUSE_MS = 1 };

static const struct {
	struct str name;
	const char *priorities;
} tls_versions[] = {
	{STR_INIT("VersionTLS10"),
	 "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" CIPHERS}, /* 1.2 is the least we speak */
	{STR_INIT("VersionTLS11"), "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" CIPHERS},
	{STR_INIT("VersionTLS12"), "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" CIPHERS},
	{STR_INIT("VersionTLS13"), "NORMAL:-VERS-ALL:+VERS-TLS1.3" CIPHERS},
};

/* ---- what libmicrohttpd and GnuTLS ask */

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

/* GnuTLS keeps what it is lent until the handshake is over, so the connection holds the pair. */
static int pair_lend(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **ret_chain,
		     unsigned *ret_chain_length, gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_length,
		     gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
	struct http_connection *connection = gnutls_session_get_ptr(session);
	struct certificate_pair pair;

	(void)info;
	serving_pair_unref(connection->pair);
	connection->pair = certificate_for(connection->server->certificate, session);
	pair = serving_pair_lend(connection->pair);
	*ret_chain = pair.chain;
	*ret_chain_length = pair.chain_length;
	*ret_ocsp = NULL;
	*ret_ocsp_length = 0;
	*ret_key = pair.key;
	*ret_flags = 0; /* they stay ours */
	return 0;
}

/* ---- turns of the loop */

void http_server_run_soon(struct http_server *server)
{
	loop_timer_set(server->loop, &server->run_timer, 0);
}

/* A timer that comes too early does no harm, so it is moved only to come earlier: not with every request.
   libmicrohttpd 0.9.75 holds a connection for readable until its handshake is over, and would run without a pause as long
   as a client that has sent a single byte likes it. What really comes wakes us by the descriptor, so a pause costs
   nothing but a little time between the pieces of a large answer. */
static void run_timer_follow(struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES)
		return;
	if (wait_ms == 0 && server->handshakes)
		wait_ms = HANDSHAKE_PAUSE_MS;
	if (!server->run_timer.heap_index || server->run_timer.due_ms > loop_now_ms(server->loop) + (int64_t)wait_ms)
		loop_timer_set(server->loop, &server->run_timer, (int64_t)wait_ms);
}

static void run_timer_due(void *context)
{
	struct http_server *server = context;

	MHD_run(server->daemon);
	run_timer_follow(server);
}

static void daemon_is_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run_timer_due(context);
}

/* ---- start and stop */

static const char *priorities_of(const char *min_version, struct err *err)
{
	struct str wanted = min_version && *min_version ? str_of(min_version) : STR("VersionTLS12");

	for (size_t i = 0; i < COUNT_OF(tls_versions); i++)
		if (str_eq(tls_versions[i].name, wanted))
			return tls_versions[i].priorities;
	err_set(err, ERR_INVALID, "unknown TLS version '%s'; VersionTLS12 and VersionTLS13 are known", min_version);
	return NULL;
}

/* The name of the least version; suites of TLS 1.3 alone leave no other. */
static bool suites_set(struct http_server *server, const struct http_server_options *options,
		       const char **ret_min_version, struct err *err)
{
	*ret_min_version = options->min_tls_version;
	if (!options->cipher_suites || !*options->cipher_suites)
		return true;
	if (!cipher_suites_read(options->cipher_suites, &server->suites, err))
		return false;
	if (!server->suites)
		*ret_min_version = "VersionTLS13";
	return true;
}

static unsigned seconds_of(int64_t milliseconds)
{
	int64_t seconds = (milliseconds + 999) / 1000;

	return seconds > 0 && seconds < UINT32_MAX ? (unsigned)seconds : 0;
}

static bool daemon_start(struct http_server *server, const struct http_server_options *options, struct err *err)
{
	const unsigned flags = MHD_USE_EPOLL | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	const char *min_version, *priorities;

	if (!suites_set(server, options, &min_version, err) || !(priorities = priorities_of(min_version, err)))
		return false;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, http_on_request, server, MHD_OPTION_EXTERNAL_LOGGER, complaint_received, server,
		MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, server,
		MHD_OPTION_URI_LOG_CALLBACK, http_on_request_line, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded,
		NULL, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, server, MHD_OPTION_HTTPS_PRIORITIES, priorities,
		MHD_OPTION_HTTPS_CERT_CALLBACK2, pair_lend, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_POOL_BYTES,
		MHD_OPTION_CONNECTION_LIMIT, options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
		seconds_of(options->idle_timeout_ms), MHD_OPTION_END);
	if (!server->daemon)
		return err_set(err, ERR_IO, "cannot start the HTTPS server: %s",
			       server->complaint[0] ? server->complaint : "no memory or no file descriptors");
	return true;
}

static bool server_start(struct http_server *server, const struct http_server_options *options, struct err *err)
{
	int code = gnutls_session_ticket_key_generate(&server->ticket_key);

	if (code < 0)
		return err_set(err, ERR_IO, "cannot make a key for TLS sessions: %s", gnutls_strerror(code));
	server->listen_fd = http_listen(options->bind_address, options->port, &server->port, err);
	if (server->listen_fd < 0 || !daemon_start(server, options, err))
		return false;
	server->epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	if (!loop_watch(server->loop, server->epoll_fd, EPOLLIN, daemon_is_ready, server, err)) {
		server->epoll_fd = -1;
		return false;
	}
	return true;
}

struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options,
				    struct certificate *certificate, http_handler *handler, void *context,
				    struct err *err)
{
	CLEANUP(http_server_free_at) struct http_server *server = xnew(struct http_server);

	server->loop = loop;
	server->certificate = certificate;
	server->handler = handler;
	server->context = context;
	server->idle_timeout_ms = options->idle_timeout_ms;
	server->request_timeout_ms = options->request_timeout_ms;
	server->max_connections = options->max_connections;
	server->ask_certificate = options->ask_certificate;
	server->run_timer = (struct loop_timer){.handler = run_timer_due, .context = server};
	server->listen_fd = -1;
	server->epoll_fd = -1;
	if (!server_start(server, options, err))
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
	return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

unsigned http_server_max_connections(const struct http_server *server)
{
	return server->max_connections;
}

void http_server_stop_accepting(struct http_server *server)
{
	if (server->stopping)
		return;
	server->stopping = true;
	MHD_quiesce_daemon(server->daemon);
	close(server->listen_fd); /* ours again, since it is quiesced */
	server->listen_fd = -1;
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
	if (server->epoll_fd >= 0)
		loop_unwatch(server->loop, server->epoll_fd);
	waiting_end(server);
	if (server->daemon) {
		server->listen_fd = -1; /* closed with the daemon */
		MHD_stop_daemon(server->daemon);
	}
	http_lingers_end(server);			     /* closing the connections has begun some */
	loop_timer_cancel(server->loop, &server->run_timer); /* closing the connections has set it */
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	gnutls_free(server->ticket_key.data);
	cipher_suites_free(server->suites);
	free(server);
}
