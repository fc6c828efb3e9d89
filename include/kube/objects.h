/* SPDX-License-Identifier: Apache-2.0 */
/* objects.h - the names and labels of objects and the state of pods, from watches, so that a selector is answered from memory. */
#ifndef GAUGELET_KUBE_OBJECTS_H
#define GAUGELET_KUBE_OBJECTS_H

#include "base/base.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/waiters.h"

struct kube_client;
struct loop;
struct object;
struct objects;
struct resource;
struct selector;

/* Pods are watched from the start, other resources from the first question on until nobody has asked for 10 minutes.
   `stale_ms`: for how long the last state serves while its watch is broken. */
struct objects *objects_new(struct loop *loop, struct kube_client *client, int64_t stale_ms) MUST_USE;
void objects_free(struct objects *objects);
DEFINE_FREE_AT(objects)

/* Pods are asked for whole from now on, and not for their metadata alone: only then their state is known. Costs the
   kube-apiserver some ten times the bytes of a list. Call it before the loop runs, or the next question waits for a new list. */
void objects_keep_pod_states(struct objects *objects);

enum objects_state {
	OBJECTS_FOUND,	   /* names are there, perhaps none */
	OBJECTS_WAITING,   /* the first list is not there yet; on_change will be called */
	OBJECTS_FORBIDDEN, /* we may not list them; err holds the server's words */
	OBJECTS_FAILED, /* they cannot be listed (or the state is too old); err says why: the status and the server's words; ERR_LIMIT:
			   they are too many */
};

/* The names of the objects that fit, in the API server's order (by name; at the root by namespace and name). `namespace` with ptr
   NULL: all. Names are copied into `arena`. Pods that are being deleted are included; those
   that have failed, or whose state nobody knows, are not. */
enum objects_state objects_select(struct objects *objects, const struct resource *resource, struct str namespace,
				  const struct selector *selector, struct arena *arena, const struct str **ret_names,
				  size_t *ret_count, struct err *err);

enum object_phase {
	PHASE_UNKNOWN, /* also: no pod, or the states of pods are not kept */
	PHASE_PENDING,
	PHASE_RUNNING,
	PHASE_SUCCEEDED,
	PHASE_FAILED,
};

struct object_state {
	enum object_phase phase;
	bool deleting;	       /* it has a deletionTimestamp; known of every object */
	bool ready;	       /* condition Ready is True */
	int64_t ready_since_s; /* since 1970: when condition Ready last changed; 0: not known */
};

/* Texts are lent for the call. */
struct object_seen {
	struct str namespace, name;
	struct object_state state;
	size_t label_count;
	const struct object *object; /* for object_seen_label */
};
struct object_label {
	struct str key, value;
};
struct object_label object_seen_label(const struct object_seen *seen, size_t index); /* in the API server's order */

/* False ends the walk; *err is set then. */
typedef bool objects_visitor(void *context, const struct object_seen *seen, struct err *err);

/* As objects_select, with all that is known of each object. A visitor must not ask `objects` anything. */
enum objects_state objects_visit(struct objects *objects, const struct resource *resource, struct str namespace,
				 const struct selector *selector, objects_visitor *visitor, void *context,
				 struct err *err);

/* One waiter: `changed` is called once, when a resource that was WAITING has a list or failed. */
struct objects_waiter {
	void (*changed)(void *context);
	void *context;
	struct waiter waiter; /* the objects' own */
};
void objects_wait(struct objects *objects, struct objects_waiter *waiter);
void objects_wait_cancel(struct objects *objects, struct objects_waiter *waiter); /* fine when not waiting */

/* What is watched, for metrics; each resource once. */
struct objects_watched {
	struct str resource; /* "deployments.apps"; lent for the call */
	size_t count;	     /* objects that are held */
	bool known;	     /* there was a list */
	int64_t broken_ms;   /* for how long they are not up to date; 0: they are */
	uint64_t failures;   /* of lists and watches, since they are watched */
};
typedef void objects_watched_visitor(void *context, const struct objects_watched *watched);
void objects_each_watched(const struct objects *objects, objects_watched_visitor *visitor, void *context);

#endif
