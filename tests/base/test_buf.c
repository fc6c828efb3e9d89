/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static void test_empty(void **state)
{
	struct buf buf = {0};

	(void)state;
	assert_string_equal(buf_cstr(&buf), "");
	assert_int_equal(buf_str(&buf).len, 0);
	buf_put(&buf, (struct str){NULL, 0});
	buf_puts(&buf, "");
	assert_null(buf.ptr);
	buf_clear(&buf);
}

static void test_wipe(void **state)
{
	struct buf buf = BUF_MAX(10);

	(void)state;
	buf_wipe(&buf);
	buf_puts(&buf, "secret");
	buf_wipe(&buf);
	assert_null(buf.ptr);
	assert_int_equal(buf.len, 0);
	buf_puts(&buf, "longer than ten");
	assert_true(buf.failed); /* the maximum stays */
	buf_wipe(&buf);
	assert_false(buf.failed);
}

static void test_put(void **state)
{
	CLEANUP(buf_clear) struct buf buf = {0};

	(void)state;
	buf_put(&buf, STR("a\0b"));
	buf_puts(&buf, "cd");
	buf_putc(&buf, 'e');
	buf_printf(&buf, "-%s-%d", "f", -7);
	assert_true(str_eq(buf_str(&buf), STR("a\0bcde-f--7")));
	assert_memory_equal(buf_cstr(&buf), "a\0bcde-f--7", 12); /* with its NUL */
	assert_false(buf.failed);
}

static void test_numbers(void **state)
{
	CLEANUP(buf_clear) struct buf buf = {0};

	(void)state;
	buf_put_u64(&buf, 0);
	buf_putc(&buf, ' ');
	buf_put_u64(&buf, UINT64_MAX);
	buf_putc(&buf, ' ');
	buf_put_i64(&buf, INT64_MIN);
	buf_putc(&buf, ' ');
	buf_put_i64(&buf, INT64_MAX);
	buf_putc(&buf, ' ');
	buf_put_i64(&buf, -1);
	assert_string_equal(buf_cstr(&buf), "0 18446744073709551615 -9223372036854775808 9223372036854775807 -1");
}

static void test_counts(void **state)
{
	CLEANUP(buf_clear) struct buf buf = {0};

	(void)state;
	buf_put_count(&buf, 1, "sample,");
	buf_put_count(&buf, 0, "sample");
	buf_put_count(&buf, 2, "series");
	assert_string_equal(buf_cstr(&buf), "1 sample,0 samples2 series");
}

/* Over every growth step, byte by byte and in one piece, what was there stays. */
static void test_grows(void **state)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(buf_clear) struct buf printed = {0};

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		buf_putc(&bytes, (char)('a' + i % 26));
		buf_printf(&printed, "%c", 'a' + (int)(i % 26));
		assert_int_equal(strlen(buf_cstr(&bytes)), i + 1);
	}
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(bytes.ptr[i], 'a' + i % 26);
	assert_true(str_eq(buf_str(&bytes), buf_str(&printed)));
}

static void test_maximum(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_MAX(5);

	(void)state;
	buf_puts(&buf, "12345");
	assert_false(buf.failed);
	assert_string_equal(buf_cstr(&buf), "12345");
	buf_putc(&buf, '6');
	assert_true(buf.failed);
	assert_string_equal(buf_cstr(&buf), "12345");
}

/* Once something did not fit, nothing is appended any more, else it would look whole. */
static void test_fails_stickily(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_MAX(5);

	(void)state;
	buf_puts(&buf, "123");
	buf_puts(&buf, "456");
	assert_true(buf.failed);
	buf_putc(&buf, '4');
	buf_printf(&buf, "%d", 4);
	buf_put_u64(&buf, 4);
	assert_string_equal(buf_cstr(&buf), "123");
	assert_false(buf_reserve(&buf, 0));
	buf_reset(&buf);
	assert_false(buf.failed);
	assert_int_equal(buf.len, 0);
	buf_printf(&buf, "%s", "12345");
	assert_string_equal(buf_cstr(&buf), "12345");
	buf_printf(&buf, "%s", "6");
	assert_true(buf.failed);
	buf_clear(&buf);
	assert_int_equal(buf.max, 5);
	assert_false(buf.failed);
}

static void test_reserve(void **state)
{
	CLEANUP(buf_clear) struct buf buf = BUF_MAX(100);

	(void)state;
	assert_true(buf_reserve(&buf, 100));
	memset(buf.ptr, 'x', 100);
	buf.len = 100;
	assert_int_equal(strlen(buf_cstr(&buf)), 100);
	assert_false(buf_reserve(&buf, SIZE_MAX)); /* the sum overflows */
	assert_true(buf.failed);
}

static void test_steal(void **state)
{
	struct buf buf = BUF_MAX(5);
	char *text;

	(void)state;
	buf_puts(&buf, "12345");
	text = buf_steal(&buf);
	assert_string_equal(text, "12345");
	assert_null(buf.ptr);
	assert_int_equal(buf.max, 5);
	free(text);
	text = buf_steal(&buf);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),	cmocka_unit_test(test_wipe),	       cmocka_unit_test(test_put),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_counts),	       cmocka_unit_test(test_grows),
		cmocka_unit_test(test_maximum), cmocka_unit_test(test_fails_stickily), cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_steal),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
