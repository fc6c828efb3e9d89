/* SPDX-License-Identifier: Apache-2.0 */
/* http_linger.h - lets the client of a connection that is about to be closed finish. */
#ifndef GAUGELET_SERVER_HTTP_LINGER_H
#define GAUGELET_SERVER_HTTP_LINGER_H

#include "net/loop.h"

/* Closed connections whose clients may still send. */
struct http_lingers {
	struct loop *loop;
	struct http_linger *first;
	unsigned count;
};

void http_linger(struct http_lingers *lingers, int fd); /* `fd` stays the caller's */
void http_linger_end_all(struct http_lingers *lingers);

#endif
