/* SPDX-License-Identifier: Apache-2.0 */
/* duration.h - Go durations (flags, the `timeout` parameter) and Prometheus durations (`window`). */
#ifndef GAUGELET_TEXT_DURATION_H
#define GAUGELET_TEXT_DURATION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* As Go's time.ParseDuration: "1h15m30.918s", "-1.5h", "0", ".5s"; units ns us µs ms s m h. The message is Go's:
   `time: invalid duration "banana"`, `time: missing unit in duration "5"`, `time: unknown unit "x" in duration "5x"`. */
MUST_USE bool duration_parse_go(struct str text, int64_t *ret_ns, struct err *err);

/* As Prometheus' model.ParseDuration: "5m", "1h30m", "0"; units y w d h m s ms in this order, whole numbers.
   The message is Prometheus': `not a valid duration string: "1 minute"` (empty: `empty duration string`). */
MUST_USE bool duration_parse_prometheus(struct str text, int64_t *ret_ms, struct err *err);

/* As Go's Duration.String: "1m0s", "1.5s", "15.111s", "100ms", "0s". */
void duration_write_go(struct buf *out, int64_t ns);

#endif
