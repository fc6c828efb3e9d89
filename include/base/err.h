/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - what went wrong in the world: a code to decide on, and a text for a person. Fixed size, passed in. */
#ifndef GAUGELET_BASE_ERR_H
#define GAUGELET_BASE_ERR_H

#include <stdarg.h>

#include "base/base.h"

enum err_code {
	ERR_NONE,
	ERR_INVALID,   /* the input is wrong, and would be wrong again */
	ERR_NOT_FOUND, /* what was asked for does not exist */
	ERR_LIMIT,     /* larger, deeper or more than we take */
	ERR_IO,	       /* files, sockets, the system */
	ERR_TIMEOUT,   /* no answer in time */
	ERR_UPSTREAM,  /* a neighbour answered with an error, or with nonsense */
};

struct err {
	enum err_code code;
	char msg[640]; /* UTF-8, no control characters, cut at a character boundary */
};

/* A plain `false` here would be a warning where nobody looks at it. */
static inline bool err_false(void)
{
	return false;
}

/* As vsnprintf, but clean, and cut between two characters. */
void err_format(char *text, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);

/* Sets code and message; the arguments may include err->msg. Always false, so that `return err_set(...)` reads well; a macro
   around a function, so that the compiler knows it, too. */
#define err_set(err, ...) (err_put(err, __VA_ARGS__), err_false())
void err_put(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "outer: " before the message and keeps the code. Always false. */
#define err_wrap(err, ...) (err_put_before(err, __VA_ARGS__), err_false())
void err_put_before(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
