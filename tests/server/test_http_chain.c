/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"
#include "pki.h"
#include "rows.h"

static struct pki ca, leaf;

static SSL_CTX *context_with_certificate(void)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

	SSL_CTX_use_certificate(tls, leaf.x509);
	SSL_CTX_use_PrivateKey(tls, leaf.key);
	SSL_CTX_add1_chain_cert(tls, ca.x509);
	return tls;
}

static bool answers(struct client *client, const char *want)
{
	if (client_ask(client, "GET /chain HTTP/1.1\r\nHost: x\r\n\r\n") != 200)
		return false;
	if (!str_eq(buf_str(&client->body), str_of(want)))
		miss(client->world, want, buf_cstr(&client->body));
	return true;
}

static void describe_chain(char *out, size_t bytes, const char *rest)
{
	snprintf(out, bytes, "%d %d %s", i2d_X509(leaf.x509, NULL), i2d_X509(ca.x509, NULL), rest);
}

static void tell_chain(struct world *world)
{
	SSL_CTX *tls = context_with_certificate();
	struct client client;
	char want[100];

	EXPECT(world, client_open_at(&client, world, "127.0.0.1", tls));
	describe_chain(want, sizeof(want), "visit 1");
	EXPECT(world, answers(&client, want));
	describe_chain(want, sizeof(want), "visit 2");
	EXPECT(world, answers(&client, want));
	client_close(&client);
	client_open(&client, world); /* one that has none */
	EXPECT(world, answers(&client, "visit 1"));
	client_close(&client);
	SSL_CTX_free(tls);
}

/* The certificate belongs to the session: a client that takes an old one up again does not send it again. */
static void tell_resumed(struct world *world)
{
	SSL_CTX *tls = context_with_certificate();
	struct client client;
	SSL_SESSION *session;
	char want[100];

	SSL_CTX_set_max_proto_version(tls, SSL_CTX_get_max_proto_version(world->tls));
	describe_chain(want, sizeof(want), "visit 1");
	EXPECT(world, client_open_at(&client, world, "127.0.0.1", tls));
	EXPECT(world, answers(&client, want));
	session = SSL_get1_session(client.ssl);
	SSL_shutdown(client.ssl);
	client_close(&client);

	client = (struct client){.world = world, .fd = tcp_connect("127.0.0.1", world->port), .ssl = SSL_new(tls)};
	SSL_set_fd(client.ssl, client.fd);
	SSL_set_session(client.ssl, session);
	EXPECT(world, SSL_connect(client.ssl) == 1);
	EXPECT(world, SSL_session_reused(client.ssl));
	EXPECT(world, answers(&client, want));
	client_close(&client);
	SSL_SESSION_free(session);
	SSL_CTX_free(tls);
}

static void tell_unasked(struct world *world)
{
	SSL_CTX *tls = context_with_certificate();
	struct client client;

	EXPECT(world, client_open_at(&client, world, "127.0.0.1", tls));
	EXPECT(world, answers(&client, "visit 1"));
	client_close(&client);
	SSL_CTX_free(tls);
}

static void tell_each_header(struct world *world)
{
	struct client client;

	client_open(&client, world);
	EXPECT(world, client_ask(&client, "GET /each HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-b: \r\nX-A: 2\r\n\r\n") == 200);
	EXPECT(world, str_eq(buf_str(&client.body), STR("Host=x;X-A=1;x-b=;X-A=2;")));
	EXPECT(world, client_ask(&client, "GET /each HTTP/1.1\r\nHost: x\r\nX-A: stop\r\nX-B: 2\r\n\r\n") == 200);
	EXPECT(world, str_eq(buf_str(&client.body), STR("Host=x;X-A=stop;")));
	client_close(&client);
}

static struct chain_case {
	const char *name;
	client_story *story;
	bool ask, tls12;
} chain_cases[] = {
	{"with and without a certificate", tell_chain, true, false},
	{"resumed TLS 1.2", tell_resumed, true, true},
	{"resumed TLS 1.3", tell_resumed, true, false},
	{"not asked for", tell_unasked, false, false},
	{"each header", tell_each_header, false, false},
};

static void test_chain(void **state)
{
	const struct chain_case *c = *state;
	struct world world;

	world_init(&world, (struct http_server_options){.ask_certificate = c->ask});
	if (c->tls12)
		SSL_CTX_set_max_proto_version(world.tls, TLS1_2_VERSION);
	world_run(&world, c->story);
	world_clear(&world);
}

int main(void)
{
	int failed;

	ca = pki_ca("ca");
	leaf = pki_make(&(struct pki_wish){.cn = "leaf", .usage = "clientAuth"}, &ca);
	failed = RUN_ROWS(chain_cases, test_chain);
	pki_clear(&ca);
	pki_clear(&leaf);
	return failed;
}
