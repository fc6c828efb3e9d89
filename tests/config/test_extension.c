/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rules_file.h"

#include "../rows.h"
#include "base/buf.h"
#include "model/rule.h"
#include "model/rule_lint.h"
#include "model/rule_spec.h"

#define RULE "rules:\n- seriesQuery: a\n  metricsQuery: sum(a{<<.LabelMatchers>>}) by (<<.GroupBy>>)\n"

/* ---- what is refused */

static struct problem_case {
	const char *name;
	struct str in;
	const char *want;
} problem_cases[] = {
	{"unknown key", STR_INIT(RULE "  x-gaugelet: {infinte: 1, maxSampleAge: 1m}\n"),
	 "f:4:16: unknown key \"infinte\" in x-gaugelet; did you mean \"infinite\"?\n"},
	{"unknown key, near to none", STR_INIT(RULE "  x-gaugelet: {default: 0}\n"),
	 "f:4:16: unknown key \"default\" in x-gaugelet; known are infinite, maxSampleAge, sampleAge, onDuplicate, "
	 "notReady, minReadySeconds\n"},
	{"doubled key", STR_INIT(RULE "  x-gaugelet: {infinite: 1, infinite: 2}\n"),
	 "f:4:29: the key \"infinite\" is given twice in x-gaugelet, first in line 4; keep one\n"},
	{"the key itself misspelled", STR_INIT(RULE "  x-gaugelt: {}\n"),
	 "f:4:3: unknown key \"x-gaugelt\" in a rule; did you mean \"x-gaugelet\"?\n"},
	{"no map", STR_INIT(RULE "  x-gaugelet: [infinite]\n"), "f:4:15: \"x-gaugelet\" wants a map, not a list\n"},
	{"infinite: no number", STR_INIT(RULE "  x-gaugelet: {infinite: many}\n"),
	 "f:4:26: \"infinite\" wants a number such as 1e6\n"},
	{"infinite: in quotes", STR_INIT(RULE "  x-gaugelet: {infinite: '1'}\n"),
	 "f:4:26: \"infinite\" wants a number such as 1e6, without quotes\n"},
	{"infinite: a list", STR_INIT(RULE "  x-gaugelet: {infinite: []}\n"),
	 "f:4:26: \"infinite\" wants a number such as 1e6\n"},
	{"infinite: infinite", STR_INIT(RULE "  x-gaugelet: {infinite: Inf}\n"),
	 "f:4:26: \"infinite\" is Inf, which is not from 0.001 to 1e9: more than that an HPA cannot divide\n"},
	{"infinite: NaN", STR_INIT(RULE "  x-gaugelet: {infinite: NaN}\n"),
	 "f:4:26: \"infinite\" is NaN, which is not from 0.001 to 1e9: more than that an HPA cannot divide\n"},
	{"infinite: zero", STR_INIT(RULE "  x-gaugelet: {infinite: 0}\n"),
	 "f:4:26: \"infinite\" is 0, which is not from 0.001 to 1e9: more than that an HPA cannot divide\n"},
	{"infinite: too large", STR_INIT(RULE "  x-gaugelet: {infinite: 1000000001}\n"),
	 "f:4:26: \"infinite\" is 1000000001, which is not from 0.001 to 1e9: more than that an HPA cannot divide\n"},
	{"maxSampleAge: no unit", STR_INIT(RULE "  x-gaugelet: {maxSampleAge: 5}\n"),
	 "f:4:30: \"maxSampleAge\": not a valid duration string: \"5\"; write it like 90s, 5m or 1h30m, or 0 for any "
	 "age\n"},
	{"maxSampleAge: negative", STR_INIT(RULE "  x-gaugelet: {maxSampleAge: -5m}\n"),
	 "f:4:30: \"maxSampleAge\": not a valid duration string: \"-5m\"; write it like 90s, 5m or 1h30m, or 0 for any "
	 "age\n"},
	{"maxSampleAge: a map", STR_INIT(RULE "  x-gaugelet: {maxSampleAge: {}}\n"),
	 "f:4:30: \"maxSampleAge\" wants a duration such as 5m, not a map\n"},
	{"sampleAge: no boolean", STR_INIT(RULE "  x-gaugelet: {sampleAge: 'true'}\n"),
	 "f:4:27: \"sampleAge\" wants true or false, without quotes\n"},
	{"onDuplicate: another word", STR_INIT(RULE "  x-gaugelet: {onDuplicate: first}\n"),
	 "f:4:29: \"onDuplicate\" wants last, error, sum or max, not first\n"},
	{"onDuplicate: a list", STR_INIT(RULE "  x-gaugelet: {onDuplicate: [sum]}\n"),
	 "f:4:29: \"onDuplicate\" wants last, error, sum or max, not a list\n"},
	{"notReady: another word", STR_INIT(RULE "  x-gaugelet: {notReady: true}\n"),
	 "f:4:26: \"notReady\" wants keep or drop, not true\n"},
	{"minReadySeconds: a duration", STR_INIT(RULE "  x-gaugelet: {minReadySeconds: 30s}\n"),
	 "f:4:33: \"minReadySeconds\" wants a whole number of seconds from 0 to 86400\n"},
	{"minReadySeconds: negative", STR_INIT(RULE "  x-gaugelet: {minReadySeconds: -1}\n"),
	 "f:4:33: \"minReadySeconds\" wants a whole number of seconds from 0 to 86400\n"},
	{"minReadySeconds: more than a day", STR_INIT(RULE "  x-gaugelet: {minReadySeconds: 86401}\n"),
	 "f:4:33: \"minReadySeconds\" wants a whole number of seconds from 0 to 86400\n"},
	{"minReadySeconds and pods that are not ready",
	 STR_INIT(RULE "  x-gaugelet: {minReadySeconds: 30, notReady: keep}\n"),
	 "f:4:47: \"minReadySeconds\" leaves out pods that are not ready, so \"notReady\" cannot be keep; remove one "
	 "of "
	 "them\n"},
	{"an age that cannot be asked for",
	 STR_INIT("rules:\n- seriesQuery: a\n  metricsQuery: sum(a{<<.LabelMatchers>>}) by (<<.GroupBy>>) / 2\n"
		  "  x-gaugelet: {sampleAge: true}\n"),
	 "f:4:27: warning: \"sampleAge\": metricsQuery is no aggregation of one selector, so the age of its samples "
	 "cannot be asked for and they count as new; write it like "
	 "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>) [no-sample-age]\n"},
	{"objects of an external metric",
	 STR_INIT("externalRules:\n- seriesQuery: a\n  resources: {namespaced: false}\n  metricsQuery: "
		  "a{<<.LabelMatchers>>}\n"
		  "  x-gaugelet: {onDuplicate: sum, notReady: drop, minReadySeconds: 1, sampleAge: true}\n"),
	 "f:5:29: warning: \"onDuplicate\" has no effect on an external metric, which has no objects; remove it "
	 "[no-object]\n"
	 "f:5:44: warning: \"notReady\" has no effect on an external metric, which has no objects; remove it "
	 "[no-object]\n"
	 "f:5:67: warning: \"minReadySeconds\" has no effect on an external metric, which has no objects; remove it "
	 "[no-object]\n"},
};

static void test_problems(void **state)
{
	const struct problem_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	struct rules *rules = NULL;
	bool ok = rules_compile(rules_file_parse(c->in, STR("f"), &problems), &problems, &rules);

	if (ok)
		rules_lint(rules, &problems);
	problems_write(&problems, "f", &out);
	assert_string_equal(buf_cstr(&out), c->want);
	assert_int_equal(ok, problems.errors == 0);
	rules_unref(rules);
}

/* ---- what is read */

static struct read_case {
	const char *name, *key;
	const char *want;
} read_cases[] = {
	{"nothing", "", ""},
	{"null", "  x-gaugelet:\n", ""},
	{"empty", "  x-gaugelet: {}\n", ""},
	{"null values", "  x-gaugelet: {infinite: , sampleAge: ~, onDuplicate: null}\n", ""},
	{"infinite", "  x-gaugelet: {infinite: 1e6}\n", " infinite=1000000"},
	{"infinite: the most", "  x-gaugelet: {infinite: 1000000000}\n", " infinite=1000000000"},
	{"infinite: the least", "  x-gaugelet: {infinite: 0.001}\n", " infinite=0.001"},
	{"maxSampleAge", "  x-gaugelet: {maxSampleAge: 1h30m}\n", " max-age=5400000"},
	{"maxSampleAge: any", "  x-gaugelet: {maxSampleAge: 0}\n", " max-age=0"},
	{"sampleAge", "  x-gaugelet: {sampleAge: true}\n", " age=1"},
	{"sampleAge: not", "  x-gaugelet: {sampleAge: no}\n", " age=0"},
	{"onDuplicate: last", "  x-gaugelet: {onDuplicate: last}\n", " duplicate=last"},
	{"onDuplicate: error", "  x-gaugelet: {onDuplicate: error}\n", " duplicate=error"},
	{"onDuplicate: sum", "  x-gaugelet: {onDuplicate: sum}\n", " duplicate=sum"},
	{"onDuplicate: max", "  x-gaugelet: {onDuplicate: max}\n", " duplicate=max"},
	{"notReady: keep", "  x-gaugelet: {notReady: keep}\n", ""},
	{"notReady: drop", "  x-gaugelet: {notReady: drop}\n", " ready"},
	{"minReadySeconds", "  x-gaugelet: {minReadySeconds: 30}\n", " min-ready=30"},
	{"minReadySeconds: none", "  x-gaugelet: {minReadySeconds: 0, notReady: keep}\n", ""},
	{"all",
	 "  x-gaugelet:\n    infinite: 1.5\n    onDuplicate: max\n    notReady: drop\n    minReadySeconds: 86400\n",
	 " infinite=1.5 duplicate=max ready min-ready=86400"},
};

static void write_extension(struct buf *out, const struct extension_spec *extension)
{
	if (extension->infinite > 0)
		buf_printf(out, " infinite=%.10g", extension->infinite);
	if (extension->has_max_sample_age)
		buf_printf(out, " max-age=%lld", (long long)extension->max_sample_age_ms);
	if (extension->has_sample_age)
		buf_printf(out, " age=%d", extension->sample_age);
	if (extension->on_duplicate)
		buf_printf(out, " duplicate=%s", policy_duplicate_words[extension->on_duplicate - DUPLICATE_ERROR]);
	if (extension->drop_not_ready)
		buf_puts(out, " ready");
	if (extension->min_ready_s)
		buf_printf(out, " min-ready=%lld", (long long)extension->min_ready_s);
}

static void test_read(void **state)
{
	const struct read_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(buf_clear) struct buf in = {0};
	CLEANUP(buf_clear) struct buf out = {0};
	struct rules *rules = NULL;

	buf_puts(&in, RULE);
	buf_puts(&in, c->key);
	assert_true(rules_compile(rules_file_parse(buf_str(&in), STR("f"), &problems), &problems, &rules));
	assert_int_equal(problems.errors + problems.warnings, 0);
	write_extension(&out, &rules->list[0].spec->extension);
	assert_string_equal(buf_cstr(&out), c->want);
	rules_unref(rules);
}

int main(void)
{
	return RUN_ROWS(problem_cases, test_problems) + RUN_ROWS(read_cases, test_read);
}
