/* SPDX-License-Identifier: Apache-2.0 */
/* http_guests.h - the connections there are, and which of them has to go when there are too many: a client that nobody
   knows must not keep out those that are known, nor the kubelet's probes. Knows no sockets.

   Those without an identity go first, the oldest of them: a probe is over in milliseconds, so it is never among the oldest,
   and the last few of them are never touched. Then those with an identity of their own go, the longest idle first; and
   those of the front proxy only when nothing else is left. One address may not have more than its part of the connections
   without an identity; and where it has many of them already, the oldest of its own makes room for the next. */
#ifndef GAUGELET_SERVER_HTTP_GUESTS_H
#define GAUGELET_SERVER_HTTP_GUESTS_H

#include "base/list.h"
#include "base/map.h"
#include "server/http.h"

#include <sys/socket.h>

enum {
	HTTP_CALLERS = HTTP_CALLER_PROXY + 1,
	HTTP_PEER_NAME_BYTES = 46,
};

/* Where connections come from: an address, or the network of 64 bits that a host with IPv6 has. */
struct http_peer {
	unsigned char key[8];
	size_t key_bytes;
	unsigned guests;      /* all from there */
	unsigned strangers;   /* those without an identity */
	struct list by_age;   /* of the strangers, the oldest first */
	struct list greeting; /* those whose handshake may begin, the oldest first */
	struct list in_turn;  /* among the peers that have such ones */
};

struct http_guest {
	enum http_caller caller;
	struct http_peer *peer; /* NULL: it is not among the guests, or no longer */
	struct list in_rank;	/* of those with the same caller: strangers by age, others the longest idle first */
	struct list in_peer;
	struct list in_greeting;

	/* Closes the connection; false: not now, as a request is being answered. */
	bool (*leave)(struct http_guest *guest);
};

struct http_guests {
	unsigned limit;
	unsigned count[HTTP_CALLERS];
	struct list ranks[HTTP_CALLERS];
	struct map peers;
	uint64_t *closed; /* by enum traffic_closing; lent */
};

/* limit: of all of them. */
void http_guests_init(struct http_guests *guests, unsigned limit, uint64_t *closed);
void http_guests_clear(struct http_guests *guests); /* all have left */

/* A new one, of whom nothing is known; its `leave` is set. False: there is no room, and nobody who could go. */
MUST_USE bool http_guests_enter(struct http_guests *guests, struct http_guest *guest,
				const struct sockaddr_storage *address);
void http_guests_leave(struct http_guests *guests, struct http_guest *guest); /* fine when it has left */

/* It has shown to be that caller, if it had not shown more. */
void http_guest_is(struct http_guests *guests, struct http_guest *guest, enum http_caller caller);
void http_guest_is_active(struct http_guests *guests, struct http_guest *guest); /* a request has begun */

/* Makes room for one; false when nobody can go. */
bool http_guests_put_out(struct http_guests *guests, const struct http_guest *but);
unsigned http_guests_count(const struct http_guests *guests);

/* How many strangers the peer with the most of them has, and its name. */
unsigned http_guests_most(const struct http_guests *guests, char name[HTTP_PEER_NAME_BYTES]);

#endif
