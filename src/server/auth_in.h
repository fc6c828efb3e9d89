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

enum { REVIEW_TIMEOUT_MS = 10000 };

/* ---- inquiry.c: questions to the kube-apiserver. The same question is asked once at a time, its answer is remembered. */

/* An answer, counted. Texts live in its arena. */
struct verdict {
	unsigned references;
	struct arena *arena;
	const struct identity *identity; /* of a token; NULL: it is not good */
	bool allowed;
	struct str reason;  /* why it is allowed or not; may be empty */
	struct str problem; /* not empty: there is no answer, and this is why */
};
struct verdict *verdict_new(void) MUST_USE;
struct verdict *verdict_problem(const char *text) MUST_USE;
struct verdict *verdict_ref(struct verdict *verdict) MUST_USE;
void verdict_unref(struct verdict *verdict); /* NULL is fine */

struct inquiry;
struct lookup;

/* Sends the question; lookup_answer must follow, unless the call is cancelled. */
typedef struct kube_call *inquiry_ask_function(void *context, struct str question, struct lookup *lookup);

struct inquiry_options {
	size_t most_answers, most_bytes; /* remembered; the least recently used go first */
	inquiry_ask_function *ask;
	void (*cancel)(struct kube_call *call);
	void *context;
};

/* Who waits for an answer; embedded, zeroed. */
struct inquiry_waiter {
	void (*handler)(void *context, const struct verdict *verdict); /* lent for the call */
	void *context;
	struct lookup *lookup;
	struct inquiry_waiter *next, **at; /* at: NULL when it waits no more */
};

struct inquiry *inquiry_new(const struct inquiry_options *options) MUST_USE;
void inquiry_free(struct inquiry *inquiry); /* nobody waits */
DEFINE_FREE_AT(inquiry)

/* What is remembered, to be unreferenced; or NULL, and the waiter's handler is called later. */
struct verdict *inquiry_ask(struct inquiry *inquiry, struct str question, bool remember, int64_t now_ms,
			    struct inquiry_waiter *waiter) MUST_USE;
void inquiry_leave(struct inquiry_waiter *waiter); /* fine when it does not wait */

const struct auth_review_stats *inquiry_stats(const struct inquiry *inquiry); /* lent */

/* `verdict` is given. ttl_ms 0: not to be remembered. */
void lookup_answer(struct lookup *lookup, struct verdict *verdict, int64_t ttl_ms, int64_t now_ms);
void *lookup_context(const struct lookup *lookup);	 /* that of the options */
struct str lookup_question(const struct lookup *lookup); /* lent, until it is answered */

/* ---- the whole */

struct auth {
	struct loop *loop;
	struct kube_client *authentication, *authorization;
	struct arena *arena;
	struct auth_options options;
	struct client_ca *client_ca; /* NULL before the first trust */
	uint64_t epoch;		     /* raised with each trust; 0: there was none */
	struct inquiry *tokens, *accesses;
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
	struct inquiry_waiter waiter;
};

/* authenticate.c. Calls check_authenticated, now or later. */
struct inquiry *authenticate_inquiry(struct auth *auth) MUST_USE;
void authenticate(struct check *check);

/* authorize.c. Calls check_end, now or later. */
struct inquiry *authorize_inquiry(struct auth *auth) MUST_USE;
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
