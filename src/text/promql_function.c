/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_function.h"

#include <stdlib.h>

struct row {
	const char *name;
	enum promql_effect effect;
};

/* Sorted. What Prometheus has up to 3.8; `info` gives labels that no text tells. */
static const struct row ROWS[] = {
	{"abs", PROMQL_EFFECT_DROPS_NAME},
	{"absent", PROMQL_EFFECT_ABSENT},
	{"absent_over_time", PROMQL_EFFECT_ABSENT},
	{"acos", PROMQL_EFFECT_DROPS_NAME},
	{"acosh", PROMQL_EFFECT_DROPS_NAME},
	{"asin", PROMQL_EFFECT_DROPS_NAME},
	{"asinh", PROMQL_EFFECT_DROPS_NAME},
	{"atan", PROMQL_EFFECT_DROPS_NAME},
	{"atanh", PROMQL_EFFECT_DROPS_NAME},
	{"avg_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"ceil", PROMQL_EFFECT_DROPS_NAME},
	{"changes", PROMQL_EFFECT_DROPS_NAME},
	{"clamp", PROMQL_EFFECT_DROPS_NAME},
	{"clamp_max", PROMQL_EFFECT_DROPS_NAME},
	{"clamp_min", PROMQL_EFFECT_DROPS_NAME},
	{"cos", PROMQL_EFFECT_DROPS_NAME},
	{"cosh", PROMQL_EFFECT_DROPS_NAME},
	{"count_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"day_of_month", PROMQL_EFFECT_DROPS_NAME},
	{"day_of_week", PROMQL_EFFECT_DROPS_NAME},
	{"day_of_year", PROMQL_EFFECT_DROPS_NAME},
	{"days_in_month", PROMQL_EFFECT_DROPS_NAME},
	{"deg", PROMQL_EFFECT_DROPS_NAME},
	{"delta", PROMQL_EFFECT_DROPS_NAME},
	{"deriv", PROMQL_EFFECT_DROPS_NAME},
	{"double_exponential_smoothing", PROMQL_EFFECT_DROPS_NAME},
	{"exp", PROMQL_EFFECT_DROPS_NAME},
	{"first_over_time", PROMQL_EFFECT_KEEPS},
	{"floor", PROMQL_EFFECT_DROPS_NAME},
	{"histogram_avg", PROMQL_EFFECT_DROPS_NAME},
	{"histogram_count", PROMQL_EFFECT_DROPS_NAME},
	{"histogram_fraction", PROMQL_EFFECT_BUCKETS},
	{"histogram_quantile", PROMQL_EFFECT_BUCKETS},
	{"histogram_stddev", PROMQL_EFFECT_DROPS_NAME},
	{"histogram_stdvar", PROMQL_EFFECT_DROPS_NAME},
	{"histogram_sum", PROMQL_EFFECT_DROPS_NAME},
	{"holt_winters", PROMQL_EFFECT_DROPS_NAME},
	{"hour", PROMQL_EFFECT_DROPS_NAME},
	{"idelta", PROMQL_EFFECT_DROPS_NAME},
	{"increase", PROMQL_EFFECT_DROPS_NAME},
	{"irate", PROMQL_EFFECT_DROPS_NAME},
	{"label_join", PROMQL_EFFECT_SETS},
	{"label_replace", PROMQL_EFFECT_SETS},
	{"last_over_time", PROMQL_EFFECT_KEEPS},
	{"ln", PROMQL_EFFECT_DROPS_NAME},
	{"log10", PROMQL_EFFECT_DROPS_NAME},
	{"log2", PROMQL_EFFECT_DROPS_NAME},
	{"mad_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"max_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"min_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"minute", PROMQL_EFFECT_DROPS_NAME},
	{"month", PROMQL_EFFECT_DROPS_NAME},
	{"pi", PROMQL_EFFECT_NONE},
	{"predict_linear", PROMQL_EFFECT_DROPS_NAME},
	{"present_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"quantile_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"rad", PROMQL_EFFECT_DROPS_NAME},
	{"rate", PROMQL_EFFECT_DROPS_NAME},
	{"resets", PROMQL_EFFECT_DROPS_NAME},
	{"round", PROMQL_EFFECT_DROPS_NAME},
	{"scalar", PROMQL_EFFECT_NONE},
	{"sgn", PROMQL_EFFECT_DROPS_NAME},
	{"sin", PROMQL_EFFECT_DROPS_NAME},
	{"sinh", PROMQL_EFFECT_DROPS_NAME},
	{"sort", PROMQL_EFFECT_KEEPS},
	{"sort_by_label", PROMQL_EFFECT_KEEPS},
	{"sort_by_label_desc", PROMQL_EFFECT_KEEPS},
	{"sort_desc", PROMQL_EFFECT_KEEPS},
	{"sqrt", PROMQL_EFFECT_DROPS_NAME},
	{"stddev_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"stdvar_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"sum_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"tan", PROMQL_EFFECT_DROPS_NAME},
	{"tanh", PROMQL_EFFECT_DROPS_NAME},
	{"time", PROMQL_EFFECT_NONE},
	{"timestamp", PROMQL_EFFECT_DROPS_NAME},
	{"ts_of_first_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"ts_of_last_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"ts_of_max_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"ts_of_min_over_time", PROMQL_EFFECT_DROPS_NAME},
	{"vector", PROMQL_EFFECT_NONE},
	{"year", PROMQL_EFFECT_DROPS_NAME},
};

static int compare(const void *key, const void *item)
{
	const struct str *name = key;
	const struct row *row = item;

	return str_cmp(*name, str_of(row->name));
}

enum promql_effect promql_function_effect(struct str name)
{
	const struct row *row = bsearch(&name, ROWS, COUNT_OF(ROWS), sizeof(*ROWS), compare);

	return row ? row->effect : PROMQL_EFFECT_UNKNOWN;
}

enum promql_type promql_function_type(struct str name)
{
	if (str_eq(name, STR("info")))
		return PROMQL_VECTOR;
	if (promql_function_effect(name) == PROMQL_EFFECT_UNKNOWN)
		return PROMQL_OTHER;
	return str_eq(name, STR("pi")) || str_eq(name, STR("scalar")) || str_eq(name, STR("time")) ? PROMQL_SCALAR
												   : PROMQL_VECTOR;
}
