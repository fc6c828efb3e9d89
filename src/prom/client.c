/* SPDX-License-Identifier: Apache-2.0 */
#include "prom/client.h"

#include <stdlib.h>

#include "base/log.h"
#include "model/sample.h"
#include "model/series.h"
#include "net/loop.h"
#include "prom/query_answer.h"
#include "prom/series_answer.h"
#include "prom_in.h"
#include "text/timestamp.h"
#include "text/url.h"

enum {
	URL_BYTES_MAX = 4096,	    /* a longer query goes by POST: proxies refuse long lines */
	GOOD_BYTES_KEPT = 1024,	    /* of an answer, for what it turns out to be instead */
	BAD_BYTES_KEPT = 16 * 1024, /* of an error's, for what it says */
	SET_BYTES_MAX = 64 << 20,   /* of the kinds of series, which take little */
	WARN_AGAIN_MS = 60 * 1000,
};

struct prom {
	struct loop *loop;
	struct http_client *http;
	struct upstream *upstream;
	struct prom_call *calls;
	bool post;
	int64_t query_timeout_ms, series_timeout_ms;
	size_t query_bytes_max, series_bytes_max;
	bool allow_partial;
	int64_t warned_ms; /* when the log last had a warning of a partial answer; 0: never */
};

/* One of the two readers is there. */
struct prom_call {
	struct prom *prom;
	struct prom_call *previous, *next;
	struct http_call *http;
	struct query_answer *query;
	struct series_answer *series;
	prom_query_handler *query_handler;
	prom_series_handler *series_handler;
	void *context;
	const char *method;
	struct buf begin; /* of the answer */
	struct err reading;
};

/* ---- the list of calls */

static struct prom_call *call_new(struct prom *prom, void *context)
{
	struct prom_call *call = xnew(struct prom_call);

	call->prom = prom;
	call->context = context;
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
	query_answer_free(call->query);
	series_answer_free(call->series);
	buf_clear(&call->begin);
	free(call);
}

void prom_call_cancel(struct prom_call *call)
{
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
	return call->query ? query_answer_feed(call->query, piece, &call->reading)
			   : series_answer_feed(call->series, piece, &call->reading);
}

static bool read_answer(struct prom_call *call, const struct http_answer *answer, struct samples **ret_samples,
			struct series_set **ret_set)
{
	if (answer->fault != HTTP_OK || !is_success(answer->status))
		return false;
	return call->query ? query_answer_finish(call->query, ret_samples, &call->reading)
			   : series_answer_finish(call->series, ret_set, &call->reading);
}

static struct trouble trouble_of(const struct prom_call *call, const struct http_answer *answer)
{
	return (struct trouble){
		.upstream = call->prom->upstream,
		.method = call->method,
		.endpoint = call->query ? "query" : "series",
		.bytes_max = call->query ? call->prom->query_bytes_max : call->prom->series_bytes_max,
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
static bool is_whole(const struct prom_call *call, const struct http_answer *answer, const struct samples *samples,
		     struct prom_problem *problem)
{
	const struct trouble trouble = trouble_of(call, answer);
	struct str warning = samples ? samples->warning : series_answer_warning(call->series);

	if (warning.len == 0)
		return true;
	trouble_describe_partial(&trouble, warning, problem);
	if (!call->prom->allow_partial)
		return false;
	tell_partial(call->prom, problem->text);
	*problem = (struct prom_problem){0};
	return true;
}

/* True: one of the results is there. */
static bool take_answer(struct prom_call *call, const struct http_answer *answer, struct samples **ret_samples,
			struct series_set **ret_set, struct prom_problem *problem)
{
	const struct trouble trouble = trouble_of(call, answer);
	CLEANUP(samples_free_at) struct samples *samples = NULL;
	CLEANUP(series_set_free_at) struct series_set *set = NULL;

	if (!read_answer(call, answer, &samples, &set)) {
		trouble_describe(&trouble, problem);
		return false;
	}
	if (!is_whole(call, answer, samples, problem))
		return false;
	*ret_samples = STEAL(samples);
	*ret_set = STEAL(set);
	return true;
}

/* The handler comes last: it may start other calls, and free the client. */
static void done(void *context, const struct http_answer *answer)
{
	struct prom_call *call = context;
	prom_query_handler *query_handler = call->query_handler;
	prom_series_handler *series_handler = call->series_handler;
	void *theirs = call->context;
	struct samples *samples = NULL;
	struct series_set *set = NULL;
	struct prom_problem problem = {0};
	bool good;

	good = take_answer(call, answer, &samples, &set, &problem);
	call_free(call);
	if (query_handler)
		query_handler(theirs, samples, good ? NULL : &problem);
	else
		series_handler(theirs, set, good ? NULL : &problem);
}

/* ---- questions */

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

static void send_form(struct prom_call *call, struct str form, bool post, int64_t timeout_ms)
{
	CLEANUP(buf_clear) struct buf url = {0};
	struct prom *prom = call->prom;
	const char *endpoint = call->query ? "query" : "series";

	call->method = post ? "POST" : "GET";
	upstream_write_url(prom->upstream, endpoint, post ? STR("") : form, &url);
	call->http = http_client_start(
		prom->http, &(struct http_request){
				    .method = call->method,
				    .url = buf_cstr(&url),
				    .headers = upstream_headers(prom->upstream),
				    .body = post ? form : STR(""),
				    .timeout_ms = timeout_ms,
				    .max_body_bytes = call->query ? prom->query_bytes_max : prom->series_bytes_max,
				    .context = call,
				    .on_body = take_piece,
				    .on_done = done,
			    });
}

struct prom_call *prom_query(struct prom *prom, struct str promql, int64_t time_ms, int64_t timeout_ms,
			     prom_query_handler *handler, void *context)
{
	CLEANUP(buf_clear) struct buf form = {0};
	struct prom_call *call = call_new(prom, context);

	if (timeout_ms > prom->query_timeout_ms)
		timeout_ms = prom->query_timeout_ms;
	if (timeout_ms < 1)
		timeout_ms = 1;
	call->query = query_answer_new();
	call->query_handler = handler;
	put_parameter(&form, "query", promql);
	put_time(&form, "time", time_ms);
	put_timeout(&form, timeout_ms);
	send_form(call, buf_str(&form), prom->post || form.len > URL_BYTES_MAX, timeout_ms);
	return call;
}

/* By POST only when told so: Google's front end takes series by GET alone. */
struct prom_call *prom_series(struct prom *prom, struct str selector, int64_t start_ms, prom_series_handler *handler,
			      void *context)
{
	CLEANUP(buf_clear) struct buf form = {0};
	struct prom_call *call = call_new(prom, context);

	call->series = series_answer_new(SET_BYTES_MAX);
	call->series_handler = handler;
	put_parameter(&form, "match[]", selector);
	put_time(&form, "start", start_ms);
	send_form(call, buf_str(&form), prom->post, prom->series_timeout_ms);
	return call;
}

/* ---- the client */

struct prom *prom_new(struct loop *loop, const struct prom_options *options, struct err *err)
{
	CLEANUP(prom_free_at) struct prom *prom = xnew(struct prom);
	struct http_client_options http = {
		.ca_file = options->ca_file,
		.cert_file = options->cert_file,
		.key_file = options->key_file,
		.insecure = options->insecure,
		.follow_redirects = true,
		.max_connections = options->max_connections,
	};

	prom->loop = loop;
	prom->post = options->post;
	prom->query_timeout_ms = options->query_timeout_ms;
	prom->series_timeout_ms = options->series_timeout_ms;
	prom->query_bytes_max = options->query_bytes_max;
	prom->series_bytes_max = options->series_bytes_max;
	prom->allow_partial = options->allow_partial;
	prom->upstream = upstream_new(options, err);
	if (prom->upstream == NULL)
		return NULL;
	http.user = upstream_user(prom->upstream);
	http.password = upstream_password(prom->upstream);
	prom->http = http_client_new(loop, &http, err);
	return prom->http ? STEAL(prom) : NULL;
}

void prom_free(struct prom *prom)
{
	if (prom == NULL)
		return;
	for (struct prom_call *call = prom->calls, *next; call; call = next) {
		next = call->next;
		prom_call_cancel(call);
	}
	http_client_free(prom->http);
	upstream_free(prom->upstream);
	free(prom);
}

struct str prom_authority(const struct prom *prom)
{
	return upstream_authority(prom->upstream);
}
