/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/client.h"

#include <stdlib.h>

#include "base/log.h"
#include "choice_in.h"
#include "model/sample.h"
#include "model/upstream_error.h"
#include "net/loop.h"
#include "prom/google.h"
#include "reader_in.h"
#include "scope_in.h"
#include "text/timestamp.h"
#include "text/url.h"

enum {
	URL_BYTES_MAX = 4000,	    /* a longer query goes by POST: proxies refuse long lines */
	GOOD_BYTES_KEPT = 1024,	    /* of an answer, for what it turns out to be instead */
	BAD_BYTES_KEPT = 16 * 1024, /* of an error's, for what it says */
	WARN_AGAIN_MS = 60 * 1000,
	LATE_IDENTITY_MS = 1000, /* until a token that is late is asked for again */
};

struct prom {
	struct loop *loop;
	struct choice choice;
	const struct source *asked; /* the last one */
	struct prom_call *calls;
	bool post, managed;
	struct google *google; /* NULL: none */
	int64_t query_timeout_ms, series_timeout_ms;
	size_t query_bytes_max, series_bytes_max;
	bool allow_partial;
	int64_t warned_ms; /* when the log last had a warning of a partial answer; 0: never */
};

/* One of the handlers is there, as the reader's path says. */
struct prom_call {
	struct prom *prom;
	struct prom_call *previous, *next;
	const char *key;    /* of the subject, in a form; NULL: there is none */
	struct buf subject; /* the query or selector */
	struct buf form;    /* what else is asked, but for the time that there is for it */
	int64_t deadline_ms;
	struct source *source; /* which is asked */
	uint32_t tried;	       /* the sources that were */
	bool posted;
	struct google_wait identity;   /* for a token, or a better one */
	uint64_t headers_hash;	       /* of those that were sent */
	bool renewed;		       /* asked again after a 401 */
	struct upstream_error problem; /* of the first source, when another is asked; or why none is */
	struct loop_timer at_once;     /* to say so, or when patience ends */
	struct http_call *http;	       /* NULL: none is asked */
	struct reader reader;
	prom_query_handler *query_handler;
	prom_series_handler *series_handler;
	prom_names_handler *names_handler;
	void *context;
	struct buf begin; /* of the answer */
	struct err reading;
};

/* ---- the list of calls */

static struct prom_call *call_new(struct prom *prom, enum prom_path path, void *context)
{
	struct prom_call *call = xnew(struct prom_call);

	call->prom = prom;
	call->context = context;
	reader_init(&call->reader, path);
	call->next = prom->calls;
	if (call->next)
		call->next->previous = call;
	prom->calls = call;
	return call;
}

static void call_free(struct prom_call *call)
{
	if (call->previous)
		call->previous->next = call->next;
	else
		call->prom->calls = call->next;
	if (call->next)
		call->next->previous = call->previous;
	loop_timer_cancel(call->prom->loop, &call->at_once);
	google_wait_cancel(&call->identity);
	reader_clear(&call->reader);
	buf_clear(&call->subject);
	buf_clear(&call->form);
	buf_clear(&call->begin);
	free(call);
}

void prom_call_cancel(struct prom_call *call)
{
	if (call->http)
		http_call_cancel(call->http);
	call_free(call);
}

/* ---- answers */

static bool is_success(int status)
{
	return status >= 200 && status < 300;
}

/* Only a success is read as data: what an error's body says is an error, even if it says "success". */
static bool take_piece(void *context, int status, struct str piece)
{
	struct prom_call *call = context;

	size_t kept = is_success(status) ? GOOD_BYTES_KEPT : BAD_BYTES_KEPT;

	if (call->begin.len < kept)
		buf_put(&call->begin, str_slice(piece, 0, kept - call->begin.len));
	if (!is_success(status))
		return true;
	return reader_feed(&call->reader, piece, &call->reading);
}

static bool read_answer(struct prom_call *call, const struct http_answer *answer, struct result *ret_result)
{
	return answer->fault == HTTP_OK && is_success(answer->status) &&
	       reader_finish(&call->reader, ret_result, &call->reading);
}

static size_t bytes_max(const struct prom_call *call)
{
	return call->reader.path == PROM_PATH_QUERY ? call->prom->query_bytes_max : call->prom->series_bytes_max;
}

static struct trouble trouble_of(const struct prom_call *call, const struct http_answer *answer)
{
	return (struct trouble){
		.upstream = call->source->upstream,
		.method = call->posted ? "POST" : "GET",
		.endpoint = prom_path_name(call->reader.path),
		.bytes_max = bytes_max(call),
		.body = buf_str(&call->begin),
		.answer = answer,
		.reading = &call->reading,
		.at_end = answer->fault == HTTP_OK,
	};
}

/* A store that is away can say so with each answer. */
static void tell_partial(struct prom *prom, const char *text)
{
	int64_t now_ms = loop_now_ms(prom->loop);

	if (prom->warned_ms && now_ms - prom->warned_ms < WARN_AGAIN_MS) {
		log_v(2, "%s", text);
		return;
	}
	prom->warned_ms = now_ms;
	log_warn("%s; taken as it is, for --allow-partial", text);
}

/* Where data is missing a sum is too small and a metric seems to be gone. */
static bool is_whole(const struct prom_call *call, const struct http_answer *answer, const struct result *result,
		     struct upstream_error *problem)
{
	const struct trouble trouble = trouble_of(call, answer);
	struct str warning = reader_warning(&call->reader, result);

	if (warning.len == 0)
		return true;
	trouble_describe_partial(&trouble, warning, problem);
	if (!call->prom->allow_partial)
		return false;
	tell_partial(call->prom, problem->text);
	*problem = (struct upstream_error){0};
	return true;
}

static bool take_answer(struct prom_call *call, const struct http_answer *answer, struct result *ret_result,
			struct upstream_error *problem)
{
	const struct trouble trouble = trouble_of(call, answer);
	struct result result = {0};

	if (!read_answer(call, answer, &result)) {
		trouble_describe(&trouble, problem);
		return false;
	}
	if (!is_whole(call, answer, &result, problem)) {
		result_clear(&result);
		return false;
	}
	*ret_result = result;
	return true;
}

/* ---- requests */

static void put_parameter(struct buf *form, const char *key, struct str value)
{
	if (form->len > 0)
		buf_putc(form, '&');
	url_encode_form(form, str_of(key));
	buf_putc(form, '=');
	url_encode_form(form, value);
}

static void put_time(struct buf *form, const char *key, int64_t unix_ms)
{
	CLEANUP(buf_clear) struct buf text = {0};

	timestamp_write_seconds(&text, unix_ms);
	put_parameter(form, key, buf_str(&text));
}

/* Whole seconds, or milliseconds: one number and one unit is what every implementation can read. */
static void put_timeout(struct buf *form, int64_t timeout_ms)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_put_i64(&text, timeout_ms % 1000 == 0 ? timeout_ms / 1000 : timeout_ms);
	buf_puts(&text, timeout_ms % 1000 == 0 ? "s" : "ms");
	put_parameter(form, "timeout", buf_str(&text));
}

/* Series by POST only when told so: Google's front end takes them by GET alone. Names are taken by GET everywhere. */
static bool goes_by_post(const struct prom_call *call, size_t url_bytes)
{
	switch (call->reader.path) {
	case PROM_PATH_QUERY:
		return call->prom->post || (url_bytes > URL_BYTES_MAX && !call->source->get_only);
	case PROM_PATH_SERIES:
		return call->prom->post && !call->prom->managed;
	case PROM_PATH_NAMES:
	case PROM_PATH_COUNT:
		break;
	}
	return false;
}

static void write_request(struct prom_call *call, int64_t timeout_ms, struct buf *url, struct buf *form)
{
	const struct upstream *upstream = call->source->upstream;
	const char *endpoint = prom_path_name(call->reader.path);

	if (call->key)
		put_parameter(form, call->key, buf_str(&call->subject));
	buf_puts(form, call->key ? "&" : "");
	buf_put(form, buf_str(&call->form));
	if (call->reader.path == PROM_PATH_QUERY)
		put_timeout(form, timeout_ms);
	upstream_write_url(upstream, endpoint, buf_str(form), url);
	call->posted = goes_by_post(call, url->len);
	if (!call->posted) {
		buf_reset(form);
		return;
	}
	buf_reset(url);
	upstream_write_url(upstream, endpoint, STR(""), url);
}

static void done(void *context, const struct http_answer *answer);

static void send_to_source(struct prom_call *call, int64_t timeout_ms)
{
	CLEANUP(buf_clear) struct buf url = {0};
	CLEANUP(buf_clear) struct buf form = {0};

	write_request(call, timeout_ms, &url, &form);
	call->headers_hash = upstream_headers_hash(call->source->upstream);
	call->http =
		http_client_start(call->source->http, &(struct http_request){
							      .method = call->posted ? "POST" : "GET",
							      .url = buf_cstr(&url),
							      .headers = upstream_headers(call->source->upstream),
							      .body = buf_str(&form),
							      .deadline_ms = loop_now_ms(call->prom->loop) + timeout_ms,
							      .max_body_bytes = bytes_max(call),
							      .context = call,
							      .on_body = take_piece,
							      .on_done = done,
						      });
}

/* While there is another one to ask, this one gets its share of the time that is left. False: there is none, or no time. */
static bool ask_next(struct prom_call *call)
{
	struct prom *prom = call->prom;
	int64_t now_ms = loop_now_ms(prom->loop);
	int64_t left_ms = call->deadline_ms - now_ms;
	struct source *source = choice_next(&prom->choice, call->tried, now_ms);

	if (source == NULL || left_ms < 1)
		return false;
	call->source = source;
	prom->asked = source;
	choice_asked(&prom->choice, source, &call->tried, now_ms);
	if (left_ms > 1 && choice_next(&prom->choice, call->tried, now_ms))
		left_ms = choice_share_ms(left_ms);
	send_to_source(call, left_ms);
	return true;
}

/* ---- the end of calls */

/* The handler comes last: it may start other calls, and free the client. */
static void finish(struct prom_call *call, const struct result *result, const struct upstream_error *problem)
{
	prom_query_handler *query_handler = call->query_handler;
	prom_series_handler *series_handler = call->series_handler;
	prom_names_handler *names_handler = call->names_handler;
	void *theirs = call->context;

	if (result->samples)
		result->samples->source = (size_t)(call->source - call->prom->choice.items);
	call_free(call);
	if (query_handler)
		query_handler(theirs, result->samples, problem);
	else if (series_handler)
		series_handler(theirs, result->set, problem);
	else
		names_handler(theirs, result->names, problem);
}

static void forget_answer(struct prom_call *call)
{
	enum prom_path path = call->reader.path;

	call->http = NULL;
	buf_reset(&call->begin);
	call->reading = (struct err){0};
	reader_clear(&call->reader);
	reader_init(&call->reader, path);
}

/* A POST that nobody had told us to send: the endpoint may take a long line better. */
static bool ask_by_get(struct prom_call *call, const struct upstream_error *problem)
{
	int64_t left_ms = call->deadline_ms - loop_now_ms(call->prom->loop);

	if (problem->fault != UPSTREAM_STATUS || problem->status != 405 || !call->posted || call->prom->post ||
	    left_ms < 1)
		return false;
	if (!call->source->get_only)
		log_warn("%s; long queries go to it by GET from now on", problem->text);
	call->source->get_only = true;
	call->source->stats->paths[call->reader.path].retries++;
	forget_answer(call);
	send_to_source(call, left_ms);
	return true;
}

static void wait_for_identity(struct prom_call *call, int64_t left_ms);

/* A credential may just have been exchanged. What is asked once more goes to the same one. */
static bool ask_renewed(struct prom_call *call, const struct upstream_error *problem)
{
	struct prom *prom = call->prom;
	int64_t left_ms = call->deadline_ms - loop_now_ms(prom->loop);

	if (problem->fault != UPSTREAM_STATUS || problem->status != 401 || call->renewed || left_ms < 1)
		return false;
	if (upstream_headers_hash(call->source->upstream) == call->headers_hash &&
	    (prom->google == NULL || !google_renew(prom->google)))
		return false;
	call->renewed = true;
	call->source->stats->paths[call->reader.path].retries++;
	forget_answer(call);
	if (prom->google && !google_is_ready(prom->google))
		wait_for_identity(call, left_ms);
	else
		send_to_source(call, left_ms);
	return true;
}

static bool ask_another(struct prom_call *call, const struct upstream_error *problem)
{
	struct prom *prom = call->prom;
	int64_t now_ms = loop_now_ms(prom->loop);

	if (!source_is_lost(problem) || now_ms >= call->deadline_ms ||
	    choice_next(&prom->choice, call->tried, now_ms) == NULL)
		return false;
	if (call->problem.fault == UPSTREAM_OK)
		call->problem = *problem;
	forget_answer(call);
	if (!ask_next(call)) /* the time is over just now */
		return false;
	prom->choice.stats.fail_overs++;
	log_v(2, "%s; Prometheus %.*s is asked", problem->text, STR_ARG(prom_authority(prom)));
	return true;
}

static void done(void *context, const struct http_answer *answer)
{
	struct prom_call *call = context;
	struct prom *prom = call->prom;
	int64_t now_ms = loop_now_ms(prom->loop);
	struct result result = {0};
	struct upstream_error problem = {0};
	bool good = take_answer(call, answer, &result, &problem);

	source_note(call->source, call->reader.path, answer, &problem, now_ms);
	if (good) {
		finish(call, &result, NULL);
		return;
	}
	if (ask_by_get(call, &problem) || ask_renewed(call, &problem) || ask_another(call, &problem))
		return;
	if (call->problem.fault != UPSTREAM_OK && source_is_lost(&problem))
		trouble_join(&call->problem, &problem);
	problem.wait_ms = choice_wait_ms(&prom->choice, now_ms);
	finish(call, &(struct result){0}, &problem);
}

static void say_at_once(void *context)
{
	struct prom_call *call = context;
	struct upstream_error problem = call->problem;

	finish(call, &(struct result){0}, &problem);
}

/* ---- questions */

/* Asked also when there is no time left, and then not answered in it: one way for all that is late. */
/* False: its selectors cannot be made to read one cluster; what would be answered is a number of others too. */
static bool set_scope(struct prom_call *call)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct google_place place = {0};
	struct err err = {0};

	if (call->prom->google == NULL || call->key == NULL)
		return true;
	CHECK(google_place(call->prom->google, &place)); /* it is ready */
	if (!scope_write(&place, buf_str(&call->subject), &text, &err)) {
		trouble_describe_scope(call->prom->asked->upstream, err.msg, &call->problem);
		return false;
	}
	buf_clear(&call->subject);
	call->subject = text;
	text = (struct buf){0};
	log_v(6, "asked of Prometheus: %.*s", STR_ARG(buf_str(&call->subject)));
	return true;
}

static void begin(struct prom_call *call)
{
	struct prom *prom = call->prom;
	int64_t now_ms = loop_now_ms(prom->loop);

	if (!set_scope(call)) {
		loop_timer_set(prom->loop, &call->at_once, 0);
		return;
	}
	if (ask_next(call))
		return;
	choice_refuse(&prom->choice, call->reader.path, now_ms, &call->problem);
	loop_timer_set(prom->loop, &call->at_once, 0);
}

/* Called by who has the token now, or cannot get one. */
static void identity_settled(void *context)
{
	struct prom_call *call = context;
	struct prom *prom = call->prom;
	int64_t left_ms = call->deadline_ms - loop_now_ms(prom->loop), wait_ms = 0;
	const char *why = google_failure(prom->google, &wait_ms);

	if (!google_is_ready(prom->google)) {
		trouble_describe_identity(prom->asked->upstream, why, wait_ms, &call->problem);
		loop_timer_set(prom->loop, &call->at_once, 0);
		return;
	}
	loop_timer_cancel(prom->loop, &call->at_once);
	call->problem = (struct upstream_error){0};
	if (call->source)
		send_to_source(call, left_ms > 1 ? left_ms : 1);
	else
		begin(call);
}

static void wait_for_identity(struct prom_call *call, int64_t left_ms)
{
	trouble_describe_identity(call->prom->asked->upstream, "it has not come in time", LATE_IDENTITY_MS,
				  &call->problem);
	loop_timer_set(call->prom->loop, &call->at_once, left_ms);
	call->identity = (struct google_wait){.handler = identity_settled, .context = call};
	google_wait(call->prom->google, &call->identity);
}

static void start(struct prom_call *call, int64_t timeout_ms)
{
	struct google *google = call->prom->google;
	int64_t wait_ms = 0;

	timeout_ms = timeout_ms > 1 ? timeout_ms : 1;
	call->deadline_ms = loop_now_ms(call->prom->loop) + timeout_ms;
	call->at_once = (struct loop_timer){.handler = say_at_once, .context = call};
	if (google == NULL || google_is_ready(google))
		begin(call);
	else if (google_failure(google, &wait_ms))
		identity_settled(call);
	else
		wait_for_identity(call, timeout_ms);
}

struct prom_call *prom_query(struct prom *prom, struct str promql, int64_t time_ms, int64_t timeout_ms,
			     prom_query_handler *handler, void *context)
{
	struct prom_call *call = call_new(prom, PROM_PATH_QUERY, context);

	call->query_handler = handler;
	call->key = "query";
	buf_put(&call->subject, promql);
	put_time(&call->form, "time", time_ms);
	start(call, timeout_ms < prom->query_timeout_ms ? timeout_ms : prom->query_timeout_ms);
	return call;
}

struct prom_call *prom_series(struct prom *prom, struct str selector, int64_t start_ms, prom_series_handler *handler,
			      void *context)
{
	struct prom_call *call = call_new(prom, PROM_PATH_SERIES, context);

	call->series_handler = handler;
	call->key = "match[]";
	buf_put(&call->subject, selector);
	put_time(&call->form, "start", start_ms);
	start(call, prom->series_timeout_ms);
	return call;
}

struct prom_call *prom_names(struct prom *prom, int64_t start_ms, prom_names_handler *handler, void *context)
{
	struct prom_call *call = call_new(prom, PROM_PATH_NAMES, context);

	call->names_handler = handler;
	put_time(&call->form, "start", start_ms);
	start(call, prom->series_timeout_ms);
	return call;
}

/* ---- the client */

struct prom *prom_new(struct loop *loop, const struct prom_options *options, struct err *err)
{
	CLEANUP(prom_free_at) struct prom *prom = xnew(struct prom);

	prom->loop = loop;
	prom->post = options->post;
	prom->query_timeout_ms = options->query_timeout_ms;
	prom->series_timeout_ms = options->series_timeout_ms;
	prom->query_bytes_max = options->query_bytes_max;
	prom->series_bytes_max = options->series_bytes_max;
	prom->allow_partial = options->allow_partial;
	prom->managed = options->managed;
	prom->google = options->google;
	if (!choice_init(&prom->choice, loop, options, err))
		return NULL;
	prom->asked = &prom->choice.items[0];
	return STEAL(prom);
}

void prom_free(struct prom *prom)
{
	if (prom == NULL)
		return;
	for (struct prom_call *call = prom->calls, *next; call; call = next) {
		next = call->next;
		prom_call_cancel(call);
	}
	choice_clear(&prom->choice);
	free(prom);
}

struct str prom_authority(const struct prom *prom)
{
	return upstream_authority(prom->asked->upstream);
}

const struct prom_stats *prom_stats(const struct prom *prom)
{
	return choice_stats(&prom->choice, loop_now_ms(prom->loop));
}
