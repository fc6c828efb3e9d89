/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - authentication and authorization. */
#ifndef GAUGELET_SERVER_AUTH_H
#define GAUGELET_SERVER_AUTH_H

#include "base/base.h"
#include "base/histogram.h"

struct auth;
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

enum auth_verdict {
	AUTH_ALLOWED,	      /* go on */
	AUTH_UNAUTHENTICATED, /* 401 */
	AUTH_FORBIDDEN,	      /* 403 */
	AUTH_ERROR,	      /* 500 */
	AUTH_WAITING,	      /* the kube-apiserver is asked */
};

enum { AUTH_VERDICTS = AUTH_WAITING }; /* the final ones */
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
