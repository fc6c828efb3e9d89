/* SPDX-License-Identifier: Apache-2.0 */
/* watch_world.h - a loop, a scripted kube-apiserver and a client of it. What happens is noted as text; a test runs until the note
   holds what it waits for. */
#ifndef GAUGELET_TESTS_WATCH_WORLD_H
#define GAUGELET_TESTS_WATCH_WORLD_H

#include "../scripted_server.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/watch.h"

enum { PATIENCE_MS = 20000, STEPS_MAX = 8 };

struct kube_world {
	struct loop *loop;
	struct scripted_server server;
	struct kube_client *client;
	struct loop_timer patience, look;
	char server_url[64];
	struct buf answers[STEPS_MAX];
	struct step steps[STEPS_MAX];
	size_t step_count;
	const char *list_kind; /* of script_list; NULL: PartialObjectMetadataList */
	struct buf note;
	bool (*enough)(void *context);
	void *context;
};

static inline void give_up(void *context)
{
	struct kube_world *world = context;

	fail_msg("nothing more happens after: %s (%zu requests)", buf_cstr(&world->note), world->server.requests.count);
}

static inline void look(void *context)
{
	struct kube_world *world = context;

	if (world->enough(world->context))
		loop_stop(world->loop);
	else
		loop_timer_set(world->loop, &world->look, 2);
}

static inline void run_until(struct kube_world *world, bool (*enough)(void *context), void *context)
{
	world->enough = enough;
	world->context = context;
	loop_timer_set(world->loop, &world->look, 0);
	loop_run(world->loop);
	loop_timer_cancel(world->loop, &world->look);
}

/* ---- the script: one answer a request, the last one again and again */

static inline void script(struct kube_world *world, const char *head, const char *body, enum manner manner)
{
	size_t number = world->step_count++;
	struct buf *answer = &world->answers[number];

	assert_true(number < STEPS_MAX);
	buf_printf(answer, "HTTP/1.1 %s\r\n" JSON_TYPE, head);
	if (manner == KEEP)
		buf_printf(answer, "Content-Length: %zu\r\n", strlen(body));
	buf_printf(answer, "\r\n%s", body);
	world->steps[number] = (struct step){buf_cstr(answer), manner, 0};
	world->server.step_count = world->step_count;
}

static inline void script_list(struct kube_world *world, const char *version, const char *items)
{
	char body[2000];

	snprintf(body, sizeof(body), "{\"kind\":\"%s\",\"metadata\":{\"resourceVersion\":\"%s\"},\"items\":[%s]}",
		 world->list_kind ? world->list_kind : "PartialObjectMetadataList", version, items);
	script(world, "200 OK", body, KEEP);
}

/* A watch that tells this and then goes on without a word. */
static inline void script_watch(struct kube_world *world, const char *events)
{
	script(world, "200 OK", events, HANG);
}

static inline void script_quiet(struct kube_world *world)
{
	script_watch(world, "");
}

#define ITEM(namespace, name, labels)                                                                                  \
	"{\"metadata\":{\"name\":\"" name                                                                              \
	"\",\"namespace\":\"" namespace "\",\"resourceVersion\":\"5\",\"labels\":{" labels "}}}"
#define EVENT(type, version, namespace, name, labels)                                                                  \
	"{\"type\":\"" type "\",\"object\":{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"name\":\"" name         \
	"\",\"namespace\":\"" namespace "\",\"resourceVersion\":\"" version "\",\"labels\":{" labels "}}}}\n"
#define BOOKMARK(version)                                                                                              \
	"{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"PartialObjectMetadata\",\"metadata\":{\"resourceVersion\":"     \
	"\"" version "\",\"creationTimestamp\":null}}}\n"
#define STATUS(code, message)                                                                                          \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" message     \
	"\",\"reason\":\"X\",\"code\":" code "}"

/* ---- */

static inline void world_init(struct kube_world *world)
{
	const struct kube_client_options options = {0};
	struct kube_config config = {0};
	struct err err = {0};

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up, .context = world};
	world->look = (struct loop_timer){.handler = look, .context = world};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, world->steps, 0);
	snprintf(world->server_url, sizeof(world->server_url), "http://127.0.0.1:%u", world->server.port);
	config.server = str_of(world->server_url);
	world->client = kube_client_new(world->loop, &config, &options, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(world->client);
}

static inline void world_clear(struct kube_world *world)
{
	kube_client_free(world->client);
	server_stop(&world->server);
	loop_free(world->loop);
	for (size_t i = 0; i < STEPS_MAX; i++)
		buf_clear(&world->answers[i]);
	buf_clear(&world->note);
}

static inline bool was_asked(struct kube_world *world, size_t number, const char *part)
{
	return strstr(server_request(&world->server, number), part) != NULL;
}

/* ---- an object, as text */

static inline void note_object(struct buf *out, const struct watched_object *object)
{
	buf_printf(out, "%.*s/%.*s", STR_ARG(object->namespace), STR_ARG(object->name));
	for (size_t i = 0; i < object->label_count; i++)
		buf_printf(out, " %.*s=%.*s", STR_ARG(object->labels[i].key), STR_ARG(object->labels[i].value));
	if (object->phase.len)
		buf_printf(out, " %.*s", STR_ARG(object->phase));
	buf_puts(out, object->ready ? " ready" : "");
	if (object->ready_since.len)
		buf_printf(out, " since %.*s", STR_ARG(object->ready_since));
	buf_puts(out, object->deleting ? " deleting" : "");
	if (object->data_json.len)
		buf_printf(out, " %.*s", STR_ARG(object->data_json));
}

#define assert_asked(world, number, part)                                                                              \
	do {                                                                                                           \
		if (!was_asked(world, number, part))                                                                   \
			fail_msg("\"%s\" is not in: %s", part, server_request(&(world)->server, number));              \
	} while (0)

#endif
