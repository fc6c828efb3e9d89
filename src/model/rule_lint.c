/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule_lint.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "text/promql.h"

static bool is_namespace(struct str resource)
{
	return str_eq_nocase(resource, STR("namespace")) || str_eq_nocase(resource, STR("namespaces"));
}

static bool has_namespace_label(const struct resources_spec *resources)
{
	for (size_t i = 0; i < resources->override_count; i++)
		if (is_namespace(resources->overrides[i].resource.text))
			return true;
	return resources->template_text.text.len > 0;
}

static void check_namespaced(const struct rule *rule, struct problems *problems)
{
	const struct resources_spec *resources = &rule->spec->resources;

	if (rule->external && resources->namespaced && !has_namespace_label(resources))
		problem_warn(problems, resources->at,
			     "no label stands for the namespace, so every request is refused; write the label into "
			     "resources, as overrides: {namespace: {resource: namespace}}, or namespaced: false");
	if (!rule->external && !resources->namespaced)
		problem_warn(problems, resources->at,
			     "namespaced: false has no effect on a custom metric; move the rule to externalRules, if "
			     "it is meant for all namespaces");
}

/* ---- what a query makes of labels ---- */

#define PLACEHOLDER "the_label_of_the_object"

enum { ARENA_BYTES_MAX = 4 << 20 };

/* These give samples of their operand as they are. */
static bool keeps_all_labels(struct str op)
{
	return str_eq_nocase(op, STR("topk")) || str_eq_nocase(op, STR("bottomk")) ||
	       str_eq_nocase(op, STR("limitk")) || str_eq_nocase(op, STR("limit_ratio"));
}

/* May the label stand for an object of the rule? With a template any may, as far as the file tells. */
static bool may_stand_for_object(const struct resources_spec *resources, struct str label)
{
	if (resources->template_text.text.len || str_eq(label, STR(PLACEHOLDER)))
		return true;
	for (size_t i = 0; i < resources->override_count; i++)
		if (str_eq(resources->overrides[i].label.text, label))
			return true;
	return false;
}

static void check_aggregation(const struct rule *rule, const struct promql_aggregation *aggregation,
			      struct problems *problems)
{
	if (aggregation->without || keeps_all_labels(aggregation->op))
		return;
	for (size_t i = 0; i < aggregation->label_count; i++)
		if (may_stand_for_object(&rule->spec->resources, aggregation->labels[i]))
			return;
	problem_warn(
		problems, rule->spec->metrics_query.at,
		"metricsQuery: its %.*s keeps no label that stands for an object, so that no object is found in the "
		"answer; write by (<<.GroupBy>>) behind it",
		STR_ARG(aggregation->op));
}

bool rule_typical_query(const struct rule *rule, struct arena *arena, struct buf *out, struct err *err)
{
	static const struct str name = STR_INIT("name");
	struct query query = {
		.text = rule->query,
		.series = STR("series"),
		.namespace_label = STR("namespace"),
		.namespace = STR("namespace"),
		.names = &name,
	};

	if (!rule->external) {
		query.object_label = STR(PLACEHOLDER);
		query.name_count = 1;
	}
	return query_write(&query, arena, out, err);
}

static void check_query(const struct rule *rule, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	CLEANUP(buf_clear) struct buf text = BUF_MAX(QUERY_BYTES_MAX);
	struct promql_aggregation aggregation;
	bool is = false;
	struct err err = {0};

	if (!rule_typical_query(rule, arena, &text, &err))
		problem_warn(problems, rule->spec->metrics_query.at, "metricsQuery fails with a usual request: %s",
			     err.msg);
	else if (!promql_aggregation(buf_str(&text), arena, &is, &aggregation, &err))
		problem_warn(problems, rule->spec->metrics_query.at,
			     "metricsQuery does not read as PromQL, and Prometheus may refuse it: %s", err.msg);
	else if (is && !rule->external)
		check_aggregation(rule, &aggregation, problems);
}

/* ---- two rules, one name ---- */

static bool is_constant(struct str as)
{
	return as.len && str_index(as, '$') == as.len;
}

static bool same_override(const struct override_spec *a, const struct override_spec *b)
{
	return str_eq(a->label.text, b->label.text) && str_eq(a->group.text, b->group.text) &&
	       str_eq(a->resource.text, b->resource.text);
}

static bool same_resources(const struct resources_spec *a, const struct resources_spec *b)
{
	if (!str_eq(a->template_text.text, b->template_text.text) || a->override_count != b->override_count)
		return false;
	for (size_t i = 0; i < a->override_count; i++)
		if (!same_override(&a->overrides[i], &b->overrides[i]))
			return false;
	return true;
}

static bool same_filters(const struct rule_spec *a, const struct rule_spec *b)
{
	if (a->filter_count != b->filter_count)
		return false;
	for (size_t i = 0; i < a->filter_count; i++)
		if (!str_eq(a->filters[i].is.text, b->filters[i].is.text) ||
		    !str_eq(a->filters[i].is_not.text, b->filters[i].is_not.text))
			return false;
	return true;
}

/* A resource other than the namespace, which nearly every rule names too. */
static bool share_resource(const struct resources_spec *a, const struct resources_spec *b)
{
	for (size_t i = 0; i < a->override_count; i++)
		for (size_t j = 0; j < b->override_count; j++)
			if (!is_namespace(a->overrides[i].resource.text) &&
			    str_eq_nocase(a->overrides[i].resource.text, b->overrides[j].resource.text) &&
			    str_eq(a->overrides[i].group.text, b->overrides[j].group.text))
				return true;
	return same_resources(a, b);
}

/* Both have the same key, see write_key. */
static bool give_one_name(const struct rule *a, const struct rule *b)
{
	if (is_constant(a->spec->name_as.text))
		return a->external || share_resource(&a->spec->resources, &b->spec->resources);
	return same_filters(a->spec, b->spec) &&
	       (a->external || same_resources(&a->spec->resources, &b->spec->resources));
}

/* One question for several series, as for a metric that was renamed: it does not matter which rule has the name. */
static bool ask_the_same(const struct rule *a, const struct rule *b)
{
	return str_eq(a->spec->metrics_query.text, b->spec->metrics_query.text) &&
	       !str_contains(a->spec->metrics_query.text, STR(".Series")) &&
	       same_resources(&a->spec->resources, &b->spec->resources);
}

/* What two rules must have in common to give one name for sure: a constant `as`, or series and the way they are named. */
static void write_key(struct buf *key, const struct rule *rule)
{
	const struct rule_spec *spec = rule->spec;
	bool constant = is_constant(spec->name_as.text);
	const struct str parts[] = {
		rule->external ? STR("external") : STR("custom"),
		spec->name_as.text,
		constant ? STR("") : spec->series_query.text,
		constant ? STR("") : spec->name_matches.text,
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		buf_put(key, parts[i]);
		buf_putc(key, '\0');
	}
}

static void warn_of_one_name(const struct rule *earlier, const struct rule *later, struct problems *problems)
{
	struct str as = later->spec->name_as.text;
	const char *kind = later->external ? "external" : "custom";

	if (is_constant(as))
		problem_warn(problems, later->spec->at,
			     "the rule in line %u gives %s metrics the name \"%.*s\" too, and where both find series "
			     "this one wins; give one of them another name, or make one rule of them",
			     earlier->spec->at.line, kind, STR_ARG(as));
	else
		problem_warn(problems, later->spec->at,
			     "the rule in line %u gives the same series the same %s names, and this one wins; give "
			     "one of them another name.as, or remove one",
			     earlier->spec->at.line, kind);
}

/* Rules with one key are chained, the latest first. */
struct seen {
	struct buf key;
	const struct seen *before; /* with the same key */
};

static void check_names(const struct rules *rules, struct problems *problems)
{
	struct seen *seen = xcalloc(rules->count, sizeof(*seen));
	CLEANUP(map_clear) struct map last = {0};

	for (size_t i = 0; i < rules->count; i++) {
		void **place;

		write_key(&seen[i].key, &rules->list[i]);
		place = map_at(&last, buf_str(&seen[i].key));
		seen[i].before = *place;
		*place = &seen[i];
		for (const struct seen *other = seen[i].before; other; other = other->before) {
			const struct rule *earlier = &rules->list[other - seen];

			if (!give_one_name(earlier, &rules->list[i]) || ask_the_same(earlier, &rules->list[i]))
				continue;
			warn_of_one_name(earlier, &rules->list[i], problems);
			break;
		}
	}
	for (size_t i = 0; i < rules->count; i++)
		buf_clear(&seen[i].key);
	free(seen);
}

void rules_lint(const struct rules *rules, struct problems *problems)
{
	for (size_t i = 0; i < rules->count; i++) {
		check_namespaced(&rules->list[i], problems);
		check_query(&rules->list[i], problems);
	}
	check_names(rules, problems);
}
