/* SPDX-License-Identifier: Apache-2.0 */
/* timestamp.h - moments in milliseconds since 1970, UTC. */
#ifndef GAUGELET_TEXT_TIMESTAMP_H
#define GAUGELET_TEXT_TIMESTAMP_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

/* RFC 3339 in whole seconds, as metav1.Time: 2026-11-20T21:07:46Z. The fraction is cut off (toward the past). */
void timestamp_write_rfc3339(struct buf *out, int64_t unix_ms);

/* Reads what timestamp_write_rfc3339 writes of the years 0000 to 9999, and nothing else. ERR_INVALID */
MUST_USE bool timestamp_parse_rfc3339(struct str text, int64_t *ret_unix_ms, struct err *err);

/* Reads the one form in which HTTP's dates are sent (RFC 9110, section 5.6.7, IMF-fixdate), `Sun, 06 Nov 1994 08:49:37 GMT`; the name of
   the day is not looked at. False, and *ret_unix_ms untouched: it is none. */
MUST_USE bool timestamp_parse_http(struct str text, int64_t *ret_unix_ms);

/* Seconds with up to three decimals, trailing zeros cut, as Prometheus' client writes `time` and `start`. */
void timestamp_write_seconds(struct buf *out, int64_t unix_ms);

#endif
