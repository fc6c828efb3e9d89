/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

/* Functions by what they take: `r` a range, `v` a vector, `s` a scalar, `t` a text; what may be left out is in capitals. Those that
   are not listed are not looked at. */
static const struct call {
	const char *name, *takes;
} calls[] = {
	{"rate", "r"},
	{"irate", "r"},
	{"increase", "r"},
	{"delta", "r"},
	{"idelta", "r"},
	{"deriv", "r"},
	{"resets", "r"},
	{"changes", "r"},
	{"predict_linear", "rs"},
	{"avg_over_time", "r"},
	{"min_over_time", "r"},
	{"max_over_time", "r"},
	{"sum_over_time", "r"},
	{"count_over_time", "r"},
	{"last_over_time", "r"},
	{"present_over_time", "r"},
	{"absent_over_time", "r"},
	{"stddev_over_time", "r"},
	{"stdvar_over_time", "r"},
	{"quantile_over_time", "sr"},
	{"histogram_quantile", "sv"},
	{"clamp", "vss"},
	{"clamp_min", "vs"},
	{"clamp_max", "vs"},
	{"abs", "v"},
	{"ceil", "v"},
	{"floor", "v"},
	{"round", "vS"},
	{"exp", "v"},
	{"ln", "v"},
	{"log2", "v"},
	{"log10", "v"},
	{"sqrt", "v"},
	{"sgn", "v"},
	{"absent", "v"},
	{"scalar", "v"},
	{"vector", "s"},
	{"timestamp", "v"},
	{"sort", "v"},
	{"sort_desc", "v"},
	{"time", ""},
	{"label_replace", "vtttt"},
};

static const struct call *find_call(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		if (str_eq(name, str_of(calls[i].name)))
			return &calls[i];
	return NULL;
}

static size_t count_children(const struct promql_node *node)
{
	size_t count = 0;

	while (promql_child(node, count))
		count++;
	return count;
}

static size_t fewest(const struct call *call)
{
	size_t count = 0;

	while (call->takes[count] >= 'a')
		count++;
	return count;
}

static bool fits(char wanted, enum promql_type type)
{
	switch (type) {
	case PROMQL_SCALAR:
		return (wanted | 0x20) == 's';
	case PROMQL_TEXT:
		return (wanted | 0x20) == 't';
	case PROMQL_VECTOR:
		return (wanted | 0x20) == 'v';
	case PROMQL_RANGES:
		return (wanted | 0x20) == 'r';
	case PROMQL_OTHER:
		break;
	}
	return true;
}

static const char *wanted_name(char wanted)
{
	switch (wanted | 0x20) {
	case 'r':
		return "a range, as x[2m]";
	case 's':
		return "a number";
	case 't':
		return "a text in quotes";
	default:
		return "a vector without a range";
	}
}

static void check_call(const struct lint *lint, const struct promql_node *node)
{
	const struct call *call = find_call(node->word);
	size_t count = count_children(node);

	if (node->type == PROMQL_OTHER)
		lint_warn(lint, "unknown-function", "Prometheus has no function %.*s, as far as gaugelet knows",
			  STR_ARG(str_slice(node->word, 0, 60)));
	if (call == NULL)
		return;
	if (count < fewest(call) || count > strlen(call->takes)) {
		lint_warn(lint, "arguments",
			  "%s takes %zu argument%s and has %zu, so that Prometheus refuses the query", call->name,
			  fewest(call), fewest(call) == 1 ? "" : "s", count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!fits(call->takes[i], promql_child(node, i)->type))
			lint_warn(lint, "arguments",
				  "argument %zu of %s is not %s, so that Prometheus refuses the query", i + 1,
				  call->name, wanted_name(call->takes[i]));
}

static void check_aggregation(const struct lint *lint, const struct promql_node *node)
{
	const struct promql_node *operand = promql_child(node, count_children(node) - 1);

	if (!fits('v', operand->type))
		lint_warn(lint, "arguments",
			  "the argument of %.*s is not a vector without a range, so that Prometheus refuses the query",
			  STR_ARG(node->word));
}

void lint_calls(const struct lint *lint)
{
	for (const struct promql_node *at = lint->tree.first; at; at = at->next) {
		if (at->kind == PROMQL_CALL)
			check_call(lint, at);
		else if (at->kind == PROMQL_AGGREGATION)
			check_aggregation(lint, at);
	}
	if (lint->tree.root->type == PROMQL_RANGES)
		lint_warn(lint, "arguments",
			  "the result is a range, which is no number; write avg_over_time(...) around it");
}
