/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that ask for no numbers: discovery, health, the server's own metrics. They are answered from memory. */
#include "task.h"

#include "api/documents.h"
#include "health.h"
#include "server/own_metrics.h"

static enum step_result reply_cached(struct task *task, const struct cached_document *document)
{
	bool known = str_eq(http_header(task->exchange, "If-None-Match"), str_of(document->etag));

	memcpy(task->etag, document->etag, sizeof(task->etag));
	memcpy(task->headers, (const char *[]){"ETag", task->etag, "Cache-Control", "public", "Vary", "Accept", NULL},
	       sizeof(task->headers));
	task_reply(task, known ? 304 : 200, known ? NULL : document->content_type, task->headers);
	task->reply.body = NULL;
	task->reply.shared = known ? NULL : document->body;
	return STEP_DONE;
}

enum step_result document_request_reply(struct task *task, struct document *document)
{
	char etag[24];

	task->record.code = document->code;
	if (!document->has_etag || document->status != 200 || document->body.failed) {
		task->body = document->body;
		return task_reply(task, document->status, document->content_type, NULL);
	}
	document_etag(document, etag);
	return reply_cached(task, document_cache_keep(&task->dispatch->documents, http_target(task->exchange),
						      http_header(task->exchange, "Accept"), &document->body,
						      document->content_type, etag));
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
	const struct cached_document *cached;
	struct document document;

	if (request->route == ROUTE_HEALTH)
		return task_reply_text(task, health_write(request, dispatch->stopping, &task->body));
	if (request->route == ROUTE_METRICS)
		return reply_metrics(task);
	cached = document_cache_get(&dispatch->documents, http_target(task->exchange),
				    http_header(task->exchange, "Accept"));
	if (cached)
		return reply_cached(task, cached);
	document_write(request, dispatch->catalog, dispatch->settings.groups, &document);
	return document_request_reply(task, &document);
}

const struct task_kind document_request_kind = {.steps = {[REQUEST_PLAN] = plan}};
