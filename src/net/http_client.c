/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "net/loop.h"
#include "http_answer.h"
#include "http_redirect.h"
#include "http_transfer.h"
#include "text/timestamp.h"
#include "text/url.h"

struct http_call {
	struct http_client *client;
	struct list of_client;		/* among those that wait or run */
	struct http_transfer *transfer; /* NULL while waiting, and when it could not be begun */
	struct http_request request;	/* its texts are not ours and not looked at again, but: */
	struct buf url, address, headers, body;
	struct http_signing signing;
	bool posts, anonymous;
	unsigned redirects, retries;
	size_t body_bytes;
	int64_t started_ms;
	struct loop_timer deadline;
	enum http_fault fault; /* why we end it ourselves */
};

struct http_client {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer timer;      /* curl's */
	struct list waiting, running; /* calls */
	long active, max_active;      /* transfers with curl */
	enum http_redirects redirects;
	struct http_transfer *idle;   /* a stack */
	struct http_transfer *doomed; /* cancelled while curl was at work */
	bool in_curl;		      /* it cannot be told anything from its own handlers */
	int depth;		      /* of our handlers; the client lives until the outermost returns */
	bool freed;
	struct http_transfer_options options;
};

static struct http_call *call_of(struct list *member)
{
	return LIST_OF(member, struct http_call, of_client);
}

/* ---- what a transfer hands on */

/* It is followed, or refused for where it leads. */
static bool leads_on(const struct http_transfer *transfer)
{
	return transfer->call->client->redirects != HTTP_REDIRECTS_NONE && http_answer_redirects(transfer);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_transfer *transfer = context;
	struct http_call *call = transfer->call;
	size_t total = size * count;
	long status = 0;

	if (call == NULL)
		return 0;
	call->body_bytes += total;
	if (call->request.max_body_bytes > 0 && call->body_bytes > call->request.max_body_bytes) {
		call->fault = HTTP_TOO_BIG;
		return 0;
	}
	if (call->request.on_body == NULL || leads_on(transfer))
		return total;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->request.on_body(call->request.context, (int)status, (struct str){bytes, total}))
		return total;
	if (transfer->call) /* it may have cancelled itself */
		call->fault = HTTP_STOPPED;
	return 0;
}

static struct http_transfer *transfer_get(struct http_client *client)
{
	struct http_transfer *transfer = client->idle;

	if (transfer == NULL)
		return http_transfer_new(&client->options, take_body);
	client->idle = transfer->next_idle;
	return transfer;
}

/* curl leaves a header without a value out; with ';' in the place of ':' it sends it empty. */
static void put_header(struct buf *out, const char *line)
{
	struct str text = str_of(line);
	size_t colon = str_index(text, ':');

	if (colon < text.len && str_trim(str_slice(text, colon + 1, text.len)).len == 0) {
		buf_put(out, str_slice(text, 0, colon));
		buf_putc(out, ';');
	} else {
		buf_put(out, text);
	}
	buf_putc(out, '\0');
}

/* No `Expect: 100-continue`, which costs a round trip and which small servers do not know; curl would sign that it is not there. */
static void put_headers(struct buf *out, const char *const *headers, bool is_signed)
{
	put_header(out, "Accept-Encoding: identity");
	if (!is_signed)
		buf_put(out, (struct str){"Expect:", sizeof("Expect:")});
	for (; headers && *headers; headers++)
		put_header(out, *headers);
}

/* ---- the end of calls */

static void call_free(struct http_call *call)
{
	loop_timer_cancel(call->client->loop, &call->deadline);
	buf_clear(&call->url);
	buf_clear(&call->address);
	buf_clear(&call->headers);
	buf_clear(&call->body);
	buf_clear(&call->signing.scheme);
	buf_clear(&call->signing.key_id);
	buf_clear(&call->signing.secret);
	free(call);
}

/* Takes a transfer away from curl; to be used again. */
static void retire(struct http_client *client, struct http_transfer *transfer)
{
	curl_multi_remove_handle(client->multi, transfer->easy);
	transfer->call = NULL;
	transfer->next_idle = client->idle;
	client->idle = transfer;
	client->active--;
}

static void retire_doomed(struct http_client *client)
{
	while (client->doomed) {
		struct http_transfer *transfer = client->doomed;

		client->doomed = transfer->next_idle;
		retire(client, transfer);
	}
}

/* Takes the call out of the client; its transfer ends. */
static void detach(struct http_call *call)
{
	struct http_client *client = call->client;
	struct http_transfer *transfer = call->transfer;

	list_leave(&call->of_client);
	call->transfer = NULL;
	if (transfer == NULL)
		return;
	if (!client->in_curl) {
		retire(client, transfer);
		return;
	}
	transfer->call = NULL;
	transfer->next_idle = client->doomed;
	client->doomed = transfer;
}

/* The handler may start, cancel and free whatever it likes. */
static void finish(struct http_call *call, enum http_fault fault, const char *message)
{
	struct loop *loop = call->client->loop;
	struct http_answer answer = {.fault = fault, .elapsed_ms = loop_now_ms(loop) - call->started_ms};

	if (call->transfer)
		http_answer_look_at(call->transfer, call->request.wanted_header, loop_wall_ms(loop), &answer);
	answer.retries += call->retries;
	snprintf(answer.message, sizeof(answer.message), "%s", message);
	log_redact(answer.message);
	detach(call);
	if (call->request.on_done)
		call->request.on_done(call->request.context, &answer);
	call_free(call);
}

/* ---- redirects */

/* curl's way, which is that of others too, makes a GET of a POST, but for 307 and 308. */
static void aim_at(struct http_call *call, const char *location, int status, bool same)
{
	struct http_transfer *transfer = call->transfer;

	buf_reset(&call->url);
	buf_puts(&call->url, location);
	call->posts = call->posts && (status == 307 || status == 308);
	if (call->posts) {
		call->body = transfer->body;
		transfer->body = (struct buf){0};
	}
	if (same)
		return;
	call->anonymous = true;
	buf_reset(&call->headers);
	put_headers(&call->headers, NULL, false);
	buf_reset(&call->signing.scheme);
}

/* Ahead of those that wait for their first connection. */
static void send_again(struct http_call *call)
{
	struct http_client *client = call->client;

	call->redirects++;
	call->retries += http_answer_retries(call->transfer);
	call->body_bytes = 0;
	detach(call);
	list_put_first(&client->waiting, &call->of_client);
}

static void follow(struct http_call *call)
{
	CLEANUP(buf_clear) struct buf message = {0};
	char *location = NULL;
	long status = 0;
	bool same = false;

	curl_easy_getinfo(call->transfer->easy, CURLINFO_REDIRECT_URL, &location);
	curl_easy_getinfo(call->transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (http_redirect_may_go(call->client->redirects, call->redirects, buf_str(&call->url), str_of(location), &same,
				 &message)) {
		aim_at(call, location, (int)status, same);
		send_again(call);
	} else {
		finish(call, HTTP_REDIRECT, buf_cstr(&message));
	}
}

/* "certificate has expired", "certificate is not yet valid": whose fault that is, the clock may say. */
static void finish_failed(struct http_call *call, enum http_fault fault, const char *text)
{
	CLEANUP(buf_clear) struct buf message = {0};

	buf_puts(&message, text);
	if (fault == HTTP_TLS && (strstr(text, "expired") || strstr(text, "not yet valid"))) {
		buf_puts(&message, "; the clock here says ");
		timestamp_write_rfc3339(&message, loop_wall_ms(call->client->loop));
	}
	finish(call, fault, buf_cstr(&message));
}

static void finish_transfer(struct http_transfer *transfer, CURLcode code)
{
	struct http_call *call = transfer->call;
	enum http_fault fault = call->fault != HTTP_OK ? call->fault : http_transfer_fault(transfer, code);

	if (fault == HTTP_OK && leads_on(transfer))
		follow(call);
	else if (fault == HTTP_OK)
		finish(call, fault, "");
	else if (fault == HTTP_TOO_BIG)
		finish(call, fault, "the answer is larger than allowed");
	else
		finish_failed(call, fault, transfer->message[0] ? transfer->message : curl_easy_strerror(code));
}

/* ---- the beginning of calls */

/* False: curl has no memory, or does not take the request. */
static bool begin(struct http_client *client, struct http_call *call)
{
	struct http_transfer *transfer = transfer_get(client);
	const struct http_sending sending = {
		.url = buf_cstr(&call->url),
		.address = call->address.len ? buf_cstr(&call->address) : NULL,
		.headers = &call->headers,
		.body = call->posts ? &call->body : NULL,
		.signing = &call->signing,
		.anonymous = call->anonymous,
	};

	if (transfer == NULL)
		return false;
	transfer->call = call;
	client->active++;
	if (!http_transfer_prepare(transfer, &sending) ||
	    curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK) {
		retire(client, transfer);
		return false;
	}
	call->transfer = transfer;
	return true;
}

static void begin_waiting(struct http_client *client)
{
	while (!list_is_empty(&client->waiting) && client->active < client->max_active) {
		struct http_call *call = call_of(list_take_first(&client->waiting));

		list_put_last(&client->running, &call->of_client);
		if (!begin(client, call)) { /* its handler is called by the loop, not from here */
			call->fault = HTTP_OTHER;
			loop_timer_set(client->loop, &call->deadline, 0);
		}
	}
}

/* ---- curl and the loop. Everything that calls handlers stands between enter and leave. */

static void enter(struct http_client *client)
{
	client->depth++;
}

static void client_destroy(struct http_client *client);

static void leave(struct http_client *client)
{
	if (--client->depth > 0)
		return;
	if (client->freed)
		client_destroy(client);
	else
		begin_waiting(client);
}

static void deadline_passed(void *context)
{
	struct http_call *call = context;
	struct http_client *client = call->client;

	enter(client);
	if (call->fault == HTTP_OTHER)
		finish(call, HTTP_OTHER, "the request could not be begun");
	else if (call->transfer == NULL)
		finish(call, HTTP_TIMEOUT, "no connection became free in time");
	else
		finish(call, HTTP_TIMEOUT, "no complete answer in time");
	leave(client);
}

static void drive(struct http_client *client, curl_socket_t socket, int bits)
{
	int running, left;
	CURLMsg *message;

	enter(client);
	client->in_curl = true;
	curl_multi_socket_action(client->multi, socket, bits, &running);
	client->in_curl = false;
	retire_doomed(client);
	while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
		struct http_transfer *transfer = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish_transfer(transfer, message->data.result);
	}
	leave(client);
}

static void socket_ready(void *context, int fd, uint32_t events)
{
	int bits = 0;

	/* On an error curl finds out by reading or writing which one it is. */
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		bits |= CURL_CSELECT_IN;
	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		bits |= CURL_CSELECT_OUT;
	drive(context, fd, bits);
}

static void timer_passed(void *context)
{
	drive(context, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct http_client *client = context;

	(void)multi;
	if (timeout_ms < 0)
		loop_timer_cancel(client->loop, &client->timer);
	else
		loop_timer_set(client->loop, &client->timer, timeout_ms);
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *watched)
{
	struct http_client *client = context;
	uint32_t events =
		(what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
	struct err err = {0};

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_unwatch(client->loop, fd);
	} else if (watched) {
		loop_rewatch(client->loop, fd, events);
	} else if (loop_watch(client->loop, fd, events, socket_ready, client, &err)) {
		curl_multi_assign(client->multi, fd, client);
	} else { /* the call ends at its deadline; an error to curl would end all of them for ever */
		log_warn("a connection cannot be watched, its request will time out: %s", err.msg);
	}
	return 0;
}

/* ---- the client */

static char *copy_of(const char *text)
{
	size_t bytes = text ? strlen(text) + 1 : 0;

	return text ? memcpy(xcalloc(bytes, 1), text, bytes) : NULL;
}

static void copy_options(struct http_client *client, const struct http_client_options *options)
{
	client->max_active = options->max_connections;
	client->options.ca_file = copy_of(options->ca_file);
	client->options.cert_file = copy_of(options->cert_file);
	client->options.key_file = copy_of(options->key_file);
	client->options.tls_server_name = copy_of(options->tls_server_name);
	buf_put(&client->options.ca_pem, options->ca_pem);
	buf_put(&client->options.cert_pem, options->cert_pem);
	buf_put(&client->options.key_pem, options->key_pem);
	client->options.insecure = options->insecure;
	client->options.no_proxy = options->no_proxy;
	client->redirects = options->redirects;
}

static bool set_up_multi(struct http_client *client)
{
	CURLM *multi = client->multi;

	return multi && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) == CURLM_OK &&
	       curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, client->max_active) == CURLM_OK;
}

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options, struct err *err)
{
	struct http_client *client;

	if (options->max_connections < 1) {
		(void)err_set(err, ERR_INVALID, "at least one connection must be allowed");
		return NULL;
	}
	if (options->tls_server_name && options->redirects != HTTP_REDIRECTS_NONE) {
		(void)err_set(err, ERR_INVALID, "a TLS server name of its own and redirects do not go together");
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) { /* counted; the first one does the work */
		(void)err_set(err, ERR_IO, "curl cannot be initialized");
		return NULL;
	}
	client = xnew(struct http_client);
	list_init(&client->waiting);
	list_init(&client->running);
	client->loop = loop;
	client->timer = (struct loop_timer){.handler = timer_passed, .context = client};
	copy_options(client, options);
	client->multi = curl_multi_init();
	if (set_up_multi(client))
		return client;
	(void)err_set(err, ERR_IO, "curl cannot be set up");
	client_destroy(client);
	return NULL;
}

static void client_destroy(struct http_client *client)
{
	while (client->idle) {
		struct http_transfer *transfer = client->idle;

		client->idle = transfer->next_idle;
		http_transfer_free(transfer);
	}
	if (client->multi)
		curl_multi_cleanup(client->multi);
	loop_timer_cancel(client->loop, &client->timer);
	free(client->options.ca_file);
	free(client->options.cert_file);
	free(client->options.key_file);
	free(client->options.tls_server_name);
	buf_clear(&client->options.ca_pem);
	buf_clear(&client->options.cert_pem);
	buf_clear(&client->options.key_pem);
	free(client);
	curl_global_cleanup();
}

void http_client_free(struct http_client *client)
{
	if (client == NULL)
		return;
	list_move(&client->waiting, &client->running);
	while (!list_is_empty(&client->running))
		http_call_cancel(call_of(client->running.next));
	client->freed = true;
	if (client->depth == 0)
		client_destroy(client);
}

/* curl asks for and verifies the host of the URL; so that becomes the wanted name, and where to connect to is said apart. */
static void put_url(struct http_call *call, const char *text)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	const char *name = call->client->options.tls_server_name;
	struct url url = {0};
	struct err err = {0};

	if (name == NULL || !url_parse(str_of(text), arena, &url, &err) || !str_eq(url.scheme, STR("https"))) {
		buf_puts(&call->url, text);
		return;
	}
	buf_printf(&call->url, "https://%s:%u%.*s%s%.*s", name, url.port, STR_ARG(url.path), url.query.len ? "?" : "",
		   STR_ARG(url.query));
	buf_printf(&call->address, "::%.*s:%u", STR_ARG(url.host), url.port);
	buf_printf(&call->headers, "Host: %.*s:%u", STR_ARG(url.host), url.port);
	buf_putc(&call->headers, '\0');
}

struct http_call *http_client_start(struct http_client *client, const struct http_request *request)
{
	struct http_call *call = xnew(struct http_call);
	int64_t left_ms;

	CHECK(!client->freed);
	call->client = client;
	call->request = *request;
	call->posts = strcmp(request->method, "POST") == 0;
	put_url(call, request->url);
	put_headers(&call->headers, request->headers, request->aws_sigv4 != NULL);
	buf_put(&call->body, request->body);
	buf_puts(&call->signing.scheme, request->aws_sigv4 ? request->aws_sigv4 : "");
	buf_puts(&call->signing.key_id, request->aws_key_id ? request->aws_key_id : "");
	buf_puts(&call->signing.secret, request->aws_secret ? request->aws_secret : "");
	call->started_ms = loop_now_ms(client->loop);
	call->deadline = (struct loop_timer){.handler = deadline_passed, .context = call};
	/* Never at once: curl, whose timer is set to 0, is to have looked at the call before its deadline. */
	left_ms = request->deadline_ms - call->started_ms;
	if (request->deadline_ms != 0)
		loop_timer_set(client->loop, &call->deadline, left_ms > 0 ? left_ms : 1);
	list_put_last(&client->waiting, &call->of_client);
	if (client->depth == 0)
		begin_waiting(client);
	return call;
}

void http_call_cancel(struct http_call *call)
{
	struct http_client *client = call->client;

	detach(call);
	call_free(call);
	if (client->depth == 0 && !client->freed)
		begin_waiting(client);
}
