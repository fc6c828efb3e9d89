/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/resources.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/vec.h"
#include "kube/client.h"
#include "model/resource.h"
#include "net/loop.h"
#include "text/json_document.h"

enum {
	TIMEOUT_MS = 30000,
	ANSWER_BYTES_MAX = 32 << 20,
	ROUND_BYTES_MAX = 64 << 20,
	VERSIONS_MAX = 5000, /* groups' versions */
	AT_ONCE = 4,
	RETRY_FIRST_MS = 500,
	RETRY_MAX_MS = 60000,
	HINT_MS = 10000,
};

#define AGGREGATED                                                                                                     \
	"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"                                        \
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

/* A version of a group, and its resources. */
struct version {
	struct resources *owner;
	struct str group, version;
	bool asked, known;
	struct kube_call *call; /* for its legacy document */
	VEC_OF(struct resource);
};

/* One time that everything is asked. */
struct round {
	struct arena *arena;
	struct version **items;
	size_t count, cap;
	size_t under_way;
};

struct resources {
	struct loop *loop;
	struct kube_client *client;
	int64_t interval_ms;
	resources_handler *handler;
	void *context;
	struct loop_timer timer;
	struct kube_call *call; /* for /api or /apis */
	struct round *round;	/* NULL: none goes on */
	struct round *last;	/* a version that fails for a while is as it was then */
	struct buf text;	/* of the table that was given last */
	bool given, hinted;
	int64_t asked_ms;
	int64_t retry_ms;
};

/* ---- rounds */

static struct round *round_new(void)
{
	struct round *round = xnew(struct round);

	round->arena = arena_new(ROUND_BYTES_MAX);
	return round;
}

static void round_free(struct round *round)
{
	if (round == NULL)
		return;
	for (size_t i = 0; i < round->count; i++) {
		if (round->items[i]->call)
			kube_call_cancel(round->items[i]->call);
		vec_clear(round->items[i]);
		free(round->items[i]);
	}
	vec_clear(round);
	arena_free(round->arena);
	free(round);
}

static const struct version *find_version(const struct round *round, const struct version *wanted)
{
	for (size_t i = 0; round && i < round->count; i++)
		if (str_eq(round->items[i]->group, wanted->group) && str_eq(round->items[i]->version, wanted->version))
			return round->items[i];
	return NULL;
}

/* Names become part of paths. */
static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '.'))
			return false;
	}
	return name.len > 0 && name.len < 254 && name.ptr[0] != '.';
}

/* NULL: it has no name that could be asked for, there are too many, or it is there already. */
static struct version *add_version(struct resources *resources, struct str group, struct str name)
{
	struct round *round = resources->round;
	struct version *version, wanted = {.owner = resources};

	if ((group.len > 0 && !is_name(group)) || !is_name(name) || round->count >= VERSIONS_MAX ||
	    !arena_copy(round->arena, group, &wanted.group) || !arena_copy(round->arena, name, &wanted.version)) {
		log_warn("discovery of resources: the group '%.*s' has a version that is left out", STR_ARG(group));
		return NULL;
	}
	if (find_version(round, &wanted))
		return NULL;
	version = xnew(struct version);
	*version = wanted;
	*vec_push(round) = version;
	return version;
}

/* ---- reading. Subresources (with a slash) and what has no kind are no resources of their own. */

static void add_resource(struct version *version, struct str plural, struct str singular, struct str kind,
			 bool namespaced)
{
	struct arena *arena = version->owner->round->arena;
	struct resource made = {.group = version->group, .version = version->version, .namespaced = namespaced};

	if (plural.len == 0 || kind.len == 0 || str_index(plural, '/') < plural.len)
		return;
	if (!arena_copy(arena, plural, &made.plural) || !arena_copy(arena, singular, &made.singular) ||
	    !arena_copy(arena, kind, &made.kind)) {
		log_warn("discovery of resources: %.*s is left out, there are too many", STR_ARG(plural));
		return;
	}
	*vec_push(version) = made;
}

static bool is_of_version(const struct version *version, struct str group_version)
{
	struct str group = version->group, name = version->version;

	if (group.len == 0)
		return str_eq(group_version, name);
	return group_version.len == group.len + 1 + name.len && str_starts(group_version, group) &&
	       group_version.ptr[group.len] == '/' && str_ends(group_version, name);
}

/* APIResourceList */
static bool read_legacy_resources(struct version *version, const json_t *root, struct err *err)
{
	struct str of = json_document_text(root, "groupVersion");
	const json_t *item;
	size_t i;

	if (!str_eq(json_document_text(root, "kind"), STR("APIResourceList")))
		return err_set(err, ERR_UPSTREAM, "no APIResourceList");
	if (of.len > 0 && !is_of_version(version, of))
		return err_set(err, ERR_UPSTREAM, "the APIResourceList of '%.*s' came for it", STR_ARG(of));
	json_array_foreach (json_object_get(root, "resources"), i, item)
		add_resource(version, json_document_text(item, "name"), json_document_text(item, "singularName"),
			     json_document_text(item, "kind"), json_is_true(json_object_get(item, "namespaced")));
	return true;
}

/* A version of an APIGroupDiscovery. One that is stale has no resources: its server did not answer. */
static void read_aggregated_version(struct resources *resources, struct str group, const json_t *node)
{
	struct version *version = add_version(resources, group, json_document_text(node, "version"));
	const json_t *item;
	size_t i;

	if (version == NULL)
		return;
	version->asked = true;
	version->known = !str_eq(json_document_text(node, "freshness"), STR("Stale"));
	if (!version->known)
		log_warn("discovery of resources: %.*s/%.*s is stale, its server does not answer", STR_ARG(group),
			 STR_ARG(version->version));
	json_array_foreach (json_object_get(node, "resources"), i, item)
		add_resource(version, json_document_text(item, "resource"),
			     json_document_text(item, "singularResource"),
			     json_document_text(json_object_get(item, "responseKind"), "kind"),
			     str_eq(json_document_text(item, "scope"), STR("Namespaced")));
}

static void read_aggregated(struct resources *resources, const json_t *root)
{
	const json_t *group, *version;
	size_t i, j;

	json_array_foreach (json_object_get(root, "items"), i, group) {
		struct str name = json_document_text(json_object_get(group, "metadata"), "name");

		json_array_foreach (json_object_get(group, "versions"), j, version)
			read_aggregated_version(resources, name, version);
	}
}

/* Of an APIGroupList. */
static void read_group(struct resources *resources, const json_t *group)
{
	struct str name = json_document_text(group, "name");
	struct str preferred = json_document_text(json_object_get(group, "preferredVersion"), "version");
	const json_t *version;
	size_t i;

	if (preferred.len > 0)
		(void)add_version(resources, name, preferred);
	json_array_foreach (json_object_get(group, "versions"), i, version)
		if (!str_eq(json_document_text(version, "version"), preferred))
			(void)add_version(resources, name, json_document_text(version, "version"));
}

static void read_groups(struct resources *resources, const json_t *root)
{
	const json_t *group;
	size_t i;

	json_array_foreach (json_object_get(root, "groups"), i, group)
		read_group(resources, group);
}

/* APIVersions */
static void read_core_versions(struct resources *resources, const json_t *root)
{
	const json_t *version;
	size_t i;

	json_array_foreach (json_object_get(root, "versions"), i, version)
		if (json_is_string(version))
			(void)add_version(resources, STR(""), json_document_str(version));
}

/* Whichever of them came. */
static bool read_index(struct resources *resources, const struct kube_answer *answer, struct err *err)
{
	json_auto_t *root = NULL;
	struct str kind;

	if (answer->status < 200 || answer->status > 299)
		return err_set(err, ERR_UPSTREAM, "%d %s", answer->status, answer->text);
	if (!json_document_parse(answer->body, &root, err))
		return false;
	kind = json_document_text(root, "kind");
	if (str_eq(kind, STR("APIGroupDiscoveryList")))
		read_aggregated(resources, root);
	else if (str_eq(kind, STR("APIGroupList")))
		read_groups(resources, root);
	else if (str_eq(kind, STR("APIVersions")))
		read_core_versions(resources, root);
	else
		return err_set(err, ERR_UPSTREAM, "neither groups nor versions, but '%.*s'", STR_ARG(kind));
	return true;
}

/* ---- the end of a round */

static void again(struct resources *resources, int64_t delay_ms)
{
	loop_timer_set(resources->loop, &resources->timer, delay_ms);
}

/* How long to wait this time; twice as long the next time. */
static int64_t back_off(struct resources *resources, int64_t max_ms)
{
	int64_t delay_ms = resources->retry_ms < max_ms ? resources->retry_ms : max_ms;

	resources->retry_ms = delay_ms * 2 < max_ms ? delay_ms * 2 : max_ms;
	return delay_ms;
}

static void fail(struct resources *resources, const char *path, const char *why)
{
	int64_t delay_ms = back_off(resources, RETRY_MAX_MS);

	log_warn("discovery of resources: GET %s: %s; once more in %.1f s", path, why, (double)delay_ms / 1000);
	round_free(resources->round);
	resources->round = NULL;
	again(resources, delay_ms);
}

static void write_resource(struct buf *out, const struct resource *resource)
{
	buf_printf(out, "%.*s/%.*s/%.*s/%.*s/%.*s/%d\n", STR_ARG(resource->group), STR_ARG(resource->version),
		   STR_ARG(resource->plural), STR_ARG(resource->singular), STR_ARG(resource->kind),
		   resource->namespaced);
}

/* What is known of a version that failed now: what it was before. */
static void recall(struct version *version, const struct round *last)
{
	const struct version *before = version->known ? NULL : find_version(last, version);

	for (size_t i = 0; before && version->count == 0 && i < before->count; i++) {
		const struct resource *resource = &before->items[i];

		add_resource(version, resource->plural, resource->singular, resource->kind, resource->namespaced);
	}
}

static struct resource_table *make_table(const struct round *round, const struct round *last, struct buf *text)
{
	struct resource_table *table = resource_table_new();

	for (size_t i = 0; i < round->count; i++) {
		struct version *version = round->items[i];

		recall(version, last);
		for (size_t j = 0; j < version->count; j++) {
			resource_table_add(table, &version->items[j]);
			write_resource(text, &version->items[j]);
		}
	}
	return table;
}

static bool is_whole(const struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		if (!round->items[i]->known)
			return false;
	return true;
}

/* A version that failed is asked for again soon, and less and less often down to the usual interval: many clusters have one whose
   server is gone for good. */
static void plan_next(struct resources *resources)
{
	int64_t interval_ms = resources->interval_ms;

	if (!is_whole(resources->last)) {
		again(resources, back_off(resources, interval_ms > 0 ? interval_ms : RETRY_MAX_MS));
		return;
	}
	resources->retry_ms = RETRY_FIRST_MS;
	if (interval_ms > 0)
		again(resources, interval_ms);
}

static void finish(struct resources *resources)
{
	struct buf text = {0};
	struct resource_table *table = make_table(resources->round, resources->last, &text);

	round_free(resources->last);
	resources->last = STEAL(resources->round);
	plan_next(resources);
	if (resources->hinted) /* what was asked for may have come behind our back */
		resources_hint(resources);
	if (resources->given && str_eq(buf_str(&text), buf_str(&resources->text))) {
		buf_clear(&text);
		resource_table_unref(table);
		return;
	}
	buf_clear(&resources->text);
	resources->text = text;
	resources->given = true;
	resources->handler(resources->context, table); /* may free us */
}

/* ---- legacy documents */

static void ask_versions(struct resources *resources);

static void version_answered(void *context, const struct kube_answer *answer)
{
	struct version *version = context;
	struct resources *resources = version->owner;
	json_auto_t *root = NULL;
	struct err err = {0};

	version->call = NULL;
	resources->round->under_way--;
	if (answer->status < 200 || answer->status > 299)
		(void)err_set(&err, ERR_UPSTREAM, "%d %s", answer->status, answer->text);
	else
		version->known =
			json_document_parse(answer->body, &root, &err) && read_legacy_resources(version, root, &err);
	if (!version->known)
		log_warn("discovery of resources: %.*s/%.*s is left out: %s", STR_ARG(version->group),
			 STR_ARG(version->version), err.msg);
	ask_versions(resources);
}

static void ask_version(struct resources *resources, struct version *version)
{
	CLEANUP(buf_clear) struct buf path = {0};

	buf_puts(&path, version->group.len > 0 ? "/apis/" : "/api");
	buf_printf(&path, "%.*s/%.*s", STR_ARG(version->group), STR_ARG(version->version));
	version->asked = true;
	resources->round->under_way++;
	version->call = kube_ask(resources->client, &(struct kube_request){.method = "GET",
									   .path = buf_str(&path),
									   .timeout_ms = TIMEOUT_MS,
									   .max_body_bytes = ANSWER_BYTES_MAX,
									   .context = version,
									   .on_done = version_answered});
}

static void ask_versions(struct resources *resources)
{
	struct round *round = resources->round;

	for (size_t i = 0; i < round->count && round->under_way < AT_ONCE; i++)
		if (!round->items[i]->asked)
			ask_version(resources, round->items[i]);
	if (round->under_way == 0)
		finish(resources);
}

/* ---- /api, then /apis */

static struct kube_call *ask_index(struct resources *resources, const char *path,
				   void (*on_done)(void *context, const struct kube_answer *answer))
{
	return kube_ask(resources->client, &(struct kube_request){.method = "GET",
								  .path = str_of(path),
								  .accept = AGGREGATED,
								  .timeout_ms = TIMEOUT_MS,
								  .max_body_bytes = ANSWER_BYTES_MAX,
								  .context = resources,
								  .on_done = on_done});
}

static void groups_answered(void *context, const struct kube_answer *answer)
{
	struct resources *resources = context;
	struct err err = {0};

	resources->call = NULL;
	if (read_index(resources, answer, &err))
		ask_versions(resources);
	else
		fail(resources, "/apis", err.msg);
}

static void core_answered(void *context, const struct kube_answer *answer)
{
	struct resources *resources = context;
	struct err err = {0};

	resources->call = NULL;
	if (read_index(resources, answer, &err))
		resources->call = ask_index(resources, "/apis", groups_answered);
	else
		fail(resources, "/api", err.msg);
}

static void begin(void *context)
{
	struct resources *resources = context;

	if (resources->round)
		return;
	resources->round = round_new();
	resources->hinted = false;
	resources->asked_ms = loop_now_ms(resources->loop);
	resources->call = ask_index(resources, "/api", core_answered);
}

struct resources *resources_new(struct loop *loop, struct kube_client *client, int64_t interval_ms,
				resources_handler *handler, void *context)
{
	struct resources *resources = xnew(struct resources);

	resources->loop = loop;
	resources->client = client;
	resources->interval_ms = interval_ms;
	resources->handler = handler;
	resources->context = context;
	resources->retry_ms = RETRY_FIRST_MS;
	resources->timer = (struct loop_timer){.handler = begin, .context = resources};
	begin(resources);
	return resources;
}

void resources_free(struct resources *resources)
{
	if (resources == NULL)
		return;
	if (resources->call)
		kube_call_cancel(resources->call);
	loop_timer_cancel(resources->loop, &resources->timer);
	round_free(resources->round);
	round_free(resources->last);
	buf_clear(&resources->text);
	free(resources);
}

void resources_hint(struct resources *resources)
{
	int64_t wait_ms = resources->asked_ms + HINT_MS - loop_now_ms(resources->loop);
	int64_t due_ms = loop_now_ms(resources->loop) + (wait_ms > 0 ? wait_ms : 0);

	resources->hinted = true;
	if (resources->round || (resources->timer.heap_index > 0 && resources->timer.due_ms <= due_ms))
		return;
	again(resources, wait_ms > 0 ? wait_ms : 0);
}
