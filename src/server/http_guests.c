/* SPDX-License-Identifier: Apache-2.0 */
#include "http_guests.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	PROBES_PART = 8, /* one in so many connections is left to those without an identity */
	PEER_PART = 2,	 /* one in so many is what one address may have without an identity */
	CROWD_PART = 16, /* whose address has more than one in so many makes room for itself among its own */
	LOOKED_AT = 32,	 /* candidates that are asked to go, when they are busy one after the other */
};

/* ---- peers */

static void key_set(struct http_peer *peer, const struct sockaddr_storage *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memcpy(&in, address, sizeof(in));
	memcpy(&in6, address, sizeof(in6));
	if (address->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		peer->key_bytes = 8;
		memcpy(peer->key, &in6.sin6_addr, 8);
		return;
	}
	peer->key_bytes = 4;
	if (address->ss_family == AF_INET6)
		memcpy(peer->key, (const unsigned char *)&in6.sin6_addr + 12, 4);
	else
		memcpy(peer->key, &in.sin_addr, 4);
}

static struct str key_of(const struct http_peer *peer)
{
	const void *bytes = peer->key;

	return (struct str){bytes, peer->key_bytes};
}

static struct http_peer *peer_of(struct http_guests *guests, const struct sockaddr_storage *address)
{
	struct http_peer *peer = xnew(struct http_peer);
	void *known;

	key_set(peer, address);
	known = map_get(&guests->peers, key_of(peer));
	if (known) {
		free(peer);
		return known;
	}
	list_init(&peer->by_age);
	list_init(&peer->greeting);
	*map_at(&guests->peers, key_of(peer)) = peer;
	return peer;
}

/* ---- comings and goings */

void http_guests_init(struct http_guests *guests, unsigned limit, uint64_t *closed)
{
	*guests = (struct http_guests){.limit = limit, .closed = closed};
	for (size_t i = 0; i < HTTP_CALLERS; i++)
		list_init(&guests->ranks[i]);
}

void http_guests_clear(struct http_guests *guests)
{
	map_clear(&guests->peers);
}

unsigned http_guests_count(const struct http_guests *guests)
{
	unsigned count = 0;

	for (size_t i = 0; i < HTTP_CALLERS; i++)
		count += guests->count[i];
	return count;
}

static void rank_leave(struct http_guests *guests, struct http_guest *guest)
{
	list_leave(&guest->in_rank);
	guests->count[guest->caller]--;
	if (guest->caller != HTTP_CALLER_NOBODY)
		return;
	list_leave(&guest->in_peer);
	guest->peer->strangers--;
}

void http_guests_leave(struct http_guests *guests, struct http_guest *guest)
{
	struct http_peer *peer = guest->peer;

	if (!peer)
		return;
	rank_leave(guests, guest);
	list_leave(&guest->in_greeting);
	guest->peer = NULL;
	if (--peer->guests > 0)
		return;
	list_leave(&peer->in_turn);
	map_take(&guests->peers, key_of(peer));
	free(peer);
}

/* ---- who has to go */

static bool put_out(struct http_guests *guests, struct http_guest *guest, enum traffic_closing why)
{
	if (!guest->leave(guest))
		return false;
	guests->closed[why]++;
	return true;
}

static bool rank_put_out(struct http_guests *guests, enum http_caller caller, const struct http_guest *but)
{
	struct list *head = &guests->ranks[caller], *next;
	unsigned looked = 0;

	for (struct list *at = head->next; at != head && looked++ < LOOKED_AT; at = next) {
		struct http_guest *guest = LIST_OF(at, struct http_guest, in_rank);

		next = at->next;
		if (guest != but && put_out(guests, guest, TRAFFIC_CLOSED_LIMIT))
			return true;
	}
	return false;
}

bool http_guests_put_out(struct http_guests *guests, const struct http_guest *but)
{
	unsigned kept = guests->limit / PROBES_PART;

	return (guests->count[HTTP_CALLER_NOBODY] > kept && rank_put_out(guests, HTTP_CALLER_NOBODY, but)) ||
	       rank_put_out(guests, HTTP_CALLER_KNOWN, but) ||
	       (guests->count[HTTP_CALLER_NOBODY] > 1 && rank_put_out(guests, HTTP_CALLER_NOBODY, but)) ||
	       rank_put_out(guests, HTTP_CALLER_PROXY, but);
}

static bool peer_put_out(struct http_guests *guests, struct http_peer *peer, const struct http_guest *but,
			 enum traffic_closing why)
{
	struct list *next;
	unsigned looked = 0;

	for (struct list *at = peer->by_age.next; at != &peer->by_age && looked++ < LOOKED_AT; at = next) {
		struct http_guest *guest = LIST_OF(at, struct http_guest, in_peer);

		next = at->next;
		if (guest != but && put_out(guests, guest, why))
			return true;
	}
	return false;
}

/* A flood from a few addresses pushes out its own: what comes from elsewhere meanwhile keeps the time to say who it is. */
static bool make_room_for(struct http_guests *guests, const struct http_guest *guest)
{
	struct http_peer *peer = guest->peer;

	return (guests->count[HTTP_CALLER_NOBODY] > guests->limit / PROBES_PART &&
		peer->strangers > guests->limit / CROWD_PART &&
		peer_put_out(guests, peer, guest, TRAFFIC_CLOSED_LIMIT)) ||
	       http_guests_put_out(guests, guest);
}

bool http_guests_enter(struct http_guests *guests, struct http_guest *guest, const struct sockaddr_storage *address)
{
	guest->caller = HTTP_CALLER_NOBODY;
	guest->peer = peer_of(guests, address);
	guest->peer->guests++;
	guest->peer->strangers++;
	list_put_last(&guest->peer->by_age, &guest->in_peer);
	list_put_last(&guests->ranks[HTTP_CALLER_NOBODY], &guest->in_rank);
	guests->count[HTTP_CALLER_NOBODY]++;
	while (guest->peer->strangers > guests->limit / PEER_PART &&
	       peer_put_out(guests, guest->peer, guest, TRAFFIC_CLOSED_ADDRESS))
		continue;
	if (http_guests_count(guests) <= guests->limit || make_room_for(guests, guest))
		return true;
	http_guests_leave(guests, guest);
	guests->closed[TRAFFIC_CLOSED_LIMIT]++;
	return false;
}

/* ---- what becomes known of them */

void http_guest_is(struct http_guests *guests, struct http_guest *guest, enum http_caller caller)
{
	if (!guest->peer || caller <= guest->caller)
		return;
	rank_leave(guests, guest);
	guest->caller = caller;
	guests->count[caller]++;
	list_put_last(&guests->ranks[caller], &guest->in_rank);
}

void http_guest_is_active(struct http_guests *guests, struct http_guest *guest)
{
	if (guest->caller == HTTP_CALLER_NOBODY || !guest->peer)
		return;
	list_leave(&guest->in_rank);
	list_put_last(&guests->ranks[guest->caller], &guest->in_rank);
}

unsigned http_guests_most(const struct http_guests *guests, char name[HTTP_PEER_NAME_BYTES])
{
	const struct http_peer *most = NULL;
	unsigned char address[16] = {0};

	for (size_t i = 0; i < guests->peers.size; i++) {
		const struct http_peer *peer = guests->peers.slots[i].key.ptr ? guests->peers.slots[i].value : NULL;

		if (peer && (!most || peer->strangers > most->strangers))
			most = peer;
	}
	name[0] = '\0';
	if (!most)
		return 0;
	memcpy(address, most->key, most->key_bytes);
	inet_ntop(most->key_bytes == 4 ? AF_INET : AF_INET6, address, name, HTTP_PEER_NAME_BYTES);
	return most->strangers;
}
