/* SPDX-License-Identifier: Apache-2.0 */
/* regexp_match.h - one match of a compiled pattern, and its groups. */
#ifndef GAUGELET_TEXT_REGEXP_MATCH_H
#define GAUGELET_TEXT_REGEXP_MATCH_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "regexp_syntax.h"

struct regexp {
	pcre2_code *code;
	pcre2_match_context *limits;
	struct str pattern;    /* ours */
	struct buf translated; /* for PCRE2 */
	struct regexp_groups groups;
	bool *exhausted; /* a text took too many steps; apart from the rest, which is const once it is parsed */
};

/* data is NULL when there was no match. */
struct regexp_match {
	pcre2_match_data *data;
	struct str text;
	bool dirty; /* the offsets are those of a cleaned copy */
};

/* The limits and the callout of every match. */
pcre2_match_context *regexp_match_limits(void) MUST_USE;

MUST_USE bool regexp_match_run(const struct regexp *regexp, struct str text, struct regexp_match *ret_match,
			       struct err *err);
void regexp_match_clear(struct regexp_match *match);

/* Group `number` (0: all of it); ptr NULL when it took no part or does not exist. */
struct str regexp_match_group(const struct regexp *regexp, const struct regexp_match *match, size_t number);

/* The first group of this name that took part. */
struct str regexp_match_named(const struct regexp *regexp, const struct regexp_match *match, struct str name);

#endif
