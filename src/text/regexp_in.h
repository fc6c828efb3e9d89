/* SPDX-License-Identifier: Apache-2.0 */
/* regexp_in.h - inside the text room: the way of a pattern from RE2's syntax to PCRE2's, and of a match back. */
#ifndef GAUGELET_TEXT_REGEXP_IN_H
#define GAUGELET_TEXT_REGEXP_IN_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "characters_in.h"

enum { LAST_CHARACTER = 0x10ffff };

/* (?m)^ and (?m)$ for PCRE2. */
#define REGEXP_LINE_BEGIN "(?<![^\\x{a}])"
#define REGEXP_LINE_END	  "(?![^\\x{a}])"

enum regexp_flag {
	FLAG_FOLD = 1,	    /* i */
	FLAG_DOT_ALL = 2,   /* s */
	FLAG_MULTILINE = 4, /* m */
	FLAG_UNGREEDY = 8,  /* U */
};

/* Indexed by the group's number in the pattern - 1. */
struct regexp_groups {
	VEC_OF(struct regexp_group {
		struct str name; /* a part of the pattern; empty without one */
		unsigned number; /* in the pattern for PCRE2, which has groups more */
	});
};

struct regexp {
	pcre2_code *code;
	pcre2_match_context *limits;
	struct str pattern;    /* ours */
	struct buf translated; /* for PCRE2 */
	bool linear;	       /* PCRE2 is not even tried */
	struct regexp_groups groups;
};

/* What stands on the way of a pattern: `at` is the offset read next, `out` the pattern for PCRE2 so far. */
struct regexp_gate {
	struct str pattern;
	size_t at;
	struct buf out;
	unsigned flags; /* of RE2's syntax, here */
	struct regexp_groups *groups;
	struct err *err;
};

/* Reads a pattern in RE2's syntax and writes one that means the same to PCRE2 (compiled with UTF, without UCP). */
MUST_USE bool regexp_translate(struct str pattern, struct buf *out, struct regexp_groups *groups, struct err *err);

/* "error parsing regexp: WORDS: `pattern[from..to)`". Always false. */
bool regexp_refuse(struct regexp_gate *gate, const char *words, size_t from, size_t to);

/* Reads one character; refuses bytes that are none. At the end of the pattern it is 0. */
MUST_USE bool regexp_next(struct regexp_gate *gate, uint32_t *ret_character);

/* Goes on to the offset `to`; refuses bytes that are no characters on the way. */
MUST_USE bool regexp_skip(struct regexp_gate *gate, size_t to);

/* Reads an escape that stands for one character. */
MUST_USE bool regexp_escape(struct regexp_gate *gate, uint32_t *ret_character);

/* At a `[`: reads the class, and appends it. */
MUST_USE bool regexp_class(struct regexp_gate *gate);

/* At a backslash: reads \d \pL and the like. *ret_is is false when it is something else. */
MUST_USE bool regexp_class_escape(struct regexp_gate *gate, bool *ret_is);

/* One match; data is NULL when there was none. */
struct regexp_match {
	pcre2_match_data *data;
	struct str text;
	bool dirty; /* the offsets are those of a cleaned copy */
};

MUST_USE bool regexp_run(const struct regexp *regexp, struct str text, struct regexp_match *ret_match, struct err *err);
void regexp_match_clear(struct regexp_match *match);

/* Group `number` (0: all of it); ptr NULL when it took no part or does not exist. */
struct str regexp_match_group(const struct regexp *regexp, const struct regexp_match *match, size_t number);

/* At the end of an iteration: is it an empty one that Go would not take? */
int regexp_refuse_iteration(pcre2_callout_block *block, void *nothing);

/* The first group of this name that took part. */
struct str regexp_match_named(const struct regexp *regexp, const struct regexp_match *match, struct str name);

#endif
