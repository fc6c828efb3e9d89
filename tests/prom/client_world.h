/* SPDX-License-Identifier: Apache-2.0 */
/* client_world.h - a client of a Prometheus that answers by a script. */
#ifndef GAUGELET_TESTS_PROM_CLIENT_WORLD_H
#define GAUGELET_TESTS_PROM_CLIENT_WORLD_H

#include "prom/client.h"

#include "../rows.h"
#include "../scripted_server.h"
#include "model/sample.h"
#include "model/series.h"
#include "model/upstream_error.h"

#define EMPTY_VECTOR "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"
#define ONE_SAMPLE                                                                                                     \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"pod\":\"a\"},"         \
	"\"value\":[1565786045.323,\"7\"]}]}}"
#define ONE_SERIES "{\"status\":\"success\",\"data\":[{\"__name__\":\"a\",\"b\":\"c\"}]}"

enum { PATIENCE_MS = 20000 };

struct world {
	struct loop *loop;
	struct scripted_server server;
	struct prom *prom;
	struct loop_timer patience;
	char answer[40000], url[200], file[64];
	struct step step;
	int done;
	struct samples *samples;
	struct series_set *set;
	struct upstream_error problem;
	void (*when_done)(struct world *world);
};

static inline void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static inline int set_up(void **state)
{
	struct err err = {0};
	struct world *world = xnew(struct world);

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, &world->step, 1);
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	prom_free(world->prom);
	if (world->server.loop)
		server_stop(&world->server);
	loop_free(world->loop);
	samples_free(world->samples);
	series_set_free(world->set);
	if (world->file[0])
		unlink(world->file);
	free(world);
	return 0;
}

/* ---- the script and the questions */

static inline void answer_with(struct world *world, int status, const char *type, const char *body)
{
	snprintf(world->answer, sizeof(world->answer), "HTTP/1.1 %d X\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", status,
		 type[0] ? "Content-Type: " : "", type, type[0] ? "\r\n" : "", strlen(body), body);
	world->step = (struct step){world->answer, KEEP, 0};
}

static inline struct prom_options usual(void)
{
	return (struct prom_options){
		.query_timeout_ms = PATIENCE_MS, .series_timeout_ms = PATIENCE_MS, .max_connections = 4};
}

/* `user` and `path` as in http://USER@127.0.0.1:PORT/PATH. */
static inline void new_prom(struct world *world, const char *user, const char *path, struct prom_options options)
{
	struct err err = {0};

	snprintf(world->url, sizeof(world->url), "http://%s127.0.0.1:%u%s", user, world->server.port, path);
	options.url = world->url;
	world->prom = prom_new(world->loop, &options, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(world->prom);
}

static inline void keep_problem(struct world *world, const void *result, const struct upstream_error *problem)
{
	assert_int_equal(result == NULL, problem != NULL);
	world->problem = problem ? *problem : (struct upstream_error){0};
	world->done++;
	loop_stop(world->loop);
	if (world->when_done)
		world->when_done(world);
}

static inline void queried(void *context, struct samples *samples, const struct upstream_error *problem)
{
	struct world *world = context;

	samples_free(world->samples);
	world->samples = samples;
	keep_problem(world, samples, problem);
}

static inline void found(void *context, struct series_set *set, const struct upstream_error *problem)
{
	struct world *world = context;

	series_set_free(world->set);
	world->set = set;
	keep_problem(world, set, problem);
}

static inline struct prom_call *start_query(struct world *world, const char *promql, int64_t time_ms,
					    int64_t timeout_ms)
{
	int done = world->done;
	struct prom_call *call =
		prom_query(world->prom, str_of(promql), time_ms, loop_now_ms(world->loop) + timeout_ms, queried, world);

	assert_int_equal(world->done, done);
	return call;
}

static inline void query(struct world *world)
{
	(void)start_query(world, "up{a=\"b c\"} + 1", 1565786045323, 30000);
	loop_run(world->loop);
}

static inline void series(struct world *world)
{
	(void)prom_series(world->prom, STR("http_requests_total{namespace!=\"\"}"), 1565786045323, found, world);
	loop_run(world->loop);
}

static inline const char *asked(struct world *world)
{
	return server_request(&world->server, world->server.requests.count - 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
