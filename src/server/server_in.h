/* SPDX-License-Identifier: Apache-2.0 */
/* server_in.h - what the parts of the room share. */
#ifndef GAUGELET_SERVER_SERVER_IN_H
#define GAUGELET_SERVER_SERVER_IN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "net/loop.h"
#include "server/certificate.h"
#include "server/http.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>

/* ---- certificates */

/* serving_pair.c: a chain and its key, const, shared by count. */
struct serving_pair;
struct serving_pair *serving_pair_load(const char *cert_file, const char *key_file, struct err *err) MUST_USE;
struct serving_pair *serving_pair_parse(const struct buf *chain, const struct buf *key, const char *cert_file,
					const char *key_file, struct err *err) MUST_USE;
struct serving_pair *serving_pair_ref(struct serving_pair *pair);
void serving_pair_unref(struct serving_pair *pair);
struct certificate_pair serving_pair_lend(const struct serving_pair *pair);
int64_t serving_pair_end_s(const struct serving_pair *pair); /* the leaf's, since 1970 */
bool serving_pair_is_rsa(const struct serving_pair *pair);
bool serving_pair_eq(const struct serving_pair *a, const struct serving_pair *b);

/* Is `asked` one of the certificate's own names? `wildcard`: looks at names like *.domain, which stand for one label more,
   instead of whole ones. */
bool serving_pair_has(const struct serving_pair *pair, struct str asked, bool wildcard);
bool serving_name_is(struct str name, struct str asked, bool wildcard);

/* Overwrites what it frees. */
void secret_clear(struct buf *secret);

/* certificate.c: takes the pair; NULL when it is NULL. The files are NULL when there are none. */
struct certificate *certificate_of(struct serving_pair *pair, const char *cert_file, const char *key_file) MUST_USE;

/* The pair for a client that asks for this name, or (empty) for none. The caller unrefs it. */
struct serving_pair *certificate_choose(const struct certificate *certificate, struct str asked) MUST_USE;

/* The same for the name that this client asks for. */
struct serving_pair *certificate_for(const struct certificate *certificate, gnutls_session_t session) MUST_USE;

/* cipher_suites.c: which suites may be used with TLS 1.2 (IANA names, NULL-ended); NULL when none of them is one of TLS
   1.2, so that it is not to be spoken at all. */
struct cipher_suites;
MUST_USE bool cipher_suites_read(const char *const *names, struct cipher_suites **ret_suites, struct err *err);
void cipher_suites_free(struct cipher_suites *suites);
DEFINE_FREE_AT(cipher_suites)

/* Those that a ClientHello offers, a bit for each, to be handed to cipher_suites_choose. `rsa`: the certificate's key is
   one. NULL: none fits. */
uint32_t cipher_suites_offered(const struct cipher_suites *suites, struct str hello);
gnutls_priority_t cipher_suites_choose(const struct cipher_suites *suites, uint32_t offered, bool rsa) MUST_USE;

/* PEM texts of a new pair: a leaf and the CA that signed it, and the leaf's key. */
MUST_USE bool certificate_pem_make(const char *bind_address, struct buf *out_chain, struct buf *out_key,
				   struct err *err);

/* ---- the HTTPS server */

enum {
	HTTP_POOL_BYTES = 32 * 1024, /* libmicrohttpd's memory for one connection; a head must fit into it */
	HTTP_BODY_MAX = 1024 * 1024, /* nobody who asks for metrics has reason to send more */
	HTTP_ARENA_MAX = 16 * 1024 * 1024,
	HTTP_TARGET_KEPT = 4 * 1024, /* what an idle connection may keep of its last target's memory */
};

enum exchange_state {
	EXCHANGE_NONE,	   /* the connection is between requests */
	EXCHANGE_HEAD,	   /* the request line is there */
	EXCHANGE_BODY,	   /* the head is there and good */
	EXCHANGE_HANDED,   /* the handler runs */
	EXCHANGE_WAITING,  /* the handler returned without an answer; the connection is suspended */
	EXCHANGE_ANSWERED, /* the answer is made, libmicrohttpd has not got it yet */
	EXCHANGE_SENDING,
};

struct http_exchange {
	enum exchange_state state;
	struct http_connection *connection;
	const char *method;
	enum traffic_route route;
	int64_t began_us;
	struct buf target;
	uint64_t body_bytes;
	struct arena *arena; /* made when asked for */
	struct MHD_Response *response;
	unsigned status;
	void (*on_gone)(void *context);
	void *gone_context;
};

/* One of a client's connections, and the one exchange that it can have at a time. */
struct http_connection {
	struct http_server *server;
	struct MHD_Connection *mhd;
	gnutls_session_t session;
	struct serving_pair *pair; /* that it was greeted with */
	uint32_t offered_suites;
	int fd;
	struct http_connection *next, *previous;
	struct http_exchange exchange;
	struct http_memory memory;

	/* the watch over slow clients */
	struct loop_timer timer;
	int64_t since_ms;  /* when what the client does now began: connecting, a request, taking the answer */
	uint64_t requests; /* begun so far */
	bool greeted;	   /* the TLS handshake is over */
	bool looked;	   /* the next two hold what was seen at the timer's last visit */
	uint64_t seen_requests, seen_bytes;
	bool trickles; /* bytes have come since then, but no request line */
};

struct http_server {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct certificate *certificate;
	gnutls_datum_t ticket_key;
	struct cipher_suites *suites; /* for clients that speak TLS 1.2; NULL: our own choice */
	http_handler *handler;
	void *context;
	int64_t idle_timeout_ms, request_timeout_ms;
	unsigned max_connections;
	int listen_fd, epoll_fd;
	uint16_t port;
	bool stopping;
	bool ask_certificate;
	struct loop_timer run_timer; /* when libmicrohttpd wants to run at the latest */
	unsigned active;
	unsigned handshakes; /* connections whose handshake is not over */
	struct http_connection *connections;
	struct http_linger *lingers; /* closed connections whose clients may still send */
	unsigned lingers_count;
	unsigned char random[256]; /* of the system; from random_used on unused */
	size_t random_used;
	struct traffic traffic;
	char complaint[200]; /* libmicrohttpd's last log line */
};

/* http.c: what was just done, libmicrohttpd sees when it runs the next time: still in this turn of the loop, or the next. */
void http_server_run_soon(struct http_server *server);

/* http_listen.c: -1 on failure. */
int http_listen(const char *address, uint16_t port, uint16_t *ret_port, struct err *err) MUST_USE;

/* http_connection.c: libmicrohttpd's callbacks of a connection's life, `context` is the server. */
void http_on_connection(void *context, struct MHD_Connection *mhd, void **connection_context,
			enum MHD_ConnectionNotificationCode code);

/* http_linger.c: lets the client of a connection that is about to be closed finish. `fd` stays the caller's. */
void http_linger(struct http_server *server, int fd);
void http_lingers_end(struct http_server *server);

/* http_exchange.c: libmicrohttpd's callbacks of a request's life. */
void *http_on_request_line(void *context, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
				const char *version, const char *body, size_t *body_bytes, void **exchange_at);
void http_on_completed(void *context, struct MHD_Connection *mhd, void **exchange_at,
		       enum MHD_RequestTerminationCode code);
void http_exchange_end(struct http_exchange *exchange); /* tells who waits for it in vain; ready for the next one */

/* http_reply.c */
struct MHD_Response *http_reply_make(struct http_exchange *exchange, const struct http_reply *asked) MUST_USE;

/* http_guard.c: what libmicrohttpd lets pass and must not reach anybody. False: answer with *ret_status and *ret_reason,
   and close. */
MUST_USE bool http_guard(struct MHD_Connection *mhd, struct str target, const char *version, unsigned *ret_status,
			 const char **ret_reason);

#endif
