/* SPDX-License-Identifier: Apache-2.0 */
/* http_transfer.h - one transfer of curl, as the HTTP client uses it. */
#ifndef GAUGELET_NET_HTTP_TRANSFER_H
#define GAUGELET_NET_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "base/buf.h"
#include "net/http_client.h"

struct http_transfer_options {
	char *ca_file, *cert_file, *key_file, *tls_server_name;
	struct buf ca_pem, cert_pem, key_pem; /* empty: none */
	bool insecure, no_proxy;
};

struct http_signing {
	struct buf scheme, key_id, secret; /* scheme: empty for none */
};

/* curl's handles are expensive to make and remember their options; so they are kept and used again. */
struct http_transfer {
	CURL *easy;
	struct http_call *call;		 /* NULL: none, or cancelled */
	struct http_transfer *next_idle; /* for the client's lists */
	struct curl_slist *headers;	 /* as made of header_text */
	struct buf header_text;		 /* the headers of the last call, each NUL-ended */
	struct buf body;	    /* what is being sent; it outlives a call that is cancelled while curl is at work */
	struct curl_slist *address; /* where the host of the URL really is; NULL: where it says */
	const struct http_transfer_options *options;
	bool posts, anonymous;
	unsigned sent; /* how often the request was, retries included */
	char message[CURL_ERROR_SIZE];
};

/* NULL when curl has no memory. `on_body` is curl's write function; its context is the transfer. */
struct http_transfer *http_transfer_new(const struct http_transfer_options *options,
					curl_write_callback on_body) MUST_USE;
void http_transfer_free(struct http_transfer *transfer); /* it is with no multi handle any more */

/* What is sent. Lent, but for the body, which is taken. */
struct http_sending {
	const char *url;
	const char *address; /* "::HOST:PORT" to connect to in place of the URL's; NULL: none */
	const struct buf *headers;
	struct buf *body; /* of a POST; NULL makes it a GET */
	struct http_signing *signing;
	bool anonymous; /* without the client certificate */
};

/* False: curl has no memory. */
MUST_USE bool http_transfer_prepare(struct http_transfer *transfer, const struct http_sending *sending);

/* Curl's result in our words. */
enum http_fault http_transfer_fault(const struct http_transfer *transfer, CURLcode code);

#endif
