/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/vec.h"

struct thing {
	uint64_t number;
	char name[5];
};

struct things {
	VEC_OF(struct thing);
};

static void test_push(void **state)
{
	struct things things = {0};

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		struct thing *thing = vec_push(&things);

		assert_true(thing->number == 0 && thing->name[4] == '\0'); /* zeroed */
		assert_ptr_equal(thing, &things.items[i]);
		*thing = (struct thing){i, {1, 1, 1, 1, 1}};
		assert_int_equal(things.count, i + 1);
		assert_true(things.cap >= things.count);
	}
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(things.items[i].number == i);
	vec_clear(&things);
}

/* A place that was used before is zeroed again. */
static void test_push_after_shrinking(void **state)
{
	struct things things = {0};

	(void)state;
	vec_push(&things)->number = 1;
	vec_push(&things)->number = 2;
	things.count = 1;
	assert_true(vec_push(&things)->number == 0);
	assert_true(things.items[0].number == 1);
	vec_clear(&things);
}

static void test_clear(void **state)
{
	struct things things = {0};

	(void)state;
	vec_clear(&things);
	vec_push(&things)->number = 1;
	vec_clear(&things);
	assert_null(things.items);
	assert_int_equal(things.count, 0);
	assert_int_equal(things.cap, 0);
	assert_true(vec_push(&things)->number == 0);
	vec_clear(&things);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_push_after_shrinking),
		cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests_name("vec", tests, NULL, NULL);
}
