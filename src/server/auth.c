/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_in.h"

#include <stdlib.h>

enum { DOCUMENT_MAX = 1 << 20 /* bytes of a review; a request's head has no more than 32 KiB */ };

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
	auth->tokens = authentication_reviews(auth);
	auth->accesses = authorization_reviews(auth);
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
