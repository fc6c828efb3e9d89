/* SPDX-License-Identifier: Apache-2.0 */
/* background.h - one piece of work that would hold the loop up, on a thread of its own. What it works on is nobody else's until it
   is done, so that nothing is shared and nothing needs a lock. */
#ifndef GAUGELET_NET_BACKGROUND_H
#define GAUGELET_NET_BACKGROUND_H

#include "base/base.h"
#include "base/err.h"

struct background;
struct loop;

/* Calls work(context) on the thread, and done(context) in the loop behind it; before that the work has ended. NULL: ERR_IO, the
   system has no thread or descriptor left, and nothing was called. */
struct background *background_start(struct loop *loop, void (*work)(void *context), void (*done)(void *context),
				    void *context, struct err *err) MUST_USE;

/* work(context) on a thread that nobody waits for. False: there is none, and it was not called. */
MUST_USE bool background_leave(void (*work)(void *context), void *context);

/* Waits for the end of the work; `done` is not called. NULL is fine, and not what `done` was called for. */
void background_stop(struct background *background);

#endif
