/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h - the server, its connections, and the one exchange that each has at a time. */
#ifndef GAUGELET_SERVER_HTTP_SERVER_H
#define GAUGELET_SERVER_HTTP_SERVER_H

#include "base/buf.h"
#include "net/loop.h"
#include "server/http.h"

#include "http_door.h"
#include "http_linger.h"
#include "http_tls.h"
#include "http_turns.h"

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
	struct arena *arena; /* made when asked for */
	struct MHD_Response *response;
	uint64_t held_bytes; /* of the server's response_bytes */
	unsigned status;
	void (*on_gone)(void *context);
	void *gone_context;
};

/* One of a client's connections, and the one exchange that it can have at a time. */
struct http_connection {
	struct http_server *server;
	struct MHD_Connection *mhd;
	struct http_session session;
	struct http_visitor *visitor; /* who is gone with it */
	int fd;
	struct http_connection *next, *previous;
	struct http_exchange exchange;
	struct http_memory memory;

	/* the watch over slow clients */
	struct loop_timer timer;
	int64_t since_ms;  /* when what the client does now began: connecting, a request, taking the answer */
	uint64_t requests; /* begun so far */
	bool looked;	   /* the next two hold what was seen at the timer's last visit */
	uint64_t seen_requests, seen_bytes;
	bool trickles;	  /* bytes have come since then, but no request line */
	uint64_t acked;	  /* bytes of ours that the client's kernel had, */
	int64_t acked_ms; /* and since when it has no more */
};

struct http_server {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct http_tls tls;
	struct http_turns turns;
	http_handler *handler;
	void *context;
	int64_t handshake_timeout_ms, idle_timeout_ms, request_timeout_ms, unread_timeout_ms;
	struct http_door door;
	struct http_visitor *entering; /* while libmicrohttpd is told of it */
	uint16_t port;
	bool stopping;
	unsigned active;
	uint64_t response_bytes, response_bytes_max;
	const char *overload_body;
	struct http_connection *connections;
	struct http_lingers lingers;
	unsigned char random[256]; /* of the system; from random_used on unused */
	size_t random_used;
	struct traffic traffic;
	char complaint[200]; /* libmicrohttpd's last log line */
};

#endif
