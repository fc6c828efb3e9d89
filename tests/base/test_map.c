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
	size_t at = 0;
	struct str key;
	void *value;

	(void)state;
	assert_null(map_get(&map, STR("a")));
	assert_null(map_get(&map, (struct str){NULL, 0}));
	assert_false(map_next(&map, &at, &key, &value));
	map_clear(&map);
}

static void test_put_and_get(void **state)
{
	static const char FIRST[] = "key";
	char again[] = "key";
	struct map map = {0};
	int value = 1;
	int other = 2;
	size_t at = 0;
	struct str key;
	void *got;

	(void)state;
	assert_null(*map_at(&map, str_of(FIRST)));
	assert_int_equal(map.count, 1);
	assert_null(map_get(&map, STR("key")));
	*map_at(&map, str_of(FIRST)) = &value;
	assert_ptr_equal(map_get(&map, STR("key")), &value);
	*map_at(&map, str_of(again)) = &other;
	assert_int_equal(map.count, 1);
	assert_ptr_equal(map_get(&map, STR("key")), &other);
	assert_true(map_next(&map, &at, &key, &got));
	assert_ptr_equal(key.ptr, FIRST); /* the key that was there stays */
	assert_ptr_equal(got, &other);
	assert_false(map_next(&map, &at, &key, &got));
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

/* Over every growth step each key keeps its value, and a walk meets each once. */
static void test_grows(void **state)
{
	static char keys[MANY][16];
	static unsigned met[MANY];
	struct map map = {0};
	size_t at = 0;
	struct str key;
	void *value;

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
	while (map_next(&map, &at, &key, &value)) {
		assert_ptr_equal(map_get(&map, key), value);
		++*(unsigned *)value;
	}
	for (int i = 0; i < MANY; i++)
		assert_int_equal(met[i], 1);
	assert_null(map_get(&map, STR("k10000")));
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
		cmocka_unit_test(test_grows), cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
