/* SPDX-License-Identifier: Apache-2.0 */
/* http_tls.h - the server's side of TLS: versions and cipher suites, who is shown which certificate, and when a handshake
   is over. */
#ifndef GAUGELET_SERVER_HTTP_TLS_H
#define GAUGELET_SERVER_HTTP_TLS_H

#include "base/err.h"
#include "http_head.h"
#include "server/http.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

struct cipher_suites;
struct http_connection;
struct http_session;
struct serving_pair;

struct http_tls {
	struct certificate *certificate;
	gnutls_datum_t ticket_key;
	struct cipher_suites *suites; /* for clients that speak TLS 1.2; NULL: our own choice */
	const char *priorities;	      /* GnuTLS's name for the versions */
	bool ask_certificate;
	unsigned handshakes; /* connections whose handshake is not over */

	/* Once for a session: its head.status and head.reason are what to answer, before it ends. */
	void (*on_refused)(struct http_session *session);
};
MUST_USE bool http_tls_init(struct http_tls *tls, const struct http_server_options *options,
			    struct certificate *certificate, struct err *err);
void http_tls_clear(struct http_tls *tls);

/* The session of one connection; embedded. Its address stays, GnuTLS has it. */
struct http_session {
	struct http_tls *tls;
	struct http_connection *connection; /* whose it is; not looked into here */
	gnutls_session_t gnutls;
	struct serving_pair *pair; /* that the client was greeted with */
	uint32_t offered_suites;
	bool greeted; /* the handshake is over */
	struct http_head head;
	bool judged;  /* bytes have gone through `head` */
	bool refused; /* on_refused was called */
};
void http_session_begin(struct http_session *session, struct http_tls *tls, gnutls_session_t gnutls,
			struct http_connection *connection);
void http_session_end(struct http_session *session);

/* GnuTLS's retrieve callback, for libmicrohttpd's options. */
int http_session_pair(gnutls_session_t gnutls, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **ret_chain,
		      unsigned *ret_chain_length, gnutls_ocsp_data_st **ret_ocsp, unsigned *ret_ocsp_length,
		      gnutls_privkey_t *ret_key, unsigned *ret_flags);

#endif
