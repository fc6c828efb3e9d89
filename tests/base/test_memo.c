/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memo.h"

enum { BYTES = 1000 }; /* of a value, as we say; ten and their keys are too many for MAX_BYTES */
enum { MAX_BYTES = 10 * BYTES, MAX_COUNT = 6 };

static struct {
	struct memo *memo;
	unsigned values;
} world;

static void value_free(void *value)
{
	world.values--;
	free(value);
}

static void *value_new(void)
{
	world.values++;
	return xcalloc(1, 1);
}

static int setup_with(size_t max_count)
{
	world.values = 0;
	world.memo = memo_new(&(struct memo_options){MAX_BYTES, max_count, value_free});
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return setup_with(0);
}

static int setup_counted(void **state)
{
	(void)state;
	return setup_with(MAX_COUNT);
}

static int teardown(void **state)
{
	(void)state;
	memo_free(world.memo);
	assert_int_equal(world.values, 0);
	return 0;
}

/* Asked and answered at `now_ms`. */
static void answer(const char *key, size_t bytes, int64_t now_ms)
{
	struct str text = str_of(key);
	struct memo_flight flight = {0};

	memo_begin(world.memo, &text, &flight, now_ms);
	memo_keep(world.memo, flight.entry, value_new(), bytes, now_ms + 100, now_ms);
	memo_end(world.memo, &flight);
}

static bool is_there(const char *key)
{
	return memo_find(world.memo, str_of(key)) != NULL;
}

static void test_an_answer_has_its_time(void **state)
{
	const struct memo_entry *entry;
	char key[] = "q";

	(void)state;
	assert_false(is_there("q"));
	answer(key, BYTES, 5);
	key[0] = 'x'; /* the memo has its own copy */
	entry = memo_find(world.memo, STR("q"));
	assert_true(memo_is_fresh(entry, 104));
	assert_false(memo_is_fresh(entry, 105));
	assert_non_null(entry->value);
	assert_int_equal(memo_stats(world.memo).values, 1);
	assert_int_equal(memo_stats(world.memo).bytes, BYTES + sizeof(*entry) + 1);
	answer("q", 10, 200); /* in the place of the other */
	assert_int_equal(world.values, 1);
	assert_int_equal(memo_stats(world.memo).bytes, 10 + sizeof(*entry) + 1);
	assert_true(memo_is_fresh(entry, 299));
}

/* An entry is there while it is asked, and no longer when no answer is kept. */
static void test_flights(void **state)
{
	struct str key = STR("q");
	struct memo_flight first = {0}, second = {0};
	struct memo_entry *entry;

	(void)state;
	memo_begin(world.memo, &key, &first, 1);
	entry = memo_find(world.memo, key);
	assert_ptr_equal(first.entry, entry);
	assert_ptr_equal(memo_newest(entry), &first);
	assert_false(memo_is_fresh(entry, 1));
	memo_begin(world.memo, &key, &second, 2);
	assert_ptr_equal(second.entry, entry);
	assert_int_equal(second.begun_ms, 2);
	assert_ptr_equal(memo_newest(entry), &second);
	assert_int_equal(memo_stats(world.memo).flights, 2);
	memo_end(world.memo, &second);
	assert_ptr_equal(memo_newest(entry), &first);
	memo_keep(world.memo, entry, NULL, 0, 0, 0);
	assert_true(is_there("q"));
	memo_end(world.memo, &first);
	assert_false(is_there("q"));
	memo_begin(world.memo, NULL, &first, 3);
	assert_null(first.entry);
	memo_end(world.memo, &first);
	assert_int_equal(memo_stats(world.memo).flights, 0);
}

static void test_the_least_recently_used_go(void **state)
{
	(void)state;
	for (char key[] = "a"; key[0] <= 'j'; key[0]++) {
		answer(key, BYTES, key[0]);
		memo_use(world.memo, memo_find(world.memo, STR("a")), key[0]);
	}
	assert_true(is_there("a"));
	assert_false(is_there("b"));
	assert_true(is_there("j"));
	assert_int_equal(memo_stats(world.memo).evictions, 1);
	assert_true(memo_stats(world.memo).bytes <= MAX_BYTES);
	assert_ptr_equal(memo_oldest(world.memo), memo_find(world.memo, STR("c")));
}

static void test_too_many(void **state)
{
	(void)state;
	for (char key[] = "a"; key[0] <= 'h'; key[0]++)
		answer(key, 1, 1);
	assert_int_equal(memo_stats(world.memo).values, MAX_COUNT);
	assert_int_equal(memo_stats(world.memo).evictions, 2);
	assert_false(is_there("b"));
	assert_true(is_there("c"));
}

/* One over a fourth is not kept, and neither is the one before it. */
static void test_too_large(void **state)
{
	(void)state;
	answer("a", BYTES, 1);
	answer("b", BYTES, 1);
	answer("b", MAX_BYTES / 4, 2);
	assert_false(is_there("b"));
	assert_true(is_there("a"));
	assert_int_equal(world.values, 1);
	assert_int_equal(memo_stats(world.memo).evictions, 0);
}

static void test_forget(void **state)
{
	(void)state;
	answer("a", 1, 1);
	answer("b", 1, 2);
	answer("c", 1, 3);
	memo_forget(world.memo, 0, 9);
	assert_true(is_there("a"));
	memo_forget(world.memo, 2, 1);
	assert_false(is_there("a"));
	assert_true(is_there("b"));
	memo_forget(world.memo, 2, 9);
	assert_false(is_there("b"));
	assert_true(is_there("c"));
	memo_forget(world.memo, INT64_MAX, 9);
	assert_null(memo_oldest(world.memo));
}

/* What is on its way when all is forgotten answers nobody who asks later; an entry that loses its answer keeps its flight. */
static void test_clear(void **state)
{
	struct str key = STR("q");
	struct memo_flight before = {0}, after = {0};

	(void)state;
	answer("q", 1, 1);
	memo_begin(world.memo, &key, &before, 2);
	memo_forget(world.memo, INT64_MAX, 1);
	assert_ptr_equal(memo_newest(memo_find(world.memo, key)), &before);
	answer("a", 1, 1);
	memo_clear(world.memo);
	assert_null(before.entry);
	assert_false(is_there("q"));
	assert_false(is_there("a"));
	memo_begin(world.memo, &key, &after, 3);
	memo_end(world.memo, &before);
	assert_ptr_equal(memo_newest(after.entry), &after);
	memo_end(world.memo, &after);
	assert_int_equal(memo_stats(world.memo).bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_answer_has_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_least_recently_used_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup_counted, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clear, setup, teardown),
	};

	memo_free(NULL);
	return cmocka_run_group_tests_name("memo", tests, NULL, NULL);
}
