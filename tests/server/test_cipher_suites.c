/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"
#include "serving_files.h"

#define ECDSA_128 "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
#define ECDSA_256 "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
#define RSA_128	  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"

static struct suite_case {
	const char *name;
	const char *suites[4];
	bool rsa;	   /* the server's certificate */
	const char *offer; /* OpenSSL's names of what the client has; NULL: TLS 1.3 */
	const char *want;  /* what they agree on; NULL: no connection */
} cases[] = {
	{"our own choice", {NULL}, false, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
	{"our own choice has no CBC", {NULL}, false, "ECDHE-ECDSA-AES128-SHA", NULL},
	{"the one that is asked for",
	 {ECDSA_128},
	 false,
	 "ECDHE-ECDSA-AES128-GCM-SHA256",
	 "ECDHE-ECDSA-AES128-GCM-SHA256"},
	{"another cipher", {ECDSA_128}, false, "ECDHE-ECDSA-AES256-GCM-SHA384", NULL},
	{"another cipher of the same kind", {ECDSA_256}, false, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL},
	{"ChaCha20",
	 {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
	 false,
	 "ECDHE-ECDSA-CHACHA20-POLY1305",
	 "ECDHE-ECDSA-CHACHA20-POLY1305"},
	{"ChaCha20, Go's old name",
	 {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"},
	 false,
	 "ECDHE-ECDSA-CHACHA20-POLY1305",
	 "ECDHE-ECDSA-CHACHA20-POLY1305"},
	{"RSA", {RSA_128}, true, "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
	{"RSA, another cipher", {RSA_128}, true, "ECDHE-RSA-AES256-GCM-SHA384", NULL},
	{"RSA without ECDHE", {"TLS_RSA_WITH_AES_256_CBC_SHA"}, true, "AES256-SHA", "AES256-SHA"},
	{"RSA without ECDHE, another key exchange",
	 {"TLS_RSA_WITH_AES_256_CBC_SHA"},
	 true,
	 "ECDHE-RSA-AES256-SHA",
	 NULL},
	{"CBC", {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"}, false, "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA"},
	{"CBC with SHA256",
	 {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
	 false,
	 "ECDHE-ECDSA-AES128-SHA256",
	 "ECDHE-ECDSA-AES128-SHA256"},
	{"CBC with another hash", {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"}, false, "ECDHE-ECDSA-AES128-SHA", NULL},
	{"white space around a name",
	 {" " ECDSA_128 " "},
	 false,
	 "ECDHE-ECDSA-AES128-GCM-SHA256",
	 "ECDHE-ECDSA-AES128-GCM-SHA256"},
	{"the second of two",
	 {RSA_128, ECDSA_128},
	 false,
	 "ECDHE-ECDSA-AES128-GCM-SHA256",
	 "ECDHE-ECDSA-AES128-GCM-SHA256"},
	{"parts of two do not mix",
	 {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"},
	 true,
	 "ECDHE-RSA-AES256-GCM-SHA384",
	 NULL},
	{"parts of two do not mix, whatever else is offered",
	 {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"},
	 true,
	 "ECDHE-RSA-AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-GCM-SHA384",
	 "AES256-GCM-SHA384"},
	{"the best of those given, in whatever order",
	 {"TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
	 true,
	 "AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256",
	 "ECDHE-RSA-AES128-GCM-SHA256"},
	{"one for the certificate's key",
	 {ECDSA_128, RSA_128},
	 true,
	 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
	 "ECDHE-RSA-AES128-GCM-SHA256"},
	{"TLS 1.3 has its own", {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"}, false, NULL, "TLS_AES_256_GCM_SHA384"},
	{"suites of TLS 1.3 alone: TLS 1.3", {"TLS_AES_128_GCM_SHA256"}, false, NULL, "TLS_AES_256_GCM_SHA384"},
	{"suites of TLS 1.3 alone: not TLS 1.2",
	 {"TLS_AES_128_GCM_SHA256"},
	 false,
	 "ECDHE-ECDSA-AES128-GCM-SHA256",
	 NULL},
	{"broken suites alone: not TLS 1.2",
	 {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"},
	 false,
	 "ECDHE-ECDSA-AES128-GCM-SHA256",
	 NULL},
};

static struct refused_case {
	const char *name;
	const char *suites[3];
	const char *message;
} refused[] = {
	{"misspelt",
	 {ECDSA_128, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265"},
	 "unknown TLS cipher suite \"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265\" (did you mean "
	 "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?)"},
	{"a name of OpenSSL's", {"AES256-SHA"}, "unknown TLS cipher suite \"AES256-SHA\""},
	{"small letters", {"tls_aes_128_gcm_sha256"}, "unknown TLS cipher suite \"tls_aes_128_gcm_sha256\""},
	{"nothing", {""}, "unknown TLS cipher suite \"\""},
};

static const struct suite_case *current;

static void story_suite(struct world *world)
{
	struct client client;
	bool open = client_open_at(&client, world, "127.0.0.1", world->tls);
	const char *got = open ? SSL_get_cipher_name(client.ssl) : "none";

	if (strcmp(got, current->want ? current->want : "none") != 0)
		miss(world, "agreed on", got);
	if (open)
		EXPECT(world, client_ask(&client, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	client_close(&client);
}

static void test_suite(void **state)
{
	struct serving_files files;
	struct world world;
	struct err err = {0};

	current = *state;
	files_make(&files);
	pair_put_kind(&files, "tls", "x", NULL, current->rsa);
	world_init(&world, (struct http_server_options){.cipher_suites = current->suites});
	http_server_free(world.server);
	certificate_free(world.certificate);
	world.certificate = certificate_load(file_at(&files, "tls.crt").text, file_at(&files, "tls.key").text, &err);
	assert_non_null(world.certificate);
	world.server = http_server_new(world.loop, &world.options, world.certificate, on_exchange, &world, &err);
	assert_non_null(world.server);
	world.port = http_server_port(world.server);
	if (current->offer) {
		assert_int_equal(SSL_CTX_set_max_proto_version(world.tls, TLS1_2_VERSION), 1);
		SSL_CTX_set_security_level(world.tls, 0);
		assert_int_equal(SSL_CTX_set_cipher_list(world.tls, current->offer), 1);
	} else {
		assert_int_equal(SSL_CTX_set_ciphersuites(world.tls, "TLS_AES_256_GCM_SHA384"), 1);
		assert_int_equal(SSL_CTX_set_min_proto_version(world.tls, TLS1_3_VERSION), 1);
	}
	world_run(&world, story_suite);
	world_clear(&world);
	files_clear(&files);
}

static void test_refused(void **state)
{
	const struct refused_case *c = *state;
	struct err err = {0};
	struct loop *loop = loop_new(&err);
	struct certificate *certificate = certificate_make(NULL, "127.0.0.1", &err);
	const struct http_server_options options = {.bind_address = "127.0.0.1", .cipher_suites = c->suites};

	assert_null(http_server_new(loop, &options, certificate, on_exchange, NULL, &err));
	assert_int_equal(err.code, ERR_INVALID);
	if (!strstr(err.msg, c->message))
		assert_string_equal(err.msg, c->message);
	certificate_free(certificate);
	loop_free(loop);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(cases) + COUNT_OF(refused)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[count++] = (struct CMUnitTest){cases[i].name, test_suite, NULL, NULL, &cases[i]};
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		tests[count++] = (struct CMUnitTest){refused[i].name, test_refused, NULL, NULL, &refused[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
