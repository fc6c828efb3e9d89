/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - a doubly linked ring of members that are embedded in what they link: nothing is allocated, and each leaves by itself.
   A head is made ready with list_init; a member is zeroed, and NULL in it says that it is in no list. */
#ifndef GAUGELET_BASE_LIST_H
#define GAUGELET_BASE_LIST_H

#include "base/base.h"

struct list {
	struct list *next, *previous;
};

/* What `member`, a struct list *, is embedded in. */
#define LIST_OF(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))

static inline void list_init(struct list *head)
{
	head->next = head->previous = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool list_is_in(const struct list *member)
{
	return member->next != NULL;
}

static inline void list_put_last(struct list *head, struct list *member)
{
	member->next = head;
	member->previous = head->previous;
	head->previous->next = member;
	head->previous = member;
}

static inline void list_put_first(struct list *head, struct list *member)
{
	list_put_last(head->next, member);
}

/* Out of the list it is in; fine when it is in none. */
static inline void list_leave(struct list *member)
{
	if (!list_is_in(member))
		return;
	member->previous->next = member->next;
	member->next->previous = member->previous;
	*member = (struct list){0};
}

/* The first, taken out; NULL: there is none. */
static inline struct list *list_take_first(struct list *head)
{
	struct list *first = head->next;

	if (first == head)
		return NULL;
	list_leave(first);
	return first;
}

/* All of `from` behind those of `to`, in their order; `from` is empty then. */
static inline void list_move(struct list *from, struct list *to)
{
	if (list_is_empty(from))
		return;
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	list_init(from);
}

#endif
