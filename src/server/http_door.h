/* SPDX-License-Identifier: Apache-2.0 */
/* http_door.h - accepts connections, and keeps each outside until its client has sent a whole ClientHello: until then it
   costs a descriptor and no more. Handshakes begin a few in a turn of the loop, from each address in turn, the newest first:
   under a flood a handshake that is old has a client that is gone. */
#ifndef GAUGELET_SERVER_HTTP_DOOR_H
#define GAUGELET_SERVER_HTTP_DOOR_H

#include "http_guests.h"
#include "net/loop.h"

struct http_connection;
struct http_door;

/* One who has come; one address for life. */
struct http_visitor {
	struct http_guest guest;
	struct http_door *door;
	struct http_connection *connection; /* once it is let in; not looked into here */
	int fd;
	int64_t came_ms;
	struct loop_timer timer; /* until it is let in */
	bool watched;
	struct sockaddr_storage address;
	socklen_t address_bytes;
};

/* Takes the visitor and its descriptor. */
typedef void http_door_enter(void *context, struct http_visitor *visitor);

struct http_door {
	struct loop *loop;
	int listen_fd; /* -1: closed */
	int64_t handshake_timeout_ms;
	http_door_enter *enter;
	void *context;
	struct http_guests guests;
	struct list in_turn; /* peers with visitors whose handshake may begin */
	struct loop_timer greet, again;
	struct loop_timer tell;
	uint64_t told[TRAFFIC_CLOSINGS];
};

/* `door` is zeroed, but for loop, listen_fd, handshake_timeout_ms, enter and context. */
MUST_USE bool http_door_open(struct http_door *door, unsigned limit, uint64_t *closed, struct err *err);
void http_door_close(struct http_door *door); /* nobody comes any more */
void http_door_clear(struct http_door *door);

/* When it is over. */
void http_visitor_free(struct http_visitor *visitor);

/* A connection was closed for this reason: told in the log, once a minute. */
void http_door_closed(struct http_door *door, enum traffic_closing why);

#endif
