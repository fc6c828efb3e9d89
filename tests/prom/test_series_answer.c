/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/buf.h"
#include "model/series.h"
#include "prom/series_answer.h"

enum { ROOMY = 1 << 20 };

static const size_t piece_sizes[] = {1 << 30, 7, 1};

static bool read_in_pieces(struct str text, size_t piece, size_t max_bytes, struct series_set **ret_set,
			   struct err *err)
{
	CLEANUP(series_answer_free_at) struct series_answer *answer = series_answer_new(max_bytes);

	for (size_t at = 0; at < text.len; at += piece)
		if (!series_answer_feed(answer, str_slice(text, at, at + piece), err))
			return false;
	return series_answer_finish(answer, ret_set, err);
}

static void assert_kinds(const struct series_set *set, const char *want)
{
	CLEANUP(buf_clear) struct buf got = {0};

	for (size_t i = 0; i < series_set_count(set); i++) {
		const struct series_kind *kind = series_set_at(set, i);

		buf_printf(&got, "%s%llux", i ? " " : "", (unsigned long long)kind->series);
		buf_put(&got, kind->name);
		for (size_t label = 0; label < kind->label_count; label++)
			buf_printf(&got, "%c%.*s", label ? ',' : '(', STR_ARG(kind->labels[label]));
		buf_puts(&got, kind->label_count ? ")" : "()");
	}
	for (size_t i = 0; i < got.len; i++)
		if (got.ptr[i] == '\0')
			got.ptr[i] = '@';
	assert_string_equal(buf_cstr(&got), want);
}

static struct good_case {
	const char *name;
	struct str in;
	const char *kinds; /* @ stands for NUL */
} good_cases[] = {
	{"nothing found", STR_INIT("{\"status\":\"success\",\"data\":[]}"), ""},
	{"two kinds",
	 STR_INIT("{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"job\":\"a\",\"pod\":\"b\"},"
		  "{\"pod\":\"c\",\"__name__\":\"up\",\"job\":\"d\"},{\"__name__\":\"up\",\"job\":\"a\"}]}"),
	 "2xup(job,pod) 1xup(job)"},
	{"status last", STR_INIT("{\"data\":[{\"__name__\":\"up\"}],\"status\":\"success\"}"), "1xup()"},
	{"unknown keys",
	 STR_INIT("{\"x\":{\"data\":[1,{\"status\":\"error\"}],\"y\":null},\"status\":\"success\",\"infos\":[[]],"
		  "\"data\":[{\"__name__\":\"up\",\"a\":\"b\"}],\"z\":-1,\"trace\":true}"),
	 "1xup(a)"},
	{"no name",
	 STR_INIT("{\"status\":\"success\",\"data\":[{\"pod\":\"a\"},{\"__name__\":\"\",\"pod\":\"b\"},{}]}"),
	 "2x(pod) 1x()"},
	{"NUL in a name",
	 STR_INIT("{\"status\":\"success\",\"data\":[{\"__name__\":\"good\\u0000x\",\"p\\u006fd\":\"\"}]}"),
	 "1xgood@x(pod)"},
	{"label twice",
	 STR_INIT(
		 "{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"a\":\"1\",\"a\":\"2\"},{\"__name__\":\"up\","
		 "\"a\":\"1\"}]}"),
	 "2xup(a)"},
	{"value that is called like the name",
	 STR_INIT("{\"status\":\"success\",\"data\":[{\"a\":\"__name__\",\"b\":\"x\"}]}"), "1x(a,b)"},
	{"warnings", STR_INIT("{\"status\":\"success\",\"warnings\":[\"partial\"],\"data\":[{\"__name__\":\"up\"}]}"),
	 "1xup()"},
	{"error is null", STR_INIT("{\"status\":\"success\",\"error\":null,\"errorType\":{},\"data\":[]}"), ""},
};

static void test_good(void **state)
{
	const struct good_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(series_set_free_at) struct series_set *set = NULL;
		struct err err = {0};

		assert_true(read_in_pieces(c->in, piece_sizes[i], ROOMY, &set, &err));
		assert_int_equal(err.code, ERR_NONE);
		assert_kinds(set, c->kinds);
	}
}

static struct bad_case {
	const char *name;
	struct str in;
	enum err_code code;
	const char *message;
} bad_cases[] = {
	{"error", STR_INIT("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}"), ERR_UPSTREAM,
	 "bad_data: parse error"},
	{"error behind data",
	 STR_INIT("{\"data\":[{\"__name__\":\"up\"}],\"error\":\"slow\",\"errorType\":\"timeout\",\"status\":"
		  "\"error\"}"),
	 ERR_UPSTREAM, "timeout: slow"},
	{"error with wrong data",
	 STR_INIT("{\"data\":{},\"error\":\"slow\",\"errorType\":\"timeout\",\"status\":\"error\"}"), ERR_UPSTREAM,
	 "timeout: slow"},
	{"error without reason", STR_INIT("{\"status\":\"error\"}"), ERR_UPSTREAM, "error: no reason given"},
	{"data is null", STR_INIT("{\"status\":\"success\",\"data\":null}"), ERR_UPSTREAM, "\"data\" is null"},
	{"no data", STR_INIT("{\"status\":\"success\"}"), ERR_UPSTREAM, "no \"data\" in the answer"},
	{"data is an object", STR_INIT("{\"status\":\"success\",\"data\":{\"a\":[1]}}"), ERR_UPSTREAM,
	 "\"data\" is no array"},
	{"data is text", STR_INIT("{\"status\":\"success\",\"data\":\"up\"}"), ERR_UPSTREAM, "\"data\" is no array"},
	{"data twice", STR_INIT("{\"status\":\"success\",\"data\":[{\"__name__\":\"up\"}],\"data\":[]}"), ERR_UPSTREAM,
	 "\"data\" is there twice"},
	{"status twice", STR_INIT("{\"status\":\"success\",\"status\":\"success\",\"data\":[]}"), ERR_UPSTREAM,
	 "\"status\" is there twice"},
	{"error, then success",
	 STR_INIT("{\"status\":\"error\",\"error\":\"slow\",\"status\":\"success\",\"data\":[]}"), ERR_UPSTREAM,
	 "error: slow"},
	{"no status", STR_INIT("{\"data\":[]}"), ERR_UPSTREAM, "no \"status\" in the answer"},
	{"other status", STR_INIT("{\"status\":\"ok\",\"data\":[]}"), ERR_UPSTREAM,
	 "\"status\" is \"ok\", neither \"success\" nor \"error\""},
	{"status and NUL", STR_INIT("{\"status\":\"success\\u0000\",\"data\":[]}"), ERR_UPSTREAM,
	 "\"status\" is \"success \", neither \"success\" nor \"error\""},
	{"status is a number", STR_INIT("{\"status\":200,\"data\":[]}"), ERR_UPSTREAM, "\"status\" is no text"},
	{"top is an array", STR_INIT("[{\"status\":\"success\",\"data\":[]}]"), ERR_UPSTREAM,
	 "the answer is no JSON object"},
	{"top is null", STR_INIT("null"), ERR_UPSTREAM, "the answer is no JSON object"},
	{"empty object", STR_INIT("{}"), ERR_UPSTREAM, "no \"status\" in the answer"},
	{"series is null", STR_INIT("{\"status\":\"success\",\"data\":[null]}"), ERR_UPSTREAM, "a series is no object"},
	{"series is an array", STR_INIT("{\"status\":\"success\",\"data\":[[{}],{}]}"), ERR_UPSTREAM,
	 "a series is no object"},
	{"label is a number", STR_INIT("{\"status\":\"success\",\"data\":[{\"pod\":5}]}"), ERR_UPSTREAM,
	 "a label of a series is no text"},
	{"name is an object", STR_INIT("{\"status\":\"success\",\"data\":[{\"__name__\":{\"a\":\"b\"}}]}"),
	 ERR_UPSTREAM, "a label of a series is no text"},
	{"two names", STR_INIT("{\"status\":\"success\",\"data\":[{\"__name__\":\"a\",\"__name__\":\"b\"}]}"),
	 ERR_UPSTREAM, "a series has two names"},
	{"HTML", STR_INIT("<html>"), ERR_INVALID, "byte 0: found '<', expected a value"},
	{"nothing", STR_INIT(""), ERR_INVALID, "ends early, after 0 bytes"},
	{"cut", STR_INIT("{\"status\":\"success\",\"data\":[{\"__name__\":\"bad\",\"names"), ERR_INVALID,
	 "ends early, after 52 bytes"},
	{"cut before the last brace", STR_INIT("{\"status\":\"success\",\"data\":[]"), ERR_INVALID,
	 "ends early, after 29 bytes"},
	{"cut error", STR_INIT("{\"status\":\"error\",\"error\":\"x"), ERR_INVALID, "ends early, after 28 bytes"},
};

static void test_bad(void **state)
{
	const struct bad_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(series_set_free_at) struct series_set *set = NULL;
		struct err err = {0};

		assert_false(read_in_pieces(c->in, piece_sizes[i], ROOMY, &set, &err));
		assert_null(set);
		assert_string_equal(err.msg, c->message);
		assert_int_equal(err.code, c->code);
	}
}

static void test_limit_of_the_set(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(series_set_free_at) struct series_set *set = NULL;
	struct err err = {0};

	(void)state;
	buf_puts(&text, "{\"status\":\"success\",\"data\":[{}");
	for (int i = 0; i < 10000; i++)
		buf_printf(&text, ",{\"__name__\":\"m%d\"}", i);
	buf_puts(&text, "]}");
	assert_false(read_in_pieces(buf_str(&text), 1000, 100000, &set, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_null(set);
	assert_true(read_in_pieces(buf_str(&text), 1000, 10000000, &set, &err));
	assert_int_equal(series_set_total(set), 10001);
}

static void test_long_error_is_cut(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(series_set_free_at) struct series_set *set = NULL;
	struct err err = {0};

	(void)state;
	buf_puts(&text, "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"");
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "\xe2\x82\xac");
	buf_puts(&text, "\"}");
	assert_false(read_in_pieces(buf_str(&text), 1000, ROOMY, &set, &err));
	assert_true(str_starts(str_of(err.msg), STR("execution: \xe2\x82\xac\xe2\x82\xac")));
	assert_true(str_is_utf8(str_of(err.msg)));
	assert_true(strlen(err.msg) > 300);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(good_cases) + COUNT_OF(bad_cases) + 2];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(good_cases); i++)
		tests[count++] = (struct CMUnitTest){good_cases[i].name, test_good, NULL, NULL, &good_cases[i]};
	for (size_t i = 0; i < COUNT_OF(bad_cases); i++)
		tests[count++] = (struct CMUnitTest){bad_cases[i].name, test_bad, NULL, NULL, &bad_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_limit_of_the_set);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_long_error_is_cut);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
