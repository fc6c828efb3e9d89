/* SPDX-License-Identifier: Apache-2.0 */
#include "http_tls.h"

#include "certificate_choice.h"
#include "cipher_suites.h"

/* AES-GCM first: where the processor has instructions for it, it is ten times as fast as ChaCha20. */
#define CIPHERS ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE"

static const struct {
	struct str name;
	const char *priorities;
} tls_versions[] = {
	{STR_INIT("VersionTLS10"),
	 "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" CIPHERS}, /* 1.2 is the least we speak */
	{STR_INIT("VersionTLS11"), "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" CIPHERS},
	{STR_INIT("VersionTLS12"), "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" CIPHERS},
	{STR_INIT("VersionTLS13"), "NORMAL:-VERS-ALL:+VERS-TLS1.3" CIPHERS},
};

static const char *priorities_of(const char *min_version, struct err *err)
{
	struct str wanted = min_version && *min_version ? str_of(min_version) : STR("VersionTLS12");

	for (size_t i = 0; i < COUNT_OF(tls_versions); i++)
		if (str_eq(tls_versions[i].name, wanted))
			return tls_versions[i].priorities;
	err_set(err, ERR_INVALID, "unknown TLS version '%s'; VersionTLS12 and VersionTLS13 are known", min_version);
	return NULL;
}

/* Suites of TLS 1.3 alone leave no other version. */
bool http_tls_init(struct http_tls *tls, const struct http_server_options *options, struct certificate *certificate,
		   struct err *err)
{
	const char *min_version = options->min_tls_version;
	bool named = options->cipher_suites && *options->cipher_suites;
	int code = gnutls_session_ticket_key_generate(&tls->ticket_key);

	if (code < 0)
		return err_set(err, ERR_IO, "cannot make a key for TLS sessions: %s", gnutls_strerror(code));
	tls->certificate = certificate;
	tls->ask_certificate = options->ask_certificate;
	if (named && !cipher_suites_read(options->cipher_suites, &tls->suites, err))
		return false;
	if (named && !tls->suites)
		min_version = "VersionTLS13";
	tls->priorities = priorities_of(min_version, err);
	return tls->priorities != NULL;
}

void http_tls_clear(struct http_tls *tls)
{
	gnutls_free(tls->ticket_key.data);
	cipher_suites_free(tls->suites);
}

/* ---- one session */

static struct serving_pair *pair_for(const struct certificate *certificate, gnutls_session_t gnutls)
{
	char name[256] = "";
	size_t bytes = sizeof(name);
	unsigned type = 0;

	if (gnutls_server_name_get(gnutls, name, &bytes, &type, 0) != 0 || type != GNUTLS_NAME_DNS)
		bytes = 0;
	return certificate_choose(certificate, (struct str){name, bytes});
}

/* GnuTLS keeps what it is lent until the handshake is over, so the session holds the pair. */
int http_session_pair(gnutls_session_t gnutls, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **ret_chain,
		      unsigned *ret_chain_length, gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_length,
		      gnutls_privkey_t *ret_key, unsigned *ret_flags)
{
	struct http_session *session = gnutls_session_get_ptr(gnutls);
	struct serving_pair_lent pair;

	(void)info;
	serving_pair_unref(session->pair);
	session->pair = pair_for(session->tls->certificate, gnutls);
	pair = serving_pair_lend(session->pair);
	*ret_chain = pair.chain;
	*ret_chain_length = pair.chain_length;
	*ret_ocsp = NULL;
	*ret_ocsp_length = 0;
	*ret_key = pair.key;
	*ret_flags = 0; /* they stay ours */
	return 0;
}

static void handshake_over(struct http_session *session)
{
	if (session->greeted)
		return;
	session->greeted = true;
	session->tls->handshakes--;
}

/* The client's Finished is the last thing that a handshake waits for. */
static int finished_received(gnutls_session_t gnutls, unsigned type, unsigned when, unsigned incoming,
			     const gnutls_datum_t *message)
{
	(void)type;
	(void)when;
	(void)message;
	if (incoming)
		handshake_over(gnutls_session_get_ptr(gnutls));
	return 0;
}

/* As finished_received; but first it notes the suites that are offered. */
static int message_received(gnutls_session_t gnutls, unsigned type, unsigned when, unsigned incoming,
			    const gnutls_datum_t *message)
{
	struct http_session *session = gnutls_session_get_ptr(gnutls);
	const void *bytes = message->data;

	if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && when == GNUTLS_HOOK_PRE)
		session->offered_suites =
			cipher_suites_offered(session->tls->suites, (struct str){bytes, message->size});
	if (type == GNUTLS_HANDSHAKE_FINISHED && when == GNUTLS_HOOK_POST && incoming)
		handshake_over(session);
	return 0;
}

/* Which version it will be is known now, which suite is not. */
static int hello_received(gnutls_session_t gnutls)
{
	const struct http_session *session = gnutls_session_get_ptr(gnutls);
	struct serving_pair *pair;
	gnutls_priority_t priorities;

	if (gnutls_protocol_get_version(gnutls) != GNUTLS_TLS1_2)
		return 0;
	pair = pair_for(session->tls->certificate, gnutls);
	priorities = cipher_suites_choose(session->tls->suites, session->offered_suites, serving_pair_is_rsa(pair));
	serving_pair_unref(pair);
	return priorities ? gnutls_priority_set(gnutls, priorities) : GNUTLS_E_NO_CIPHER_SUITES;
}

void http_session_begin(struct http_session *session, struct http_tls *tls, gnutls_session_t gnutls,
			struct http_connection *connection)
{
	session->connection = connection;
	session->tls = tls;
	session->gnutls = gnutls;
	tls->handshakes++;
	gnutls_session_set_ptr(gnutls, session);
	if (tls->ask_certificate)
		gnutls_certificate_server_set_request(gnutls, GNUTLS_CERT_REQUEST);
	gnutls_handshake_set_hook_function(gnutls, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, finished_received);
	if (tls->suites) {
		gnutls_handshake_set_hook_function(gnutls, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, message_received);
		gnutls_handshake_set_post_client_hello_function(gnutls, hello_received);
	}
	gnutls_session_ticket_enable_server(gnutls, &tls->ticket_key);
}

void http_session_end(struct http_session *session)
{
	serving_pair_unref(session->pair);
	if (!session->greeted)
		session->tls->handshakes--;
}

/* ---- what comes from clients

   libmicrohttpd has no place where the bytes of a request could be seen before it reads them, and it reads some of them in
   ways of its own: it glues folded lines to names, and ends texts at a NUL. But it receives by a function of GnuTLS, and
   of a function that a program and a library have, every library calls the program's. Were that no longer so, requests
   would come that nobody has judged, which is looked at with each. */

static ssize_t received(struct http_session *session, const char *bytes, ssize_t count)
{
	size_t good = http_head_judge(&session->head, (struct str){bytes, (size_t)count});

	session->judged = true;
	if (good > 0)
		return (ssize_t)good;
	if (!session->refused)
		session->tls->on_refused(session);
	session->refused = true;
	return 0; /* as if the client had ended the connection */
}

/* What is good is handed over first, so that the answers to it are sent before the refusal. */
__attribute__((visibility("default"))) ssize_t gnutls_record_recv(gnutls_session_t gnutls, void *bytes, size_t size)
{
	struct http_session *session = gnutls_session_get_ptr(gnutls);
	unsigned char number[8];
	ssize_t count;

	if (session && session->head.status)
		return received(session, bytes, 0);
	count = gnutls_record_recv_seq(gnutls, bytes, size, number);
	return session && count > 0 ? received(session, bytes, count) : count;
}
