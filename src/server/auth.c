/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_in.h"

#include "api/attributes.h"
#include "base/log.h"
#include "net/loop.h"
#include "server/http.h"

#include <stdlib.h>

enum {
	DOCUMENT_MAX = 1 << 20, /* bytes of a review; a request's head has no more than 32 KiB */
	WARNING_PAUSE_MS = 10000,
};

/* ---- the end of a check */

void check_end(struct check *check, enum auth_verdict verdict, struct buf *message)
{
	struct auth_check *outside = check->outside;
	const struct auth_result result = {.verdict = verdict, .message = *message};

	outside->state = NULL;
	check->auth->pending--;
	check->auth->stats.verdicts[verdict]++;
	outside->done(outside->context, &result);
	buf_clear(message);
}

void check_fail(struct check *check, struct str problem)
{
	struct buf message = {0};

	api_authorizer_error_write(&message, http_target(check->exchange), problem, check->pretty);
	check_end(check, AUTH_ERROR, &message);
}

/* ---- its way */

static bool header_looked(void *context, struct str name, struct str value)
{
	bool *impersonates = context;
	struct str prefix = STR("Impersonate-");

	(void)value;
	*impersonates = str_eq_nocase(str_slice(name, 0, prefix.len), prefix);
	return !*impersonates;
}

static bool impersonates(const struct check *check)
{
	bool found = false;

	http_each_header(check->exchange, header_looked, &found);
	return found;
}

void check_authenticated(struct check *check, enum authentication who)
{
	struct buf message = {0};

	switch (who) {
	case WHO_TOO_LARGE:
		check_fail(check, STR("the user's groups and extra fields are too large"));
		return;
	case WHO_NOBODY:
		api_unauthorized_write(&message, check->pretty);
		check_end(check, AUTH_UNAUTHENTICATED, &message);
		return;
	case WHO_KNOWN:
		break;
	}
	if (impersonates(check)) {
		api_forbidden_text_write(&message, check->identity.user,
					 STR("cannot impersonate here: send requests with Impersonate-* headers to the "
					     "kube-apiserver, which knows who may do that"),
					 check->pretty);
		check_end(check, AUTH_FORBIDDEN, &message);
		return;
	}
	authorize(check);
}

void auth_check(struct auth *auth, struct http_exchange *exchange, const struct api_request *request,
		struct auth_check *outside)
{
	struct arena *arena = http_arena(exchange);
	struct check *check = arena_alloc(arena, sizeof(*check));

	CHECK(check); /* the arena has room for a request, which is bounded, and this */
	*check = (struct check){
		.auth = auth, .outside = outside, .exchange = exchange, .arena = arena, .pretty = request->pretty};
	outside->state = check;
	auth->pending++;
	if (!api_attributes(request, arena, &check->attributes))
		check_fail(check, STR("the request is too large"));
	else
		authenticate(check);
}

void auth_cancel(struct auth *auth, struct auth_check *outside)
{
	struct check *check = outside->state;

	if (!check)
		return;
	outside->state = NULL;
	auth->pending--;
	review_wait_cancel(&check->waiter);
}

/* ---- the whole */

void auth_warn(struct auth *auth, const char *what, struct str problem)
{
	int64_t now = loop_now_ms(auth->loop);

	if (now < auth->silent_until_ms)
		return;
	auth->silent_until_ms = now + WARNING_PAUSE_MS;
	log_warn("auth: %s: %.*s", what, STR_ARG(problem));
}

static const char *const *paths_copy(const char *const *paths, struct arena *arena)
{
	size_t count = 0;
	const char **copies;

	while (paths && paths[count])
		count++;
	copies = arena_calloc(arena, count + 1, sizeof(*copies));
	CHECK(copies);
	for (size_t i = 0; i < count; i++) {
		struct str copy = {0};

		CHECK(arena_copy(arena, str_of(paths[i]), &copy)); /* it has no maximum */
		copies[i] = copy.ptr;
	}
	return copies;
}

struct auth *auth_new(struct loop *loop, struct kube_client *authentication, struct kube_client *authorization,
		      const struct auth_options *options)
{
	struct auth *auth = xnew(struct auth);

	auth->loop = loop;
	auth->authentication = authentication;
	auth->authorization = authorization;
	auth->arena = arena_new(0);
	auth->options = *options;
	auth->options.always_allow_paths = paths_copy(options->always_allow_paths, auth->arena);
	auth->document.max = DOCUMENT_MAX;
	auth->tokens = authenticate_reviews(auth);
	auth->accesses = authorize_reviews(auth);
	auth->stats.reviews[AUTH_TOKEN] = review_cache_stats(auth->tokens);
	auth->stats.reviews[AUTH_ACCESS] = review_cache_stats(auth->accesses);
	return auth;
}

const struct auth_stats *auth_stats(const struct auth *auth)
{
	return &auth->stats;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	CHECK(auth->pending == 0);
	review_cache_free(auth->tokens);
	review_cache_free(auth->accesses);
	client_ca_free(auth->client_ca);
	buf_clear(&auth->document);
	arena_free(auth->arena);
	free(auth);
}

void auth_set_trust(struct auth *auth, struct trust *trust)
{
	if (auth->client_ca && client_ca_trust(auth->client_ca)->generation == trust->generation) {
		trust_free(trust);
		return;
	}
	client_ca_free(auth->client_ca);
	auth->client_ca = client_ca_new(trust);
	auth->epoch++;
}
