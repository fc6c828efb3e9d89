/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"

static void test_empty(void **state)
{
	struct map map = {0};

	(void)state;
	assert_null(map_get(&map, STR("a")));
	assert_null(map_get(&map, (struct str){NULL, 0}));
	assert_null(map_take(&map, STR("a")));
	map_clear(&map);
}

static void test_put_and_get(void **state)
{
	static const char FIRST[] = "key";
	char again[] = "key";
	struct map map = {0};
	int value = 1;
	int other = 2;

	(void)state;
	assert_null(*map_at(&map, str_of(FIRST)));
	assert_int_equal(map.count, 1);
	assert_null(map_get(&map, STR("key")));
	*map_at(&map, str_of(FIRST)) = &value;
	assert_ptr_equal(map_get(&map, STR("key")), &value);
	*map_at(&map, str_of(again)) = &other;
	assert_int_equal(map.count, 1);
	assert_ptr_equal(map_get(&map, STR("key")), &other);
	memset(again, 'x', sizeof(again) - 1); /* the key that was there stays */
	assert_ptr_equal(map_get(&map, STR("key")), &other);
	assert_null(map_get(&map, STR("kez")));
	assert_null(map_get(&map, STR("ke")));
	map_clear(&map);
	assert_int_equal(map.count, 0);
	assert_null(map_get(&map, STR("key")));
}

static void test_odd_keys(void **state)
{
	struct map map = {0};
	int values[4];

	(void)state;
	*map_at(&map, (struct str){NULL, 0}) = &values[0];
	assert_ptr_equal(map_get(&map, STR("")), &values[0]); /* no bytes are no bytes */
	*map_at(&map, STR("a\0b")) = &values[1];
	*map_at(&map, STR("a\0c")) = &values[2];
	*map_at(&map, STR("a")) = &values[3];
	assert_ptr_equal(map_get(&map, STR("a\0b")), &values[1]);
	assert_ptr_equal(map_get(&map, STR("a\0c")), &values[2]);
	assert_ptr_equal(map_get(&map, STR("a")), &values[3]);
	assert_int_equal(map.count, 4);
	map_clear(&map);
}

enum { MANY = 10000 };

/* Over every growth step each key keeps its value. */
static void test_grows(void **state)
{
	static char keys[MANY][16];
	static int met[MANY];
	struct map map = {0};

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		*map_at(&map, str_of(keys[i])) = &met[i];
		assert_int_equal(map.count, i + 1);
		assert_true(map.count < map.size);
		assert_int_equal(map.size & (map.size - 1), 0);
	}
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, str_of(keys[i])), &met[i]);
	assert_null(map_get(&map, STR("k10000")));
	map_clear(&map);
}

/* Put in and taken out at random, with the map half full and more: what is there is found, and nothing else is. */
static void test_take(void **state)
{
	enum { FEW = 50, STEPS = 20000 };
	static char keys[FEW][16];
	bool there[FEW] = {false};
	struct map map = {0};
	uint64_t random = 1;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < FEW; i++)
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
	for (int step = 0; step < STEPS; step++) {
		size_t at = (size_t)(random >> 33) % FEW;

		random = random * 6364136223846793005U + 1442695040888963407U;
		if (there[at])
			assert_ptr_equal(map_take(&map, str_of(keys[at])), &there[at]);
		else
			*map_at(&map, str_of(keys[at])) = &there[at];
		there[at] = !there[at];
		count += there[at] ? 1 : (size_t)-1;
		assert_int_equal(map.count, count);
		for (size_t i = 0; i < FEW; i++)
			assert_ptr_equal(map_get(&map, str_of(keys[i])), there[i] ? &there[i] : NULL);
	}
	assert_null(map_take(&map, STR("k50")));
	map_clear(&map);
}

static void test_seed(void **state)
{
	uint64_t seed = map_seed();

	(void)state;
	assert_true(seed != 0);
	assert_true(map_seed() == seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_put_and_get), cmocka_unit_test(test_odd_keys),
		cmocka_unit_test(test_grows), cmocka_unit_test(test_take),	  cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
