/* SPDX-License-Identifier: Apache-2.0 */
#include "usage_in.h"

#include "api/usage.h"
#include "base/log.h"
#include "kube/objects.h"
#include "model/catalog.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "prom/client.h"
#include "prom/query_cache.h"
#include "server/http.h"

enum {
	CALLS_MAX = 8, /* queries under way at a time, so that one request leaves the connections to others */
	LABELS_MAX = 256,
};

struct usage_request;

/* A query under way. */
struct slot {
	struct usage_request *usage;
	struct query_wait wait;
	bool busy;
	size_t query;
};

/* Lives in the exchange's arena. It waits for objects, or for queries. */
struct usage_request {
	struct question_setting setting;
	struct http_exchange *exchange;
	struct catalog *catalog;
	struct usage_plan plan;
	int64_t deadline_ms;
	struct objects_waiter waiter;
	struct loop_timer patience; /* while it waits for objects */
	struct slot slots[CALLS_MAX];
	size_t next, under_way; /* queries */
	bool asking;		/* answers that come at once are only taken */
};

/* ---- the end */

static void clear(struct usage_request *usage)
{
	usage_clear(&usage->plan);
	catalog_unref(usage->catalog);
}

/* The client is gone, or the server stops: nobody waits for the answer any more. */
static void gone(void *context)
{
	struct usage_request *usage = context;

	if (usage->setting.objects)
		objects_wait_cancel(usage->setting.objects, &usage->waiter);
	loop_timer_cancel(usage->setting.loop, &usage->patience);
	for (size_t i = 0; i < CALLS_MAX; i++)
		query_wait_cancel(&usage->slots[i].wait);
	clear(usage);
}

static void respond(struct usage_request *usage)
{
	struct api_reply *reply = &usage->plan.reply;
	const char *headers[] = {"Warning", buf_cstr(&reply->warning), NULL};

	http_on_gone(usage->exchange, NULL, NULL);
	http_respond(usage->exchange, &(struct http_reply){.status = reply->status,
							   .content_type = "application/json",
							   .headers = reply->warning.len ? headers : NULL,
							   .body = &reply->body});
	clear(usage);
}

/* ---- queries */

static void sampled(void *context, const struct samples *samples, const struct upstream_error *problem);

static int64_t left_ms(const struct usage_request *usage)
{
	int64_t left = usage->deadline_ms - loop_now_ms(usage->setting.loop);

	return left > 0 ? left : 0;
}

static struct slot *free_slot(struct usage_request *usage)
{
	struct slot *slot = usage->slots;

	while (slot->busy)
		slot++;
	return slot;
}

static void ask(struct usage_request *usage)
{
	CLEANUP(buf_clear) struct buf promql = BUF_MAX(QUERY_BYTES_MAX);
	struct slot *slot = free_slot(usage);
	size_t query = usage->next++;

	if (!usage_promql(&usage->plan, query, &promql))
		return;
	log_v(6, "query: %.*s", STR_ARG(buf_str(&promql)));
	*slot = (struct slot){
		.usage = usage, .wait = {.handler = sampled, .context = slot}, .busy = true, .query = query};
	usage->under_way++;
	query_cache_ask(usage->setting.cache, buf_str(&promql), usage->deadline_ms, &slot->wait);
}

/* Once the time is over, the queries that were not asked have failed like those that were. */
static void give_up_rest(struct usage_request *usage)
{
	const struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT,
					       .text = "no answer within the time of the request"};

	while (usage->next < usage->plan.query_count)
		usage_failed(&usage->plan, usage->next++, &problem);
}

/* The request may be gone when it returns. */
static void ask_more(struct usage_request *usage)
{
	if (left_ms(usage) == 0)
		give_up_rest(usage);
	usage->asking = true;
	while (usage->next < usage->plan.query_count && usage->under_way < CALLS_MAX)
		ask(usage);
	usage->asking = false;
	if (usage->under_way)
		return;
	usage_answer(&usage->plan);
	respond(usage);
}

static void sampled(void *context, const struct samples *samples, const struct upstream_error *problem)
{
	struct slot *slot = context;
	struct usage_request *usage = slot->usage;

	slot->busy = false;
	usage->under_way--;
	if (samples)
		usage_sampled(&usage->plan, slot->query, samples);
	else
		usage_failed(&usage->plan, slot->query, problem);
	if (samples == NULL)
		log_v(2, "query for resource metrics: %s", problem->text);
	if (!usage->asking)
		ask_more(usage);
}

/* ---- objects */

static bool take_object(void *context, const struct object_seen *seen, struct err *err)
{
	struct usage_request *usage = context;
	struct usage_label labels[LABELS_MAX];
	struct usage_object object = {
		.namespace = seen->namespace,
		.name = seen->name,
		.labels = labels,
		.label_count = seen->label_count < LABELS_MAX ? seen->label_count : LABELS_MAX,
		.running = usage->plan.nodes || seen->state.phase == PHASE_RUNNING,
	};

	for (size_t i = 0; i < object.label_count; i++) {
		struct object_label label = object_seen_label(seen, i);

		labels[i] = (struct usage_label){label.key, label.value};
	}
	return usage_add(&usage->plan, &object, err);
}

static void go_on(struct usage_request *usage)
{
	if (usage->plan.step == USAGE_QUERIES)
		ask_more(usage);
	else
		respond(usage);
}

static void find_objects(struct usage_request *usage);

static void objects_changed(void *context)
{
	struct usage_request *usage = context;

	loop_timer_cancel(usage->setting.loop, &usage->patience);
	find_objects(usage);
}

static void patience_ends(void *context)
{
	struct usage_request *usage = context;

	objects_wait_cancel(usage->setting.objects, &usage->waiter);
	usage_unlisted(&usage->plan, API_UNLISTED_FAILED, "the kube-apiserver has not listed them in time");
	respond(usage);
}

static void wait_for_objects(struct usage_request *usage)
{
	const struct question_setting *setting = &usage->setting;

	usage->waiter.changed = objects_changed;
	usage->waiter.context = usage;
	objects_wait(setting->objects, &usage->waiter);
	usage->patience = (struct loop_timer){.handler = patience_ends, .context = usage};
	loop_timer_set(setting->loop, &usage->patience, left_ms(usage));
}

static void find_objects(struct usage_request *usage)
{
	struct api_objects wanted = usage_wanted(&usage->plan);
	struct err err = {0};

	switch (objects_visit(usage->setting.objects, wanted.resource, wanted.namespace, wanted.selector, take_object,
			      usage, &err)) {
	case OBJECTS_FOUND:
		usage_added(&usage->plan, loop_wall_ms(usage->setting.loop));
		break;
	case OBJECTS_WAITING:
		wait_for_objects(usage);
		return;
	case OBJECTS_FORBIDDEN:
		usage_unlisted(&usage->plan, API_UNLISTED_FORBIDDEN, err.msg);
		break;
	case OBJECTS_FAILED:
		usage_unlisted(&usage->plan, err.code == ERR_LIMIT ? API_UNLISTED_MANY : API_UNLISTED_FAILED, err.msg);
		break;
	}
	go_on(usage);
}

bool usage_request_begin(const struct question_setting *setting, struct http_exchange *exchange,
			 const struct api_request *request)
{
	struct usage_request *usage = arena_calloc(http_arena(exchange), 1, sizeof(*usage));
	const struct usage_view view = {
		.rules = catalog_rules(setting->catalog)->resource,
		.upstream = prom_authority(setting->prom),
		.max_sample_age_ms = setting->options->max_sample_age_ms,
		.standalone = setting->objects == NULL,
	};

	if (usage == NULL)
		return false;
	usage->setting = *setting;
	usage->exchange = exchange;
	usage->catalog = catalog_ref(setting->catalog);
	http_on_gone(exchange, gone, usage);
	usage_begin(&usage->plan, request, &view);
	usage->deadline_ms = loop_now_ms(setting->loop) + usage->plan.timeout_ms;
	if (usage->plan.step == USAGE_OBJECTS)
		find_objects(usage);
	else
		respond(usage);
	return true;
}
