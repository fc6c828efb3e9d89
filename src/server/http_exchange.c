/* SPDX-License-Identifier: Apache-2.0 */
#include "http_exchange.h"

#include "http_guard.h"
#include "http_reply.h"
#include "base/log.h"

enum { TARGET_KEPT = 4 * 1024 }; /* what an idle connection may keep of its last target's memory */

/* ---- its end */

static void count_answer(const struct http_exchange *exchange)
{
	struct http_server *server = exchange->connection->server;

	traffic_count(&server->traffic, exchange->route, http_method(exchange), exchange->status,
		      (double)(loop_exact_us(server->loop) - exchange->began_us) / 1e6);
}

static void exchange_gone(struct http_exchange *exchange)
{
	void (*on_gone)(void *context) = exchange->on_gone;

	if (exchange->state != EXCHANGE_HANDED && exchange->state != EXCHANGE_WAITING)
		return;
	exchange->state = EXCHANGE_NONE; /* too late for an answer */
	exchange->connection->server->active--;
	exchange->on_gone = NULL;
	if (on_gone)
		on_gone(exchange->gone_context);
}

void http_exchange_end(struct http_exchange *exchange)
{
	exchange_gone(exchange);
	if (exchange->response)
		MHD_destroy_response(exchange->response);
	arena_free(exchange->arena);
	if (exchange->target.cap > TARGET_KEPT)
		buf_clear(&exchange->target);
	buf_reset(&exchange->target);
	exchange->response = NULL;
	exchange->arena = NULL;
	exchange->method = NULL;
	exchange->route = TRAFFIC_OTHER;
	exchange->on_gone = NULL;
	exchange->body_bytes = 0;
	exchange->state = EXCHANGE_NONE;
}

void http_on_completed(void *context, struct MHD_Connection *mhd, void **exchange_at,
		       enum MHD_RequestTerminationCode code)
{
	struct http_exchange *exchange = *exchange_at;

	(void)context;
	(void)mhd;
	(void)code;
	if (!exchange)
		return;
	*exchange_at = NULL;
	http_exchange_end(exchange);
}

/* ---- its way */

void *http_on_request_line(void *context, const char *target, struct MHD_Connection *mhd)
{
	struct http_server *server = context;
	struct http_connection *connection =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct http_exchange *exchange = &connection->exchange;

	http_exchange_end(exchange);
	exchange->state = EXCHANGE_HEAD;
	exchange->began_us = loop_exact_us(server->loop);
	connection->since_ms = loop_now_ms(server->loop);
	connection->requests++;
	buf_puts(&exchange->target, target); /* libmicrohttpd decodes it in place when we return */
	return exchange;
}

static enum MHD_Result reply_queue(struct http_exchange *exchange)
{
	struct http_connection *connection = exchange->connection;
	struct MHD_Response *response = STEAL(exchange->response);
	enum MHD_Result result = MHD_queue_response(connection->mhd, exchange->status, response);

	MHD_destroy_response(response); /* the connection has its own count */
	exchange->state = EXCHANGE_SENDING;
	connection->since_ms = loop_now_ms(connection->server->loop);
	return result;
}

void http_respond(struct http_exchange *exchange, const struct http_reply *reply)
{
	bool suspended = exchange->state == EXCHANGE_WAITING;

	CHECK(suspended || exchange->state == EXCHANGE_HANDED);
	exchange->response = http_reply_make(exchange, reply);
	exchange->state = EXCHANGE_ANSWERED;
	exchange->connection->server->active--;
	count_answer(exchange);
	if (!suspended)
		return;
	MHD_resume_connection(exchange->connection->mhd);
	http_turns_soon(&exchange->connection->server->turns);
}

/* An answer before the body is read makes libmicrohttpd close the connection behind it, which is just what is wanted
   here. */
static enum MHD_Result refuse(struct http_exchange *exchange, unsigned status, const char *reason)
{
	CLEANUP(buf_clear) struct buf body = {0};

	log_v(3, "http: request refused with %u: %s", status, reason);
	buf_printf(&body, "%s\n", reason);
	exchange->response = http_reply_make(
		exchange,
		&(struct http_reply){.status = status, .content_type = "text/plain; charset=utf-8", .body = &body});
	count_answer(exchange);
	return reply_queue(exchange);
}

static enum MHD_Result head_received(struct http_exchange *exchange, const char *method, const char *version)
{
	unsigned status;
	const char *reason;

	exchange->method = method;
	if (!http_guard(exchange->connection->mhd, buf_str(&exchange->target), version, &status, &reason))
		return refuse(exchange, status, reason);
	exchange->state = EXCHANGE_BODY;
	return MHD_YES;
}

/* Nobody here has use for a body. One that is told to be too large has been refused already; of one that comes in chunks
   this is known only now, when libmicrohttpd takes no answer. */
static enum MHD_Result body_received(struct http_exchange *exchange, size_t *bytes)
{
	exchange->body_bytes += *bytes;
	*bytes = 0;
	return exchange->body_bytes <= HTTP_BODY_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result hand_over(struct http_exchange *exchange)
{
	struct http_server *server = exchange->connection->server;

	exchange->state = EXCHANGE_HANDED;
	server->active++;
	server->handler(server->context, exchange);
	if (exchange->state == EXCHANGE_ANSWERED)
		return reply_queue(exchange);
	exchange->state = EXCHANGE_WAITING;
	MHD_suspend_connection(exchange->connection->mhd);
	return MHD_YES;
}

enum MHD_Result http_on_request(void *context, struct MHD_Connection *mhd, const char *url, const char *method,
				const char *version, const char *body, size_t *body_bytes, void **exchange_at)
{
	struct http_exchange *exchange = *exchange_at;

	(void)context;
	(void)mhd;
	(void)url;
	(void)body;
	switch (exchange->state) {
	case EXCHANGE_HEAD:
		return head_received(exchange, method, version);
	case EXCHANGE_BODY:
		return *body_bytes ? body_received(exchange, body_bytes) : hand_over(exchange);
	case EXCHANGE_ANSWERED:
		return reply_queue(exchange);
	case EXCHANGE_NONE:
	case EXCHANGE_HANDED:
	case EXCHANGE_WAITING:
	case EXCHANGE_SENDING:
		break; /* the server is being closed */
	}
	return MHD_NO;
}
