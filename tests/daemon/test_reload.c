/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reload.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/rule.h"
#include "base/file.h"
#include "net/loop.h"

#define RULE(query) "- {seriesQuery: " query ", metricsQuery: 'sum(<<.Series>>) by (<<.GroupBy>>)'}\n"
#define ONE	    "rules:\n" RULE("a")
#define OTHER	    "rules:\n" RULE("b") RULE("c")
#define BROKEN	    "rules:\n- {seriesQuery: b, metricsQuery: '<<.Serie'}\n"

enum { HOUR_MS = 3600 * 1000, PATIENCE_MS = 20 * 1000, LOOK_MS = 5, WRITE_MS = 40 };

struct world {
	char folder[40], path[60];
	struct loop *loop;
	struct reload *reload;
	struct rules *rules;
	unsigned given;
	struct loop_timer patience, look;
	bool (*enough)(const struct world *world);
};

static void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static void look(void *context)
{
	struct world *world = context;

	if (world->enough(world))
		loop_stop(world->loop);
	else
		loop_timer_set(world->loop, &world->look, LOOK_MS);
}

static void run_until(struct world *world, bool (*enough)(const struct world *world))
{
	world->enough = enough;
	loop_timer_set(world->loop, &world->look, 0);
	loop_run(world->loop);
}

static void keep(void *context, struct rules *rules)
{
	struct world *world = context;

	rules_unref(world->rules);
	world->rules = rules;
	world->given++;
}

/* As somebody does who replaces the file at once. */
static void put(struct world *world, const char *text)
{
	struct err err = {0};

	assert_true(file_write(world->path, str_of(text), 0600, &err));
}

static int set_up(void **state)
{
	struct world *world = xnew(struct world);
	struct err err = {0};

	snprintf(world->folder, sizeof(world->folder), "/tmp/gaugelet-reload-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/rules.yaml", world->folder);
	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up};
	world->look = (struct loop_timer){.handler = look, .context = world};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	char command[80];

	reload_free(world->reload);
	rules_unref(world->rules);
	loop_free(world->loop);
	snprintf(command, sizeof(command), "rm -r %s", world->folder);
	assert_int_equal(system(command), 0);
	free(world);
	return 0;
}

static void begin_with(struct world *world, struct reload_options options)
{
	struct err err = {0};

	world->reload = reload_new(&options);
	assert_true(reload_first(world->reload, &world->rules));
	assert_true(reload_watch(world->reload, world->loop, keep, world, &err));
}

/* With the file as it is, and with the first look behind us. */
static bool has_looked(const struct world *world)
{
	return reload_stats(world->reload).unchanged > 0;
}

static void begin(struct world *world, int64_t gone_ms)
{
	begin_with(world, (struct reload_options){
				  .path = world->path, .look_ms = HOUR_MS, .settle_ms = 5, .gone_ms = gone_ms});
	run_until(world, has_looked);
	assert_int_equal(world->given, 0);
}

static void expect_stats(struct world *world, uint64_t good, uint64_t failed, bool last_good)
{
	struct reload_stats stats = reload_stats(world->reload);

	assert_int_equal(stats.good, good);
	assert_int_equal(stats.failed, failed);
	assert_int_equal(stats.last_good, last_good);
	assert_int_equal(world->given, good);
}

/* ---- at the start */

static void test_the_start(void **state)
{
	struct world *world = *state;
	struct reload_options options = {.path = world->path, .external_from_rules = true};

	put(world, ONE);
	world->reload = reload_new(&options);
	assert_true(reload_first(world->reload, &world->rules));
	assert_int_equal(world->rules->count, 2); /* the second one is the twin */
}

static void test_a_bad_start(void **state)
{
	struct world *world = *state;
	struct reload_options options = {.path = world->path};

	world->reload = reload_new(&options);
	assert_false(reload_first(world->reload, &world->rules)); /* there is none */
	put(world, BROKEN);
	assert_false(reload_first(world->reload, &world->rules));
	assert_null(world->rules);
}

static bool is_told(const struct world *world)
{
	(void)world;
	return true;
}

static void test_without_a_file(void **state)
{
	struct world *world = *state;

	begin_with(world, (struct reload_options){.path = NULL});
	assert_int_equal(world->rules->count, 0);
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	run_until(world, is_told);
	expect_stats(world, 0, 0, true);
}

/* ---- other bytes */

static bool is_given(const struct world *world)
{
	return world->given > 0;
}

static void test_another_file(void **state)
{
	struct world *world = *state;
	int64_t begin_ms = loop_wall_ms(world->loop);

	put(world, ONE);
	begin(world, HOUR_MS);
	put(world, OTHER);
	run_until(world, is_given);
	expect_stats(world, 1, 0, true);
	assert_int_equal(world->rules->count, 2);
	assert_true(reload_stats(world->reload).last_good_ms >= begin_ms);
}

static void test_twins_come_again(void **state)
{
	struct world *world = *state;

	put(world, ONE);
	begin_with(world,
		   (struct reload_options){
			   .path = world->path, .external_from_rules = true, .look_ms = HOUR_MS, .gone_ms = HOUR_MS});
	put(world, OTHER);
	run_until(world, is_given);
	assert_int_equal(world->rules->custom_count, 2);
	assert_int_equal(world->rules->count, 4);
}

/* Somebody who writes on and on; a file that is written in place is told of when it is there, and not when it is whole. */
struct writer {
	struct world *world;
	struct loop_timer timer;
	FILE *file;
	int left;
};

static void write_on(void *context)
{
	struct writer *writer = context;

	assert_true(fprintf(writer->file, RULE("d%d"), writer->left) > 0);
	assert_int_equal(fflush(writer->file), 0);
	if (--writer->left > 0)
		loop_timer_set(writer->world->loop, &writer->timer, WRITE_MS);
	else
		assert_int_equal(fclose(writer->file), 0);
}

static void test_half_of_the_rules(void **state)
{
	struct world *world = *state;
	struct writer writer = {.world = world, .left = 20};

	put(world, ONE);
	begin_with(world, (struct reload_options){
				  .path = world->path, .look_ms = HOUR_MS, .settle_ms = 600, .gone_ms = HOUR_MS});
	run_until(world, has_looked);
	assert_int_equal(unlink(world->path), 0);
	writer.file = fopen(world->path, "w"); /* it is new, which is told */
	assert_non_null(writer.file);
	assert_true(fputs("rules:\n", writer.file) >= 0);
	writer.timer = (struct loop_timer){.handler = write_on, .context = &writer};
	write_on(&writer);
	run_until(world, is_given);
	expect_stats(world, 1, 0, true);
	assert_int_equal(writer.left, 0);
	assert_int_equal(world->rules->count, 20);
}

static void swap_data(struct world *world, const char *target)
{
	char data[80], next[80];

	snprintf(data, sizeof(data), "%s/..data", world->folder);
	snprintf(next, sizeof(next), "%s/..data_tmp", world->folder);
	assert_int_equal(symlink(target, next), 0);
	assert_int_equal(rename(next, data), 0);
}

static void put_version(struct world *world, const char *name, const char *text)
{
	char folder[80], path[100];
	struct err err = {0};

	snprintf(folder, sizeof(folder), "%s/%s", world->folder, name);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(path, sizeof(path), "%s/rules.yaml", folder);
	assert_true(file_write(path, str_of(text), 0600, &err));
}

/* The file is rules.yaml -> ..data/rules.yaml, and ..data -> the folder of a version, which is swapped. */
static void test_a_configmap_is_swapped(void **state)
{
	struct world *world = *state;

	put_version(world, "..1", ONE);
	put_version(world, "..2", OTHER);
	swap_data(world, "..1");
	assert_int_equal(symlink("..data/rules.yaml", world->path), 0);
	begin(world, HOUR_MS);
	swap_data(world, "..2");
	run_until(world, is_given);
	assert_int_equal(world->rules->count, 2);
}

/* ---- what is not taken */

static bool has_failed(const struct world *world)
{
	return reload_stats(world->reload).failed > 0;
}

static void replace_by(struct world *world, const char *bad)
{
	put(world, ONE);
	begin(world, HOUR_MS);
	put(world, bad);
	run_until(world, has_failed);
	expect_stats(world, 0, 1, false);
	assert_int_equal(world->rules->count, 1);
	put(world, ONE); /* the bytes before are other bytes now */
	run_until(world, is_given);
	expect_stats(world, 1, 1, true);
}

static void test_a_broken_file(void **state)
{
	replace_by(*state, BROKEN);
}

static void test_an_empty_file(void **state)
{
	replace_by(*state, "\n");
}

static void test_half_a_file(void **state)
{
	replace_by(*state, "rules:\n- {seriesQuery: a");
}

static void test_a_file_that_is_gone(void **state)
{
	struct world *world = *state;

	put(world, ONE);
	begin(world, 5);
	assert_int_equal(unlink(world->path), 0);
	assert_int_equal(raise(SIGHUP), 0);
	expect_stats(world, 0, 0, true);
	run_until(world, has_failed);
	expect_stats(world, 0, 1, false);
	put(world, ONE);
	run_until(world, is_given);
	expect_stats(world, 1, 1, true);
}

static void test_a_file_that_comes_back(void **state)
{
	struct world *world = *state;

	put(world, ONE);
	begin(world, HOUR_MS);
	assert_int_equal(unlink(world->path), 0);
	assert_int_equal(raise(SIGHUP), 0);
	put(world, OTHER);
	run_until(world, is_given);
	expect_stats(world, 1, 0, true);
}

/* ---- when somebody says so */

static bool is_unchanged_again(const struct world *world)
{
	return reload_stats(world->reload).unchanged == 2;
}

static void test_the_same_bytes_are_only_counted(void **state)
{
	struct world *world = *state;

	put(world, ONE);
	begin(world, HOUR_MS);
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	run_until(world, is_unchanged_again);
	expect_stats(world, 0, 0, true);
}

/* Nothing but the signal tells of the file: its folder is not the one that is watched. */
static void test_a_signal_reads_the_file(void **state)
{
	struct world *world = *state;

	put_version(world, "one", ONE);
	assert_int_equal(symlink("one/rules.yaml", world->path), 0);
	begin(world, HOUR_MS);
	snprintf(world->path, sizeof(world->path), "%s/one/rules.yaml", world->folder);
	put(world, OTHER); /* behind the link */
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	run_until(world, is_given);
	expect_stats(world, 1, 0, true);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_the_start),
		IN_WORLD(test_a_bad_start),
		IN_WORLD(test_without_a_file),
		IN_WORLD(test_another_file),
		IN_WORLD(test_twins_come_again),
		IN_WORLD(test_half_of_the_rules),
		IN_WORLD(test_a_configmap_is_swapped),
		IN_WORLD(test_a_broken_file),
		IN_WORLD(test_an_empty_file),
		IN_WORLD(test_half_a_file),
		IN_WORLD(test_a_file_that_is_gone),
		IN_WORLD(test_a_file_that_comes_back),
		IN_WORLD(test_the_same_bytes_are_only_counted),
		IN_WORLD(test_a_signal_reads_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
