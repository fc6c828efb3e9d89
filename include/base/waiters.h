/* SPDX-License-Identifier: Apache-2.0 */
/* waiters.h - those who wait for one piece of news. They are embedded in what waits, and told in the order they came. While they are
   told, each of them may leave, make others leave, wait again (for the next news), and free what they waited for. */
#ifndef GAUGELET_BASE_WAITERS_H
#define GAUGELET_BASE_WAITERS_H

#include "base/list.h"

struct waiters {
	struct list list;
};

/* Zeroed at first. */
struct waiter {
	struct waiters *of; /* what it waits for; NULL: nothing, or it is among those that are being told */
	struct list link;
};

void waiters_init(struct waiters *waiters);
bool waiters_any(const struct waiters *waiters);
void waiters_add(struct waiters *waiters, struct waiter *waiter); /* it does not wait */
bool waiter_waits(const struct waiter *waiter);			  /* true until it is told or leaves */

/* It is not told any more; fine when it does not wait. What it was the last to wait for, which may be ended then; NULL: others
   wait, or the news is there already. */
struct waiters *waiter_leave(struct waiter *waiter);

/* Who is told waits no more when `tell` is called. `waiters` is looked at before that only. */
void waiters_tell(struct waiters *waiters, void (*tell)(struct waiter *waiter, void *context), void *context);

#endif
