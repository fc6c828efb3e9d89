/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct letter {
	char name;
	struct list link;
};

static struct letter letters[4];
static struct list head;

static int setup(void **state)
{
	(void)state;
	list_init(&head);
	for (size_t i = 0; i < COUNT_OF(letters); i++) {
		letters[i] = (struct letter){.name = (char)('a' + i)};
		list_put_last(&head, &letters[i].link);
	}
	return 0;
}

/* In both directions. */
static void assert_list(struct list *list, const char *want)
{
	size_t length = strlen(want);
	struct list *at = list;

	for (size_t i = 0; i < length; i++)
		assert_int_equal(LIST_OF(at = at->next, struct letter, link)->name, want[i]);
	assert_ptr_equal(at->next, list);
	at = list;
	for (size_t i = length; i-- > 0;)
		assert_int_equal(LIST_OF(at = at->previous, struct letter, link)->name, want[i]);
	assert_ptr_equal(at->previous, list);
	assert_int_equal(list_is_empty(list), length == 0);
}

static void test_put(void **state)
{
	struct letter first = {.name = 'x'};

	(void)state;
	assert_list(&head, "abcd");
	assert_false(list_is_in(&first.link));
	list_put_first(&head, &first.link);
	assert_true(list_is_in(&first.link));
	assert_list(&head, "xabcd");
}

static void test_leave(void **state)
{
	(void)state;
	list_leave(&letters[1].link);
	assert_list(&head, "acd");
	list_leave(&letters[1].link); /* again */
	list_leave(&letters[3].link);
	list_leave(&letters[0].link);
	assert_list(&head, "c");
	assert_false(list_is_in(&letters[1].link));
	list_leave(&letters[2].link);
	assert_list(&head, "");
}

static void test_take_first(void **state)
{
	(void)state;
	assert_ptr_equal(list_take_first(&head), &letters[0].link);
	assert_false(list_is_in(&letters[0].link));
	assert_list(&head, "bcd");
	for (size_t i = 1; i < COUNT_OF(letters); i++)
		assert_ptr_equal(list_take_first(&head), &letters[i].link);
	assert_null(list_take_first(&head));
}

static void test_move(void **state)
{
	struct letter other = {.name = 'x'};
	struct list to, empty;

	(void)state;
	list_init(&to);
	list_init(&empty);
	list_put_last(&to, &other.link);
	list_move(&empty, &to);
	assert_list(&to, "x");
	list_move(&head, &to);
	assert_list(&head, "");
	assert_list(&to, "xabcd");
	list_move(&to, &head);
	assert_list(&head, "xabcd");
	assert_list(&to, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_put, setup),
		cmocka_unit_test_setup(test_leave, setup),
		cmocka_unit_test_setup(test_take_first, setup),
		cmocka_unit_test_setup(test_move, setup),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
