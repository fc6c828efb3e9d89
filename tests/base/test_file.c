/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
	char folder[40], path[60];
	struct buf got;
	struct err err;
};

static int set_up(void **state)
{
	struct world *world = xnew(struct world);

	snprintf(world->folder, sizeof(world->folder), "/tmp/gaugelet-file-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/text", world->folder);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	unlink(world->path);
	assert_int_equal(rmdir(world->folder), 0); /* nothing temporary is left */
	buf_clear(&world->got);
	free(world);
	return 0;
}

static void write_file(struct world *world, struct str text, unsigned mode)
{
	assert_true(file_write(world->path, text, mode, &world->err));
}

static void test_what_was_written_is_read(void **state)
{
	struct world *world = *state;

	write_file(world, STR("a\0b\n"), 0600);
	buf_puts(&world->got, "before ");
	assert_true(file_read(world->path, &world->got, &world->err));
	assert_true(str_eq(buf_str(&world->got), STR("before a\0b\n")));
}

static void test_large(void **state)
{
	struct world *world = *state;
	struct buf large = {0};

	for (int i = 0; i < 100000; i++)
		buf_put_i64(&large, i);
	write_file(world, buf_str(&large), 0600);
	assert_true(file_read(world->path, &world->got, &world->err));
	assert_true(str_eq(buf_str(&world->got), buf_str(&large)));
	buf_clear(&large);
}

static void test_replaces_and_sets_the_mode(void **state)
{
	struct world *world = *state;
	struct stat about;

	write_file(world, STR("old and longer"), 0600);
	write_file(world, STR("new"), 0640);
	assert_true(file_read(world->path, &world->got, &world->err));
	assert_string_equal(buf_cstr(&world->got), "new");
	assert_int_equal(stat(world->path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0640);
}

static void test_as_large_as_allowed(void **state)
{
	struct world *world = *state;

	world->got.max = 4;
	write_file(world, STR("four"), 0600);
	assert_true(file_read(world->path, &world->got, &world->err));
}

static void test_too_large(void **state)
{
	struct world *world = *state;

	world->got.max = 4;
	write_file(world, STR("fifth"), 0600);
	assert_false(file_read(world->path, &world->got, &world->err));
	assert_int_equal(world->err.code, ERR_LIMIT);
	assert_non_null(strstr(world->err.msg, world->path));
}

static void assert_unreadable(struct world *world, const char *path, const char *reason)
{
	assert_false(file_read(path, &world->got, &world->err));
	assert_int_equal(world->err.code, ERR_IO);
	assert_non_null(strstr(world->err.msg, path));
	assert_non_null(strstr(world->err.msg, reason));
}

static void test_missing(void **state)
{
	struct world *world = *state;

	assert_unreadable(world, world->path, "No such file");
}

static void test_folder(void **state)
{
	struct world *world = *state;

	assert_unreadable(world, world->folder, "Is a directory");
}

static void test_fifo_does_not_block(void **state)
{
	struct world *world = *state;

	assert_int_equal(mkfifo(world->path, 0600), 0);
	assert_true(file_read(world->path, &world->got, &world->err));
	assert_int_equal(world->got.len, 0);
}

/* As a shell's <(...) does. */
static void test_waits_for_a_fifo(void **state)
{
	struct world *world = *state;
	pid_t writer;

	assert_int_equal(mkfifo(world->path, 0600), 0);
	writer = fork();
	if (writer == 0) {
		FILE *file = fopen(world->path, "w");

		_exit(file && fputs("late", file) >= 0 && fclose(file) == 0 ? 0 : 1);
	}
	assert_true(file_read_waiting(world->path, &world->got, &world->err));
	assert_string_equal(buf_cstr(&world->got), "late");
	assert_int_equal(waitpid(writer, NULL, 0), writer);
}

static void test_write_where_nothing_can_be(void **state)
{
	struct world *world = *state;

	assert_false(file_write("/nonexistent/folder/text", STR("x"), 0600, &world->err));
	assert_int_equal(world->err.code, ERR_IO);
	assert_string_equal(world->err.msg, "/nonexistent/folder/text: No such file or directory");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_what_was_written_is_read),
		IN_WORLD(test_large),
		IN_WORLD(test_replaces_and_sets_the_mode),
		IN_WORLD(test_as_large_as_allowed),
		IN_WORLD(test_too_large),
		IN_WORLD(test_missing),
		IN_WORLD(test_folder),
		IN_WORLD(test_fifo_does_not_block),
		IN_WORLD(test_waits_for_a_fifo),
		IN_WORLD(test_write_where_nothing_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
