/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - requests to a kube-apiserver. */
#ifndef GAUGELET_KUBE_CLIENT_H
#define GAUGELET_KUBE_CLIENT_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct kube_call;
struct kube_client;
struct kube_config;
struct loop;

struct kube_client_options {
	double qps;	/* --client-qps: requests a second on average; <= 0: unlimited */
	unsigned burst; /* --client-burst */
};

/* The config is copied as far as needed. */
struct kube_client *kube_client_new(struct loop *loop, const struct kube_config *config,
				    const struct kube_client_options *options, struct err *err) MUST_USE;
void kube_client_free(struct kube_client *client); /* cancels what is under way; no handler is called any more */
DEFINE_FREE_AT(kube_client)

struct kube_answer {
	int status;	 /* 0: there was none, or a good one did not come whole */
	struct str body; /* whole, unless the request has on_body; lent for the call */
	char text
		[400]; /* status 200 to 299: empty. Else what went wrong, in one line: the `message` of a Status, or the start of
			    the body, or curl's words; quoted, bounded, without secrets */
};

struct kube_request {
	const char *method;    /* GET or POST */
	struct str path;       /* with its query, encoded: "/api/v1/pods?limit=500" */
	const char *accept;    /* NULL: application/json */
	struct str body;       /* JSON, of a POST */
	int64_t timeout_ms;    /* of the whole call, waiting for its turn included; 0: none (a watch) */
	size_t max_body_bytes; /* 0: 16 MiB, with on_body any */
	bool retry; /* up to 5 tries, 500 ms x 1.5, jitter 0.2, within timeout_ms, after a reset, 429, 500 or a timeout of the
				   connection */
	void *context;
	bool (*on_body)(void *context,
			struct str piece); /* of a 2xx answer only; NULL: the body is gathered. False ends the call */
	void (*on_done)(void *context, const struct kube_answer *answer); /* once, last; never from within kube_ask */
};

struct kube_call *kube_ask(struct kube_client *client, const struct kube_request *request);
void kube_call_cancel(struct kube_call *call); /* no handler is called any more */

#endif
