/* SPDX-License-Identifier: Apache-2.0 */
#include "text/problem.h"

#include <stdarg.h>

#include "base/err.h"

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
	err_format(problem->text, sizeof(problem->text), format, args);
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

static bool comes_before(struct place a, struct place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* What stands at one place keeps its order, which qsort does not promise. There are few. */
static void sort_by_place(struct problems *problems)
{
	for (size_t i = 1; i < problems->count; i++) {
		struct problem problem = problems->items[i];
		size_t to = i;

		for (; to > 0 && comes_before(problem.at, problems->items[to - 1].at); to--)
			problems->items[to] = problems->items[to - 1];
		problems->items[to] = problem;
	}
}

void problems_write(struct problems *problems, const char *file, struct buf *out)
{
	sort_by_place(problems);
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
