/* SPDX-License-Identifier: Apache-2.0 */
/* regexp_gate.h - a pattern on its way from RE2's syntax to PCRE2's: what is read next, what is written so far. */
#ifndef GAUGELET_TEXT_REGEXP_GATE_H
#define GAUGELET_TEXT_REGEXP_GATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct regexp_groups;

enum regexp_flag {
	FLAG_FOLD = 1,	    /* i */
	FLAG_DOT_ALL = 2,   /* s */
	FLAG_MULTILINE = 4, /* m */
	FLAG_UNGREEDY = 8,  /* U */
};

struct regexp_gate {
	struct str pattern;
	size_t at; /* the offset read next */
	struct buf out;
	unsigned flags; /* of RE2's syntax, here */
	struct regexp_groups *groups;
	struct err *err;
};

/* "error parsing regexp: WORDS: `pattern[from..to)`". Always false. */
bool regexp_gate_refuse(struct regexp_gate *gate, const char *words, size_t from, size_t to);

/* Reads one character; refuses bytes that are none. At the end of the pattern it is 0. */
MUST_USE bool regexp_gate_next(struct regexp_gate *gate, uint32_t *ret_character);

/* Goes on to the offset `to`; refuses bytes that are no characters on the way. */
MUST_USE bool regexp_gate_skip(struct regexp_gate *gate, size_t to);

/* Does the pattern go on with `what` at that offset? */
bool regexp_gate_has(const struct regexp_gate *gate, size_t at, struct str what);

#endif
