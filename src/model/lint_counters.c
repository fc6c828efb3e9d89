/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

enum { TOLD_MAX = 8, NAME_BYTES = 80 };

/* Words in names of gauges that end like counters. */
static const char *const of_gauges[] = {
	"active", "available", "capacity", "current", "desired", "free",    "idle",	"inflight", "limit",   "max",
	"memory", "open",      "pending",  "queued",  "ready",	 "running", "replicas", "slots",    "waiting",
};

static bool has_gauge_word(struct str name)
{
	struct str word;

	while (str_split(&name, '_', &word))
		for (size_t i = 0; i < COUNT_OF(of_gauges); i++)
			if (str_eq_nocase(word, str_of(of_gauges[i])))
				return true;
	return false;
}

static bool is_counter(struct str name)
{
	static const char *const ends[] = {"_total", "_sum", "_count", "_bucket"};

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (name.len > strlen(ends[i]) && str_ends(name, str_of(ends[i])))
			return !has_gauge_word(name);
	return false;
}

static bool is_one_of(struct str word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(word, str_of(words[i])))
			return true;
	return false;
}

#define IS_ONE_OF(word, words) is_one_of((word), (words), COUNT_OF(words))

/* These take a counter for what it is, or look at something else than its value. */
static const char *const fine[] = {
	"rate",
	"irate",
	"increase",
	"resets",
	"changes",
	"absent",
	"absent_over_time",
	"timestamp",
	"count_over_time",
	"present_over_time",
	"ts_of_last_over_time",
	"count",
	"group",
};

/* For gauges: a counter that starts anew makes them negative. */
static const char *const for_gauges[] = {
	"delta", "idelta", "deriv", "predict_linear", "holt_winters", "double_exponential_smoothing",
};

static bool holds_metric(const struct promql_node *node, struct str name)
{
	for (const struct promql_node *at = node->first;; at = at->next) {
		if (at->kind == PROMQL_SELECTOR && str_eq(at->selector->name, name))
			return true;
		if (at == node)
			return false;
	}
}

/* x - x offset 5m is an increase by hand; behind `and` and `unless` values do not count. */
static bool is_fine_operand(const struct promql_node *operation, const struct promql_node *operand, struct str name)
{
	const struct promql_node *left = promql_child(operation, 0);
	const struct promql_node *right = promql_child(operation, 1);

	if (str_eq(operation->word, STR("-")))
		return holds_metric(left, name) && holds_metric(right, name);
	return operand == right &&
	       (str_eq_nocase(operation->word, STR("and")) || str_eq_nocase(operation->word, STR("unless")));
}

/* What makes the counter a number of now, from the selector outwards; *ret_gauge: the function for gauges that takes it. */
static bool is_used_well(const struct promql_node *selector, const struct promql_node **ret_gauge)
{
	const struct promql_node *below = selector;

	*ret_gauge = NULL;
	for (const struct promql_node *at = selector->parent; at; below = at, at = at->parent) {
		if ((at->kind == PROMQL_CALL || at->kind == PROMQL_AGGREGATION) && IS_ONE_OF(at->word, fine))
			return true;
		if (at->kind == PROMQL_CALL && *ret_gauge == NULL && IS_ONE_OF(at->word, for_gauges))
			*ret_gauge = at;
		if (at->kind == PROMQL_BINARY && is_fine_operand(at, below, selector->selector->name))
			return true;
	}
	return false;
}

static void warn(const struct lint *lint, struct str name, const struct promql_node *gauge)
{
	struct str shown = str_slice(name, 0, NAME_BYTES);

	if (gauge)
		lint_warn(lint, "gauge-function",
			  "%.*s is for gauges, and %.*s is a counter by its name, which starts anew with its process; "
			  "write increase(), or rate() for a second's share",
			  STR_ARG(gauge->word), STR_ARG(shown));
	else
		lint_warn(lint, "raw-counter",
			  "%.*s is a counter by its name, so that its value is a count since the start of its process; "
			  "write rate(%.*s{...}[2m]), or increase(), around it",
			  STR_ARG(shown), STR_ARG(shown));
}

void lint_counters(const struct lint *lint)
{
	struct str told[TOLD_MAX];
	size_t count = 0;

	for (const struct promql_node *at = lint->tree.first; at && count < TOLD_MAX; at = at->next) {
		struct str name = at->kind == PROMQL_SELECTOR ? at->selector->name : STR("");
		const struct promql_node *gauge;
		bool before = false;

		for (size_t i = 0; i < count; i++)
			before = before || str_eq(told[i], name);
		if (before || !is_counter(name) || is_used_well(at, &gauge))
			continue;
		told[count++] = name;
		warn(lint, name, gauge);
	}
}
