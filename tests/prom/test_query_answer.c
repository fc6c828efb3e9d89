/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/buf.h"
#include "model/sample.h"
#include "prom/query_answer.h"

static const size_t piece_sizes[] = {1 << 30, 7, 1};

static bool read_in_pieces(struct str text, size_t piece, struct samples **ret_samples, struct err *err)
{
	CLEANUP(query_answer_free_at) struct query_answer *answer = query_answer_new();

	for (size_t at = 0; at < text.len; at += piece)
		if (!query_answer_feed(answer, str_slice(text, at, at + piece), err))
			return false;
	return query_answer_finish(answer, ret_samples, err);
}

/* "label=value,label=value:number@milliseconds", a blank between samples. */
static void assert_samples(const struct samples *samples, const char *want)
{
	CLEANUP(buf_clear) struct buf got = {0};

	for (size_t i = 0; i < samples->list.count; i++) {
		const struct sample *sample = &samples->list.items[i];

		buf_puts(&got, i ? " " : "");
		for (size_t label = 0; label < sample->label_count; label++)
			buf_printf(&got, "%s%.*s=%.*s", label ? "," : "", STR_ARG(sample->labels[label].name),
				   STR_ARG(sample->labels[label].value));
		buf_printf(&got, ":%.17g@%lld", sample->value, (long long)sample->time_ms);
	}
	assert_string_equal(buf_cstr(&got), want);
}

#define VECTOR(result)	     "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" result "]}}"
#define RESULT(type, result) "{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result "}}"
#define GOOD		     "{\"metric\":{\"pod\":\"b\"},\"value\":[1700000000,\"20\"]}"
#define GOOD_SAMPLE	     "pod=b:20@1700000000000"

static struct good_case {
	const char *name;
	struct str in;
	enum samples_type type;
	const char *samples;
	size_t malformed;
} good_cases[] = {
	{"empty vector", STR_INIT(VECTOR("")), SAMPLES_VECTOR, "", 0},
	{"one sample", STR_INIT(VECTOR(GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 0},
	{"two samples", STR_INIT(VECTOR("{\"value\":[1.5,\"-0.25\"],\"metric\":{\"pod\":\"a\",\"ns\":\"\"}}," GOOD)),
	 SAMPLES_VECTOR, "pod=a,ns=:-0.25@1500 " GOOD_SAMPLE, 0},
	{"names that differ in places",
	 STR_INIT(VECTOR("{\"metric\":{\"a\":\"1\",\"b\":\"2\"},\"value\":[0,\"1\"]},"
			 "{\"metric\":{\"b\":\"3\",\"c\":\"4\",\"d\":\"5\"},\"value\":[0,\"1\"]},"
			 "{\"metric\":{\"b\":\"6\"},\"value\":[0,\"1\"]}")),
	 SAMPLES_VECTOR, "a=1,b=2:1@0 b=3,c=4,d=5:1@0 b=6:1@0", 0},
	{"no labels", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1700000000,\"5\"]}")), SAMPLES_VECTOR,
	 ":5@1700000000000", 0},
	{"metric name", STR_INIT(VECTOR("{\"metric\":{\"__name__\":\"up\",\"pod\":\"a\"},\"value\":[1,\"5\"]}")),
	 SAMPLES_VECTOR, "__name__=up,pod=a:5@1000", 0},
	{"escaped label", STR_INIT(VECTOR("{\"metric\":{\"pod\":\"\\u0070od\\u002da\"},\"value\":[1,\"5\"]}")),
	 SAMPLES_VECTOR, "pod=pod-a:5@1000", 0},
	{"keys in another order",
	 STR_INIT("{\"data\":{\"result\":[" GOOD "],\"resultType\":\"vector\"},\"status\":\"success\"}"),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 0},
	{"unknown keys",
	 STR_INIT("{\"stats\":{\"data\":[{\"value\":[1]}]},\"status\":\"success\",\"infos\":[\"a\"],\"data\":{\"x\":[[{"
		  "}]],"
		  "\"resultType\":\"vector\",\"result\":[{\"zz\":[],\"metric\":{\"pod\":\"b\"},\"y\":{\"value\":[2,"
		  "\"3\"]},"
		  "\"value\":[1700000000,\"20\"],\"zz\":1}],\"stats\":{}},\"trace\":null}"),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 0},
	{"exponents and signs", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1.7e9,\"+1E3\"]}")), SAMPLES_VECTOR,
	 ":1000@1700000000000", 0},
	{"milliseconds", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1700000000.123,\"1\"]}")), SAMPLES_VECTOR,
	 ":1@1700000000123", 0},
	{"time before 1970", STR_INIT(VECTOR("{\"metric\":{},\"value\":[-5.001,\"1\"]}")), SAMPLES_VECTOR, ":1@-5001",
	 0},
	{"NaN", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"NaN\"]}")), SAMPLES_VECTOR, ":nan@1000", 0},
	{"+Inf", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"+Inf\"]}")), SAMPLES_VECTOR, ":inf@1000", 0},
	{"-Inf", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"-Inf\"]}")), SAMPLES_VECTOR, ":-inf@1000", 0},

	{"scalar", STR_INIT(RESULT("scalar", "[1700000000.5,\"5\"]")), SAMPLES_SCALAR, ":5@1700000000500", 0},
	{"scalar before its type",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"result\":[1,\"5\"],\"resultType\":\"scalar\"}}"), SAMPLES_SCALAR,
	 ":5@1000", 0},
	{"scalar that is a number", STR_INIT(RESULT("scalar", "[1,5]")), SAMPLES_SCALAR, "", 1},
	{"scalar of one", STR_INIT(RESULT("scalar", "[1]")), SAMPLES_SCALAR, "", 1},
	{"scalar of three", STR_INIT(RESULT("scalar", "[1,\"5\",\"6\"]")), SAMPLES_SCALAR, "", 1},
	{"empty scalar", STR_INIT(RESULT("scalar", "[]")), SAMPLES_SCALAR, "", 1},
	{"vector that is called a scalar", STR_INIT(RESULT("scalar", "[" GOOD "]")), SAMPLES_SCALAR, "", 1},
	{"vector that is called a scalar later",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"result\":[" GOOD "," GOOD "],\"resultType\":\"scalar\"}}"),
	 SAMPLES_SCALAR, "", 1},
	{"scalar that is called a vector", STR_INIT(RESULT("vector", "[1,\"5\"]")), SAMPLES_VECTOR, "", 2},
	{"string", STR_INIT(RESULT("string", "[1,\"5\"]")), SAMPLES_STRING, "", 0},
	{"matrix", STR_INIT(RESULT("matrix", "[{\"metric\":{\"pod\":\"a\"},\"values\":[[1,\"5\"]]}]")), SAMPLES_MATRIX,
	 "", 0},
	{"empty matrix", STR_INIT(RESULT("matrix", "[]")), SAMPLES_MATRIX, "", 0},
	{"vector that is called a matrix later",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"result\":[" GOOD "],\"resultType\":\"matrix\"}}"),
	 SAMPLES_MATRIX, "", 0},

	{"value is a number", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,10]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE,
	 1},
	{"value is an object", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,{\"a\":[1,\"2\"]}]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"value is null", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,null]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"value is no number", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"ten\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"value and NUL", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"10\\u0000\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"value hexadecimal", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"0x10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"value empty", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"\"]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"no value", STR_INIT(VECTOR("{\"metric\":{}}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"empty pair", STR_INIT(VECTOR("{\"metric\":{},\"value\":[]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"half a pair", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"three in a pair", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"2\",\"3\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"pair in a pair", STR_INIT(VECTOR("{\"metric\":{},\"value\":[[1,\"2\"],\"3\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"pair is text", STR_INIT(VECTOR("{\"metric\":{},\"value\":\"10\"}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"pair is an object", STR_INIT(VECTOR("{\"metric\":{},\"value\":{\"0\":1,\"1\":\"5\"}}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"time is null", STR_INIT(VECTOR("{\"metric\":{},\"value\":[null,\"10\"]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE,
	 1},
	{"time is text", STR_INIT(VECTOR("{\"metric\":{},\"value\":[\"1\",\"10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"time huge", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1e+300,\"10\"]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE,
	 1},
	{"time infinite", STR_INIT(VECTOR("{\"metric\":{},\"value\":[-1e400,\"10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"time behind 9999", STR_INIT(VECTOR("{\"metric\":{},\"value\":[253402300800,\"10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"range in a vector", STR_INIT(VECTOR("{\"metric\":{},\"values\":[[1,\"7\"],[2,\"8\"]]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"histogram", STR_INIT(VECTOR("{\"metric\":{},\"histogram\":[1,{\"count\":\"1\",\"buckets\":[]}]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"histogram and value", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"0\"],\"histogram\":[1,{}]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"value twice", STR_INIT(VECTOR("{\"metric\":{},\"value\":[1,\"10\"],\"value\":[1,\"10\"]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"metric twice",
	 STR_INIT(VECTOR("{\"metric\":{\"pod\":\"a\"},\"metric\":{\"pod\":\"c\"},\"value\":[1,\"10\"]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"label twice",
	 STR_INIT(VECTOR("{\"metric\":{\"pod\":\"a\",\"x\":\"\",\"pod\":\"c\"},\"value\":[1,\"10\"]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"label twice, once escaped",
	 STR_INIT(VECTOR("{\"metric\":{\"pod\":\"a\",\"p\\u006fd\":\"a\"},\"value\":[1,\"10\"]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"label is a number", STR_INIT(VECTOR("{\"metric\":{\"pod\":5},\"value\":[1,\"10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"label is null", STR_INIT(VECTOR("{\"metric\":{\"pod\":null},\"value\":[1,\"10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"label is an object", STR_INIT(VECTOR("{\"metric\":{\"pod\":{\"a\":\"b\"}},\"value\":[1,\"10\"]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"no metric", STR_INIT(VECTOR("{\"value\":[1,\"10\"]}," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"metric is null", STR_INIT(VECTOR("{\"metric\":null,\"value\":[1,\"10\"]}," GOOD)), SAMPLES_VECTOR,
	 GOOD_SAMPLE, 1},
	{"metric is an array", STR_INIT(VECTOR("{\"metric\":[\"pod\",\"a\"],\"value\":[1,\"10\"]}," GOOD)),
	 SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"sample is null", STR_INIT(VECTOR("null," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"sample is an array", STR_INIT(VECTOR("[" GOOD "]," GOOD)), SAMPLES_VECTOR, GOOD_SAMPLE, 1},
	{"malformed behind good", STR_INIT(VECTOR(GOOD ",{},{\"metric\":{}},true")), SAMPLES_VECTOR, GOOD_SAMPLE, 3},
	{"nothing of the malformed one is left over",
	 STR_INIT(VECTOR(
		 "{\"metric\":{\"pod\":\"a\",\"x\":1},\"value\":[1,\"10\",3]},{\"metric\":{\"pod\":\"c\"},\"value\":[2,"
		 "\"3\"]}")),
	 SAMPLES_VECTOR, "pod=c:3@2000", 1},
};

static void test_good(void **state)
{
	const struct good_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(samples_free_at) struct samples *samples = NULL;
		struct err err = {0};

		assert_true(read_in_pieces(c->in, piece_sizes[i], &samples, &err));
		assert_int_equal(err.code, ERR_NONE);
		assert_samples(samples, c->samples);
		assert_int_equal(samples->type, c->type);
		assert_int_equal(samples->malformed, c->malformed);
		assert_int_equal(samples->warning.len, 0);
	}
}

static struct warning_case {
	const char *name;
	struct str warnings;
	const char *want;
} warning_cases[] = {
	{"warning", STR_INIT("[\"partial response\"]"), "partial response"},
	{"first of two warnings", STR_INIT("[\"first\",\"second\"]"), "first"},
	{"notes on the query", STR_INIT("[\"PromQL info: metric might not be a counter\",\"PromQL warning: x\"]"), ""},
	{"warning behind a note", STR_INIT("[\"PromQL info: x\",\"partial\",\"PromQL warning: y\"]"), "partial"},
	{"empty warning", STR_INIT("[\"\"]"), "a warning without a text"},
	{"no warnings", STR_INIT("[]"), ""},
	{"warnings are null", STR_INIT("null"), ""},
};

static void test_warning(void **state)
{
	const struct warning_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(samples_free_at) struct samples *samples = NULL;
		CLEANUP(buf_clear) struct buf text = {0};
		struct err err = {0};

		buf_printf(
			&text,
			"{\"status\":\"success\",\"warnings\":%s,\"data\":{\"resultType\":\"vector\",\"result\":[" GOOD
			"]}}",
			c->warnings.ptr);
		assert_true(read_in_pieces(buf_str(&text), piece_sizes[i], &samples, &err));
		assert_samples(samples, GOOD_SAMPLE);
		assert_true(str_eq(samples->warning, str_of(c->want)));
	}
}

static struct bad_case {
	const char *name;
	struct str in;
	enum err_code code;
	const char *message;
} bad_cases[] = {
	{"error", STR_INIT("{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\"}"),
	 ERR_UPSTREAM, "timeout: query timed out"},
	{"error with data",
	 STR_INIT("{\"data\":{\"resultType\":\"vector\",\"result\":[" GOOD
		  "]},\"status\":\"error\",\"errorType\":\"internal\",\"error\":\"x\"}"),
	 ERR_UPSTREAM, "internal: x"},
	{"error with wrong data",
	 STR_INIT("{\"data\":{\"resultType\":5},\"status\":\"error\",\"errorType\":\"internal\",\"error\":\"x\"}"),
	 ERR_UPSTREAM, "internal: x"},
	{"no data", STR_INIT("{\"status\":\"success\"}"), ERR_UPSTREAM, "no \"data\" in the answer"},
	{"data is null", STR_INIT("{\"status\":\"success\",\"data\":null}"), ERR_UPSTREAM, "\"data\" is null"},
	{"data is an array", STR_INIT("{\"status\":\"success\",\"data\":[{\"result\":[]}]}"), ERR_UPSTREAM,
	 "\"data\" is no object"},
	{"data is text", STR_INIT("{\"status\":\"success\",\"data\":\"vector\"}"), ERR_UPSTREAM,
	 "\"data\" is no object"},
	{"data twice",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" GOOD
		  "]},\"data\":{\"resultType\":\"vector\",\"result\":[]}}"),
	 ERR_UPSTREAM, "\"data\" is there twice"},
	{"no status", STR_INIT("{\"data\":{\"resultType\":\"vector\",\"result\":[" GOOD "]}}"), ERR_UPSTREAM,
	 "no \"status\" in the answer"},
	{"empty data", STR_INIT("{\"status\":\"success\",\"data\":{}}"), ERR_UPSTREAM, "no \"resultType\" in \"data\""},
	{"no type", STR_INIT("{\"status\":\"success\",\"data\":{\"result\":[" GOOD "]}}"), ERR_UPSTREAM,
	 "no \"resultType\" in \"data\""},
	{"no result", STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}"), ERR_UPSTREAM,
	 "no \"result\" in \"data\""},
	{"unknown type", STR_INIT(RESULT("streams", "[]")), ERR_UPSTREAM, "unknown \"resultType\" \"streams\""},
	{"type in another case", STR_INIT(RESULT("Vector", "[]")), ERR_UPSTREAM, "unknown \"resultType\" \"Vector\""},
	{"type is null", STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":null,\"result\":[]}}"),
	 ERR_UPSTREAM, "\"resultType\" is no text"},
	{"type is an array", STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":[\"vector\"],\"result\":[]}}"),
	 ERR_UPSTREAM, "\"resultType\" is no text"},
	{"type twice",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"resultType\":\"vector\",\"result\":[]}"
		  "}"),
	 ERR_UPSTREAM, "\"resultType\" is there twice"},
	{"result twice",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" GOOD "],\"result\":[]}}"),
	 ERR_UPSTREAM, "\"result\" is there twice"},
	{"result is null", STR_INIT(RESULT("vector", "null")), ERR_UPSTREAM, "\"result\" is no array"},
	{"result is an object", STR_INIT(RESULT("vector", "{\"pod-a\":\"10\"}")), ERR_UPSTREAM,
	 "\"result\" is no array"},
	{"result is text", STR_INIT(RESULT("vector", "\"10\"")), ERR_UPSTREAM, "\"result\" is no array"},
	{"warnings are text",
	 STR_INIT("{\"status\":\"success\",\"warnings\":\"partial\",\"data\":{\"resultType\":\"vector\","
		  "\"result\":[]}}"),
	 ERR_UPSTREAM, "\"warnings\" is no array"},
	{"warning is an object",
	 STR_INIT("{\"status\":\"success\",\"warnings\":[{\"a\":[]}],\"data\":{\"resultType\":"
		  "\"vector\",\"result\":[]}}"),
	 ERR_UPSTREAM, "a warning is no text"},
	{"top is an array", STR_INIT("[]"), ERR_UPSTREAM, "the answer is no JSON object"},
	{"top is text", STR_INIT("\"success\""), ERR_UPSTREAM, "the answer is no JSON object"},
	{"empty object", STR_INIT("{}"), ERR_UPSTREAM, "no \"status\" in the answer"},
	{"nothing", STR_INIT(""), ERR_INVALID, "ends early, after 0 bytes"},
	{"blanks", STR_INIT("  \n\n  "), ERR_INVALID, "ends early, after 6 bytes"},
	{"HTML", STR_INIT("<html>"), ERR_INVALID, "byte 0: found '<', expected a value"},
	{"garbage behind", STR_INIT(VECTOR("") "garbage"), ERR_INVALID, "byte 63: found 'g', expected nothing more"},
	{"NUL behind", STR_INIT(VECTOR("") "\0"), ERR_INVALID, "byte 63: found byte 0x00, expected nothing more"},
	{"bad UTF-8 in a label", STR_INIT(VECTOR("{\"metric\":{\"pod\":\"a\xff\"},\"value\":[1,\"9\"]}")), ERR_INVALID,
	 "byte 78: a string that is not UTF-8"},
	{"half a pair of surrogates", STR_INIT(VECTOR("{\"metric\":{\"pod\":\"a\\ud800\"},\"value\":[1,\"9\"]}")),
	 ERR_INVALID, "byte 79: a wrong escape in a string"},
	{"cut in a number",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},"
		  "\"value\":[1,\"1"),
	 ERR_INVALID, "ends early, after 86 bytes"},
	{"cut before the last brace",
	 STR_INIT("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}"), ERR_INVALID,
	 "ends early, after 62 bytes"},
};

static void test_bad(void **state)
{
	const struct bad_case *c = *state;

	for (size_t i = 0; i < COUNT_OF(piece_sizes); i++) {
		CLEANUP(samples_free_at) struct samples *samples = NULL;
		struct err err = {0};

		assert_false(read_in_pieces(c->in, piece_sizes[i], &samples, &err));
		assert_null(samples);
		assert_string_equal(err.msg, c->message);
		assert_int_equal(err.code, c->code);
	}
}

/* A sample of many labels, of which the last may be there already. */
static void test_many_labels(void **state)
{
	(void)state;
	for (int last = 0; last <= 1000; last += 500) {
		CLEANUP(samples_free_at) struct samples *samples = NULL;
		CLEANUP(buf_clear) struct buf text = {0};
		struct err err = {0};
		bool twice = last < 1000;

		buf_puts(&text,
			 "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{");
		for (int i = 0; i < 1000; i++)
			buf_printf(&text, "\"l%d\":\"v%d\",", i, i);
		buf_printf(&text, "\"l%d\":\"last\"},\"value\":[1,\"2\"]}]}}", last);
		assert_true(read_in_pieces(buf_str(&text), 1000, &samples, &err));
		assert_int_equal(samples->list.count, twice ? 0 : 1);
		assert_int_equal(samples->malformed, twice ? 1 : 0);
		if (twice)
			continue;
		assert_int_equal(samples->list.items[0].label_count, 1001);
		assert_true(str_eq(sample_label(&samples->list.items[0], STR("l999")), STR("v999")));
		assert_true(str_eq(sample_label(&samples->list.items[0], STR("l1000")), STR("last")));
	}
}

static struct limit_case {
	const char *name, *before, *again, *after;
	unsigned times;
	bool ok;
} limit_cases[] = {
	{"many samples", "", "{\"metric\":{},\"value\":[1,\"2\"]},", GOOD, 100000, true},
	{"too many samples", "", "{\"metric\":{},\"value\":[1,\"2\"]},", GOOD, 800000, false},
	{"too many texts", "",
	 "{\"metric\":{\"pod\":\"1234567890123456789012345678901234567890\"},\"value\":[1,\"2\"]},", GOOD, 400000,
	 false},
	{"too many labels", "{\"metric\":{", "\"a\":\"\",", "\"a\":\"\"}}", 3000000, false},
	{"many malformed samples", "", "null,", GOOD, 1000000, true},
};

static void test_limit(void **state)
{
	const struct limit_case *c = *state;
	CLEANUP(samples_free_at) struct samples *samples = NULL;
	CLEANUP(buf_clear) struct buf text = {0};
	struct err err = {0};

	buf_printf(&text, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[%s", c->before);
	for (unsigned i = 0; i < c->times; i++)
		buf_puts(&text, c->again);
	buf_printf(&text, "%s]}}", c->after);
	assert_int_equal(read_in_pieces(buf_str(&text), 65536, &samples, &err), c->ok);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_LIMIT);
	if (c->ok)
		assert_int_equal(samples->list.count + samples->malformed, c->times + 1);
}

int main(void)
{
	static struct CMUnitTest
		tests[COUNT_OF(good_cases) + COUNT_OF(warning_cases) + COUNT_OF(bad_cases) + COUNT_OF(limit_cases) + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(good_cases); i++)
		tests[count++] = (struct CMUnitTest){good_cases[i].name, test_good, NULL, NULL, &good_cases[i]};
	for (size_t i = 0; i < COUNT_OF(warning_cases); i++)
		tests[count++] =
			(struct CMUnitTest){warning_cases[i].name, test_warning, NULL, NULL, &warning_cases[i]};
	for (size_t i = 0; i < COUNT_OF(bad_cases); i++)
		tests[count++] = (struct CMUnitTest){bad_cases[i].name, test_bad, NULL, NULL, &bad_cases[i]};
	for (size_t i = 0; i < COUNT_OF(limit_cases); i++)
		tests[count++] = (struct CMUnitTest){limit_cases[i].name, test_limit, NULL, NULL, &limit_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_many_labels);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
