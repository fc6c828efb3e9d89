/* SPDX-License-Identifier: Apache-2.0 */
#include "server/dispatch.h"

#include "task.h"

#include <stdlib.h>

#include "api/documents.h"
#include "base/memo.h"
#include "model/catalog.h"
#include "prom/client.h"
#include "reason_log.h"

struct dispatch *dispatch_new(const struct dispatch_settings *settings, struct catalog *catalog)
{
	struct dispatch *dispatch = xnew(struct dispatch);

	dispatch->settings = *settings;
	dispatch->catalog = catalog;
	dispatch->log = reason_log_new();
	dispatch->started_ms = loop_wall_ms(settings->loop);
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	document_cache_clear(&dispatch->documents);
	catalog_unref(dispatch->catalog);
	reason_log_free(dispatch->log);
	memo_free(dispatch->names);
	free(dispatch);
}

void dispatch_set_catalog(struct dispatch *dispatch, struct catalog *catalog, struct api_groups groups)
{
	catalog_unref(dispatch->catalog);
	dispatch->catalog = catalog;
	document_cache_clear(&dispatch->documents);
	dispatch->settings.groups = groups;
}

void dispatch_stop(struct dispatch *dispatch)
{
	dispatch->stopping = true;
}

/* ---- parse */

static enum traffic_route counted_as(enum route route)
{
	switch (route) {
	case ROUTE_CUSTOM:
		return TRAFFIC_CUSTOM;
	case ROUTE_EXTERNAL:
		return TRAFFIC_EXTERNAL;
	case ROUTE_RESOURCE_METRICS:
		return TRAFFIC_RESOURCE;
	case ROUTE_INDEX:
	case ROUTE_VERSION:
	case ROUTE_GROUPS:
	case ROUTE_GROUP:
	case ROUTE_RESOURCES:
		return TRAFFIC_DISCOVERY;
	case ROUTE_OPENAPI_V2:
	case ROUTE_OPENAPI_V3:
	case ROUTE_OPENAPI_V3_GROUP:
		return TRAFFIC_OPENAPI;
	case ROUTE_HEALTH:
		return TRAFFIC_HEALTH;
	case ROUTE_METRICS:
		return TRAFFIC_METRICS;
	case ROUTE_NO_METRIC:
	case ROUTE_BAD_PATH:
	case ROUTE_UNKNOWN:
	case ROUTE_MALFORMED:
		break;
	}
	return TRAFFIC_OTHER;
}

static void note_request(struct task *task)
{
	const struct api_request *request = &task->request;
	struct request_record *record = &task->record;

	record->path = request->path;
	record->metric = request->metric;
	record->namespace = request->namespace;
	record->resource = request->resource;
	record->object = request->name;
	record->upstream = prom_authority(task->dispatch->settings.prom);
}

static enum step_result parse(struct task *task)
{
	struct http_exchange *exchange = task->exchange;
	const struct dispatch_settings *settings = &task->dispatch->settings;
	const struct api_headers headers = {.accept = http_header(exchange, "Accept"),
					    .user_agent = http_header(exchange, "User-Agent")};
	struct err err;

	if (!api_request_parse(http_method(exchange), http_target(exchange), &headers, settings->groups,
			       http_arena(exchange), &task->request, &err))
		return task_refuse_large(task);
	http_set_route(exchange, counted_as(task->request.route));
	note_request(task);
	task->deadline_ms = loop_now_ms(settings->loop) + api_timeout_ms(&task->request);
	return STEP_NEXT;
}

/* ---- authentication and authorization */

static enum step_result after_check(struct task *task, enum auth_verdict verdict)
{
	static const unsigned statuses[] = {[AUTH_UNAUTHENTICATED] = 401, [AUTH_FORBIDDEN] = 403, [AUTH_ERROR] = 500};

	if (verdict == AUTH_ALLOWED)
		return STEP_NEXT;
	if (verdict == AUTH_WAITING)
		return task_wait(task);
	task_reply(task, statuses[verdict], "application/json", task_no_sniffing);
	task->reply.body = &task->check.message;
	task->record.code = task->check.code;
	return STEP_DONE;
}

/* What cannot be read has no attributes that anybody could be asked about. */
static bool is_open(const struct task *task)
{
	return task->dispatch->settings.auth == NULL || task->request.route == ROUTE_MALFORMED;
}

static enum step_result authenticate(struct task *task)
{
	struct auth_check *check = &task->check;

	if (is_open(task))
		return STEP_NEXT;
	check->auth = task->dispatch->settings.auth;
	check->exchange = task->exchange;
	check->request = &task->request;
	check->wake = task_wake;
	check->context = task;
	check->late = task_is_late(task);
	return after_check(task, authentication_check(check));
}

static enum step_result authorize(struct task *task)
{
	if (is_open(task))
		return STEP_NEXT;
	task->check.late = task_is_late(task);
	return after_check(task, authorization_check(&task->check));
}

/* ---- plan */

/* Other rules may have come while somebody was asked who asks, and the group of the metric gone with those before. */
static bool is_served(enum route route, struct api_groups groups)
{
	return (route != ROUTE_CUSTOM || groups.custom) && (route != ROUTE_EXTERNAL || groups.external) &&
	       (route != ROUTE_RESOURCE_METRICS || groups.resource);
}

static enum step_result plan(struct task *task)
{
	struct dispatch *dispatch = task->dispatch;
	enum route *route = &task->request.route;
	struct document refusal;

	if (STEAL(task->answer)) /* planned before, by what was known then */
		task->kind->clear(task);
	catalog_unref(task->catalog);
	if (!is_served(*route, dispatch->settings.groups))
		*route = ROUTE_UNKNOWN;
	task->catalog = catalog_ref(dispatch->catalog);
	task->kind = &document_request_kind;
	if (document_refusal(&task->request, &refusal))
		return document_request_reply(task, &refusal);
	if (*route == ROUTE_CUSTOM || *route == ROUTE_EXTERNAL)
		task->kind = &metric_request_kind;
	else if (*route == ROUTE_RESOURCE_METRICS)
		task->kind = &resource_request_kind;
	return task->kind->steps[REQUEST_PLAN](task);
}

/* ---- respond */

static void log_reason(struct task *task, struct str reason)
{
	int64_t now_ms = loop_now_ms(task->dispatch->settings.loop);
	struct request_record *record = &task->record;

	if (task->place.len == 0 && task->kind->place)
		task->kind->place(task, &task->place);
	record->rule = buf_str(&task->place);
	record->elapsed_ms = now_ms - task->begun_ms;
	reason_log_write(task->dispatch->log, record, reason, now_ms);
}

static void reply_from_plan(struct task *task)
{
	struct api_reply *answer = task->answer;

	task->record.code = answer->code;
	task->record.status = answer->status;
	if (answer->reason.len)
		log_reason(task, buf_str(&answer->reason));
	task->headers[0] = "Warning";
	task->headers[1] = buf_cstr(&answer->warning);
	task->reply = (struct http_reply){.status = answer->status,
					  .content_type = "application/json",
					  .headers = answer->warning.len ? task->headers : NULL,
					  .body = &answer->body};
}

static enum step_result respond(struct task *task)
{
	if (task->answer)
		reply_from_plan(task);
	task->record.status = task->reply.status;
	if (task->reply.status >= 400 && task->record.code != REASON_NONE)
		task->dispatch->refusals.count[counted_as(task->request.route)][task->record.code]++;
	http_on_gone(task->exchange, NULL, NULL);
	http_respond(task->exchange, &task->reply);
	return STEP_DONE;
}

/* ---- the whole */

static task_step *const steps[REQUEST_STEPS] = {
	[REQUEST_PARSE] = parse, [REQUEST_AUTHENTICATE] = authenticate, [REQUEST_AUTHORIZE] = authorize,
	[REQUEST_PLAN] = plan,	 [REQUEST_RESPOND] = respond, /* those between are of the kind */
};

void dispatch_handle(void *context, struct http_exchange *exchange)
{
	task_begin(context, steps, exchange);
}
