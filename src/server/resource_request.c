/* SPDX-License-Identifier: Apache-2.0 */
/* Resource metrics: pods or nodes with their labels, several queries at a time, answer. */
#include "task.h"

#include "api/resource_plan.h"
#include "base/log.h"
#include "model/catalog.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/upstream_error.h"
#include "prom/client.h"
#include "prom/query_cache.h"

enum { CALLS_MAX = 8 /* queries under way at a time, so that one request leaves the connections to others */ };

/* A query under way. */
struct call {
	struct task *task;
	struct query_wait wait;
	bool busy;
	size_t query;
};

struct resource_request {
	struct resource_plan plan;
	struct call calls[CALLS_MAX];
	size_t next, under_way; /* queries */
	bool asking;		/* answers that come at once are only taken */
	struct buf promql;	/* of the query asked last */
	struct {
		VEC_OF(struct resource_label);
	} labels; /* of the object at hand */
};

static enum step_result plan(struct task *task)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct resource_request *resource = arena_alloc(http_arena(task->exchange), sizeof(*resource));
	const struct resource_view view = {
		.rules = catalog_rules(task->catalog)->resource,
		.upstream = prom_authority(settings->prom),
		.max_sample_age_ms = settings->max_sample_age_ms,
		.max_ahead_ms = settings->max_clock_skew_ms,
		.stats = &task->dispatch->stats,
		.lenient = settings->lenient_resource_metrics,
		.standalone = settings->objects == NULL,
	};

	if (resource == NULL)
		return task_refuse_large(task);
	task->resource = resource;
	task->answer = &resource->plan.reply;
	resource->promql.max = QUERY_BYTES_MAX;
	resource_plan_begin(&resource->plan, &task->request, &view);
	return task_next(task);
}

/* ---- objects */

static bool take_object(void *context, const struct object_seen *seen, struct err *err)
{
	struct resource_request *resource = context;
	struct resource_object object = {
		.namespace = seen->namespace,
		.name = seen->name,
		.label_count = seen->label_count,
		.running = resource->plan.nodes || seen->state.phase == PHASE_RUNNING,
	};

	resource->labels.count = 0;
	for (size_t i = 0; i < seen->label_count; i++) {
		struct object_label label = object_seen_label(seen, i);

		*vec_push(&resource->labels) = (struct resource_label){label.key, label.value};
	}
	object.labels = resource->labels.items;
	return resource_plan_add(&resource->plan, &object, err);
}

static enum objects_state find(struct task *task, struct err *err)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct resource_plan *plan = &task->resource->plan;
	struct api_objects wanted = resource_plan_wanted(plan);
	enum objects_state state = objects_visit(settings->objects, wanted.resource, wanted.namespace, wanted.selector,
						 take_object, task->resource, err);

	if (state == OBJECTS_FOUND)
		resource_plan_added(plan, loop_wall_ms(settings->loop));
	return state;
}

static void unlisted(struct task *task, enum api_unlisted kind, const char *why)
{
	resource_plan_unlisted(&task->resource->plan, kind, why);
}

static enum step_result objects(struct task *task)
{
	return task_objects(task, find, unlisted);
}

/* ---- queries */

static void sampled(void *context, const struct samples *samples, const struct upstream_error *problem)
{
	struct call *call = context;
	struct resource_request *resource = call->task->resource;

	call->busy = false;
	resource->under_way--;
	if (samples) {
		resource_plan_sampled(&resource->plan, call->query, samples);
	} else {
		resource_plan_failed(&resource->plan, call->query, problem);
		log_v(5, "query for resource metrics: %s", problem->text);
	}
	if (!resource->asking)
		task_wake(call->task);
}

static void ask(struct task *task)
{
	struct resource_request *resource = task->resource;
	struct call *call = resource->calls;
	size_t query = resource->next++;

	while (call->busy)
		call++;
	buf_reset(&resource->promql);
	if (!resource_plan_promql(&resource->plan, query, &resource->promql))
		return;
	task_note_query(task, buf_str(&resource->promql));
	*call = (struct call){
		.task = task, .wait = {.handler = sampled, .context = call}, .busy = true, .query = query};
	resource->under_way++;
	(void)!query_cache_ask(task->dispatch->settings.cache, buf_str(&resource->promql), task->deadline_ms,
			       &call->wait);
}

/* Once the time is over, the queries that were not asked have failed like those that were. */
static void give_up_rest(struct resource_request *resource)
{
	const struct upstream_error problem = {.fault = UPSTREAM_TIMEOUT,
					       .text = "no answer within the time of the request"};

	while (resource->next < resource->plan.query_count)
		resource_plan_failed(&resource->plan, resource->next++, &problem);
}

static enum step_result query(struct task *task)
{
	struct resource_request *resource = task->resource;

	if (task_left_ms(task) == 0)
		give_up_rest(resource);
	resource->asking = true;
	while (resource->next < resource->plan.query_count && resource->under_way < CALLS_MAX)
		ask(task);
	resource->asking = false;
	if (resource->under_way == 0)
		return STEP_NEXT;
	return task_left_ms(task) ? task_wait(task) : STEP_WAIT;
}

static enum step_result answer(struct task *task)
{
	resource_plan_answer(&task->resource->plan);
	return task_next(task);
}

/* ---- the end */

/* All at once, whatever comes of them: the last one answers the request. */
static bool expire(struct task *task)
{
	struct resource_request *resource = task->resource;

	if (resource->under_way == 0)
		return false;
	resource->asking = true;
	for (size_t i = 0; i < CALLS_MAX; i++)
		query_wait_expire(&resource->calls[i].wait);
	resource->asking = false;
	task_run(task);
	return true;
}

static void cancel(struct task *task)
{
	for (size_t i = 0; i < CALLS_MAX; i++)
		query_wait_cancel(&task->resource->calls[i].wait);
}

static void clear(struct task *task)
{
	resource_plan_clear(&task->resource->plan);
	buf_clear(&task->resource->promql);
	vec_clear(&task->resource->labels);
}

const struct task_kind resource_request_kind = {
	.steps = {[REQUEST_PLAN] = plan,
		  [REQUEST_OBJECTS] = objects,
		  [REQUEST_QUERY] = query,
		  [REQUEST_ANSWER] = answer},
	.expire = expire,
	.cancel = cancel,
	.clear = clear,
};
