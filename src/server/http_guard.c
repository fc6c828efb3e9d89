/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd 0.9.75 is generous: it takes the first of two lengths, prefers `chunked` to a length, and skips headers
   that it does not understand. A proxy before us may read the same bytes otherwise, and then one client's request
   becomes part of another's (RFC 9112, sections 5 and 11.2). So whatever could be read in two ways is refused. */
#include "http_guard.h"

struct look {
	unsigned hosts, lengths, encodings;
	uint64_t body_bytes;
	unsigned status;
	const char *reason; /* NULL: nothing found */
};

static void look_refuse(struct look *look, unsigned status, const char *reason)
{
	if (look->reason)
		return;
	look->status = status;
	look->reason = reason;
}

static bool is_token_character(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_token_character((unsigned char)text.ptr[i]))
			return false;
	return text.len > 0;
}

static bool has_line_breaks(struct str value)
{
	return memchr(value.ptr, '\0', value.len) || memchr(value.ptr, '\r', value.len) ||
	       memchr(value.ptr, '\n', value.len);
}

static void look_at_length(struct look *look, struct str value)
{
	value = str_trim(value);
	if (++look->lengths > 1)
		look_refuse(look, 400, "more than one Content-Length header");
	if (value.len == 0 || value.len > 18)
		look_refuse(look, 400, "the Content-Length header is not a number");
	for (size_t i = 0; i < value.len && i < 18; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			look_refuse(look, 400, "the Content-Length header is not a number");
		look->body_bytes = look->body_bytes * 10 + (uint64_t)(value.ptr[i] - '0');
	}
}

static bool starts_nocase(struct str text, struct str start)
{
	return text.len >= start.len && str_eq_nocase(str_slice(text, 0, start.len), start);
}

static void look_at_header(struct look *look, struct str name, struct str value)
{
	const struct str host = STR("Host"), length = STR("Content-Length"), encoding = STR("Transfer-Encoding");

	if (!is_token(name))
		look_refuse(look, 400, "the name of a header has a character that is not allowed");
	else if (value.len && has_line_breaks(value))
		look_refuse(look, 400, "the value of a header has a character that is not allowed");
	else if (str_eq_nocase(name, host) && ++look->hosts > 1)
		look_refuse(look, 400, "more than one Host header");
	else if (str_eq_nocase(name, length))
		look_at_length(look, value);
	else if (str_eq_nocase(name, encoding)) {
		if (++look->encodings > 1 || !str_eq_nocase(str_trim(value), STR("chunked")))
			look_refuse(look, 400, "the only Transfer-Encoding understood here is 'chunked'");
	} else if (starts_nocase(name, length) || starts_nocase(name, encoding)) {
		/* libmicrohttpd glues a continued line (`Content-Length:\r\n 5`) to the name */
		look_refuse(look, 400, "a header line is continued on the next");
	}
}

static enum MHD_Result header_seen(void *context, enum MHD_ValueKind kind, const char *name, size_t name_bytes,
				   const char *value, size_t value_bytes)
{
	struct look *look = context;

	(void)kind;
	look_at_header(look, (struct str){name, name_bytes}, (struct str){value, value ? value_bytes : 0});
	return look->reason ? MHD_NO : MHD_YES;
}

static void look_at_target(struct look *look, struct str target)
{
	if (target.len == 0 || target.ptr[0] != '/')
		look_refuse(look, 400, "the target of the request does not begin with '/'");
	for (size_t i = 0; i < target.len; i++)
		if ((unsigned char)target.ptr[i] <= ' ' || target.ptr[i] == 0x7f)
			look_refuse(look, 400,
				    "the target of the request has a character that must be percent-encoded");
}

bool http_guard(struct MHD_Connection *mhd, struct str target, const char *version, unsigned *ret_status,
		const char **ret_reason)
{
	struct look look = {0};

	look_at_target(&look, target);
	MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, header_seen, &look);
	if (look.hosts == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)
		look_refuse(&look, 400, "no Host header");
	if (look.encodings && look.lengths)
		look_refuse(&look, 400, "both Transfer-Encoding and Content-Length");
	if (look.encodings && strcmp(version, MHD_HTTP_VERSION_1_1) != 0)
		look_refuse(&look, 400, "Transfer-Encoding is for HTTP/1.1 only");
	if (look.body_bytes > HTTP_BODY_MAX)
		look_refuse(&look, 413, "the body of the request is larger than 1 MiB");
	if (!look.reason)
		return true;
	*ret_status = look.status;
	*ret_reason = look.reason;
	return false;
}
