/* SPDX-License-Identifier: Apache-2.0 */
#include "net/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG_BYTES = 32 << 20, FEW_FILES = 100 };

static void test_cpu_grows(void **state)
{
	double before = process_stats().cpu_s;

	(void)state;
	while (process_stats().cpu_s < before + .01)
		continue;
	assert_true(before >= 0 && process_stats().cpu_s < before + 60);
}

static void test_memory_is_that_which_is_touched(void **state)
{
	struct process_stats before = process_stats(), after;
	char *big = xcalloc(BIG_BYTES, 1);

	(void)state;
	memset(big, 1, BIG_BYTES);
	after = process_stats();
	assert_true(before.has_memory && after.has_memory);
	assert_true(after.resident_bytes >= before.resident_bytes + BIG_BYTES / 2);
	assert_true(after.resident_bytes < before.resident_bytes + 4 * (uint64_t)BIG_BYTES);
	assert_true(after.virtual_bytes > after.resident_bytes);
	free(big);
}

static void test_descriptors(void **state)
{
	struct process_stats before = process_stats();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0 && before.has_fds);
	assert_int_equal(process_stats().open_fds, before.open_fds + 1);
	close(fd);
	assert_int_equal(process_stats().open_fds, before.open_fds);
}

static void test_limit(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = FEW_FILES;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(process_stats().max_fds, FEW_FILES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_grows),
		cmocka_unit_test(test_memory_is_that_which_is_touched),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
