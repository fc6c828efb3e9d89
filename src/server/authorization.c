/* SPDX-License-Identifier: Apache-2.0 */
/* May they? Health paths and system:masters always; of everything else the kube-apiserver is asked. */
#include "auth_in.h"

#include "api/attributes.h"
#include "api/request.h"
#include "kube/client.h"
#include "kube/review.h"
#include "net/loop.h"
#include "server/http.h"

enum {
	ACCESSES_MOST = 16384,
	ACCESSES_BYTES_MOST = 16 << 20,
	ATTRIBUTES_KEPT = 10000, /* bytes; a question longer than that is not remembered */
	REASON_MAX = 4096,	 /* bytes of upstream's reason */
};

/* ---- whom nobody asks about */

static bool path_matches(struct str path, struct str pattern)
{
	if (str_ends(pattern, STR("*")))
		return str_starts(path, str_slice(pattern, 0, pattern.len - 1));
	return str_eq(path, pattern);
}

/* A slash in front of the pattern says nothing, as upstream has it. */
static bool is_always_allowed(const struct auth *auth, struct str path)
{
	for (const char *const *at = auth->options.always_allow_paths; path.len && at && *at; at++) {
		struct str pattern = str_of(*at);

		if (path_matches(str_slice(path, str_starts(path, STR("/")), path.len),
				 str_slice(pattern, str_starts(pattern, STR("/")), pattern.len)))
			return true;
	}
	return false;
}

/* ---- reviews */

static void access_reviewed(void *context, bool allowed, struct str reason, const char *problem)
{
	struct review *review = context;
	struct auth *auth = review_context(review);
	struct review_verdict *verdict = problem ? review_verdict_problem(problem) : review_verdict_new();
	int64_t ttl_ms = problem ? 0 : allowed ? auth->options.allowed_ttl_ms : auth->options.denied_ttl_ms;
	struct str front = str_slice(reason, 0, REASON_MAX);

	if (front.len < reason.len)
		front.len = str_whole_characters(front);
	verdict->allowed = allowed && !problem;
	if (!problem)
		CHECK(arena_copy(verdict->arena, front, &verdict->reason)); /* it is new and much larger */
	else
		auth_warn(auth, "cannot find out who may do what", verdict->problem);
	review_answer(review, verdict, ttl_ms, loop_now_ms(auth->loop));
}

static struct kube_call *access_ask(void *context, struct str document, struct review *review)
{
	struct auth *auth = context;

	return review_access(auth->authorization, document, REVIEW_TIMEOUT_MS, access_reviewed, review);
}

struct review_cache *authorization_reviews(struct auth *auth)
{
	return review_cache_new(&(struct review_cache_options){.max_count = ACCESSES_MOST,
							       .max_bytes = ACCESSES_BYTES_MOST,
							       .ask = access_ask,
							       .cancel = kube_call_cancel,
							       .context = auth});
}

static size_t attributes_bytes(const struct access_attributes *attributes)
{
	return attributes->verb.len + attributes->namespace.len + attributes->group.len + attributes->version.len +
	       attributes->resource.len + attributes->subresource.len + attributes->name.len + attributes->path.len;
}

static enum auth_verdict by_answer(struct auth_check *check, const struct review_verdict *answer)
{
	if (answer->problem.len)
		return auth_fail(check, answer->problem);
	if (answer->allowed)
		return auth_end(check, AUTH_ALLOWED);
	check->code = api_forbidden_write(&check->message, check->identity.user, &check->attributes, answer->reason,
					  check->request->pretty);
	return auth_end(check, AUTH_FORBIDDEN);
}

static enum auth_verdict review(struct auth_check *check)
{
	struct buf *document = &check->auth->document;
	struct review_verdict *answer;
	enum auth_verdict verdict;

	buf_reset(document);
	review_access_write(document, &check->identity, &check->attributes);
	if (document->failed)
		return auth_fail(check, STR("the user's groups and extra fields are too large for a review"));
	answer = auth_ask(check, check->auth->accesses, buf_str(document),
			  attributes_bytes(&check->attributes) < ATTRIBUTES_KEPT);
	if (!answer)
		return AUTH_WAITING;
	verdict = by_answer(check, answer);
	review_verdict_unref(answer);
	return verdict;
}

enum auth_verdict authorization_check(struct auth_check *check)
{
	const struct review_verdict *answer = STEAL(check->answer);

	if (answer)
		return by_answer(check, answer);
	if (check->late)
		return auth_fail(check, STR("no answer within the time of the request"));
	if (!api_attributes(check->request, http_arena(check->exchange), &check->attributes))
		return auth_fail(check, STR("the request is too large"));
	if (identity_in_group(&check->identity, STR(MASTERS)) || is_always_allowed(check->auth, check->attributes.path))
		return auth_end(check, AUTH_ALLOWED);
	return review(check);
}

static enum auth_verdict by_path_answer(const struct review_verdict *answer)
{
	return answer->problem.len == 0 && answer->allowed ? AUTH_ALLOWED : AUTH_FORBIDDEN;
}

enum auth_verdict authorization_path(struct auth_check *check, struct str path)
{
	const struct access_attributes attributes = {.verb = STR("get"), .path = path};
	const struct review_verdict *answer = STEAL(check->answer);
	struct buf *document = &check->auth->document;
	struct review_verdict *known;
	enum auth_verdict verdict;

	if (answer)
		return by_path_answer(answer);
	if (identity_in_group(&check->identity, STR(MASTERS)))
		return AUTH_ALLOWED;
	buf_reset(document);
	review_access_write(document, &check->identity, &attributes);
	if (check->late || document->failed)
		return AUTH_FORBIDDEN;
	known = auth_ask(check, check->auth->accesses, buf_str(document), true);
	if (!known)
		return AUTH_WAITING;
	verdict = by_path_answer(known);
	review_verdict_unref(known);
	return verdict;
}
