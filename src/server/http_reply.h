/* SPDX-License-Identifier: Apache-2.0 */
/* http_reply.h - an answer as libmicrohttpd sends it. */
#ifndef GAUGELET_SERVER_HTTP_REPLY_H
#define GAUGELET_SERVER_HTTP_REPLY_H

#include "http_server.h"

struct MHD_Response *http_reply_make(struct http_exchange *exchange, const struct http_reply *asked) MUST_USE;

#endif
