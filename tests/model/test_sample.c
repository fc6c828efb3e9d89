/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model/sample.h"

static const struct label labels[] = {
	{STR_INIT("pod"), STR_INIT("pod-a")}, {STR_INIT("empty"), STR_INIT("")}, {STR_INIT("po"), STR_INIT("short")}};
static const struct sample three_labels = {.labels = labels, .label_count = COUNT_OF(labels)};
static const struct sample no_labels = {.labels = NULL, .label_count = 0};

static struct label_case {
	const char *name;
	const struct sample *sample;
	struct str label, want;
} label_cases[] = {
	{"first label", &three_labels, STR_INIT("pod"), STR_INIT("pod-a")},
	{"last label", &three_labels, STR_INIT("po"), STR_INIT("short")},
	{"label with an empty value", &three_labels, STR_INIT("empty"), STR_INIT("")},
	{"longer name", &three_labels, STR_INIT("pods"), STR_INIT("")},
	{"other case", &three_labels, STR_INIT("Pod"), STR_INIT("")},
	{"empty name", &three_labels, STR_INIT(""), STR_INIT("")},
	{"no labels", &no_labels, STR_INIT("pod"), STR_INIT("")},
};

static void test_label(void **state)
{
	const struct label_case *c = *state;
	struct str got = sample_label(c->sample, c->label);

	assert_true(str_eq(got, c->want));
	assert_non_null(got.ptr);
}

static void test_new_samples_are_empty(void **state)
{
	CLEANUP(samples_free_at) struct samples *samples = samples_new();

	(void)state;
	assert_int_equal(samples->list.count, 0);
	assert_int_equal(samples->malformed, 0);
	assert_int_equal(samples->warning.len, 0);
	assert_int_equal(samples->type, SAMPLES_VECTOR);
}

static void test_texts_are_bounded(void **state)
{
	CLEANUP(samples_free_at) struct samples *samples = samples_new();

	(void)state;
	assert_null(arena_alloc(samples->arena, SAMPLES_BYTES_MAX + 1));
	assert_non_null(arena_alloc(samples->arena, 1));
}

static void test_free_of_nothing(void **state)
{
	(void)state;
	samples_free(NULL);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT_OF(label_cases) + 3];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(label_cases); i++)
		tests[count++] = (struct CMUnitTest){label_cases[i].name, test_label, NULL, NULL, &label_cases[i]};
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_new_samples_are_empty);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_texts_are_bounded);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_free_of_nothing);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
