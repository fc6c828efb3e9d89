/* SPDX-License-Identifier: Apache-2.0 */
/* http_redirect.h - where a redirect may lead. */
#ifndef GAUGELET_NET_HTTP_REDIRECT_H
#define GAUGELET_NET_HTTP_REDIRECT_H

#include "base/buf.h"
#include "base/str.h"
#include "net/http_client.h"

/* Whether the one that leads from one URL to another, complete one is followed, after `before` others. *ret_same: it is of the same
   origin. False: `message` says why not. */
MUST_USE bool http_redirect_may_go(enum http_redirects redirects, unsigned before, struct str from, struct str to,
				   bool *ret_same, struct buf *message);

#endif
