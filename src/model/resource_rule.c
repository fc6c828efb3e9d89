/* SPDX-License-Identifier: Apache-2.0 */
#include "model/resource_rule.h"

#include <stdlib.h>

#include "model/association.h"
#include "model/resource.h"
#include "rule_template.h"
#include "text/problem.h"
#include "text/regexp.h"

static void clear(struct resource_rule *rule)
{
	template_tree_free(rule->container_query);
	template_tree_free(rule->node_query);
}

void resource_rules_free(struct resource_rules *rules)
{
	if (rules == NULL)
		return;
	clear(&rules->cpu);
	clear(&rules->memory);
	free(rules);
}

/* ---- can one query serve many namespaces? */

#define GROUP_BY  "by\\s*\\(\\s*<<\\s*\\.GroupBy\\s*>>\\s*\\)"
#define MATCHERS  "\\{(?:[^{}\"'`<>]|\"[^\"\\\\<]*\"|'[^'\\\\<]*'|<<\\s*\\.LabelMatchers\\s*>>)*\\}"
#define SERIES	  "[a-zA-Z_:][a-zA-Z0-9_:]*\\s*" MATCHERS "(?:\\s*\\[\\s*[0-9a-z]+\\s*\\])?"
#define FUNCTION  "(?:rate|irate|increase|delta|idelta|deriv|(?:avg|min|max|sum|last)_over_time)"
#define INNER	  "\\(\\s*(?:" SERIES "|" FUNCTION "\\s*\\(\\s*" SERIES "\\s*\\))\\s*\\)"
#define SPLITTING "^\\s*(?:sum|avg|min|max)\\s*(?:" GROUP_BY "\\s*" INNER "|" INNER "\\s*" GROUP_BY ")\\s*$"

/* Anything else, as a join or a scalar(), might mix what is of two namespaces: it is asked for each of them by itself. */
static bool can_split(const struct resource_rule *rule)
{
	CLEANUP(regexp_free_at) struct regexp *form = NULL;
	bool found = false;
	struct err err;

	CHECK(regexp_parse(STR(SPLITTING), &form, &err));
	return rule->namespace_label.ptr && template_uses(rule->container_query, STR("LabelMatchers")) &&
	       regexp_search(form, rule->spec->container_query.text, &found, &err) && found;
}

/* ---- compiling */

/* Namespaces, pods and nodes are the same in every cluster, so nothing has to be asked of it. A rule that is not there has no
   place, and reading has said so. */
static void find_label(const struct association *association, const struct resource_table *table, struct arena *arena,
		       const char *plural, struct problems *problems, struct place at, struct str *ret_label)
{
	const struct resource *resource = resource_find(table, str_of(plural), STR(""));
	struct err err;

	if (!association_label_of(association, table, resource, arena, ret_label, &err) && at.line)
		problem_warn(problems, at, "%.300s; the resource metrics of what needs it are refused", err.msg);
}

static bool find_labels(struct resource_rule *rule, const struct rules_spec *spec, struct problems *problems)
{
	CLEANUP(association_free_at) struct association *association = NULL;
	struct resource_table *table;
	struct place at = rule->spec->resources.at;

	if (!association_new(&rule->spec->resources, problems, &association))
		return false;
	table = resource_table_builtin();
	find_label(association, table, spec->arena, "namespaces", problems, at, &rule->namespace_label);
	find_label(association, table, spec->arena, "pods", problems, at, &rule->pod_label);
	find_label(association, table, spec->arena, "nodes", problems, at, &rule->node_label);
	resource_table_unref(table);
	return true;
}

static bool compile(struct resource_rule *rule, const struct resource_rule_spec *rule_spec,
		    const struct rules_spec *spec, struct problems *problems)
{
	bool good;

	rule->spec = rule_spec;
	rule->file = spec->file;
	rule->container_label = rule_spec->container_label.text;
	good = rule_template_parse(&rule_spec->container_query, "containerQuery", "query", problems,
				   &rule->container_query);
	good &= rule_template_parse(&rule_spec->node_query, "nodeQuery", "query", problems, &rule->node_query);
	good &= find_labels(rule, spec, problems);
	rule->splits = good && can_split(rule);
	return good;
}

bool resource_rules_compile(const struct rules_spec *spec, struct problems *problems, struct resource_rules **ret_rules)
{
	CLEANUP(resource_rules_free_at) struct resource_rules *rules = xnew(struct resource_rules);
	bool good = compile(&rules->cpu, &spec->cpu, spec, problems);

	good &= compile(&rules->memory, &spec->memory, spec, problems);
	rules->window_ms = spec->window_ms;
	if (good)
		*ret_rules = STEAL(rules);
	return good;
}

void resource_rule_write_place(struct buf *out, const struct resource_rule *rule)
{
	buf_put(out, rule->file);
	buf_printf(out, ":%u", rule->spec->at.line);
}
