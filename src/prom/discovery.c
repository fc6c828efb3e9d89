/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/discovery.h"

#include <stdlib.h>

#include "base/log.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/series.h"
#include "net/loop.h"
#include "prom/client.h"

enum {
	ASKED_AT_ONCE = 4,     /* a round must not crowd out the queries of an HPA */
	FIRST_RETRY_MS = 2000, /* after a failure, doubled each time, up to the interval */
	GATHER_MS = 20,	       /* answers that come together make one catalog */
	KINDS_PER_TURN = 200,  /* a fraction of a millisecond */
};

/* One of rules.series_queries. */
struct search {
	struct discovery *discovery;
	struct str selector;
	struct prom_call *call; /* NULL: not asked at the moment */
	struct series_set *set; /* the last good answer */
	int64_t due_ms;
	int64_t retry_ms; /* the wait after the last failure; 0: it was good */
	int64_t failing_since_ms;
	bool asked;
	char failure[300];
};

struct discovery {
	struct loop *loop;
	struct prom *prom;
	struct rules *rules;
	struct resource_table *resources;
	struct discovery_options options;
	discovery_handler *handler;
	void *context;
	struct search *searches;
	size_t count, under_way;
	struct series_finding *findings;
	struct loop_timer next, build;
	struct catalog_builder *builder;
	const struct series_set **sets; /* what the builder reads */
};

static void start_due(void *context);

static void ask_again(struct discovery *discovery, struct search *search, int64_t delay_ms)
{
	search->due_ms = loop_now_ms(discovery->loop) + delay_ms;
	loop_timer_set(discovery->loop, &discovery->next, 0);
}

/* ---- answers */

static void tell_failure(const struct search *search, bool first)
{
	if (first)
		log_warn("discovery: %.*s: %s; what was found before stays", STR_ARG(search->selector),
			 search->failure);
	else
		log_v(2, "discovery: %.*s: %s", STR_ARG(search->selector), search->failure);
}

/* Who was not even asked tries as soon as that may help. */
static int64_t delay_after(const struct search *search, const struct prom_problem *problem)
{
	if (problem->not_asked || problem->wait_ms > search->retry_ms)
		return problem->wait_ms;
	return search->retry_ms;
}

static void failed(struct search *search, const struct prom_problem *problem)
{
	struct discovery *discovery = search->discovery;
	int64_t most = discovery->options.relist_ms;
	bool first = search->retry_ms == 0;

	memcpy(search->failure, problem->text, sizeof(search->failure) - 1);
	search->failure[str_whole_characters(str_of(search->failure))] = '\0';
	if (first)
		search->failing_since_ms = loop_now_ms(discovery->loop);
	if (first || !problem->not_asked)
		search->retry_ms = first ? FIRST_RETRY_MS : search->retry_ms * 2;
	if (search->retry_ms > most)
		search->retry_ms = most;
	tell_failure(search, first);
	ask_again(discovery, search, delay_after(search, problem));
}

static void start_build(void *context);

static void stop_build(struct discovery *discovery)
{
	if (discovery->builder == NULL)
		return;
	catalog_builder_free(discovery->builder);
	discovery->builder = NULL;
	loop_timer_cancel(discovery->loop, &discovery->build);
}

/* The first of several answers sets the time, so that a steady stream of them cannot put the catalog off for ever. */
static void gather(struct discovery *discovery)
{
	if (discovery->build.heap_index)
		return;
	discovery->build.handler = start_build;
	loop_timer_set(discovery->loop, &discovery->build, GATHER_MS);
}

static void found(struct search *search, struct series_set *set)
{
	struct discovery *discovery = search->discovery;

	if (search->retry_ms)
		log_info("discovery: %.*s: answered again", STR_ARG(search->selector));
	log_v(2, "discovery: %.*s: %llu series of %zu kinds", STR_ARG(search->selector),
	      (unsigned long long)series_set_total(set), series_set_count(set));
	search->retry_ms = 0;
	search->failure[0] = '\0';
	stop_build(discovery); /* it may read the old set */
	series_set_free(search->set);
	search->set = set;
	gather(discovery);
	ask_again(discovery, search, discovery->options.relist_ms);
}

static void answered(void *context, struct series_set *set, const struct prom_problem *problem)
{
	struct search *search = context;

	search->call = NULL;
	search->asked = true;
	search->discovery->under_way--;
	if (set)
		found(search, set);
	else
		failed(search, problem);
}

/* ---- questions */

static void ask(struct discovery *discovery, struct search *search)
{
	int64_t start = loop_wall_ms(discovery->loop) - discovery->options.max_age_ms;

	discovery->under_way++;
	search->call = prom_series(discovery->prom, search->selector, start, answered, search);
}

static void start_due(void *context)
{
	struct discovery *discovery = context;
	int64_t now = loop_now_ms(discovery->loop);
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < discovery->count; i++) {
		struct search *search = &discovery->searches[i];

		if (search->call)
			continue;
		if (search->due_ms <= now && discovery->under_way < ASKED_AT_ONCE)
			ask(discovery, search);
		else if (search->due_ms > now && search->due_ms < next)
			next = search->due_ms;
	}
	if (next != INT64_MAX)
		loop_timer_set(discovery->loop, &discovery->next, next - now);
}

/* ---- the catalog */

static void go_on_building(void *context)
{
	struct discovery *discovery = context;
	struct catalog *catalog;

	if (!catalog_builder_step(discovery->builder, KINDS_PER_TURN)) {
		loop_timer_set(discovery->loop, &discovery->build, 0);
		return;
	}
	catalog = catalog_builder_take(discovery->builder);
	catalog_builder_free(discovery->builder);
	discovery->builder = NULL;
	log_v(2, "discovery: %zu custom and %zu external metrics", catalog_count(catalog, false),
	      catalog_count(catalog, true));
	discovery->handler(discovery->context, catalog);
}

static void start_build(void *context)
{
	struct discovery *discovery = context;

	for (size_t i = 0; i < discovery->count; i++)
		discovery->sets[i] = discovery->searches[i].set;
	discovery->builder = catalog_builder_new(discovery->rules, discovery->resources, discovery->sets);
	discovery->build.handler = go_on_building;
	go_on_building(discovery);
}

struct discovery *discovery_new(struct loop *loop, struct prom *prom, struct rules *rules,
				const struct resource_table *resources, const struct discovery_options *options,
				discovery_handler *handler, void *context)
{
	struct discovery *discovery = xnew(struct discovery);

	*discovery = (struct discovery){
		.loop = loop,
		.prom = prom,
		.rules = rules_ref(rules),
		.resources = resource_table_ref(resources),
		.options = *options,
		.handler = handler,
		.context = context,
		.count = rules->series_query_count,
		.next = {.handler = start_due, .context = discovery},
		.build = {.handler = start_build, .context = discovery},
	};
	discovery->searches = xcalloc(discovery->count, sizeof(*discovery->searches));
	discovery->findings = xcalloc(discovery->count, sizeof(*discovery->findings));
	discovery->sets = xcalloc(discovery->count, sizeof(struct series_set *));
	for (size_t i = 0; i < discovery->count; i++) {
		discovery->searches[i].discovery = discovery;
		discovery->searches[i].selector = rules->series_queries[i];
	}
	loop_timer_set(loop, &discovery->next, 0);
	return discovery;
}

void discovery_free(struct discovery *discovery)
{
	if (discovery == NULL)
		return;
	loop_timer_cancel(discovery->loop, &discovery->next);
	loop_timer_cancel(discovery->loop, &discovery->build);
	catalog_builder_free(discovery->builder);
	for (size_t i = 0; i < discovery->count; i++) {
		if (discovery->searches[i].call)
			prom_call_cancel(discovery->searches[i].call);
		series_set_free(discovery->searches[i].set);
	}
	free(discovery->searches);
	free(discovery->findings);
	free(discovery->sets);
	resource_table_unref(discovery->resources);
	rules_unref(discovery->rules);
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

const struct series_finding *discovery_findings(struct discovery *discovery)
{
	int64_t now = loop_now_ms(discovery->loop);

	for (size_t i = 0; i < discovery->count; i++) {
		const struct search *search = &discovery->searches[i];

		discovery->findings[i] = (struct series_finding){
			.asked = search->asked,
			.found = search->set != NULL,
			.series = search->set ? series_set_total(search->set) : 0,
			.failure = search->failure,
			.failing_s = search->retry_ms ? (now - search->failing_since_ms) / 1000 : 0,
		};
	}
	return discovery->findings;
}
