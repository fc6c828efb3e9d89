/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/objects.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/log.h"
#include "kube/watch.h"
#include "model/resource.h"
#include "net/loop.h"
#include "object_store.h"
#include "objects_in.h"
#include "text/url.h"

enum {
	IDLE_MS = 600000,
	DROPPED_PER_TURN = 1000, /* a fraction of a millisecond */
};

/* The objects of one resource. */
struct collection {
	struct objects *objects;
	struct collection *next;
	struct buf group, version, plural, kind, path, title;
	struct watch *watch;
	struct object_store *store; /* what is answered from; NULL: there never was a list, or they are too many */
	struct object_store *aside; /* a list that is not yet whole */
	bool for_good;
	bool broken;
	bool whole;    /* asked for with spec and status, not its metadata alone */
	bool too_many; /* of the list, or by what came after it: only a new watch can tell when they are fewer */
	int status;    /* of the last failure; 0: there was no answer */
	int64_t broken_since_ms, asked_ms;
	uint64_t failures;
	char reason[460];
};

struct doomed {
	struct object_store *store;
	struct doomed *next;
};

struct objects {
	struct loop *loop;
	struct kube_client *client;
	int64_t stale_ms, idle_ms;
	struct words *words;
	struct collection *collections;
	struct doomed *doomed;
	struct loop_timer drop, sweep, tell;
	struct waiters waiters;
};

/* ---- waiters */

static void tell(struct waiter *waiter, const void *news)
{
	struct objects_waiter *told = LIST_OF(waiter, struct objects_waiter, waiter);

	(void)news; /* that there are any */
	told->changed(told->context);
}

void objects_wait(struct objects *objects, struct objects_waiter *waiter)
{
	waiter->waiter.handler = tell;
	if (!waiter_waits(&waiter->waiter))
		waiters_add(&objects->waiters, &waiter->waiter);
}

void objects_wait_cancel(struct objects *objects, struct objects_waiter *waiter)
{
	(void)objects;
	(void)waiter_leave(&waiter->waiter);
}

static void tell_waiters(void *context)
{
	struct objects *objects = context;

	waiters_tell(&objects->waiters, NULL);
}

static void has_news(struct collection *collection)
{
	loop_timer_set(collection->objects->loop, &collection->objects->tell, 0);
}

/* ---- stores that nobody needs any more */

static void free_first(struct objects *objects)
{
	struct doomed *doomed = objects->doomed;

	objects->doomed = doomed->next;
	object_store_free(doomed->store);
	free(doomed);
}

static void drop_some(void *context)
{
	struct objects *objects = context;

	if (!object_store_drop(objects->doomed->store, DROPPED_PER_TURN))
		free_first(objects);
	if (objects->doomed)
		loop_timer_set(objects->loop, &objects->drop, 0);
}

static void doom(struct objects *objects, struct object_store *store)
{
	struct doomed *doomed;

	if (store == NULL)
		return;
	doomed = xnew(struct doomed);
	*doomed = (struct doomed){.store = store, .next = objects->doomed};
	objects->doomed = doomed;
	loop_timer_set(objects->loop, &objects->drop, 0);
}

/* ---- what a watch tells */

static void works(struct collection *collection)
{
	if (collection->broken)
		log_info("objects: %s: up to date again", buf_cstr(&collection->title));
	collection->broken = false;
}

static void broke(struct collection *collection, const char *reason)
{
	collection->failures++;
	if (!collection->broken) {
		collection->broken = true;
		collection->broken_since_ms = loop_now_ms(collection->objects->loop);
		log_warn("objects: %s: %s", buf_cstr(&collection->title), reason);
	} else {
		log_v(2, "objects: %s: %s", buf_cstr(&collection->title), reason);
	}
	clean_copy(collection->reason, sizeof(collection->reason), str_of(reason));
	has_news(collection);
}

static void begin(void *context)
{
	struct collection *collection = context;

	doom(collection->objects, collection->aside);
	collection->aside = object_store_new(collection->objects->words);
	collection->too_many = false;
}

static void overflow(struct collection *collection, const char *why)
{
	char reason[100];

	doom(collection->objects, collection->aside);
	doom(collection->objects, collection->store);
	collection->aside = collection->store = NULL;
	collection->too_many = true;
	snprintf(reason, sizeof(reason), "too many objects to hold: %.60s", why);
	broke(collection, reason);
}

static void put(void *context, const struct watched_object *object)
{
	struct collection *collection = context;
	struct object_store *store = collection->aside ? collection->aside : collection->store;
	struct err err;

	if (!collection->too_many && !object_store_put(store, object, &err))
		overflow(collection, err.msg);
}

static void removed(void *context, struct str namespace, struct str name)
{
	struct collection *collection = context;

	if (!collection->too_many)
		object_store_remove(collection->store, namespace, name);
}

static void synced(void *context)
{
	struct collection *collection = context;

	if (collection->too_many)
		return;
	doom(collection->objects, collection->store);
	collection->store = collection->aside;
	collection->aside = NULL;
	works(collection);
	log_v(1, "objects: %s: %zu", buf_cstr(&collection->title), object_store_count(collection->store));
	has_news(collection);
}

static void failed(void *context, int status, const char *text)
{
	struct collection *collection = context;
	char reason[sizeof(collection->reason)];

	doom(collection->objects, collection->aside);
	collection->aside = NULL;
	if (collection->too_many)
		return;
	collection->status = status;
	if (status >= 300)
		snprintf(reason, sizeof(reason), "status %d: %s", status, text);
	else
		snprintf(reason, sizeof(reason), "%s", text);
	broke(collection, reason);
}

static void resumed(void *context)
{
	struct collection *collection = context;

	if (!collection->too_many)
		works(collection);
}

/* ---- collections */

static void put_path(struct buf *out, const struct resource *resource)
{
	if (resource->group.len == 0) {
		buf_puts(out, "/api/");
	} else {
		buf_puts(out, "/apis/");
		url_encode_form(out, resource->group);
		buf_putc(out, '/');
	}
	url_encode_form(out, resource->version);
	buf_putc(out, '/');
	url_encode_form(out, resource->plural);
}

/* Pods that have failed or that nobody knows of serve nobody, and the HPA leaves them out. Their phase needs no more of each pod
   than its metadata when the kube-apiserver looks at it. */
static struct str fields_of(const struct collection *collection)
{
	if (str_eq(buf_str(&collection->path), STR("/api/v1/pods")))
		return STR("status.phase!=Failed,status.phase!=Unknown");
	return STR("");
}

static void start_watch(struct collection *collection)
{
	const struct watch_options options = {
		.path = buf_str(&collection->path),
		.kind = buf_str(&collection->kind),
		.field_selector = fields_of(collection),
		.metadata_only = !collection->whole,
		.context = collection,
		.begin = begin,
		.put = put,
		.removed = removed,
		.synced = synced,
		.failed = failed,
		.resumed = resumed,
	};

	watch_free(collection->watch);
	collection->watch = watch_new(collection->objects->loop, collection->objects->client, &options);
}

static struct collection *collection_new(struct objects *objects, const struct resource *resource)
{
	struct collection *collection = xnew(struct collection);

	collection->objects = objects;
	collection->next = objects->collections;
	objects->collections = collection;
	buf_put(&collection->group, resource->group);
	buf_put(&collection->version, resource->version);
	buf_put(&collection->plural, resource->plural);
	buf_put(&collection->kind, resource->kind);
	put_path(&collection->path, resource);
	resource_write(&collection->title, resource);
	start_watch(collection);
	return collection;
}

static void collection_free(struct collection *collection)
{
	watch_free(collection->watch);
	doom(collection->objects, collection->aside);
	doom(collection->objects, collection->store);
	buf_clear(&collection->group);
	buf_clear(&collection->version);
	buf_clear(&collection->plural);
	buf_clear(&collection->kind);
	buf_clear(&collection->path);
	buf_clear(&collection->title);
	free(collection);
}

static struct collection *collection_of(struct objects *objects, const struct resource *resource)
{
	for (struct collection *collection = objects->collections; collection; collection = collection->next)
		if (str_eq(buf_str(&collection->plural), resource->plural) &&
		    str_eq(buf_str(&collection->kind), resource->kind) &&
		    str_eq(buf_str(&collection->group), resource->group) &&
		    str_eq(buf_str(&collection->version), resource->version))
			return collection;
	return collection_new(objects, resource);
}

/* Ends the watches of what nobody asks for, and looks again at what was too many. */
static void sweep(void *context)
{
	struct objects *objects = context;
	int64_t now = loop_now_ms(objects->loop);

	for (struct collection **at = &objects->collections; *at;) {
		struct collection *collection = *at;

		if (!collection->for_good && now - collection->asked_ms >= objects->idle_ms) {
			log_v(1, "objects: %s: not asked for any more", buf_cstr(&collection->title));
			*at = collection->next;
			collection_free(collection);
			continue;
		}
		if (collection->too_many && collection->aside == NULL)
			start_watch(collection);
		at = &collection->next;
	}
	loop_timer_set(objects->loop, &objects->sweep, objects->idle_ms / 10 + 1);
}

/* ---- life */

struct objects *objects_new(struct loop *loop, struct kube_client *client, int64_t stale_ms)
{
	const struct resource pods = {
		.version = STR_INIT("v1"), .plural = STR_INIT("pods"), .kind = STR_INIT("Pod"), .namespaced = true};
	struct objects *objects = xnew(struct objects);

	objects->loop = loop;
	objects->client = client;
	objects->stale_ms = stale_ms;
	objects->words = object_store_words_new();
	objects->drop = (struct loop_timer){.handler = drop_some, .context = objects};
	objects->sweep = (struct loop_timer){.handler = sweep, .context = objects};
	objects->tell = (struct loop_timer){.handler = tell_waiters, .context = objects};
	waiters_init(&objects->waiters);
	objects_set_idle(objects, IDLE_MS);
	collection_new(objects, &pods)->for_good = true;
	return objects;
}

void objects_keep_pod_states(struct objects *objects)
{
	struct collection *collection = objects->collections;

	while (!collection->for_good)
		collection = collection->next;
	if (collection->whole)
		return;
	collection->whole = true;
	doom(objects, collection->aside);
	doom(objects, collection->store);
	collection->aside = collection->store = NULL;
	start_watch(collection);
}

void objects_set_idle(struct objects *objects, int64_t idle_ms)
{
	objects->idle_ms = idle_ms;
	loop_timer_set(objects->loop, &objects->sweep, idle_ms / 10 + 1);
}

void objects_free(struct objects *objects)
{
	if (objects == NULL)
		return;
	while (objects->collections) {
		struct collection *collection = objects->collections;

		objects->collections = collection->next;
		collection_free(collection);
	}
	while (objects->doomed)
		free_first(objects);
	loop_timer_cancel(objects->loop, &objects->drop);
	loop_timer_cancel(objects->loop, &objects->sweep);
	loop_timer_cancel(objects->loop, &objects->tell);
	object_store_words_free(objects->words);
	free(objects);
}

/* Two versions of a resource are watched for a while when the cluster prefers another; the newer one comes first. */
static bool is_older_version(const struct objects *objects, const struct collection *collection)
{
	const struct collection *at = objects->collections;

	while (at != collection && !str_eq(buf_str(&at->title), buf_str(&collection->title)))
		at = at->next;
	return at != collection;
}

static int64_t broken_ms_of(const struct collection *collection)
{
	int64_t passed_ms = loop_now_ms(collection->objects->loop) - collection->broken_since_ms;

	if (!collection->broken)
		return 0;
	return passed_ms > 0 ? passed_ms : 1;
}

void objects_each_watched(const struct objects *objects, objects_watched_visitor *visitor, void *context)
{
	for (const struct collection *at = objects->collections; at; at = at->next) {
		const struct objects_watched watched = {
			.resource = buf_str(&at->title),
			.count = at->store ? object_store_count(at->store) : 0,
			.known = at->store != NULL,
			.broken_ms = broken_ms_of(at),
			.failures = at->failures,
		};

		if (!is_older_version(objects, at))
			visitor(context, &watched);
	}
}

/* ---- questions */

static enum objects_state refuse(const struct collection *collection, int64_t age_ms, struct err *err)
{
	enum err_code code = collection->too_many ? ERR_LIMIT : ERR_UPSTREAM;
	struct str title = buf_str(&collection->title);

	if (collection->store)
		err_put(err, code, "the list of %.*s has not been renewed for %lld s: %s", STR_ARG(title),
			(long long)(age_ms / 1000), collection->reason);
	else
		err_put(err, code, "cannot list %.*s: %s", STR_ARG(title), collection->reason);
	return collection->status == 403 && !collection->too_many ? OBJECTS_FORBIDDEN : OBJECTS_FAILED;
}

/* What may be answered from now; NULL: *ret_state says why not. */
static const struct collection *usable(struct objects *objects, const struct resource *resource,
				       enum objects_state *ret_state, struct err *err)
{
	struct collection *collection = collection_of(objects, resource);
	int64_t now = loop_now_ms(objects->loop);
	int64_t broken_ms = collection->broken ? now - collection->broken_since_ms : 0;

	collection->asked_ms = now;
	*ret_state = OBJECTS_FOUND;
	if (collection->store == NULL && !collection->broken)
		*ret_state = OBJECTS_WAITING;
	else if (collection->store == NULL || (collection->broken && broken_ms >= objects->stale_ms))
		*ret_state = refuse(collection, broken_ms, err);
	return *ret_state == OBJECTS_FOUND ? collection : NULL;
}

enum objects_state objects_visit(struct objects *objects, const struct resource *resource, struct str namespace,
				 const struct selector *selector, objects_visitor *visitor, void *context,
				 struct err *err)
{
	enum objects_state state;
	const struct collection *collection = usable(objects, resource, &state, err);

	if (collection == NULL)
		return state;
	if (object_store_visit(collection->store, namespace, selector, visitor, context, err))
		return OBJECTS_FOUND;
	err_wrap(err, "%.*s", STR_ARG(buf_str(&collection->title)));
	return OBJECTS_FAILED;
}

enum objects_state objects_select(struct objects *objects, const struct resource *resource, struct str namespace,
				  const struct selector *selector, struct arena *arena, const struct str **ret_names,
				  size_t *ret_count, struct err *err)
{
	enum objects_state state;
	const struct collection *collection = usable(objects, resource, &state, err);

	if (collection == NULL)
		return state;
	if (object_store_select(collection->store, namespace, selector, arena, ret_names, ret_count, err))
		return OBJECTS_FOUND;
	err_wrap(err, "%.*s", STR_ARG(buf_str(&collection->title)));
	return OBJECTS_FAILED;
}
