/* SPDX-License-Identifier: Apache-2.0 */
#include "base/waiters.h"

void waiters_init(struct waiters *waiters)
{
	list_init(&waiters->list);
}

bool waiters_any(const struct waiters *waiters)
{
	return !list_is_empty(&waiters->list);
}

void waiters_add(struct waiters *waiters, struct waiter *waiter)
{
	CHECK(!waiter_waits(waiter));
	waiter->of = waiters;
	list_put_last(&waiters->list, &waiter->link);
}

bool waiter_waits(const struct waiter *waiter)
{
	return list_is_in(&waiter->link);
}

struct waiters *waiter_leave(struct waiter *waiter)
{
	struct waiters *of = waiter->of;

	waiter->of = NULL;
	list_leave(&waiter->link);
	return of && !waiters_any(of) ? of : NULL;
}

void waiters_take(struct waiters *waiters, struct waiters *ret_waiters)
{
	waiters_init(ret_waiters);
	list_move(&waiters->list, &ret_waiters->list);
	for (struct list *at = ret_waiters->list.next; at != &ret_waiters->list; at = at->next)
		LIST_OF(at, struct waiter, link)->of = NULL;
}

void waiters_tell(struct waiters *waiters, const void *news)
{
	struct waiters told;
	struct list *first;

	waiters_take(waiters, &told);
	while ((first = list_take_first(&told.list)) != NULL) {
		struct waiter *waiter = LIST_OF(first, struct waiter, link);

		waiter->handler(waiter, news);
	}
}
