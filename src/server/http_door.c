/* SPDX-License-Identifier: Apache-2.0 */
#include "http_door.h"

#include "base/buf.h"
#include "base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	ACCEPTS_A_TURN = 16,
	HANDSHAKES_A_TURN = 2, /* each takes half a millisecond and more */
	RECORD_HEADER = 5,     /* of TLS: type, version, length */
	RECORD_MAX = 16 * 1024,
	TYPE_HANDSHAKE = 0x16,
	NO_DESCRIPTORS_MS = 50,
	TELL_MS = 60 * 1000,
};

/* ---- visitors outside */

void http_visitor_free(struct http_visitor *visitor)
{
	struct http_door *door = visitor->door;

	if (visitor->watched)
		loop_unwatch(door->loop, visitor->fd);
	loop_timer_cancel(door->loop, &visitor->timer);
	http_guests_leave(&door->guests, &visitor->guest);
	free(visitor);
}

static void turn_away(struct http_visitor *visitor)
{
	int fd = visitor->fd;

	http_visitor_free(visitor);
	close(fd);
}

static bool leave_outside(struct http_guest *guest)
{
	turn_away(LIST_OF(guest, struct http_visitor, guest));
	return true;
}

static void silent_too_long(void *context)
{
	struct http_visitor *visitor = context;
	struct http_door *door = visitor->door;

	turn_away(visitor);
	http_door_closed(door, TRAFFIC_CLOSED_HANDSHAKE);
}

/* ---- letting in */

static void enter(struct http_door *door, struct http_visitor *visitor)
{
	list_leave(&visitor->guest.in_greeting);
	loop_timer_cancel(door->loop, &visitor->timer);
	door->enter(door->context, visitor);
}

/* The newest of the peer whose turn it is; the peer goes behind the others. */
static struct http_visitor *next_to_greet(struct http_door *door)
{
	struct list *first = list_take_first(&door->in_turn);
	struct http_peer *peer = first ? LIST_OF(first, struct http_peer, in_turn) : NULL;
	struct list *newest;

	if (!peer || list_is_empty(&peer->greeting))
		return NULL;
	newest = peer->greeting.previous;
	list_leave(newest);
	if (!list_is_empty(&peer->greeting))
		list_put_last(&door->in_turn, &peer->in_turn);
	return LIST_OF(newest, struct http_visitor, guest.in_greeting);
}

static void greet(void *context)
{
	struct http_door *door = context;

	for (size_t i = 0; i < HANDSHAKES_A_TURN; i++) {
		struct http_visitor *visitor = next_to_greet(door);

		if (visitor)
			enter(door, visitor);
	}
	if (!list_is_empty(&door->in_turn))
		loop_timer_set(door->loop, &door->greet, 0);
}

static void may_be_greeted(struct http_visitor *visitor)
{
	struct http_door *door = visitor->door;
	struct http_peer *peer = visitor->guest.peer;

	loop_unwatch(door->loop, visitor->fd);
	visitor->watched = false;
	list_put_last(&peer->greeting, &visitor->guest.in_greeting);
	if (!list_is_in(&peer->in_turn))
		list_put_last(&door->in_turn, &peer->in_turn);
	if (!door->greet.heap_index)
		loop_timer_set(door->loop, &door->greet, 0);
}

static void low_water_set(int fd, int bytes)
{
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

/* Until the first record is whole. What is no handshake is for GnuTLS to refuse. */
static void bytes_came(void *context, int fd, uint32_t events)
{
	struct http_visitor *visitor = context;
	unsigned char header[RECORD_HEADER];
	ssize_t got = recv(fd, header, sizeof(header), MSG_PEEK | MSG_DONTWAIT);
	int wanted = RECORD_HEADER, there = 0;

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || (events & (EPOLLERR | EPOLLHUP))) {
		turn_away(visitor);
		return;
	}
	if (got == RECORD_HEADER)
		wanted += header[3] << 8 | header[4];
	if (got > 0 && (header[0] != TYPE_HANDSHAKE || wanted > RECORD_MAX))
		wanted = 1;
	if (got < 0 || ioctl(fd, FIONREAD, &there) != 0 || (there < wanted && !(events & EPOLLRDHUP))) {
		low_water_set(fd, wanted);
		return;
	}
	low_water_set(fd, 1);
	may_be_greeted(visitor);
}

/* ---- coming */

static void come(struct http_door *door, int fd, const struct sockaddr_storage *address, socklen_t address_bytes)
{
	struct http_visitor *visitor = xnew(struct http_visitor);
	struct err err = {0};

	*visitor = (struct http_visitor){.guest.leave = leave_outside,
					 .door = door,
					 .fd = fd,
					 .came_ms = loop_now_ms(door->loop),
					 .timer = {.handler = silent_too_long, .context = visitor},
					 .address = *address,
					 .address_bytes = address_bytes};
	if (!http_guests_enter(&door->guests, &visitor->guest, address) ||
	    !loop_watch(door->loop, fd, EPOLLIN | EPOLLRDHUP, bytes_came, visitor, &err)) {
		turn_away(visitor);
		return;
	}
	visitor->watched = true;
	loop_timer_set(door->loop, &visitor->timer, door->handshake_timeout_ms);
}

static void visitors_came(void *context, int listen_fd, uint32_t events);

static void listen_again(void *context)
{
	struct http_door *door = context;

	if (door->listen_fd >= 0)
		loop_rewatch(door->loop, door->listen_fd, EPOLLIN);
}

/* False: nobody else waits. */
static bool accept_one(struct http_door *door)
{
	struct sockaddr_storage address = {0};
	socklen_t bytes = sizeof(address);
	int fd = accept4(door->listen_fd, (struct sockaddr *)&address, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		come(door, fd, &address, bytes);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		/* it would be told again and again; and meanwhile somebody goes */
		http_guests_put_out(&door->guests, NULL);
		loop_rewatch(door->loop, door->listen_fd, 0);
		loop_timer_set(door->loop, &door->again, NO_DESCRIPTORS_MS);
		return false;
	}
	return errno != EAGAIN && errno != EWOULDBLOCK;
}

static void closings_follow(struct http_door *door)
{
	if (!door->tell.heap_index && memcmp(door->told, door->guests.closed, sizeof(door->told)) != 0)
		loop_timer_set(door->loop, &door->tell, TELL_MS);
}

static void visitors_came(void *context, int listen_fd, uint32_t events)
{
	struct http_door *door = context;

	(void)listen_fd;
	(void)events;
	for (size_t i = 0; i < ACCEPTS_A_TURN && accept_one(door); i++)
		;
	closings_follow(door);
}

/* ---- the log */

void http_door_closed(struct http_door *door, enum traffic_closing why)
{
	door->guests.closed[why]++;
	closings_follow(door);
}

static void tell(void *context)
{
	struct http_door *door = context;
	CLEANUP(buf_clear) struct buf text = {0};
	char name[HTTP_PEER_NAME_BYTES];
	unsigned most = http_guests_most(&door->guests, name);
	uint64_t sum = 0;

	for (size_t i = 0; i < TRAFFIC_CLOSINGS; i++) {
		uint64_t count = door->guests.closed[i] - door->told[i];

		if (count)
			buf_printf(&text, "%s%llu %s", sum ? ", " : "", (unsigned long long)count,
				   traffic_closing_text((enum traffic_closing)i));
		sum += count;
		door->told[i] = door->guests.closed[i];
	}
	log_warn("http: closed %llu connections in the last minute: %s; open are %u of %u, %u of them without an "
		 "identity, "
		 "most from %s (%u)",
		 (unsigned long long)sum, buf_cstr(&text), http_guests_count(&door->guests), door->guests.limit,
		 door->guests.count[HTTP_CALLER_NOBODY], most ? name : "nowhere", most);
}

/* ---- the whole */

bool http_door_open(struct http_door *door, unsigned limit, uint64_t *closed, struct err *err)
{
	http_guests_init(&door->guests, limit, closed);
	list_init(&door->in_turn);
	door->greet = (struct loop_timer){.handler = greet, .context = door};
	door->again = (struct loop_timer){.handler = listen_again, .context = door};
	door->tell = (struct loop_timer){.handler = tell, .context = door};
	return loop_watch(door->loop, door->listen_fd, EPOLLIN, visitors_came, door, err);
}

void http_door_close(struct http_door *door)
{
	if (door->listen_fd < 0)
		return;
	if (door->guests.limit)
		loop_unwatch(door->loop, door->listen_fd);
	close(door->listen_fd);
	door->listen_fd = -1;
}

void http_door_clear(struct http_door *door)
{
	http_door_close(door);
	if (!door->guests.limit)
		return;
	for (struct list *at;
	     (at = door->guests.ranks[HTTP_CALLER_NOBODY].next) != &door->guests.ranks[HTTP_CALLER_NOBODY];)
		turn_away(LIST_OF(LIST_OF(at, struct http_guest, in_rank), struct http_visitor, guest));
	loop_timer_cancel(door->loop, &door->greet);
	loop_timer_cancel(door->loop, &door->again);
	loop_timer_cancel(door->loop, &door->tell);
	http_guests_clear(&door->guests);
}
