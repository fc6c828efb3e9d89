/* SPDX-License-Identifier: Apache-2.0 */
/* Custom and external metrics: plan, objects, one query at a time, answer. */
#include "task.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memo.h"
#include "kube/live_pods.h"
#include "kube/resources.h"
#include "model/catalog.h"
#include "model/metric_names.h"
#include "model/rule.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "prom/client.h"
#include "prom/discovery.h"
#include "prom/query_cache.h"

enum {
	DUPLICATES_LOGGED_MS = 60 * 1000,
	LOOK_MS = 9000, /* a pause between searches and a second more; one that takes longer comes too late */
	INVESTIGATIONS_MOST = 2,
	INVESTIGATION_MS = 2000,
	NAMES_TTL_MS = 30 * 1000,
	NAMES_BYTES_MAX = 8 << 20,
	NAMES_COUNT_MAX = 256,
};

struct metric_request {
	struct api_view view;
	struct api_plan plan;
	struct discovery_wait look; /* for a metric that is missed, since it was first planned */
	size_t next_rule;	    /* of those that may give it */
	struct query_wait wait;
	/* an investigation */
	bool investigating, entitled; /* it is under way; it is known whether the caller may learn more */
	int64_t investigated_until_ms;
	struct prom_call *names_call; /* NULL: none is under way */
	int64_t aged_ms;	      /* when the query for the ages was sent; 0: it was not */
	/* what came of the query; lent while its handler runs. Both NULL: nothing yet */
	const struct samples *samples;
	const struct upstream_error *problem;
};

static int64_t left_to_look(const struct task *task)
{
	int64_t until_ms = task->metric->look.since_ms + LOOK_MS;

	if (until_ms > task->deadline_ms)
		until_ms = task->deadline_ms;
	return until_ms - loop_now_ms(task->dispatch->settings.loop);
}

/* What is missed may be there since it was last looked for. True: the plan is made again then. */
static bool look(struct task *task)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct metric_request *metric = task->metric;
	int64_t now_ms = loop_now_ms(settings->loop), left_ms;
	struct api_missed missed;

	if (metric->look.handler == NULL)
		metric->look = (struct discovery_wait){.handler = task_wake, .context = task, .since_ms = now_ms};
	left_ms = left_to_look(task);
	while (left_ms > 0 && api_missed(&metric->plan, &metric->next_rule, &missed))
		if (settings->look(settings->context, catalog_rules(task->catalog), missed.rule->series_query,
				   missed.likely ? now_ms + left_ms : now_ms, &metric->look))
			return true;
	return false;
}

static void place(const struct task *task, struct buf *out)
{
	if (task->metric->plan.metric)
		rule_write_place(out, task->metric->plan.metric->rule);
}

static enum step_result plan(struct task *task)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct arena *arena = http_arena(task->exchange);
	struct metric_request *metric = task->metric ? task->metric : arena_alloc(arena, sizeof(*metric));

	if (metric == NULL)
		return task_refuse_large(task);
	task->metric = metric;
	task->answer = &metric->plan.reply;
	metric->view = (struct api_view){
		.catalog = task->catalog,
		.findings = settings->findings(settings->context),
		.upstream = prom_authority(settings->prom),
		.max_age_ms = settings->max_age_ms,
		.max_sample_age_ms = settings->max_sample_age_ms,
		.max_ahead_ms = settings->max_clock_skew_ms,
		.sample_age = settings->sample_age,
		.on_duplicate = settings->on_duplicate,
		.investigate = settings->probes != NULL,
		.stats = &task->dispatch->stats,
		.standalone = settings->objects == NULL,
		.empty_list_ok = settings->empty_list_ok,
		.gke_names = settings->gke_names,
		.known = settings->gke_names ? settings->known(settings->context) : NULL,
	};
	api_begin(&metric->plan, &task->request, &metric->view, arena);
	if (metric->plan.unknown_resource && settings->resources)
		resources_hint(settings->resources);
	if (task->watched)
		place(task, &task->place);
	if (!task_is_late(task) && metric->plan.missing && settings->look && look(task))
		return task_wait_for(task, left_to_look(task));
	return task_next(task);
}

/* ---- queries */

static void sampled(void *context, const struct samples *samples, const struct upstream_error *problem)
{
	struct task *task = context;

	task->metric->samples = samples;
	task->metric->problem = problem;
	task_wake(task);
}

static enum step_result ask(struct task *task)
{
	struct metric_request *metric = task->metric;
	struct str promql = buf_str(&metric->plan.promql);

	task_note_query(task, promql);
	metric->wait = (struct query_wait){.handler = sampled, .context = task, .since_ms = metric->aged_ms};
	if (query_cache_ask(task->dispatch->settings.cache, promql, task->deadline_ms, &metric->wait))
		return task_wait(task);
	return STEP_WAIT;
}

/* The plan's query where it is at that step, and then what it gave: NULL unless it did. */
static enum step_result run_query(struct task *task, enum api_step step, const struct samples **ret_samples)
{
	struct metric_request *metric = task->metric;
	const struct upstream_error *problem = STEAL(metric->problem);

	if (metric->plan.step != step)
		return STEP_NEXT;
	if (problem == NULL && metric->samples == NULL)
		return ask(task);
	if (problem) {
		log_v(5, "query %.*s: %s", STR_ARG(buf_str(&metric->plan.promql)), problem->text);
		api_fail(&metric->plan, problem);
	}
	*ret_samples = STEAL(metric->samples);
	return task_next(task);
}

/* ---- objects */

static void unlisted(struct task *task, enum api_unlisted kind, const char *why)
{
	api_unlisted(&task->metric->plan, kind, why);
}

static enum objects_state find(struct task *task, struct err *err)
{
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct api_plan *plan = &task->metric->plan;
	struct api_objects wanted = api_objects_wanted(plan);
	struct pod_policy policy = pod_policy_of(wanted.rule->spec);
	struct arena *arena = http_arena(task->exchange);
	const struct str *names = NULL;
	size_t count = 0, left_out = 0;
	enum objects_state state;

	if (live_pods_are(wanted.resource)) {
		state = live_pods_select(settings->objects, wanted.resource, wanted.namespace, wanted.selector, &policy,
					 loop_wall_ms(settings->loop) / 1000, arena, &names, &count, &left_out, err);
		api_left_out(plan, left_out);
	} else {
		state = objects_select(settings->objects, wanted.resource, wanted.namespace, wanted.selector, arena,
				       &names, &count, err);
	}
	if (state == OBJECTS_FOUND)
		api_named(plan, names, count);
	return state;
}

/* Without a cluster, those that the metric's own series name. */
static enum step_result objects(struct task *task)
{
	struct api_plan *plan = &task->metric->plan;
	const struct samples *samples = NULL;
	enum step_result result;

	if (plan->step == API_OBJECTS)
		return task_objects(task, find, unlisted);
	result = run_query(task, API_LIST, &samples);
	if (samples == NULL)
		return result;
	api_listed(plan, samples);
	return task_next(task);
}

/* ---- ages, numbers */

static enum step_result age(struct task *task)
{
	struct metric_request *metric = task->metric;
	const struct samples *samples = NULL;
	enum step_result result = run_query(task, API_AGE, &samples);

	if (samples == NULL)
		return result;
	metric->aged_ms = metric->wait.sent_ms; /* an older number would be taken for as young as the series are now */
	task->record.query = (struct str){0};
	api_aged(&metric->plan, samples);
	return task_next(task);
}

/* The samples stay for the next step, which is taken while they are lent. */
static enum step_result query(struct task *task)
{
	const struct samples *samples = NULL;
	enum step_result result = run_query(task, API_QUERY, &samples);

	if (result != STEP_WAIT)
		task->metric->samples = samples;
	return result;
}

/* As upstream the last one counts, which is right by chance. */
static void warn_of_duplicates(const struct task *task)
{
	CLEANUP(buf_clear) struct buf place = {0};
	const struct api_plan *plan = &task->metric->plan;
	int64_t *logged_ms = &task->dispatch->duplicates_logged_ms;
	int64_t now_ms = loop_now_ms(task->dispatch->settings.loop);

	if (plan->duplicates == 0 || (*logged_ms && now_ms - *logged_ms < DUPLICATES_LOGGED_MS))
		return;
	*logged_ms = now_ms;
	rule_write_place(&place, plan->metric->rule);
	log_warn("the query of rule %s gives several samples of one object: %zu were passed over, the last one "
		 "counts. fix: aggregate by (<<.GroupBy>>) in metricsQuery, or write onDuplicate in x-gaugelet",
		 buf_cstr(&place), plan->duplicates);
}

static enum step_result answer(struct task *task)
{
	struct metric_request *metric = task->metric;

	api_answer(&metric->plan, STEAL(metric->samples), loop_wall_ms(task->dispatch->settings.loop));
	warn_of_duplicates(task);
	return task_next(task);
}

/* ---- why there is no answer */

static void stop_investigating(struct task *task)
{
	if (task->metric->investigating)
		task->dispatch->investigations--;
	task->metric->investigating = false;
}

/* Who may get /explain may learn of other namespaces, too. Without a cluster everybody may. */
static enum step_result find_entitlement(struct task *task)
{
	struct metric_request *metric = task->metric;
	enum auth_verdict verdict = AUTH_ALLOWED;

	if (task->dispatch->settings.auth) {
		task->check.late = task_is_late(task);
		verdict = authorization_path(&task->check, STR("/explain"));
	}
	if (verdict == AUTH_WAITING)
		return task_wait(task);
	metric->entitled = true;
	metric->plan.may_explain = verdict == AUTH_ALLOWED;
	if (metric->plan.step == API_EXPLAIN)
		api_explained(&metric->plan);
	return STEP_NEXT;
}

static bool start_investigating(struct task *task)
{
	struct metric_request *metric = task->metric;

	if (metric->investigating)
		return loop_now_ms(task->dispatch->settings.loop) < metric->investigated_until_ms;
	if (task->dispatch->investigations >= INVESTIGATIONS_MOST)
		return false;
	task->dispatch->investigations++;
	metric->investigating = true;
	metric->investigated_until_ms = loop_now_ms(task->dispatch->settings.loop) + INVESTIGATION_MS;
	if (metric->investigated_until_ms > task->deadline_ms)
		metric->investigated_until_ms = task->deadline_ms;
	return true;
}

/* ---- names of metrics. That nobody tells them is remembered, too. */

struct names_answer {
	struct metric_names *names; /* NULL: an error came */
};

static void names_answer_free(void *value)
{
	struct names_answer *answer = value;

	if (answer)
		metric_names_free(answer->names);
	free(answer);
}

static void names_told(void *context, struct metric_names *names, const struct upstream_error *problem)
{
	struct task *task = context;
	struct dispatch *dispatch = task->dispatch;
	struct str key = buf_str(&task->metric->plan.asked_names);
	struct names_answer *answer = xnew(struct names_answer);
	struct memo_flight flight = {0};
	int64_t now_ms = loop_now_ms(dispatch->settings.loop);

	if (problem)
		log_v(4, "names %.*s: %s", STR_ARG(key), problem->text);
	task->metric->names_call = NULL;
	answer->names = names;
	if (dispatch->names == NULL)
		dispatch->names = memo_new(&(struct memo_options){
			.max_bytes = NAMES_BYTES_MAX, .max_count = NAMES_COUNT_MAX, .value_free = names_answer_free});
	api_names_known(&task->metric->plan, names);
	memo_begin(dispatch->names, &key, &flight, now_ms);
	memo_keep(dispatch->names, flight.entry, answer, sizeof(*answer) + (names ? metric_names_bytes(names) : 0),
		  now_ms + NAMES_TTL_MS, now_ms);
	memo_end(dispatch->names, &flight);
	task_run(task);
}

static enum step_result find_names(struct task *task)
{
	struct metric_request *metric = task->metric;
	const struct dispatch_settings *settings = &task->dispatch->settings;
	struct str key = buf_str(&metric->plan.asked_names);
	struct memo_entry *entry = task->dispatch->names ? memo_find(task->dispatch->names, key) : NULL;

	if (entry && memo_is_fresh(entry, loop_now_ms(settings->loop))) {
		api_names_known(&metric->plan, ((struct names_answer *)entry->value)->names);
		return STEP_NEXT;
	}
	log_v(6, "names: %.*s", STR_ARG(key));
	metric->names_call = prom_names(settings->prom, key, loop_wall_ms(settings->loop) - API_NAMES_MS,
					metric->investigated_until_ms, names_told, task);
	return STEP_WAIT;
}

/* What is remembered comes before this returns, and the task may be gone with it. */
static enum step_result probe(struct task *task)
{
	struct metric_request *metric = task->metric;
	struct str promql = buf_str(&metric->plan.probe);

	log_v(6, "probe: %.*s", STR_ARG(promql));
	metric->wait = (struct query_wait){.handler = sampled, .context = task};
	if (query_cache_ask(task->dispatch->settings.probes, promql, metric->investigated_until_ms, &metric->wait))
		return task_wait_for(task, metric->investigated_until_ms - loop_now_ms(task->dispatch->settings.loop));
	return STEP_WAIT;
}

static enum step_result investigate(struct task *task)
{
	struct metric_request *metric = task->metric;
	const struct upstream_error *problem = STEAL(metric->problem);
	const struct samples *samples = STEAL(metric->samples);
	enum step_result result;

	if (metric->investigating && samples)
		api_probed(&metric->plan, samples);
	if (problem == NULL && metric->plan.step != API_ANSWERED) {
		result = metric->entitled ? STEP_NEXT : find_entitlement(task);
		if (result == STEP_WAIT)
			return result;
	}
	if (problem == NULL && metric->plan.step == API_NAMES && start_investigating(task) &&
	    find_names(task) == STEP_WAIT)
		return STEP_WAIT;
	if (problem == NULL && metric->plan.step == API_PROBE && start_investigating(task))
		return probe(task);
	stop_investigating(task);
	return STEP_NEXT;
}

/* ---- the end */

static bool expire(struct task *task)
{
	struct query_wait *wait = &task->metric->wait;
	bool waits = query_wait_waits(wait);

	query_wait_expire(wait);
	return waits;
}

static void cancel(struct task *task)
{
	discovery_wait_cancel(&task->metric->look);
	query_wait_cancel(&task->metric->wait);
	if (task->metric->names_call)
		prom_call_cancel(task->metric->names_call);
	task->metric->names_call = NULL;
	stop_investigating(task);
}

static void clear(struct task *task)
{
	api_plan_clear(&task->metric->plan);
}

const struct task_kind metric_request_kind = {
	.steps = {[REQUEST_PLAN] = plan,
		  [REQUEST_OBJECTS] = objects,
		  [REQUEST_AGE] = age,
		  [REQUEST_QUERY] = query,
		  [REQUEST_ANSWER] = answer,
		  [REQUEST_INVESTIGATE] = investigate},
	.place = place,
	.expire = expire,
	.cancel = cancel,
	.clear = clear,
};
