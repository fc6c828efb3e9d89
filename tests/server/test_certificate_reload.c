/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the files were looked at, only the log tells when nothing comes of it: its lines are the events waited for. */
#include "http_world.h"
#include "serving_files.h"
#include "shown_pair.h"

#include <fcntl.h>

enum { QUIET_MS = 300 };

struct reload {
	struct serving_files files;
	struct loop *loop;
	struct certificate *certificate;
	struct loop_timer watchdog, quiet;
	int log_out, old_stderr;
	struct buf lines;
	bool too_late;
};

static void log_line(void *context, int fd, uint32_t events)
{
	struct reload *reload = context;
	char bytes[4096];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	(void)events;
	if (got > 0)
		buf_put(&reload->lines, (struct str){bytes, (size_t)got});
	if (str_ends(buf_str(&reload->lines), STR("\n")))
		loop_stop(reload->loop);
}

static void quiet_over(void *context)
{
	struct reload *reload = context;

	loop_stop(reload->loop);
}

static void reload_too_late(void *context)
{
	struct reload *reload = context;

	reload->too_late = true;
	loop_stop(reload->loop);
}

static int set_up(void **state)
{
	struct reload *reload = xnew(struct reload);
	struct err err = {0};
	int ends[2];

	files_make(&reload->files);
	reload->loop = loop_new(&err);
	assert_non_null(reload->loop);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	reload->old_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	reload->log_out = ends[0];
	assert_true(loop_watch(reload->loop, ends[0], EPOLLIN, log_line, reload, &err));
	reload->quiet = (struct loop_timer){.handler = quiet_over, .context = reload};
	reload->watchdog = (struct loop_timer){.handler = reload_too_late, .context = reload};
	*state = reload;
	return 0;
}

static int tear_down(void **state)
{
	struct reload *reload = *state;

	dup2(reload->old_stderr, STDERR_FILENO);
	close(reload->old_stderr);
	certificate_free(reload->certificate);
	loop_unwatch(reload->loop, reload->log_out);
	close(reload->log_out);
	loop_free(reload->loop);
	buf_clear(&reload->lines);
	files_clear(&reload->files);
	free(reload);
	return 0;
}

static void serve(struct reload *reload, const char *cert, const char *key)
{
	struct err err = {0};

	reload->certificate =
		certificate_load(file_at(&reload->files, cert).text, file_at(&reload->files, key).text, &err);
	assert_string_equal(err.msg, "");
	assert_non_null(reload->certificate);
	certificate_watch(reload->certificate, reload->loop);
}

static void await_line(struct reload *reload, const char *part)
{
	buf_reset(&reload->lines);
	loop_timer_set(reload->loop, &reload->watchdog, PATIENCE_S * 1000);
	loop_run(reload->loop);
	loop_timer_cancel(reload->loop, &reload->watchdog);
	assert_false(reload->too_late);
	if (!str_contains(buf_str(&reload->lines), str_of(part)))
		fail_msg("'%s' does not say '%s'", buf_cstr(&reload->lines), part);
}

static void await_silence(struct reload *reload)
{
	buf_reset(&reload->lines);
	loop_timer_set(reload->loop, &reload->quiet, QUIET_MS);
	loop_run(reload->loop);
	loop_timer_cancel(reload->loop, &reload->quiet);
	assert_string_equal(buf_cstr(&reload->lines), "");
}

static void assert_serves(const struct reload *reload, const char *common_name)
{
	const gnutls_pcert_st *chain = shown_pair(reload->certificate).chain;
	const unsigned char *der = chain[0].cert.data;
	X509 *x509 = d2i_X509(NULL, &der, chain[0].cert.size);
	char name[64];

	common_name_of(x509, name);
	X509_free(x509);
	assert_string_equal(name, common_name);
}

static void test_renamed(void **state)
{
	struct reload *reload = *state;

	pair_put(&reload->files, "tls", "one", NULL);
	pair_put(&reload->files, "new", "two", NULL);
	serve(reload, "tls.crt", "tls.key");
	assert_serves(reload, "one");
	file_move(&reload->files, "new.key", "tls.key");
	file_move(&reload->files, "new.crt", "tls.crt");
	await_line(reload, "serving the new certificate");
	assert_serves(reload, "two");
	await_silence(reload);
}

static void test_secret_swapped(void **state)
{
	struct reload *reload = *state;

	assert_int_equal(mkdir(file_at(&reload->files, "..1").text, 0700), 0);
	assert_int_equal(mkdir(file_at(&reload->files, "..2").text, 0700), 0);
	pair_put(&reload->files, "..1/tls", "one", NULL);
	pair_put(&reload->files, "..2/tls", "two", NULL);
	assert_int_equal(symlink("..1", file_at(&reload->files, "..data").text), 0);
	assert_int_equal(symlink("..data/tls.crt", file_at(&reload->files, "tls.crt").text), 0);
	assert_int_equal(symlink("..data/tls.key", file_at(&reload->files, "tls.key").text), 0);
	serve(reload, "tls.crt", "tls.key");
	assert_serves(reload, "one");
	assert_int_equal(symlink("..2", file_at(&reload->files, "..data_tmp").text), 0);
	file_move(&reload->files, "..data_tmp", "..data");
	await_line(reload, "serving the new certificate");
	assert_serves(reload, "two");
}

static void test_mismatch_keeps_old(void **state)
{
	struct reload *reload = *state;

	pair_put(&reload->files, "tls", "one", NULL);
	pair_put(&reload->files, "new", "two", NULL);
	serve(reload, "tls.crt", "tls.key");
	file_move(&reload->files, "new.crt", "tls.crt");
	await_line(reload, "the one before stays: the private key");
	assert_serves(reload, "one");
	file_copy(&reload->files, "tls.crt", "again");
	file_move(&reload->files, "again", "tls.crt");
	await_silence(reload); /* it has been said */
	file_move(&reload->files, "new.key", "tls.key");
	await_line(reload, "serving the new certificate");
	assert_serves(reload, "two");
}

static void test_half_written_keeps_old(void **state)
{
	struct reload *reload = *state;

	pair_put(&reload->files, "tls", "one", NULL);
	serve(reload, "tls.crt", "tls.key");
	file_put(&reload->files, "tls.crt", "-----BEGIN CERTIFICATE-----\nMIIB");
	await_line(reload, "holds no certificate in PEM form");
	assert_serves(reload, "one");
	pair_put(&reload->files, "tls", "two", NULL);
	await_line(reload, "serving the new certificate");
	assert_serves(reload, "two");
}

static void test_good_again(void **state)
{
	struct reload *reload = *state;

	pair_put(&reload->files, "tls", "one", NULL);
	serve(reload, "tls.crt", "tls.key");
	assert_int_equal(link(file_at(&reload->files, "tls.key").text, file_at(&reload->files, "kept").text), 0);
	file_put(&reload->files, "empty", "");
	file_move(&reload->files, "empty", "tls.key");
	await_line(reload, "holds no private key");
	file_move(&reload->files, "kept", "tls.key");
	await_line(reload, "is good again");
	assert_serves(reload, "one");
}

static void test_same_again_is_silent(void **state)
{
	struct reload *reload = *state;

	pair_put(&reload->files, "tls", "one", NULL);
	serve(reload, "tls.crt", "tls.key");
	file_copy(&reload->files, "tls.crt", "again");
	file_move(&reload->files, "again", "tls.crt");
	await_silence(reload);
	assert_serves(reload, "one");
}

/* A pair in --cert-dir is watched too: cert-manager may put it there. */
static void test_cert_dir(void **state)
{
	struct reload *reload = *state;
	struct err err = {0};

	reload->certificate = certificate_make(reload->files.folder, "127.0.0.1", &err);
	assert_non_null(reload->certificate);
	certificate_watch(reload->certificate, reload->loop);
	pair_put(&reload->files, "apiserver", "two", NULL);
	await_line(reload, "serving the new certificate");
	assert_serves(reload, "two");
}

static void test_in_memory(void **state)
{
	struct reload *reload = *state;
	struct err err = {0};

	reload->certificate = certificate_make(NULL, "127.0.0.1", &err);
	certificate_watch(reload->certificate, reload->loop);
	await_silence(reload);
}

/* ---- while clients are there */

static struct serving_files files;

static bool greeted_with(struct world *world, const char *common_name)
{
	struct client client;
	SSL_CTX *plain = SSL_CTX_new(TLS_client_method());
	X509 *x509 = NULL;
	char name[64];

	if (client_open_at(&client, world, "127.0.0.1", plain))
		x509 = SSL_get1_peer_certificate(client.ssl);
	common_name_of(x509, name);
	X509_free(x509);
	client_close(&client);
	SSL_CTX_free(plain);
	return strcmp(name, common_name) == 0;
}

static void swap_and_await(struct world *world)
{
	rename(file_at(&files, "new.key").text, file_at(&files, "tls.key").text);
	rename(file_at(&files, "new.crt").text, file_at(&files, "tls.crt").text);
	for (int i = 0; i < PATIENCE_S * 100 && !greeted_with(world, "two"); i++)
		usleep(10000);
}

/* Called in the middle of a client's handshake, when it has seen the server's certificate. */
static int swap_meanwhile(X509_STORE_CTX *context, void *world)
{
	(void)context;
	swap_and_await(world);
	return 1;
}

static void story_swap(struct world *world)
{
	struct client before, between;
	X509 *x509;
	char name[64];

	client_open(&before, world);
	SSL_CTX_set_cert_verify_callback(world->tls, swap_meanwhile, world);
	SSL_CTX_set_verify(world->tls, SSL_VERIFY_PEER, NULL);
	EXPECT(world, client_open_at(&between, world, "127.0.0.1", world->tls));
	x509 = SSL_get1_peer_certificate(between.ssl);
	common_name_of(x509, name);
	X509_free(x509);
	EXPECT(world, strcmp(name, "one") == 0);
	EXPECT(world, client_ask(&between, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	EXPECT(world, client_ask(&before, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n") == 200);
	EXPECT(world, greeted_with(world, "two"));
	client_close(&before);
	client_close(&between);
}

static void run_swap(int tls_version, const char *const *suites)
{
	struct world world;
	struct err err = {0};

	files_make(&files);
	pair_put_kind(&files, "tls", "one", NULL, suites != NULL);
	pair_put_kind(&files, "new", "two", NULL, suites != NULL);
	world_init(&world, (struct http_server_options){.cipher_suites = suites});
	http_server_free(world.server);
	certificate_free(world.certificate);
	world.certificate = certificate_load(file_at(&files, "tls.crt").text, file_at(&files, "tls.key").text, &err);
	assert_non_null(world.certificate);
	certificate_watch(world.certificate, world.loop);
	world.server = http_server_new(world.loop, &world.options, world.certificate, on_exchange, &world, &err);
	assert_non_null(world.server);
	world.port = http_server_port(world.server);
	SSL_CTX_set_max_proto_version(world.tls, tls_version);
	world_run(&world, story_swap);
	world_clear(&world);
	files_clear(&files);
}

static void test_swap_during_handshake(void **state)
{
	(void)state;
	run_swap(TLS1_3_VERSION, NULL);
}

static void test_swap_during_handshake_12(void **state)
{
	(void)state;
	run_swap(TLS1_2_VERSION, NULL);
}

/* Here the server needs its key after the client has seen the certificate: one that was freed would be missed. */
static void test_swap_before_key_exchange(void **state)
{
	static const char *const suites[] = {"TLS_RSA_WITH_AES_256_GCM_SHA384", NULL};

	(void)state;
	run_swap(TLS1_2_VERSION, suites);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_renamed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secret_swapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mismatch_keeps_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_written_keeps_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_good_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_again_is_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cert_dir, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_in_memory, set_up, tear_down),
		cmocka_unit_test(test_swap_during_handshake),
		cmocka_unit_test(test_swap_during_handshake_12),
		cmocka_unit_test(test_swap_before_key_exchange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
