/* SPDX-License-Identifier: Apache-2.0 */
#include "server/dispatch.h"

#include <stdlib.h>

#include "api/documents.h"
#include "api/plan.h"
#include "base/log.h"
#include "kube/objects.h"
#include "kube/resources.h"
#include "model/catalog.h"
#include "model/sample.h"
#include "net/loop.h"
#include "prom/client.h"
#include "server/auth.h"
#include "server/health.h"
#include "server/http.h"

struct dispatch {
	struct loop *loop;
	struct dispatch_neighbours to;
	struct catalog *catalog;
	struct dispatch_options options;
	bool stopping;
};

/* A request on its way; lives in the exchange's arena. At most one of the things it waits for is under way. */
struct task {
	struct dispatch *dispatch;
	struct http_exchange *exchange;
	struct api_request request;
	struct auth_check check;
	bool checking;
	/* of a metric request */
	bool planned;
	struct api_view view;
	struct api_plan plan;
	int64_t deadline_ms;
	struct objects_waiter waiter;
	struct loop_timer patience; /* while it waits for objects */
	struct prom_call *call;
};

struct dispatch *dispatch_new(struct loop *loop, const struct dispatch_neighbours *neighbours, struct catalog *catalog,
			      const struct dispatch_options *options)
{
	struct dispatch *dispatch = xnew(struct dispatch);

	dispatch->loop = loop;
	dispatch->to = *neighbours;
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

/* ---- the end of a task */

static void task_clear(struct task *task)
{
	if (!task->planned)
		return;
	api_plan_clear(&task->plan);
	catalog_unref(task->view.catalog);
}

/* The client is gone, or the server stops: nobody waits for the answer any more. */
static void task_gone(void *context)
{
	struct task *task = context;
	struct dispatch *dispatch = task->dispatch;

	if (task->checking)
		auth_cancel(dispatch->to.auth, &task->check);
	if (dispatch->to.objects)
		objects_wait_cancel(dispatch->to.objects, &task->waiter);
	loop_timer_cancel(dispatch->loop, &task->patience);
	if (task->call)
		prom_call_cancel(task->call);
	task_clear(task);
}

static void respond(struct task *task, const struct http_reply *reply)
{
	http_on_gone(task->exchange, NULL, NULL);
	http_respond(task->exchange, reply);
	task_clear(task);
}

static void respond_text(struct task *task, unsigned status, struct buf *body)
{
	static const char *const headers[] = {"X-Content-Type-Options", "nosniff", NULL};

	respond(task, &(struct http_reply){.status = status,
					   .content_type = "text/plain; charset=utf-8",
					   .headers = headers,
					   .body = body});
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

	buf_puts(&body, "# HELP gaugelet_build_info The version that runs.\n# TYPE gaugelet_build_info gauge\n"
			"gaugelet_build_info{version=\"" GAUGELET_VERSION "\"} 1\n");
	respond(task, &(struct http_reply){.status = 200,
					   .content_type = "text/plain; version=0.0.4; charset=utf-8",
					   .body = &body});
}

/* ---- answers with numbers */

static void respond_plan(struct task *task)
{
	struct api_reply *reply = &task->plan.reply;
	const char *headers[] = {"Warning", buf_cstr(&reply->warning), NULL};

	respond(task, &(struct http_reply){.status = reply->status,
					   .content_type = "application/json",
					   .headers = reply->warning.len ? headers : NULL,
					   .body = &reply->body});
}

static void find_objects(struct task *task);
static void sampled(void *context, struct samples *samples, const struct prom_problem *problem);

static void go_on(struct task *task)
{
	struct dispatch *dispatch = task->dispatch;

	if (task->plan.step == API_OBJECTS)
		find_objects(task);
	if (task->plan.step == API_ANSWERED) {
		respond_plan(task);
	} else if (task->plan.step != API_OBJECTS) {
		log_v(6, "query: %.*s", STR_ARG(buf_str(&task->plan.promql)));
		task->call = prom_query(dispatch->to.prom, buf_str(&task->plan.promql), loop_wall_ms(dispatch->loop),
					task->deadline_ms - loop_now_ms(dispatch->loop), sampled, task);
	}
}

static void objects_changed(void *context)
{
	struct task *task = context;

	loop_timer_cancel(task->dispatch->loop, &task->patience);
	go_on(task);
}

static void patience_ends(void *context)
{
	struct task *task = context;

	objects_wait_cancel(task->dispatch->to.objects, &task->waiter);
	api_unlisted(&task->plan, "the kube-apiserver has not listed them in time");
	go_on(task);
}

static void wait_for_objects(struct task *task)
{
	struct dispatch *dispatch = task->dispatch;
	int64_t left_ms = task->deadline_ms - loop_now_ms(dispatch->loop);

	task->waiter.changed = objects_changed;
	task->waiter.context = task;
	objects_wait(dispatch->to.objects, &task->waiter);
	task->patience = (struct loop_timer){.handler = patience_ends, .context = task};
	loop_timer_set(dispatch->loop, &task->patience, left_ms > 0 ? left_ms : 0);
}

static void find_objects(struct task *task)
{
	struct api_objects wanted = api_objects_wanted(&task->plan);
	const struct str *names = NULL;
	size_t count = 0;
	struct err err = {0};

	switch (objects_select(task->dispatch->to.objects, wanted.resource, wanted.namespace, wanted.selector,
			       http_arena(task->exchange), &names, &count, &err)) {
	case OBJECTS_FOUND:
		api_named(&task->plan, names, count);
		break;
	case OBJECTS_WAITING:
		wait_for_objects(task);
		break;
	case OBJECTS_FAILED:
		api_unlisted(&task->plan, err.msg);
		break;
	}
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

static void start_plan(struct task *task)
{
	struct dispatch *dispatch = task->dispatch;

	task->view = (struct api_view){
		.catalog = catalog_ref(dispatch->catalog),
		.findings = dispatch->options.findings(dispatch->options.findings_context),
		.upstream = prom_authority(dispatch->to.prom),
		.max_age_ms = dispatch->options.max_age_ms,
		.max_sample_age_ms = dispatch->options.max_sample_age_ms,
		.standalone = dispatch->to.objects == NULL,
		.empty_list_ok = dispatch->options.empty_list_ok,
	};
	api_begin(&task->plan, &task->request, &task->view, http_arena(task->exchange));
	task->planned = true;
	task->deadline_ms = loop_now_ms(dispatch->loop) + task->plan.timeout_ms;
	if (task->plan.unknown_resource && dispatch->to.resources)
		resources_hint(dispatch->to.resources);
	go_on(task);
}

static void serve(struct task *task)
{
	const struct dispatch *dispatch = task->dispatch;
	const struct api_request *request = &task->request;
	struct document document;

	if (document_refusal(request, &document)) {
		respond_document(task, &document);
	} else if (request->route == ROUTE_CUSTOM || request->route == ROUTE_EXTERNAL) {
		start_plan(task);
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
						   .body = &body});
		return;
	case AUTH_ERROR:
		buf_put(&body, buf_str(&result->message));
		respond_text(task, 500, &body);
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
	CLEANUP(buf_clear) struct buf body = {0};
	struct err err;

	CHECK(task != NULL); /* the first piece of an empty arena */
	task->dispatch = dispatch;
	task->exchange = exchange;
	http_on_gone(exchange, task_gone, task);
	if (api_request_parse(http_method(exchange), http_target(exchange), &headers, dispatch->options.groups,
			      http_arena(exchange), &task->request, &err)) {
		check(task);
		return;
	}
	buf_puts(&body, err.msg);
	respond_text(task, 414, &body);
}
