/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - the one place where digits become numbers. The whole text must be the number: no white space, no rest. */
#ifndef GAUGELET_TEXT_NUMBER_H
#define GAUGELET_TEXT_NUMBER_H

#include "base/err.h"
#include "base/str.h"

/* Decimal, an optional sign (+ or -), as Go's strconv.ParseInt(s, 10, 64). On failure `*ret` is untouched and the
   message is Go's: `strconv.ParseInt: parsing "abc": invalid syntax` (or `value out of range`). */
MUST_USE bool number_parse_i64(struct str text, int64_t *ret_number, struct err *err);

/* Decimal digits only, at most `max`. */
MUST_USE bool number_parse_u64(struct str text, uint64_t max, uint64_t *ret_number, struct err *err);

/* A floating point number as Prometheus writes sample values: decimal, optional exponent, "NaN", "+Inf", "-Inf",
   "Inf" (letters in any case). No hexadecimal, no underscores. Independent of the locale. Overflow gives an
   infinity, as strtod does. */
MUST_USE bool number_parse_double(struct str text, double *ret_number, struct err *err);

#endif
