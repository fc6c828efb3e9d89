/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_reader.h"

#include <endian.h>
#include <stdlib.h>

#include "base/buf.h"

enum expect {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END, /* just behind [ */
	EXPECT_KEY,
	EXPECT_KEY_OR_END, /* just behind { */
	EXPECT_COLON,
	EXPECT_COMMA_OR_END,
	EXPECT_NOTHING,
};

/* What the end of the last piece cut in two. A word is a number, true, false or null. */
enum token { TOKEN_NONE, TOKEN_STRING, TOKEN_WORD };

struct json_reader {
	json_handler *handler;
	void *context;
	const char *start, *at, *end; /* the piece */
	uint64_t offset;	      /* of the piece within the document */
	enum expect expect;
	enum token token;
	bool escaped, non_ascii, after_backslash; /* of the string being read */
	unsigned depth;
	uint64_t objects;   /* a bit for each depth: is it an object? */
	struct buf carried; /* the token so far, as written, when it began in an earlier piece */
	bool failed;
	struct err failure;
};

_Static_assert(JSON_DEPTH_MAX <= 64, "a bit for each depth");

struct json_reader *json_reader_new(json_handler *handler, void *context)
{
	struct json_reader *reader = xnew(struct json_reader);

	reader->handler = handler;
	reader->context = context;
	reader->carried.max = JSON_TOKEN_MAX;
	return reader;
}

void json_reader_free(struct json_reader *reader)
{
	if (reader == NULL)
		return;
	buf_clear(&reader->carried);
	free(reader);
}

static unsigned long long offset_at(const struct json_reader *reader)
{
	return reader->offset + (uint64_t)(reader->at - reader->start);
}

static bool unexpected(const struct json_reader *reader, struct err *err)
{
	static const char *const wanted[] = {
		[EXPECT_VALUE] = "a value",	  [EXPECT_VALUE_OR_END] = "a value or ']'",
		[EXPECT_KEY] = "a key",		  [EXPECT_KEY_OR_END] = "a key or '}'",
		[EXPECT_COLON] = "a colon",	  [EXPECT_COMMA_OR_END] = "a comma or the end",
		[EXPECT_NOTHING] = "nothing more"};
	unsigned char c = (unsigned char)*reader->at;
	const char *expected = wanted[reader->expect];

	if (c > 0x20 && c < 0x7f)
		return err_set(err, ERR_INVALID, "byte %llu: found '%c', expected %s", offset_at(reader), c, expected);
	return err_set(err, ERR_INVALID, "byte %llu: found byte 0x%02x, expected %s", offset_at(reader), c, expected);
}

static bool too_long(const struct json_reader *reader, struct err *err)
{
	return err_set(err, ERR_LIMIT, "byte %llu: a string or number of more than %d bytes", offset_at(reader),
		       JSON_TOKEN_MAX);
}

static bool in_object(const struct json_reader *reader)
{
	return reader->depth && reader->objects >> (reader->depth - 1) & 1;
}

static bool emit_value(struct json_reader *reader, enum json_event event, struct str text, struct err *err)
{
	reader->expect = reader->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
	return reader->handler(reader->context, event, text, err);
}

/* The first byte from `at` on that is no plain character of a string: a quote, a backslash, a control character or not
   ASCII. Eight bytes at a time: a subtraction borrows into the top bit of the lowest byte that is below the subtrahend,
   and what it makes of the bytes above that one does not matter. */
static const char *plain_end(const char *at, const char *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	for (; end - at >= 8; at += 8) {
		uint64_t word, quotes, backslashes, special;

		memcpy(&word, at, sizeof(word));
		word = le64toh(word);
		quotes = (word ^ ones * '"') - ones;
		backslashes = (word ^ ones * '\\') - ones;
		special = (quotes | backslashes | (word - ones * 0x20) | word) & ones * 0x80;
		if (special)
			return at + (__builtin_ctzll(special) >> 3);
	}
	while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* Moves on to the closing quote, or to the end of the piece. What is escaped is judged when the string is whole. */
static bool scan_string(struct json_reader *reader, struct err *err)
{
	if (reader->after_backslash && reader->at < reader->end) {
		reader->after_backslash = false;
		reader->at++;
	}
	while ((reader->at = plain_end(reader->at, reader->end)) < reader->end && *reader->at != '"') {
		if (*reader->at == '\\') {
			reader->escaped = true;
			reader->after_backslash = reader->end - reader->at == 1;
			reader->at += reader->after_backslash ? 1 : 2;
		} else if ((unsigned char)*reader->at < 0x20) {
			return err_set(err, ERR_INVALID, "byte %llu: found byte 0x%02x in a string", offset_at(reader),
				       (unsigned)(unsigned char)*reader->at);
		} else {
			reader->non_ascii = true;
			while (reader->at < reader->end && (unsigned char)*reader->at >= 0x80)
				reader->at++;
		}
	}
	return true;
}

static bool hex4(const char *at, const char *end, unsigned *ret_unit)
{
	unsigned unit = 0;

	if (end - at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)at[i];

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit << 4 | ((c | 0x20U) - 'a' + 10);
		else
			return false;
	}
	*ret_unit = unit;
	return true;
}

static char *put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* What stands behind \u: one unit, or a surrogate pair. Half a pair stands for no character. */
static bool unescape_unit(const char **at, const char *end, char **out)
{
	unsigned unit, low;

	if (!hex4(*at, end, &unit))
		return false;
	*at += 4;
	if (unit >= 0xd800 && unit < 0xdc00) {
		if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' || !hex4(*at + 2, end, &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return false;
		*at += 6;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	} else if (unit >= 0xdc00 && unit < 0xe000) {
		return false;
	}
	*out = put_utf8(*out, unit);
	return true;
}

/* In place: no escape is shorter than what it stands for. */
static bool unescape(struct str raw, char *out, struct str *ret_text, size_t *ret_bad)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *end = raw.ptr + raw.len;
	char *first = out;

	for (const char *at = raw.ptr; at < end;) {
		const char *letter;

		if (*at != '\\') {
			*out++ = *at++;
			continue;
		}
		*ret_bad = (size_t)(at - raw.ptr);
		at += 2; /* a closed string has a byte behind each backslash */
		letter = at[-1] ? strchr(letters, at[-1]) : NULL;
		if (letter)
			*out++ = meanings[letter - letters];
		else if (at[-1] != 'u' || !unescape_unit(&at, end, &out))
			return false;
	}
	*ret_text = (struct str){first, (size_t)(out - first)};
	return true;
}

/* Keeps [from, at) behind what is already carried. */
static bool carry(struct json_reader *reader, enum token token, const char *from, struct err *err)
{
	reader->token = token;
	buf_put(&reader->carried, (struct str){from, (size_t)(reader->at - from)});
	return !reader->carried.failed || too_long(reader, err);
}

/* The whole token: lent from the piece where it lies in one. */
static bool whole_token(struct json_reader *reader, const char *from, struct str *ret_raw, struct err *err)
{
	*ret_raw = (struct str){from, (size_t)(reader->at - from)};
	if (reader->carried.len || reader->escaped) {
		if (!carry(reader, TOKEN_NONE, from, err))
			return false;
		*ret_raw = buf_str(&reader->carried);
	}
	reader->token = TOKEN_NONE;
	return ret_raw->len <= JSON_TOKEN_MAX || too_long(reader, err);
}

static bool decode_string(struct json_reader *reader, struct str *text, struct err *err)
{
	unsigned long long first = offset_at(reader) - text->len;
	size_t bad = 0;

	if (reader->non_ascii && !str_is_utf8(*text))
		return err_set(err, ERR_INVALID, "byte %llu: a string that is not UTF-8", first);
	if (reader->escaped && !unescape(*text, reader->carried.ptr, text, &bad))
		return err_set(err, ERR_INVALID, "byte %llu: a wrong escape in a string", first + bad);
	reader->escaped = reader->non_ascii = false;
	return true;
}

/* From behind the opening quote, or from the start of a piece. */
static bool read_string(struct json_reader *reader, struct err *err)
{
	const char *from = reader->at;
	struct str text;
	bool ok;

	if (!scan_string(reader, err))
		return false;
	if (reader->at == reader->end)
		return carry(reader, TOKEN_STRING, from, err);
	if (!whole_token(reader, from, &text, err))
		return false;
	if ((reader->escaped || reader->non_ascii) && !decode_string(reader, &text, err))
		return false;
	reader->at++;
	if (reader->expect == EXPECT_KEY || reader->expect == EXPECT_KEY_OR_END) {
		reader->expect = EXPECT_COLON;
		ok = reader->handler(reader->context, JSON_EVENT_KEY, text, err);
	} else {
		ok = emit_value(reader, JSON_EVENT_STRING, text, err);
	}
	reader->carried.len = 0;
	return ok;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_end(struct str text, size_t at)
{
	while (at < text.len && is_digit(text.ptr[at]))
		at++;
	return at;
}

static bool is_number(struct str text)
{
	size_t at = text.len && text.ptr[0] == '-';
	size_t from = at;

	at = digits_end(text, from);
	if (at == from || (text.ptr[from] == '0' && at - from > 1))
		return false;
	if (at < text.len && text.ptr[at] == '.') {
		from = at + 1;
		at = digits_end(text, from);
		if (at == from)
			return false;
	}
	if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
		from = at + 1;
		from += from < text.len && (text.ptr[from] == '+' || text.ptr[from] == '-');
		at = digits_end(text, from);
		if (at == from)
			return false;
	}
	return at == text.len;
}

/* Any byte that could stand in a number or a word, so that a wrong one is shown whole. */
static bool is_word_byte(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '+' || c == '.' || c == '_';
}

static bool word_event(struct str word, enum json_event *ret_event)
{
	*ret_event = JSON_EVENT_NUMBER;
	if (word.ptr[0] == '-' || is_digit(word.ptr[0]))
		return is_number(word);
	if (str_eq(word, STR("true")))
		*ret_event = JSON_EVENT_TRUE;
	else if (str_eq(word, STR("false")))
		*ret_event = JSON_EVENT_FALSE;
	else if (str_eq(word, STR("null")))
		*ret_event = JSON_EVENT_NULL;
	return *ret_event != JSON_EVENT_NUMBER;
}

static bool finish_word(struct json_reader *reader, const char *from, struct err *err)
{
	enum json_event event;
	struct str word;
	bool ok;

	if (!whole_token(reader, from, &word, err))
		return false;
	if (!word_event(word, &event))
		return err_set(err, ERR_INVALID, "byte %llu: found '%.*s', expected a value",
			       offset_at(reader) - word.len, STR_ARG(str_slice(word, 0, 40)));
	ok = emit_value(reader, event, event == JSON_EVENT_NUMBER ? word : STR(""), err);
	reader->carried.len = 0;
	return ok;
}

static bool read_word(struct json_reader *reader, struct err *err)
{
	const char *from = reader->at;

	while (reader->at < reader->end && is_word_byte(*reader->at))
		reader->at++;
	if (reader->at == reader->end)
		return carry(reader, TOKEN_WORD, from, err);
	return finish_word(reader, from, err);
}

static bool open_container(struct json_reader *reader, bool object, struct err *err)
{
	uint64_t bit = UINT64_C(1) << (reader->depth & 63);

	if (reader->depth == JSON_DEPTH_MAX)
		return err_set(err, ERR_LIMIT, "byte %llu: nested more than %d deep", offset_at(reader),
			       JSON_DEPTH_MAX);
	reader->at++;
	reader->depth++;
	reader->objects = object ? reader->objects | bit : reader->objects & ~bit;
	reader->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	return reader->handler(reader->context, object ? JSON_EVENT_OBJECT : JSON_EVENT_ARRAY, STR(""), err);
}

static bool close_container(struct json_reader *reader, struct err *err)
{
	bool object = in_object(reader);

	if (*reader->at != (object ? '}' : ']'))
		return unexpected(reader, err);
	reader->at++;
	reader->depth--;
	return emit_value(reader, object ? JSON_EVENT_OBJECT_END : JSON_EVENT_ARRAY_END, STR(""), err);
}

static bool read_value(struct json_reader *reader, struct err *err)
{
	switch (*reader->at) {
	case '"':
		reader->at++;
		return read_string(reader, err);
	case '{':
		return open_container(reader, true, err);
	case '[':
		return open_container(reader, false, err);
	case ']':
		return reader->expect == EXPECT_VALUE_OR_END ? close_container(reader, err) : unexpected(reader, err);
	default:
		return is_word_byte(*reader->at) ? read_word(reader, err) : unexpected(reader, err);
	}
}

static bool read_key(struct json_reader *reader, struct err *err)
{
	if (*reader->at == '"') {
		reader->at++;
		return read_string(reader, err);
	}
	return reader->expect == EXPECT_KEY_OR_END ? close_container(reader, err) : unexpected(reader, err);
}

static bool read_next(struct json_reader *reader, struct err *err)
{
	switch (reader->expect) {
	case EXPECT_VALUE:
	case EXPECT_VALUE_OR_END:
		return read_value(reader, err);
	case EXPECT_KEY:
	case EXPECT_KEY_OR_END:
		return read_key(reader, err);
	case EXPECT_COLON:
		if (*reader->at != ':')
			return unexpected(reader, err);
		reader->at++;
		reader->expect = EXPECT_VALUE;
		return true;
	case EXPECT_COMMA_OR_END:
		if (*reader->at != ',')
			return close_container(reader, err);
		reader->at++;
		reader->expect = in_object(reader) ? EXPECT_KEY : EXPECT_VALUE;
		return true;
	case EXPECT_NOTHING:
		break;
	}
	return unexpected(reader, err);
}

static bool read_piece(struct json_reader *reader, struct err *err)
{
	if (reader->token == TOKEN_STRING && !read_string(reader, err))
		return false;
	if (reader->token == TOKEN_WORD && !read_word(reader, err))
		return false;
	while (reader->at < reader->end) {
		char c = *reader->at;

		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			reader->at++;
		else if (!read_next(reader, err))
			return false;
	}
	return true;
}

/* Keeps the error for every later call. */
static bool settle(struct json_reader *reader, bool ok, struct err *err)
{
	if (!ok) {
		reader->failed = true;
		reader->failure = *err;
	}
	return ok;
}

static bool failed_before(const struct json_reader *reader, struct err *err)
{
	if (reader->failed)
		*err = reader->failure;
	return reader->failed;
}

bool json_reader_feed(struct json_reader *reader, struct str piece, struct err *err)
{
	bool ok;

	if (failed_before(reader, err))
		return false;
	if (piece.len == 0)
		return true;
	reader->start = reader->at = piece.ptr;
	reader->end = piece.ptr + piece.len;
	ok = settle(reader, read_piece(reader, err), err);
	reader->offset += piece.len;
	reader->start = reader->at = reader->end = NULL;
	return ok;
}

bool json_reader_finish(struct json_reader *reader, struct err *err)
{
	if (failed_before(reader, err))
		return false;
	if (reader->token == TOKEN_WORD && !settle(reader, finish_word(reader, reader->at, err), err))
		return false;
	if (reader->token == TOKEN_NONE && reader->expect == EXPECT_NOTHING)
		return true;
	return settle(reader, err_set(err, ERR_INVALID, "ends early, after %llu bytes", offset_at(reader)), err);
}
