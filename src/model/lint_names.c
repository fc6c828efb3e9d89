/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "model/rule.h"
#include "model/rule_spec.h"

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
			if (!lint_is_namespace(a->overrides[i].resource.text) &&
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

void lint_names(const struct rules *rules, struct problems *problems)
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
