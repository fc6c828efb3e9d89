/* SPDX-License-Identifier: Apache-2.0 */
/* http_reply.h - an answer as libmicrohttpd sends it. */
#ifndef GAUGELET_SERVER_HTTP_REPLY_H
#define GAUGELET_SERVER_HTTP_REPLY_H

#include "http_server.h"

struct MHD_Response *http_reply_make(struct http_exchange *exchange, const struct http_reply *asked) MUST_USE;

/* Head and body of an answer that ends its connection, for a request that libmicrohttpd does not get to see. */
void http_refusal_write(struct http_server *server, unsigned status, const char *reason, struct buf *out);

#endif
