/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reason.h"

#include "rows.h"

#define TEN	  "0123456789"
#define FIFTY	  TEN TEN TEN TEN TEN
#define FOUR_HUND FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY

static struct write_case {
	const char *name, *words, *reason;
	enum reason_code code;
	size_t max;
	const char *want;
} write_cases[] = {
	{"whole", "no metric", "it is gone. fix: look", REASON_NO_SERIES, 600,
	 "no metric: it is gone. fix: look [no-series]"},
	{"without words", "", "it is gone. fix: look", REASON_NO_RULE, 600, "it is gone. fix: look [no-rule]"},
	{"without a code", "no metric", "it is gone", REASON_NONE, 600, "no metric: it is gone"},
	{"without a fix", "no metric", "gone", REASON_TLS, 600, "no metric: gone [tls]"},
	{"the cause is cut, not the fix", "w", FIFTY ". fix: look", REASON_TLS, 39,
	 "w: 0123456789012345... fix: look [tls]"},
	{"the last fix is ours", "w", "they said a. fix: b. fix: c", REASON_TLS, 33,
	 "w: they said a. ... fix: c [tls]"},
	{"whole characters", "",
	 "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
	 "\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4. fix: x",
	 REASON_TLS, 34, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4... fix: x [tls]"},
	{"one line", "w",
	 "a\nb\x01\x7f"
	 "c. fix: d\te",
	 REASON_TLS, 600, "w: a b  c. fix: d e [tls]"},
	{"other bytes than UTF-8", "w",
	 "a\xff\xfe"
	 "b. fix: d",
	 REASON_TLS, 600, "w: a??b. fix: d [tls]"},
};

static void test_write(void **state)
{
	const struct write_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};

	reason_write(&out, str_of(c->words), str_of(c->reason), c->code, c->max);
	assert_str(buf_str(&out), c->want);
	assert_true(out.len <= c->max);
}

static void test_warning(void **state)
{
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	reason_write_warning(&out, STR("say \"a\\b\"\n. fix: x"), REASON_NO_SAMPLES);
	assert_str(buf_str(&out), "299 - \"say \\\"a\\\\b\\\" . fix: x [no-samples]\"");
}

static void test_long_warning(void **state)
{
	CLEANUP(buf_clear) struct buf reason = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	for (int i = 0; i < 400; i++)
		buf_puts(&reason, "\"\\");
	buf_puts(&reason, FOUR_HUND ". fix: look here");
	reason_write_warning(&out, buf_str(&reason), REASON_NO_SAMPLES);
	assert_true(out.len <= REASON_WARNING_BYTES);
	assert_true(out.len > REASON_WARNING_BYTES - 60);
	assert_true(str_ends(buf_str(&out), STR("fix: look here [no-samples]\"")));
}

/* A code stands for one thing, in letters that need no quoting. */
static void test_codes(void **state)
{
	(void)state;
	for (enum reason_code code = REASON_NONE + 1; code < REASON_COUNT; code++) {
		const struct reason_kind *kind = reason_kind(code);

		assert_true(kind->code && kind->code[0] && kind->title[0] && kind->fix[0] && kind->status[0]);
		assert_int_equal(strspn(kind->code, "abcdefghijklmnopqrstuvwxyz-"), strlen(kind->code));
		for (enum reason_code other = REASON_NONE; other < code; other++)
			assert_string_not_equal(kind->code, reason_kind(other)->code);
	}
}

static void test_page(void **state)
{
	CLEANUP(buf_clear) struct buf page = {0};

	(void)state;
	reason_write_page(&page);
	assert_contains(buf_str(&page), "\n## Prometheus\n");
	for (enum reason_code code = REASON_NONE + 1; code < REASON_COUNT; code++)
		assert_contains(buf_str(&page), reason_kind(code)->code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_long_warning),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_page),
	};

	return RUN_ROWS(write_cases, test_write) + cmocka_run_group_tests(tests, NULL, NULL);
}
