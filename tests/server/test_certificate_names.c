/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"
#include "serving_files.h"

static struct name_case {
	const char *name;
	const char *asked; /* NULL: no name at all */
	const char *want;  /* the common name of the pair */
} cases[] = {
	{"no name: the pair for everybody", NULL, "everybody"},
	{"unknown name: the pair for everybody", "x.example", "everybody"},
	{"name of the flag", "a.example", "flag"},
	{"name of the flag in capitals", "A.Example", "flag"},
	{"second name of the flag", "b.example", "flag"},
	{"names of the flag hide those of the certificate", "hidden.example", "everybody"},
	{"name of the certificate", "san.example", "own"},
	{"common name of the certificate", "own", "own"},
	{"wildcard of the certificate", "x.wild.example", "own"},
	{"wildcard stands for one label only", "x.y.wild.example", "everybody"},
	{"wildcard does not stand for none", "wild.example", "everybody"},
	{"wildcard of the flag", "x.flag.example", "flag"},
	{"whole name before a wildcard given earlier", "whole.flag.example", "own"},
	{"of two the one given first", "both.example", "flag"},
	{"a name that is part of one", "example", "everybody"},
};

static const struct name_case *current;

static void story_name(struct world *world)
{
	struct client client = {.world = world, .fd = tcp_connect("127.0.0.1", world->port)};
	X509 *x509;
	char name[64];

	client.ssl = SSL_new(world->tls);
	SSL_set_fd(client.ssl, client.fd);
	if (current->asked)
		SSL_ctrl(client.ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			 (void *)(uintptr_t)current->asked); /* clang minds the cast in OpenSSL's macro */
	EXPECT(world, SSL_connect(client.ssl) == 1);
	x509 = SSL_get1_peer_certificate(client.ssl);
	common_name_of(x509, name);
	X509_free(x509);
	if (strcmp(name, current->want) != 0)
		miss(world, "got the pair of", name);
	client_close(&client);
}

static void add(struct certificate *certificate, const struct serving_files *files, const char *pair,
		const char *const *names)
{
	char cert[32], key[32];
	struct err err = {0};

	snprintf(cert, sizeof(cert), "%s.crt", pair);
	snprintf(key, sizeof(key), "%s.key", pair);
	if (!certificate_add(certificate, file_at(files, cert).text, file_at(files, key).text, names, &err))
		fail_msg("%s", err.msg);
}

static struct serving_files files;
static struct world world;

static int set_up_all(void **state)
{
	static const char *const flag_names[] = {"a.example", "b.example", "*.flag.example", "both.example", NULL};
	struct err err = {0};

	(void)state;
	files_make(&files);
	pair_put(&files, "everybody", "everybody", "DNS:everybody.example");
	pair_put(&files, "flag", "flag", "DNS:hidden.example");
	pair_put(&files, "own", "own",
		 "DNS:san.example,DNS:*.wild.example,DNS:whole.flag.example,DNS:both.example,IP:127.0.0.1");
	world_init(&world, (struct http_server_options){0});
	http_server_free(world.server);
	certificate_free(world.certificate);
	world.certificate =
		certificate_load(file_at(&files, "everybody.crt").text, file_at(&files, "everybody.key").text, &err);
	assert_non_null(world.certificate);
	add(world.certificate, &files, "flag", flag_names);
	add(world.certificate, &files, "own", NULL);
	world.server = http_server_new(world.loop, &world.options, world.certificate, on_exchange, &world, &err);
	assert_non_null(world.server);
	world.port = http_server_port(world.server);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	world_clear(&world);
	files_clear(&files);
	return 0;
}

static void test_name(void **state)
{
	uint64_t told;

	current = *state;
	world_run(&world, story_name);
	assert_int_equal(read(world.done, &told, sizeof(told)), sizeof(told));
}

static void test_bad_file(void **state)
{
	struct err err = {0};

	(void)state;
	assert_false(certificate_add(world.certificate, "/nowhere/tls.crt", "/nowhere/tls.key", NULL, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, "/nowhere/tls.crt"));
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[count++] = (struct CMUnitTest){cases[i].name, test_name, NULL, NULL, &cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_bad_file);
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
