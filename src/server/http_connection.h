/* SPDX-License-Identifier: Apache-2.0 */
/* http_connection.h - libmicrohttpd's callback of a connection's life; `context` is the server. */
#ifndef GAUGELET_SERVER_HTTP_CONNECTION_H
#define GAUGELET_SERVER_HTTP_CONNECTION_H

#include "http_server.h"

void http_on_connection(void *context, struct MHD_Connection *mhd, void **connection_context,
			enum MHD_ConnectionNotificationCode code);

#endif
