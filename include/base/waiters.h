/* SPDX-License-Identifier: Apache-2.0 */
/* waiters.h - those who wait for one piece of news. They are embedded in what waits, and told in the order they came. While they are
   told, each of them may leave, make others leave, wait again (for the next news), and end what they waited for. */
#ifndef GAUGELET_BASE_WAITERS_H
#define GAUGELET_BASE_WAITERS_H

#include "base/list.h"

struct waiters {
	struct list list;
};

/* Zeroed but for the first. */
struct waiter {
	void (*handler)(struct waiter *waiter, const void *news); /* once for each time it waits; lent for the call */
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

/* Makes *ret_waiters of them all, who will be told now: what they waited for may end before. */
void waiters_take(struct waiters *waiters, struct waiters *ret_waiters);

/* Who is told waits no more when its handler is called. `waiters` is not looked at after the first of them. */
void waiters_tell(struct waiters *waiters, const void *news);

#endif
