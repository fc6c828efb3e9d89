/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/client.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "failover.h"
#include "model/sample.h"
#include "net/loop.h"
#include "transfer.h"
#include "upstream_error.h"

enum { LATE_CREDENTIAL_MS = 1000 }; /* until a token that is late is asked for again */

struct prom {
	struct loop *loop;
	struct failover failover;
	const struct upstream *asked; /* the last one */
	struct list calls;
	struct prom_budget budget;
	struct google *google; /* NULL: none */
	int64_t query_timeout_ms, series_timeout_ms;
	struct prom_transfer transfer; /* as each begins */
	size_t query_bytes_max, series_bytes_max;
};

/* One of the handlers is there, as the request's path says. */
struct prom_call {
	struct prom *prom;
	struct list of_prom;
	struct prom_request request;
	int64_t deadline_ms;
	struct upstream *upstream; /* which is asked; NULL: none yet */
	uint32_t tried;		   /* those that were */
	struct prom_transfer transfer;
	struct credential_wait credential; /* for a token, or a better one */
	bool renewed;			   /* asked again after a 401 */
	struct upstream_error error;	   /* of the first upstream, when another is asked; or why none is */
	struct loop_timer refusal;	   /* to say so, at once or at the deadline */
	prom_query_handler *query_handler;
	prom_series_handler *series_handler;
	prom_names_handler *names_handler;
	void *context;
};

/* ---- the end of calls */

static void call_free(struct prom_call *call)
{
	list_leave(&call->of_prom);
	loop_timer_cancel(call->prom->loop, &call->refusal);
	(void)waiter_leave(&call->credential.waiter);
	prom_transfer_clear(&call->transfer);
	prom_request_clear(&call->request);
	free(call);
}

void prom_call_cancel(struct prom_call *call)
{
	call_free(call);
}

/* The handler comes last: it may start other calls, and free the client. */
static void finish(struct prom_call *call, const struct reader_result *result, const struct upstream_error *error)
{
	const struct prom_call ended = *call;

	if (result->samples)
		result->samples->source = call->upstream->index;
	call_free(call);
	if (ended.query_handler)
		ended.query_handler(ended.context, result->samples, error);
	else if (ended.series_handler)
		ended.series_handler(ended.context, result->set, error);
	else
		ended.names_handler(ended.context, result->names, error);
}

static void refuse_call(void *context)
{
	struct prom_call *call = context;
	struct upstream_error error = call->error;

	finish(call, &(struct reader_result){0}, &error);
}

/* Never from within the call that began it. */
static void refuse_at_once(struct prom_call *call)
{
	loop_timer_set(call->prom->loop, &call->refusal, 0);
}

/* ---- whom to ask */

static int64_t time_left(const struct prom_call *call)
{
	return call->deadline_ms - loop_now_ms(call->prom->loop);
}

static void send_again(struct prom_call *call)
{
	prom_transfer_start(&call->transfer, &call->request, call->upstream, call->deadline_ms);
}

/* While there is another one to ask, this one gets its share of the time that is left. False: there is none, or no time. */
static bool ask_next(struct prom_call *call)
{
	struct prom *prom = call->prom;
	int64_t now_ms = loop_now_ms(prom->loop), left_ms = call->deadline_ms - now_ms;
	struct upstream *upstream = failover_next(&prom->failover, call->tried, now_ms);

	if (upstream == NULL || left_ms < 1)
		return false;
	call->upstream = upstream;
	prom->asked = upstream;
	call->tried |= upstream_bit(upstream);
	breaker_asked(&upstream->breaker, now_ms);
	if (left_ms > 1 && failover_next(&prom->failover, call->tried, now_ms))
		left_ms = failover_share_ms(left_ms);
	prom_transfer_start(&call->transfer, &call->request, upstream, now_ms + left_ms);
	return true;
}

static void begin(struct prom_call *call)
{
	struct prom *prom = call->prom;
	struct err err = {0};

	if (!prom_request_set_scope(&call->request, prom->google, &err)) {
		upstream_error_describe_scope(prom->asked, err.msg, &call->error);
		refuse_at_once(call);
	} else if (!ask_next(call)) {
		failover_refuse(&prom->failover, call->request.path, loop_now_ms(prom->loop), &call->error);
		refuse_at_once(call);
	}
}

/* ---- to wait for a credential */

/* Called once it is there, or cannot be had. */
static void credential_settled(void *context)
{
	struct prom_call *call = context;
	struct prom *prom = call->prom;
	struct credentials *credentials = &prom->failover.credentials;
	int64_t wait_ms = 0;
	const char *why = credentials_failure(credentials, &wait_ms);

	if (!credentials_are_ready(credentials)) {
		upstream_error_describe_credential(prom->asked, why, wait_ms, &call->error);
		refuse_at_once(call);
		return;
	}
	loop_timer_cancel(prom->loop, &call->refusal);
	call->error = (struct upstream_error){0};
	if (call->upstream)
		send_again(call);
	else
		begin(call);
}

static void wait_for_credential(struct prom_call *call)
{
	struct prom *prom = call->prom;

	upstream_error_describe_credential(prom->asked, "it has not come in time", LATE_CREDENTIAL_MS, &call->error);
	loop_timer_set(prom->loop, &call->refusal, time_left(call));
	call->credential = (struct credential_wait){.handler = credential_settled, .context = call};
	credentials_wait(&prom->failover.credentials, &call->credential);
}

/* ---- what came */

/* A POST that nobody had told us to send: the endpoint may take a long line better. */
static bool ask_by_get(struct prom_call *call, const struct upstream_error *error)
{
	if (error->fault != UPSTREAM_STATUS || error->status != 405 || !call->transfer.posted ||
	    call->transfer.verbs.post || time_left(call) < 1)
		return false;
	if (!call->upstream->get_only)
		log_warn("%s; long queries go to it by GET from now on", error->text);
	call->upstream->get_only = true;
	call->upstream->stats->paths[call->request.path].retries++;
	send_again(call);
	return true;
}

/* A credential may just have been exchanged. What is asked once more goes to the same one. */
static bool ask_renewed(struct prom_call *call, const struct upstream_error *error)
{
	struct credentials *credentials = &call->prom->failover.credentials;

	if (error->fault != UPSTREAM_STATUS || error->status != 401 || call->renewed || time_left(call) < 1 ||
	    !credentials_renew(credentials, call->upstream->basic, call->transfer.signed_with))
		return false;
	call->renewed = true;
	call->upstream->stats->paths[call->request.path].retries++;
	if (credentials_are_ready(credentials))
		send_again(call);
	else
		wait_for_credential(call);
	return true;
}

static bool ask_another(struct prom_call *call, const struct upstream_error *error)
{
	struct prom *prom = call->prom;

	if (!upstream_is_lost(error) || !ask_next(call))
		return false;
	if (call->error.fault == UPSTREAM_OK)
		call->error = *error;
	prom->failover.stats.fail_overs++;
	log_v(5, "%s; Prometheus %.*s is asked", error->text, STR_ARG(prom_authority(prom)));
	return true;
}

static void done(struct prom_transfer *transfer, const struct reader_result *result, const struct upstream_error *error)
{
	struct prom_call *call = transfer->context;
	struct prom *prom = call->prom;
	struct upstream_error said = *error;

	if (error->fault == UPSTREAM_OK) {
		finish(call, result, NULL);
		return;
	}
	if (ask_by_get(call, error) || ask_renewed(call, error) || ask_another(call, error))
		return;
	if (call->error.fault != UPSTREAM_OK && upstream_is_lost(error))
		upstream_error_join(&call->error, &said);
	said.wait_ms = failover_wait_ms(&prom->failover, loop_now_ms(prom->loop));
	finish(call, &(struct reader_result){0}, &said);
}

/* ---- calls */

static struct prom_call *call_new(struct prom *prom, void *context)
{
	struct prom_call *call = xnew(struct prom_call);

	call->prom = prom;
	call->context = context;
	call->refusal = (struct loop_timer){.handler = refuse_call, .context = call};
	call->transfer = prom->transfer;
	call->transfer.on_done = done;
	call->transfer.context = call;
	list_put_last(&prom->calls, &call->of_prom);
	return call;
}

/* Asked also when there is no time left, and then not answered in it: one way for all that is late. */
static struct prom_call *start(struct prom_call *call, int64_t deadline_ms, int64_t most_ms)
{
	struct prom *prom = call->prom;
	struct credentials *credentials = &prom->failover.credentials;
	int64_t now_ms = loop_now_ms(prom->loop), wait_ms;

	call->deadline_ms = deadline_ms < now_ms + most_ms ? deadline_ms : now_ms + most_ms;
	if (call->deadline_ms <= now_ms)
		call->deadline_ms = now_ms + 1;
	call->transfer.bytes_max =
		call->request.path == PROM_PATH_QUERY ? prom->query_bytes_max : prom->series_bytes_max;
	if (credentials_are_ready(credentials))
		begin(call);
	else if (credentials_failure(credentials, &wait_ms))
		credential_settled(call);
	else
		wait_for_credential(call);
	return call;
}

struct prom_call *prom_query(struct prom *prom, struct str promql, int64_t time_ms, int64_t deadline_ms,
			     prom_query_handler *handler, void *context)
{
	struct prom_call *call = call_new(prom, context);

	call->query_handler = handler;
	prom_request_set_query(&call->request, promql, time_ms);
	return start(call, deadline_ms, prom->query_timeout_ms);
}

struct prom_call *prom_series(struct prom *prom, struct str selector, int64_t start_ms, prom_series_handler *handler,
			      void *context)
{
	struct prom_call *call = call_new(prom, context);

	call->series_handler = handler;
	prom_request_set_series(&call->request, selector, start_ms);
	return start(call, INT64_MAX, prom->series_timeout_ms);
}

struct prom_call *prom_names(struct prom *prom, struct str selector, int64_t start_ms, int64_t deadline_ms,
			     prom_names_handler *handler, void *context)
{
	struct prom_call *call = call_new(prom, context);

	call->names_handler = handler;
	prom_request_set_names(&call->request, selector, start_ms);
	return start(call, deadline_ms, prom->series_timeout_ms);
}

/* ---- the client */

struct prom *prom_new(struct loop *loop, const struct prom_options *options, struct err *err)
{
	CLEANUP(prom_free_at) struct prom *prom = xnew(struct prom);

	list_init(&prom->calls);
	prom->loop = loop;
	prom->transfer = (struct prom_transfer){.verbs = {.post = options->post, .managed = options->managed},
						.budget = &prom->budget,
						.allow_partial = options->allow_partial,
						.max_clock_skew_ms = options->max_clock_skew_ms};
	prom->budget.max = options->samples_bytes_max;
	prom->query_timeout_ms = options->query_timeout_ms;
	prom->series_timeout_ms = options->series_timeout_ms;
	prom->query_bytes_max = options->query_bytes_max;
	prom->series_bytes_max = options->series_bytes_max;
	prom->google = options->google;
	if (!failover_init(&prom->failover, loop, options, err))
		return NULL;
	prom->asked = prom->failover.items[0];
	return STEAL(prom);
}

void prom_free(struct prom *prom)
{
	if (prom == NULL)
		return;
	while (!list_is_empty(&prom->calls))
		prom_call_cancel(LIST_OF(prom->calls.next, struct prom_call, of_prom));
	failover_clear(&prom->failover);
	free(prom);
}

struct str prom_authority(const struct prom *prom)
{
	return prom->asked->authority;
}

const struct prom_stats *prom_stats(const struct prom *prom)
{
	return failover_stats(&prom->failover, loop_now_ms(prom->loop));
}

size_t prom_reading_bytes(const struct prom *prom)
{
	return prom->budget.used;
}
