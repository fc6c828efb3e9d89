/* SPDX-License-Identifier: Apache-2.0 */
/* quantity.h - Kubernetes quantities, written as apimachinery's canonical form. */
#ifndef GAUGELET_TEXT_QUANTITY_H
#define GAUGELET_TEXT_QUANTITY_H

#include "base/buf.h"

/* v x 1000, truncated toward zero. False for NaN, infinities and whatever does not fit 64 bits: there is no number that
   would be right for these. */
MUST_USE bool quantity_milli(double value, int64_t *ret_milli);

/* DecimalSI: 1500 -> "1500m", 1000000 -> "1k", 0 -> "0". */
void quantity_write_decimal(struct buf *out, int64_t milli);

/* BinarySI: 104857600000 -> "100Mi"; below 1024 or no integer: as DecimalSI. */
void quantity_write_binary(struct buf *out, int64_t milli);

#endif
