/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "text/json_reader.h"
#include "text/json_writer.h"

static void write_nothing_in_object(struct json_writer *w)
{
	json_writer_object(w);
	json_writer_object_end(w);
}

static void write_nothing_in_array(struct json_writer *w)
{
	json_writer_array(w);
	json_writer_array_end(w);
}

static void write_members(struct json_writer *w)
{
	json_writer_object(w);
	json_writer_member(w, "kind", STR("List"));
	json_writer_key(w, "count");
	json_writer_i64(w, -5);
	json_writer_key(w, "yes");
	json_writer_bool(w, true);
	json_writer_key_str(w, STR("no"));
	json_writer_bool(w, false);
	json_writer_key(w, "none");
	json_writer_null(w);
	json_writer_object_end(w);
}

static void write_empties(struct json_writer *w)
{
	json_writer_object(w);
	json_writer_key(w, "metadata");
	write_nothing_in_object(w);
	json_writer_key(w, "items");
	write_nothing_in_array(w);
	json_writer_object_end(w);
}

static void write_nested(struct json_writer *w)
{
	json_writer_object(w);
	json_writer_key(w, "items");
	json_writer_array(w);
	for (int i = 1; i <= 2; i++) {
		json_writer_object(w);
		json_writer_key(w, "a");
		json_writer_array(w);
		json_writer_i64(w, i);
		json_writer_string(w, STR("x"));
		json_writer_array_end(w);
		json_writer_object_end(w);
	}
	json_writer_array(w);
	write_nothing_in_array(w);
	json_writer_array_end(w);
	json_writer_array_end(w);
	json_writer_key(w, "last");
	json_writer_null(w);
	json_writer_object_end(w);
}

static void write_numbers(struct json_writer *w)
{
	json_writer_array(w);
	json_writer_i64(w, 0);
	json_writer_i64(w, INT64_MAX);
	json_writer_i64(w, INT64_MIN);
	json_writer_array_end(w);
}

static void write_a_string(struct json_writer *w)
{
	json_writer_string(w, STR("alone"));
}

static struct document_case {
	const char *name;
	void (*write)(struct json_writer *writer);
	const char *compact, *pretty;
} document_cases[] = {
	{"empty object", write_nothing_in_object, "{}", "{}"},
	{"empty array", write_nothing_in_array, "[]", "[]"},
	{"members", write_members, "{\"kind\":\"List\",\"count\":-5,\"yes\":true,\"no\":false,\"none\":null}",
	 "{\n  \"kind\": \"List\",\n  \"count\": -5,\n  \"yes\": true,\n  \"no\": false,\n  \"none\": null\n}"},
	{"empty members", write_empties, "{\"metadata\":{},\"items\":[]}",
	 "{\n  \"metadata\": {},\n  \"items\": []\n}"},
	{"nested", write_nested, "{\"items\":[{\"a\":[1,\"x\"]},{\"a\":[2,\"x\"]},[[]]],\"last\":null}",
	 "{\n  \"items\": [\n    {\n      \"a\": [\n        1,\n        \"x\"\n      ]\n    },\n    {\n      \"a\": [\n"
	 "        2,\n        \"x\"\n      ]\n    },\n    [\n      []\n    ]\n  ],\n  \"last\": null\n}"},
	{"numbers", write_numbers, "[0,9223372036854775807,-9223372036854775808]",
	 "[\n  0,\n  9223372036854775807,\n  -9223372036854775808\n]"},
	{"string alone", write_a_string, "\"alone\"", "\"alone\""},
};

static void assert_written(void (*write)(struct json_writer *), bool pretty, const char *want)
{
	CLEANUP(buf_clear) struct buf out = {0};
	struct json_writer writer;

	json_writer_init(&writer, &out, pretty);
	write(&writer);
	assert_string_equal(buf_cstr(&out), want);
	assert_false(out.failed);
}

static void test_document(void **state)
{
	const struct document_case *c = *state;

	assert_written(c->write, false, c->compact);
	assert_written(c->write, true, c->pretty);
}

/* As the encoding/json of Go 1.21 writes them. */
static struct text_case {
	const char *name;
	struct str in;
	const char *want;
} text_cases[] = {
	{"text empty", STR_INIT(""), "\"\""},
	{"text plain", STR_INIT("pod-a"), "\"pod-a\""},
	{"text quote", STR_INIT("a\"b"), "\"a\\\"b\""},
	{"text backslash", STR_INIT("a\\"), "\"a\\\\\""},
	{"text slash", STR_INIT("a/b"), "\"a/b\""},
	{"text newline, return, tab", STR_INIT("\n\r\t"), "\"\\n\\r\\t\""},
	{"text backspace, form feed", STR_INIT("\b\f"), "\"\\u0008\\u000c\""},
	{"text NUL", STR_INIT("a\0b"), "\"a\\u0000b\""},
	{"text last control character", STR_INIT("\x1f "), "\"\\u001f \""},
	{"text DEL", STR_INIT("\x7f"), "\"\x7f\""},
	{"text HTML", STR_INIT("<a&b>"), "\"\\u003ca\\u0026b\\u003e\""},
	{"text UTF-8", STR_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80."), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.\""},
	{"text line separators", STR_INIT("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\\u2028\\u2029\xe2\x80\xaa\""},
	{"text bad byte",
	 STR_INIT("a\xff"
		  "b"),
	 "\"a\\ufffdb\""},
	{"text cut character", STR_INIT("\xe2\x82"), "\"\\ufffd\\ufffd\""},
	{"text surrogate", STR_INIT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""},
	{"text replacement character", STR_INIT("\xef\xbf\xbd"), "\"\xef\xbf\xbd\""},
};

static void test_text(void **state)
{
	const struct text_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};
	CLEANUP(buf_clear) struct buf as_key = {0};
	CLEANUP(buf_clear) struct buf want_key = {0};
	struct json_writer writer;

	json_writer_init(&writer, &out, false);
	json_writer_string(&writer, c->in);
	assert_string_equal(buf_cstr(&out), c->want);
	json_writer_init(&writer, &as_key, false);
	json_writer_object(&writer);
	json_writer_key_str(&writer, c->in);
	json_writer_i64(&writer, 1);
	json_writer_object_end(&writer);
	buf_printf(&want_key, "{%s:1}", c->want);
	assert_string_equal(buf_cstr(&as_key), buf_cstr(&want_key));
}

static bool take_text(void *context, enum json_event event, struct str text, struct err *err)
{
	(void)err;
	assert_int_equal(event, JSON_EVENT_STRING);
	buf_put(context, text);
	return true;
}

/* What is written reads back, for every character there is. */
static void test_every_character_reads_back(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 0x3fb) {
		CLEANUP(buf_clear) struct buf out = {0};
		CLEANUP(buf_clear) struct buf back = {0};
		struct json_writer writer;
		char bytes[4] = {(char)c};
		struct str text = {bytes, 1};
		struct err err = {0};
		CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(take_text, &back);

		if (c >= 0x80) {
			text.len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
			bytes[0] = (char)((c < 0x800 ? 0xc0 : c < 0x10000 ? 0xe0 : 0xf0) | c >> 6 * (text.len - 1));
			for (size_t i = 1; i < text.len; i++)
				bytes[i] = (char)(0x80 | (c >> 6 * (text.len - 1 - i) & 0x3f));
		}
		if (!str_is_utf8(text))
			continue;
		json_writer_init(&writer, &out, false);
		json_writer_string(&writer, text);
		assert_true(json_reader_feed(reader, buf_str(&out), &err));
		assert_true(json_reader_finish(reader, &err));
		assert_true(str_eq(buf_str(&back), text));
	}
}

/* Each ASCII character at each place of a run of eight, which are looked at together. */
static void test_every_place_of_a_word(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 0x80; c++)
		for (size_t place = 0; place < 8; place++) {
			CLEANUP(buf_clear) struct buf out = {0};
			struct json_writer writer;
			char bytes[] = "=;?#%[]~=;?#%[]~";
			bool plain = c >= 0x20 && strchr("\"\\<>&", (int)c) == NULL;

			bytes[place] = (char)c;
			json_writer_init(&writer, &out, false);
			json_writer_string(&writer, (struct str){bytes, 16});
			assert_int_equal(out.len == 18, plain);
			assert_int_equal(plain && memcmp(out.ptr + 1, bytes, 16) == 0, plain);
		}
}

static void test_full_buf_fails(void **state)
{
	(void)state;
	for (size_t max = 1; max < 30; max++) {
		CLEANUP(buf_clear) struct buf out = BUF_MAX(max);
		struct json_writer writer;

		json_writer_init(&writer, &out, false);
		write_empties(&writer);
		assert_int_equal(out.failed, max < strlen("{\"metadata\":{},\"items\":[]}"));
		assert_true(out.len <= max);
	}
}

static void test_deepest(void **state)
{
	CLEANUP(buf_clear) struct buf out = {0};
	struct json_writer writer;
	const char *innermost;

	(void)state;
	json_writer_init(&writer, &out, true);
	for (int i = 0; i < JSON_WRITER_DEPTH - 1; i++)
		json_writer_array(&writer);
	json_writer_i64(&writer, 1);
	for (int i = 0; i < JSON_WRITER_DEPTH - 1; i++)
		json_writer_array_end(&writer);
	innermost = strchr(buf_cstr(&out), '1');
	assert_non_null(innermost);
	for (int i = 1; i <= 2 * (JSON_WRITER_DEPTH - 1); i++)
		assert_int_equal(innermost[-i], ' ');
	assert_int_equal(innermost[-2 * (JSON_WRITER_DEPTH - 1) - 1], '\n');
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(document_cases) + COUNT_OF(text_cases) + 4];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(document_cases); i++)
		tests[count++] =
			(struct CMUnitTest){document_cases[i].name, test_document, NULL, NULL, &document_cases[i]};
	for (size_t i = 0; i < COUNT_OF(text_cases); i++)
		tests[count++] = (struct CMUnitTest){text_cases[i].name, test_text, NULL, NULL, &text_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_every_character_reads_back);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_every_place_of_a_word);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_full_buf_fails);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_deepest);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
