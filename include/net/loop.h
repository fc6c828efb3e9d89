/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - the one epoll loop of the process: descriptors, timers, signals. One thread; every handler returns within a
   millisecond. */
#ifndef GAUGELET_NET_LOOP_H
#define GAUGELET_NET_LOOP_H

#include "base/base.h"
#include "base/err.h"
#include "base/histogram.h"

struct loop;

struct loop *loop_new(struct err *err) MUST_USE; /* NULL: ERR_IO. SIGPIPE is ignored from then on. */
void loop_free(struct loop *loop);		 /* what it watched is the owner's to close */
DEFINE_FREE_AT(loop)

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Milliseconds of the monotonic clock, read once a turn. */
int64_t loop_now_ms(const struct loop *loop);

/* Milliseconds since 1970, for what people read. */
int64_t loop_wall_ms(const struct loop *loop);

/* Microseconds of the monotonic clock at this moment, to measure what takes less than a turn. */
int64_t loop_exact_us(const struct loop *loop);

struct loop_stats {
	struct histogram turns; /* how long they took, without the wait */
	double longest_s;	/* of the last one to two minutes */
};
struct loop_stats loop_stats(const struct loop *loop);

/* ---- descriptors. `events` are EPOLLIN, EPOLLOUT, ...; level triggered. */
typedef void loop_fd_handler(void *context, int fd, uint32_t events);
MUST_USE bool loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_handler *handler, void *context,
			 struct err *err);
void loop_rewatch(struct loop *loop, int fd, uint32_t events);
void loop_unwatch(struct loop *loop, int fd); /* before the descriptor is closed; events already fetched are dropped */

/* ---- timers, embedded by their owner, zeroed before first use; each fires once. */
struct loop_timer {
	void (*handler)(void *context);
	void *context;
	int64_t due_ms;
	size_t heap_index; /* 1-based; 0: not set */
};
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms); /* sets or moves */
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);		    /* fine when not set */

/* ---- signals: blocked and delivered by signalfd. */
typedef void loop_signal_handler(void *context, int number);
MUST_USE bool loop_signal(struct loop *loop, int number, loop_signal_handler *handler, void *context, struct err *err);

#endif
