/* SPDX-License-Identifier: Apache-2.0 */
/* namer.h - which series of a rule count, and what they are called in the API. */
#ifndef GAUGELET_MODEL_NAMER_H
#define GAUGELET_MODEL_NAMER_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct namer;
struct problems;
struct rule_spec;

/* Compiles seriesFilters and name; the spec must outlive it. */
MUST_USE bool namer_new(const struct rule_spec *spec, struct problems *problems, struct namer **ret_namer);
void namer_free(struct namer *namer);
DEFINE_FREE_AT(namer)

/* Do the filters and name.matches let the series through? ERR_LIMIT when a pattern needs too many steps for the name. */
MUST_USE bool namer_keeps(const struct namer *namer, struct str series, bool *ret_keeps, struct err *err);

/* What drops a series: the key of the rule and its pattern. */
struct namer_drop {
	const char *key;    /* "seriesFilters: is", "seriesFilters: isNot", "name.matches"; NULL: nothing does */
	struct str pattern; /* the rule's */
};
struct namer_drop namer_drop_of(const struct namer *namer, struct str series);

/* "write ${1}_total", for an `as` that names a group that is not there; nothing otherwise. */
void namer_write_fix(const struct namer *namer, struct buf *out);

/* Appends the API's name for a series that was let through. Nothing is appended when `as` expands to nothing. */
MUST_USE bool namer_name(const struct namer *namer, struct str series, struct buf *out, struct err *err);

#endif
