/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "text/template.h"

static bool is_op(const struct promql_matcher *matcher, const char *op)
{
	return str_eq(matcher->op, str_of(op));
}

static bool is_anything(struct str pattern)
{
	return str_eq(pattern, STR(".*")) || str_eq(pattern, STR(".+")) || str_eq(pattern, STR("^.*$")) ||
	       str_eq(pattern, STR("^.+$"));
}

/* Only that the label is there. */
static bool is_presence(const struct promql_matcher *matcher)
{
	return (is_op(matcher, "!=") && matcher->value.len == 0) ||
	       (is_op(matcher, "=~") && is_anything(matcher->value)) ||
	       (is_op(matcher, "!~") && str_eq(matcher->value, STR("^$")));
}

/* A label for which the request itself brings a matcher. */
static bool stands_for_resource(const struct lint *lint, struct str label)
{
	const struct resources_spec *resources = &lint->rule->spec->resources;

	for (size_t i = 0; i < resources->override_count; i++)
		if (str_eq(resources->overrides[i].label.text, label))
			return true;
	return resources->template_text.text.len && (str_ends(label, STR("namespace")) || str_ends(label, STR("pod")) ||
						     str_ends(label, STR("node")) || str_ends(label, STR("service")));
}

static bool matches_label(const struct promql_selector *selector, struct str label)
{
	for (size_t i = 0; i < selector->count; i++)
		if (str_eq(selector->list[i].label, label))
			return true;
	return false;
}

/* The series that were searched are asked without this matcher. */
static bool is_lost(const struct lint *lint, const struct promql_matcher *matcher)
{
	if (is_presence(matcher) || str_eq(matcher->label, STR("__name__")) ||
	    stands_for_resource(lint, matcher->label))
		return false;
	for (const struct promql_node *at = lint->tree.first; at; at = at->next)
		if (at->kind == PROMQL_SELECTOR && str_eq(at->selector->name, lint->series) &&
		    !matches_label(at->selector, matcher->label))
			return true;
	return false;
}

static void check_lost(const struct lint *lint)
{
	const struct promql_selector *searched = lint->searched;

	for (size_t i = 0; searched && i < searched->count; i++) {
		const struct promql_matcher *matcher = &searched->list[i];

		if (is_lost(lint, matcher))
			lint_warn(lint, "lost-matcher",
				  "the series are searched with %.*s%.*s\"%.*s\", and asked for without it, so that "
				  "others "
				  "count, too; write it behind <<.LabelMatchers>>",
				  STR_ARG(str_slice(matcher->label, 0, 60)), STR_ARG(matcher->op),
				  STR_ARG(str_slice(matcher->value, 0, 60)));
	}
}

static void check_request(const struct lint *lint)
{
	if (template_uses(lint->rule->query, STR("LabelMatchers")) ||
	    template_uses(lint->rule->query, STR("LabelValuesByName")))
		return;
	lint_warn(lint, "no-matchers",
		  lint->rule->external ? "it has no <<.LabelMatchers>>, so that the selector and the namespace of a "
					 "request have no effect; write {<<.LabelMatchers>>} behind the metric"
				       : "it has no <<.LabelMatchers>>, so that each request reads the series of all "
					 "objects of all namespaces; write {<<.LabelMatchers>>} behind the metric");
}

/* All series there are. */
static void check_everything(const struct lint *lint)
{
	const struct promql_selector *searched = lint->searched;

	for (size_t i = 0; searched && i < searched->count; i++)
		if (str_eq(searched->list[i].label, STR("__name__")) && is_presence(&searched->list[i]) &&
		    searched->name.ptr == NULL)
			problem_warn(
				lint->problems, lint->rule->spec->series_query.at,
				"seriesQuery: __name__%.*s\"%.*s\" finds every metric there is, at the cost of as many "
				"series; name those that are meant [every-series]",
				STR_ARG(searched->list[i].op), STR_ARG(searched->list[i].value));
}

void lint_matchers(const struct lint *lint)
{
	check_request(lint);
	check_lost(lint);
	check_everything(lint);
}
