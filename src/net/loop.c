/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/peak.h"
#include "base/vec.h"

enum { EVENTS_A_TURN = 64, SIGNALS = 65 };

/* One for each descriptor number. The generation tells a registration from an earlier one of the same number, whose
   events may already have been fetched. */
struct watch {
	loop_fd_handler *handler; /* NULL: not watched */
	void *context;
	uint32_t events, generation;
};

struct signal_watch {
	loop_signal_handler *handler;
	void *context;
};

struct loop {
	int epoll_fd, signal_fd;
	bool running, stopping;
	int64_t now_ms;
	struct {
		VEC_OF(struct watch);
	} watches;
	struct {
		VEC_OF(struct loop_timer *);
	} timers; /* a binary heap by due_ms */
	sigset_t signals;
	struct signal_watch signal_watches[SIGNALS];
	struct histogram turns;
	struct peak longest_us;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	CHECK(clock_gettime(clock, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t exact_us(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct loop *loop_new(struct err *err)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct loop *loop;

	if (epoll_fd < 0) {
		(void)err_set(err, ERR_IO, "epoll: %s", strerror(errno));
		return NULL;
	}
	/* A peer that closes while we write is an error of that write, never the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	loop = xnew(struct loop);
	loop->epoll_fd = epoll_fd;
	loop->signal_fd = -1;
	sigemptyset(&loop->signals);
	loop->now_ms = clock_ms(CLOCK_MONOTONIC);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	CHECK(!loop->running);
	for (size_t i = 0; i < loop->timers.count; i++)
		loop->timers.items[i]->heap_index = 0;
	vec_clear(&loop->timers);
	vec_clear(&loop->watches);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll_fd);
	free(loop);
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

int64_t loop_wall_ms(const struct loop *loop)
{
	(void)loop;
	return clock_ms(CLOCK_REALTIME);
}

int64_t loop_exact_us(const struct loop *loop)
{
	(void)loop;
	return exact_us();
}

/* ---- descriptors */

static struct watch *watch_of(struct loop *loop, int fd)
{
	struct watch *watch = fd >= 0 && (size_t)fd < loop->watches.count ? &loop->watches.items[fd] : NULL;

	return watch && watch->handler ? watch : NULL;
}

static bool tell_epoll(struct loop *loop, int operation, int fd)
{
	const struct watch *watch = &loop->watches.items[fd];
	struct epoll_event event = {.events = watch->events};

	event.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)fd;
	return epoll_ctl(loop->epoll_fd, operation, fd, &event) == 0;
}

bool loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_handler *handler, void *context, struct err *err)
{
	struct watch *watch;

	CHECK(fd >= 0 && handler);
	while (loop->watches.count <= (size_t)fd)
		(void)vec_push(&loop->watches);
	watch = &loop->watches.items[fd];
	*watch = (struct watch){handler, context, events, watch->generation + 1};
	/* EEXIST: it was watched already; the new registration takes its place. */
	if (tell_epoll(loop, EPOLL_CTL_ADD, fd) || (errno == EEXIST && tell_epoll(loop, EPOLL_CTL_MOD, fd)))
		return true;
	watch->handler = NULL;
	return err_set(err, ERR_IO, "epoll: descriptor %d: %s", fd, strerror(errno));
}

void loop_rewatch(struct loop *loop, int fd, uint32_t events)
{
	struct watch *watch = watch_of(loop, fd);

	CHECK(watch);
	if (watch->events == events)
		return;
	watch->events = events;
	CHECK(tell_epoll(loop, EPOLL_CTL_MOD, fd));
}

void loop_unwatch(struct loop *loop, int fd)
{
	struct watch *watch = watch_of(loop, fd);

	if (watch == NULL)
		return;
	watch->handler = NULL;
	(void)tell_epoll(loop, EPOLL_CTL_DEL, fd);
}

static void run_events(struct loop *loop, const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		int fd = (int)(uint32_t)events[i].data.u64;
		const struct watch *watch = watch_of(loop, fd);

		if (watch && watch->generation == (uint32_t)(events[i].data.u64 >> 32))
			watch->handler(watch->context, fd, events[i].events);
	}
}

/* ---- timers: item i has its children at 2i+1 and 2i+2 */

static void timer_put(struct loop *loop, size_t at, struct loop_timer *timer)
{
	loop->timers.items[at] = timer;
	timer->heap_index = at + 1;
}

static void sift_up(struct loop *loop, size_t at)
{
	struct loop_timer *timer = loop->timers.items[at];

	for (size_t parent; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (loop->timers.items[parent]->due_ms <= timer->due_ms)
			break;
		timer_put(loop, at, loop->timers.items[parent]);
	}
	timer_put(loop, at, timer);
}

static void sift_down(struct loop *loop, size_t at)
{
	struct loop_timer *timer = loop->timers.items[at];
	struct loop_timer **items = loop->timers.items;

	for (size_t child; (child = 2 * at + 1) < loop->timers.count; at = child) {
		if (child + 1 < loop->timers.count && items[child + 1]->due_ms < items[child]->due_ms)
			child++;
		if (timer->due_ms <= items[child]->due_ms)
			break;
		timer_put(loop, at, items[child]);
	}
	timer_put(loop, at, timer);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	size_t at;
	struct loop_timer *last;

	if (timer->heap_index == 0)
		return;
	at = timer->heap_index - 1;
	CHECK(at < loop->timers.count && loop->timers.items[at] == timer);
	timer->heap_index = 0;
	last = loop->timers.items[--loop->timers.count];
	if (last == timer)
		return;
	timer_put(loop, at, last);
	sift_up(loop, at);
	sift_down(loop, last->heap_index - 1);
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms)
{
	CHECK(timer->handler);
	loop_timer_cancel(loop, timer);
	if (!loop->running) /* no turn has read the clock for this caller */
		loop->now_ms = clock_ms(CLOCK_MONOTONIC);
	if (delay_ms < 0)
		delay_ms = 0;
	if (__builtin_add_overflow(loop->now_ms, delay_ms, &timer->due_ms))
		timer->due_ms = INT64_MAX;
	*vec_push(&loop->timers) = timer;
	sift_up(loop, loop->timers.count - 1);
}

/* At most as many as there were: a handler that sets its timer to 0 again must not keep the descriptors waiting. */
static void run_timers(struct loop *loop)
{
	for (size_t most = loop->timers.count; most > 0 && loop->timers.count > 0; most--) {
		struct loop_timer *timer = loop->timers.items[0];

		if (timer->due_ms > loop->now_ms)
			return;
		loop_timer_cancel(loop, timer);
		timer->handler(timer->context);
	}
}

/* ---- signals */

static void take_signals(void *context, int fd, uint32_t events)
{
	struct loop *loop = context;
	struct signalfd_siginfo info;

	(void)events;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		const struct signal_watch *watch =
			info.ssi_signo < SIGNALS ? &loop->signal_watches[info.ssi_signo] : NULL;

		if (watch && watch->handler)
			watch->handler(watch->context, (int)info.ssi_signo);
	}
}

bool loop_signal(struct loop *loop, int number, loop_signal_handler *handler, void *context, struct err *err)
{
	int fd;

	CHECK(number > 0 && number < SIGNALS);
	sigaddset(&loop->signals, number);
	loop->signal_watches[number] = (struct signal_watch){handler, context};
	/* Threads that a library starts later (name resolution) inherit the mask. */
	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL) != 0)
		return err_set(err, ERR_IO, "sigprocmask: %s", strerror(errno));
	fd = signalfd(loop->signal_fd, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, "signalfd: %s", strerror(errno));
	if (loop->signal_fd >= 0)
		return true;
	loop->signal_fd = fd;
	return loop_watch(loop, fd, EPOLLIN, take_signals, loop, err);
}

/* ---- turns */

static int wait_ms(const struct loop *loop)
{
	int64_t left;

	if (loop->timers.count == 0)
		return -1;
	left = loop->timers.items[0]->due_ms - clock_ms(CLOCK_MONOTONIC);
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

static void run_turn(struct loop *loop)
{
	struct epoll_event events[EVENTS_A_TURN];
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN, wait_ms(loop));
	int64_t began_us = exact_us(), took_us;

	CHECK(count >= 0 || errno == EINTR);
	loop->now_ms = began_us / 1000;
	run_events(loop, events, count);
	run_timers(loop);
	took_us = exact_us() - began_us;
	histogram_observe(&loop->turns, (double)took_us / 1e6);
	peak_observe(&loop->longest_us, took_us, loop->now_ms);
}

struct loop_stats loop_stats(const struct loop *loop)
{
	return (struct loop_stats){.turns = loop->turns,
				   .longest_s = (double)peak_value(&loop->longest_us, loop->now_ms) / 1e6};
}

void loop_run(struct loop *loop)
{
	CHECK(!loop->running);
	loop->running = true;
	while (!loop->stopping)
		run_turn(loop);
	loop->stopping = false;
	loop->running = false;
}
