/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "../scripted_server.h"

enum { PATIENCE_MS = 20000 };

/* A certificate that signs itself. */
struct identity {
	EVP_PKEY *key;
	X509 *cert;
	struct buf key_pem, cert_pem;
};

static struct identity server, client;
static uint16_t port;

static void to_buf(BIO *bio, struct buf *out)
{
	char *bytes = NULL;
	long length = BIO_get_mem_data(bio, &bytes);

	buf_put(out, (struct str){bytes, (size_t)length});
	BIO_free(bio);
}

static void make_identity(struct identity *made, const char *name, const char *alternative)
{
	BIO *key = BIO_new(BIO_s_mem()), *cert = BIO_new(BIO_s_mem());
	X509_NAME *subject;

	made->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	made->cert = X509_new();
	subject = X509_get_subject_name(made->cert);
	X509_set_version(made->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made->cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(made->cert), -1000);
	X509_gmtime_adj(X509_getm_notAfter(made->cert), 100000);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(made->cert, subject);
	X509_set_pubkey(made->cert, made->key);
	if (alternative) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);

		assert_true(X509_add_ext(made->cert, extension, -1));
		X509_EXTENSION_free(extension);
	}
	assert_true(X509_sign(made->cert, made->key, EVP_sha256()) > 0);
	assert_true(PEM_write_bio_PrivateKey(key, made->key, NULL, NULL, 0, NULL, NULL));
	assert_true(PEM_write_bio_X509(cert, made->cert));
	to_buf(key, &made->key_pem);
	to_buf(cert, &made->cert_pem);
}

static void identity_clear(struct identity *identity)
{
	EVP_PKEY_free(identity->key);
	X509_free(identity->cert);
	buf_clear(&identity->key_pem);
	buf_clear(&identity->cert_pem);
}

/* ---- the server, a process of its own: it answers with the names that it was told */

static int take_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static void answer_one(SSL *ssl)
{
	char request[4096] = "", common_name[64] = "nobody", body[512], answer[1024];
	const char *host, *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	X509 *peer = SSL_get1_peer_certificate(ssl);

	if (SSL_read(ssl, request, sizeof(request) - 1) <= 0)
		return;
	host = strstr(request, "Host: ");
	if (peer)
		X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, common_name,
					  sizeof(common_name));
	X509_free(peer);
	snprintf(body, sizeof(body), "%s %s %.*s", name ? name : "-", common_name,
		 host ? (int)strcspn(host + 6, "\r") : 0, host ? host + 6 : "");
	snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		 strlen(body), body);
	SSL_write(ssl, answer, (int)strlen(answer));
	SSL_shutdown(ssl);
}

_Noreturn static void serve(int listener)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	signal(SIGPIPE, SIG_IGN); /* who does not believe us hangs up */
	SSL_CTX_use_certificate(context, server.cert);
	SSL_CTX_use_PrivateKey(context, server.key);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"test", 4); /* else none may be resumed */
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		SSL *ssl = SSL_new(context);

		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) > 0)
			answer_one(ssl);
		SSL_free(ssl);
		close(fd);
	}
}

/* ---- the rows */

enum whose { NOBODY, SERVER, CLIENT };

static struct tls_case {
	const char *name;
	enum whose ca;
	bool with_cert, insecure;
	const char *server_name;
	enum http_fault fault;
	const char *body; /* with "@" for the port */
} cases[] = {
	{"CA, certificate and name", SERVER, true, false, "kubernetes", HTTP_OK, "kubernetes adapter 127.0.0.1:@"},
	{"no certificate", SERVER, false, false, "kubernetes", HTTP_OK, "kubernetes nobody 127.0.0.1:@"},
	{"the host's name is not in it", SERVER, true, false, NULL, HTTP_TLS, ""},
	{"another name", SERVER, true, false, "kubernetes.default", HTTP_TLS, ""},
	{"another CA", CLIENT, true, false, "kubernetes", HTTP_TLS, ""},
	{"the system's CAs", NOBODY, true, false, "kubernetes", HTTP_TLS, ""},
	{"not verified", NOBODY, true, true, NULL, HTTP_OK, "- adapter 127.0.0.1:@"},
	{"not verified, with a name", NOBODY, false, true, "other", HTTP_OK, "other nobody 127.0.0.1:@"},
};

struct heard {
	struct loop *loop;
	struct http_answer answer;
	struct buf body;
};

static bool on_body(void *context, int status, struct str piece)
{
	struct heard *heard = context;

	(void)status;
	buf_put(&heard->body, piece);
	return true;
}

static void on_done(void *context, const struct http_answer *answer)
{
	struct heard *heard = context;

	heard->answer = *answer;
	loop_stop(heard->loop);
}

static void test_case(void **state)
{
	const struct tls_case *c = *state;
	struct err err = {0};
	CLEANUP(loop_free_at) struct loop *loop = loop_new(&err);
	struct http_client_options options = {
		.tls_server_name = c->server_name, .insecure = c->insecure, .max_connections = 1};
	struct heard heard = {.loop = loop};
	struct http_client *http;
	char url[64], want[128];

	if (c->ca != NOBODY)
		options.ca_pem = buf_str(c->ca == SERVER ? &server.cert_pem : &client.cert_pem);
	if (c->with_cert) {
		options.cert_pem = buf_str(&client.cert_pem);
		options.key_pem = buf_str(&client.key_pem);
	}
	http = http_client_new(loop, &options, &err);
	assert_non_null(http);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/x?y", port);
	(void)http_client_start(http, &(struct http_request){.method = "GET",
							     .url = url,
							     .deadline_ms = loop_now_ms(loop) + PATIENCE_MS,
							     .context = &heard,
							     .on_body = on_body,
							     .on_done = on_done});
	loop_run(loop);
	snprintf(want, sizeof(want), "%.*s", (int)strcspn(c->body, "@"), c->body);
	if (strchr(c->body, '@'))
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%u", port);
	assert_int_equal(heard.answer.fault, c->fault);
	assert_string_equal(buf_cstr(&heard.body), want);
	buf_clear(&heard.body);
	http_client_free(http);
}

/* What the TLS server hears when it is asked at `url`, or led to from there. */
static void assert_heard(struct http_client *http, struct loop *loop, const char *url, const char *who)
{
	struct heard heard = {.loop = loop};
	char want[64];

	(void)http_client_start(http, &(struct http_request){.method = "GET",
							     .url = url,
							     .deadline_ms = loop_now_ms(loop) + PATIENCE_MS,
							     .context = &heard,
							     .on_body = on_body,
							     .on_done = on_done});
	loop_run(loop);
	snprintf(want, sizeof(want), "- %s 127.0.0.1:%u", who, port);
	assert_string_equal(buf_cstr(&heard.body), want);
	buf_clear(&heard.body);
}

/* One handle does both: what was left away on the way to another origin is there again. */
static void test_certificate_stays_with_the_origin(void **state)
{
	struct err err = {0};
	CLEANUP(loop_free_at) struct loop *loop = loop_new(&err);
	const struct http_client_options options = {.cert_pem = buf_str(&client.cert_pem),
						    .key_pem = buf_str(&client.key_pem),
						    .insecure = true,
						    .redirects = HTTP_REDIRECTS_ANY,
						    .max_connections = 1};
	struct http_client *http = http_client_new(loop, &options, &err);
	struct scripted_server plain = {0};
	char location[200], url[64], direct[64];
	const struct step step = {location, KEEP, 0};

	(void)state;
	assert_non_null(http);
	server_start(&plain, loop, &step, 1);
	snprintf(direct, sizeof(direct), "https://127.0.0.1:%u/", port);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", plain.port);
	snprintf(location, sizeof(location), HEAD("302 Found", "Location: %s\r\nContent-Length: 0\r\n"), direct);
	assert_heard(http, loop, direct, "adapter");
	assert_heard(http, loop, url, "nobody");
	assert_heard(http, loop, direct, "adapter");
	http_client_free(http);
	server_stop(&plain);
}

static void test_no_redirects_beside_a_name(void **state)
{
	const struct http_client_options options = {
		.tls_server_name = "a", .redirects = HTTP_REDIRECTS_ANY, .max_connections = 1};
	struct err err = {0};

	(void)state;
	assert_null(http_client_new(NULL, &options, &err));
	assert_int_equal(err.code, ERR_INVALID);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(cases) + 2];
	int listener = bound_socket(&port, true), failed;
	pid_t child;

	make_identity(&server, "server", "DNS:kubernetes");
	make_identity(&client, "adapter", NULL);
	fcntl(listener, F_SETFL, 0); /* blocking */
	child = fork();
	if (child == 0)
		serve(listener);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		tests[i] =
			(struct CMUnitTest){.name = cases[i].name, .test_func = test_case, .initial_state = &cases[i]};
	tests[COUNT_OF(cases)] = (struct CMUnitTest)cmocka_unit_test(test_no_redirects_beside_a_name);
	tests[COUNT_OF(cases) + 1] = (struct CMUnitTest)cmocka_unit_test(test_certificate_stays_with_the_origin);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(listener);
	identity_clear(&server);
	identity_clear(&client);
	return failed;
}
