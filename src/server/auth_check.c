/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_in.h"

#include "api/attributes.h"
#include "base/log.h"
#include "net/loop.h"
#include "server/http.h"

enum { WARNING_PAUSE_MS = 10000 };

enum auth_verdict auth_end(struct auth_check *check, enum auth_verdict verdict)
{
	check->auth->stats.verdicts[verdict]++;
	return verdict;
}

enum auth_verdict auth_fail(struct auth_check *check, struct str problem)
{
	check->code = api_authorizer_error_write(&check->message, http_target(check->exchange), problem,
						 check->request->pretty);
	return auth_end(check, AUTH_ERROR);
}

static void answered(void *context, const struct review_verdict *verdict)
{
	struct auth_check *check = context;

	check->answer = verdict;
	check->wake(check->context);
}

struct review_verdict *auth_ask(struct auth_check *check, struct review_cache *cache, struct str question,
				bool remember)
{
	check->wait = (struct review_wait){.handler = answered, .context = check};
	return review_cache_ask(cache, question, remember, loop_now_ms(check->auth->loop), &check->wait);
}

void auth_check_leave(struct auth_check *check)
{
	review_wait_cancel(&check->wait);
}

void auth_warn(struct auth *auth, const char *what, struct str problem)
{
	int64_t now = loop_now_ms(auth->loop);

	if (now < auth->silent_until_ms)
		return;
	auth->silent_until_ms = now + WARNING_PAUSE_MS;
	log_warn("auth: %s: %.*s", what, STR_ARG(problem));
}
