/* SPDX-License-Identifier: Apache-2.0 */
/* task_world.h - a server with everything behind it, one scripted server that is its kube-apiserver and its Prometheus, and a client
   whose request is watched step by step. */
#ifndef GAUGELET_TESTS_TASK_WORLD_H
#define GAUGELET_TESTS_TASK_WORLD_H

#include "http_world.h"
#include "rows.h"
#include "scripted_server.h"

#include <time.h>

#include "../model/rule_text.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/objects.h"
#include "kube/trust.h"
#include "model/catalog.h"
#include "model/resource.h"
#include "model/series.h"
#include "prom/client.h"
#include "prom/discovery.h"
#include "prom/query_cache.h"
#include "server/auth.h"
#include "server/dispatch.h"
#include "server/own_metrics.h"
#include "server/request_record.h"

/* What the scripted server is asked for. */
enum asked { TOKEN, ACCESS, PODS, AGES, NUMBERS, USAGE, ASKED };

/* What comes of a search for the series of `queue`, which nobody has found at first. */
enum look { FOUND_BEFORE, FINDS, FINDS_NOTHING, NEVER_ENDS };

struct task_row {
	const char *name, *target;
	const char *answers[ASKED]; /* NULL: a good one; "": none ever comes */
	unsigned want_status;	    /* 0: none */
	const char *want_steps;	    /* those that ended */
	enum reason_code want_code;
	const char *want_rule, *want_query; /* NULL: not looked at */
	bool standalone, sample_age, no_memory;
	enum look look;
};

struct task_world {
	struct world world;
	struct scripted_server server;
	struct kube_client *kube;
	struct auth *auth;
	struct objects *objects;
	struct prom *prom;
	struct query_cache *cache;
	struct dispatch *dispatch;
	const struct task_row *row;
	bool stop_at_silence; /* the server ends while the step waits that nobody answers */
	bool silent;
	struct loop_timer stop;
	struct waiters searching;
	struct loop_timer search_ends;
	bool searched;
	struct step step;
	struct buf bytes; /* of the answer at hand */
	struct {
		VEC_OF(char *);
	} answers; /* they live as long as they may be sent */
	struct buf steps;
	struct request_record record; /* the last one, its texts in the next two */
	struct buf rule, query;
	unsigned status;
};

static const struct override_spec usage_overrides[] = {OVERRIDE("namespace", "namespace"), OVERRIDE("pod", "pod"),
						       OVERRIDE("instance", "node")};
static const struct rule_spec task_rule = {
	.at = {1, 3},
	.series_query = SPELLED("queue{pod!=\"\"}"),
	.metrics_query = USUAL_QUERY,
	.resources = {.overrides = pod_overrides, .override_count = 2, .namespaced = true}};

#define USAGE_RULE(line, series)                                                                                       \
	{                                                                                                              \
		.at = {line, 3}, .container_query = SPELLED("sum(" series "{<<.LabelMatchers>>}) by (<<.GroupBy>>)"),  \
		.node_query = SPELLED("sum(" series "{<<.LabelMatchers>>}) by (<<.GroupBy>>)"),                        \
		.container_label = SPELLED("container"),                                                               \
		.resources = {.overrides = usage_overrides, .override_count = 3},                                      \
	}

/* ---- the scripted server */

static inline enum asked asked_for(const char *request)
{
	if (strstr(request, "tokenreviews"))
		return TOKEN;
	if (strstr(request, "subjectaccessreviews"))
		return ACCESS;
	if (strstr(request, "/api/v1/pods"))
		return PODS;
	if (strstr(request, "timestamp"))
		return AGES;
	return strstr(request, "usage") ? USAGE : NUMBERS;
}

static inline const char *good_answer(enum asked asked, char *text, size_t bytes)
{
	long long now = (long long)time(NULL);

	switch (asked) {
	case TOKEN:
		return "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"status\":"
		       "{\"authenticated\":true,\"user\":{\"username\":\"u\"}}}";
	case ACCESS:
		return "{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"status\":"
		       "{\"allowed\":true}}";
	case PODS:
		return "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":"
		       "[{"
		       "\"metadata\":{\"namespace\":\"n\",\"name\":\"a\"},\"status\":{\"phase\":\"Running\"}}]}";
	case AGES:
	case NUMBERS:
	case USAGE:
	case ASKED:
		break;
	}
	snprintf(text, bytes,
		 "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"namespace\":"
		 "\"n\",\"pod\":\"a\",\"container\":\"c\"},\"value\":[%lld,\"%lld\"]}]}}",
		 now, asked == AGES ? now : 5);
	return text;
}

static inline void stop_now(void *context)
{
	struct task_world *world = context;

	loop_stop(world->world.loop);
}

static inline void stop_if_silent(struct task_world *world)
{
	if (world->stop_at_silence && world->silent)
		loop_timer_set(world->world.loop, &world->stop, 0);
}

static inline const struct step *choose(void *context, const char *request)
{
	struct task_world *world = context;
	enum asked asked = asked_for(request);
	const char *body = world->row->answers[asked];
	char text[400], **answer;

	world->step = (struct step){.bytes = "", .manner = HANG};
	if (strstr(request, "watch=1") || strstr(request, "watch=true"))
		return &world->step;
	if (body && !*body) {
		world->silent |= asked != PODS; /* these are asked for when the server starts */
		stop_if_silent(world);
		return &world->step;
	}
	if (body == NULL)
		body = good_answer(asked, text, sizeof(text));
	answer = vec_push(&world->answers);
	assert_true(asprintf(answer, "HTTP/1.1 %d x\r\n" JSON_TYPE "Content-Length: %zu\r\n\r\n%s",
			     asked == TOKEN || asked == ACCESS ? 201 : 200, strlen(body), body) > 0);
	world->step = (struct step){.bytes = *answer, .manner = KEEP};
	return &world->step;
}

/* ---- the server that is tested */

static inline void watch(void *context, const struct request_record *record)
{
	struct task_world *world = context;

	buf_printf(&world->steps, "%s%s", world->steps.len ? " " : "", request_step_name(record->step));
	world->record = *record;
	world->silent |= record->step == REQUEST_PLAN && world->row->answers[PODS] && !*world->row->answers[PODS];
	stop_if_silent(world);
	buf_reset(&world->rule);
	buf_put(&world->rule, record->rule);
	buf_reset(&world->query);
	buf_put(&world->query, record->query);
}

static inline const struct series_finding *task_findings(void *context)
{
	static const struct series_finding findings[] = {{.asked = true, .found = true, .failure = ""}};

	(void)context;
	return findings;
}

static inline bool look(void *context, const struct rules *rules, size_t series_query, int64_t until_ms,
			struct discovery_wait *wait)
{
	struct task_world *world = context;

	(void)rules;
	assert_int_equal(series_query, 0);
	assert_true(until_ms >= loop_now_ms(world->world.loop));
	assert_false(world->searched);
	world->searched = true;
	waiters_add(&world->searching, &wait->waiter);
	if (world->row->look != NEVER_ENDS)
		loop_timer_set(world->world.loop, &world->search_ends, 0);
	world->silent |= world->row->look == NEVER_ENDS;
	stop_if_silent(world);
	return true;
}

static inline void no_own_metrics(void *context, struct own_metrics *metrics)
{
	(void)context;
	(void)metrics;
}

static inline struct catalog *task_catalog(bool found)
{
	static const char *const labels[] = {"namespace", "pod"};
	CLEANUP(problems_clear) struct problems problems = {0};
	struct resource_table *table = resource_table_builtin();
	struct series_set *set = series_set_new(1 << 20);
	struct arena *arena = arena_new(0);
	struct rules_spec *spec = arena_alloc(arena, sizeof(*spec));
	struct catalog_builder *builder;
	struct catalog *catalog;
	struct rules *rules = NULL;
	struct err err;

	*spec = (struct rules_spec){.arena = arena,
				    .file = STR("rules.yaml"),
				    .rules = &task_rule,
				    .rule_count = 1,
				    .has_resource_rules = true,
				    .cpu = USAGE_RULE(9, "usage_c"),
				    .memory = USAGE_RULE(12, "usage_m"),
				    .window_ms = 60000};
	assert_true(rules_compile(spec, &problems, &rules));
	series_set_begin(set);
	assert_true(series_set_name(set, STR("queue"), &err));
	for (size_t i = 0; i < COUNT_OF(labels); i++)
		assert_true(series_set_label(set, str_of(labels[i]), &err));
	assert_true(!found || series_set_end(set, &err));
	builder = catalog_builder_new(rules, table, (const struct series_set *const[]){set});
	while (!catalog_builder_step(builder, SIZE_MAX))
		;
	catalog = catalog_builder_take(builder);
	catalog_builder_free(builder);
	series_set_free(set);
	rules_unref(rules);
	resource_table_unref(table);
	return catalog;
}

static inline void search_ends(void *context)
{
	struct task_world *world = context;
	struct waiter *waiter = LIST_OF(world->searching.list.next, struct waiter, link);
	struct discovery_wait *wait = LIST_OF(waiter, struct discovery_wait, waiter);

	if (world->row->look == FINDS)
		dispatch_set_catalog(world->dispatch, task_catalog(true), (struct api_groups){true, true, true});
	(void)waiter_leave(waiter);
	wait->handler(wait->context);
}

static inline void start_cluster(struct task_world *world, const char *url)
{
	const struct auth_options options = {.token_ttl_ms = 0};
	struct err err = {0};

	world->kube = kube_client_new(world->world.loop, &(struct kube_config){.server = str_of(url)},
				      &(struct kube_client_options){0}, &err);
	assert_string_equal(err.msg, "");
	world->auth = auth_new(world->world.loop, world->kube, world->kube, &options);
	world->objects = objects_new(world->world.loop, world->kube, 60000);
	objects_keep_pod_states(world->objects);
}

static inline void handle(void *context, struct http_exchange *exchange)
{
	struct task_world *world = context;

	dispatch_handle(world->dispatch, exchange);
}

static inline void task_world_init(struct task_world *world, const struct task_row *row)
{
	const struct query_cache_options cache = {.ttl_ms = row->no_memory ? 0 : 1000, .max_bytes = 100000};
	struct dispatch_settings settings = {.groups = {true, true, true},
					     .max_age_ms = 60000,
					     .sample_age = row->sample_age,
					     .findings = task_findings,
					     .look = look,
					     .add_own_metrics = no_own_metrics,
					     .watch = watch,
					     .context = world};
	char url[64];
	struct err err = {0};

	*world = (struct task_world){.row = row};
	world_init(&world->world, (struct http_server_options){0});
	world->world.handler = handle;
	waiters_init(&world->searching);
	world->search_ends = (struct loop_timer){.handler = search_ends, .context = world};
	world->stop = (struct loop_timer){.handler = stop_now, .context = world};
	server_start(&world->server, world->world.loop, NULL, 0);
	world->server.choose = choose;
	world->server.context = world;
	world->server.steps = &world->step;
	world->server.step_count = 1;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", world->server.port);
	if (!row->standalone)
		start_cluster(world, url);
	world->prom = prom_new(
		world->world.loop,
		&(struct prom_options){
			.url = url, .query_timeout_ms = 10000, .series_timeout_ms = 10000, .max_connections = 4},
		&err);
	assert_string_equal(err.msg, "");
	world->cache = query_cache_new(world->world.loop, world->prom, &cache);
	settings.loop = world->world.loop;
	settings.prom = world->prom;
	settings.cache = world->cache;
	settings.auth = world->auth;
	settings.objects = world->objects;
	world->dispatch = dispatch_new(&settings, task_catalog(row->look == FOUND_BEFORE));
}

static inline void task_world_clear(struct task_world *world)
{
	http_server_free(world->world.server);
	world->world.server = NULL;
	assert_false(waiters_any(&world->searching));
	dispatch_free(world->dispatch);
	query_cache_free(world->cache);
	prom_free(world->prom);
	objects_free(world->objects);
	auth_free(world->auth);
	kube_client_free(world->kube);
	server_stop(&world->server);
	loop_timer_cancel(world->world.loop, &world->stop);
	world_clear(&world->world);
	for (size_t i = 0; i < world->answers.count; i++)
		free(world->answers.items[i]);
	vec_clear(&world->answers);
	buf_clear(&world->steps);
	buf_clear(&world->rule);
	buf_clear(&world->query);
}

/* ---- the client */

static inline void ask_once(struct world *inner)
{
	struct task_world *world = (struct task_world *)(void *)inner;
	CLEANUP(buf_clear) struct buf text = {0};
	struct client client;

	buf_printf(&text, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sesame\r\n\r\n", world->row->target);
	client_open(&client, inner);
	world->status = client_ask(&client, buf_cstr(&text));
	client_close(&client);
}

#endif
