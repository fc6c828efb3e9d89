/* SPDX-License-Identifier: Apache-2.0 */
/* http_listen.h - the socket that clients come to. */
#ifndef GAUGELET_SERVER_HTTP_LISTEN_H
#define GAUGELET_SERVER_HTTP_LISTEN_H

#include "base/err.h"

/* -1 on failure. */
int http_listen(const char *address, uint16_t port, uint16_t *ret_port, struct err *err) MUST_USE;

#endif
