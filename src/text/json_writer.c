/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_writer.h"

enum { INDENT = 2 };

static const char line_start[] = "\n                                                                ";
_Static_assert(sizeof(line_start) == 1 + INDENT * JSON_WRITER_DEPTH + 1, "as deep as the writer goes");

void json_writer_init(struct json_writer *writer, struct buf *out, bool pretty)
{
	*writer = (struct json_writer){.out = out, .pretty = pretty};
}

static void put(struct json_writer *writer, const char *bytes, size_t count)
{
	struct buf *out = writer->out;

	if (!buf_reserve(out, count))
		return;
	memcpy(out->ptr + out->len, bytes, count);
	out->len += count;
}

static void new_line(struct json_writer *writer)
{
	if (writer->pretty)
		put(writer, line_start, 1 + INDENT * writer->depth);
}

/* What stands before a value or a key: nothing behind a key, else a comma and a line of its own. */
static void begin_member(struct json_writer *writer)
{
	bool *has_members = &writer->has_members[writer->depth];

	if (writer->after_key) {
		writer->after_key = false;
		return;
	}
	CHECK(writer->depth > 0 || !*has_members); /* one value is a document */
	if (*has_members)
		put(writer, ",", 1);
	*has_members = true;
	if (writer->depth)
		new_line(writer);
}

static void open_container(struct json_writer *writer, const char *bracket)
{
	begin_member(writer);
	CHECK(writer->depth < JSON_WRITER_DEPTH - 1);
	writer->has_members[++writer->depth] = false;
	put(writer, bracket, 1);
}

static void close_container(struct json_writer *writer, const char *bracket)
{
	bool empty;

	CHECK(writer->depth > 0 && !writer->after_key);
	empty = !writer->has_members[writer->depth--];
	if (!empty)
		new_line(writer);
	put(writer, bracket, 1);
}

void json_writer_object(struct json_writer *writer)
{
	open_container(writer, "{");
}

void json_writer_object_end(struct json_writer *writer)
{
	close_container(writer, "}");
}

void json_writer_array(struct json_writer *writer)
{
	open_container(writer, "[");
}

void json_writer_array_end(struct json_writer *writer)
{
	close_container(writer, "]");
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

/* Eight bytes at a time. '<' and '>' differ in one bit, as do '"' and '&', so that three comparisons find all five. A
   subtraction that borrows wrongly does so only above a byte that is not plain itself. */
static bool are_plain(const char *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word, brackets, quotes, backslashes;

	memcpy(&word, bytes, sizeof(word));
	brackets = ((word | ones * 2) ^ ones * '>') - ones;
	quotes = ((word | ones * 4) ^ ones * '&') - ones;
	backslashes = (word ^ ones * '\\') - ones;
	return ((brackets | quotes | backslashes | (word - ones * 0x20) | word) & ones * 0x80) == 0;
}

static size_t plain_length(struct str text)
{
	size_t length = 0;

	while (text.len - length >= 8 && are_plain(text.ptr + length))
		length += 8;
	while (length < text.len && is_plain((unsigned char)text.ptr[length]))
		length++;
	return length;
}

static void put_ascii(struct json_writer *writer, char c)
{
	switch (c) {
	case '"':
		put(writer, "\\\"", 2);
		break;
	case '\\':
		put(writer, "\\\\", 2);
		break;
	case '\n':
		put(writer, "\\n", 2);
		break;
	case '\r':
		put(writer, "\\r", 2);
		break;
	case '\t':
		put(writer, "\\t", 2);
		break;
	default:
		buf_printf(writer->out, "\\u%04x", (unsigned)(unsigned char)c);
	}
}

/* The line separators end a line in JavaScript, inside of strings too. */
static size_t put_character(struct json_writer *writer, struct str text)
{
	size_t length = str_character(text);
	struct str character = {text.ptr, length};

	if (length == 0) {
		put(writer, "\\ufffd", 6);
		return 1;
	}
	if (str_eq(character, STR("\xe2\x80\xa8")))
		put(writer, "\\u2028", 6);
	else if (str_eq(character, STR("\xe2\x80\xa9")))
		put(writer, "\\u2029", 6);
	else
		buf_put(writer->out, character);
	return length;
}

static void put_escaped(struct json_writer *writer, struct str text)
{
	while (text.len) {
		size_t length = plain_length(text);

		if (length) {
			put(writer, text.ptr, length);
		} else if ((unsigned char)text.ptr[0] < 0x80) {
			put_ascii(writer, text.ptr[0]);
			length = 1;
		} else {
			length = put_character(writer, text);
		}
		text = str_slice(text, length, text.len);
	}
}

/* Most texts need no escapes: they are copied in one go. */
static void put_quoted(struct json_writer *writer, struct str text)
{
	struct buf *out = writer->out;

	if (plain_length(text) < text.len) {
		put(writer, "\"", 1);
		put_escaped(writer, text);
		put(writer, "\"", 1);
		return;
	}
	if (!buf_reserve(out, text.len + 2))
		return;
	out->ptr[out->len++] = '"';
	if (text.len)
		memcpy(out->ptr + out->len, text.ptr, text.len);
	out->len += text.len;
	out->ptr[out->len++] = '"';
}

static void end_key(struct json_writer *writer)
{
	put(writer, ": ", writer->pretty ? 2 : 1);
	writer->after_key = true;
}

void json_writer_key(struct json_writer *writer, const char *key)
{
	struct buf *out = writer->out;
	size_t length = strlen(key);

	CHECK(!writer->after_key);
	begin_member(writer);
	if (!buf_reserve(out, length + 2)) {
		writer->after_key = true;
		return;
	}
	out->ptr[out->len++] = '"';
	memcpy(out->ptr + out->len, key, length);
	out->len += length;
	out->ptr[out->len++] = '"';
	end_key(writer);
}

void json_writer_key_str(struct json_writer *writer, struct str key)
{
	CHECK(!writer->after_key);
	begin_member(writer);
	put_quoted(writer, key);
	end_key(writer);
}

void json_writer_string(struct json_writer *writer, struct str text)
{
	begin_member(writer);
	put_quoted(writer, text);
}

void json_writer_i64(struct json_writer *writer, int64_t number)
{
	begin_member(writer);
	buf_put_i64(writer->out, number);
}

void json_writer_bool(struct json_writer *writer, bool value)
{
	begin_member(writer);
	put(writer, value ? "true" : "false", value ? 4 : 5);
}

void json_writer_null(struct json_writer *writer)
{
	begin_member(writer);
	put(writer, "null", 4);
}

void json_writer_member(struct json_writer *writer, const char *key, struct str text)
{
	json_writer_key(writer, key);
	json_writer_string(writer, text);
}
