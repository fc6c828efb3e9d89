/* SPDX-License-Identifier: Apache-2.0 */
#include "text/exposition.h"

#include <math.h>

#include "../rows.h"
#include "base/histogram.h"

#define HEAD "# HELP things Things there are.\n# TYPE things gauge\n"

static const struct family things = {"things", FAMILY_GAUGE, "Things there are."};

/* ---- numbers */

static struct number_case {
	const char *name;
	double value;
	const char *want;
} numbers[] = {
	{"nothing", 0, "0"},
	{"whole", 42, "42"},
	{"a tenth", .1, "0.1"},
	{"less than nothing", -2.5, "-2.5"},
	{"a third", 1.0 / 3, "0.3333333333333333"},
	{"a time", 1795267890.125, "1795267890.125"},
	{"beyond whole numbers", 1e300, "1e+300"},
	{"above all", INFINITY, "+Inf"},
	{"below all", -INFINITY, "-Inf"},
	{"no number", NAN, "NaN"},
};

static void test_number(void **state)
{
	const struct number_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};
	CLEANUP(buf_clear) struct buf want = {0};
	struct exposition exposition;

	exposition_init(&exposition, &out);
	exposition_family(&exposition, &things);
	exposition_number(&exposition, NULL, c->value);
	buf_printf(&want, HEAD "things %s\n", c->want);
	assert_str(buf_str(&out), buf_cstr(&want));
}

/* ---- labels */

static struct label_case {
	const char *name;
	struct str value;
	const char *want;
} labels[] = {
	{"plain", STR_INIT("a b"), "a b"},
	{"empty", STR_INIT(""), ""},
	{"no pointer", {0}, ""},
	{"quotes", STR_INIT("x{y=\"z\"}"), "x{y=\\\"z\\\"}"},
	{"a backslash", STR_INIT("a\\.b"), "a\\\\.b"},
	{"two lines", STR_INIT("a\nb"), "a\\nb"},
	{"letters beyond ASCII", STR_INIT("größe"), "größe"},
	{"no UTF-8",
	 STR_INIT("gr\xf6\xdf"
		  "e"),
	 "gr??e"},
};

static void test_label(void **state)
{
	const struct label_case *c = *state;
	CLEANUP(buf_clear) struct buf out = {0};
	CLEANUP(buf_clear) struct buf want = {0};
	struct exposition exposition;

	exposition_init(&exposition, &out);
	exposition_family(&exposition, &things);
	exposition_count(&exposition, EXPOSITION_LABELS({"of", c->value}, {"n", STR("1")}), 7);
	buf_printf(&want, HEAD "things{of=\"%s\",n=\"1\"} 7\n", c->want);
	assert_str(buf_str(&out), buf_cstr(&want));
}

/* ---- the whole */

static void test_one_head_for_all_samples(void **state)
{
	static const struct family others = {"others_total", FAMILY_COUNTER, "Others."};
	CLEANUP(buf_clear) struct buf out = {0};
	struct exposition exposition;

	(void)state;
	exposition_init(&exposition, &out);
	exposition_family(&exposition, &things);
	exposition_count(&exposition, EXPOSITION_LABELS({"n", STR("1")}), 1);
	exposition_count(&exposition, EXPOSITION_LABELS({"n", STR("2")}), UINT64_MAX);
	exposition_family(&exposition, &others);
	exposition_count(&exposition, NULL, 3);
	assert_str(buf_str(&out), HEAD "things{n=\"1\"} 1\nthings{n=\"2\"} 18446744073709551615\n"
				       "# HELP others_total Others.\n# TYPE others_total counter\nothers_total 3\n");
}

static void test_nothing_without_samples(void **state)
{
	CLEANUP(buf_clear) struct buf out = {0};
	struct exposition exposition;

	(void)state;
	exposition_init(&exposition, &out);
	exposition_family(&exposition, &things);
	assert_int_equal(out.len, 0);
}

static void test_histogram(void **state)
{
	static const struct family waits = {"wait_seconds", FAMILY_HISTOGRAM, "Waits."};
	CLEANUP(buf_clear) struct buf out = {0};
	struct histogram histogram = {0};
	struct exposition exposition;

	(void)state;
	histogram_observe(&histogram, .25);
	histogram_observe(&histogram, .125);
	histogram_observe(&histogram, 60);
	exposition_init(&exposition, &out);
	exposition_family(&exposition, &waits);
	exposition_histogram(&exposition, EXPOSITION_LABELS({"of", STR("x")}), &histogram);
	assert_str(buf_str(&out), "# HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.005\"} 0\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.01\"} 0\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.025\"} 0\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.05\"} 0\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.1\"} 0\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.25\"} 2\n"
				  "wait_seconds_bucket{of=\"x\",le=\"0.5\"} 2\n"
				  "wait_seconds_bucket{of=\"x\",le=\"1\"} 2\n"
				  "wait_seconds_bucket{of=\"x\",le=\"2.5\"} 2\n"
				  "wait_seconds_bucket{of=\"x\",le=\"5\"} 2\n"
				  "wait_seconds_bucket{of=\"x\",le=\"10\"} 2\n"
				  "wait_seconds_bucket{of=\"x\",le=\"+Inf\"} 3\n"
				  "wait_seconds_sum{of=\"x\"} 60.375\nwait_seconds_count{of=\"x\"} 3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_head_for_all_samples),
		cmocka_unit_test(test_nothing_without_samples),
		cmocka_unit_test(test_histogram),
	};
	int failed = RUN_ROWS(numbers, test_number);

	failed += RUN_ROWS(labels, test_label);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
