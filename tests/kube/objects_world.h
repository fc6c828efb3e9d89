/* SPDX-License-Identifier: Apache-2.0 */
/* objects_world.h - the objects' memory over a scripted kube-apiserver. */
#ifndef GAUGELET_TESTS_OBJECTS_WORLD_H
#define GAUGELET_TESTS_OBJECTS_WORLD_H

#include "../rows.h"
#include "kube/objects.h"
#include "model/resource.h"
#include "text/selector.h"
#include "watch_world.h"

enum { STALE_MS = 600000 };

static const struct resource pods = {.version = STR_INIT("v1"),
				     .plural = STR_INIT("pods"),
				     .singular = STR_INIT("pod"),
				     .kind = STR_INIT("Pod"),
				     .namespaced = true};
struct world {
	struct kube_world kube;
	struct objects *objects;
	const struct resource *resource;
	struct str namespace;
	const char *selector;
	struct arena *arena;
	struct err err;
	enum objects_state state;
	struct buf found; /* the last answer: "a,b", or the message, or WAITING */
	const char *want;
	struct objects_waiter waiter;
	size_t changes, requests_before;
};

static inline void changed(void *context)
{
	struct world *world = context;

	world->changes++;
}

static inline int set_up(void **state)
{
	struct world *world = xnew(struct world);

	world_init(&world->kube);
	world->resource = &pods;
	world->namespace = STR("n");
	world->selector = "";
	world->arena = arena_new(0);
	world->waiter = (struct objects_waiter){.changed = changed, .context = world};
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	objects_free(world->objects);
	arena_free(world->arena);
	buf_clear(&world->found);
	world_clear(&world->kube);
	free(world);
	return 0;
}

static inline void start(struct world *world, int64_t stale_ms)
{
	world->objects = objects_new(world->kube.loop, world->kube.client, stale_ms);
}

static inline void note_names(struct buf *out, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%.*s", i ? "," : "", STR_ARG(names[i]));
}

static inline void select_now(struct world *world)
{
	struct selector selector;
	const struct str *names = NULL;
	size_t count = 0;

	assert_true(selector_parse(str_of(world->selector), world->arena, &selector, &world->err));
	world->state = objects_select(world->objects, world->resource, world->namespace, &selector, world->arena,
				      &names, &count, &world->err);
	buf_reset(&world->found);
	if (world->state == OBJECTS_FOUND)
		note_names(&world->found, names, count);
	else
		buf_puts(&world->found, world->state == OBJECTS_WAITING ? "WAITING" : world->err.msg);
	buf_reset(&world->kube.note);
	buf_put(&world->kube.note, buf_str(&world->found));
}

static inline bool is_found(void *context)
{
	struct world *world = context;

	select_now(world);
	return strcmp(buf_cstr(&world->found), world->want) == 0;
}

static inline void wait_for(struct world *world, const char *want)
{
	world->want = want;
	run_until(&world->kube, is_found, world);
}

#endif
