/* SPDX-License-Identifier: Apache-2.0 */
/* query_cache_world.h - many who ask a cache above a client of a Prometheus that answers by a script. */
#ifndef GAUGELET_TESTS_PROM_QUERY_CACHE_WORLD_H
#define GAUGELET_TESTS_PROM_QUERY_CACHE_WORLD_H

#include "prom/query_cache.h"

#include "client_world.h"
#include "model/upstream_error.h"

enum { SHORT_MS = 20, HOUR_MS = 3600000, ROOM = 1 << 20, ASKERS = 100 };

#define VECTOR(result) "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" result "]}}"
#define SAMPLE(value)  "{\"metric\":{\"pod\":\"a\"},\"value\":[1565786045.323,\"" value "\"]}"
#define ERROR(type)    "{\"status\":\"error\",\"errorType\":\"" type "\",\"error\":\"no\"}"
#define SEVEN	       VECTOR(SAMPLE("7"))
#define EIGHT	       VECTOR(SAMPLE("8"))
#define HALF_MALFORMED VECTOR(SAMPLE("7") ",{\"metric\":{\"pod\":\"b\"}}")
#define WITH_DATA_MISSING                                                                                              \
	"{\"status\":\"success\",\"warnings\":[\"a store is out\"],"                                                   \
	"\"data\":{\"resultType\":\"vector\",\"result\":[" SAMPLE("7") "]}}"

struct scene;

struct asker {
	struct query_wait wait;
	struct loop_timer deadline;
	struct scene *scene;
	int answers;
	double value; /* of the first sample; -1: none */
	size_t malformed;
	int64_t time_ms;
	const struct samples *samples; /* to compare alone */
	struct upstream_error problem;
	void (*then)(struct asker *asker);
};

struct scene {
	struct world *world;
	struct query_cache *cache;
	struct asker askers[ASKERS];
	int answers, awaited;
	size_t awaited_requests;
	int64_t awaited_until_ms; /* of a pause */
	struct loop_timer look;
};

/* ---- who asks */

static inline void told(void *context, const struct samples *samples, const struct upstream_error *problem)
{
	struct asker *asker = context;
	struct scene *scene = asker->scene;

	assert_int_equal(samples == NULL, problem != NULL);
	loop_timer_cancel(scene->world->loop, &asker->deadline);
	asker->answers++;
	asker->samples = samples;
	asker->problem = problem ? *problem : (struct upstream_error){0};
	asker->value = samples && samples->list.count ? samples->list.items[0].value : -1;
	asker->time_ms = samples && samples->list.count ? samples->list.items[0].time_ms : 0;
	asker->malformed = samples ? samples->malformed : 0;
	if (++scene->answers == scene->awaited)
		loop_stop(scene->world->loop);
	if (asker->then)
		asker->then(asker);
}

static inline void time_is_over(void *context)
{
	struct asker *asker = context;

	query_wait_expire(&asker->wait);
}

static inline void ask_within(struct scene *scene, int number, const char *promql, int64_t timeout_ms)
{
	struct asker *asker = &scene->askers[number];
	int answers = asker->answers;
	bool waits = query_cache_ask(scene->cache, str_of(promql), loop_now_ms(scene->world->loop) + timeout_ms,
				     &asker->wait);

	assert_true(waits || asker->answers > answers);
	if (waits)
		loop_timer_set(scene->world->loop, &asker->deadline, timeout_ms);
}

static inline void ask(struct scene *scene, int number, const char *promql)
{
	ask_within(scene, number, promql, HOUR_MS);
}

static inline void await_answers(struct scene *scene, int count)
{
	scene->awaited = count;
	if (scene->answers < count)
		loop_run(scene->world->loop);
	assert_int_equal(scene->answers, count);
}

/* Asks, and waits for the answer if it does not come at once. */
static inline void ask_and_await(struct scene *scene, int number, const char *promql)
{
	int answers = scene->answers;

	ask(scene, number, promql);
	await_answers(scene, answers + 1);
}

static inline size_t requests_of(const struct scene *scene)
{
	return scene->world->server.requests.count;
}

static inline void request_came(void *context)
{
	struct scene *scene = context;

	if (requests_of(scene) == scene->awaited_requests)
		loop_stop(scene->world->loop);
}

static inline void await_requests(struct scene *scene, size_t count)
{
	scene->awaited_requests = count;
	if (requests_of(scene) < count)
		loop_run(scene->world->loop);
	assert_int_equal(requests_of(scene), count);
}

static inline void look_again(void *context)
{
	struct scene *scene = context;

	loop_stop(scene->world->loop);
}

static inline void one_look(struct scene *scene, int64_t delay_ms)
{
	scene->look = (struct loop_timer){.handler = look_again, .context = scene};
	loop_timer_set(scene->world->loop, &scene->look, delay_ms);
	loop_run(scene->world->loop);
}

/* At least so long: enough for what must be over by then. */
static inline void pause_for(struct scene *scene, int64_t ms)
{
	one_look(scene, ms + 1);
}

/* Nothing is under way at the server any more: our side has closed the connection. */
static inline void await_idle_server(struct scene *scene)
{
	while (scene->world->server.busy > 0)
		one_look(scene, 1);
}

/* ---- the scene */

static inline struct scene *scene_new(struct query_cache_options options)
{
	struct scene *scene = xnew(struct scene);
	struct prom_options prom = usual();
	void *made = NULL;

	set_up(&made);
	scene->world = made;
	prom.max_connections = ASKERS;
	new_prom(scene->world, "", "", prom);
	answer_with(scene->world, 200, "application/json", SEVEN);
	scene->world->server.on_request = request_came;
	scene->world->server.context = scene;
	scene->cache = query_cache_new(scene->world->loop, scene->world->prom, &options);
	for (int i = 0; i < ASKERS; i++) {
		scene->askers[i].scene = scene;
		scene->askers[i].deadline = (struct loop_timer){.handler = time_is_over, .context = &scene->askers[i]};
		scene->askers[i].wait.handler = told;
		scene->askers[i].wait.context = &scene->askers[i];
	}
	return scene;
}

static inline void scene_free(struct scene *scene)
{
	void *made = scene->world;

	for (int i = 0; i < ASKERS; i++) {
		loop_timer_cancel(scene->world->loop, &scene->askers[i].deadline);
		query_wait_cancel(&scene->askers[i].wait);
	}
	query_cache_free(scene->cache);
	tear_down(&made);
	free(scene);
}

static inline struct query_cache_options long_lived(void)
{
	return (struct query_cache_options){.ttl_ms = HOUR_MS, .negative_ttl_ms = HOUR_MS, .max_bytes = ROOM};
}

static inline void hang(struct scene *scene)
{
	scene->world->step = (struct step){"", HANG, 0};
}

static inline struct query_cache_stats stats_of(const struct scene *scene)
{
	return query_cache_stats(scene->cache);
}

#endif
