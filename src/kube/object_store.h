/* SPDX-License-Identifier: Apache-2.0 */
/* object_store.h - names, labels and states of the objects of one resource, sorted, small. */
#ifndef GAUGELET_KUBE_OBJECT_STORE_H
#define GAUGELET_KUBE_OBJECT_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "kube/objects.h"
#include "kube/watch.h"

struct object_store;
struct selector;
struct words;

/* Texts that many objects have: each is there once, for as long as somebody uses it. */
struct words *object_store_words_new(void) MUST_USE;
void object_store_words_free(struct words *words); /* after the stores that use it */

struct object_store *object_store_new(struct words *words) MUST_USE;
void object_store_free(struct object_store *store);

/* Puts in, or in the place of the one that was there. ERR_LIMIT: more than we hold; nothing changed then. */
MUST_USE bool object_store_put(struct object_store *store, const struct watched_object *object, struct err *err);
void object_store_remove(struct object_store *store, struct str namespace, struct str name);

/* Takes up to `most` objects out, so that a large store can be freed in many turns. False when it was empty already. */
bool object_store_drop(struct object_store *store, size_t most);
size_t object_store_count(const struct object_store *store);

/* By namespace, then name; `namespace` with ptr NULL: all. ERR_LIMIT: the arena is full. */
MUST_USE bool object_store_select(const struct object_store *store, struct str namespace,
				  const struct selector *selector, struct arena *arena, const struct str **ret_names,
				  size_t *ret_count, struct err *err);

/* In the same order; false when the visitor ended it. */
MUST_USE bool object_store_visit(const struct object_store *store, struct str namespace,
				 const struct selector *selector, objects_visitor *visitor, void *context,
				 struct err *err);

#endif
