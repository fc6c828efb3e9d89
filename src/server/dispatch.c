/* SPDX-License-Identifier: Apache-2.0 */
#include "server/dispatch.h"

#include <stdlib.h>

#include "api/documents.h"
#include "api/plan.h"
#include "base/log.h"
#include "model/catalog.h"
#include "model/sample.h"
#include "net/loop.h"
#include "prom/client.h"
#include "server/health.h"
#include "server/http.h"

struct dispatch {
	struct loop *loop;
	struct prom *prom;
	struct catalog *catalog;
	struct dispatch_options options;
	bool stopping;
};

/* A metric request on its way; lives in the exchange's arena. */
struct task {
	struct dispatch *dispatch;
	struct http_exchange *exchange;
	struct api_request request;
	struct api_view view;
	struct api_plan plan;
	struct prom_call *call;
	int64_t deadline_ms;
};

struct dispatch *dispatch_new(struct loop *loop, struct prom *prom, struct catalog *catalog,
			      const struct dispatch_options *options)
{
	struct dispatch *dispatch = xnew(struct dispatch);

	dispatch->loop = loop;
	dispatch->prom = prom;
	dispatch->catalog = catalog;
	dispatch->options = *options;
	return dispatch;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (dispatch == NULL)
		return;
	catalog_unref(dispatch->catalog);
	free(dispatch);
}

void dispatch_set_catalog(struct dispatch *dispatch, struct catalog *catalog)
{
	catalog_unref(dispatch->catalog);
	dispatch->catalog = catalog;
}

void dispatch_stop(struct dispatch *dispatch)
{
	dispatch->stopping = true;
}

static void respond_text(struct http_exchange *exchange, unsigned status, struct buf *body)
{
	static const char *const headers[] = {"X-Content-Type-Options", "nosniff", NULL};

	http_respond(exchange, &(struct http_reply){.status = status,
						    .content_type = "text/plain; charset=utf-8",
						    .headers = headers,
						    .body = body});
}

/* ---- answers from memory */

static void respond_document(struct http_exchange *exchange, struct document *document)
{
	char etag[24];
	const char *headers[] = {"ETag", etag, "Cache-Control", "public", "Vary", "Accept", NULL};
	struct str known = http_header(exchange, "If-None-Match");
	struct http_reply reply = {.status = document->status, .content_type = document->content_type};

	if (document->has_etag) {
		document_etag(document, etag);
		reply.headers = headers;
	}
	if (document->has_etag && str_eq(known, str_of(etag)))
		reply = (struct http_reply){.status = 304, .headers = headers};
	else
		reply.body = &document->body;
	http_respond(exchange, &reply);
	buf_clear(&document->body);
}

static void respond_health(struct dispatch *dispatch, struct http_exchange *exchange, const struct api_request *request)
{
	CLEANUP(buf_clear) struct buf body = {0};
	unsigned status = health_write(request, dispatch->stopping, &body);

	respond_text(exchange, status, &body);
}

static void respond_metrics(struct http_exchange *exchange)
{
	CLEANUP(buf_clear) struct buf body = {0};

	buf_puts(&body, "# HELP gaugelet_build_info The version that runs.\n# TYPE gaugelet_build_info gauge\n"
			"gaugelet_build_info{version=\"" GAUGELET_VERSION "\"} 1\n");
	http_respond(exchange, &(struct http_reply){.status = 200,
						    .content_type = "text/plain; version=0.0.4; charset=utf-8",
						    .body = &body});
}

/* ---- answers with numbers */

static void task_clear(struct task *task)
{
	api_plan_clear(&task->plan);
	catalog_unref(task->view.catalog);
}

static void task_gone(void *context)
{
	struct task *task = context;

	if (task->call)
		prom_call_cancel(task->call);
	task_clear(task);
}

static void respond_plan(struct task *task)
{
	struct api_reply *reply = &task->plan.reply;
	const char *headers[] = {"Warning", buf_cstr(&reply->warning), NULL};

	http_on_gone(task->exchange, NULL, NULL);
	http_respond(task->exchange, &(struct http_reply){.status = reply->status,
							  .content_type = "application/json",
							  .headers = reply->warning.len ? headers : NULL,
							  .body = &reply->body});
	task_clear(task);
}

static void sampled(void *context, struct samples *samples, const struct prom_problem *problem);

static void go_on(struct task *task)
{
	struct dispatch *dispatch = task->dispatch;

	if (task->plan.step == API_ANSWERED) {
		respond_plan(task);
		return;
	}
	log_v(6, "query: %.*s", STR_ARG(buf_str(&task->plan.promql)));
	task->call = prom_query(dispatch->prom, buf_str(&task->plan.promql), loop_wall_ms(dispatch->loop),
				task->deadline_ms - loop_now_ms(dispatch->loop), sampled, task);
}

static void sampled(void *context, struct samples *given, const struct prom_problem *problem)
{
	CLEANUP(samples_free_at) struct samples *samples = given;
	struct task *task = context;

	task->call = NULL;
	if (samples == NULL) {
		log_v(2, "query %.*s: %s", STR_ARG(buf_str(&task->plan.promql)), problem->text);
		api_fail(&task->plan, problem);
	} else if (task->plan.step == API_LIST) {
		api_listed(&task->plan, samples);
	} else {
		api_answer(&task->plan, samples, loop_wall_ms(task->dispatch->loop));
	}
	go_on(task);
}

static void start_task(struct dispatch *dispatch, struct http_exchange *exchange, const struct api_request *request)
{
	struct arena *arena = http_arena(exchange);
	struct task *task = arena_alloc(arena, sizeof(*task));

	CHECK(task != NULL); /* the arena has room for a request, which is bounded, and this */
	task->dispatch = dispatch;
	task->exchange = exchange;
	task->request = *request;
	task->view = (struct api_view){
		.catalog = catalog_ref(dispatch->catalog),
		.findings = dispatch->options.findings(dispatch->options.findings_context),
		.upstream = prom_authority(dispatch->prom),
		.max_age_ms = dispatch->options.max_age_ms,
		.max_sample_age_ms = dispatch->options.max_sample_age_ms,
		.standalone = dispatch->options.standalone,
		.empty_list_ok = dispatch->options.empty_list_ok,
	};
	api_begin(&task->plan, &task->request, &task->view, arena);
	task->deadline_ms = loop_now_ms(dispatch->loop) + task->plan.timeout_ms;
	http_on_gone(exchange, task_gone, task);
	go_on(task);
}

void dispatch_handle(void *context, struct http_exchange *exchange)
{
	struct dispatch *dispatch = context;
	const struct api_headers headers = {.accept = http_header(exchange, "Accept"),
					    .user_agent = http_header(exchange, "User-Agent")};
	struct api_request request;
	struct document document;
	struct err err;

	if (!api_request_parse(http_method(exchange), http_target(exchange), &headers, dispatch->options.groups,
			       http_arena(exchange), &request, &err)) {
		CLEANUP(buf_clear) struct buf body = {0};

		buf_puts(&body, err.msg);
		respond_text(exchange, 414, &body);
	} else if (document_refusal(&request, &document)) {
		respond_document(exchange, &document);
	} else if (request.route == ROUTE_CUSTOM || request.route == ROUTE_EXTERNAL) {
		start_task(dispatch, exchange, &request);
	} else if (request.route == ROUTE_HEALTH) {
		respond_health(dispatch, exchange, &request);
	} else if (request.route == ROUTE_METRICS) {
		respond_metrics(exchange);
	} else {
		document_write(&request, dispatch->catalog, dispatch->options.groups, &document);
		respond_document(exchange, &document);
	}
}
