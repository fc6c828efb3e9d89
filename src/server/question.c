/* SPDX-License-Identifier: Apache-2.0 */
#include "question_in.h"

#include "api/plan.h"
#include "base/log.h"
#include "kube/live_pods.h"
#include "kube/resources.h"
#include "model/catalog.h"
#include "model/rule.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "prom/client.h"
#include "prom/query_cache.h"
#include "server/http.h"
#include "server/reason_log.h"

enum { WARN_AGAIN_MS = 60 * 1000 };

/* Lives in the exchange's arena. At most one of the things it waits for is under way. */
struct question {
	struct question_setting setting;
	struct http_exchange *exchange;
	const struct api_request *request;
	struct api_view view;
	struct api_plan plan;
	int64_t deadline_ms;
	struct objects_waiter waiter;
	struct loop_timer patience; /* while it waits for objects */
	struct query_wait wait;
	int64_t aged_ms; /* when the question for the ages was sent; 0: it was not */
};

/* ---- the end */

static void question_clear(struct question *question)
{
	api_plan_clear(&question->plan);
	catalog_unref(question->view.catalog);
}

/* The client is gone, or the server stops: nobody waits for the answer any more. */
static void question_gone(void *context)
{
	struct question *question = context;

	if (question->setting.objects)
		objects_wait_cancel(question->setting.objects, &question->waiter);
	loop_timer_cancel(question->setting.loop, &question->patience);
	query_wait_cancel(&question->wait);
	question_clear(question);
}

static void respond(struct question *question)
{
	struct api_reply *reply = &question->plan.reply;
	const char *headers[] = {"Warning", buf_cstr(&reply->warning), NULL};

	if (reply->reason.len)
		reason_log_tell(question->setting.log, question->request->path, reply->status, buf_str(&reply->reason),
				loop_now_ms(question->setting.loop));
	http_on_gone(question->exchange, NULL, NULL);
	http_respond(question->exchange, &(struct http_reply){.status = reply->status,
							      .content_type = "application/json",
							      .headers = reply->warning.len ? headers : NULL,
							      .body = &reply->body});
	question_clear(question);
}

/* ---- step by step */

static void find_objects(struct question *question);
static void sampled(void *context, const struct samples *samples, const struct upstream_error *problem);

/* The question may be gone when it returns. */
static void go_on(struct question *question)
{
	const struct question_setting *setting = &question->setting;

	if (question->plan.step == API_OBJECTS)
		find_objects(question);
	if (question->plan.step == API_ANSWERED) {
		respond(question);
	} else if (question->plan.step != API_OBJECTS) {
		log_v(6, "query: %.*s", STR_ARG(buf_str(&question->plan.promql)));
		question->wait =
			(struct query_wait){.handler = sampled, .context = question, .since_ms = question->aged_ms};
		query_cache_ask(setting->cache, buf_str(&question->plan.promql), question->deadline_ms,
				&question->wait);
	}
}

static void objects_changed(void *context)
{
	struct question *question = context;

	loop_timer_cancel(question->setting.loop, &question->patience);
	go_on(question);
}

static void patience_ends(void *context)
{
	struct question *question = context;

	objects_wait_cancel(question->setting.objects, &question->waiter);
	api_unlisted(&question->plan, API_UNLISTED_FAILED, "the kube-apiserver has not listed them in time");
	go_on(question);
}

static void wait_for_objects(struct question *question)
{
	const struct question_setting *setting = &question->setting;
	int64_t left_ms = question->deadline_ms - loop_now_ms(setting->loop);

	question->waiter.changed = objects_changed;
	question->waiter.context = question;
	objects_wait(setting->objects, &question->waiter);
	question->patience = (struct loop_timer){.handler = patience_ends, .context = question};
	loop_timer_set(setting->loop, &question->patience, left_ms > 0 ? left_ms : 0);
}

static enum objects_state select_objects(struct question *question, const struct str **ret_names, size_t *ret_count,
					 struct err *err)
{
	const struct question_setting *setting = &question->setting;
	struct api_objects wanted = api_objects_wanted(&question->plan);
	struct arena *arena = http_arena(question->exchange);
	struct pod_policy policy = pod_policy_of(wanted.rule->spec);
	enum objects_state state;
	size_t left_out = 0;

	if (!live_pods_are(wanted.resource))
		return objects_select(setting->objects, wanted.resource, wanted.namespace, wanted.selector, arena,
				      ret_names, ret_count, err);
	state = live_pods_select(setting->objects, wanted.resource, wanted.namespace, wanted.selector, &policy,
				 loop_wall_ms(setting->loop) / 1000, arena, ret_names, ret_count, &left_out, err);
	api_left_out(&question->plan, left_out);
	return state;
}

static void find_objects(struct question *question)
{
	const struct str *names = NULL;
	size_t count = 0;
	struct err err = {0};

	switch (select_objects(question, &names, &count, &err)) {
	case OBJECTS_FOUND:
		api_named(&question->plan, names, count);
		break;
	case OBJECTS_WAITING:
		wait_for_objects(question);
		break;
	case OBJECTS_FORBIDDEN:
		api_unlisted(&question->plan, API_UNLISTED_FORBIDDEN, err.msg);
		break;
	case OBJECTS_FAILED:
		api_unlisted(&question->plan, err.code == ERR_LIMIT ? API_UNLISTED_MANY : API_UNLISTED_FAILED, err.msg);
		break;
	}
}

/* As upstream the last one counts, which is right by chance. */
static void warn_of_duplicates(const struct question *question)
{
	CLEANUP(buf_clear) struct buf place = {0};
	int64_t *warned_ms = &question->setting.common->warned_ms;
	int64_t now_ms = loop_now_ms(question->setting.loop);

	if (question->plan.duplicates == 0 || (*warned_ms && now_ms - *warned_ms < WARN_AGAIN_MS))
		return;
	*warned_ms = now_ms;
	rule_write_place(&place, question->plan.metric->rule);
	log_warn("the query of rule %s gives several samples of one object: %zu were passed over, the last one "
		 "counts. fix: aggregate by (<<.GroupBy>>) in metricsQuery, or write onDuplicate in x-gaugelet",
		 buf_cstr(&place), question->plan.duplicates);
}

static void sampled(void *context, const struct samples *samples, const struct upstream_error *problem)
{
	struct question *question = context;

	if (samples == NULL) {
		log_v(2, "query %.*s: %s", STR_ARG(buf_str(&question->plan.promql)), problem->text);
		api_fail(&question->plan, problem);
	} else if (question->plan.step == API_LIST) {
		api_listed(&question->plan, samples);
	} else if (question->plan.step == API_AGE) {
		/* An older number would be taken for as young as the series are now. */
		question->aged_ms = question->wait.sent_ms;
		api_aged(&question->plan, samples);
	} else {
		api_answer(&question->plan, samples, loop_wall_ms(question->setting.loop));
		warn_of_duplicates(question);
	}
	go_on(question);
}

bool question_begin(const struct question_setting *setting, struct http_exchange *exchange,
		    const struct api_request *request)
{
	struct question *question = arena_calloc(http_arena(exchange), 1, sizeof(*question));

	if (question == NULL)
		return false;
	question->setting = *setting;
	question->exchange = exchange;
	question->request = request;
	question->view = (struct api_view){
		.catalog = catalog_ref(setting->catalog),
		.findings = setting->options->findings(setting->options->findings_context),
		.upstream = prom_authority(setting->prom),
		.max_age_ms = setting->options->max_age_ms,
		.max_sample_age_ms = setting->options->max_sample_age_ms,
		.sample_age = setting->options->sample_age,
		.stats = &setting->common->stats,
		.standalone = setting->objects == NULL,
		.empty_list_ok = setting->options->empty_list_ok,
		.gke_names = setting->options->gke_names,
		.known = setting->options->gke_names ? setting->options->known(setting->options->findings_context)
						     : NULL,
	};
	http_on_gone(exchange, question_gone, question);
	api_begin(&question->plan, question->request, &question->view, http_arena(exchange));
	question->deadline_ms = loop_now_ms(setting->loop) + question->plan.timeout_ms;
	if (question->plan.unknown_resource && setting->resources)
		resources_hint(setting->resources);
	go_on(question);
	return true;
}
