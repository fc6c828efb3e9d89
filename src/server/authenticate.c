/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: the front proxy's word, a client's certificate, a token, nobody; the first that succeeds. */
#include "auth_in.h"

#include "base/log.h"
#include "kube/client.h"
#include "model/access.h"
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
static const struct chain_verdict *chain_verdict_of(struct check *check)
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

static bool proxied(struct check *check)
{
	struct header_list list = {0};

	http_each_header(check->exchange, header_count, &list);
	list.items = arena_calloc(check->arena, list.count + 1, sizeof(*list.items));
	if (!list.items)
		return false;
	list.count = 0;
	http_each_header(check->exchange, header_take, &list);
	return identity_of_headers(client_ca_trust(check->auth->client_ca), list.items, list.count, check->arena,
				   &check->identity) &&
	       (check->identity.user.len == 0 || identity_add_authenticated(&check->identity, check->arena));
}

/* ---- tokens */

static bool keep_identity(struct verdict *verdict, const struct identity *identity)
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
	struct verdict *verdict = problem ? verdict_problem(problem) : verdict_new();

	/* what a neighbour sends may have our question in it */
	if (problem && !str_contains(verdict->problem, review_question(review)))
		auth_warn(auth, "cannot find out whose a token is", verdict->problem);
	if (!problem && identity && !keep_identity(verdict, identity)) {
		verdict_unref(verdict);
		verdict = verdict_problem("the answer to the TokenReview is too large");
	}
	review_answer(review, verdict, verdict->problem.len ? 0 : auth->options.token_ttl_ms, loop_now_ms(auth->loop));
}

static struct kube_call *token_ask(void *context, struct str token, struct review *review)
{
	struct auth *auth = context;

	return review_token(auth->authentication, token, REVIEW_TIMEOUT_MS, token_reviewed, review);
}

struct review_cache *authenticate_reviews(struct auth *auth)
{
	return review_cache_new(&(struct review_cache_options){.max_count = TOKENS_MOST,
							       .max_bytes = TOKENS_BYTES_MOST,
							       .ask = token_ask,
							       .cancel = kube_call_cancel,
							       .context = auth});
}

/* A token that is not good, or that nobody can judge, is an error: its bearer is not taken for nobody. */
static void token_known(void *context, const struct verdict *verdict)
{
	struct check *check = context;

	if (!verdict->identity || verdict->problem.len) {
		check_authenticated(check, WHO_NOBODY);
		return;
	}
	/* the verdict may be forgotten while its bearer's access is being asked for */
	if (!identity_copy(verdict->identity, check->arena, &check->identity))
		check_authenticated(check, WHO_TOO_LARGE);
	else
		check_authenticated(check, WHO_KNOWN);
}

static void by_token(struct check *check, struct str token)
{
	struct verdict *verdict;

	check->waiter = (struct review_wait){.handler = token_known, .context = check};
	verdict = review_cache_ask(check->auth->tokens, token, true, loop_now_ms(check->auth->loop), &check->waiter);
	if (!verdict)
		return;
	token_known(check, verdict);
	verdict_unref(verdict);
}

/* ---- all of them */

/* Does the certificate, or what comes with it, tell who asks? */
static enum authentication by_certificate(struct check *check, const struct chain_verdict *chain)
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
	return identity_copy(&chain->identity, check->arena, &check->identity) ? WHO_KNOWN : WHO_TOO_LARGE;
}

static void be_anonymous(struct check *check)
{
	static const struct str group = STR_INIT(UNAUTHENTICATED);

	check->identity = (struct identity){.user = STR(ANONYMOUS), .groups = &group, .group_count = 1};
	check_authenticated(check, WHO_KNOWN);
}

void authenticate(struct check *check)
{
	const struct chain_verdict *chain = chain_verdict_of(check);
	struct str token = identity_token(http_header(check->exchange, "Authorization"));
	enum authentication who = by_certificate(check, chain);

	if (who != WHO_NOBODY)
		check_authenticated(check, who);
	else if (token.len)
		by_token(check, token);
	else if (chain) /* that of nobody we know is an error */
		check_authenticated(check, WHO_NOBODY);
	else
		be_anonymous(check);
}
