/* SPDX-License-Identifier: Apache-2.0 */
/* problem.h - everything that is wrong with a file, each with its place, so that all of it is said at once. */
#ifndef GAUGELET_TEXT_PROBLEM_H
#define GAUGELET_TEXT_PROBLEM_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"

struct place {
	unsigned line, column; /* from 1; 0: unknown */
};

struct problem {
	struct place at;
	bool warning;	/* we go on, and how is in the text */
	char text[400]; /* one line of whole characters */
};

enum { PROBLEMS_MAX = 100 }; /* a file with more is not read by anybody; the rest is only counted */

struct problems {
	VEC_OF(struct problem);
	size_t errors, warnings; /* also those beyond PROBLEMS_MAX */
};

/* "what, and what would be right". Always false. */
bool problem_add(struct problems *problems, struct place at, const char *format, ...) PRINTF_LIKE(3, 4);
void problem_warn(struct problems *problems, struct place at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Sorts by place, those of one place in the order in which they were added, and writes `file:line:column: text`
   (`...: warning: text`), a line each. */
void problems_write(struct problems *problems, const char *file, struct buf *out);
void problems_clear(struct problems *problems);

#endif
