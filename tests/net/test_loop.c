/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"
#include "../bucket_sum.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

/* A world with a loop, two eventfds that are ready to be read, and a diary of what happened. */
struct world {
	struct loop *loop;
	int ready[2];
	char diary[64];
	size_t diary_len;
	struct loop_timer timers[4];
	int others[2]; /* descriptors of the test itself */
};

static void note(struct world *world, char what)
{
	assert_true(world->diary_len + 1 < sizeof(world->diary));
	world->diary[world->diary_len++] = what;
}

static int ready_fd(void)
{
	int fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int set_up(void **state)
{
	struct err err = {0};
	struct world *world = xnew(struct world);

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->ready[0] = ready_fd();
	world->ready[1] = ready_fd();
	world->others[0] = world->others[1] = -1;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	loop_free(world->loop);
	for (int i = 0; i < 2; i++) {
		close(world->ready[i]);
		if (world->others[i] >= 0)
			close(world->others[i]);
	}
	free(world);
	return 0;
}

static void watch(struct world *world, int fd, loop_fd_handler *handler)
{
	struct err err = {0};

	assert_true(loop_watch(world->loop, fd, EPOLLIN, handler, world, &err));
}

static void set_timer(struct world *world, int number, int64_t delay_ms, void (*handler)(void *))
{
	world->timers[number].handler = handler;
	world->timers[number].context = world;
	loop_timer_set(world->loop, &world->timers[number], delay_ms);
}

static void note_a(void *context)
{
	note(context, 'a');
}

static void note_b(void *context)
{
	note(context, 'b');
}

static void note_c(void *context)
{
	note(context, 'c');
}

static void stop(void *context)
{
	struct world *world = context;

	note(world, '.');
	loop_stop(world->loop);
}

/* ---- descriptors */

static void take_and_stop(void *context, int fd, uint32_t events)
{
	struct world *world = context;
	uint64_t count;

	assert_int_equal(events, EPOLLIN);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	note(world, fd == world->ready[0] ? '0' : '1');
	loop_stop(world->loop);
}

static void test_ready_descriptor(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[1], take_and_stop);
	loop_run(world->loop);
	assert_string_equal(world->diary, "1");
}

static void count_to_three(void *context, int fd, uint32_t events)
{
	struct world *world = context;

	(void)fd;
	(void)events;
	note(world, 'r');
	if (world->diary_len == 3)
		loop_stop(world->loop);
}

static void test_level_triggered(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[0], count_to_three);
	loop_run(world->loop);
	assert_string_equal(world->diary, "rrr");
}

static void unwatch_both(void *context, int fd, uint32_t events)
{
	struct world *world = context;

	(void)fd;
	(void)events;
	note(world, 'u');
	loop_unwatch(world->loop, world->ready[0]);
	loop_unwatch(world->loop, world->ready[1]);
	set_timer(world, 0, 0, stop);
}

/* Both are in one batch; the first handler unwatches the second. */
static void test_stale_event_is_dropped(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[0], unwatch_both);
	watch(world, world->ready[1], unwatch_both);
	loop_run(world->loop);
	assert_string_equal(world->diary, "u.");
}

static void fresh(void *context, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	note(context, 'f');
}

static void reuse_the_other(void *context, int fd, uint32_t events)
{
	struct world *world = context;
	int other = fd == world->ready[0] ? 1 : 0;
	int number = world->ready[other];

	(void)events;
	note(world, 'u');
	loop_unwatch(world->loop, fd);
	loop_unwatch(world->loop, number);
	close(number);
	world->ready[other] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); /* not ready, and of the same number */
	assert_int_equal(world->ready[other], number);
	watch(world, number, fresh);
	set_timer(world, 0, 0, stop);
}

static void test_event_of_a_reused_number_is_dropped(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[0], reuse_the_other);
	watch(world, world->ready[1], reuse_the_other);
	loop_run(world->loop);
	assert_string_equal(world->diary, "u.");
}

static void test_watch_again_replaces(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[0], fresh);
	watch(world, world->ready[0], take_and_stop);
	loop_run(world->loop);
	assert_string_equal(world->diary, "0");
}

static void writable(void *context, int fd, uint32_t events)
{
	struct world *world = context;

	(void)fd;
	assert_int_equal(events, EPOLLOUT);
	note(world, 'w');
	loop_stop(world->loop);
}

static void test_rewatch_changes_the_events(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[0], writable);
	loop_rewatch(world->loop, world->ready[0], EPOLLOUT);
	loop_run(world->loop);
	assert_string_equal(world->diary, "w");
}

static void test_a_file_cannot_be_watched(void **state)
{
	struct world *world = *state;
	struct err err = {0};
	char name[] = "/tmp/gaugelet-loop-XXXXXX";

	world->others[0] = mkstemp(name);
	assert_true(world->others[0] >= 0);
	unlink(name);
	assert_false(loop_watch(world->loop, world->others[0], EPOLLIN, fresh, world, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, "Operation not permitted"));
	loop_unwatch(world->loop, world->others[0]); /* does nothing */
}

/* ---- timers */

static void test_timers_in_order(void **state)
{
	struct world *world = *state;
	int64_t before = loop_now_ms(world->loop);

	set_timer(world, 0, 6, stop);
	set_timer(world, 1, 4, note_b);
	set_timer(world, 2, 2, note_a);
	set_timer(world, 3, 5, note_c);
	loop_run(world->loop);
	assert_string_equal(world->diary, "abc.");
	assert_true(loop_now_ms(world->loop) >= before + 6);
}

static void test_timer_moves(void **state)
{
	struct world *world = *state;

	set_timer(world, 0, 1, note_a);
	set_timer(world, 1, 2, note_b);
	set_timer(world, 2, 4, stop);
	set_timer(world, 0, 3, note_a);
	loop_run(world->loop);
	assert_string_equal(world->diary, "ba.");
}

static void test_timer_cancel(void **state)
{
	struct world *world = *state;

	set_timer(world, 0, 1, note_a);
	set_timer(world, 1, 1, note_b);
	set_timer(world, 2, 2, stop);
	loop_timer_cancel(world->loop, &world->timers[0]);
	assert_int_equal(world->timers[0].heap_index, 0);
	loop_timer_cancel(world->loop, &world->timers[0]); /* fine when not set */
	loop_run(world->loop);
	assert_string_equal(world->diary, "b.");
}

static void cancel_the_next(void *context)
{
	struct world *world = context;

	note(world, 'x');
	loop_timer_cancel(world->loop, &world->timers[1]);
}

static void test_timer_cancelled_by_a_timer_of_the_same_turn(void **state)
{
	struct world *world = *state;

	set_timer(world, 0, 0, cancel_the_next);
	set_timer(world, 1, 1, note_b);
	set_timer(world, 2, 2, stop);
	usleep(3000); /* all are due when the loop looks first */
	loop_run(world->loop);
	assert_string_equal(world->diary, "x.");
}

static void again(void *context)
{
	struct world *world = context;

	note(world, 'g');
	set_timer(world, 0, 0, again);
}

/* A timer that is due again at once does not starve a descriptor. */
static void test_timer_of_zero_again_and_again(void **state)
{
	struct world *world = *state;

	set_timer(world, 0, 0, again);
	watch(world, world->ready[0], take_and_stop);
	loop_run(world->loop);
	assert_string_equal(world->diary, "0g");
}

/* Before the first turn nobody has read the clock for a while. */
static void test_timer_before_the_first_turn(void **state)
{
	struct world *world = *state;
	int64_t before = loop_now_ms(world->loop);

	usleep(3000);
	set_timer(world, 0, 0, stop);
	assert_true(world->timers[0].due_ms >= before + 3);
}

static void never(void *context)
{
	(void)context;
	fail();
}

static void test_timer_beyond_the_end_of_time(void **state)
{
	struct world *world = *state;

	set_timer(world, 0, INT64_MAX, never);
	assert_int_equal(world->timers[0].due_ms, INT64_MAX);
	set_timer(world, 1, -5, stop);
	loop_run(world->loop);
	assert_string_equal(world->diary, ".");
}

enum { MANY = 1000 };

struct ordered {
	struct loop_timer timer;
	int64_t *last_due_ms;
	int *left;
	struct loop *loop;
};

static void in_order(void *context)
{
	struct ordered *mine = context;

	assert_true(mine->timer.due_ms >= *mine->last_due_ms);
	*mine->last_due_ms = mine->timer.due_ms;
	if (--*mine->left == 0)
		loop_stop(mine->loop);
}

/* A thousand timers with pseudo-random delays, every third moved, every seventh cancelled. */
static void test_heap_of_many(void **state)
{
	struct world *world = *state;
	struct ordered *many = xcalloc(MANY, sizeof(*many));
	int64_t last_due_ms = 0;
	int left = MANY;
	uint32_t random = 12345;

	for (int i = 0; i < MANY; i++) {
		many[i] = (struct ordered){.timer = {.handler = in_order, .context = &many[i]},
					   .loop = world->loop,
					   .last_due_ms = &last_due_ms,
					   .left = &left};
		random = random * 1664525 + 1013904223;
		loop_timer_set(world->loop, &many[i].timer, random >> 28);
	}
	for (int i = 0; i < MANY; i += 3) {
		random = random * 1664525 + 1013904223;
		loop_timer_set(world->loop, &many[i].timer, random >> 28);
	}
	for (int i = 0; i < MANY; i += 7, left--)
		loop_timer_cancel(world->loop, &many[i].timer);
	loop_run(world->loop);
	assert_int_equal(left, 0);
	free(many);
}

/* ---- signals */

static void on_signal(void *context, int number)
{
	struct world *world = context;

	note(world, number == SIGUSR1 ? '1' : '2');
	if (world->diary_len == 2)
		loop_stop(world->loop);
}

static void test_signals(void **state)
{
	struct world *world = *state;
	struct err err = {0};

	assert_true(loop_signal(world->loop, SIGUSR1, on_signal, world, &err));
	assert_true(loop_signal(world->loop, SIGUSR2, on_signal, world, &err));
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(raise(SIGUSR2), 0);
	loop_run(world->loop);
	assert_int_equal(world->diary_len, 2);
	assert_non_null(strchr(world->diary, '1'));
	assert_non_null(strchr(world->diary, '2'));
}

/* ---- turns */

static void test_stop_before_run(void **state)
{
	struct world *world = *state;

	watch(world, world->ready[0], take_and_stop);
	loop_stop(world->loop);
	loop_run(world->loop);
	assert_string_equal(world->diary, "");
	loop_run(world->loop);
	assert_string_equal(world->diary, "0");
}

static void test_free_with_timers_set(void **state)
{
	struct err err = {0};
	struct loop_timer timer = {.handler = never};
	struct loop *loop = loop_new(&err);

	(void)state;
	loop_timer_set(loop, &timer, 5);
	assert_int_equal(timer.heap_index, 1);
	loop_free(loop);
	assert_int_equal(timer.heap_index, 0);
	loop_free(NULL);
}

static void test_wall_clock(void **state)
{
	struct world *world = *state;

	assert_true(loop_wall_ms(world->loop) > INT64_C(1700000000000));
}

static void dawdle(void *context)
{
	struct world *world = context;
	int64_t until_us = loop_exact_us(world->loop) + 30000;

	while (loop_exact_us(world->loop) < until_us)
		continue;
}

static void test_stats_of_turns(void **state)
{
	struct world *world = *state;
	struct loop_stats stats = loop_stats(world->loop);
	int64_t began_us = loop_exact_us(world->loop);
	double elapsed_s;

	assert_int_equal(bucket_sum(stats.turns.buckets, HISTOGRAM_BOUNDS), 0);
	assert_true(stats.longest_s <= 0);
	set_timer(world, 0, 0, dawdle);
	set_timer(world, 1, 300, stop);
	loop_run(world->loop);
	elapsed_s = (double)(loop_exact_us(world->loop) - began_us) / 1e6;
	stats = loop_stats(world->loop);
	assert_true(bucket_sum(stats.turns.buckets, HISTOGRAM_BOUNDS) >= 2);
	assert_true(stats.longest_s >= .03 && stats.turns.sum >= stats.longest_s);
	assert_true(stats.turns.sum <=
		    elapsed_s - (.29 - stats.longest_s)); /* the wait for the second does not count */
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(test_ready_descriptor),
		IN_WORLD(test_level_triggered),
		IN_WORLD(test_stale_event_is_dropped),
		IN_WORLD(test_event_of_a_reused_number_is_dropped),
		IN_WORLD(test_watch_again_replaces),
		IN_WORLD(test_rewatch_changes_the_events),
		IN_WORLD(test_a_file_cannot_be_watched),
		IN_WORLD(test_timers_in_order),
		IN_WORLD(test_timer_moves),
		IN_WORLD(test_timer_cancel),
		IN_WORLD(test_timer_cancelled_by_a_timer_of_the_same_turn),
		IN_WORLD(test_timer_of_zero_again_and_again),
		IN_WORLD(test_timer_before_the_first_turn),
		IN_WORLD(test_timer_beyond_the_end_of_time),
		IN_WORLD(test_heap_of_many),
		IN_WORLD(test_signals),
		IN_WORLD(test_stop_before_run),
		IN_WORLD(test_free_with_timers_set),
		IN_WORLD(test_wall_clock),
		IN_WORLD(test_stats_of_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
