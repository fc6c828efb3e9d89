/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *file, int line, const char *expression)
{
	fprintf(stderr, "CHECK failed: %s:%d: %s\n", file, line, expression);
	abort();
}

void *xcalloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	CHECK(memory != NULL);
	return memory;
}

void *xrealloc(void *old, size_t count, size_t size)
{
	size_t bytes;
	void *memory;

	CHECK(!__builtin_mul_overflow(count, size, &bytes) && bytes > 0);
	memory = realloc(old, bytes);
	CHECK(memory != NULL);
	return memory;
}
