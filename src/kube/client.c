/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/clean.h"
#include "base/log.h"
#include "client_limits.h"
#include "kube/config.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "net/token_file.h"
#include "text/base64.h"
#include "text/json_document.h"
#include "text/url.h"

enum {
	QUICK_CONNECTIONS = 16,
	STREAM_CONNECTIONS = 1024,   /* a watch keeps its own for ever */
	ANSWER_BYTES_MAX = 16 << 20, /* of an answer that is gathered, when the request names no bound */
	ERROR_BYTES_KEPT = 64 << 10,
	ERROR_BYTES_READ = 1 << 20,
	TRIES = 5,
	RETRY_MS = 500,
	HEADERS = 4,
};

static const double RETRY_FACTOR = 1.5, RETRY_JITTER = 0.2;

struct kube_call {
	struct kube_client *client;
	struct kube_call *previous, *next;
	struct kube_request request; /* of its texts only the copies below are looked at */
	bool posts;
	struct buf url, accept, body;
	struct http_call *http; /* NULL: waiting for its turn, or for the next try */
	struct loop_timer timer;
	bool counted; /* a token is taken that is not used yet */
	int64_t started_ms;
	int tries;
	double retry_ms;
	struct buf answer;
	size_t answer_bytes;
	bool too_big, delivered;
	void *memory;
};

struct kube_client {
	struct loop *loop;
	struct http_client *quick, *streams;
	struct buf base, authority;
	struct buf authorization; /* a header line, empty: none */
	struct token_file *token_file;
	struct client_limits limits;
	struct kube_call *calls;
};

/* ---- the client */

static const char *text_or_null(struct str text)
{
	return text.len > 0 ? text.ptr : NULL;
}

static struct http_client *new_http(struct loop *loop, const struct kube_config *config, long connections,
				    struct err *err)
{
	const struct http_client_options options = {
		.ca_file = text_or_null(config->ca_file),
		.cert_file = text_or_null(config->cert_file),
		.key_file = text_or_null(config->key_file),
		.ca_pem = config->ca_pem,
		.cert_pem = config->cert_pem,
		.key_pem = config->key_pem,
		.tls_server_name = text_or_null(config->tls_server_name),
		.insecure = config->insecure,
		.max_connections = connections,
	};

	return http_client_new(loop, &options, err);
}

static bool set_address(struct kube_client *client, struct str server, struct err *err)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	struct url url = {0};

	if (!url_parse(server, arena, &url, err))
		return err_wrap(err, "server of the cluster");
	buf_printf(&client->authority, "%.*s:%u", STR_ARG(url.host), url.port);
	while (str_ends(server, STR("/")))
		server.len--;
	buf_put(&client->base, server);
	return true;
}

static bool set_token(struct kube_client *client, const struct kube_config *config, struct err *err)
{
	if (config->token_file.len > 0) {
		client->token_file = token_file_new(config->token_file.ptr, "Authorization: Bearer ",
						    "token of the kube-apiserver", err);
		return client->token_file || err_wrap(err, "token");
	}
	if (config->token.len > 0) {
		buf_puts(&client->authorization, "Authorization: Bearer ");
		buf_put(&client->authorization, config->token);
	} else if (config->user.len > 0) {
		CLEANUP(buf_clear) struct buf pair = {0};

		buf_printf(&pair, "%.*s:%.*s", STR_ARG(config->user), STR_ARG(config->password));
		buf_puts(&client->authorization, "Authorization: Basic ");
		base64_write(&client->authorization, buf_str(&pair));
	}
	return true;
}

struct kube_client *kube_client_new(struct loop *loop, const struct kube_config *config,
				    const struct kube_client_options *options, struct err *err)
{
	CLEANUP(kube_client_free_at) struct kube_client *client = xnew(struct kube_client);

	client->loop = loop;
	if (!set_address(client, config->server, err) || !set_token(client, config, err))
		return NULL;
	client->quick = new_http(loop, config, QUICK_CONNECTIONS, err);
	client->streams = client->quick ? new_http(loop, config, STREAM_CONNECTIONS, err) : NULL;
	if (client->streams == NULL)
		return NULL;
	client_limits_init(&client->limits, options->qps, options->burst, loop_now_ms(loop));
	return STEAL(client);
}

void kube_client_free(struct kube_client *client)
{
	if (client == NULL)
		return;
	while (client->calls)
		kube_call_cancel(client->calls);
	http_client_free(client->quick);
	http_client_free(client->streams);
	token_file_free(client->token_file);
	buf_clear(&client->base);
	buf_clear(&client->authority);
	buf_clear(&client->authorization);
	free(client);
}

/* ---- what went wrong, in words */

/* Secrets go before the text is cut, since half a secret would not be known as one. */
static void put_words(char *text, size_t size, struct str words)
{
	CLEANUP(buf_clear) struct buf line = {0};

	clean_put(&line, words); /* no NUL is left */
	(void)buf_cstr(&line);
	text[0] = '\0';
	if (line.len == 0)
		return;
	log_redact(line.ptr);
	clean_copy(text, size, str_of(line.ptr));
}

/* The message of a Status; else the body as it is. */
static void put_message(char *text, size_t size, struct str body)
{
	json_auto_t *root = NULL;
	struct err err = {0};
	struct str message = STR("");

	body = str_trim(body);
	if (json_document_parse(body, &root, &err))
		message = json_document_text(root, "message");
	put_words(text, size, message.len > 0 ? message : body);
}

static void describe(const struct kube_call *call, const struct http_answer *http, struct kube_answer *answer)
{
	bool ok = http->status >= 200 && http->status < 300;

	answer->status = http->status;
	if (ok && http->fault == HTTP_OK)
		return;
	if (ok)
		answer->status = 0;
	if (call->too_big)
		snprintf(answer->text, sizeof(answer->text), "the answer is larger than allowed");
	else if (answer->status == 0 && http->fault == HTTP_STOPPED)
		snprintf(answer->text, sizeof(answer->text), "the answer was not read to its end");
	else if (http->fault == HTTP_REFUSED)
		snprintf(answer->text, sizeof(answer->text), "%.*s refused the connection",
			 STR_ARG(buf_str(&call->client->authority)));
	else if (answer->status == 0)
		put_words(answer->text, sizeof(answer->text), str_of(http->message));
	else
		put_message(answer->text, sizeof(answer->text), buf_str(&call->answer));
	if (answer->text[0] == '\0')
		snprintf(answer->text, sizeof(answer->text), "status %d without a word", http->status);
}

/* ---- the end of calls */

static void detach(struct kube_call *call)
{
	struct kube_client *client = call->client;

	*(call->previous ? &call->previous->next : &client->calls) = call->next;
	if (call->next)
		call->next->previous = call->previous;
	loop_timer_cancel(client->loop, &call->timer);
	if (call->counted)
		client_limits_give_back(&client->limits);
}

static void call_free(struct kube_call *call)
{
	buf_clear(&call->url);
	buf_clear(&call->accept);
	buf_clear(&call->body);
	buf_clear(&call->answer);
	free(call->memory);
	free(call);
}

/* The handler may start, cancel and free whatever it likes. */
static void finish(struct kube_call *call, const struct kube_answer *answer)
{
	detach(call);
	if (call->request.on_done)
		call->request.on_done(call->request.context, answer);
	call_free(call);
}

void kube_call_cancel(struct kube_call *call)
{
	detach(call);
	if (call->http)
		http_call_cancel(call->http);
	call_free(call);
}

void kube_call_keep(struct kube_call *call, void *memory)
{
	call->memory = memory;
}

/* ---- tries */

/* In milliseconds; -1: there is no end. */
static int64_t time_left(const struct kube_call *call)
{
	int64_t left = call->started_ms + call->request.timeout_ms - loop_now_ms(call->client->loop);

	if (call->request.timeout_ms == 0)
		return -1;
	return left > 0 ? left : 0;
}

static bool take_piece(void *context, int status, struct str piece)
{
	struct kube_call *call = context;
	bool ok = status >= 200 && status < 300;

	if (ok && call->request.on_body) {
		size_t max = call->request.max_body_bytes;

		call->delivered = true;
		call->answer_bytes += piece.len;
		call->too_big = max > 0 && call->answer_bytes > max;
		/* The handler may have cancelled the call: nothing of it is looked at afterwards. */
		return !call->too_big && call->request.on_body(call->request.context, piece);
	}
	call->answer_bytes += piece.len;
	if (!ok) {
		call->answer.max = ERROR_BYTES_KEPT;
		buf_put(&call->answer, str_slice(piece, 0, ERROR_BYTES_KEPT - call->answer.len));
		return call->answer_bytes < ERROR_BYTES_READ;
	}
	buf_put(&call->answer, piece);
	call->too_big = call->answer.failed;
	return !call->too_big;
}

static bool is_worth_a_retry(const struct kube_call *call, const struct http_answer *http)
{
	if (!call->request.retry || call->tries >= TRIES || call->delivered || call->too_big)
		return false;
	if (http->status == 429 || http->status == 500 || http->status == 504)
		return true;
	return http->status == 0 && (http->fault == HTTP_CUT || http->fault == HTTP_TIMEOUT);
}

static double random_fraction(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		return 0.5;
	return bits / 4294967296.0;
}

/* False: it would come too late. */
static bool retry(struct kube_call *call)
{
	int64_t delay_ms = (int64_t)(call->retry_ms * (1 + RETRY_JITTER * random_fraction()));
	int64_t left_ms = time_left(call), turn_ms;

	if (left_ms >= 0 && delay_ms >= left_ms)
		return false;
	turn_ms = client_limits_take(&call->client->limits, loop_now_ms(call->client->loop), left_ms > 0 ? left_ms : 0);
	if (turn_ms < 0)
		return false;
	call->counted = true;
	call->retry_ms *= RETRY_FACTOR;
	loop_timer_set(call->client->loop, &call->timer, delay_ms > turn_ms ? delay_ms : turn_ms);
	return true;
}

static void http_done(void *context, const struct http_answer *http)
{
	struct kube_call *call = context;
	struct kube_answer answer = {0};

	call->http = NULL;
	if (is_worth_a_retry(call, http) && retry(call))
		return;
	describe(call, http, &answer);
	if (answer.status != 0 || http->status == 0)
		answer.body = buf_str(&call->answer);
	finish(call, &answer);
}

static const char *authorization(struct kube_client *client)
{
	if (client->token_file)
		return token_file_header(client->token_file);
	return client->authorization.len > 0 ? buf_cstr(&client->authorization) : NULL;
}

static void begin(struct kube_call *call)
{
	struct kube_client *client = call->client;
	const char *headers[HEADERS] = {buf_cstr(&call->accept)};
	size_t count = 1, max = call->request.max_body_bytes;
	struct http_request request = {
		.method = call->posts ? "POST" : "GET",
		.url = buf_cstr(&call->url),
		.headers = headers,
		.body = buf_str(&call->body),
		.deadline_ms = call->request.timeout_ms ? call->started_ms + call->request.timeout_ms : 0,
		.context = call,
		.on_body = take_piece,
		.on_done = http_done,
	};

	if (call->posts)
		headers[count++] = "Content-Type: application/json";
	headers[count] = authorization(client);
	call->counted = false;
	call->tries++;
	buf_clear(&call->answer);
	call->answer.max = max > 0 ? max : ANSWER_BYTES_MAX;
	call->answer_bytes = 0;
	call->http = http_client_start(call->request.on_body ? client->streams : client->quick, &request);
}

static void its_turn(void *context)
{
	struct kube_call *call = context;
	struct kube_answer answer = {0};

	if (call->counted) {
		begin(call);
		return;
	}
	snprintf(answer.text, sizeof(answer.text), "its turn would come too late (client-qps %g)",
		 call->client->limits.qps);
	finish(call, &answer);
}

struct kube_call *kube_ask(struct kube_client *client, const struct kube_request *request)
{
	struct kube_call *call = xnew(struct kube_call);
	int64_t turn_ms;

	call->client = client;
	call->request = *request;
	call->posts = strcmp(request->method, "POST") == 0;
	buf_put(&call->url, buf_str(&client->base));
	buf_put(&call->url, request->path);
	buf_printf(&call->accept, "Accept: %s", request->accept ? request->accept : "application/json");
	buf_put(&call->body, request->body);
	call->started_ms = loop_now_ms(client->loop);
	call->retry_ms = RETRY_MS;
	call->timer = (struct loop_timer){.handler = its_turn, .context = call};
	call->next = client->calls;
	if (call->next)
		call->next->previous = call;
	client->calls = call;
	turn_ms = client_limits_take(&client->limits, call->started_ms, request->timeout_ms);
	call->counted = turn_ms >= 0;
	if (turn_ms == 0)
		begin(call);
	else
		loop_timer_set(client->loop, &call->timer, turn_ms > 0 ? turn_ms : 0);
	return call;
}
