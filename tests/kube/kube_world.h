/* SPDX-License-Identifier: Apache-2.0 */
/* kube_world.h - a client of a scripted kube-apiserver. */
#ifndef GAUGELET_TESTS_KUBE_WORLD_H
#define GAUGELET_TESTS_KUBE_WORLD_H

#include "../scripted_server.h"
#include "kube/client.h"
#include "kube/config.h"

enum { PATIENCE_MS = 20000 }; /* a test that waits so long has failed */

struct kube_world {
	struct loop *loop;
	struct scripted_server server;
	struct kube_client *client;
	struct kube_config config;
	struct loop_timer patience;
	char url[64], answers[8][4096], file[64];
	struct step steps[8];
	/* of the last call */
	int done;
	struct kube_answer answer;
	char body[4096], streamed[4096];
	struct kube_call *call;
	bool refuse;
	void (*when_piece)(struct kube_world *world), (*when_done)(struct kube_world *world);
};

static void give_up(void *context)
{
	(void)context;
	fail_msg("nothing more happens");
}

static inline int set_up(void **state)
{
	struct err err = {0};
	struct kube_world *world = xnew(struct kube_world);

	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	world->patience = (struct loop_timer){.handler = give_up};
	loop_timer_set(world->loop, &world->patience, PATIENCE_MS);
	server_start(&world->server, world->loop, world->steps, 0);
	snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u", world->server.port);
	world->config.server = str_of(world->url);
	*state = world;
	return 0;
}

static inline int tear_down(void **state)
{
	struct kube_world *world = *state;

	kube_client_free(world->client);
	server_stop(&world->server);
	loop_free(world->loop);
	if (world->file[0])
		unlink(world->file);
	free(world);
	return 0;
}

static inline void new_client(struct kube_world *world, double qps, unsigned burst)
{
	const struct kube_client_options options = {.qps = qps, .burst = burst};
	struct err err = {0};

	world->client = kube_client_new(world->loop, &world->config, &options, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(world->client);
}

/* The next answer of the script. */
static inline void answer_with(struct kube_world *world, int status, const char *type, const char *body)
{
	size_t i = world->server.step_count++;

	assert_true(i < COUNT_OF(world->steps));
	snprintf(world->answers[i], sizeof(world->answers[i]),
		 "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", status, type, strlen(body),
		 body);
	world->steps[i] = (struct step){world->answers[i], KEEP, 0};
}

static inline void then(struct kube_world *world, const char *bytes, enum manner manner)
{
	world->steps[world->server.step_count++] = (struct step){bytes, manner, 0};
}

static inline void assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
