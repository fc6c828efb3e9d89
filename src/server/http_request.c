/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler may ask of an exchange, and keep with it. */
#include "http_server.h"

enum { ARENA_MAX = 16 * 1024 * 1024 };

struct str http_method(const struct http_exchange *exchange)
{
	return str_of(exchange->method);
}

struct str http_target(const struct http_exchange *exchange)
{
	return buf_str(&exchange->target);
}

struct str http_header(const struct http_exchange *exchange, const char *name)
{
	struct str value = {0};

	if (MHD_lookup_connection_value_n(exchange->connection->mhd, MHD_HEADER_KIND, name, strlen(name), &value.ptr,
					  &value.len) != MHD_YES)
		return (struct str){0};
	return value.ptr ? value : STR("");
}

struct header_visit {
	http_header_visitor *visitor;
	void *context;
};

static enum MHD_Result header_visited(void *context, enum MHD_ValueKind kind, const char *name, size_t name_bytes,
				      const char *value, size_t value_bytes)
{
	const struct header_visit *visit = context;
	struct str found = value ? (struct str){value, value_bytes} : STR("");

	(void)kind;
	return visit->visitor(visit->context, (struct str){name, name_bytes}, found) ? MHD_YES : MHD_NO;
}

void http_each_header(const struct http_exchange *exchange, http_header_visitor *visitor, void *context)
{
	struct header_visit visit = {.visitor = visitor, .context = context};

	MHD_get_connection_values_n(exchange->connection->mhd, MHD_HEADER_KIND, header_visited, &visit);
}

size_t http_client_chain(const struct http_exchange *exchange, struct str *ret_certificates, size_t most)
{
	unsigned count = 0;
	const gnutls_datum_t *peers = gnutls_certificate_get_peers(exchange->connection->session.gnutls, &count);

	if (peers == NULL)
		return 0;
	for (size_t i = 0; i < count && i < most; i++)
		ret_certificates[i] = (struct str){(const char *)peers[i].data, peers[i].size};
	return count < most ? count : most;
}

struct http_memory *http_connection_memory(struct http_exchange *exchange)
{
	return &exchange->connection->memory;
}

struct arena *http_arena(struct http_exchange *exchange)
{
	if (!exchange->arena)
		exchange->arena = arena_new(ARENA_MAX);
	return exchange->arena;
}

void http_on_gone(struct http_exchange *exchange, void (*on_gone)(void *context), void *context)
{
	exchange->on_gone = on_gone;
	exchange->gone_context = context;
}

void http_set_caller(struct http_exchange *exchange, enum http_caller caller)
{
	struct http_connection *connection = exchange->connection;

	http_guest_is(&connection->server->door.guests, &connection->visitor->guest, caller);
}

void http_set_route(struct http_exchange *exchange, enum traffic_route route)
{
	exchange->route = route;
}
