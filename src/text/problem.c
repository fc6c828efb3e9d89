/* SPDX-License-Identifier: Apache-2.0 */
#include "text/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static PRINTF_LIKE(4, 0) void add(struct problems *problems, struct place at, bool warning, const char *format,
				    va_list args)
{
	struct problem *problem;

	*(warning ? &problems->warnings : &problems->errors) += 1;
	if (problems->count == PROBLEMS_MAX)
		return;
	problem = vec_push(problems);
	problem->at = at;
	problem->warning = warning;
	vsnprintf(problem->text, sizeof(problem->text), format, args);
}

bool problem_add(struct problems *problems, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(problems, at, false, format, args);
	va_end(args);
	return false;
}

void problem_warn(struct problems *problems, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(problems, at, true, format, args);
	va_end(args);
}

static int by_place(const void *left, const void *right)
{
	const struct problem *a = left;
	const struct problem *b = right;

	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return (a->at.column > b->at.column) - (a->at.column < b->at.column);
}

void problems_write(struct problems *problems, const char *file, struct buf *out)
{
	if (problems->count)
		qsort(problems->items, problems->count, sizeof(*problems->items), by_place);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->items[i];

		buf_puts(out, file);
		if (problem->at.line)
			buf_printf(out, ":%u:%u", problem->at.line, problem->at.column);
		buf_printf(out, ": %s%s\n", problem->warning ? "warning: " : "", problem->text);
	}
	if (problems->errors + problems->warnings > problems->count)
		buf_printf(out, "%s: %zu more\n", file, problems->errors + problems->warnings - problems->count);
}

void problems_clear(struct problems *problems)
{
	vec_clear(problems);
	*problems = (struct problems){0};
}
