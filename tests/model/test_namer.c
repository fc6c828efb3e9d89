/* SPDX-License-Identifier: Apache-2.0 */
#include "model/namer.h"

#include "rows.h"
#include "rule_text.h"

static const struct filter_spec not_total[] = {{.is_not = SPELLED("_total$")}};
static const struct filter_spec both[] = {{.is = SPELLED("^http")}, {.is_not = SPELLED("bucket")}};
static const struct filter_spec broken[] = {{.is = SPELLED("(")}};

static struct naming_case {
	const char *name;
	struct rule_spec rule;
	const char *series, *want; /* NULL: filtered out */
} naming_cases[] = {
	{"own name", {.at = {1, 1}}, "vllm:num_requests_waiting", "vllm:num_requests_waiting"},
	{"as alone", {.name_as = SPELLED("queue")}, "x", "queue"},
	{"one group", {.name_matches = SPELLED("^(.*)_total$")}, "http_requests_total", "http_requests"},
	{"no group", {.name_matches = SPELLED("http_[a-z]+")}, "my_http_requests_total", "http_requests"},
	{"as with a group",
	 {.name_matches = SPELLED("^(.*)_total"), .name_as = SPELLED("${1}_per_second")},
	 "http_requests_total",
	 "http_requests_per_second"},
	{"the longest name is the group",
	 {.name_matches = SPELLED("^(.*)_total"), .name_as = SPELLED("$1_per_second")},
	 "http_requests_total",
	 ""},
	{"does not match", {.name_matches = SPELLED("^vllm:")}, "http_requests_total", NULL},
	{"isNot", {.filters = not_total, .filter_count = 1}, "http_requests_total", NULL},
	{"isNot lets others through", {.filters = not_total, .filter_count = 1}, "queue_length", "queue_length"},
	{"filters are anded", {.filters = both, .filter_count = 2}, "http_bucket", NULL},
	{"filters are unanchored", {.filters = both, .filter_count = 2}, "http_count", "http_count"},
};

static void test_naming(void **state)
{
	const struct naming_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(namer_free_at) struct namer *namer = NULL;
	CLEANUP(buf_clear) struct buf name = {0};
	struct err err;
	bool keeps;

	assert_true(namer_new(&c->rule, &problems, &namer));
	assert_true(namer_keeps(namer, str_of(c->series), &keeps, &err));
	assert_int_equal(keeps, c->want != NULL);
	if (keeps) {
		assert_true(namer_name(namer, str_of(c->series), &name, &err));
		assert_str(buf_str(&name), c->want);
	}
}

static struct refusal_case {
	const char *name;
	struct rule_spec rule;
	const char *says;
} refusal_cases[] = {
	{"two groups and no as", {.name_matches = SPELLED("(a)(b)")}, "name.as"},
	{"look-ahead", {.name_matches = SPELLED("a(?=b)")}, "(?="},
	{"broken filter", {.filters = broken, .filter_count = 1}, "seriesFilters"},
};

static void test_refusal(void **state)
{
	const struct refusal_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	struct namer *namer = NULL;

	assert_false(namer_new(&c->rule, &problems, &namer));
	assert_null(namer);
	assert_contains(str_of(problems.items[0].text), c->says);
}

/* `says` NULL: nothing is said. */
static struct warning_case {
	const char *name;
	struct rule_spec rule;
	const char *says;
} warning_cases[] = {
	{"no warning", {.name_matches = SPELLED("^(.*)_total"), .name_as = SPELLED("${1}_x")}, NULL},
	{"warns: a number runs on",
	 {.name_matches = SPELLED("^(.*)_total"), .name_as = SPELLED("$1_total")},
	 "f:3:5: warning: name.as: name.matches has no group \"1_total\", so nothing stands for it, and the rule gives "
	 "no "
	 "metrics, since their names would be empty; write ${1}_total\n"},
	{"warns: a name runs on",
	 {.name_matches = SPELLED("^(?P<base>.*)_total"), .name_as = SPELLED("x_$base_rate")},
	 "f:3:5: warning: name.as: name.matches has no group \"base_rate\", so nothing stands for it; write "
	 "${base}_rate\n"},
	{"warns: no such number",
	 {.name_matches = SPELLED("^(.*)_total"), .name_as = SPELLED("${1}_${2}")},
	 "f:3:5: warning: name.as: name.matches has no group \"2\", so nothing stands for it; the groups are $0 to "
	 "$1\n"},
	{"warns: no such name",
	 {.name_as = SPELLED("$name")},
	 "f:3:5: warning: name.as: name.matches has no group \"name\", so nothing stands for it, and the rule gives no "
	 "metrics, "
	 "since their names would be empty; the groups are $0 to $0\n"},
	{"no warning: dollars", {.name_as = SPELLED("a$$b$-$0")}, NULL},
};

static void test_warning(void **state)
{
	const struct warning_case *c = *state;
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(namer_free_at) struct namer *namer = NULL;
	CLEANUP(buf_clear) struct buf said = {0};

	assert_true(namer_new(&c->rule, &problems, &namer));
	problems_write(&problems, "f", &said);
	assert_str(buf_str(&said), c->says ? c->says : "");
}

int main(void)
{
	return RUN_ROWS(naming_cases, test_naming) + RUN_ROWS(refusal_cases, test_refusal) +
	       RUN_ROWS(warning_cases, test_warning);
}
