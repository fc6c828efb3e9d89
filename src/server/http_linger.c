/* SPDX-License-Identifier: Apache-2.0 */
/* A socket that is closed with unread bytes in it resets the connection, and what a client has not read yet is lost with
   it: one whose request is refused in the middle never learns why (RFC 9112, section 9.6). libmicrohttpd closes that way.
   So a second descriptor keeps the connection open for a little while; what comes is read and thrown away, until the
   client closes too. */
#include "http_linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LINGER_MS = 1000,
	LINGER_BYTES = 1024 * 1024,
	LINGERS_MAX = 64, /* more are not worth the descriptors; these clients may see a reset */
	PIECE_BYTES = 16 * 1024,
	PIECES_A_TURN = 4,
};

struct http_linger {
	struct http_lingers *lingers;
	struct http_linger *next, *previous;
	struct loop_timer timer;
	int fd;
	size_t bytes;
};

/* Adds up what it throws away. False: more may come. */
static bool reaches_end(int fd, size_t *bytes)
{
	char piece[PIECE_BYTES];

	for (size_t i = 0; i < PIECES_A_TURN; i++) {
		ssize_t got = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
		*bytes += (size_t)got;
	}
	return false;
}

static void linger_end(struct http_linger *linger)
{
	struct http_lingers *lingers = linger->lingers;

	loop_timer_cancel(lingers->loop, &linger->timer);
	loop_unwatch(lingers->loop, linger->fd);
	close(linger->fd);
	if (linger->next)
		linger->next->previous = linger->previous;
	*(linger->previous ? &linger->previous->next : &lingers->first) = linger->next;
	lingers->count--;
	free(linger);
}

static void time_is_over(void *context)
{
	linger_end(context);
}

static void bytes_came(void *context, int fd, uint32_t events)
{
	struct http_linger *linger = context;

	(void)events;
	if (reaches_end(fd, &linger->bytes) || linger->bytes > LINGER_BYTES)
		linger_end(linger);
}

static void linger_begin(struct http_lingers *lingers, int fd)
{
	struct http_linger *linger = xnew(struct http_linger);
	struct err err = {0};

	linger->lingers = lingers;
	linger->fd = fd;
	linger->timer.handler = time_is_over;
	linger->timer.context = linger;
	linger->next = lingers->first;
	if (lingers->first)
		lingers->first->previous = linger;
	lingers->first = linger;
	lingers->count++;
	loop_timer_set(lingers->loop, &linger->timer, LINGER_MS);
	if (!loop_watch(lingers->loop, fd, EPOLLIN, bytes_came, linger, &err))
		linger_end(linger);
}

/* Most clients have closed when we do; then one look is all. */
void http_linger(struct http_lingers *lingers, int fd)
{
	size_t bytes = 0;
	int second;

	if (reaches_end(fd, &bytes) || lingers->count >= LINGERS_MAX)
		return;
	second = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (second < 0)
		return;
	shutdown(fd, SHUT_WR); /* else the client waits for more, and we for its end */
	linger_begin(lingers, second);
}

void http_linger_end_all(struct http_lingers *lingers)
{
	while (lingers->first)
		linger_end(lingers->first);
}
