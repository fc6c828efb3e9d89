/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <limits.h>
#include <stddef.h>

struct str str_of(const char *text)
{
	return (struct str){text, text ? strlen(text) : 0};
}

int str_printf_length(struct str text)
{
	return text.len > INT_MAX ? INT_MAX : (int)text.len;
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str text, struct str prefix)
{
	return text.len >= prefix.len && str_eq(str_slice(text, 0, prefix.len), prefix);
}

bool str_ends(struct str text, struct str suffix)
{
	return text.len >= suffix.len && str_eq(str_slice(text, text.len - suffix.len, text.len), suffix);
}

bool str_contains(struct str text, struct str part)
{
	if (part.len == 0)
		return true;
	return text.len >= part.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

size_t str_index(struct str text, char c)
{
	const char *at = text.len ? memchr(text.ptr, c, text.len) : NULL;

	return at ? (size_t)(at - text.ptr) : text.len;
}

struct str str_slice(struct str text, size_t from, size_t to)
{
	if (text.len == 0)
		return text;
	if (to > text.len)
		to = text.len;
	if (from > to)
		from = to;
	return (struct str){text.ptr + from, to - from};
}

bool str_split(struct str *rest, char separator, struct str *ret_part)
{
	size_t end;

	if (rest->ptr == NULL)
		return false;
	end = str_index(*rest, separator);
	*ret_part = str_slice(*rest, 0, end);
	*rest = end < rest->len ? str_slice(*rest, end + 1, rest->len) : (struct str){NULL, 0};
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str text)
{
	size_t from = 0;
	size_t to = text.len;

	while (from < to && is_space(text.ptr[from]))
		from++;
	while (to > from && is_space(text.ptr[to - 1]))
		to--;
	return str_slice(text, from, to);
}

/* The length of the valid UTF-8 character at the front: 0 when it is none; when it is cut off, *ret_cut is set.
   Table 3-7 of the Unicode standard. */
static size_t character_length(const unsigned char *c, size_t left, bool *ret_cut)
{
	size_t length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
	unsigned low = c[0] == 0xe0 ? 0xa0 : c[0] == 0xf0 ? 0x90 : 0x80;
	unsigned high = c[0] == 0xed ? 0x9f : c[0] == 0xf4 ? 0x8f : 0xbf;

	*ret_cut = false;
	for (size_t i = 1; i < length; i++) {
		if (i == left) {
			*ret_cut = true;
			return 0;
		}
		if (c[i] < low || c[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

size_t str_whole_characters(struct str text)
{
	const unsigned char *bytes = (const unsigned char *)text.ptr;

	for (size_t back = 1; back <= 3 && back <= text.len; back++) {
		size_t at = text.len - back;
		bool cut;

		if ((bytes[at] & 0xc0) == 0x80)
			continue;
		character_length(bytes + at, back, &cut);
		return cut ? at : text.len;
	}
	return text.len;
}

struct str str_front(struct str text, size_t bytes)
{
	struct str front = str_slice(text, 0, bytes);

	return front.len < text.len ? str_slice(front, 0, str_whole_characters(front)) : text;
}

size_t str_character(struct str text)
{
	bool cut;

	return text.len ? character_length((const unsigned char *)text.ptr, text.len, &cut) : 0;
}

bool str_is_utf8(struct str text)
{
	const unsigned char *bytes = (const unsigned char *)text.ptr;

	for (size_t at = 0; at < text.len;) {
		bool cut;
		size_t length = character_length(bytes + at, text.len - at, &cut);

		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t str_hash(struct str text, uint64_t seed)
{
	uint64_t hash = seed ^ 0x9e3779b97f4a7c15U;
	size_t at = 0;
	uint64_t word = 0;

	for (; text.len - at >= 8; at += 8) {
		memcpy(&word, text.ptr + at, 8);
		hash = mix(hash ^ word, 0xa0761d6478bd642fU);
	}
	word = 0;
	if (text.len > at)
		memcpy(&word, text.ptr + at, text.len - at);
	hash = mix(hash ^ word, 0xe7037ed1a0b428dbU);
	return mix(hash ^ text.len, 0x8ebc6af09c88c6e3U);
}
