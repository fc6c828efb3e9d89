/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - who asks, and whether they may. */
#ifndef GAUGELET_SERVER_AUTH_H
#define GAUGELET_SERVER_AUTH_H

#include "base/base.h"
#include "base/histogram.h"
#include "base/buf.h"
#include "base/str.h"

struct api_request;
struct auth;
struct http_exchange;
struct kube_client;
struct loop;
struct trust;

struct auth_options {
	int64_t token_ttl_ms;		       /* --authentication-token-webhook-cache-ttl */
	int64_t allowed_ttl_ms, denied_ttl_ms; /* --authorization-webhook-cache-...-ttl */
	const char *const *always_allow_paths; /* NULL-ended; a `*` at the end is a prefix */
};

struct auth *auth_new(struct loop *loop, struct kube_client *authentication, struct kube_client *authorization,
		      const struct auth_options *options) MUST_USE;
void auth_free(struct auth *auth);
DEFINE_FREE_AT(auth)

/* `trust` is given. Before the first one nobody's certificate is believed. */
void auth_set_trust(struct auth *auth, struct trust *trust);

/* With what to answer; `message` is the body. */
enum auth_verdict {
	AUTH_ALLOWED,	      /* nothing: go on */
	AUTH_UNAUTHENTICATED, /* 401, a Status document */
	AUTH_FORBIDDEN,	      /* 403, a Status document, details as the kube-apiserver has them */
	AUTH_ERROR,	      /* 500, text/plain */
};

struct auth_result {
	enum auth_verdict verdict;
	struct buf message; /* the body of the answer: the whole document, or the text; empty when allowed */
};

/* One check; embedded by the caller, zeroed. `done` is called once, perhaps from within auth_check (what the caches know), with
   a result whose message is lent. The texts of `request` must live as long as the exchange. auth_cancel: no handler is called
   any more; fine when the check is over. A request whose path cannot be decoded is for the caller to refuse. */
struct auth_check {
	void (*done)(void *context, const struct auth_result *result);
	void *context;
	void *state; /* auth's own */
};
void auth_check(struct auth *auth, struct http_exchange *exchange, const struct api_request *request,
		struct auth_check *check);
void auth_cancel(struct auth *auth, struct auth_check *check);

enum { AUTH_VERDICTS = AUTH_ERROR + 1 };
enum auth_review { AUTH_TOKEN, AUTH_ACCESS, AUTH_REVIEWS };

struct auth_review_stats {
	uint64_t hits;	 /* remembered */
	uint64_t joined; /* waited for the same question, which was under way */
	uint64_t sent;
	uint64_t failures;	  /* no answer came, or none that could be read */
	struct histogram seconds; /* until it came, or failed */
};

struct auth_stats {
	uint64_t verdicts[AUTH_VERDICTS];
	const struct auth_review_stats *reviews[AUTH_REVIEWS];
};

/* What has been counted; lent, as long as `auth` lives. */
const struct auth_stats *auth_stats(const struct auth *auth);

#endif
