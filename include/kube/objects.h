/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h - the names and labels of objects, from watches, so that a selector is answered from memory. */
#ifndef GAUGELET_KUBE_OBJECTS_H
#define GAUGELET_KUBE_OBJECTS_H

#include "base/base.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct kube_client;
struct loop;
struct objects;
struct resource;
struct selector;

/* Pods are watched from the start, other resources from the first question on until nobody has asked for 10 minutes.
   `stale_ms`: for how long the last state serves while its watch is broken. */
struct objects *objects_new(struct loop *loop, struct kube_client *client, int64_t stale_ms) MUST_USE;
void objects_free(struct objects *objects);
DEFINE_FREE_AT(objects)

enum objects_state {
	OBJECTS_FOUND,	 /* names are there, perhaps none */
	OBJECTS_WAITING, /* the first list is not there yet; on_change will be called */
	OBJECTS_FAILED, /* they cannot be listed (or the state is too old); err says why: the status and the server's words */
};

/* The names of the objects that fit, in the API server's order (by name; at the root by namespace and name). `namespace` with ptr
   NULL: all. Names are copied into `arena`. Pods that are being deleted are included, as upstream has them. */
enum objects_state objects_select(struct objects *objects, const struct resource *resource, struct str namespace,
				  const struct selector *selector, struct arena *arena, const struct str **ret_names,
				  size_t *ret_count, struct err *err);

/* One waiter: `changed` is called once, when a resource that was WAITING has a list or failed. */
struct objects_waiter {
	void (*changed)(void *context);
	void *context;
	struct objects_waiter *next, *previous; /* the objects' own */
	bool waiting;
};
void objects_wait(struct objects *objects, struct objects_waiter *waiter);
void objects_wait_cancel(struct objects *objects, struct objects_waiter *waiter); /* fine when not waiting */

size_t objects_count(const struct objects *objects); /* all that are held, for metrics */

#endif
