/* SPDX-License-Identifier: Apache-2.0 */
#include "http_head.h"

#include <string.h>

enum {
	METHOD_MAX = 32,
	LENGTH_DIGITS_MAX = 18,
	CHUNK_DIGITS_MAX = 8,
};

/* ---- names that matter */

enum field { FIELD_HOST = 1, FIELD_LENGTH = 2, FIELD_ENCODING = 4, FIELDS = 7 };

static const struct str names[] = {STR_INIT("host"), STR_INIT("content-length"), STR_INIT("transfer-encoding")};
static const struct str chunked = STR_INIT("chunked");

static unsigned char lower(unsigned char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_at(struct str text, size_t at, unsigned char c)
{
	return at < text.len && (unsigned char)text.ptr[at] == lower(c);
}

static void name_follow(struct http_head *head, unsigned char c)
{
	for (size_t i = 0; head->fits && i < COUNT_OF(names); i++)
		if (!is_at(names[i], head->at, c))
			head->fits &= ~(1U << i);
}

static unsigned name_found(const struct http_head *head)
{
	for (size_t i = 0; head->fits && i < COUNT_OF(names); i++)
		if ((head->fits >> i & 1) && names[i].len == head->at)
			return 1U << i;
	return 0;
}

/* ---- what is refused */

static bool refuse(struct http_head *head, unsigned status, const char *reason)
{
	head->status = status;
	head->reason = reason;
	return false;
}

static bool is_token(unsigned char c)
{
	if ((lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-')
		return true;
	return c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static bool is_visible(unsigned char c)
{
	return c > ' ' && c != 0x7f;
}

static void state_set(struct http_head *head, enum http_head_state state)
{
	head->state = state;
	head->at = 0;
}

/* ---- the request line */

static bool start_read(struct http_head *head, unsigned char c)
{
	if (!is_token(c))
		return refuse(head, 400, "the request does not begin with a method");
	*head = (struct http_head){.state = HTTP_HEAD_METHOD, .at = 1, .method = {(char)c}};
	return true;
}

static bool method_read(struct http_head *head, unsigned char c)
{
	if (c == ' ')
		state_set(head, HTTP_HEAD_TARGET);
	else if (!is_token(c) || ++head->at > METHOD_MAX)
		return refuse(head, 400, "the method of the request is not one");
	else if (head->at < sizeof(head->method))
		head->method[head->at - 1] = (char)c;
	return true;
}

static bool target_read(struct http_head *head, unsigned char c)
{
	if (head->at == 0 && c != '/')
		return refuse(head, 400, "the target of the request does not begin with '/'");
	if (c == ' ') {
		state_set(head, HTTP_HEAD_VERSION);
		return true;
	}
	if (!is_visible(c))
		return refuse(head, 400, "the target of the request has a character that must be percent-encoded");
	if (c == '?' || c == '&')
		head->cost += HTTP_HEAD_LINE_COST;
	head->at++;
	return true;
}

static bool line_ended(struct http_head *head)
{
	state_set(head, HTTP_HEAD_LINE);
	return true;
}

static bool version_read(struct http_head *head, unsigned char c)
{
	static const char version[] = "HTTP/1.";
	const size_t digit = sizeof(version) - 1;

	if (head->at == digit + 1) {
		head->wants_lf = c == '\r';
		return head->wants_lf || refuse(head, 400, "the request line does not end with its version");
	}
	if (head->at < digit ? c != (unsigned char)version[head->at] : c != '0' && c != '1')
		return head->at < 5 ? refuse(head, 400, "the target of the request has a blank, or its version is none")
				    : refuse(head, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	head->old = c == '0';
	head->at++;
	return true;
}

/* ---- header lines */

static bool head_ended(struct http_head *head)
{
	if (head->trailers) {
		*head = (struct http_head){0};
		return true;
	}
	if (head->hosts == 0 && !head->old)
		return refuse(head, 400, "no Host header");
	if (head->left > HTTP_BODY_MAX)
		return refuse(head, 413, "the body of the request is larger than 1 MiB");
	state_set(head, head->encodings ? HTTP_HEAD_CHUNK_SIZE : head->left ? HTTP_HEAD_BODY : HTTP_HEAD_START);
	return true;
}

static bool name_read(struct http_head *head, unsigned char c);

static bool line_read(struct http_head *head, unsigned char c)
{
	if (c == '\r') {
		state_set(head, HTTP_HEAD_END);
		head->wants_lf = true;
		return true;
	}
	if (is_blank(c))
		return refuse(head, 400, "a header line is continued on the next");
	state_set(head, HTTP_HEAD_NAME);
	head->fits = FIELDS;
	head->cost += HTTP_HEAD_LINE_COST;
	return name_read(head, c);
}

static bool field_begin(struct http_head *head)
{
	head->field = name_found(head);
	state_set(head, HTTP_HEAD_VALUE);
	if (head->trailers)
		return !head->field || refuse(head, 400, "a header of the request stands behind its body");
	if (head->field == FIELD_HOST && ++head->hosts > 1)
		return refuse(head, 400, "more than one Host header");
	if (head->field == FIELD_LENGTH && ++head->lengths > 1)
		return refuse(head, 400, "more than one Content-Length header");
	if (head->field == FIELD_ENCODING && (++head->encodings > 1 || head->old))
		return refuse(head, 400,
			      head->old ? "Transfer-Encoding is for HTTP/1.1 only"
					: "the only Transfer-Encoding understood here is 'chunked', once");
	if (head->encodings && head->lengths)
		return refuse(head, 400, "both Transfer-Encoding and Content-Length");
	return true;
}

static bool name_read(struct http_head *head, unsigned char c)
{
	if (c == ':' && head->at > 0)
		return field_begin(head);
	if (!is_token(c))
		return refuse(head, 400, "the name of a header has a character that is not allowed");
	name_follow(head, c);
	head->at++;
	return true;
}

static bool digit_read(struct http_head *head, unsigned char c)
{
	if (c < '0' || c > '9')
		return refuse(head, 400, "the Content-Length header is not a number");
	if (++head->at > LENGTH_DIGITS_MAX)
		return refuse(head, 413, "the body of the request is larger than 1 MiB");
	head->left = head->left * 10 + (uint64_t)(c - '0');
	return true;
}

/* libmicrohttpd takes a blank behind these values for a part of them. */
static bool framing_read(struct http_head *head, unsigned char c)
{
	if (is_blank(c) && head->at == 0)
		return true;
	if (head->field == FIELD_LENGTH)
		return digit_read(head, c);
	if (!is_at(chunked, head->at, c))
		return refuse(head, 400, "the only Transfer-Encoding understood here is 'chunked'");
	head->at++;
	return true;
}

static bool value_ended(struct http_head *head)
{
	if (head->field == FIELD_LENGTH && head->at == 0)
		return refuse(head, 400, "the Content-Length header is not a number");
	if (head->field == FIELD_ENCODING && head->at != chunked.len)
		return refuse(head, 400, "the only Transfer-Encoding understood here is 'chunked'");
	head->wants_lf = true;
	return true;
}

static bool value_read(struct http_head *head, unsigned char c)
{
	if (c == '\r')
		return value_ended(head);
	if (!is_visible(c) && !is_blank(c))
		return refuse(head, 400, "the value of a header has a character that is not allowed");
	return !(head->field & (FIELD_LENGTH | FIELD_ENCODING)) || framing_read(head, c);
}

/* ---- bodies */

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool chunk_size_read(struct http_head *head, unsigned char c)
{
	int digit = hex_digit(c);

	if (c == '\r' && head->at > 0) {
		head->wants_lf = true;
		return true;
	}
	if (digit < 0 || ++head->at > CHUNK_DIGITS_MAX)
		return refuse(head, 400, "the size of a chunk is not a number");
	head->left = head->left * 16 + (uint64_t)digit;
	return true;
}

static bool chunk_begin(struct http_head *head)
{
	head->total += head->left;
	if (head->total > HTTP_BODY_MAX)
		return refuse(head, 413, "the body of the request is larger than 1 MiB");
	head->trailers = head->left == 0;
	head->cost = 0;
	state_set(head, head->trailers ? HTTP_HEAD_LINE : HTTP_HEAD_CHUNK_DATA);
	return true;
}

static bool chunk_end_read(struct http_head *head, unsigned char c)
{
	head->wants_lf = c == '\r';
	return head->wants_lf || refuse(head, 400, "a chunk is longer than its size");
}

/* ---- the whole */

static bool lf_read(struct http_head *head, unsigned char c)
{
	head->wants_lf = false;
	if (c != '\n')
		return refuse(head, 400, "a line of the request does not end with CR LF");
	switch (head->state) {
	case HTTP_HEAD_END:
		return head_ended(head);
	case HTTP_HEAD_CHUNK_SIZE:
		return chunk_begin(head);
	case HTTP_HEAD_CHUNK_END:
		state_set(head, HTTP_HEAD_CHUNK_SIZE);
		return true;
	case HTTP_HEAD_START:
	case HTTP_HEAD_METHOD:
	case HTTP_HEAD_TARGET:
	case HTTP_HEAD_VERSION:
	case HTTP_HEAD_LINE:
	case HTTP_HEAD_NAME:
	case HTTP_HEAD_VALUE:
	case HTTP_HEAD_BODY:
	case HTTP_HEAD_CHUNK_DATA:
		break;
	}
	return line_ended(head);
}

static bool byte_read(struct http_head *head, unsigned char c)
{
	if (head->wants_lf)
		return lf_read(head, c);
	switch (head->state) {
	case HTTP_HEAD_START:
		return start_read(head, c);
	case HTTP_HEAD_METHOD:
		return method_read(head, c);
	case HTTP_HEAD_TARGET:
		return target_read(head, c);
	case HTTP_HEAD_VERSION:
		return version_read(head, c);
	case HTTP_HEAD_LINE:
		return line_read(head, c);
	case HTTP_HEAD_NAME:
		return name_read(head, c);
	case HTTP_HEAD_VALUE:
		return value_read(head, c);
	case HTTP_HEAD_CHUNK_SIZE:
		return chunk_size_read(head, c);
	case HTTP_HEAD_CHUNK_END:
		return chunk_end_read(head, c);
	case HTTP_HEAD_END:
	case HTTP_HEAD_BODY:
	case HTTP_HEAD_CHUNK_DATA:
		break;
	}
	return refuse(head, 400, "the request cannot be read");
}

/* Of a body; its bytes are nobody's business here. */
static size_t body_skip(struct http_head *head, size_t most)
{
	size_t bytes = head->left < most ? (size_t)head->left : most;

	head->left -= bytes;
	if (head->left == 0)
		state_set(head, head->state == HTTP_HEAD_BODY ? HTTP_HEAD_START : HTTP_HEAD_CHUNK_END);
	return bytes;
}

/* How many bytes from the first on are like those before them, in each state where most are. */

static size_t value_span(const char *bytes, size_t most)
{
	size_t i = 0;

	while (i < most && (is_visible((unsigned char)bytes[i]) || bytes[i] == ' '))
		i++;
	return i;
}

static size_t name_span(const char *bytes, size_t most)
{
	size_t i = 0;

	while (i < most && is_token((unsigned char)bytes[i]))
		i++;
	return i;
}

/* `?` and `&` cost, and a blank ends it. */
static size_t target_span(const char *bytes, size_t most)
{
	size_t i = 0;

	while (i < most && is_visible((unsigned char)bytes[i]) && bytes[i] != '?' && bytes[i] != '&')
		i++;
	return i;
}

static bool is_amid_plain(const struct http_head *head)
{
	if (head->state == HTTP_HEAD_NAME)
		return !head->fits;
	if (head->state == HTTP_HEAD_TARGET)
		return head->at > 0;
	return head->state == HTTP_HEAD_VALUE && !head->wants_lf && !(head->field & (FIELD_LENGTH | FIELD_ENCODING));
}

static size_t plain_skip(struct http_head *head, struct str bytes)
{
	size_t left = ++head->cost < HTTP_HEAD_MAX ? HTTP_HEAD_MAX - head->cost : 0;
	size_t most = left < bytes.len ? left : bytes.len, span;

	if (!is_amid_plain(head))
		return 0;
	if (head->state == HTTP_HEAD_VALUE)
		span = value_span(bytes.ptr, most);
	else if (head->state == HTTP_HEAD_NAME)
		span = name_span(bytes.ptr, most);
	else
		span = target_span(bytes.ptr, most);
	head->cost += span;
	return span;
}

size_t http_head_judge(struct http_head *head, struct str bytes)
{
	size_t i = 0;

	while (i < bytes.len && head->status == 0) {
		if (head->state == HTTP_HEAD_BODY || head->state == HTTP_HEAD_CHUNK_DATA)
			i += body_skip(head, bytes.len - i);
		else if (head->cost >= HTTP_HEAD_MAX)
			refuse(head, head->state == HTTP_HEAD_TARGET ? 414 : 431,
			       "the head of the request is too large");
		else if (!byte_read(head, (unsigned char)bytes.ptr[i]))
			return i;
		else
			i += 1 + plain_skip(head, str_slice(bytes, i + 1, bytes.len));
	}
	return i;
}
