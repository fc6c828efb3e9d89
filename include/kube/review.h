/* SPDX-License-Identifier: Apache-2.0 */
/* review.h - TokenReview and SubjectAccessReview. Without caches: the caller has them. */
#ifndef GAUGELET_KUBE_REVIEW_H
#define GAUGELET_KUBE_REVIEW_H

#include "base/base.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct access_attributes;
struct identity;
struct kube_call;
struct kube_client;

/* `identity` is NULL when the token is not good (or when *problem is not NULL: the review could not be done); else it is lent
   for the call. */
typedef void token_review_handler(void *context, const struct identity *identity, const char *problem);
struct kube_call *review_token(struct kube_client *client, struct str token, int64_t timeout_ms,
			       token_review_handler *handler, void *context);

/* The SubjectAccessReview's document; the same bytes for the same question, so that it can be a cache key. */
void review_access_write(struct buf *out, const struct identity *identity, const struct access_attributes *attributes);

/* `reason` is upstream's, may be empty. `problem` not NULL: the review could not be done; then `allowed` is false. */
typedef void access_review_handler(void *context, bool allowed, struct str reason, const char *problem);
struct kube_call *review_access(struct kube_client *client, struct str document, int64_t timeout_ms,
				access_review_handler *handler, void *context);

#endif
