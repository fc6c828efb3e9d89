/* SPDX-License-Identifier: Apache-2.0 */
#include "server/dispatch.h"

#include "health.h"
#include "question_in.h"
#include "usage_in.h"

#include <stdlib.h>

#include "api/documents.h"
#include "model/catalog.h"
#include "net/loop.h"
#include "server/auth.h"
#include "server/http.h"
#include "server/own_metrics.h"
#include "server/reason_log.h"

struct dispatch {
	struct loop *loop;
	struct dispatch_neighbours to;
	struct catalog *catalog;
	struct dispatch_options options;
	struct question_common common;
	struct reason_log *log;
	int64_t started_ms;
	bool stopping;
};

/* A request on its way; lives in the exchange's arena. At most one of the things it waits for is under way. */
struct task {
	struct dispatch *dispatch;
	struct http_exchange *exchange;
	struct api_request request;
	struct auth_check check;
	bool checking;
};

struct dispatch *dispatch_new(struct loop *loop, const struct dispatch_neighbours *neighbours, struct catalog *catalog,
			      const struct dispatch_options *options)
{
	struct dispatch *dispatch = xnew(struct dispatch);

	dispatch->loop = loop;
	dispatch->to = *neighbours;
	dispatch->catalog = catalog;
	dispatch->options = *options;
	dispatch->log = reason_log_new();
	dispatch->started_ms = loop_wall_ms(loop);
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	catalog_unref(dispatch->catalog);
	reason_log_free(dispatch->log);
	free(dispatch);
}

void dispatch_set_catalog(struct dispatch *dispatch, struct catalog *catalog, struct api_groups groups)
{
	catalog_unref(dispatch->catalog);
	dispatch->catalog = catalog;
	dispatch->options.groups = groups;
}

const struct policy_stats *dispatch_policy_stats(const struct dispatch *dispatch)
{
	return &dispatch->common.stats;
}

void dispatch_stop(struct dispatch *dispatch)
{
	dispatch->stopping = true;
}

/* ---- the end of a task */

/* The client is gone, or the server stops: nobody waits for the answer any more. */
static void task_gone(void *context)
{
	struct task *task = context;

	if (task->checking)
		auth_cancel(task->dispatch->to.auth, &task->check);
}

static void respond(struct task *task, const struct http_reply *reply)
{
	http_on_gone(task->exchange, NULL, NULL);
	http_respond(task->exchange, reply);
}

static const char *const no_sniffing[] = {"X-Content-Type-Options", "nosniff", NULL};

static void respond_text(struct task *task, unsigned status, struct buf *body)
{
	respond(task, &(struct http_reply){.status = status,
					   .content_type = "text/plain; charset=utf-8",
					   .headers = no_sniffing,
					   .body = body});
}

static void refuse_large(struct task *task)
{
	CLEANUP(buf_clear) struct buf body = {0};

	buf_puts(&body, "the request is too large");
	respond_text(task, 414, &body);
}

/* ---- answers from memory */

static void respond_document(struct task *task, struct document *document)
{
	char etag[24];
	const char *headers[] = {"ETag", etag, "Cache-Control", "public", "Vary", "Accept", NULL};
	struct str known = http_header(task->exchange, "If-None-Match");
	struct http_reply reply = {.status = document->status, .content_type = document->content_type};

	if (document->has_etag) {
		document_etag(document, etag);
		reply.headers = headers;
	}
	if (document->has_etag && str_eq(known, str_of(etag)))
		reply = (struct http_reply){.status = 304, .headers = headers};
	else
		reply.body = &document->body;
	respond(task, &reply);
	buf_clear(&document->body);
}

static void respond_health(struct task *task)
{
	CLEANUP(buf_clear) struct buf body = {0};
	unsigned status = health_write(&task->request, task->dispatch->stopping, &body);

	respond_text(task, status, &body);
}

static void respond_metrics(struct task *task)
{
	CLEANUP(buf_clear) struct buf body = {0};
	const struct dispatch *dispatch = task->dispatch;
	const struct dispatch_options *options = &dispatch->options;
	struct own_metrics metrics = {
		.loop = dispatch->loop,
		.started_ms = dispatch->started_ms,
		.auth = dispatch->to.auth,
		.objects = dispatch->to.objects,
		.prom = dispatch->to.prom,
		.cache = dispatch->to.cache,
		.catalog = dispatch->catalog,
		.findings = options->findings(options->findings_context),
		.policy = &dispatch->common.stats,
	};

	options->add_own_metrics(options->findings_context, &metrics);
	own_metrics_write(&metrics, &body);
	respond(task, &(struct http_reply){.status = 200,
					   .content_type = "text/plain; version=0.0.4; charset=utf-8",
					   .body = &body});
}

/* ---- answers with numbers */

static void ask_question(struct task *task)
{
	struct dispatch *dispatch = task->dispatch;
	const struct question_setting setting = {
		.loop = dispatch->loop,
		.prom = dispatch->to.prom,
		.cache = dispatch->to.cache,
		.objects = dispatch->to.objects,
		.resources = dispatch->to.resources,
		.catalog = dispatch->catalog,
		.log = dispatch->log,
		.options = &dispatch->options,
		.common = &dispatch->common,
	};
	bool taken = task->request.route == ROUTE_USAGE ? usage_request_begin(&setting, task->exchange, &task->request)
							: question_begin(&setting, task->exchange, &task->request);

	if (!taken)
		refuse_large(task);
}

/* Other rules may have come while somebody was asked who asks, and the group of the metric gone with those before. */
static bool is_served(enum route route, struct api_groups groups)
{
	return (route != ROUTE_CUSTOM || groups.custom) && (route != ROUTE_EXTERNAL || groups.external) &&
	       (route != ROUTE_USAGE || groups.resource);
}

static void serve(struct task *task)
{
	const struct dispatch *dispatch = task->dispatch;
	const struct api_request *request = &task->request;
	struct document document;

	if (!is_served(request->route, dispatch->options.groups))
		task->request.route = ROUTE_UNKNOWN;
	if (document_refusal(request, &document)) {
		respond_document(task, &document);
	} else if (request->route == ROUTE_CUSTOM || request->route == ROUTE_EXTERNAL ||
		   request->route == ROUTE_USAGE) {
		ask_question(task);
	} else if (request->route == ROUTE_HEALTH) {
		respond_health(task);
	} else if (request->route == ROUTE_METRICS) {
		respond_metrics(task);
	} else {
		document_write(request, dispatch->catalog, dispatch->options.groups, &document);
		respond_document(task, &document);
	}
}

/* ---- who asks */

static enum traffic_route counted_as(enum route route)
{
	switch (route) {
	case ROUTE_CUSTOM:
		return TRAFFIC_CUSTOM;
	case ROUTE_EXTERNAL:
		return TRAFFIC_EXTERNAL;
	case ROUTE_USAGE:
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

static void checked(void *context, const struct auth_result *result)
{
	CLEANUP(buf_clear) struct buf body = {0};
	struct task *task = context;

	task->checking = false;
	switch (result->verdict) {
	case AUTH_ALLOWED:
		serve(task);
		return;
	case AUTH_UNAUTHENTICATED:
	case AUTH_FORBIDDEN:
		buf_put(&body, buf_str(&result->message));
		respond(task, &(struct http_reply){.status = result->verdict == AUTH_FORBIDDEN ? 403 : 401,
						   .content_type = "application/json",
						   .headers = no_sniffing,
						   .body = &body});
		return;
	case AUTH_ERROR:
		buf_put(&body, buf_str(&result->message));
		respond(task, &(struct http_reply){.status = 500,
						   .content_type = "application/json",
						   .headers = no_sniffing,
						   .body = &body});
		return;
	}
}

static void check(struct task *task)
{
	/* what cannot be read has no attributes that anybody could be asked about */
	if (task->dispatch->to.auth == NULL || task->request.route == ROUTE_MALFORMED) {
		serve(task);
		return;
	}
	task->checking = true;
	task->check = (struct auth_check){.done = checked, .context = task};
	auth_check(task->dispatch->to.auth, task->exchange, &task->request, &task->check);
}

void dispatch_handle(void *context, struct http_exchange *exchange)
{
	struct dispatch *dispatch = context;
	const struct api_headers headers = {.accept = http_header(exchange, "Accept"),
					    .user_agent = http_header(exchange, "User-Agent")};
	struct task *task = arena_alloc(http_arena(exchange), sizeof(*task));
	struct err err;

	CHECK(task != NULL); /* the first piece of an empty arena */
	task->dispatch = dispatch;
	task->exchange = exchange;
	http_on_gone(exchange, task_gone, task);
	if (api_request_parse(http_method(exchange), http_target(exchange), &headers, dispatch->options.groups,
			      http_arena(exchange), &task->request, &err)) {
		http_set_route(exchange, counted_as(task->request.route));
		check(task);
		return;
	}
	refuse_large(task);
}
