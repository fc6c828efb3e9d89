/* SPDX-License-Identifier: Apache-2.0 */
#include "http_reply.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum {
	AUDIT_ID_MAX = 128,
	UUID_TEXT = 37,
	SMALL_ANSWER = 64 * 1024,
};

/* Several requests live on one visit to the system. */
static void random_take(struct http_server *server, unsigned char *out, size_t bytes)
{
	if (server->random_used + bytes > sizeof(server->random) || server->random_used == 0) {
		CHECK(getrandom(server->random, sizeof(server->random), 0) == (ssize_t)sizeof(server->random));
		server->random_used = 0;
	}
	memcpy(out, server->random + server->random_used, bytes);
	server->random_used += bytes;
}

/* RFC 9562, version 4. */
static void uuid_write(struct http_server *server, char *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];

	random_take(server, bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

/* What a client may have repeated in the answer's head. */
static bool is_plain_word(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
			return false;
	return text.len > 0 && text.len <= AUDIT_ID_MAX;
}

static void header_add(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES)
		log_warn("http: the answer's header %s is left out, its value cannot be sent", name);
}

static void audit_id_add(struct http_exchange *exchange, struct MHD_Response *response)
{
	char text[AUDIT_ID_MAX + 1];
	struct str asked = http_header(exchange, "Audit-Id");

	if (asked.ptr && is_plain_word(asked)) {
		memcpy(text, asked.ptr, asked.len);
		text[asked.len] = '\0';
	} else {
		_Static_assert(sizeof(text) >= UUID_TEXT, "a UUID fits");
		uuid_write(exchange->connection->server, text);
	}
	header_add(response, "Audit-Id", text);
}

static void headers_add(struct http_exchange *exchange, struct MHD_Response *response, const struct http_reply *reply)
{
	bool cache_control = false;

	audit_id_add(exchange, response);
	for (const char *const *at = reply->headers; at && at[0]; at += 2) {
		cache_control = cache_control || str_eq_nocase(str_of(at[0]), STR(MHD_HTTP_HEADER_CACHE_CONTROL));
		header_add(response, at[0], at[1]);
	}
	if (!cache_control)
		header_add(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache, private");
	if (reply->content_type)
		header_add(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	if (exchange->connection->server->stopping)
		header_add(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

struct http_body {
	unsigned references;
	struct buf bytes;
};

struct http_body *http_body_new(struct buf *bytes)
{
	struct http_body *body = xnew(struct http_body);

	body->references = 1;
	body->bytes.len = bytes->len;
	body->bytes.ptr = buf_steal(bytes);
	return body;
}

void http_body_unref(struct http_body *body)
{
	if (!body || --body->references > 0)
		return;
	free(body->bytes.ptr);
	free(body);
}

static void shared_free(void *body)
{
	http_body_unref(body);
}

static struct MHD_Response *response_share(struct http_body *body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		body->bytes.len, body->bytes.ptr, shared_free, body);

	body->references++;
	CHECK(response != NULL); /* only out of memory */
	return response;
}

static struct MHD_Response *response_take(struct buf *body)
{
	static char nothing[1];
	struct MHD_Response *response;
	size_t bytes = body ? body->len : 0;
	char *memory;

	if (bytes == 0) {
		if (body)
			buf_clear(body);
		response = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	} else {
		memory = buf_steal(body);
		response = MHD_create_response_from_buffer_with_free_callback(bytes, memory, free);
	}
	CHECK(response != NULL); /* only out of memory */
	return response;
}

/* Half an answer is none. */
static struct http_reply too_large(const struct http_reply *reply, struct buf *body)
{
	log_error("http: an answer is larger than its limit of %zu bytes", reply->body->max);
	buf_clear(reply->body);
	buf_puts(body, "the answer is larger than its limit\n");
	return (struct http_reply){.status = 500, .content_type = "text/plain; charset=utf-8", .body = body};
}

/* A client that does not read holds its answer in memory. Of the budget an eighth is for small answers alone: they fit into
   what the kernel keeps of a connection, and are soon gone, so that a large one does not keep out the many. */
static bool has_room(const struct http_server *server, const struct buf *body)
{
	uint64_t max = server->response_bytes_max, held = server->response_bytes;

	if (body->cap > SMALL_ANSWER)
		max -= max / 8;
	return server->response_bytes_max == 0 || held == 0 || (held <= max && body->cap <= max - held);
}

static struct http_reply overloaded(const struct http_server *server, const struct http_reply *reply, struct buf *body)
{
	static const char *const headers[] = {"Retry-After", "1", NULL};

	buf_clear(reply->body);
	buf_puts(body, server->overload_body);
	return (struct http_reply){.status = 503, .content_type = "application/json", .headers = headers, .body = body};
}

static void hold(struct http_exchange *exchange, const struct buf *body)
{
	exchange->held_bytes = body->cap;
	exchange->connection->server->response_bytes += body->cap;
}

struct MHD_Response *http_reply_make(struct http_exchange *exchange, const struct http_reply *asked)
{
	struct http_reply reply = *asked;
	struct buf instead = {0};
	struct MHD_Response *response;

	if (reply.body && reply.body->failed)
		reply = too_large(asked, &instead);
	else if (reply.body && !has_room(exchange->connection->server, reply.body))
		reply = overloaded(exchange->connection->server, asked, &instead);
	if (reply.body)
		hold(exchange, reply.body);
	exchange->status = reply.status;
	response = reply.shared ? response_share(reply.shared) : response_take(reply.body);
	headers_add(exchange, response, &reply);
	return response;
}

void http_refusal_write(struct http_server *server, unsigned status, const char *reason, struct buf *out)
{
	char id[UUID_TEXT], date[64];
	time_t now = (time_t)(loop_wall_ms(server->loop) / 1000);
	struct tm tm;

	uuid_write(server, id);
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm); /* our locale is always C */
	buf_printf(out,
		   "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\nAudit-Id: %s\r\nCache-Control: no-cache, "
		   "private\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n\r\n%s\n",
		   status, MHD_get_reason_phrase_for(status), date, id, strlen(reason) + 1, reason);
}
