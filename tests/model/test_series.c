/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/buf.h"
#include "model/series.h"

enum { ROOMY = 1 << 20 };

/* A series is "name label label ..."; "-" stands for no name. */
static bool add(struct series_set *set, const char *series, struct err *err)
{
	struct str rest = str_of(series);
	struct str part;
	bool first = true;

	series_set_begin(set);
	for (; str_split(&rest, ' ', &part); first = false) {
		if (first && !str_eq(part, STR("-")) && !series_set_name(set, part, err))
			return false;
		if (!first && !series_set_label(set, part, err))
			return false;
	}
	return series_set_end(set, err);
}

static void assert_kinds(const struct series_set *set, const char *want)
{
	CLEANUP(buf_clear) struct buf got = {0};

	for (size_t i = 0; i < series_set_count(set); i++) {
		const struct series_kind *kind = series_set_at(set, i);

		buf_printf(&got, "%s%llux%.*s(", i ? " " : "", (unsigned long long)kind->series, STR_ARG(kind->name));
		for (size_t label = 0; label < kind->label_count; label++)
			buf_printf(&got, "%s%.*s", label ? "," : "", STR_ARG(kind->labels[label]));
		buf_putc(&got, ')');
	}
	assert_string_equal(buf_cstr(&got), want);
}

static struct kinds_case {
	const char *name;
	const char *series[8];
	const char *want;
	uint64_t total;
} kinds_cases[] = {
	{"none", {NULL}, "", 0},
	{"one", {"up job pod"}, "1xup(job,pod)", 1},
	{"twice the same", {"up job pod", "up job pod"}, "2xup(job,pod)", 2},
	{"other order", {"up job pod", "up pod job"}, "2xup(job,pod)", 2},
	{"names are sorted", {"up b a C _"}, "1xup(C,_,a,b)", 1},
	{"a label more", {"up a", "up a b", "up a"}, "2xup(a) 1xup(a,b)", 3},
	{"a label less", {"up a b c", "up a c", "up b c", "up a b c"}, "2xup(a,b,c) 1xup(a,c) 1xup(b,c)", 4},
	{"same count, other label", {"up a b", "up a c"}, "1xup(a,b) 1xup(a,c)", 2},
	{"other name", {"up a", "down a", "up a"}, "2xup(a) 1xdown(a)", 3},
	{"taking turns", {"x a b", "y c d", "x a b", "y d c", "x b a"}, "3xx(a,b) 2xy(c,d)", 5},
	{"label twice", {"up a a b", "up a b", "up a b b a"}, "3xup(a,b)", 3},
	{"label twice is not another label", {"up a a", "up a b"}, "1xup(a) 1xup(a,b)", 2},
	{"no name", {"- a", "- a", "up a"}, "2x(a) 1xup(a)", 3},
	{"no name behind a name", {"up a", "- a"}, "1xup(a) 1x(a)", 2},
	{"no labels", {"up", "up", "down"}, "2xup() 1xdown()", 3},
	{"nothing at all", {"-", "-"}, "2x()", 2},
	{"metric and label of one name", {"a b", "b a", "a a", "b b"}, "1xa(b) 1xb(a) 1xa(a) 1xb(b)", 4},
	{"prefixes", {"up pod", "up po", "up pod_", "up pod"}, "2xup(pod) 1xup(po) 1xup(pod_)", 4},
	{"empty label name", {"up  a", "up a ", "up a"}, "2xup(,a) 1xup(a)", 3},
};

static void test_kinds(void **state)
{
	const struct kinds_case *c = *state;
	CLEANUP(series_set_free_at) struct series_set *set = series_set_new(ROOMY);
	struct err err = {0};

	for (size_t i = 0; i < COUNT_OF(c->series) && c->series[i]; i++)
		assert_true(add(set, c->series[i], &err));
	assert_kinds(set, c->want);
	assert_int_equal(series_set_total(set), c->total);
	assert_int_equal(err.code, ERR_NONE);
}

static void test_texts_are_copied(void **state)
{
	CLEANUP(series_set_free_at) struct series_set *set = series_set_new(ROOMY);
	char name[] = "up";
	char label[] = "pod";
	struct err err = {0};

	(void)state;
	series_set_begin(set);
	assert_true(series_set_name(set, str_of(name), &err));
	assert_true(series_set_label(set, str_of(label), &err));
	memset(name, 'x', sizeof(name) - 1);
	memset(label, 'x', sizeof(label) - 1);
	assert_true(series_set_end(set, &err));
	assert_kinds(set, "1xup(pod)");
}

static void test_name_behind_labels(void **state)
{
	CLEANUP(series_set_free_at) struct series_set *set = series_set_new(ROOMY);
	struct err err = {0};

	(void)state;
	assert_true(add(set, "up a b", &err));
	series_set_begin(set);
	assert_true(series_set_label(set, STR("a"), &err));
	assert_true(series_set_label(set, STR("b"), &err));
	assert_true(series_set_name(set, STR("up"), &err));
	assert_true(series_set_end(set, &err));
	assert_kinds(set, "2xup(a,b)");
}

/* Enough kinds and words for the tables to grow many times over. */
static void test_many_kinds(void **state)
{
	enum { KINDS = 5000, ROUNDS = 3 };
	CLEANUP(series_set_free_at) struct series_set *set = series_set_new(16 << 20);
	struct err err = {0};

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < KINDS; i++) {
			char series[100];

			snprintf(series, sizeof(series), "m%d job %s l%d", i / 2, i % 2 ? "pod" : "node", i % 777);
			assert_true(add(set, series, &err));
		}
	assert_int_equal(series_set_count(set), KINDS);
	assert_int_equal(series_set_total(set), KINDS * ROUNDS);
	for (size_t i = 0; i < KINDS; i++) {
		char want[20];

		snprintf(want, sizeof(want), "m%zu", i / 2);
		assert_true(str_eq(series_set_at(set, i)->name, str_of(want)));
		assert_int_equal(series_set_at(set, i)->series, ROUNDS);
		assert_int_equal(series_set_at(set, i)->label_count, 3);
	}
}

static struct limit_case {
	const char *name;
	const char *format; /* of series number %d */
	int series;
	size_t max_bytes;
	bool ok;
} limit_cases[] = {
	{"a million series of a kind are one", "up job pod", 1000000, 8192, true},
	{"many kinds", "m%d job pod", 100000, 100000, false},
	{"many labels", "up l%d", 100000, 100000, false},
	{"no room at all", "up job", 1, 1, false},
};

static void test_limit(void **state)
{
	const struct limit_case *c = *state;
	CLEANUP(series_set_free_at) struct series_set *set = series_set_new(c->max_bytes);
	struct err err = {0};
	bool ok = true;

	for (int i = 0; i < c->series && ok; i++) {
		CLEANUP(buf_clear) struct buf series = {0};
		const char *percent = strchr(c->format, '%');

		if (percent)
			buf_printf(&series, "%.*s%d%s", (int)(percent - c->format), c->format, i, percent + 2);
		ok = add(set, percent ? buf_cstr(&series) : c->format, &err);
	}
	assert_int_equal(ok, c->ok);
	assert_int_equal(err.code, c->ok ? ERR_NONE : ERR_LIMIT);
	/* A kind takes somewhat more than 100 bytes. */
	if (c->max_bytes > 10000) {
		assert_true(series_set_count(set) > c->max_bytes / 500);
		assert_true(series_set_count(set) < c->max_bytes / 100);
	}
}

static void test_free_of_nothing(void **state)
{
	(void)state;
	series_set_free(NULL);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(kinds_cases) + COUNT_OF(limit_cases) + 4];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(kinds_cases); i++)
		tests[count++] = (struct CMUnitTest){kinds_cases[i].name, test_kinds, NULL, NULL, &kinds_cases[i]};
	for (size_t i = 0; i < COUNT_OF(limit_cases); i++)
		tests[count++] = (struct CMUnitTest){limit_cases[i].name, test_limit, NULL, NULL, &limit_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_texts_are_copied);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_name_behind_labels);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_many_kinds);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_free_of_nothing);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
