/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h - what a request wants to do, as the kube-apiserver names it to its authorizers, and the Status of those
   who may not. Pure. */
#ifndef GAUGELET_API_ATTRIBUTES_H
#define GAUGELET_API_ATTRIBUTES_H

#include "api/reason.h"
#include "api/request.h"
#include "base/arena.h"
#include "base/buf.h"
#include "model/access.h"

/* By the segments of the path alone, since who may not ask does not learn whether there is such a route. Texts are those of the
   request, or live in `arena`. False: the arena is full. */
MUST_USE bool api_attributes(const struct api_request *request, struct arena *arena,
			     struct access_attributes *ret_attributes);

/* ---- the Status; each gives the code of its refusal */

/* 403: `user` may not; `reason` is the authorizer's and may be empty. */
enum reason_code api_forbidden_write(struct buf *out, struct str user, const struct access_attributes *attributes,
				     struct str reason, bool pretty);

/* 403 for something that has neither a resource nor a path: "forbidden: User "u" MESSAGE", `details: {}`. */
enum reason_code api_forbidden_text_write(struct buf *out, struct str user, struct str message, bool pretty);

/* 401 */
enum reason_code api_unauthorized_write(struct buf *out, bool pretty);

/* 500: nobody can tell whether they may. `target` as it was received. */
enum reason_code api_authorizer_error_write(struct buf *out, struct str target, struct str problem, bool pretty);

#endif
