/* SPDX-License-Identifier: Apache-2.0 */
/* http_guard.h - what libmicrohttpd lets pass and must not reach anybody. */
#ifndef GAUGELET_SERVER_HTTP_GUARD_H
#define GAUGELET_SERVER_HTTP_GUARD_H

#include "base/str.h"

#include <microhttpd.h>

enum { HTTP_BODY_MAX = 1024 * 1024 }; /* nobody who asks for metrics has reason to send more */

/* False: answer with *ret_status and *ret_reason, and close. */
MUST_USE bool http_guard(struct MHD_Connection *mhd, struct str target, const char *version, unsigned *ret_status,
			 const char **ret_reason);

#endif
