/* SPDX-License-Identifier: Apache-2.0 */
/* auth_in.h - what the parts of authentication and authorization share. */
#ifndef GAUGELET_SERVER_AUTH_IN_H
#define GAUGELET_SERVER_AUTH_IN_H

#include "base/arena.h"
#include "kube/review.h"
#include "kube/trust.h"
#include "model/access.h"
#include "server/auth.h"

#include "client_ca.h"
#include "identity.h"
#include "review_cache.h"

enum { REVIEW_TIMEOUT_MS = 10000 };

/* ---- the whole */

struct auth {
	struct loop *loop;
	struct kube_client *authentication, *authorization;
	struct arena *arena;
	struct auth_options options;
	struct client_ca *client_ca; /* NULL before the first trust */
	uint64_t epoch;		     /* raised with each trust; 0: there was none */
	struct review_cache *tokens, *accesses;
	struct buf document;	 /* the review at hand */
	int64_t silent_until_ms; /* of warnings about the kube-apiserver */
	size_t pending;
	struct auth_stats stats;
};

/* A check on its way; lives in the exchange's arena. */
struct check {
	struct auth *auth;
	struct auth_check *outside;
	struct http_exchange *exchange;
	struct arena *arena;
	struct access_attributes attributes;
	struct identity identity;
	bool pretty;
	struct review_wait waiter;
};

/* authenticate.c. Calls check_authenticated, now or later. */
struct review_cache *authenticate_reviews(struct auth *auth) MUST_USE;
void authenticate(struct check *check);

/* authorize.c. Calls check_end, now or later. */
struct review_cache *authorize_reviews(struct auth *auth) MUST_USE;
void authorize(struct check *check);

/* auth.c */
enum authentication {
	WHO_KNOWN, /* check->identity */
	WHO_NOBODY,
	WHO_TOO_LARGE,
};
void check_authenticated(struct check *check, enum authentication who);
void check_end(struct check *check, enum auth_verdict verdict, struct buf *message); /* the message is cleared */
void check_fail(struct check *check, struct str problem);			     /* 500 */

/* Warns of a trouble with the kube-apiserver, but not with every request. */
void auth_warn(struct auth *auth, const char *what, struct str problem);

#endif
