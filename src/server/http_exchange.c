/* SPDX-License-Identifier: Apache-2.0 */
#include "http_exchange.h"

#include "http_reply.h"
#include "base/log.h"
#include "base/buf.h"

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
	exchange->connection->server->response_bytes -= STEAL(exchange->held_bytes);
	if (exchange->target.cap > TARGET_KEPT)
		buf_clear(&exchange->target);
	buf_reset(&exchange->target);
	exchange->response = NULL;
	exchange->arena = NULL;
	exchange->method = NULL;
	exchange->route = TRAFFIC_OTHER;
	exchange->on_gone = NULL;
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

/* ---- what is refused before there is an exchange */

/* Nothing else is being sent: libmicrohttpd receives only when it has nothing to answer. */
void http_refuse(struct http_session *session)
{
	CLEANUP(buf_clear) struct buf answer = {0};
	struct http_connection *connection = session->connection;
	const struct http_head *head = &session->head;
	struct http_server *server = connection->server;

	log_v(3, "http: request refused with %u: %s", head->status, head->reason);
	http_door_closed(&server->door, TRAFFIC_CLOSED_REFUSED);
	traffic_count(&server->traffic, TRAFFIC_OTHER, str_of(head->method), head->status, 0);
	http_refusal_write(server, head->status, head->reason, &answer);
	if (gnutls_record_send(session->gnutls, answer.ptr, answer.len) < 0)
		log_v(3, "http: the client does not take the refusal");
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
	http_guest_is_active(&server->door.guests, &connection->visitor->guest);
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

/* The head was judged before libmicrohttpd had it. */
static enum MHD_Result head_received(struct http_exchange *exchange, const char *method)
{
	CHECK(exchange->connection->session.judged);
	exchange->method = method;
	exchange->state = EXCHANGE_BODY;
	return MHD_YES;
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
	(void)version;
	(void)body;
	switch (exchange->state) {
	case EXCHANGE_HEAD:
		return head_received(exchange, method);
	case EXCHANGE_BODY:
		if (*body_bytes == 0)
			return hand_over(exchange);
		*body_bytes = 0; /* nobody here has use for a body */
		return MHD_YES;
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
