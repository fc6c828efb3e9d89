/* SPDX-License-Identifier: Apache-2.0 */
/* base64.h - base64 with '+', '/' and '=' (RFC 4648, section 4). */
#ifndef GAUGELET_TEXT_BASE64_H
#define GAUGELET_TEXT_BASE64_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

void base64_write(struct buf *out, struct str bytes);

/* White space anywhere is skipped, as lines are broken at will; everything else is strict: padding is there, nothing is behind
   it, unused bits are 0. ERR_INVALID. Appends to `out`. */
MUST_USE bool base64_decode(struct str text, struct buf *out, struct err *err);

#endif
