/* SPDX-License-Identifier: Apache-2.0 */
/* http_answer.h - what is known of the answer to a transfer. */
#ifndef GAUGELET_NET_HTTP_ANSWER_H
#define GAUGELET_NET_HTTP_ANSWER_H

#include "http_transfer.h"

/* It is a redirect, and says where to. */
bool http_answer_redirects(const struct http_transfer *transfer);

/* How often it was sent again, on connections that turned out to be dead. */
unsigned http_answer_retries(const struct http_transfer *transfer);

/* Fills in what the head says; elapsed_ms is there. Content type and header are curl's until the transfer begins anew: never before the
   handler that they are for has returned. `wanted_header`: NULL for none. `now_ms`: since 1970. */
void http_answer_look_at(const struct http_transfer *transfer, const char *wanted_header, int64_t now_ms,
			 struct http_answer *answer);

#endif
