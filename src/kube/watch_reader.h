/* SPDX-License-Identifier: Apache-2.0 */
/* watch_reader.h - a list of objects, or the events of a watch, in pieces of any size. Holds one object at most. */
#ifndef GAUGELET_KUBE_WATCH_READER_H
#define GAUGELET_KUBE_WATCH_READER_H

#include "base/err.h"
#include "kube/watch.h"

struct watch_reader;

enum watch_news {
	NEWS_ITEM, /* of a list */
	NEWS_PUT,  /* ADDED or MODIFIED */
	NEWS_REMOVED,
	NEWS_BOOKMARK,
	NEWS_ERROR,
	NEWS_OTHER, /* a kind of event that came after our time */
};

struct watch_notice {
	enum watch_news news;
	struct watched_object object; /* of an item, and of what is put or removed */
	struct str version;	      /* the object's resourceVersion; may be empty */
	int code;		      /* of an ERROR; 0: it says none */
	struct str message;	      /* of an ERROR */
};

/* Everything is lent for the call. False ends the reading; *err is set. */
typedef bool watch_reader_handler(void *context, const struct watch_notice *notice, struct err *err);

struct watch_reader_options {
	bool events; /* else a list */
	bool with_data;
	bool metadata_only; /* objects may come as PartialObjectMetadata */
	struct str kind;    /* of the objects; lent for as long as the reader lives; empty: any */
};

struct watch_reader *watch_reader_new(const struct watch_reader_options *options, watch_reader_handler *handler,
				      void *context) MUST_USE;
void watch_reader_free(struct watch_reader *reader);

/* ERR_INVALID: it is no JSON, or no list or event, or about another kind of object, or it could be read in two ways. */
MUST_USE bool watch_reader_feed(struct watch_reader *reader, struct str piece, struct err *err);

/* False when it is cut, and when a list is of another kind, or has no items or no version. */
MUST_USE bool watch_reader_finish(struct watch_reader *reader, struct err *err);

/* Of a whole list; lent by the reader. */
struct str watch_reader_version(const struct watch_reader *reader);
struct str watch_reader_continue(const struct watch_reader *reader);
size_t watch_reader_left_out(const struct watch_reader *reader); /* items without a name, or with something malformed */

#endif
