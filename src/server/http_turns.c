/* SPDX-License-Identifier: Apache-2.0 */
#include "http_turns.h"

#include "http_tls.h"

#include <sys/epoll.h>

enum { HANDSHAKE_PAUSE_MS = 1 };

void http_turns_soon(struct http_turns *turns)
{
	if (turns->daemon)
		loop_timer_set(turns->loop, &turns->timer, 0);
}

/* A timer that comes too early does no harm, so it is moved only to come earlier: not with every request.
   libmicrohttpd 0.9.75 holds a connection for readable until its handshake is over, and would run without a pause as long
   as a client that has sent a single byte likes it. What really comes wakes us by the descriptor, so a pause costs
   nothing but a little time between the pieces of a large answer. */
static void timer_follow(struct http_turns *turns)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	if (MHD_get_timeout(turns->daemon, &wait_ms) != MHD_YES)
		return;
	if (wait_ms == 0 && turns->tls->handshakes)
		wait_ms = HANDSHAKE_PAUSE_MS;
	if (!turns->timer.heap_index || turns->timer.due_ms > loop_now_ms(turns->loop) + (int64_t)wait_ms)
		loop_timer_set(turns->loop, &turns->timer, (int64_t)wait_ms);
}

static void timer_due(void *context)
{
	struct http_turns *turns = context;

	MHD_run(turns->daemon);
	timer_follow(turns);
}

static void daemon_is_ready(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	timer_due(context);
}

bool http_turns_begin(struct http_turns *turns, struct loop *loop, struct MHD_Daemon *daemon,
		      const struct http_tls *tls, struct err *err)
{
	int epoll_fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

	if (!loop_watch(loop, epoll_fd, EPOLLIN, daemon_is_ready, turns, err))
		return false;
	*turns = (struct http_turns){.loop = loop,
				     .daemon = daemon,
				     .tls = tls,
				     .timer = {.handler = timer_due, .context = turns},
				     .epoll_fd = epoll_fd};
	return true;
}

void http_turns_end(struct http_turns *turns)
{
	if (!turns->daemon)
		return;
	loop_unwatch(turns->loop, turns->epoll_fd);
	loop_timer_cancel(turns->loop, &turns->timer);
	turns->daemon = NULL;
}
