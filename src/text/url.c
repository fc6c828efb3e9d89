/* SPDX-License-Identifier: Apache-2.0 */
#include "text/url.h"

#include <arpa/inet.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 3986, 2.3: what never needs an escape. */
static bool is_unreserved(char c)
{
	return is_letter(c) || is_digit(c) || is_one_of(c, "-_.~");
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void put_hex(struct buf *out, char byte, const char digits[16])
{
	buf_putc(out, digits[(unsigned char)byte >> 4]);
	buf_putc(out, digits[(unsigned char)byte & 15]);
}

static bool bad_escape(struct str escape, struct err *err)
{
	char memory[16]; /* three bytes, each written with four at most, and quotes */
	struct buf quoted = {.ptr = memory, .cap = sizeof(memory), .max = sizeof(memory) - 1};

	for (size_t i = 0; i < escape.len; i++) {
		char c = escape.ptr[i];

		if ((c >= 0 && c < ' ') || c == 0x7f || (c < 0 && !str_is_utf8(escape))) {
			buf_puts(&quoted, "\\x");
			put_hex(&quoted, c, "0123456789abcdef");
			continue;
		}
		if (c == '"' || c == '\\')
			buf_putc(&quoted, '\\');
		buf_putc(&quoted, c);
	}
	return err_set(err, ERR_INVALID, "invalid URL escape \"%s\"", buf_cstr(&quoted));
}

/* How long `text` will be; false at an escape that is none. */
static bool measure(struct str text, size_t *ret_length, struct err *err)
{
	size_t length = 0;

	for (size_t at = 0; at < text.len; at++, length++) {
		if (text.ptr[at] != '%')
			continue;
		if (text.len - at < 3 || hex_digit(text.ptr[at + 1]) < 0 || hex_digit(text.ptr[at + 2]) < 0)
			return bad_escape(str_slice(text, at, at + 3), err);
		at += 2;
	}
	*ret_length = length;
	return true;
}

/* After measure(), which knows how much it writes. */
static void decode(struct str text, bool plus_is_space, char *to)
{
	for (size_t at = 0; at < text.len; at++) {
		char c = text.ptr[at];

		if (c == '%') {
			c = (char)(hex_digit(text.ptr[at + 1]) << 4 | hex_digit(text.ptr[at + 2]));
			at += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*to++ = c;
	}
}

bool url_decode_path(struct str text, struct buf *out, struct err *err)
{
	size_t length = 0;

	if (!measure(text, &length, err))
		return false;
	if (!buf_reserve(out, length))
		return err_set(err, ERR_LIMIT, "a decoded text of %zu bytes is too long", length);
	decode(text, false, out->ptr + out->len);
	out->len += length;
	return true;
}

void url_encode_form(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_unreserved(text.ptr[i])) {
			buf_putc(out, text.ptr[i]);
		} else if (text.ptr[i] == ' ') {
			buf_putc(out, '+');
		} else {
			buf_putc(out, '%');
			put_hex(out, text.ptr[i], "0123456789ABCDEF");
		}
	}
}

static bool arena_is_full(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the URL is too long");
}

static bool decode_to_arena(struct str text, bool plus_is_space, struct arena *arena, struct str *ret_text,
			    struct err *err)
{
	size_t length = 0;
	char *decoded;

	if (!measure(text, &length, err))
		return false;
	decoded = arena_alloc(arena, length + 1);
	if (decoded == NULL)
		return arena_is_full(err);
	decode(text, plus_is_space, decoded);
	*ret_text = (struct str){decoded, length};
	return true;
}

static size_t count_pairs(struct str text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '&';
	return count;
}

static bool parse_pair(struct str text, struct arena *arena, struct url_pair *pair, struct err *err)
{
	size_t equals = str_index(text, '=');
	struct str key = str_slice(text, 0, equals);
	struct str value = str_slice(text, equals + 1, text.len);

	return decode_to_arena(key, true, arena, &pair->key, err) &&
	       decode_to_arena(value, true, arena, &pair->value, err);
}

bool url_parse_query(struct str text, struct arena *arena, struct url_query *ret_query, struct err *err)
{
	struct url_query query = {.pairs = arena_calloc(arena, count_pairs(text), sizeof(struct url_pair))};
	struct str part;

	if (query.pairs == NULL)
		return arena_is_full(err);
	while (str_split(&text, '&', &part)) {
		struct err bad = {0};

		if (part.len == 0 || str_index(part, ';') < part.len)
			continue;
		if (parse_pair(part, arena, &query.pairs[query.count], &bad))
			query.count++;
		else if (bad.code == ERR_LIMIT)
			return arena_is_full(err);
	}
	*ret_query = query;
	return true;
}

bool url_query_get(const struct url_query *query, struct str key, struct str *ret_value)
{
	for (size_t i = 0; i < query->count; i++) {
		if (str_eq(query->pairs[i].key, key)) {
			*ret_value = query->pairs[i].value;
			return true;
		}
	}
	return false;
}

/* ---- whole URLs. No message repeats any of the text: what looks like a port may be half of a password. */

static bool refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, "%s", what);
}

/* Takes the scheme and "://" off the front. */
static bool take_scheme(struct str *rest, struct url *url, struct err *err)
{
	if (str_eq_nocase(str_slice(*rest, 0, 7), STR("http://"))) {
		url->scheme = STR("http");
		url->port = 80;
	} else if (str_eq_nocase(str_slice(*rest, 0, 8), STR("https://"))) {
		url->scheme = STR("https");
		url->port = 443;
	} else {
		return refuse(err, "a URL must begin with http:// or https://");
	}
	*rest = str_slice(*rest, url->scheme.len + 3, rest->len);
	return true;
}

static bool take_user(struct str *authority, struct arena *arena, struct url *url, struct err *err)
{
	struct str info = {NULL, 0};
	struct err bad = {0};
	size_t colon;

	for (size_t i = authority->len; i > 0 && !url->has_user; i--) {
		if (authority->ptr[i - 1] != '@')
			continue;
		info = str_slice(*authority, 0, i - 1);
		*authority = str_slice(*authority, i, authority->len);
		url->has_user = true;
	}
	for (size_t i = 0; i < info.len; i++)
		if (!is_unreserved(info.ptr[i]) && !is_one_of(info.ptr[i], ":!$&'()*+,;=%@"))
			return refuse(err, "the user name or password has a character that must be written as %XX");
	colon = str_index(info, ':');
	if (decode_to_arena(str_slice(info, 0, colon), false, arena, &url->user, &bad) &&
	    decode_to_arena(str_slice(info, colon + 1, info.len), false, arena, &url->password, &bad))
		return true;
	if (bad.code == ERR_LIMIT)
		return arena_is_full(err);
	return refuse(err, "the user name or password has a '%' without two hexadecimal digits behind it");
}

/* ":9090"; nothing, or a colon alone, is the port of the scheme. */
static bool read_port(struct str text, struct url *url, struct err *err)
{
	unsigned port = 0;

	if (text.len > 0 && text.ptr[0] != ':')
		return refuse(err, "behind the ']' of the host there must be nothing, or ':' and a port");
	if (text.len <= 1)
		return true;
	for (size_t i = 1; i < text.len && port <= UINT16_MAX; i++)
		port = is_digit(text.ptr[i]) ? port * 10 + (unsigned)(text.ptr[i] - '0') : UINT16_MAX + 1U;
	if (port == 0 || port > UINT16_MAX)
		return refuse(err, "the port must be a number from 1 to 65535");
	url->port = (uint16_t)port;
	return true;
}

/* What stands between the brackets; RFC 6874 puts a zone behind "%25". */
static bool is_ipv6(struct str text)
{
	size_t end = str_index(text, '%');
	struct str zone = str_slice(text, end, text.len);
	char address[INET6_ADDRSTRLEN] = "";
	unsigned char binary[16];

	if (zone.len > 0 && (!str_starts(zone, STR("%25")) || zone.len == 3))
		return false;
	for (size_t i = 3; i < zone.len; i++)
		if (!is_unreserved(zone.ptr[i]))
			return false;
	if (end == 0 || end >= sizeof(address) || memchr(text.ptr, '\0', end) != NULL)
		return false;
	memcpy(address, text.ptr, end);
	return inet_pton(AF_INET6, address, binary) == 1;
}

static bool read_host(struct str text, struct url *url, struct err *err)
{
	bool brackets = text.len > 0 && text.ptr[0] == '[';
	size_t end = str_index(text, brackets ? ']' : ':');
	struct str port;

	if (brackets && end == text.len)
		return refuse(err, "the ']' behind the IPv6 address is missing");
	if (brackets && !is_ipv6(str_slice(text, 1, end)))
		return refuse(err, "what stands between '[' and ']' is no IPv6 address");
	end += brackets;
	port = str_slice(text, end, text.len);
	if (!brackets && str_index(str_slice(port, 1, port.len), ':') + 1 < port.len)
		return refuse(err, "the host has more than one ':' (an IPv6 address is written in [])");
	url->host = str_slice(text, 0, end);
	if (url->host.len == 0)
		return refuse(err, "the URL has no host");
	for (size_t i = 0; i < url->host.len && !brackets; i++)
		if (!is_unreserved(url->host.ptr[i]))
			return refuse(err,
				      "the host has a character other than letters, digits, '-', '.', '_' and '~' "
				      "(an international name is written in its xn-- form, an IPv6 address in [])");
	return read_port(port, url, err);
}

static bool check_path(struct str text, struct err *err)
{
	struct err bad = {0};
	size_t length = 0;

	if (!measure(text, &length, &bad))
		return refuse(err, "the path has a '%' without two hexadecimal digits behind it");
	return true;
}

static bool check_characters(struct str text, struct err *err)
{
	for (size_t i = 0; i < text.len; i++) {
		if (((unsigned char)text.ptr[i] < ' ') || text.ptr[i] == 0x7f)
			return refuse(err, "the URL has a control character, perhaps the end of a line");
		if (text.ptr[i] == ' ')
			return refuse(err, "the URL has a space; inside of a URL it is written as %20");
	}
	return true;
}

static bool copy_parts(struct arena *arena, struct url *url, struct err *err)
{
	if (arena_copy(arena, url->host, &url->host) && arena_copy(arena, url->path, &url->path) &&
	    arena_copy(arena, url->query, &url->query))
		return true;
	return arena_is_full(err);
}

static bool parse_authority(struct str authority, struct str rest, struct arena *arena, struct url *url,
			    struct err *err)
{
	if (take_user(&authority, arena, url, err) && read_host(authority, url, err))
		return true;
	if (err->code == ERR_INVALID && str_index(rest, '@') < rest.len)
		return err_set(err, ERR_INVALID,
			       "%s (in a user name or password '/', '?' and '#' are written as %%2F, %%3F and %%23)",
			       err->msg);
	return false;
}

bool url_parse(struct str text, struct arena *arena, struct url *ret_url, struct err *err)
{
	struct url url = {0};
	struct str rest = text;
	struct str visible;
	size_t end = 0;

	if (!check_characters(text, err) || !take_scheme(&rest, &url, err))
		return false;
	while (end < rest.len && !is_one_of(rest.ptr[end], "/?#"))
		end++;
	if (!parse_authority(str_slice(rest, 0, end), str_slice(rest, end, rest.len), arena, &url, err))
		return false;
	visible = str_slice(rest, end, str_index(rest, '#')); /* the rest is for browsers */
	end = str_index(visible, '?');
	url.path = str_slice(visible, 0, end);
	url.query = str_slice(visible, end + 1, visible.len);
	if (!check_path(url.path, err) || !copy_parts(arena, &url, err))
		return false;
	*ret_url = url;
	return true;
}
