/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/watch.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/log.h"
#include "kube/client.h"
#include "net/loop.h"
#include "text/url.h"
#include "watch_reader.h"

#define LIST_METADATA  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
#define WATCH_METADATA "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"

enum {
	PAGE_ITEMS = 500, /* what the reference's informers ask for */
	PAGES_MAX = 4000,
	LIST_TIMEOUT_MS = 60000, /* of a page; the API server's own bound */
	WATCH_S = 300,		 /* and as much again at random, so that not all watches end together */
	TRIAL_S = 10,		 /* after trouble: its ordinary end proves that a silent watch works */
	MARGIN_MS = 30000,
	SHORT_WATCH_MS = 1000,
	FIRST_RETRY_MS = 800,
	LAST_RETRY_MS = 30000,
	TOKEN_BYTES_MAX = 65536,
	STATUS_GONE = 410,
};

struct watch {
	struct loop *loop;
	struct kube_client *client;
	struct watch_options options;
	struct buf path, kind, field_selector; /* our copies */
	struct buf url;
	struct kube_call *call;
	struct watch_reader *reader;
	struct loop_timer again;
	struct buf version; /* to watch from; empty: to list first */
	struct buf list_version, more;
	unsigned pages;
	uint64_t anchor;		   /* the hash of a continue token that came before */
	bool listed;			   /* once at least */
	bool broken;			   /* `failed` was the last word */
	bool got_bytes, got_events, moved; /* by the call under way; moved: to another version */
	bool answered_wrong;		   /* the reader's error or the server's ERROR is in `trouble` */
	int code;			   /* of an ERROR */
	struct err trouble;
	int64_t started_ms;
	int64_t retry_ms; /* 0: nothing went wrong since it last worked */
};

static uint64_t random_below(uint64_t bound)
{
	uint64_t number = 0;

	CHECK(getrandom(&number, sizeof(number), 0) == (ssize_t)sizeof(number));
	return number % bound;
}

/* ---- when to ask again */

static void ask_after(struct watch *watch, int64_t delay_ms)
{
	loop_timer_set(watch->loop, &watch->again, delay_ms);
}

/* Three to five quarters of the wait, so that what broke together does not come back together. */
static void back_off(struct watch *watch)
{
	int64_t wait_ms = watch->retry_ms ? watch->retry_ms * 2 : FIRST_RETRY_MS;

	watch->retry_ms = wait_ms < LAST_RETRY_MS ? wait_ms : LAST_RETRY_MS;
	ask_after(watch, watch->retry_ms * 3 / 4 + (int64_t)random_below((uint64_t)watch->retry_ms / 2));
}

static void list_again(struct watch *watch)
{
	buf_reset(&watch->version);
	buf_reset(&watch->more);
}

static void failed(struct watch *watch, int status, const char *text)
{
	watch->broken = true;
	watch->options.failed(watch->options.context, status, text);
	back_off(watch);
}

/* The version is too old: that is nobody's fault, the first time. */
static void gone(struct watch *watch)
{
	log_v(2, "watch %s: the version is gone, listing again", buf_cstr(&watch->path));
	list_again(watch);
	if (watch->retry_ms == 0) {
		watch->retry_ms = FIRST_RETRY_MS;
		ask_after(watch, 0);
	} else {
		back_off(watch);
	}
}

static void works(struct watch *watch)
{
	watch->retry_ms = 0;
	if (!watch->broken)
		return;
	watch->broken = false;
	if (watch->options.resumed)
		watch->options.resumed(watch->options.context);
}

/* ---- what is read */

static bool take_error(struct watch *watch, const struct watch_notice *notice, struct err *err)
{
	watch->code = notice->code;
	return err_set(err, ERR_UPSTREAM, "%.*s",
		       STR_ARG(notice->message.len ? notice->message : STR("no reason given")));
}

static void move_to(struct watch *watch, struct str version)
{
	if (version.len == 0 || version.len > TOKEN_BYTES_MAX || str_eq(version, buf_str(&watch->version)))
		return;
	buf_reset(&watch->version);
	buf_put(&watch->version, version);
	watch->moved = true;
}

static bool take_notice(void *context, const struct watch_notice *notice, struct err *err)
{
	struct watch *watch = context;
	const struct watched_object *object = &notice->object;

	if (notice->news == NEWS_ERROR)
		return take_error(watch, notice, err);
	watch->got_events = true;
	if (notice->news != NEWS_ITEM) {
		move_to(watch, notice->version);
		works(watch);
	}
	switch (notice->news) {
	case NEWS_ITEM:
	case NEWS_PUT:
		watch->options.put(watch->options.context, object);
		break;
	case NEWS_REMOVED:
		watch->options.removed(watch->options.context, object->namespace, object->name);
		break;
	case NEWS_BOOKMARK:
	case NEWS_ERROR:
	case NEWS_OTHER:
		break;
	}
	return true;
}

static bool take_body(void *context, struct str piece)
{
	struct watch *watch = context;

	watch->got_bytes = true;
	watch->answered_wrong = !watch_reader_feed(watch->reader, piece, &watch->trouble);
	return !watch->answered_wrong;
}

static void done(void *context, const struct kube_answer *answer);

static void start(struct watch *watch, bool events, int64_t timeout_ms)
{
	const char *accept = events ? WATCH_METADATA : LIST_METADATA;
	const struct watch_reader_options read = {
		.events = events,
		.with_data = watch->options.with_data,
		.metadata_only = watch->options.metadata_only,
		.kind = buf_str(&watch->kind),
	};
	const struct kube_request request = {
		.method = "GET",
		.path = buf_str(&watch->url),
		.accept = watch->options.metadata_only ? accept : NULL,
		.timeout_ms = timeout_ms,
		.context = watch,
		.on_body = take_body,
		.on_done = done,
	};

	watch_reader_free(watch->reader);
	watch->reader = watch_reader_new(&read, take_notice, watch);
	watch->got_bytes = watch->got_events = watch->moved = watch->answered_wrong = false;
	watch->code = 0;
	watch->started_ms = loop_now_ms(watch->loop);
	watch->call = kube_ask(watch->client, &request);
}

static void begin_url(struct watch *watch, const char *query)
{
	buf_reset(&watch->url);
	buf_put(&watch->url, buf_str(&watch->path));
	buf_puts(&watch->url, query);
}

static void put_parameter(struct watch *watch, const char *name, struct str value)
{
	buf_puts(&watch->url, name);
	url_encode_form(&watch->url, value);
}

static void put_field_selector(struct watch *watch)
{
	if (watch->field_selector.len == 0)
		return;
	put_parameter(watch, "&fieldSelector=", buf_str(&watch->field_selector));
}

/* ---- the list */

/* The first list may come from the server's cache, which is cheap. A later one may not: the cache of another server could be older
   than what we have seen. */
static void list_page(struct watch *watch)
{
	begin_url(watch, "?limit=");
	buf_put_u64(&watch->url, PAGE_ITEMS);
	put_field_selector(watch);
	if (watch->more.len)
		put_parameter(watch, "&continue=", buf_str(&watch->more));
	else if (!watch->listed)
		buf_puts(&watch->url, "&resourceVersion=0");
	start(watch, false, LIST_TIMEOUT_MS);
}

static void begin_list(struct watch *watch)
{
	watch->pages = 0;
	buf_reset(&watch->list_version);
	watch->options.begin(watch->options.context);
	list_page(watch);
}

static void list_failed(struct watch *watch, int status, const char *text)
{
	list_again(watch);
	failed(watch, status, text);
}

static void end_list(struct watch *watch)
{
	buf_put(&watch->version, buf_str(&watch->list_version));
	watch->listed = true;
	watch->broken = false;
	log_v(2, "watch %s: listed, version %s", buf_cstr(&watch->path), buf_cstr(&watch->version));
	watch->options.synced(watch->options.context);
	ask_after(watch, 0);
}

/* A server that gives a token again would have us ask for ever. Each is compared with the one of the page whose number was the last
   power of two, so that a circle of any length is found, and none is kept. */
static bool comes_again(struct watch *watch)
{
	uint64_t token = str_hash(buf_str(&watch->more), 0);
	bool again = watch->pages > 1 && token == watch->anchor;

	if ((watch->pages & (watch->pages - 1)) == 0)
		watch->anchor = token;
	return again && watch->more.len > 0;
}

/* All pages show the state of the first one's version. */
static void keep_page(struct watch *watch)
{
	size_t left_out = watch_reader_left_out(watch->reader);

	if (left_out)
		log_warn("watch %s: %zu malformed items of the list are left out", buf_cstr(&watch->path), left_out);
	if (watch->pages++ == 0)
		buf_put(&watch->list_version, watch_reader_version(watch->reader));
	buf_reset(&watch->more);
	buf_put(&watch->more, watch_reader_continue(watch->reader));
}

static void page_done(struct watch *watch, const struct kube_answer *answer, bool good)
{
	if (answer->status == STATUS_GONE && watch->retry_ms == 0) {
		gone(watch);
		return;
	}
	if (!good || !watch_reader_finish(watch->reader, &watch->trouble)) {
		list_failed(watch, answer->status, good || watch->answered_wrong ? watch->trouble.msg : answer->text);
		return;
	}
	keep_page(watch);
	if (comes_again(watch))
		list_failed(watch, answer->status, "the list has a continue token twice");
	else if (watch->list_version.failed || watch->more.failed || watch->pages == PAGES_MAX)
		list_failed(watch, answer->status, "the list does not end");
	else if (watch->more.len)
		list_page(watch);
	else
		end_list(watch);
}

/* ---- the watch */

static void start_watch(struct watch *watch)
{
	int64_t seconds = watch->broken ? TRIAL_S : WATCH_S + (int64_t)random_below(WATCH_S + 1);

	begin_url(watch, "?watch=true&allowWatchBookmarks=true");
	put_parameter(watch, "&resourceVersion=", buf_str(&watch->version));
	buf_puts(&watch->url, "&timeoutSeconds=");
	buf_put_i64(&watch->url, seconds);
	put_field_selector(watch);
	start(watch, true, seconds * 1000 + MARGIN_MS);
}

/* Would the same question get another answer later? */
static bool is_passing(int status)
{
	return status == 0 || status == 401 || status == 408 || status == 429 || status >= 500;
}

static void watch_refused(struct watch *watch, int status, const char *text)
{
	if (status == STATUS_GONE) {
		gone(watch);
		return;
	}
	if (!is_passing(status))
		list_again(watch); /* who may list and not watch gets a list from time to time */
	failed(watch, status, text);
}

/* Its time is over, or the connection broke. The next one goes on from here; only one that brought nothing must wait. */
static void watch_ended(struct watch *watch)
{
	if (watch->moved || loop_now_ms(watch->loop) - watch->started_ms >= SHORT_WATCH_MS)
		ask_after(watch, 0);
	else
		back_off(watch);
}

static void watch_done(struct watch *watch, const struct kube_answer *answer, bool good)
{
	struct err cut;
	bool at_once = loop_now_ms(watch->loop) - watch->started_ms < SHORT_WATCH_MS;

	if (watch->answered_wrong && watch->trouble.code == ERR_UPSTREAM) {
		watch_refused(watch, watch->code ? watch->code : 400, watch->trouble.msg);
	} else if (watch->answered_wrong) {
		list_again(watch);
		failed(watch, answer->status, watch->trouble.msg);
	} else if (!good && !watch->got_bytes) {
		watch_refused(watch, answer->status, answer->text);
	} else if (!good || !watch_reader_finish(watch->reader, &cut)) {
		watch_ended(watch);
	} else if (at_once && !watch->got_events) {
		list_again(watch);
		failed(watch, answer->status, "the watch ended at once and without an event");
	} else {
		works(watch);
		watch_ended(watch);
	}
}

static void done(void *context, const struct kube_answer *answer)
{
	struct watch *watch = context;
	bool good = !watch->answered_wrong && answer->status >= 200 && answer->status < 300 && answer->text[0] == '\0';

	watch->call = NULL;
	if (watch->version.len == 0)
		page_done(watch, answer, good);
	else
		watch_done(watch, answer, good);
}

static void ask(void *context)
{
	struct watch *watch = context;

	if (watch->version.len == 0)
		begin_list(watch);
	else
		start_watch(watch);
}

struct watch *watch_new(struct loop *loop, struct kube_client *client, const struct watch_options *options)
{
	struct watch *watch = xnew(struct watch);

	watch->loop = loop;
	watch->client = client;
	watch->options = *options;
	watch->again = (struct loop_timer){.handler = ask, .context = watch};
	watch->version.max = watch->list_version.max = watch->more.max = TOKEN_BYTES_MAX;
	buf_put(&watch->path, options->path);
	buf_put(&watch->kind, options->kind);
	buf_put(&watch->field_selector, options->field_selector);
	ask_after(watch, 0);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->call)
		kube_call_cancel(watch->call);
	loop_timer_cancel(watch->loop, &watch->again);
	watch_reader_free(watch->reader);
	buf_clear(&watch->path);
	buf_clear(&watch->kind);
	buf_clear(&watch->field_selector);
	buf_clear(&watch->url);
	buf_clear(&watch->version);
	buf_clear(&watch->list_version);
	buf_clear(&watch->more);
	free(watch);
}
