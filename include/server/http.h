/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - HTTP/1.1 over TLS by libmicrohttpd, driven by our loop. Knows bytes and connections, nothing of metrics. */
#ifndef GAUGELET_SERVER_HTTP_H
#define GAUGELET_SERVER_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "server/traffic.h"

struct loop;
struct certificate;
struct http_server;
struct http_exchange; /* one request and its answer */

struct http_server_options {
	const char *bind_address;     /* an IP literal; "0.0.0.0" and "::" mean all, dual stack */
	uint16_t port;		      /* 0: any; http_server_port tells */
	unsigned max_connections;     /* when there are more, some are closed */
	int64_t handshake_timeout_ms; /* from its beginning */
	int64_t idle_timeout_ms;      /* of a connection between requests */
	int64_t request_timeout_ms; /* from the first byte of a connection or request to the end of its head and body */
	int64_t unread_timeout_ms;  /* of a client that takes nothing of its answer */
	uint64_t
		response_bytes_max; /* of bodies that are being sent, all together; one alone may be larger; 0: no limit */
	const char *overload_body;	  /* of the 503 for what is more than that, JSON; lent */
	const char *min_tls_version;	  /* "VersionTLS12" (default) or "VersionTLS13" */
	bool ask_certificate;		  /* ask clients for a certificate, without insisting */
	const char *const *cipher_suites; /* of TLS 1.2, IANA names, NULL-ended; NULL or none: our own choice */
};

/* Called once per request, when its head and body are there. The exchange must be answered by http_respond, now or later
   (the connection is suspended meanwhile). */
typedef void http_handler(void *context, struct http_exchange *exchange);

struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options,
				    struct certificate *certificate, http_handler *handler, void *context,
				    struct err *err) MUST_USE;
uint16_t http_server_port(const struct http_server *server);

/* Accepts no more connections; those open are answered with `Connection: close`. */
void http_server_stop_accepting(struct http_server *server);
unsigned http_server_active(const struct http_server *server); /* exchanges not answered yet */

/* What it has counted; lent, as long as the server lives. */
const struct traffic *http_server_traffic(const struct http_server *server);
unsigned http_server_connections(const struct http_server *server);	/* open now */
unsigned http_server_max_connections(const struct http_server *server); /* as the options have it */

/* Who the client has shown to be: at the limit of connections one who has shown less goes first. It only rises. */
enum http_caller {
	HTTP_CALLER_NOBODY,
	HTTP_CALLER_KNOWN, /* by a certificate or a token of its own */
	HTTP_CALLER_PROXY, /* the front proxy, by its certificate */
};
unsigned http_server_callers(const struct http_server *server, enum http_caller caller); /* connections of such */

uint64_t http_server_response_bytes(const struct http_server *server); /* of bodies that are being sent */

/* Closes everything. Exchanges not answered yet get no answer; their on_gone is called. */
void http_server_free(struct http_server *server);
DEFINE_FREE_AT(http_server)

/* ---- the request; texts are lent until the exchange ends. */
struct str http_method(const struct http_exchange *exchange);
struct str http_target(const struct http_exchange *exchange); /* raw, as received, query included; begins with '/' */

/* The first header of that name (case ignored); ptr NULL when absent. */
struct str http_header(const struct http_exchange *exchange, const char *name);

/* Every header, in order, with its name as it was sent; false stops. For X-Remote-Group and the like. */
typedef bool http_header_visitor(void *context, struct str name, struct str value);
void http_each_header(const struct http_exchange *exchange, http_header_visitor *visitor, void *context);

/* The client's certificate chain in DER, the leaf first; 0 when it sent none. Not verified. Lent until the exchange ends. */
size_t http_client_chain(const struct http_exchange *exchange, struct str *ret_certificates, size_t most);

/* A place for the caller to remember something for the life of the connection (a verdict on its certificate); NULL at first. */
struct http_memory {
	void *pointer;
	void (*free)(void *pointer); /* called when the connection ends */
};
struct http_memory *http_connection_memory(struct http_exchange *exchange);

/* What the client has shown. */
void http_set_caller(struct http_exchange *exchange, enum http_caller caller);

/* Where to count it; TRAFFIC_OTHER when nobody says. Before the answer. */
void http_set_route(struct http_exchange *exchange, enum traffic_route route);

/* Lives as long as the exchange; 16 MiB at most. */
struct arena *http_arena(struct http_exchange *exchange);

/* Who asks to be told when the exchange ends before it was answered (the client's connection broke, or the server stops).
   NULL takes it back. */
void http_on_gone(struct http_exchange *exchange, void (*on_gone)(void *context), void *context);

/* ---- the answer */
/* A body that many answers share. */
struct http_body;
struct http_body *http_body_new(struct buf *bytes) MUST_USE; /* taken */
void http_body_unref(struct http_body *body); /* NULL is fine */

struct http_reply {
	unsigned status;
	const char *content_type;   /* NULL: none */
	const char *const *headers; /* name, value, name, value, ..., NULL; more of them; NULL for none */
	struct buf *body;	    /* taken (its memory moves); NULL: none */
	struct http_body *shared;   /* instead; lent */
};

/* Answers and ends the exchange. HEAD: the head alone, with the body's length. Adds Date, Audit-Id (the request's, or a new
   UUID), Cache-Control: no-cache, private (unless in headers), Content-Length. */
void http_respond(struct http_exchange *exchange, const struct http_reply *reply);

#endif
