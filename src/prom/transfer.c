/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include "base/log.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "upstream.h"
#include "upstream_error.h"

enum {
	GOOD_BYTES_KEPT = 1024,	    /* of an answer, for what it turns out to be instead */
	BAD_BYTES_KEPT = 16 * 1024, /* of an error's, for what it says */
	LOG_AGAIN_MS = 60 * 1000,
};

/* ---- the answer */

static bool is_success(int status)
{
	return status >= 200 && status < 300;
}

/* One alone may take more than all together, or it could never be read. */
static bool reserve(struct prom_transfer *transfer)
{
	struct prom_budget *budget = transfer->budget;
	size_t bytes = reader_bytes(&transfer->reader);

	budget->used += bytes - transfer->reserved;
	transfer->reserved = bytes;
	transfer->overloaded = budget->max > 0 && budget->used > budget->max && budget->used > bytes;
	return !transfer->overloaded;
}

static void release(struct prom_transfer *transfer)
{
	transfer->budget->used -= transfer->reserved;
	transfer->reserved = 0;
	transfer->overloaded = false;
}

/* Only a success is read as data: what an error's body says is an error, even if it says "success". */
static bool take_piece(void *context, int status, struct str piece)
{
	struct prom_transfer *transfer = context;
	size_t kept = is_success(status) ? GOOD_BYTES_KEPT : BAD_BYTES_KEPT;

	if (transfer->begin.len < kept)
		buf_put(&transfer->begin, str_slice(piece, 0, kept - transfer->begin.len));
	if (!is_success(status))
		return true;
	return reader_feed(&transfer->reader, piece, &transfer->reading) && reserve(transfer);
}

static bool read_answer(struct prom_transfer *transfer, const struct http_answer *answer,
			struct reader_result *ret_result)
{
	return answer->fault == HTTP_OK && is_success(answer->status) &&
	       reader_finish(&transfer->reader, ret_result, &transfer->reading);
}

/* A store that is away can say so with each answer. */
static void log_partial(struct upstream *upstream, const char *text)
{
	int64_t now_ms = loop_now_ms(upstream->loop);

	if (upstream->partial_logged_ms && now_ms - upstream->partial_logged_ms < LOG_AGAIN_MS) {
		log_v(2, "%s", text);
		return;
	}
	upstream->partial_logged_ms = now_ms;
	log_warn("%s; taken as it is, for --allow-partial", text);
}

/* Where data is missing a sum is too small and a metric seems to be gone. */
static bool is_whole(const struct prom_transfer *transfer, const struct upstream_answer *came,
		     const struct reader_result *result, struct upstream_error *error)
{
	struct str warning = reader_warning(&transfer->reader, result);

	if (warning.len == 0)
		return true;
	upstream_error_describe_partial(came, warning, error);
	if (!transfer->allow_partial)
		return false;
	log_partial(transfer->upstream, error->text);
	*error = (struct upstream_error){0};
	return true;
}

/* What is asked at one time and stamped at another is no number, and a credential that is good there is none here. What else
   went wrong has nothing to do with clocks. */
static bool clocks_differ(const struct prom_transfer *transfer, const struct http_answer *answer,
			  const struct upstream_error *error)
{
	int64_t most_ms = transfer->max_clock_skew_ms;

	if (most_ms == 0 || !answer->has_clock || (answer->ahead_ms <= most_ms && answer->ahead_ms >= -most_ms))
		return false;
	return error->fault == UPSTREAM_OK ||
	       (error->fault == UPSTREAM_STATUS && (error->status == 401 || error->status == 403));
}

static void done(void *context, const struct http_answer *answer)
{
	struct prom_transfer *transfer = context;
	struct upstream_error error = {0};
	struct reader_result result = {0};
	const struct upstream_answer came = {
		.upstream = transfer->upstream,
		.method = transfer->posted ? "POST" : "GET",
		.endpoint = prom_path_name(transfer->reader.path),
		.bytes_max = transfer->bytes_max,
		.body = buf_str(&transfer->begin),
		.answer = answer,
		.reading = &transfer->reading,
		.at_end = answer->fault == HTTP_OK,
	};

	transfer->http = NULL;
	if (transfer->overloaded)
		upstream_error_describe_overload(&came, transfer->budget->max, &error);
	else if (!read_answer(transfer, answer, &result))
		upstream_error_describe(&came, &error);
	else if (!is_whole(transfer, &came, &result, &error))
		reader_result_clear(&result);
	if (clocks_differ(transfer, answer, &error)) {
		reader_result_clear(&result);
		upstream_error_describe_clock(&came, loop_wall_ms(transfer->upstream->loop), &error);
	}
	release(transfer);
	upstream_note(transfer->upstream, transfer->reader.path, answer, &error);
	transfer->on_done(transfer, &result, &error);
}

/* ---- the request */

static void forget_answer(struct prom_transfer *transfer)
{
	reader_clear(&transfer->reader);
	buf_reset(&transfer->begin);
	transfer->reading = (struct err){0};
}

void prom_transfer_start(struct prom_transfer *transfer, const struct prom_request *request, struct upstream *upstream,
			 int64_t deadline_ms)
{
	CLEANUP(buf_clear) struct buf url = {0};
	CLEANUP(buf_clear) struct buf form = {0};
	int64_t left_ms = deadline_ms - loop_now_ms(upstream->loop);
	struct http_request http = {.deadline_ms = deadline_ms,
				    .max_body_bytes = transfer->bytes_max,
				    .context = transfer,
				    .on_body = take_piece,
				    .on_done = done};

	CHECK(transfer->http == NULL);
	forget_answer(transfer);
	reader_init(&transfer->reader, request->path);
	prom_request_write(request, upstream, &transfer->verbs, left_ms > 1 ? left_ms : 1, &url, &form);
	transfer->upstream = upstream;
	transfer->posted = form.len > 0;
	http.method = transfer->posted ? "POST" : "GET";
	http.url = buf_cstr(&url);
	http.body = buf_str(&form);
	transfer->signed_with = credentials_sign(upstream->credentials, upstream->basic, &http);
	transfer->http = http_client_start(upstream->http, &http);
}

void prom_transfer_clear(struct prom_transfer *transfer)
{
	if (transfer->http)
		http_call_cancel(transfer->http);
	transfer->http = NULL;
	release(transfer);
	reader_clear(&transfer->reader);
	buf_clear(&transfer->begin);
}
