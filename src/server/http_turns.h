/* SPDX-License-Identifier: Apache-2.0 */
/* http_turns.h - libmicrohttpd runs within the turns of our loop. */
#ifndef GAUGELET_SERVER_HTTP_TURNS_H
#define GAUGELET_SERVER_HTTP_TURNS_H

#include "base/err.h"
#include "net/loop.h"

#include <microhttpd.h>

struct http_tls;

/* Embedded, zeroed. */
struct http_turns {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	const struct http_tls *tls;
	struct loop_timer timer; /* when libmicrohttpd wants to run at the latest */
	int epoll_fd;
};
MUST_USE bool http_turns_begin(struct http_turns *turns, struct loop *loop, struct MHD_Daemon *daemon,
			       const struct http_tls *tls, struct err *err);
void http_turns_end(struct http_turns *turns);

/* What was just done, libmicrohttpd sees when it runs the next time: still in this turn of the loop, or the next. */
void http_turns_soon(struct http_turns *turns);

#endif
