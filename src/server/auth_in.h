/* SPDX-License-Identifier: Apache-2.0 */
/* auth_in.h - what the parts of authentication and authorization share. */
#ifndef GAUGELET_SERVER_AUTH_IN_H
#define GAUGELET_SERVER_AUTH_IN_H

#include "api/reason.h"
#include "base/arena.h"
#include "base/buf.h"
#include "kube/trust.h"
#include "model/access.h"
#include "server/auth.h"

#include "client_ca.h"
#include "identity.h"
#include "review_cache.h"

struct api_request;
struct http_exchange;

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
	struct auth_stats stats;
};

/* One request's check; embedded by its owner, zeroed but for the first part. What it was told once, it keeps: the identity, the
   attributes, and the body of a refusal. */
struct auth_check {
	struct auth *auth;
	struct http_exchange *exchange; /* its arena holds what lives longer than a call */
	const struct api_request *request;
	void (*wake)(void *context); /* after AUTH_WAITING: the check is to be called again, from within this */
	void *context;
	struct access_attributes attributes;
	struct identity identity;
	struct buf message;    /* the Status document of a refusal */
	enum reason_code code; /* of it */
	/* its own */
	struct review_wait wait;
	const struct review_verdict *answer; /* lent while `wake` runs */
	bool late;			     /* the time is over: the next call waits no more, and has no answer */
};

/* Who asks: check->identity. */
enum auth_verdict authentication_check(struct auth_check *check);

/* May they? */
enum auth_verdict authorization_check(struct auth_check *check);

/* May they, who may do what they ask for, get that path, too? Who cannot be asked about may not. */
enum auth_verdict authorization_path(struct auth_check *check, struct str path);

struct review_cache *authentication_reviews(struct auth *auth) MUST_USE;
struct review_cache *authorization_reviews(struct auth *auth) MUST_USE;

/* ---- auth_check.c: parts of both */

void auth_check_leave(struct auth_check *check); /* it waits no more; fine when it does not */

/* Asks the kube-apiserver; a remembered answer, to be unreferenced, or NULL: wait. */
struct review_verdict *auth_ask(struct auth_check *check, struct review_cache *cache, struct str question,
				bool remember) MUST_USE;

/* Counts what the check ends with. */
enum auth_verdict auth_end(struct auth_check *check, enum auth_verdict verdict);
enum auth_verdict auth_fail(struct auth_check *check, struct str problem); /* 500 */

/* Warns of a trouble with the kube-apiserver, but not with every request. */
void auth_warn(struct auth *auth, const char *what, struct str problem);

#endif
