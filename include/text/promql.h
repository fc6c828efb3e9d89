/* SPDX-License-Identifier: Apache-2.0 */
/* promql.h - as much of PromQL as it takes to see its vector selectors and its outermost aggregation. Brackets, strings,
   comments, words and where a value may stand are read as Prometheus does; types and names of functions are not looked at, so
   that a text which passes here may still be refused there. What cannot be followed is ERR_INVALID with the byte at which it
   stands, counted from 0; more brackets than PROMQL_DEPTH_MAX are ERR_LIMIT. */
#ifndef GAUGELET_TEXT_PROMQL_H
#define GAUGELET_TEXT_PROMQL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { PROMQL_DEPTH_MAX = 64 };

/* `label`, `op` (=, !=, =~ or !~) and `value`, of which label and value are unescaped. A quoted name that stands alone is none. */
struct promql_matcher {
	struct str label, op, value;
};

/* Everything but `name` and the list is a part of the text that was read. The name is exact when it stands before the braces, as
   {__name__="x"} or {"x"}; its ptr is NULL when there is none, and when there is a pattern, even besides an exact one. */
struct promql_selector {
	struct str text;		   /* name and braces as written, without range, offset and @ */
	struct str whole;		   /* with those that are directly behind it */
	struct str name;		   /* of the metric, unescaped */
	struct str matchers;		   /* between the braces; ptr NULL: there are no braces */
	const struct promql_matcher *list; /* of them */
	size_t count;
	bool pattern_name; /* __name__ with =~, !~ or != */
	struct str range;  /* between the [] directly behind it, `5m` or `1h:1m`; ptr NULL: there are none */
	bool shifted;	   /* offset or @ behind it, or behind a subquery in which it stands */
};

/* Every selector, in the order of the text; there may be none (`vector(1)`). The arrays and unescaped texts live in `arena`. */
MUST_USE bool promql_selectors(struct str text, struct arena *arena, const struct promql_selector **ret_selectors,
			       size_t *ret_count, struct err *err);

/* Appends `text` with `matchers` (`cluster="c",location="l"`: right by themselves, no comma at the ends) put first into the
   braces of each selector; where there are no braces they are made. A comma that stands first in braces, where a template left
   nothing before it, is read, and right then. Nothing is appended when `text` cannot be read;
   ERR_LIMIT when `out` is full. */
MUST_USE bool promql_add_matchers(struct str text, struct str matchers, struct buf *out, struct err *err);

struct promql_aggregation {
	struct str op; /* as written: letters of any case */
	bool grouped;  /* by or without is there, though perhaps with an empty list */
	bool without;
	const struct str *labels; /* in order; quoted ones unescaped */
	size_t label_count;
	struct str operand; /* the last argument, without what is around it: of topk(3, x) it is `x` */
};

/* The outermost aggregation, when the whole text is one, perhaps in parentheses. False in *ret_is for everything else (an
   operation of two sides, a sign before it, a function, a subquery, a bare selector); then *ret_aggregation is untouched.
   False itself when the text cannot be read. */
MUST_USE bool promql_aggregation(struct str text, struct arena *arena, bool *ret_is,
				 struct promql_aggregation *ret_aggregation, struct err *err);

#endif
