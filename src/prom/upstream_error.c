/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream_error.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clean.h"
#include "base/log.h"
#include "net/http_client.h"
#include "model/upstream_error.h"
#include "text/duration.h"
#include "text/json_reader.h"
#include "text/timestamp.h"
#include "upstream.h"

enum { WORDS_BYTES = 200 }; /* of what the other side said */

/* ---- what the other side said */

/* Prometheus: {"status":"error","errorType":"bad_data","error":"..."}. Kubernetes and Google's front ends put "message"
   somewhere. */
struct said {
	int depth;
	bool at_error, at_message, at_status;
	struct buf error, message, status;
};

static bool hear(void *context, enum json_event event, struct str text, struct err *err)
{
	struct said *said = context;

	(void)err;
	if (event == JSON_EVENT_KEY) {
		said->at_error = said->depth == 1 && str_eq(text, STR("error"));
		said->at_message = str_eq(text, STR("message"));
		said->at_status = said->depth > 1 && str_eq(text, STR("status")); /* Google's: PERMISSION_DENIED */
		return true;
	}
	if (event == JSON_EVENT_STRING && said->at_error && said->error.len == 0)
		buf_put(&said->error, text);
	if (event == JSON_EVENT_STRING && said->at_message && said->message.len == 0)
		buf_put(&said->message, text);
	if (event == JSON_EVENT_STRING && said->at_status && said->status.len == 0)
		buf_put(&said->status, text);
	if (event == JSON_EVENT_OBJECT || event == JSON_EVENT_ARRAY)
		said->depth++;
	if (event == JSON_EVENT_OBJECT_END || event == JSON_EVENT_ARRAY_END)
		said->depth--;
	said->at_error = said->at_message = said->at_status = false;
	return true;
}

/* Cleaned, and each run of spaces, of lines that were indented perhaps, is one. */
static void put_one_line(struct buf *out, struct str text)
{
	CLEANUP(buf_clear) struct buf line = {0};

	clean_put(&line, text);
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] != ' ' || (out->len > 0 && out->ptr[out->len - 1] != ' '))
			buf_putc(out, line.ptr[i]);
}

/* Secrets go before the text is cut, since half a secret would not be known as one. */
static void put_readable(struct buf *out, struct str text)
{
	CLEANUP(buf_clear) struct buf line = {0};
	struct str words;

	put_one_line(&line, text);
	(void)buf_cstr(&line);
	if (line.len == 0)
		return;
	log_redact(line.ptr);
	words = str_trim(str_of(line.ptr));
	if (words.len <= WORDS_BYTES) {
		buf_put(out, words);
		return;
	}
	words = str_slice(words, 0, WORDS_BYTES - 3);
	buf_put(out, str_slice(words, 0, str_whole_characters(words)));
	buf_puts(out, "...");
}

static void put_said(struct buf *out, const struct said *said)
{
	if (said->error.len > 0) {
		buf_put(out, buf_str(&said->error));
		return;
	}
	if (said->message.len > 0 && said->status.len > 0) {
		buf_put(out, buf_str(&said->status));
		buf_puts(out, ": ");
	}
	buf_put(out, buf_str(&said->message));
}

/* The error's own words, else the begin of the body, on one line, without secrets, cut. */
static void put_words(struct buf *out, struct str body)
{
	CLEANUP(buf_clear) struct buf raw = {0};
	struct said said = {0};
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(hear, &said);
	struct err err = {0};

	if (json_reader_feed(reader, body, &err) && json_reader_finish(reader, &err))
		put_said(&raw, &said);
	if (raw.len == 0)
		buf_put(&raw, body);
	put_readable(out, buf_str(&raw));
	buf_clear(&said.error);
	buf_clear(&said.message);
	buf_clear(&said.status);
}

/* ---- sentences. Each begins with the neighbour's name. */

static void put_neighbour(struct buf *out, const struct upstream_answer *came, const char *what)
{
	buf_printf(out, "Prometheus %.*s %s", STR_ARG(came->upstream->authority), what);
}

static void put_behind(struct buf *out, const char *between, struct str words)
{
	buf_puts(out, between);
	put_readable(out, words);
}

/* To `out`, for an answer with an error's status. */
static void describe_status(struct buf *out, const struct upstream_answer *came)
{
	CLEANUP(buf_clear) struct buf path = {0};
	int status = came->answer->status;

	put_neighbour(out, came, "answered");
	buf_printf(out, " %d", status);
	if (status == 401 || status == 403)
		credentials_describe(came->upstream->credentials, out);
	if (status == 404 || status == 405) {
		buf_printf(out, " to %s ", came->method);
		upstream_write_path(came->upstream, &path);
		put_readable(out, buf_str(&path));
		buf_printf(out, "/api/v1/%s", came->endpoint);
	}
	if (str_trim(came->body).len == 0)
		return;
	buf_puts(out, ": ");
	put_words(out, came->body);
}

static bool looks_like_html(const struct upstream_answer *came)
{
	struct str body = str_trim(came->body), type = came->answer->content_type;

	return (body.len > 0 && body.ptr[0] == '<') || str_starts(type, STR("text/html"));
}

static void describe_no_json(struct buf *out, const struct upstream_answer *came)
{
	struct str type = came->answer->content_type;

	put_neighbour(out, came, "answered ");
	buf_printf(out, "%d with ", came->answer->status);
	if (str_trim(came->body).len == 0)
		buf_puts(out, "an empty body");
	else
		buf_puts(out, looks_like_html(came) ? "HTML" : "something");
	buf_puts(out, ", not JSON");
	if (type.len > 0) {
		put_behind(out, " (Content-Type ", type);
		buf_putc(out, ')');
	}
	if (came->body.len > 0 && !looks_like_html(came))
		put_behind(out, ": ", str_of(came->reading->msg));
}

static enum upstream_fault describe_reading(struct buf *out, const struct upstream_answer *came)
{
	struct str body = str_trim(came->body);

	switch (came->reading->code) {
	case ERR_LIMIT:
		put_neighbour(out, came, "answered more than we take");
		put_behind(out, ": ", str_of(came->reading->msg));
		return UPSTREAM_TOO_BIG;
	case ERR_INVALID:
		if (came->at_end && body.len > 0 && body.ptr[0] == '{') {
			put_neighbour(out, came, "gave an answer that ended early");
			put_behind(out, ": its JSON ", str_of(came->reading->msg));
			return UPSTREAM_CUT;
		}
		describe_no_json(out, came);
		return UPSTREAM_NOT_JSON;
	case ERR_NONE:
	case ERR_NOT_FOUND:
	case ERR_IO:
	case ERR_TIMEOUT:
	case ERR_UPSTREAM:
		break;
	}
	put_neighbour(out, came, "answered ");
	buf_printf(out, "%d without data that can be used", came->answer->status);
	put_behind(out, ": ", str_of(came->reading->msg));
	return UPSTREAM_MALFORMED;
}

static void put_message(struct buf *out, const struct upstream_answer *came)
{
	if (came->answer->message[0])
		put_behind(out, ": ", str_of(came->answer->message));
}

static void describe_timeout(struct buf *out, const struct upstream_answer *came)
{
	put_neighbour(out, came, "had not answered after ");
	buf_printf(out, "%.1f seconds", (double)came->answer->elapsed_ms / 1000);
	put_message(out, came);
}

static void describe_too_big(struct buf *out, const struct upstream_answer *came)
{
	put_neighbour(out, came, "answered more than the ");
	buf_printf(out, "%zu bytes that we take", came->bytes_max);
}

static enum upstream_fault describe_fault(struct buf *out, const struct upstream_answer *came)
{
	switch (came->answer->fault) {
	case HTTP_REFUSED:
		put_neighbour(out, came, "refused the connection");
		return UPSTREAM_REFUSED;
	case HTTP_UNRESOLVED:
		put_neighbour(out, came, "cannot be reached: its host name ");
		buf_printf(out, "%.*s cannot be resolved", STR_ARG(came->upstream->host));
		return UPSTREAM_UNRESOLVED;
	case HTTP_TIMEOUT:
		describe_timeout(out, came);
		return UPSTREAM_TIMEOUT;
	case HTTP_TLS:
		put_neighbour(out, came, "cannot be spoken to by TLS");
		break;
	case HTTP_CUT:
		put_neighbour(out, came, "closed or reset the connection, the answer ended early");
		break;
	case HTTP_TOO_BIG:
		describe_too_big(out, came);
		return UPSTREAM_TOO_BIG;
	case HTTP_OK:
	case HTTP_STOPPED:
		return describe_reading(out, came);
	case HTTP_REDIRECT:
	case HTTP_OTHER:
		put_neighbour(out, came, "cannot be asked");
		break;
	}
	put_message(out, came);
	return came->answer->fault == HTTP_TLS	 ? UPSTREAM_TLS
	       : came->answer->fault == HTTP_CUT ? UPSTREAM_CUT
						 : UPSTREAM_OTHER;
}

static enum upstream_fault describe_redirect(struct buf *out, const struct upstream_answer *came)
{
	put_neighbour(out, came, "answered ");
	buf_printf(out, "%d, a redirect that is not followed", came->answer->status);
	put_message(out, came);
	return UPSTREAM_REDIRECT;
}

/* An error's status is the better reason even when its body did not come whole. */
static enum upstream_fault describe_answer(struct buf *out, const struct upstream_answer *came)
{
	int status = came->answer->status;
	enum http_fault fault = came->answer->fault;

	if (status < 300 || (status < 400 && fault == HTTP_TIMEOUT))
		return describe_fault(out, came);
	if (fault == HTTP_REDIRECT)
		return describe_redirect(out, came);
	describe_status(out, came);
	return UPSTREAM_STATUS;
}

static void cut_to(struct upstream_error *error, struct buf *text)
{
	clean_copy(error->text, sizeof(error->text), buf_str(text));
}

static void take_text(struct buf *text, struct upstream_error *ret_error)
{
	(void)buf_cstr(text);
	log_redact(text->ptr);
	text->len = strlen(text->ptr);
	cut_to(ret_error, text);
}

void upstream_error_describe(const struct upstream_answer *came, struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};

	ret_error->status = came->answer->status;
	ret_error->credential = upstream_credential(came->upstream);
	ret_error->fault = describe_answer(&text, came);
	take_text(&text, ret_error);
}

void upstream_error_describe_partial(const struct upstream_answer *came, struct str warning,
				     struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};

	ret_error->status = came->answer->status;
	ret_error->fault = UPSTREAM_PARTIAL;
	put_neighbour(&text, came, "warns that data is missing");
	put_behind(&text, ": ", warning);
	take_text(&text, ret_error);
}

void upstream_error_describe_clock(const struct upstream_answer *came, int64_t now_ms, struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int64_t ahead_ms = came->answer->ahead_ms;

	put_neighbour(&text, came, "has another time: the clock here says ");
	timestamp_write_rfc3339(&text, now_ms);
	buf_puts(&text, ", its clock is at least ");
	duration_write_go(&text, (ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1000 * 1000000000);
	buf_puts(&text, ahead_ms < 0 ? " behind" : " ahead");
	*ret_error = (struct upstream_error){.fault = UPSTREAM_CLOCK, .status = came->answer->status};
	take_text(&text, ret_error);
}

void upstream_error_describe_overload(const struct upstream_answer *came, size_t budget,
				      struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};

	put_neighbour(&text, came, "has answered, but not all of it was read: ");
	buf_printf(&text, "with the other answers that are being read it takes more than %zu bytes", budget);
	*ret_error = (struct upstream_error){.fault = UPSTREAM_OVERLOAD, .status = came->answer->status};
	take_text(&text, ret_error);
}

void upstream_error_describe_wait(const struct upstream_error *last, int64_t wait_ms, struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};
	char wait[60];
	size_t room = sizeof(ret_error->text) - sizeof(wait);
	int64_t tenths = (wait_ms + 99) / 100;
	struct str front = str_of(last->text);

	if (front.len > room)
		front.len = str_whole_characters(str_slice(front, 0, room));
	snprintf(wait, sizeof(wait), "; not asked again for %lld.%lld s", (long long)tenths / 10,
		 (long long)tenths % 10);
	buf_put(&text, front);
	buf_puts(&text, wait);
	*ret_error = (struct upstream_error){.fault = last->fault,
					     .status = last->status,
					     .credential = last->credential,
					     .wait_ms = wait_ms,
					     .not_asked = true};
	cut_to(ret_error, &text);
}

void upstream_error_describe_credential(const struct upstream *upstream, const char *why, int64_t wait_ms,
					struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_printf(&text,
		   "Prometheus %.*s is not asked, as something is missing to ask with: ", STR_ARG(upstream->authority));
	put_readable(&text, str_of(why));
	*ret_error = (struct upstream_error){.fault = UPSTREAM_IDENTITY,
					     .wait_ms = wait_ms,
					     .credential = upstream_credential(upstream),
					     .not_asked = true};
	take_text(&text, ret_error);
}

void upstream_error_describe_scope(const struct upstream *upstream, const char *why, struct upstream_error *ret_error)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_printf(&text, "Prometheus %.*s is not asked, as the query cannot be kept to one cluster: ",
		   STR_ARG(upstream->authority));
	put_readable(&text, str_of(why));
	*ret_error = (struct upstream_error){.fault = UPSTREAM_STATUS, .status = 400};
	take_text(&text, ret_error);
}

void upstream_error_join(const struct upstream_error *before, struct upstream_error *error)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_printf(&text, "%s; %s", before->text, error->text);
	error->fault = before->fault;
	error->status = before->status;
	error->credential = before->credential;
	cut_to(error, &text);
}
