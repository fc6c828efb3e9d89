/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_pieces(void **state)
{
	struct arena *arena = arena_new(0);
	unsigned char *pieces[600];

	(void)state;
	for (unsigned i = 0; i < COUNT_OF(pieces); i++) {
		pieces[i] = arena_alloc(arena, i);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		for (unsigned at = 0; at < i; at++)
			assert_int_equal(pieces[i][at], 0);
		memset(pieces[i], (int)(i % 256), i);
	}
	for (unsigned i = 0; i < COUNT_OF(pieces); i++) /* nobody wrote into another one's */
		for (unsigned at = 0; at < i; at++)
			assert_int_equal(pieces[i][at], i % 256);
	arena_free(arena);
}

static void test_large_piece(void **state)
{
	struct arena *arena = arena_new(0);
	char *large = arena_alloc(arena, 3 << 20);
	char *small = arena_alloc(arena, 1);

	(void)state;
	assert_non_null(large);
	assert_non_null(small);
	memset(large, 1, 3 << 20);
	assert_int_equal(*small, 0);
	assert_true(arena_bytes(arena) > 3 << 20);
	arena_free(arena);
}

static void test_maximum(void **state)
{
	struct arena *arena = arena_new(4096);

	(void)state;
	assert_int_equal(arena_bytes(arena), 0);
	assert_non_null(arena_alloc(arena, 4096 - 64));
	assert_null(arena_alloc(arena, 65));
	assert_int_equal(arena_bytes(arena), 4096 - 64); /* what did not fit does not count */
	assert_non_null(arena_alloc(arena, 64));
	assert_null(arena_alloc(arena, 1));
	arena_free(arena);
}

static void test_overflow(void **state)
{
	struct arena *bounded = arena_new(4096);
	struct arena *arena = arena_new(0);

	(void)state;
	assert_null(arena_alloc(bounded, SIZE_MAX));
	assert_null(arena_alloc(bounded, SIZE_MAX - 1));
	assert_null(arena_calloc(bounded, SIZE_MAX / 2, 3));
	assert_null(arena_calloc(arena, SIZE_MAX / 8 + 1, 8));
	assert_int_equal(arena_bytes(bounded), 0);
	arena_free(bounded);
	arena_free(arena);
}

static void test_many(void **state)
{
	struct arena *arena = arena_new(0);
	uint64_t *items = arena_calloc(arena, 100, sizeof(*items));

	(void)state;
	assert_non_null(items);
	for (size_t i = 0; i < 100; i++)
		assert_true(items[i] == 0);
	assert_non_null(arena_calloc(arena, 0, 8));
	arena_free(arena);
}

static void test_copy(void **state)
{
	struct arena *arena = arena_new(64);
	char text[] = "a\0b";
	struct str copy = {NULL, 4711};

	(void)state;
	assert_true(arena_copy(arena, (struct str){text, 3}, &copy));
	memset(text, '#', 3);
	assert_int_equal(copy.len, 3);
	assert_memory_equal(copy.ptr, "a\0b", 4); /* with its NUL */
	assert_true(arena_copy(arena, (struct str){NULL, 0}, &copy));
	assert_string_equal(copy.ptr, "");
	copy = (struct str){NULL, 4711};
	assert_false(arena_copy(arena, STR("0123456789012345678901234567890123456789012345678901234567890123"), &copy));
	assert_int_equal(copy.len, 4711); /* untouched */
	arena_free(arena);
}

static void test_free_nothing(void **state)
{
	(void)state;
	arena_free(NULL);
	arena_free(arena_new(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),	     cmocka_unit_test(test_large_piece), cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_overflow),     cmocka_unit_test(test_many),	 cmocka_unit_test(test_copy),
		cmocka_unit_test(test_free_nothing),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
