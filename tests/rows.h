/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - every row of a table is a test with its own name: the row's first member is `const char *name`. */
#ifndef GAUGELET_TESTS_ROWS_H
#define GAUGELET_TESTS_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define RUN_ROWS(rows, function) run_rows(#rows, rows, sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]), function)

static inline int run_rows(const char *group, void *rows, size_t count, size_t size, CMUnitTestFunction function)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	int failed;

	for (size_t i = 0; i < count; i++) {
		char *row = (char *)rows + i * size;

		tests[i].name = *(const char *const *)(const void *)row;
		tests[i].test_func = function;
		tests[i].initial_state = row;
	}
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	return failed;
}

static inline void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("got  \"%.*s\"\n         want \"%s\"", STR_ARG(got), want);
}

static inline void assert_contains(struct str text, const char *part)
{
	if (!str_contains(text, str_of(part)))
		fail_msg("\"%.*s\" does not contain \"%s\"", STR_ARG(text), part);
}

#endif
