/* SPDX-License-Identifier: Apache-2.0 */
/* http_exchange.h - libmicrohttpd's callbacks of a request's life. */
#ifndef GAUGELET_SERVER_HTTP_EXCHANGE_H
#define GAUGELET_SERVER_HTTP_EXCHANGE_H

#include "http_server.h"

void *http_on_request_line(void *context, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
				const char *version, const char *body, size_t *body_bytes, void **exchange_at);
void http_on_completed(void *context, struct MHD_Connection *mhd, void **exchange_at,
		       enum MHD_RequestTerminationCode code);
void http_exchange_end(struct http_exchange *exchange); /* tells who waits for it in vain; ready for the next one */

/* http_tls's on_refused. */
void http_refuse(struct http_session *session);

#endif
