/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/trust.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "kube/watch.h"
#include "text/json_document.h"

#define NAMESPACE "kube-system"
#define NAME	  "extension-apiserver-authentication"
#define PLACE	  "ConfigMap " NAMESPACE "/" NAME

/* ---- the snapshot */

void trust_free(struct trust *trust)
{
	if (trust == NULL)
		return;
	arena_free(trust->arena);
	free(trust);
}

/* ---- from the ConfigMap */

/* Without a maximum an arena takes everything; what comes in is bounded by whoever read it. */
static struct str kept(struct trust *trust, struct str text)
{
	struct str copy = {0};

	CHECK(arena_copy(trust->arena, text, &copy));
	return copy;
}

static bool malformed(const char *key, const char *why)
{
	log_warn("trust: %s: %s: %s; it counts as empty", PLACE, key, why);
	return false;
}

/* The value of a key; absent is the empty text. False when it is no text. */
static bool take_text(const json_t *data, const char *key, struct str *ret_text)
{
	const json_t *value = json_object_get(data, key);

	if (value && !json_is_string(value))
		return malformed(key, "no text");
	*ret_text = json_document_str(value);
	return true;
}

static void take_pem(struct trust *trust, const json_t *data, const char *key, struct str *ret_pem)
{
	struct str text;

	if (take_text(data, key, &text))
		*ret_pem = kept(trust, text);
}

static bool fill_list(struct trust *trust, const char *key, const json_t *list, struct trust_list *ret_list)
{
	struct str *items = arena_calloc(trust->arena, json_array_size(list), sizeof(*items));
	json_t *item;
	size_t i;

	CHECK(items);
	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			return malformed(key, "an item is no text");
		items[i] = kept(trust, json_document_str(item));
	}
	*ret_list = (struct trust_list){items, i};
	return true;
}

/* The value is a text that holds a JSON list of texts; empty and null are an empty list. False when it is something else. */
static bool take_list(struct trust *trust, const json_t *data, const char *key, struct trust_list *ret_list)
{
	json_auto_t *list = NULL;
	struct str text;
	struct err err;

	if (!take_text(data, key, &text))
		return false;
	if (text.len == 0)
		return true;
	if (!json_document_parse(text, &list, &err))
		return malformed(key, err.msg);
	if (json_is_null(list))
		return true;
	if (!json_is_array(list))
		return malformed(key, "no JSON list of texts");
	return fill_list(trust, key, list, ret_list);
}

static void take_all(struct trust *trust, const json_t *data)
{
	take_pem(trust, data, "client-ca-file", &trust->client_ca_pem);
	take_pem(trust, data, "requestheader-client-ca-file", &trust->requestheader_ca_pem);
	take_list(trust, data, "requestheader-username-headers", &trust->username_headers);
	take_list(trust, data, "requestheader-group-headers", &trust->group_headers);
	take_list(trust, data, "requestheader-extra-headers-prefix", &trust->extra_prefixes);
	take_list(trust, data, "requestheader-uid-headers", &trust->uid_headers);
	/* An empty list lets any name in. A list that we cannot read must not do that: then nobody is let in. */
	if (!take_list(trust, data, "requestheader-allowed-names", &trust->allowed_names)) {
		trust->requestheader_ca_pem = (struct str){0};
		log_warn("trust: %s: so no proxy is believed", PLACE);
	}
}

struct trust *trust_parse(struct str data_json, uint64_t generation)
{
	struct trust *trust = xnew(struct trust);
	json_auto_t *data = NULL;
	struct err err;

	trust->arena = arena_new(0);
	trust->generation = generation;
	if (data_json.len == 0)
		return trust;
	if (!json_document_parse(data_json, &data, &err))
		log_warn("trust: %s: %s; it counts as empty", PLACE, err.msg);
	else if (!json_is_object(data))
		log_warn("trust: %s: the data is no JSON object; it counts as empty", PLACE);
	else
		take_all(trust, data);
	return trust;
}

/* ---- live */

struct trust_source {
	struct watch *watch;
	trust_handler *handler;
	void *context;
	struct buf data, published; /* JSON; empty: there is no ConfigMap */
	bool listing;
	bool has_published, broken;
	uint64_t generation;
};

static void publish(struct trust_source *source)
{
	if (source->has_published && str_eq(buf_str(&source->data), buf_str(&source->published)))
		return;
	buf_reset(&source->published);
	buf_put(&source->published, buf_str(&source->data));
	source->has_published = true;
	if (source->data.len)
		log_info("trust: %s is read", PLACE);
	else
		log_warn("trust: %s is absent or empty: nobody is believed by certificate", PLACE);
	source->handler(source->context, trust_parse(buf_str(&source->data), ++source->generation));
}

static void begin(void *context)
{
	struct trust_source *source = context;

	source->listing = true;
	buf_reset(&source->data);
}

static bool is_ours(struct str namespace, struct str name)
{
	return str_eq(namespace, STR(NAMESPACE)) && str_eq(name, STR(NAME));
}

static void put(void *context, const struct watched_object *object)
{
	struct trust_source *source = context;

	if (!is_ours(object->namespace, object->name))
		return;
	buf_reset(&source->data);
	buf_put(&source->data, object->data_json);
	if (!source->listing)
		publish(source);
}

static void removed(void *context, struct str namespace, struct str name)
{
	struct trust_source *source = context;

	if (!is_ours(namespace, name))
		return;
	buf_reset(&source->data);
	publish(source);
}

static void synced(void *context)
{
	struct trust_source *source = context;

	source->listing = source->broken = false;
	publish(source);
}

static void failed(void *context, int status, const char *text)
{
	struct trust_source *source = context;
	const char *stays = source->has_published ? "; what was read before stays" : "";

	if (source->broken)
		log_v(2, "trust: cannot read %s: status %d: %s", PLACE, status, text);
	else if (status == 403)
		log_warn("trust: cannot read %s: status 403: %s%s. fix: kubectl create rolebinding -n kube-system NAME "
			 "--role=extension-apiserver-authentication-reader --serviceaccount=NAMESPACE:NAME",
			 PLACE, text, stays);
	else
		log_warn("trust: cannot read %s: status %d: %s%s", PLACE, status, text, stays);
	source->broken = true;
}

static void resumed(void *context)
{
	struct trust_source *source = context;

	source->broken = false;
}

struct trust_source *trust_source_new(struct loop *loop, struct kube_client *client, trust_handler *handler,
				      void *context)
{
	struct trust_source *source = xnew(struct trust_source);
	const struct watch_options options = {
		.path = STR("/api/v1/namespaces/" NAMESPACE "/configmaps"),
		.kind = STR("ConfigMap"),
		.field_selector = STR("metadata.name=" NAME),
		.with_data = true,
		.context = source,
		.begin = begin,
		.put = put,
		.removed = removed,
		.synced = synced,
		.failed = failed,
		.resumed = resumed,
	};

	source->handler = handler;
	source->context = context;
	source->watch = watch_new(loop, client, &options);
	return source;
}

void trust_source_free(struct trust_source *source)
{
	if (source == NULL)
		return;
	watch_free(source->watch);
	buf_clear(&source->data);
	buf_clear(&source->published);
	free(source);
}
