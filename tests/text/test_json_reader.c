/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "text/json_reader.h"

static const char marks[] = {[JSON_EVENT_OBJECT] = '{',	   [JSON_EVENT_OBJECT_END] = '}', [JSON_EVENT_ARRAY] = '[',
			     [JSON_EVENT_ARRAY_END] = ']', [JSON_EVENT_KEY] = 'k',	  [JSON_EVENT_STRING] = 's',
			     [JSON_EVENT_NUMBER] = 'n',	   [JSON_EVENT_TRUE] = 't',	  [JSON_EVENT_FALSE] = 'f',
			     [JSON_EVENT_NULL] = '0'};

/* Each event is its mark, and its text in < >. */
static bool record(void *context, enum json_event event, struct str text, struct err *err)
{
	struct buf *events = context;

	if (str_eq(text, STR("STOP")))
		return err_set(err, ERR_NOT_FOUND, "stopped by the handler");
	buf_putc(events, marks[event]);
	if (event == JSON_EVENT_KEY || event == JSON_EVENT_STRING || event == JSON_EVENT_NUMBER) {
		buf_putc(events, '<');
		buf_put(events, text);
		buf_putc(events, '>');
	} else {
		assert_int_equal(text.len, 0);
	}
	return true;
}

/* Each piece is a block of its own, which is gone after the call. */
static bool feed_copy(struct json_reader *reader, struct str piece, struct err *err)
{
	char *copy = malloc(piece.len ? piece.len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, piece.ptr, piece.len);
	ok = json_reader_feed(reader, (struct str){copy, piece.len}, err);
	free(copy);
	return ok;
}

static bool read_in_pieces(struct str text, size_t piece, struct buf *events, struct err *err)
{
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, events);

	for (size_t at = 0; at < text.len; at += piece)
		if (!feed_copy(reader, str_slice(text, at, at + piece), err))
			return false;
	return json_reader_finish(reader, err);
}

static const size_t piece_sizes[] = {1 << 30, 7, 1, 2, 3};

static struct good_case {
	const char *name;
	struct str in, events;
} good_cases[] = {
	{"y empty object", STR_INIT("{}"), STR_INIT("{}")},
	{"y empty array", STR_INIT("[]"), STR_INIT("[]")},
	{"y white space", STR_INIT(" \t\r\n[ ] \n"), STR_INIT("[]")},
	{"y white space everywhere", STR_INIT(" { \"a\" : [ 1 , 2 ] , \"b\" : { } } "),
	 STR_INIT("{k<a>[n<1>n<2>]k<b>{}}")},
	{"y nested", STR_INIT("{\"a\":{\"b\":[[],{}]}}"), STR_INIT("{k<a>{k<b>[[]{}]}}")},
	{"y array in object in array", STR_INIT("[{\"a\":[1]},2]"), STR_INIT("[{k<a>[n<1>]}n<2>]")},
	{"y literals", STR_INIT("[true,false,null]"), STR_INIT("[tf0]")},
	{"y array behind object", STR_INIT("[{\"a\":1},[1,2],{\"b\":[]}]"), STR_INIT("[{k<a>n<1>}[n<1>n<2>]{k<b>[]}]")},
	{"y lonely true", STR_INIT("true"), STR_INIT("t")},
	{"y lonely number", STR_INIT("-12.5e+3"), STR_INIT("n<-12.5e+3>")},
	{"y lonely string", STR_INIT("\"asd\""), STR_INIT("s<asd>")},
	{"y lonely number with rest", STR_INIT("42 \n"), STR_INIT("n<42>")},
	{"y numbers", STR_INIT("[0,-0,1,-1,10,0.5,-0.0,1e5,1E5,1e+5,1e-5,123.456e78]"),
	 STR_INIT("[n<0>n<-0>n<1>n<-1>n<10>n<0.5>n<-0.0>n<1e5>n<1E5>n<1e+5>n<1e-5>n<123.456e78>]")},
	{"y empty string", STR_INIT("[\"\"]"), STR_INIT("[s<>]")},
	{"y empty key", STR_INIT("{\"\":0}"), STR_INIT("{k<>n<0>}")},
	{"y duplicated key", STR_INIT("{\"a\":1,\"a\":2}"), STR_INIT("{k<a>n<1>k<a>n<2>}")},
	{"y escapes", STR_INIT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), STR_INIT("[s<\"\\/\b\f\n\r\t>]")},
	{"y escaped key", STR_INIT("{\"\\u0070od\":\"x\"}"), STR_INIT("{k<pod>s<x>}")},
	{"y escape in the middle", STR_INIT("[\"abc\\u002Ddef\",\"plain\"]"), STR_INIT("[s<abc-def>s<plain>]")},
	{"y escaped NUL", STR_INIT("[\"a\\u0000b\"]"), STR_INIT("[s<a\0b>]")},
	{"y two byte escape", STR_INIT("[\"\\u00e9\"]"), STR_INIT("[s<\xc3\xa9>]")},
	{"y three byte escape", STR_INIT("[\"\\u20AC\\uffff\"]"), STR_INIT("[s<\xe2\x82\xac\xef\xbf\xbf>]")},
	{"y surrogate pair", STR_INIT("[\"\\ud83d\\uDE00\"]"), STR_INIT("[s<\xf0\x9f\x98\x80>]")},
	{"y first and last pair", STR_INIT("[\"\\ud800\\udc00\\udbff\\udfff\"]"),
	 STR_INIT("[s<\xf0\x90\x80\x80\xf4\x8f\xbf\xbf>]")},
	{"y escaped backslash at the end", STR_INIT("[\"\\\\\"]"), STR_INIT("[s<\\>]")},
	{"y backslash then u", STR_INIT("[\"\\\\u0041\"]"), STR_INIT("[s<\\u0041>]")},
	{"y UTF-8", STR_INIT("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"),
	 STR_INIT("[s<\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>]")},
	{"y UTF-8 and escapes", STR_INIT("[\"\xc3\xa9\\n\xc3\xa9\"]"), STR_INIT("[s<\xc3\xa9\n\xc3\xa9>]")},
	{"y DEL", STR_INIT("[\"a\x7f\"]"), STR_INIT("[s<a\x7f>]")},
	{"y line separators", STR_INIT("[\"\xe2\x80\xa8\xe2\x80\xa9\"]"), STR_INIT("[s<\xe2\x80\xa8\xe2\x80\xa9>]")},
	{"y brackets in strings", STR_INIT("[\"{[,:]}\"]"), STR_INIT("[s<{[,:]}>]")},
	{"y exactly eight bytes", STR_INIT("[\"12345678\"]"), STR_INIT("[s<12345678>]")},
	{"y quote at each place of a word",
	 STR_INIT("[\"1\",\"12\",\"123\",\"1234\",\"12345\",\"123456\",\"1234567\"]"),
	 STR_INIT("[s<1>s<12>s<123>s<1234>s<12345>s<123456>s<1234567>]")},
	{"y bytes beside the special ones", STR_INIT("[\" !#[]~ !#[]~ !#[]~\"]"), STR_INIT("[s< !#[]~ !#[]~ !#[]~>]")},
};

static void test_good(void **state)
{
	const struct good_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(buf_clear) struct buf events = {0};
		struct err err = {0};

		assert_true(read_in_pieces(c->in, piece_sizes[i], &events, &err));
		assert_int_equal(events.len, c->events.len);
		assert_memory_equal(events.ptr, c->events.ptr, events.len);
		assert_int_equal(err.code, ERR_NONE);
	}
}

static struct bad_case {
	const char *name;
	struct str in;
	const char *message;
} bad_cases[] = {
	{"n nothing", STR_INIT(""), "ends early, after 0 bytes"},
	{"n blanks", STR_INIT("  \n\n  "), "ends early, after 6 bytes"},
	{"n HTML", STR_INIT("<html>login</html>"), "byte 0: found '<', expected a value"},
	{"n byte order mark", STR_INIT("\xef\xbb\xbf{}"), "byte 0: found byte 0xef, expected a value"},
	{"n rest behind", STR_INIT("{} x"), "byte 3: found 'x', expected nothing more"},
	{"n two documents", STR_INIT("{}{}"), "byte 2: found '{', expected nothing more"},
	{"n NUL behind", STR_INIT("{}\0"), "byte 2: found byte 0x00, expected nothing more"},
	{"n closed twice", STR_INIT("[]]"), "byte 2: found ']', expected nothing more"},
	{"n two numbers", STR_INIT("1 2"), "byte 2: found '2', expected nothing more"},
	{"n open array", STR_INIT("[1"), "ends early, after 2 bytes"},
	{"n open object", STR_INIT("{\"a\":1"), "ends early, after 6 bytes"},
	{"n open string", STR_INIT("\"abc"), "ends early, after 4 bytes"},
	{"n open string behind escape", STR_INIT("\"abc\\\""), "ends early, after 6 bytes"},
	{"n open string behind backslash", STR_INIT("\"abc\\"), "ends early, after 5 bytes"},
	{"n open key", STR_INIT("{\"a"), "ends early, after 3 bytes"},
	{"n key alone", STR_INIT("{\"a\"}"), "byte 4: found '}', expected a colon"},
	{"n key and colon", STR_INIT("{\"a\":}"), "byte 5: found '}', expected a value"},
	{"n number as key", STR_INIT("{1:1}"), "byte 1: found '1', expected a key or '}'"},
	{"n bare key", STR_INIT("{a:1}"), "byte 1: found 'a', expected a key or '}'"},
	{"n single quotes", STR_INIT("{'a':1}"), "byte 1: found ''', expected a key or '}'"},
	{"n comma first in object", STR_INIT("{,}"), "byte 1: found ',', expected a key or '}'"},
	{"n comma last in object", STR_INIT("{\"a\":1,}"), "byte 7: found '}', expected a key"},
	{"n two colons", STR_INIT("{\"a\"::1}"), "byte 5: found ':', expected a value"},
	{"n comma for colon", STR_INIT("{\"a\",1}"), "byte 4: found ',', expected a colon"},
	{"n no comma in object", STR_INIT("{\"a\":1 \"b\":2}"), "byte 7: found '\"', expected a comma or the end"},
	{"n comma first", STR_INIT("[,1]"), "byte 1: found ',', expected a value or ']'"},
	{"n comma last", STR_INIT("[1,]"), "byte 3: found ']', expected a value"},
	{"n two commas", STR_INIT("[1,,2]"), "byte 3: found ',', expected a value"},
	{"n no comma", STR_INIT("[1 2]"), "byte 3: found '2', expected a comma or the end"},
	{"n no comma between strings", STR_INIT("[\"a\"\"b\"]"), "byte 4: found '\"', expected a comma or the end"},
	{"n array closed as object", STR_INIT("[1}"), "byte 2: found '}', expected a comma or the end"},
	{"n object closed as array", STR_INIT("{\"a\":1]"), "byte 6: found ']', expected a comma or the end"},
	{"n empty array closed as object", STR_INIT("[}"), "byte 1: found '}', expected a value or ']'"},
	{"n empty object closed as array", STR_INIT("{]"), "byte 1: found ']', expected a key or '}'"},
	{"n colon in array", STR_INIT("[\"a\":1]"), "byte 4: found ':', expected a comma or the end"},
	{"n comment", STR_INIT("[1]/**/"), "byte 3: found '/', expected nothing more"},
	{"n form feed", STR_INIT("[\f]"), "byte 1: found byte 0x0c, expected a value or ']'"},
	{"n leading zero", STR_INIT("[012]"), "byte 1: found '012', expected a value"},
	{"n minus leading zero", STR_INIT("[-012]"), "byte 1: found '-012', expected a value"},
	{"n plus", STR_INIT("[+1]"), "byte 1: found '+1', expected a value"},
	{"n minus alone", STR_INIT("[-]"), "byte 1: found '-', expected a value"},
	{"n two minus", STR_INIT("[--1]"), "byte 1: found '--1', expected a value"},
	{"n point first", STR_INIT("[.5]"), "byte 1: found '.5', expected a value"},
	{"n point last", STR_INIT("[5.]"), "byte 1: found '5.', expected a value"},
	{"n two points", STR_INIT("[1.2.3]"), "byte 1: found '1.2.3', expected a value"},
	{"n exponent empty", STR_INIT("[1e]"), "byte 1: found '1e', expected a value"},
	{"n exponent sign alone", STR_INIT("[1e+]"), "byte 1: found '1e+', expected a value"},
	{"n exponent fraction", STR_INIT("[1e1.5]"), "byte 1: found '1e1.5', expected a value"},
	{"n lonely cut number", STR_INIT("1e"), "byte 0: found '1e', expected a value"},
	{"n hexadecimal", STR_INIT("[0x10]"), "byte 1: found '0x10', expected a value"},
	{"n number and letter", STR_INIT("[1a]"), "byte 1: found '1a', expected a value"},
	{"n NaN", STR_INIT("[NaN]"), "byte 1: found 'NaN', expected a value"},
	{"n Infinity", STR_INIT("[-Infinity]"), "byte 1: found '-Infinity', expected a value"},
	{"n cut true", STR_INIT("[tru]"), "byte 1: found 'tru', expected a value"},
	{"n longer true", STR_INIT("[trueish]"), "byte 1: found 'trueish', expected a value"},
	{"n capital True", STR_INIT("[True]"), "byte 1: found 'True', expected a value"},
	{"n two words", STR_INIT("[truefalse]"), "byte 1: found 'truefalse', expected a value"},
	{"n nul", STR_INIT("nul"), "byte 0: found 'nul', expected a value"},
	{"n newline in string", STR_INIT("[\"a\nb\"]"), "byte 3: found byte 0x0a in a string"},
	{"n tab in string", STR_INIT("[\"\t\"]"), "byte 2: found byte 0x09 in a string"},
	{"n NUL in string", STR_INIT("[\"a\0\"]"), "byte 3: found byte 0x00 in a string"},
	{"n control character at the end of a word", STR_INIT("[\"1234567\x1f\"]"),
	 "byte 9: found byte 0x1f in a string"},
	{"n unknown escape", STR_INIT("[\"a\\x41\"]"), "byte 3: a wrong escape in a string"},
	{"n escaped NUL byte", STR_INIT("[\"\\\0\"]"), "byte 2: a wrong escape in a string"},
	{"n escaped newline", STR_INIT("[\"\\\n\"]"), "byte 2: a wrong escape in a string"},
	{"n escape in capitals", STR_INIT("[\"\\N\"]"), "byte 2: a wrong escape in a string"},
	{"n short unit", STR_INIT("[\"\\u00\"]"), "byte 2: a wrong escape in a string"},
	{"n no hex digit", STR_INIT("[\"\\u00g0\"]"), "byte 2: a wrong escape in a string"},
	{"n empty unit", STR_INIT("[\"\\u\"]"), "byte 2: a wrong escape in a string"},
	{"n high surrogate alone", STR_INIT("[\"pod-a\\ud800\"]"), "byte 7: a wrong escape in a string"},
	{"n low surrogate alone", STR_INIT("[\"\\udc00\"]"), "byte 2: a wrong escape in a string"},
	{"n high surrogate twice", STR_INIT("[\"\\ud800\\ud800\"]"), "byte 2: a wrong escape in a string"},
	{"n high surrogate and letter", STR_INIT("[\"\\ud800\\n12345\"]"), "byte 2: a wrong escape in a string"},
	{"n pair cut short", STR_INIT("[\"\\ud83d\\ude0\"]"), "byte 2: a wrong escape in a string"},
	{"n byte ff", STR_INIT("[\"\xff\"]"), "byte 2: a string that is not UTF-8"},
	{"n lone continuation", STR_INIT("[\"a\x80\"]"), "byte 2: a string that is not UTF-8"},
	{"n cut character", STR_INIT("[\"\xe2\x82\"]"), "byte 2: a string that is not UTF-8"},
	{"n character cut by an escape", STR_INIT("[\"\xe2\x82\\u0041\"]"), "byte 2: a string that is not UTF-8"},
	{"n overlong slash", STR_INIT("[\"\xc0\xaf\"]"), "byte 2: a string that is not UTF-8"},
	{"n surrogate as UTF-8", STR_INIT("[\"\xed\xa0\x80\"]"), "byte 2: a string that is not UTF-8"},
	{"n beyond Unicode", STR_INIT("[\"\xf4\x90\x80\x80\"]"), "byte 2: a string that is not UTF-8"},
	{"n bad UTF-8 in a key", STR_INIT("{\"\xff\":1}"), "byte 2: a string that is not UTF-8"},
	{"n UTF-8 outside strings", STR_INIT("[\xc3\xa9]"), "byte 1: found byte 0xc3, expected a value or ']'"},
};

static void test_bad(void **state)
{
	const struct bad_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(buf_clear) struct buf events = {0};
		struct err err = {0};

		assert_false(read_in_pieces(c->in, piece_sizes[i], &events, &err));
		assert_string_equal(err.msg, c->message);
		assert_int_equal(err.code, ERR_INVALID);
	}
}

static struct depth_case {
	const char *name;
	size_t depth;
	const char *brackets[2];
	bool ok;
} depth_cases[] = {
	{"64 arrays", JSON_DEPTH_MAX, {"[", "]"}, true},
	{"65 arrays", JSON_DEPTH_MAX + 1, {"[", "]"}, false},
	{"64 objects", JSON_DEPTH_MAX, {"{\"a\":", "}"}, true},
	{"65 objects", JSON_DEPTH_MAX + 1, {"{\"a\":", "}"}, false},
};

static void test_depth(void **state)
{
	const struct depth_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(buf_clear) struct buf events = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		struct err err = {0};

		for (size_t level = 0; level < c->depth; level++)
			buf_puts(&text, c->brackets[0]);
		buf_putc(&text, '1');
		for (size_t level = 0; level < c->depth; level++)
			buf_puts(&text, c->brackets[1]);
		assert_int_equal(read_in_pieces(buf_str(&text), piece_sizes[i], &events, &err), c->ok);
		assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_LIMIT);
	}
}

static struct length_case {
	const char *name, *before, *after;
	char byte;
	size_t length;
	bool ok;
} length_cases[] = {
	{"longest string", "[\"", "\"]", 'x', JSON_TOKEN_MAX, true},
	{"string too long", "[\"", "\"]", 'x', JSON_TOKEN_MAX + 1, false},
	{"longest number", "[", "]", '1', JSON_TOKEN_MAX, true},
	{"number too long", "[", "]", '1', JSON_TOKEN_MAX + 1, false},
	{"open string too long", "[\"", "", 'x', 2 * JSON_TOKEN_MAX, false},
};

static void test_length(void **state)
{
	static const size_t pieces[] = {1 << 30, 64 << 10, 1001};
	const struct length_case *c = *state;
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, c->before);
	assert_true(buf_reserve(&text, c->length));
	memset(text.ptr + text.len, c->byte, c->length);
	text.len += c->length;
	buf_puts(&text, c->after);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		CLEANUP(buf_clear) struct buf events = {0};
		struct err err = {0};

		assert_int_equal(read_in_pieces(buf_str(&text), pieces[i], &events, &err), c->ok);
		assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_LIMIT);
		if (c->ok)
			assert_int_equal(events.len, c->length + 5);
	}
}

static const char lent_piece[] = "{\"\\u006b\":\"\\n\",\"key\":\"value\"}";

static bool count_lent(void *context, enum json_event event, struct str text, struct err *err)
{
	(void)err;
	if (event == JSON_EVENT_KEY || event == JSON_EVENT_STRING)
		*(int *)context += text.ptr > lent_piece && text.ptr < lent_piece + sizeof(lent_piece);
	return true;
}

/* All but the two that hold escapes. */
static void test_text_is_lent_from_the_piece(void **state)
{
	int texts = 0;
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(count_lent, &texts);
	struct err err = {0};

	(void)state;
	assert_true(json_reader_feed(reader, str_of(lent_piece), &err));
	assert_true(json_reader_finish(reader, &err));
	assert_int_equal(texts, 2);
}

static void test_handler_stops_the_reader(void **state)
{
	CLEANUP(buf_clear) struct buf events = {0};
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, &events);
	struct err err = {0};

	(void)state;
	assert_false(json_reader_feed(reader, STR("[1,\"STOP\",2]"), &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.msg, "stopped by the handler");
	assert_true(str_eq(buf_str(&events), STR("[n<1>")));
}

static void test_error_stays(void **state)
{
	CLEANUP(buf_clear) struct buf events = {0};
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, &events);
	struct err first = {0}, again = {0}, last = {0};

	(void)state;
	assert_false(json_reader_feed(reader, STR("[}"), &first));
	assert_false(json_reader_feed(reader, STR("]"), &again));
	assert_false(json_reader_finish(reader, &last));
	assert_string_equal(again.msg, first.msg);
	assert_string_equal(last.msg, first.msg);
	assert_int_equal(again.code, ERR_INVALID);
	assert_int_equal(last.code, ERR_INVALID);
}

static void test_empty_pieces(void **state)
{
	CLEANUP(buf_clear) struct buf events = {0};
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, &events);
	struct err err = {0};

	(void)state;
	assert_true(json_reader_feed(reader, (struct str){NULL, 0}, &err));
	assert_true(json_reader_feed(reader, STR("[\"a\\"), &err));
	assert_true(json_reader_feed(reader, STR(""), &err));
	assert_true(json_reader_feed(reader, STR("n\"]"), &err));
	assert_true(json_reader_finish(reader, &err));
	assert_true(str_eq(buf_str(&events), STR("[s<a\n>]")));
}

/* Where in a document a piece ends must not matter: every way to cut it in two. */
static void test_every_cut(void **state)
{
	struct str text = STR(
		"{\"\\u0061\xc3\xa9\":[\"\\ud83d\\ude00x\",-1.5e3,true,{\"b\":null}],\"c\":\"12345678901234567890\"}");
	CLEANUP(buf_clear) struct buf want = {0};
	struct err err = {0};

	(void)state;
	assert_true(read_in_pieces(text, text.len, &want, &err));
	for (size_t cut = 0; cut <= text.len; cut++) {
		CLEANUP(buf_clear) struct buf events = {0};
		CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(record, &events);

		assert_true(feed_copy(reader, str_slice(text, 0, cut), &err));
		assert_true(feed_copy(reader, str_slice(text, cut, text.len), &err));
		assert_true(json_reader_finish(reader, &err));
		assert_true(str_eq(buf_str(&events), buf_str(&want)));
	}
}

int main(void)
{
	static struct CMUnitTest
		tests[COUNT_OF(good_cases) + COUNT_OF(bad_cases) + COUNT_OF(depth_cases) + COUNT_OF(length_cases) + 5];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(good_cases); i++)
		tests[count++] = (struct CMUnitTest){good_cases[i].name, test_good, NULL, NULL, &good_cases[i]};
	for (size_t i = 0; i < COUNT_OF(bad_cases); i++)
		tests[count++] = (struct CMUnitTest){bad_cases[i].name, test_bad, NULL, NULL, &bad_cases[i]};
	for (size_t i = 0; i < COUNT_OF(depth_cases); i++)
		tests[count++] = (struct CMUnitTest){depth_cases[i].name, test_depth, NULL, NULL, &depth_cases[i]};
	for (size_t i = 0; i < COUNT_OF(length_cases); i++)
		tests[count++] = (struct CMUnitTest){length_cases[i].name, test_length, NULL, NULL, &length_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_text_is_lent_from_the_piece);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_handler_stops_the_reader);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_error_stays);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_empty_pieces);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_every_cut);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
