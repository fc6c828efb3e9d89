/* SPDX-License-Identifier: Apache-2.0 */
/* http_client.h - outgoing HTTP/1.1 requests on the loop, by curl multi: keep-alive, deadlines, streamed answers. */
#ifndef GAUGELET_NET_HTTP_CLIENT_H
#define GAUGELET_NET_HTTP_CLIENT_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct loop;
struct http_client;
struct http_call;

/* An origin is scheme, host and port. */
enum http_redirects {
	HTTP_REDIRECTS_NONE,	    /* they are answers like others */
	HTTP_REDIRECTS_SAME_ORIGIN, /* followed, 10 at most; one that leads elsewhere is HTTP_REDIRECT */
	HTTP_REDIRECTS_ANY,	    /* to other origins without the headers, signature and certificate */
};

/* One neighbour: how to connect. Texts are copied. */
struct http_client_options {
	const char *ca_file;		      /* PEM; alone believed. NULL and no ca_pem: the system's */
	const char *cert_file, *key_file;     /* NULL: no client certificate */
	struct str ca_pem, cert_pem, key_pem; /* PEM texts in place of the files; empty: none */
	const char *tls_server_name; /* to ask for and to verify; NULL: the host of the URL. Not with redirects */
	bool insecure;		     /* do not verify the certificate */
	bool no_proxy;		     /* none from the environment */
	enum http_redirects redirects;
	long max_connections; /* at once, to the host; further calls wait */
};

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options,
				    struct err *err) MUST_USE;
void http_client_free(struct http_client *client); /* cancels what is under way; no handler is called any more */
DEFINE_FREE_AT(http_client)

/* Why there is no complete answer. */
enum http_fault {
	HTTP_OK,	 /* there is one, whatever its status */
	HTTP_REFUSED,	 /* connection refused */
	HTTP_UNRESOLVED, /* the host name has no address */
	HTTP_TIMEOUT,	 /* the deadline has passed */
	HTTP_TLS,	 /* handshake or certificate */
	HTTP_CUT,	 /* closed, reset, or shorter than announced */
	HTTP_TOO_BIG,	 /* more than max_body_bytes */
	HTTP_STOPPED,	 /* on_body said so */
	HTTP_REDIRECT,	 /* one that is not followed; the message says where it leads */
	HTTP_OTHER,
};

struct http_answer {
	enum http_fault fault;
	int status;		 /* 0 when no head came */
	struct str content_type; /* as sent, empty when absent; lent for the call */
	struct str header;	 /* the wanted one, likewise */
	char message[256];	 /* curl's words for the fault, without credentials */
	int64_t elapsed_ms;
	int64_t retry_after_s; /* Retry-After, also when it was a date; 0: absent, or in the past */
	bool has_clock;	       /* it has a Date of its own; then: */
	int64_t ahead_ms; /* how far its clock is ahead of ours, at the least; below 0: behind; 0: what a Date can tell agrees */
	unsigned retries; /* on connections that turned out to be dead */
};

struct http_request {
	const char *method;	    /* "GET" or "POST" */
	const char *url;	    /* complete, encoded, without user and password */
	const char *const *headers; /* "Name: value", NULL-ended; NULL for none */
	struct str body;	    /* of a POST; copied */
	/* Each time the request is sent it is signed with this key, as curl's CURLOPT_AWS_SIGV4 says; NULL: it is not. Copied. */
	const char *aws_sigv4, *aws_key_id, *aws_secret;
	int64_t deadline_ms;	   /* by the loop's clock, of the whole call; may be past; 0: none */
	size_t max_body_bytes;	   /* 0: any */
	const char *wanted_header; /* of the answer: its name, of static memory; NULL: none */
	void *context;
	/* The answer in pieces of at most 64 KiB, with its status; false ends the call with HTTP_STOPPED. */
	bool (*on_body)(void *context, int status, struct str piece);
	/* Once, last, unless the call was cancelled. Never from within http_client_start. */
	void (*on_done)(void *context, const struct http_answer *answer);
};

/* The call is the client's; the pointer is good until on_done returns or http_call_cancel. A request, by GET or POST, that finds
   its kept-alive connection dead before a byte of the answer is sent once more: all that we ask may be asked twice. */
struct http_call *http_client_start(struct http_client *client, const struct http_request *request);
void http_call_cancel(struct http_call *call); /* no handler is called any more */

#endif
