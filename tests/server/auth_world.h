/* SPDX-License-Identifier: Apache-2.0 */
/* auth_world.h - a server that asks who is there and whether they may, and a scripted kube-apiserver. */
#ifndef GAUGELET_TESTS_AUTH_WORLD_H
#define GAUGELET_TESTS_AUTH_WORLD_H

#include "http_world.h"
#include "pki.h"
#include "rows.h"
#include "scripted_server.h"

#include "../../src/server/auth_in.h"
#include "api/request.h"
#include "kube/client.h"
#include "kube/config.h"

#define OBJECT "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/pod-a/m"

#define TOKEN_REVIEW(status)                                                                                           \
	"{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"status\":" status "}"
#define GOOD_TOKEN                                                                                                     \
	TOKEN_REVIEW(                                                                                                  \
		"{\"authenticated\":true,\"user\":{\"username\":\"token-user\",\"uid\":\"7\",\"groups\":[\"tg\"],"     \
		"\"extra\":{\"k\":[\"v\"]}}}")
#define BAD_TOKEN TOKEN_REVIEW("{\"authenticated\":false}")
#define ACCESS_REVIEW(status)                                                                                          \
	"{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"status\":" status "}"
#define ALLOWED ACCESS_REVIEW("{\"allowed\":true}")
#define DENIED	ACCESS_REVIEW("{\"allowed\":false,\"reason\":\"the script says no\"}")

enum who { NOBODY, CLIENT, PROXY, OTHER_PROXY, SERVER_ONLY, EXPIRED, ROGUE, WHOS };

enum { ANSWERS_MAX = 4, CLIENTS_MAX = 8 };

struct reply {
	int status; /* 0: hangs */
	const char *body;
};

struct auth_row {
	const char *name;
	enum who who;
	const char *headers; /* lines of the request */
	struct reply replies[ANSWERS_MAX];
	unsigned want_status;
	const char *want_body;
	size_t want_asked;		/* requests that reached the kube-apiserver */
	const char *want_asked_part[2]; /* of the last of them */
	/* 0 and NULL have defaults */
	const char *method, *target;
	size_t times;
	bool any_proxy_name;
};

struct auth_world {
	struct world world;
	struct scripted_server kube;
	struct kube_client *client;
	struct auth *auth;
	struct step steps[ANSWERS_MAX];
	char answers[ANSWERS_MAX][2048];
	const struct auth_row *row;
	size_t clients, handled;
	bool stop_when_all; /* when `clients` requests have come, instead of letting the kube-apiserver answer */
	unsigned statuses[CLIENTS_MAX];
	struct buf body; /* the last one */
};

static struct pki client_ca, proxy_ca, rogue_ca, certificates[WHOS];

/* ---- the server's side */

struct asker {
	struct auth_world *world;
	struct http_exchange *exchange;
	struct auth_check check;
	struct api_request request;
	bool authenticated;
};

static inline void asker_go_on(void *context)
{
	struct asker *asker = context;
	static const unsigned codes[] = {
		[AUTH_ALLOWED] = 200, [AUTH_UNAUTHENTICATED] = 401, [AUTH_FORBIDDEN] = 403, [AUTH_ERROR] = 500};
	enum auth_verdict verdict = AUTH_ALLOWED;

	if (!asker->authenticated)
		verdict = authentication_check(&asker->check);
	asker->authenticated |= verdict == AUTH_ALLOWED;
	if (verdict == AUTH_ALLOWED)
		verdict = authorization_check(&asker->check);
	if (verdict == AUTH_WAITING)
		return;
	http_on_gone(asker->exchange, NULL, NULL);
	http_respond(asker->exchange, &(struct http_reply){.status = codes[verdict], .body = &asker->check.message});
}

static inline void asker_gone(void *context)
{
	struct asker *asker = context;

	auth_check_leave(&asker->check);
	auth_check_leave(&asker->check); /* once more does no harm */
	asker->world->world.gone_count++;
}

/* What is delayed is answered when all have asked. */
static inline void all_have_asked(struct auth_world *world)
{
	if (world->stop_when_all)
		loop_stop(world->world.loop);
	for (struct peer *peer = world->kube.peers; peer; peer = peer->next)
		if (peer->busy && peer->delay.heap_index)
			loop_timer_set(world->world.loop, &peer->delay, 0);
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		world->steps[i].delay_ms = 0;
}

static inline void asker_begin(void *context, struct http_exchange *exchange)
{
	struct auth_world *world = context;
	const struct api_headers headers = {0};
	struct arena *arena = http_arena(exchange);
	struct asker *asker = arena_alloc(arena, sizeof(*asker));
	struct err err;

	assert_non_null(asker);
	*asker = (struct asker){.world = world, .exchange = exchange};
	asker->check = (struct auth_check){.auth = world->auth,
					   .exchange = exchange,
					   .request = &asker->request,
					   .wake = asker_go_on,
					   .context = asker};
	assert_true(api_request_parse(http_method(exchange), http_target(exchange), &headers,
				      (struct api_groups){true, true, true}, arena, &asker->request, &err));
	http_on_gone(exchange, asker_gone, asker);
	asker_go_on(asker);
	if (++world->handled == world->clients)
		all_have_asked(world);
}

static inline void script(struct auth_world *world, const struct reply *replies)
{
	for (size_t i = 0; i < ANSWERS_MAX && (replies[i].status || replies[i].body); i++) {
		snprintf(world->answers[i], sizeof(world->answers[i]),
			 "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 replies[i].status, strlen(replies[i].body), replies[i].body);
		world->steps[i] = (struct step){.bytes = world->answers[i], .manner = KEEP};
		if (world->clients > 1)
			world->steps[i].delay_ms = PATIENCE_S * 1000;
		world->kube.step_count = i + 1;
	}
}

static inline void auth_world_init(struct auth_world *world, const struct auth_row *row)
{
	static const char *const always[] = {"/healthz", "/open/*", "/", NULL};
	const struct auth_options options = {
		.token_ttl_ms = 10000, .allowed_ttl_ms = 10000, .denied_ttl_ms = 10000, .always_allow_paths = always};
	char url[64];
	struct err err = {0};

	world_init(&world->world, (struct http_server_options){.ask_certificate = true});
	world->world.handler = asker_begin;
	world->row = row;
	server_start(&world->kube, world->world.loop, world->steps, 0);
	script(world, row->replies);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", world->kube.port);
	world->client = kube_client_new(world->world.loop, &(struct kube_config){.server = str_of(url)},
					&(struct kube_client_options){0}, &err);
	assert_string_equal(err.msg, "");
	world->auth = auth_new(world->world.loop, world->client, world->client, &options);
	auth_set_trust(world->auth,
		       pki_trust(&client_ca, &proxy_ca, row->any_proxy_name ? NULL : "front-proxy-client", 1));
}

static inline void auth_world_clear(struct auth_world *world)
{
	http_server_free(world->world.server);
	world->world.server = NULL;
	auth_free(world->auth);
	kube_client_free(world->client);
	server_stop(&world->kube);
	world_clear(&world->world);
	buf_clear(&world->body);
}

/* ---- the clients' side */

static inline SSL_CTX *tls_of(enum who who)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	if (who != NOBODY) {
		SSL_CTX_use_certificate(tls, certificates[who].x509);
		SSL_CTX_use_PrivateKey(tls, certificates[who].key);
	}
	return tls;
}

static inline void row_send(struct client *client, const struct auth_row *row)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_printf(&text, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", row->method ? row->method : "GET",
		   row->target ? row->target : OBJECT, row->headers ? row->headers : "");
	if (!client_send(client, buf_cstr(&text)))
		miss(client->world, "send", "failed");
}

/* One client asks `times` times, or several ask at once. */
static inline void tell_row(struct world *inner)
{
	struct auth_world *world = (struct auth_world *)(void *)inner;
	const struct auth_row *row = world->row;
	size_t count = world->clients ? world->clients : 1, times = row->times ? row->times : 1;
	struct client clients[CLIENTS_MAX];
	SSL_CTX *tls = tls_of(row->who);

	for (size_t i = 0; i < count; i++) {
		if (!client_open_at(&clients[i], inner, "127.0.0.1", tls))
			miss(inner, "open", "no connection");
		row_send(&clients[i], row);
	}
	for (size_t i = 0; i < count; i++)
		world->statuses[i] = client_receive(&clients[i], row->method && strcmp(row->method, "HEAD") == 0);
	for (size_t i = 1; i < times; i++) {
		row_send(&clients[0], row);
		world->statuses[i] = client_receive(&clients[0], false);
	}
	buf_put(&world->body, buf_str(&clients[0].body));
	for (size_t i = 0; i < count; i++)
		client_close(&clients[i]);
	SSL_CTX_free(tls);
}

/* ---- the whole */

static inline void assert_row(struct auth_world *world)
{
	const struct auth_row *row = world->row;
	size_t times = world->clients ? world->clients : row->times ? row->times : 1;

	for (size_t i = 0; i < times; i++)
		assert_int_equal(world->statuses[i], row->want_status);
	assert_contains(buf_str(&world->body), row->want_body);
	assert_int_equal(world->kube.requests.count, row->want_asked);
	for (size_t i = 0; i < COUNT_OF(row->want_asked_part) && row->want_asked_part[i]; i++)
		assert_contains(str_of(server_request(&world->kube, row->want_asked - 1)), row->want_asked_part[i]);
}

static inline void test_row(void **state)
{
	static struct auth_world world;

	world = (struct auth_world){0};
	auth_world_init(&world, *state);
	world_run(&world.world, tell_row);
	assert_row(&world);
	auth_world_clear(&world);
}

static inline void certificates_make(void)
{
	client_ca = pki_ca("client-ca");
	proxy_ca = pki_ca("proxy-ca");
	rogue_ca = pki_ca("client-ca");
	certificates[CLIENT] =
		pki_make(&(struct pki_wish){.cn = "cert-user", .organizations = {"cg1", "cg2"}, .usage = "clientAuth"},
			 &client_ca);
	certificates[PROXY] =
		pki_make(&(struct pki_wish){.cn = "front-proxy-client", .usage = "clientAuth"}, &proxy_ca);
	certificates[OTHER_PROXY] = pki_make(&(struct pki_wish){.cn = "another", .usage = "clientAuth"}, &proxy_ca);
	certificates[SERVER_ONLY] =
		pki_make(&(struct pki_wish){.cn = "front-proxy-client", .usage = "serverAuth"}, &proxy_ca);
	certificates[EXPIRED] =
		pki_make(&(struct pki_wish){.cn = "cert-user", .valid_from_s = -100, .valid_until_s = -10}, &client_ca);
	certificates[ROGUE] = pki_make(&(struct pki_wish){.cn = "cert-user", .usage = "clientAuth"}, &rogue_ca);
}

static inline void certificates_clear(void)
{
	pki_clear(&client_ca);
	pki_clear(&proxy_ca);
	pki_clear(&rogue_ca);
	for (size_t i = 0; i < WHOS; i++)
		pki_clear(&certificates[i]);
}

#endif
