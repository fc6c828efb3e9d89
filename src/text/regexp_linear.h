/* SPDX-License-Identifier: Apache-2.0 */
/* regexp_linear.h - inside the text room: a pattern as a program whose states are walked side by side, so that the time it
   takes grows with the text, not with the ways through it. Slower than PCRE2 on what PCRE2 does quickly. */
#ifndef GAUGELET_TEXT_REGEXP_LINEAR_H
#define GAUGELET_TEXT_REGEXP_LINEAR_H

#include "regexp_in.h"

enum regexp_op {
	OP_CHARACTER,	/* arg: the character */
	OP_ANY,		/* . with (?s) */
	OP_ANY_IN_LINE, /* . */
	OP_CLASS,	/* arg: its index */
	OP_BEGIN,	/* \A */
	OP_END,		/* \z */
	OP_LINE_BEGIN,	/* (?m)^ */
	OP_LINE_END,	/* (?m)$ */
	OP_WORD_EDGE,	/* \b */
	OP_NO_WORD_EDGE,
	OP_SAVE, /* arg: the slot that takes the offset */
	OP_JUMP,
	OP_SPLIT_NEXT, /* first the next instruction, then the jump */
	OP_SPLIT_JUMP, /* the other way round */
	OP_MATCH,
};

struct regexp_instruction {
	enum regexp_op op;
	int32_t jump; /* relative, so that fragments can be moved and copied */
	uint32_t arg;
};

/* A set of characters that PCRE2 judges, one character at a time. */
struct regexp_class {
	pcre2_code *code;
	uint64_t stamp; /* the turn in which it was judged last */
	bool fits;	/* what came out then */
};

struct regexp_program {
	struct {
		VEC_OF(struct regexp_instruction);
	} code;
	struct {
		VEC_OF(struct regexp_class);
	} classes;
};

/* Reads what regexp_translate wrote. False when the program would be too large. */
MUST_USE bool regexp_program_build(struct regexp_program *program, struct str translated);
void regexp_program_clear(struct regexp_program *program);

/* The leftmost match that Go would find in clean UTF-8; `offsets` has two places for each of `groups` groups and for the whole
   match. False when program and text are too large for each other. */
MUST_USE bool regexp_program_run(struct regexp_program *program, struct str text, size_t groups, PCRE2_SIZE *offsets,
				 bool *ret_found);

#endif
