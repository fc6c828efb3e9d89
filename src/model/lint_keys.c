/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "base/arena.h"
#include "base/buf.h"
#include "model/age_query.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_spec.h"

static bool has_namespace_label(const struct resources_spec *resources)
{
	for (size_t i = 0; i < resources->override_count; i++)
		if (lint_is_namespace(resources->overrides[i].resource.text))
			return true;
	return resources->template_text.text.len > 0;
}

static void check_namespaced(const struct rule *rule, struct problems *problems)
{
	const struct resources_spec *resources = &rule->spec->resources;

	if (rule->external && resources->namespaced && !has_namespace_label(resources))
		problem_warn(problems, resources->at,
			     "no label stands for the namespace, so every request is refused; write the label into "
			     "resources, as overrides: {namespace: {resource: namespace}}, or namespaced: false "
			     "[no-namespace]");
	if (!rule->external && !resources->namespaced)
		problem_warn(problems, resources->at,
			     "namespaced: false has no effect on a custom metric; move the rule to externalRules, if "
			     "it is meant for all namespaces [namespaced-custom]");
}

/* ---- x-gaugelet ---- */

/* Is there a query for the age of what the rule asks? */
static bool has_age(const struct rule *rule)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(RULE_ARENA_BYTES_MAX);
	CLEANUP(buf_clear) struct buf promql = BUF_MAX(QUERY_BYTES_MAX);
	CLEANUP(buf_clear) struct buf age = {0};
	struct err ignored;

	return rule_typical_query(rule, STR(RULE_OBJECT_LABEL), STR("series"), arena, &promql, &ignored) &&
	       age_query_write(buf_str(&promql), arena, &age);
}

static void warn_of_no_object(struct place at, const char *key, struct problems *problems)
{
	if (at.line)
		problem_warn(problems, at,
			     "\"%s\" has no effect on an external metric, which has no objects; remove it [no-object]",
			     key);
}

static void check_extension(const struct rule *rule, struct problems *problems)
{
	const struct extension_spec *extension = &rule->spec->extension;

	if (extension->sample_age && !has_age(rule))
		problem_warn(problems, extension->sample_age_at,
			     "\"sampleAge\": metricsQuery is no aggregation of one selector, so the age of its samples "
			     "cannot be asked for and they count as new; write it like "
			     "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>) [no-sample-age]");
	if (!rule->external)
		return;
	warn_of_no_object(extension->on_duplicate_at, "onDuplicate", problems);
	warn_of_no_object(extension->not_ready_at, "notReady", problems);
	warn_of_no_object(extension->min_ready_at, "minReadySeconds", problems);
}

void lint_keys(const struct rule *rule, struct problems *problems)
{
	check_namespaced(rule, problems);
	check_extension(rule, problems);
}
