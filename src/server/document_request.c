/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that ask for no numbers: discovery, health, the server's own metrics. They are answered from memory. */
#include "task.h"

#include "api/documents.h"
#include "health.h"
#include "server/own_metrics.h"

enum step_result document_request_reply(struct task *task, struct document *document)
{
	struct str known = http_header(task->exchange, "If-None-Match");

	task->body = document->body;
	task->record.code = document->code;
	if (!document->has_etag)
		return task_reply(task, document->status, document->content_type, NULL);
	document_etag(document, task->etag);
	memcpy(task->headers, (const char *[]){"ETag", task->etag, "Cache-Control", "public", "Vary", "Accept", NULL},
	       sizeof(task->headers));
	if (!str_eq(known, str_of(task->etag)))
		return task_reply(task, document->status, document->content_type, task->headers);
	buf_clear(&task->body);
	task_reply(task, 304, NULL, task->headers);
	task->reply.body = NULL;
	return STEP_DONE;
}

static enum step_result reply_metrics(struct task *task)
{
	const struct dispatch *dispatch = task->dispatch;
	const struct dispatch_settings *settings = &dispatch->settings;
	struct own_metrics metrics = {
		.loop = settings->loop,
		.started_ms = dispatch->started_ms,
		.auth = settings->auth,
		.objects = settings->objects,
		.prom = settings->prom,
		.cache = settings->cache,
		.catalog = dispatch->catalog,
		.findings = settings->findings(settings->context),
		.policy = &dispatch->stats,
		.refusals = &dispatch->refusals,
	};

	settings->add_own_metrics(settings->context, &metrics);
	own_metrics_write(&metrics, &task->body);
	return task_reply(task, 200, "text/plain; version=0.0.4; charset=utf-8", NULL);
}

static enum step_result plan(struct task *task)
{
	const struct dispatch *dispatch = task->dispatch;
	const struct api_request *request = &task->request;
	struct document document;

	if (request->route == ROUTE_HEALTH)
		return task_reply_text(task, health_write(request, dispatch->stopping, &task->body));
	if (request->route == ROUTE_METRICS)
		return reply_metrics(task);
	document_write(request, task->catalog, dispatch->settings.groups, &document);
	return document_request_reply(task, &document);
}

const struct task_kind document_request_kind = {.steps = {[REQUEST_PLAN] = plan}};
