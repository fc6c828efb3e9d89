/* SPDX-License-Identifier: Apache-2.0 */
/* The front proxy's headers, a client certificate, a token, anonymous: the first that succeeds. */
#include "auth_in.h"

#include "api/attributes.h"
#include "kube/client.h"
#include "kube/review.h"
#include "net/loop.h"
#include "server/http.h"

#include <stdlib.h>

enum {
	TOKENS_MOST = 4096,
	TOKENS_BYTES_MOST = 16 << 20,
	CERTIFICATE_ARENA_MAX = 1 << 20,
	CERTIFICATE_RECHECK_MS = 60000, /* a CA of the chain may end, too */
	HEADERS_MAX = 4096,		/* a head of 32 KiB has no more */
};

enum who {
	WHO_KNOWN, /* check->identity */
	WHO_NOBODY,
	WHO_TOO_LARGE,
	WHO_IS_ASKED,
};

/* ---- certificates: judged once in a connection, or once a minute */

struct connection_verdict {
	uint64_t epoch;
	int64_t until_ms; /* since 1970 */
	struct arena *arena;
	struct chain_verdict chain;
};

static void connection_verdict_free(void *pointer)
{
	struct connection_verdict *verdict = pointer;

	arena_free(verdict->arena);
	free(verdict);
}

static void judge(struct auth *auth, const struct str *chain, size_t count, struct connection_verdict *verdict)
{
	int64_t now = loop_wall_ms(auth->loop);

	arena_free(verdict->arena);
	*verdict = (struct connection_verdict){.epoch = auth->epoch, .arena = arena_new(CERTIFICATE_ARENA_MAX)};
	verdict->until_ms = now + CERTIFICATE_RECHECK_MS;
	if (!auth->client_ca || !client_ca_verify(auth->client_ca, chain, count, now, verdict->arena, &verdict->chain))
		return;
	if ((verdict->chain.is_client || verdict->chain.is_proxy) && verdict->chain.until_ms < verdict->until_ms)
		verdict->until_ms = verdict->chain.until_ms;
}

/* NULL: the client has shown no certificate. */
static const struct chain_verdict *chain_verdict_of(struct auth_check *check)
{
	struct str chain[CLIENT_CHAIN_MAX];
	size_t count = http_client_chain(check->exchange, chain, CLIENT_CHAIN_MAX);
	struct http_memory *memory = http_connection_memory(check->exchange);
	struct connection_verdict *verdict = memory->pointer;

	if (count == 0)
		return NULL;
	if (!verdict) {
		verdict = xnew(struct connection_verdict);
		*memory = (struct http_memory){verdict, connection_verdict_free};
	}
	if (!verdict->arena || verdict->epoch != check->auth->epoch ||
	    verdict->until_ms < loop_wall_ms(check->auth->loop))
		judge(check->auth, chain, count, verdict);
	http_set_caller(check->exchange, verdict->chain.is_proxy    ? HTTP_CALLER_PROXY
					 : verdict->chain.is_client ? HTTP_CALLER_KNOWN
								    : HTTP_CALLER_NOBODY);
	return &verdict->chain;
}

/* ---- the front proxy's word */

struct header_list {
	struct header *items;
	size_t count;
};

static bool header_count(void *context, struct str name, struct str value)
{
	struct header_list *list = context;

	(void)name;
	(void)value;
	return ++list->count < HEADERS_MAX;
}

static bool header_take(void *context, struct str name, struct str value)
{
	struct header_list *list = context;

	list->items[list->count++] = (struct header){name, str_trim(value)};
	return list->count < HEADERS_MAX;
}

static bool proxied(struct auth_check *check)
{
	struct header_list list = {0};

	http_each_header(check->exchange, header_count, &list);
	list.items = arena_calloc(http_arena(check->exchange), list.count + 1, sizeof(*list.items));
	if (!list.items)
		return false;
	list.count = 0;
	http_each_header(check->exchange, header_take, &list);
	return identity_of_headers(client_ca_trust(check->auth->client_ca), list.items, list.count,
				   http_arena(check->exchange), &check->identity) &&
	       (check->identity.user.len == 0 ||
		identity_add_authenticated(&check->identity, http_arena(check->exchange)));
}

/* ---- tokens */

static bool keep_identity(struct review_verdict *verdict, const struct identity *identity)
{
	struct identity *kept = arena_alloc(verdict->arena, sizeof(*kept));

	verdict->identity = kept;
	return kept && identity_copy(identity, verdict->arena, kept) &&
	       identity_add_authenticated(kept, verdict->arena);
}

static void token_reviewed(void *context, const struct identity *identity, const char *problem)
{
	struct review *review = context;
	struct auth *auth = review_context(review);
	struct review_verdict *verdict = problem ? review_verdict_problem(problem) : review_verdict_new();

	/* what a neighbour sends may have our question in it */
	if (problem && !str_contains(verdict->problem, review_question(review)))
		auth_warn(auth, "cannot find out whose a token is", verdict->problem);
	if (!problem && identity && !keep_identity(verdict, identity)) {
		review_verdict_unref(verdict);
		verdict = review_verdict_problem("the answer to the TokenReview is too large");
	}
	review_answer(review, verdict, verdict->problem.len ? 0 : auth->options.token_ttl_ms, loop_now_ms(auth->loop));
}

static struct kube_call *token_ask(void *context, struct str token, struct review *review)
{
	struct auth *auth = context;

	return review_token(auth->authentication, token, REVIEW_TIMEOUT_MS, token_reviewed, review);
}

struct review_cache *authentication_reviews(struct auth *auth)
{
	return review_cache_new(&(struct review_cache_options){.max_count = TOKENS_MOST,
							       .max_bytes = TOKENS_BYTES_MOST,
							       .ask = token_ask,
							       .cancel = kube_call_cancel,
							       .context = auth});
}

/* The answer may be forgotten while its bearer's access is being asked for. A token that is not good, or that nobody can judge, is an
   error: its bearer is not taken for nobody. */
static enum who by_answer(struct auth_check *check, const struct review_verdict *answer)
{
	if (!answer->identity || answer->problem.len)
		return WHO_NOBODY;
	http_set_caller(check->exchange, HTTP_CALLER_KNOWN);
	return identity_copy(answer->identity, http_arena(check->exchange), &check->identity) ? WHO_KNOWN
											      : WHO_TOO_LARGE;
}

static enum who by_token(struct auth_check *check, struct str token)
{
	struct review_verdict *answer = auth_ask(check, check->auth->tokens, token, true);
	enum who who;

	if (!answer)
		return WHO_IS_ASKED;
	who = by_answer(check, answer);
	review_verdict_unref(answer);
	return who;
}

/* ---- all of them */

/* Does the certificate, or what comes with it, identify the caller? */
static enum who by_certificate(struct auth_check *check, const struct chain_verdict *chain)
{
	if (!chain)
		return WHO_NOBODY;
	if (chain->is_proxy && !proxied(check))
		return WHO_TOO_LARGE;
	if (check->identity.user.len)
		return WHO_KNOWN;
	if (!chain->is_client)
		return WHO_NOBODY;
	/* the connection's verdict may be judged anew while the access is being asked for */
	return identity_copy(&chain->identity, http_arena(check->exchange), &check->identity) ? WHO_KNOWN
											      : WHO_TOO_LARGE;
}

static enum who be_anonymous(struct auth_check *check)
{
	static const struct str group = STR_INIT(UNAUTHENTICATED);

	check->identity = (struct identity){.user = STR(ANONYMOUS), .groups = &group, .group_count = 1};
	return WHO_KNOWN;
}

static enum who find_out(struct auth_check *check)
{
	const struct chain_verdict *chain = chain_verdict_of(check);
	struct str token = identity_token(http_header(check->exchange, "Authorization"));
	enum who who = by_certificate(check, chain);

	if (who != WHO_NOBODY)
		return who;
	if (token.len)
		return by_token(check, token);
	return chain ? WHO_NOBODY : be_anonymous(check); /* a certificate of nobody we know is an error */
}

/* ---- impersonation */

static bool header_looked(void *context, struct str name, struct str value)
{
	bool *impersonates = context;
	struct str prefix = STR("Impersonate-");

	(void)value;
	*impersonates = str_eq_nocase(str_slice(name, 0, prefix.len), prefix);
	return !*impersonates;
}

static enum auth_verdict known(struct auth_check *check)
{
	bool impersonates = false;

	http_each_header(check->exchange, header_looked, &impersonates);
	if (!impersonates)
		return AUTH_ALLOWED;
	check->code =
		api_forbidden_text_write(&check->message, check->identity.user,
					 STR("cannot impersonate here: send requests with Impersonate-* headers to the "
					     "kube-apiserver, which knows who may do that"),
					 check->request->pretty);
	return auth_end(check, AUTH_FORBIDDEN);
}

enum auth_verdict authentication_check(struct auth_check *check)
{
	const struct review_verdict *answer = STEAL(check->answer);
	enum who who = answer ? by_answer(check, answer) : check->late ? WHO_NOBODY : find_out(check);

	switch (who) {
	case WHO_IS_ASKED:
		return AUTH_WAITING;
	case WHO_TOO_LARGE:
		return auth_fail(check, STR("the user's groups and extra fields are too large"));
	case WHO_NOBODY:
		check->code = api_unauthorized_write(&check->message, check->request->pretty);
		return auth_end(check, AUTH_UNAUTHENTICATED);
	case WHO_KNOWN:
		break;
	}
	return known(check);
}
