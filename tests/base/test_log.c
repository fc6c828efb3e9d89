/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static char output[20000]; /* what the logged lines were, NUL-ended */
static int real_stderr;
static FILE *file;

static void capture(void)
{
	file = tmpfile();
	assert_non_null(file);
	fflush(stderr);
	real_stderr = dup(STDERR_FILENO);
	assert_true(real_stderr >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
}

static const char *captured(void)
{
	fflush(stderr);
	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	close(real_stderr);
	rewind(file);
	output[fread(output, 1, sizeof(output) - 1, file)] = '\0';
	fclose(file);
	return output;
}

/* The message of a line in the text format, whose head is checked. */
static const char *message(const char *line, char severity)
{
	static const char HEAD[] = "?0000 00:00:00.000000 "; /* 0: a digit */
	const char *end = strstr(line, " gaugelet] ");

	assert_int_equal(line[0], severity);
	for (size_t i = 1; i < sizeof(HEAD) - 1; i++)
		assert_true(HEAD[i] == '0' ? line[i] >= '0' && line[i] <= '9' : line[i] == HEAD[i]);
	assert_non_null(end);
	return end + strlen(" gaugelet] ");
}

static void test_text(void **state)
{
	static const struct {
		void (*write)(const char *format, ...) PRINTF_LIKE(1, 2);
		char severity;
	} LEVELS[] = {{log_error, 'E'}, {log_warn, 'W'}, {log_info, 'I'}};

	(void)state;
	log_setup(LOG_TEXT, 0);
	for (size_t i = 0; i < COUNT_OF(LEVELS); i++) {
		capture();
		LEVELS[i].write("%s %d", "one line", 1);
		assert_string_equal(message(captured(), LEVELS[i].severity), "one line 1\n");
	}
}

static void test_verbosity(void **state)
{
	(void)state;
	log_setup(LOG_TEXT, 4);
	assert_true(log_writes(4));
	assert_false(log_writes(5));
	capture();
	log_v(5, "five");
	assert_string_equal(captured(), "");
	capture();
	log_v(4, "%s", "four");
	assert_string_equal(message(captured(), 'I'), "four\n");
	log_setup(LOG_TEXT, 0);
	capture();
	log_v(1, "one");
	assert_string_equal(captured(), "");
}

static void test_json(void **state)
{
	static const struct {
		void (*write)(const char *format, ...) PRINTF_LIKE(1, 2);
		const char *want;
	} LEVELS[] = {{log_error, "\"level\":\"error\",\"msg\":\"a \\\"b\\\" \\\\ c \xc3\xa9\"}\n"},
		      {log_warn, "\"level\":\"warn\",\"msg\":\"a \\\"b\\\" \\\\ c \xc3\xa9\"}\n"},
		      {log_info, "\"level\":\"info\",\"msg\":\"a \\\"b\\\" \\\\ c \xc3\xa9\"}\n"}};

	(void)state;
	log_setup(LOG_JSON, 0);
	for (size_t i = 0; i < COUNT_OF(LEVELS); i++) {
		long long seconds = 0;
		int milliseconds = -1;
		int head = 0;

		capture();
		LEVELS[i].write("a \"b\" \\ c\n%s", "\xc3\xa9");
		captured();
		assert_int_equal(sscanf(output, "{\"ts\":%lld.%3d,%n", &seconds, &milliseconds, &head), 2);
		assert_true(seconds > 1000000000 && milliseconds >= 0 && head > 0);
		assert_string_equal(output + head, LEVELS[i].want);
	}
	log_setup(LOG_TEXT, 0);
}

/* One event is one line, and UTF-8, whatever a peer said. */
static void test_one_line(void **state)
{
	(void)state;
	capture();
	log_error("a\nb\r\tc\x1b[0m\x7f");
	assert_string_equal(message(captured(), 'E'), "a b  c [0m \n");
	capture();
	log_error("%s", "a\xff\xc3\xa9");
	assert_string_equal(message(captured(), 'E'), "a?\xc3\xa9\n");
}

static void test_long_line(void **state)
{
	char text[10001];
	const char *logged;
	size_t length;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	capture();
	log_info("x%s", text);
	logged = message(captured(), 'I');
	length = strlen(logged);
	assert_in_range(length, 4000, 4096);
	assert_int_equal(logged[length - 1], '\n');
	assert_true(str_is_utf8((struct str){logged, length}));
}

static struct redact_case {
	const char *name, *in, *want;
} redact_cases[] = {
	{"nothing to hide", "token of a peer", "token of a peer"},
	{"a secret", "token s3cret-token!", "token <hidden>!"},
	{"it alone", "s3cret-token", "<hidden>"},
	{"twice", "s3cret-token s3cret-token", "<hidden> <hidden>"},
	{"adjacent", "as3cret-tokens3cret-tokenb", "a<hidden>b"},
	{"a part of it", "s3cret-toke", "s3cret-toke"},
	{"shorter than the mark", "<pass>", "<<hid>"},
	{"too short to be one", "abc", "abc"},
	{"inside of a longer one", "Basic dXNlcjpzM2NyZXQ=", "Basic <hidden>"},
	{"the inner one alone", "x czM2NyZXQx", "x czM2NyZXQx"},
	{"overlapping", "xfirst-secondary-thirdx", "x<hidden>x"},
	{"overlapping itself", "x-abababab-x", "x-<hidden>-x"},
	{"begins as the mark does", "a <hid b", "a <hid b"},
	{"the mark itself", "a <hidden> b", "a <hidden> b"},
	{"with a newline", "key 1st\nline", "key <hidden>"},
	{"up to its NUL", "xnul-secretx", "x<hidden>x"},
};

static int hide_all(void **state)
{
	(void)state;
	log_hide(STR("s3cret-token"));
	log_hide(STR("pass"));
	log_hide(STR("abc"));
	log_hide(STR("jpzM2N"));
	log_hide(STR("dXNlcjpzM2NyZXQ="));
	log_hide(STR("first-second"));
	log_hide(STR("secondary-third"));
	log_hide(STR("abab"));
	log_hide(STR("<hid"));
	log_hide(STR("<hidden>"));
	log_hide(STR("1st\nline"));
	log_hide(STR("nul-secret\0and more"));
	log_hide(STR("x\0abcdef"));
	log_hide((struct str){NULL, 0});
	return 0;
}

static void test_redact(void **state)
{
	const struct redact_case *c = *state;
	size_t bytes = strlen(c->in) + 1;
	char *text = test_malloc(bytes); /* exact, so that a sanitizer sees each edge */

	memcpy(text, c->in, bytes);
	log_redact(text);
	assert_string_equal(text, c->want);
	test_free(text);
}

static void test_log_redacts(void **state)
{
	(void)state;
	capture();
	log_error("Authorization: %s", "s3cret-token");
	log_error("key: %s", "1st\nline");
	captured();
	assert_non_null(strstr(output, "] Authorization: <hidden>\n"));
	assert_non_null(strstr(output, "] key: <hidden>\n"));
	assert_null(strstr(output, "s3cret"));
	assert_null(strstr(output, "1st"));
}

/* A line that is too long is not cut within a secret. */
static void test_cut_secret(void **state)
{
	char text[4200];

	(void)state;
	for (size_t length = 4070; length < 4110; length++) {
		memset(text, '.', length);
		memcpy(text + length, "s3cret-token", sizeof("s3cret-token"));
		capture();
		log_error("%s", text);
		assert_null(strstr(captured(), "s3cr"));
	}
}

static void test_fields(void **state)
{
	static const struct log_field fields[] = {{"code", STR_INIT("no-\"rule"), false},
						  {"metric", STR_INIT(""), false},
						  {"status", STR_INIT("404"), true},
						  {"query", STR_INIT("q{a=\"sesame\"}"), false}};
	const char *line;

	(void)state;
	log_hide(STR("sesame"));
	log_setup(LOG_JSON, 6);
	capture();
	log_warn_fields(fields, COUNT_OF(fields), "%s", "a");
	line = captured();
	assert_non_null(strstr(line, "\"level\":\"warn\",\"msg\":\"a\",\"code\":\"no-\\\"rule\",\"status\":404,"
				     "\"query\":\"q{a=\\\"<hidde\\\"}\"}\n"));
	capture();
	log_v_fields(7, fields, COUNT_OF(fields), "b");
	assert_string_equal(captured(), "");
	log_setup(LOG_TEXT, 6);
	capture();
	log_v_fields(6, fields, COUNT_OF(fields), "c");
	assert_string_equal(message(captured(), 'I'), "c\n");
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(redact_cases) + 8] = {
		cmocka_unit_test(test_text),	   cmocka_unit_test(test_verbosity), cmocka_unit_test(test_json),
		cmocka_unit_test(test_one_line),   cmocka_unit_test(test_long_line), cmocka_unit_test(test_log_redacts),
		cmocka_unit_test(test_cut_secret), cmocka_unit_test(test_fields)};

	for (size_t i = 0; i < COUNT_OF(redact_cases); i++)
		tests[8 + i] = (struct CMUnitTest){redact_cases[i].name, test_redact, NULL, NULL, &redact_cases[i]};
	return cmocka_run_group_tests_name("log", tests, hide_all, NULL);
}
