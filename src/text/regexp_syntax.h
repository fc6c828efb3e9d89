/* SPDX-License-Identifier: Apache-2.0 */
/* regexp_syntax.h - a pattern in RE2's syntax becomes one for PCRE2 that means the same. */
#ifndef GAUGELET_TEXT_REGEXP_SYNTAX_H
#define GAUGELET_TEXT_REGEXP_SYNTAX_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Indexed by the group's number in the pattern - 1. */
struct regexp_groups {
	VEC_OF(struct regexp_group {
		struct str name; /* a part of the pattern; empty without one */
		unsigned number; /* in the pattern for PCRE2, which has groups more */
	});
};

/* Appends the pattern for PCRE2, compiled with UTF and without UCP. */
MUST_USE bool regexp_syntax_translate(struct str pattern, struct buf *out, struct regexp_groups *groups,
				      struct err *err);

#endif
