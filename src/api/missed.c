/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule may give a metric that nobody has: its series may have come since they were last looked for. */
#include "api_in.h"
#include "model/found_series.h"
#include "model/namer.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "model/series.h"
#include "text/promql.h"
#include "text/regexp.h"

enum { SCRATCH_BYTES_MAX = 64 << 10 };

enum chance { NEVER, MAYBE, LIKELY };

static bool matches(struct str pattern, struct str text)
{
	CLEANUP(buf_clear) struct buf anchored = {0};
	CLEANUP(regexp_free_at) struct regexp *regexp = NULL;
	bool found = false;
	struct err ignored;

	buf_printf(&anchored, "^(?:%.*s)$", STR_ARG(pattern));
	return regexp_parse(buf_str(&anchored), &regexp, &ignored) && regexp_search(regexp, text, &found, &ignored) &&
	       found;
}

static bool takes_name(const struct promql_matcher *matcher, struct str name)
{
	bool equal = str_ends(matcher->op, STR("~")) ? matches(matcher->value, name) : str_eq(matcher->value, name);

	return !str_eq(matcher->label, STR("__name__")) || equal != str_starts(matcher->op, STR("!"));
}

/* A rule that names its series by a pattern, and keeps their names or does not. The HPA sends external names in lower case. */
static enum chance chance_of_pattern(const struct rule *rule, const struct promql_selector *selector, struct str metric)
{
	const struct rule_spec *spec = rule->spec;
	bool keeps = false;
	struct err ignored;

	if (spec->name_as.text.len || spec->name_matches.text.len || rule->external)
		return MAYBE;
	for (size_t i = 0; i < selector->count; i++)
		if (!takes_name(&selector->list[i], metric))
			return NEVER;
	return namer_keeps(rule->namer, metric, &keeps, &ignored) && keeps ? LIKELY : NEVER;
}

static enum chance chance_of(const struct rules *rules, const struct rule *rule, struct str metric)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(SCRATCH_BYTES_MAX);
	struct promql_tree tree;
	struct err ignored;

	if (reason_concerns(rules, rule, metric))
		return LIKELY;
	if (rules->series_names[rule->series_query].len)
		return NEVER;
	if (!promql_read(rule->spec->series_query.text, arena, &tree, &ignored) || tree.root->kind != PROMQL_SELECTOR)
		return NEVER;
	return chance_of_pattern(rule, tree.root->selector, metric);
}

static bool has_none(const struct series_finding *finding, const struct rule_found *found)
{
	return finding->series == 0 || found->first == NULL; /* or the catalog is being made of them */
}

bool api_missed(const struct api_plan *plan, size_t *next_rule, struct api_missed *ret_missed)
{
	const struct rules *rules = catalog_rules(plan->view->catalog);
	bool external = plan->request->route == ROUTE_EXTERNAL;

	while (plan->missing && *next_rule < rules->count) {
		size_t index = (*next_rule)++;
		const struct rule *rule = &rules->list[index];
		enum chance chance = NEVER;

		if (rule->external == external && rule->spec->series_query.text.len &&
		    has_none(&plan->view->findings[rule->series_query],
			     found_of_rule(catalog_found(plan->view->catalog), index)))
			chance = chance_of(rules, rule, plan->request->metric);
		if (chance == NEVER)
			continue;
		*ret_missed = (struct api_missed){.rule = rule, .likely = chance == LIKELY};
		return true;
	}
	return false;
}

const struct rule *missed_likely_rule(const struct api_plan *plan)
{
	struct api_missed missed;
	size_t next_rule = 0;

	while (api_missed(plan, &next_rule, &missed))
		if (missed.likely)
			return missed.rule;
	return NULL;
}
