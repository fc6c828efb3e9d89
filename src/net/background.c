/* SPDX-License-Identifier: Apache-2.0 */
#include "net/background.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/loop.h"

struct background {
	struct loop *loop;
	pthread_t thread;
	int ended; /* an eventfd */
	void (*work)(void *context);
	void (*done)(void *context);
	void *context;
};

static void *run(void *context)
{
	struct background *background = context;
	uint64_t one = 1;

	background->work(background->context);
	CHECK(write(background->ended, &one, sizeof(one)) == sizeof(one));
	return NULL;
}

void background_stop(struct background *background)
{
	if (background == NULL)
		return;
	loop_unwatch(background->loop, background->ended);
	CHECK(pthread_join(background->thread, NULL) == 0);
	close(background->ended);
	free(background);
}

static void ended(void *context, int fd, uint32_t events)
{
	struct background *background = context;
	void (*done)(void *context) = background->done;

	(void)fd;
	(void)events;
	context = background->context;
	background_stop(background);
	done(context);
}

/* Signals are for the loop. */
static int start_thread(pthread_t *thread, void *(*start)(void *context), void *context)
{
	sigset_t all, before;
	int reason;

	sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	reason = pthread_create(thread, NULL, start, context);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	return reason;
}

struct background *background_start(struct loop *loop, void (*work)(void *context), void (*done)(void *context),
				    void *context, struct err *err)
{
	struct background *background = xnew(struct background);
	int reason;

	*background = (struct background){
		.loop = loop, .ended = eventfd(0, EFD_CLOEXEC), .work = work, .done = done, .context = context};
	reason = background->ended < 0 ? errno : 0;
	if (reason == 0 && loop_watch(loop, background->ended, EPOLLIN, ended, background, err)) {
		reason = start_thread(&background->thread, run, background);
		if (reason == 0)
			return background;
		loop_unwatch(loop, background->ended);
	}
	if (background->ended >= 0)
		close(background->ended);
	free(background);
	err_set(err, ERR_IO, "a thread for long work: %s", strerror(reason));
	return NULL;
}

struct left {
	void (*work)(void *context);
	void *context;
};

static void *run_left(void *context)
{
	struct left left = *(struct left *)context;

	free(context);
	left.work(left.context);
	return NULL;
}

bool background_leave(void (*work)(void *context), void *context)
{
	struct left *left = xnew(struct left);
	pthread_t thread;

	*left = (struct left){work, context};
	if (start_thread(&thread, run_left, left) == 0) {
		CHECK(pthread_detach(thread) == 0);
		return true;
	}
	free(left);
	return false;
}
