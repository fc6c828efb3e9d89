/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_world.h - discovery above a client of a Prometheus that answers by a script, and who waits for what it publishes. */
#ifndef GAUGELET_TESTS_PROM_DISCOVERY_WORLD_H
#define GAUGELET_TESTS_PROM_DISCOVERY_WORLD_H

#include "prom/discovery.h"

#include "../scripted_server.h"
#include "../model/rule_text.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/series.h"
#include "prom/client.h"

enum { PATIENCE_MS = 20000, RELIST_MS = 20, MAX_AGE_MS = 600000, HOUR_MS = 3600 * 1000 };

#define NO_SERIES "{\"status\":\"success\",\"data\":[]}"

static const struct rule_spec rule_specs[] = {
	{.at = {1, 3},
	 .series_query = SPELLED("a{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {5, 3},
	 .series_query = SPELLED("b"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {9, 3},
	 .series_query = SPELLED("a{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .name_as = SPELLED("again"),
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
};

/* What takes the place of the rules above: `a` is asked for already, `c` is not. */
static const struct rule_spec new_specs[] = {
	{.at = {1, 3},
	 .series_query = SPELLED("c"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
	{.at = {5, 3},
	 .series_query = SPELLED("a{pod!=\"\"}"),
	 .metrics_query = USUAL_QUERY,
	 .resources = {.overrides = pod_overrides, .override_count = 2}},
};

struct world {
	struct loop *loop;
	struct scripted_server server;
	struct prom *prom;
	struct rules *rules;
	struct resource_table *resources;
	struct discovery *discovery;
	struct catalog *catalog; /* the last one published */
	struct loop_timer patience, look;
	bool (*enough)(struct world *world);
	size_t published, of_new; /* catalogs; those of the new rules */
	size_t asked_for_b, looks;
	struct rules *new_rules;
	int64_t relist_ms, deadline_ms;
	enum manner c_manner;
	const char *c_status;
	char answers[4][400];
	struct step steps[4];
};

static inline void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

/* Looked at whenever something may have changed, and now and then for what publishes nothing. */
static inline void look(void *context)
{
	struct world *world = context;

	if (world->enough(world))
		loop_stop(world->loop);
	else
		loop_timer_set(world->loop, &world->look, 5);
}

static inline void published(void *context, struct catalog *catalog)
{
	struct world *world = context;

	catalog_unref(world->catalog);
	world->catalog = catalog;
	world->published++;
	world->of_new += catalog_rules(catalog) == world->new_rules;
}

static inline void answer(struct world *world, size_t number, const char *status, const char *body)
{
	snprintf(world->answers[number], sizeof(world->answers[number]),
		 "HTTP/1.1 %s\r\n" JSON_TYPE "Content-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	world->steps[number] = (struct step){world->answers[number], KEEP, 0};
}

static inline void series(struct world *world, size_t number, const char *name)
{
	char body[200];

	snprintf(body, sizeof(body),
		 "{\"status\":\"success\",\"data\":[{\"__name__\":\"%s\",\"namespace\":\"n\",\"pod\":\"p\"}]}", name);
	answer(world, number, "200 OK", body);
}

static inline int set_up(void **state)
{
	struct world *world = xnew(struct world);
	CLEANUP(problems_clear) struct problems problems = {0};
	struct err err = {0};

	world->loop = loop_new(&err);
	world->patience = (struct loop_timer){.handler = give_up};
	world->look = (struct loop_timer){.handler = look, .context = world};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, world->steps, COUNT_OF(world->steps));
	assert_true(compiled(rule_specs, COUNT_OF(rule_specs), NULL, 0, &problems, &world->rules));
	assert_true(compiled(new_specs, COUNT_OF(new_specs), NULL, 0, &problems, &world->new_rules));
	world->resources = resource_table_builtin();
	world->relist_ms = RELIST_MS;
	world->deadline_ms = PATIENCE_MS;
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	discovery_free(world->discovery);
	prom_free(world->prom);
	server_stop(&world->server);
	loop_free(world->loop);
	catalog_unref(world->catalog);
	resource_table_unref(world->resources);
	rules_unref(world->rules);
	rules_unref(world->new_rules);
	free(world);
	return 0;
}

static inline void run_until(struct world *world, bool (*enough)(struct world *world))
{
	const struct discovery_options options = {
		.relist_ms = world->relist_ms, .max_age_ms = MAX_AGE_MS, .deadline_ms = world->deadline_ms};
	char url[64];
	const struct prom_options prom = {
		.url = url, .query_timeout_ms = PATIENCE_MS, .series_timeout_ms = PATIENCE_MS, .max_connections = 1};
	struct err err = {0};

	if (world->discovery == NULL) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%u", world->server.port);
		world->prom = prom_new(world->loop, &prom, &err);
		assert_non_null(world->prom);
		world->discovery = discovery_new(world->loop, world->prom, world->rules, world->resources, &options,
						 published, world);
	}
	world->enough = enough;
	loop_timer_set(world->loop, &world->look, 0);
	loop_run(world->loop);
}

static inline bool has(const struct world *world, const char *name)
{
	const struct resource *pods = resource_find(world->resources, STR("pods"), STR(""));

	return world->catalog && catalog_find(world->catalog, pods, str_of(name));
}

#endif
