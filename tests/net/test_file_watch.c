/* SPDX-License-Identifier: Apache-2.0 */
#include "net/file_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/file.h"
#include "net/loop.h"

enum { HOUR_MS = 3600 * 1000, PATIENCE_MS = 20 * 1000, LOOK_MS = 20 };

struct world {
	char folder[40];
	struct loop *loop;
	struct file_watch *watch;
	struct loop_timer watchdog, quiet;
	unsigned changes;
	bool too_late;
};

static void on_too_late(void *context)
{
	struct world *world = context;

	world->too_late = true;
	loop_stop(world->loop);
}

static void on_quiet(void *context)
{
	struct world *world = context;

	loop_stop(world->loop);
}

static void on_change(void *context)
{
	struct world *world = context;

	world->changes++;
	loop_stop(world->loop);
}

static int set_up(void **state)
{
	struct world *world = xnew(struct world);
	struct err err = {0};

	snprintf(world->folder, sizeof(world->folder), "/tmp/gaugelet-watch-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->watchdog = (struct loop_timer){.handler = on_too_late, .context = world};
	world->quiet = (struct loop_timer){.handler = on_quiet, .context = world};
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char command[80];

	file_watch_free(world->watch);
	loop_timer_cancel(world->loop, &world->watchdog);
	loop_free(world->loop);
	snprintf(command, sizeof(command), "rm -r %s", world->folder);
	assert_int_equal(system(command), 0);
	free(world);
	return 0;
}

static void path_of(const struct world *world, const char *name, char path[120])
{
	snprintf(path, 120, "%s/%s", world->folder, name);
}

static void write_to(const struct world *world, const char *name, const char *text)
{
	char path[120];
	FILE *file;

	path_of(world, name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void move(const struct world *world, const char *from, const char *to)
{
	char from_path[120], to_path[120];

	path_of(world, from, from_path);
	path_of(world, to, to_path);
	assert_int_equal(rename(from_path, to_path), 0);
}

static void link_to(const struct world *world, const char *target, const char *name)
{
	char path[120];

	path_of(world, name, path);
	assert_int_equal(symlink(target, path), 0);
}

static void make_folder(const struct world *world, const char *name)
{
	char path[120];

	path_of(world, name, path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void watch(struct world *world, const char *first, const char *second, int64_t look_ms)
{
	char first_path[120], second_path[120];
	const char *paths[] = {first_path, second != NULL ? second_path : NULL, NULL};

	path_of(world, first, first_path);
	if (second != NULL)
		path_of(world, second, second_path);
	world->watch = file_watch_new(world->loop, paths, look_ms, on_change, world);
}

static void await_change(struct world *world)
{
	loop_timer_set(world->loop, &world->watchdog, PATIENCE_MS);
	loop_run(world->loop);
	loop_timer_cancel(world->loop, &world->watchdog);
	assert_false(world->too_late);
}

/* Whatever is to be told would have been told by now. */
static void await_quiet(struct world *world)
{
	loop_timer_set(world->loop, &world->quiet, 300);
	loop_run(world->loop);
	loop_timer_cancel(world->loop, &world->quiet);
}

static void test_written_in_place(void **state)
{
	struct world *world = *state;

	write_to(world, "a", "1");
	watch(world, "a", NULL, HOUR_MS);
	assert_true(file_watch_is_prompt(world->watch));
	write_to(world, "a", "2");
	await_change(world);
	assert_int_equal(world->changes, 1);
}

static void test_renamed_over(void **state)
{
	struct world *world = *state;

	write_to(world, "a", "1");
	write_to(world, "new", "2");
	watch(world, "a", NULL, HOUR_MS);
	move(world, "new", "a");
	await_change(world);
	assert_int_equal(world->changes, 1);
}

static void test_not_there_at_first(void **state)
{
	struct world *world = *state;

	watch(world, "a", NULL, HOUR_MS);
	write_to(world, "a", "1");
	await_change(world);
	assert_int_equal(world->changes, 1);
}

/* What kubelet does to a mounted Secret. */
static void test_secret_swapped(void **state)
{
	struct world *world = *state;

	make_folder(world, "..1");
	make_folder(world, "..2");
	write_to(world, "..1/a", "1");
	write_to(world, "..2/a", "2");
	link_to(world, "..1", "..data");
	link_to(world, "..data/a", "a");
	watch(world, "a", NULL, HOUR_MS);
	link_to(world, "..2", "..data_tmp");
	move(world, "..data_tmp", "..data");
	await_change(world);
	assert_int_equal(world->changes, 1);
}

static void test_two_together_are_one(void **state)
{
	struct world *world = *state;

	watch(world, "a", "b", HOUR_MS);
	write_to(world, "a", "1");
	write_to(world, "b", "1");
	await_change(world);
	await_quiet(world);
	assert_int_equal(world->changes, 1);
}

static void test_again(void **state)
{
	struct world *world = *state;

	watch(world, "a", "b", HOUR_MS);
	write_to(world, "a", "1");
	await_change(world);
	write_to(world, "b", "1");
	await_change(world);
	assert_int_equal(world->changes, 2);
}

static void test_others_do_not_concern(void **state)
{
	struct world *world = *state;

	watch(world, "a", NULL, HOUR_MS);
	write_to(world, "ab", "1");
	write_to(world, ".a", "1");
	await_quiet(world);
	assert_int_equal(world->changes, 0);
}

/* A folder that is not there cannot be watched: the look finds what is in it later, and then it can. */
static void test_folder_later(void **state)
{
	struct world *world = *state;

	watch(world, "sub/a", NULL, LOOK_MS);
	assert_false(file_watch_is_prompt(world->watch));
	make_folder(world, "sub");
	write_to(world, "sub/a", "1");
	await_change(world);
	assert_true(file_watch_is_prompt(world->watch));
}

/* inotify looks at the folder that holds the link: what happens behind it, only the look sees. */
static void test_look_behind_link(void **state)
{
	struct world *world = *state;

	make_folder(world, "far");
	write_to(world, "far/a", "1");
	write_to(world, "far/new", "2");
	link_to(world, "far/a", "a");
	watch(world, "a", NULL, LOOK_MS);
	await_quiet(world);
	assert_int_equal(world->changes, 0);
	move(world, "far/new", "far/a");
	await_change(world);
	assert_int_equal(world->changes, 1);
}

static void test_folder_replaced(void **state)
{
	struct world *world = *state;

	make_folder(world, "sub");
	write_to(world, "sub/a", "1");
	make_folder(world, "other");
	write_to(world, "other/a", "2");
	watch(world, "sub/a", NULL, LOOK_MS);
	move(world, "sub", "old");
	move(world, "other", "sub");
	await_change(world);
	await_quiet(world);
	assert_int_equal(world->changes, 1);
	write_to(world, "old/a", "3"); /* no more ours */
	await_quiet(world);
	assert_int_equal(world->changes, 1);
	write_to(world, "sub/a", "4");
	await_change(world);
	assert_int_equal(world->changes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_written_in_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renamed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_there_at_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secret_swapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_together_are_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others_do_not_concern, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folder_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_look_behind_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folder_replaced, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
