/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/discovery.h"

#include <stdlib.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/series.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "prom/client.h"
#include "search_schedule.h"

enum {
	ASKED_AT_ONCE = 4,    /* a round must not crowd out the queries of an HPA */
	GATHER_MS = 20,	      /* answers that come together make one catalog */
	KINDS_PER_TURN = 200, /* a fraction of a millisecond */
	ANSWER_MS = 1000,     /* what is left of a request's time when its search begins */
	PAUSE_FOR_ALL_MS = 1000,
	WARN_AGAIN_MS = 60000,
};

/* One of the texts of rules.series_queries. */
struct search {
	struct discovery *discovery;
	char *text; /* a copy: the search outlives rules when others have the same text */
	struct str selector;
	struct prom_call *call; /* NULL: not asked at the moment */
	struct series_set *set; /* the last good answer */
	struct search_schedule schedule;
	struct waiters waiters; /* requests that miss its series */
	int64_t failing_since_ms, found_ms;
	int64_t began_ms;
	int64_t sent_ms, heard_ms; /* the last question, the last answer or failure */
	uint64_t failures;
	bool asked;
	bool used; /* by rules that we have */
	char failure[300];
	struct upstream_error problem; /* that of the failure */
};

/* Rules, and where each of their series_queries is searched for. */
struct generation {
	struct rules *rules; /* NULL: there is none */
	struct search **searches;
};

struct discovery {
	struct loop *loop;
	struct prom *prom;
	struct resource_table *resources;
	struct discovery_options options;
	discovery_handler *handler;
	void *context;
	struct generation served; /* what the last catalog was made of */
	struct generation coming; /* waits for the first answers to what it asks, until it is overdue */
	bool overdue;
	struct {
		VEC_OF(struct search *);
	} searches; /* of both generations, each text once */
	size_t under_way;
	int64_t warned_ms;		 /* of a search that fails; 0: not yet */
	struct series_finding *findings; /* of the served generation */
	struct loop_timer next, build, deadline;
	struct generation *building;
	struct catalog_builder *builder;
	const struct series_set **sets; /* what the builder reads */
};

static void start_due(void *context);

static void look_anew(struct discovery *discovery)
{
	loop_timer_set(discovery->loop, &discovery->next, 0);
}

static bool has_series(const struct search *search)
{
	return search->set && series_set_total(search->set) > 0;
}

/* ---- requests that miss series */

/* What was asked before a request came is no answer to it, unless it has series or the rules are other ones by now. */
static void give(struct waiter *waiter, const void *news)
{
	struct discovery_wait *wait = LIST_OF(waiter, struct discovery_wait, waiter);
	const bool *over = news;

	if (*over || wait->search->sent_ms >= wait->since_ms)
		wait->handler(wait->context);
	else
		waiters_add(&wait->search->waiters, waiter);
}

static void tell_of_nothing(struct search *search)
{
	waiters_tell(&search->waiters, &(bool){false});
	if (waiters_any(&search->waiters))
		search_schedule_hasten(&search->schedule, loop_now_ms(search->discovery->loop));
}

static bool is_building(const struct discovery *discovery)
{
	return discovery->builder || discovery->build.heap_index;
}

/* For a pause, as the search was made a moment ago, one waits alone: many would keep an HPA controller's few workers. */
static bool may_wait(const struct search *search, int64_t until_ms)
{
	int64_t now = loop_now_ms(search->discovery->loop);
	int64_t begins_ms = search_schedule_soonest(&search->schedule, now);

	if (begins_ms == now)
		return true;
	return begins_ms + ANSWER_MS <= until_ms &&
	       (begins_ms - now <= PAUSE_FOR_ALL_MS || !waiters_any(&search->waiters));
}

bool discovery_wait(struct discovery *discovery, const struct rules *rules, size_t series_query, int64_t until_ms,
		    struct discovery_wait *wait)
{
	struct search *search = rules == discovery->served.rules ? discovery->served.searches[series_query] : NULL;
	bool comes = search && has_series(search) && is_building(discovery); /* with the catalog that is made */

	if (search == NULL || (has_series(search) && !comes))
		return false;
	if (search->call == NULL && !comes) {
		if ((search->asked && search->sent_ms >= wait->since_ms) || !may_wait(search, until_ms))
			return false;
		search_schedule_hasten(&search->schedule, loop_now_ms(discovery->loop));
		look_anew(discovery);
	}
	wait->search = search;
	wait->waiter.handler = give;
	waiters_add(&search->waiters, &wait->waiter);
	return true;
}

void discovery_wait_cancel(struct discovery_wait *wait)
{
	(void)waiter_leave(&wait->waiter);
}

/* ---- answers */

/* When Prometheus is away all searches fail one behind the other, and the first says it; each has its own numbers at /metrics. */
static void tell_failure(const struct search *search, bool first)
{
	struct discovery *discovery = search->discovery;
	int64_t now_ms = loop_now_ms(discovery->loop);

	if (first && (discovery->warned_ms == 0 || now_ms - discovery->warned_ms >= WARN_AGAIN_MS)) {
		discovery->warned_ms = now_ms;
		log_warn("discovery: %.*s: %s; what was found before stays", STR_ARG(search->selector),
			 search->failure);
	} else {
		log_v(5, "discovery: %.*s: %s", STR_ARG(search->selector), search->failure);
	}
}

static void failed(struct search *search, const struct upstream_error *problem)
{
	struct discovery *discovery = search->discovery;
	bool first = search->schedule.retry_ms == 0;

	clean_copy(search->failure, sizeof(search->failure), str_of(problem->text));
	search->problem = *problem;
	search->failures++;
	if (first)
		search->failing_since_ms = search->heard_ms;
	search_schedule_failed(&search->schedule, search->heard_ms, discovery->options.relist_ms, problem);
	tell_failure(search, first);
}

static void start_build(void *context);

static void end_build(struct discovery *discovery)
{
	catalog_builder_free(discovery->builder);
	discovery->builder = NULL;
	vec_release(discovery->sets);
	discovery->sets = NULL;
}

/* Was there something to stop? */
static bool stop_build(struct discovery *discovery)
{
	if (discovery->builder == NULL)
		return false;
	end_build(discovery);
	loop_timer_cancel(discovery->loop, &discovery->build);
	return true;
}

/* Rules that ask what was never answered would have their metrics vanish for as long as the first answers take. */
static size_t unanswered(const struct generation *generation)
{
	size_t count = 0;

	for (size_t i = 0; i < generation->rules->series_query_count; i++)
		count += !generation->searches[i]->asked;
	return count;
}

static bool coming_is_due(const struct discovery *discovery)
{
	return discovery->coming.rules && (discovery->overdue || unanswered(&discovery->coming) == 0);
}

/* The first of several answers sets the time, so that a steady stream of them cannot put the catalog off for ever. */
static void gather(struct discovery *discovery)
{
	if (discovery->build.heap_index)
		return;
	discovery->build.handler = start_build;
	loop_timer_set(discovery->loop, &discovery->build, GATHER_MS);
}

/* The set before may be read by a build. An empty one in the place of an empty one changes nothing. */
static void take_set(struct search *search, struct series_set *set)
{
	bool as_before = search->set && !has_series(search) && series_set_total(set) == 0;

	search->found_ms = search->heard_ms;
	if (!as_before)
		stop_build(search->discovery);
	if (!as_before)
		gather(search->discovery);
	series_set_free(search->set);
	search->set = set;
}

static void found(struct search *search, struct series_set *set)
{
	int64_t relist_ms = search->discovery->options.relist_ms;
	bool some = series_set_total(set) > 0;

	if (search->schedule.retry_ms)
		log_info("discovery: %.*s: answered again", STR_ARG(search->selector));
	log_v(5, "discovery: %.*s: %llu series of %zu kinds", STR_ARG(search->selector),
	      (unsigned long long)series_set_total(set), series_set_count(set));
	search->failure[0] = '\0';
	if (search_schedule_answered(&search->schedule, search->heard_ms, relist_ms, some, has_series(search)))
		take_set(search, set);
	else
		series_set_free(set);
}

static void answered(void *context, struct series_set *set, const struct upstream_error *problem)
{
	struct search *search = context;
	struct discovery *discovery = search->discovery;

	search->call = NULL;
	search->asked = true;
	search->heard_ms = loop_now_ms(discovery->loop);
	discovery->under_way--;
	if (set)
		found(search, set);
	else
		failed(search, problem);
	if (coming_is_due(discovery))
		gather(discovery);
	if (!has_series(search)) /* who waits for series is told when they are in a catalog */
		tell_of_nothing(search);
	look_anew(discovery);
}

/* ---- questions */

static void ask(struct discovery *discovery, struct search *search)
{
	int64_t start = loop_wall_ms(discovery->loop) - discovery->options.max_age_ms;

	discovery->under_way++;
	search->sent_ms = loop_now_ms(discovery->loop);
	search->call = prom_series(discovery->prom, search->selector, start, answered, search);
}

static void start_due(void *context)
{
	struct discovery *discovery = context;
	int64_t now = loop_now_ms(discovery->loop);
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < discovery->searches.count; i++) {
		struct search *search = discovery->searches.items[i];
		int64_t due_ms = search->schedule.due_ms;

		if (search->call)
			continue;
		if (due_ms <= now && (discovery->under_way < ASKED_AT_ONCE || waiters_any(&search->waiters)))
			ask(discovery, search);
		else if (due_ms > now && due_ms < next)
			next = due_ms;
	}
	if (next != INT64_MAX)
		loop_timer_set(discovery->loop, &discovery->next, next - now);
}

/* ---- generations of the rules */

static struct search *search_add(struct discovery *discovery, struct str selector)
{
	struct search *search = xnew(struct search);

	search->text = xcalloc(selector.len + 1, 1);
	memcpy(search->text, selector.ptr, selector.len);
	search->selector = (struct str){search->text, selector.len};
	search->discovery = discovery;
	search->began_ms = loop_now_ms(discovery->loop);
	waiters_init(&search->waiters);
	if (selector.len == 0) { /* rules without a seriesQuery: Prometheus would only refuse it */
		search->set = series_set_new(0);
		search->asked = true;
		search->schedule.due_ms = INT64_MAX;
	}
	*vec_push(&discovery->searches) = search;
	return search;
}

static void search_free(struct search *search)
{
	if (search->call) {
		prom_call_cancel(search->call);
		search->discovery->under_way--;
	}
	series_set_free(search->set);
	vec_release(search->text);
	free(search);
}

/* What is known of the same text stays known. */
static void generation_fill(struct discovery *discovery, struct generation *generation, struct rules *rules)
{
	CLEANUP(map_clear) struct map known = {0};

	for (size_t i = 0; i < discovery->searches.count; i++)
		*map_at(&known, discovery->searches.items[i]->selector) = discovery->searches.items[i];
	generation->rules = rules_ref(rules);
	generation->searches = xcalloc(rules->series_query_count, sizeof(struct search *));
	for (size_t i = 0; i < rules->series_query_count; i++) {
		generation->searches[i] = map_get(&known, rules->series_queries[i]);
		if (generation->searches[i] == NULL)
			generation->searches[i] = search_add(discovery, rules->series_queries[i]);
	}
}

static void generation_clear(struct generation *generation)
{
	rules_unref(generation->rules);
	vec_release(generation->searches);
	*generation = (struct generation){0};
}

static void mark_used(const struct generation *generation)
{
	for (size_t i = 0; generation->rules && i < generation->rules->series_query_count; i++)
		generation->searches[i]->used = true;
}

static void mark_all_used(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->searches.count; i++)
		discovery->searches.items[i]->used = false;
	mark_used(&discovery->served);
	mark_used(&discovery->coming);
}

/* A search that no rules have any more ends; its turn goes to others. */
static void drop_unused(struct discovery *discovery)
{
	size_t kept = 0;

	mark_all_used(discovery);
	for (size_t i = 0; i < discovery->searches.count; i++) {
		struct search *search = discovery->searches.items[i];

		if (search->used)
			discovery->searches.items[kept++] = search;
		else
			search_free(search);
	}
	discovery->searches.count = kept;
	look_anew(discovery);
}

static void serve_coming(struct discovery *discovery)
{
	generation_clear(&discovery->served);
	discovery->served = discovery->coming;
	discovery->coming = (struct generation){0};
	loop_timer_cancel(discovery->loop, &discovery->deadline);
	vec_release(discovery->findings);
	discovery->findings = xcalloc(discovery->served.rules->series_query_count, sizeof(*discovery->findings));
}

static void deadline_passed(void *context)
{
	struct discovery *discovery = context;

	discovery->overdue = true;
	log_warn("discovery: %zu of the new rules' %zu searches have no answer yet; the new rules are served without "
		 "what these will find",
		 unanswered(&discovery->coming), discovery->coming.rules->series_query_count);
	gather(discovery);
}

void discovery_set_rules(struct discovery *discovery, struct rules *rules)
{
	bool again = stop_build(discovery); /* it may be of the rules that were to come, or read what is dropped */

	generation_clear(&discovery->coming);
	generation_fill(discovery, &discovery->coming, rules);
	drop_unused(discovery);
	discovery->overdue = false;
	loop_timer_set(discovery->loop, &discovery->deadline, discovery->options.deadline_ms);
	if (again || coming_is_due(discovery))
		gather(discovery);
}

/* ---- the catalog */

/* They look into the catalog that was published. */
static void tell_published(struct discovery *discovery)
{
	mark_all_used(discovery);
	for (size_t i = 0; i < discovery->searches.count; i++) {
		struct search *search = discovery->searches.items[i];

		if (!search->used || has_series(search))
			waiters_tell(&search->waiters, &(bool){true});
	}
}

static void publish(struct discovery *discovery)
{
	struct catalog *catalog = catalog_builder_take(discovery->builder);

	end_build(discovery);
	if (discovery->building == &discovery->coming)
		serve_coming(discovery);
	log_v(5, "discovery: %zu custom and %zu external metrics", catalog_count(catalog, false),
	      catalog_count(catalog, true));
	discovery->handler(discovery->context, catalog);
	tell_published(discovery);
	drop_unused(discovery);
	if (coming_is_due(discovery)) /* since the build began */
		gather(discovery);
}

static void go_on_building(void *context)
{
	struct discovery *discovery = context;

	if (catalog_builder_step(discovery->builder, KINDS_PER_TURN))
		publish(discovery);
	else
		loop_timer_set(discovery->loop, &discovery->build, 0);
}

static void start_build(void *context)
{
	struct discovery *discovery = context;
	struct generation *generation = coming_is_due(discovery) ? &discovery->coming : &discovery->served;

	discovery->sets = xcalloc(generation->rules->series_query_count, sizeof(struct series_set *));
	for (size_t i = 0; i < generation->rules->series_query_count; i++)
		discovery->sets[i] = generation->searches[i]->set;
	discovery->building = generation;
	discovery->builder = catalog_builder_new(generation->rules, discovery->resources, discovery->sets);
	discovery->build.handler = go_on_building;
	go_on_building(discovery);
}

/* ---- life */

struct discovery *discovery_new(struct loop *loop, struct prom *prom, struct rules *rules,
				const struct resource_table *resources, const struct discovery_options *options,
				discovery_handler *handler, void *context)
{
	struct discovery *discovery = xnew(struct discovery);

	*discovery = (struct discovery){
		.loop = loop,
		.prom = prom,
		.resources = resource_table_ref(resources),
		.options = *options,
		.handler = handler,
		.context = context,
		.next = {.handler = start_due, .context = discovery},
		.build = {.handler = start_build, .context = discovery},
		.deadline = {.handler = deadline_passed, .context = discovery},
	};
	generation_fill(discovery, &discovery->served, rules);
	discovery->findings = xcalloc(rules->series_query_count, sizeof(*discovery->findings));
	look_anew(discovery);
	return discovery;
}

void discovery_free(struct discovery *discovery)
{
	if (discovery == NULL)
		return;
	loop_timer_cancel(discovery->loop, &discovery->next);
	loop_timer_cancel(discovery->loop, &discovery->build);
	loop_timer_cancel(discovery->loop, &discovery->deadline);
	end_build(discovery);
	for (size_t i = 0; i < discovery->searches.count; i++)
		search_free(discovery->searches.items[i]);
	vec_clear(&discovery->searches);
	generation_clear(&discovery->served);
	generation_clear(&discovery->coming);
	vec_release(discovery->findings);
	resource_table_unref(discovery->resources);
	free(discovery);
}

void discovery_set_resources(struct discovery *discovery, const struct resource_table *resources)
{
	struct resource_table *old = discovery->resources;

	stop_build(discovery);
	discovery->resources = resource_table_ref(resources);
	resource_table_unref(old);
	gather(discovery);
}

static struct series_finding finding_of(const struct search *search, int64_t now_ms)
{
	bool fails = search->schedule.retry_ms > 0;

	return (struct series_finding){
		.asked = search->asked,
		.found = search->set != NULL,
		.series = search->set ? series_set_total(search->set) : 0,
		.failure = search->failure,
		.failing_s = fails ? (now_ms - search->failing_since_ms) / 1000 : 0,
		.since_s = (now_ms - search->began_ms) / 1000,
		.problem = fails ? &search->problem : NULL,
		.age_ms = search->set ? now_ms - search->found_ms : 0,
		.looked_ms = now_ms - search->heard_ms,
		.next_ms = search->call ? 0 : search_schedule_soonest(&search->schedule, now_ms) - now_ms,
		.kinds = search->set ? series_set_count(search->set) : 0,
		.failures = search->failures,
	};
}

const struct series_finding *discovery_findings(struct discovery *discovery)
{
	int64_t now_ms = loop_now_ms(discovery->loop);

	for (size_t i = 0; i < discovery->served.rules->series_query_count; i++)
		discovery->findings[i] = finding_of(discovery->served.searches[i], now_ms);
	return discovery->findings;
}
