/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - LIST, then WATCH, of one collection, for as long as it lives: bookmarks, resumption, 410, back-off with jitter. Reads
   both in pieces and keeps nothing. */
#ifndef GAUGELET_KUBE_WATCH_H
#define GAUGELET_KUBE_WATCH_H

#include "base/base.h"
#include "base/str.h"

struct kube_client;
struct loop;
struct watch;

/* An object as far as we look at it; texts are lent for the call. */
struct watched_label {
	struct str key, value;
};
struct watched_object {
	struct str namespace, name;
	const struct watched_label *labels;
	size_t label_count;
	struct str phase;	/* of a pod */
	bool deleting;		/* it has a deletionTimestamp */
	bool ready;		/* of a pod: condition Ready is True */
	struct str ready_since; /* of a pod: when condition Ready last changed; as it came, empty when it is not said */
	struct str data_json;	/* `data` as JSON, when asked for (a ConfigMap); else empty */
};

struct watch_options {
	struct str path;	   /* of the collection, without a query: "/api/v1/pods" */
	struct str field_selector; /* empty: none; not encoded */
	struct str kind;    /* of its objects: "Pod"; an answer of another kind is refused. Empty: any is taken */
	bool metadata_only; /* ask for PartialObjectMetadata */
	bool with_data;	    /* deliver data_json */
	void *context;
	/* A new list begins: what is not put before `synced` is gone. */
	void (*begin)(void *context);
	void (*put)(void *context, const struct watched_object *object);
	void (*removed)(void *context, struct str namespace, struct str name);
	void (*synced)(void *context);
	/* It is broken (again): `text` says why; `status` is the answer's, 0 for none. Called for every failed try. */
	void (*failed)(void *context, int status, const char *text);
	/* After `failed`: it goes on where it broke, without a new list. NULL: nobody wants to know. */
	void (*resumed)(void *context);
};

struct watch *watch_new(struct loop *loop, struct kube_client *client, const struct watch_options *options) MUST_USE;
void watch_free(struct watch *watch);
DEFINE_FREE_AT(watch)

#endif
