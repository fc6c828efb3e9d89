/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reason.h"

#include "rows.h"

#define TEN	  "0123456789"
#define FIFTY	  TEN TEN TEN TEN TEN
#define FOUR_HUND FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY

#define UMLAUTS "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"

static struct write_case {
	const char *name, *words;
	enum reason_code code;
	const char *text; /* of {text} */
	size_t max;
	const char *want;
} write_cases[] = {
	{"whole", "no metric", REASON_PATH, "gone", 600,
	 "no metric: gone. fix: check the base path in --prometheus-url [wrong-path]"},
	{"without words", "", REASON_PATH, "gone", 600,
	 "gone. fix: check the base path in --prometheus-url [wrong-path]"},
	{"upstream's words alone", "invalid timeout", REASON_PARAMETER, "gone", 600, "invalid timeout"},
	{"the cause is cut, not the fix", "w", REASON_PATH, FIFTY, 80,
	 "w: 012345678901234... fix: check the base path in --prometheus-url [wrong-path]"},
	{"whole characters", "", REASON_PATH, UMLAUTS UMLAUTS, 81,
	 "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4... fix: check the base path in "
	 "--prometheus-url [wrong-path]"},
	{"one line", "w", REASON_PATH,
	 "a\nb\x01\x7f"
	 "c",
	 600, "w: a b  c. fix: check the base path in --prometheus-url [wrong-path]"},
	{"other bytes than UTF-8", "w", REASON_PATH,
	 "a\xff\xfe"
	 "b",
	 600, "w: a??b. fix: check the base path in --prometheus-url [wrong-path]"},
	{"an argument's braces are no arguments", "w", REASON_PATH, "{text} [{query}]", 600,
	 "w: {text} [{query}]. fix: check the base path in --prometheus-url [wrong-path]"},
};

static void test_write(void **state)
{
	const struct write_case *c = *state;
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	reason_begin(&reason, c->code);
	reason_set(&reason, "text", str_of(c->text), SIZE_MAX);
	reason_write(&out, str_of(c->words), &reason, c->max);
	assert_str(buf_str(&out), c->want);
	assert_true(out.len <= c->max);
}

static void test_arguments(void **state)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	reason_begin(&reason, REASON_NO_LABEL);
	reason_set(&reason, "rule", STR("rule a:1"), SIZE_MAX);
	reason_count(&reason, "count", 1, "sample");
	reason_set(&reason, "label", STR("poddle"), 3);
	reason_set(&reason, "labels", STR("said before"), SIZE_MAX);
	reason_set(&reason, "labels", STR("none"), SIZE_MAX);
	reason_write_cause(&out, &reason);
	assert_str(buf_str(&out), "the query of rule a:1 gives 1 sample without the label \"pod...\"; they have none");
}

/* What stands in brackets needs all its arguments, and they must not be empty; a brace that is none stays. */
static void test_optional(void **state)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	reason_begin(&reason, REASON_NO_NAMESPACE_LABEL);
	reason_set(&reason, "rule", STR("r"), SIZE_MAX);
	reason_set(&reason, "found", STR(""), SIZE_MAX);
	reason_set(&reason, "label", STR("ns"), SIZE_MAX);
	reason_write_cause(&out, &reason);
	assert_str(buf_str(&out), "r has no label for the namespace, and the request is in one");
	buf_reset(&out);
	reason_set(&reason, "found", STR("x_namespace"), SIZE_MAX);
	reason_write(&out, STR(""), &reason, 600);
	assert_str(buf_str(&out),
		   "r has no label for the namespace; its series have \"x_namespace\", and the request is in one. fix: "
		   "write it under resources.overrides, or a resources.template: ns: {resource: namespace} "
		   "[no-namespace-label]");
}

static struct elastic_case {
	const char *name;
	size_t at, length; /* of what is kept, in a query of 1000 bytes; 0: nothing */
	const char *begins, *has;
} elastic_cases[] = {
	{"front and end", 0, 0, "the query of r gives no sample: 0123456789", "56789. fix: "},
	{"what is kept is in front", 100, 3, "the query of r gives no sample: 0123456789", "78.... fix: "},
	{"what is kept is in the middle", 500, 6, "the query of r gives no sample: 0123456789", "0123 ... ABCDEF"},
	{"what is kept is at the end", 994, 6, "the query of r gives no sample: 0123456789", "0123ABCDEF. fix: "},
};

static void test_elastic(void **state)
{
	const struct elastic_case *c = *state;
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf query = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	for (int i = 0; i < 20; i++)
		buf_puts(&query, FIFTY);
	memcpy(query.ptr + c->at, "ABCDEF", c->length == 6 ? 6 : 0);
	reason_begin(&reason, REASON_NO_EXTERNAL_SAMPLES);
	reason_set(&reason, "rule", STR("r"), SIZE_MAX);
	reason_set_elastic(&reason, "query", buf_str(&query), str_slice(buf_str(&query), c->at, c->at + c->length));
	reason_write(&out, STR(""), &reason, 400);
	assert_true(out.len <= 400 && out.len > 380);
	assert_true(str_starts(buf_str(&out), str_of(c->begins)));
	assert_contains(buf_str(&out), c->has);
	assert_true(str_ends(buf_str(&out), STR("[no-external-samples]")));
}

static void test_split(void **state)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	reason_begin(&reason, REASON_GKE_NAME);
	assert_true(reason_split(&reason, STR("they said a. fix: b. fix: c")));
	reason_write(&out, STR("w"), &reason, 600);
	assert_str(buf_str(&out), "w: they said a. fix: b. fix: c [gke-name]");
	assert_false(reason_split(&reason, STR("a")));
}

static void set_labels(struct reason *reason, struct str labels)
{
	reason_begin(reason, REASON_NO_LABEL);
	reason_set(reason, "rule", STR("r"), SIZE_MAX);
	reason_set(reason, "count", STR("1"), SIZE_MAX);
	reason_set(reason, "label", STR("l"), SIZE_MAX);
	reason_set(reason, "labels", labels, SIZE_MAX);
	reason_set(reason, "by", STR("<<.GroupBy>>"), SIZE_MAX);
	reason_set(reason, "where", STR("in"), SIZE_MAX);
}

static void test_warning(void **state)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	set_labels(&reason, STR("\"a\\b\"\n"));
	reason_write_warning(&out, &reason);
	assert_str(buf_str(&out), "299 - \"the query of r gives 1 without the label \\\"l\\\"; they have "
				  "\\\"a\\\\b\\\" . fix: aggregate by (<<.GroupBy>>) in metricsQuery [no-label]\"");
}

static void test_long_warning(void **state)
{
	CLEANUP(reason_clear) struct reason reason = {0};
	CLEANUP(buf_clear) struct buf labels = {0};
	CLEANUP(buf_clear) struct buf out = {0};

	(void)state;
	for (int i = 0; i < 400; i++)
		buf_puts(&labels, "\"\\");
	buf_puts(&labels, FOUR_HUND);
	set_labels(&reason, buf_str(&labels));
	reason_write_warning(&out, &reason);
	assert_true(out.len <= REASON_WARNING_BYTES);
	assert_true(out.len > REASON_WARNING_BYTES - 60);
	assert_true(str_ends(buf_str(&out), STR("in metricsQuery [no-label]\"")));
}

/* A code stands for one thing, in letters that need no quoting; rows of one code stand together. */
static void test_codes(void **state)
{
	(void)state;
	for (enum reason_code code = REASON_NONE + 1; code < REASON_COUNT; code++) {
		const struct reason_form *form = reason_form(code);

		assert_non_null(form->cause);
		assert_non_null(form->fix);
		assert_int_equal(form->cause[0] != 0, form->fix[0] != 0);
		assert_int_equal(strspn(reason_name(code), "abcdefghijklmnopqrstuvwxyz-"), strlen(reason_name(code)));
		if (form->code == NULL)
			continue;
		assert_true(form->doc[0] && form->status[0]);
		for (enum reason_code other = REASON_NONE; other < code; other++)
			assert_string_not_equal(form->code, reason_name(other));
	}
}

static void test_page(void **state)
{
	CLEANUP(buf_clear) struct buf page = {0};

	(void)state;
	reason_write_page(&page);
	assert_contains(buf_str(&page), "\n## Prometheus\n");
	for (enum reason_code code = REASON_NONE + 1; code < REASON_COUNT; code++) {
		CLEANUP(buf_clear) struct buf heading = {0};

		buf_printf(&heading, "\n### %s\n", reason_name(code));
		assert_contains(buf_str(&page), buf_cstr(&heading));
		assert_contains(buf_str(&page), reason_form(code)->fix);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_optional),     cmocka_unit_test(test_split),
		cmocka_unit_test(test_warning),	  cmocka_unit_test(test_long_warning), cmocka_unit_test(test_codes),
		cmocka_unit_test(test_page),
	};

	return RUN_ROWS(write_cases, test_write) + RUN_ROWS(elastic_cases, test_elastic) +
	       cmocka_run_group_tests(tests, NULL, NULL);
}
