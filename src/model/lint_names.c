/* SPDX-License-Identifier: Apache-2.0 */
#include "lint.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "model/rule.h"
#include "model/rule_spec.h"

static bool is_constant(struct str as)
{
	return as.len && str_index(as, '$') == as.len;
}

/* ---- keys: rules that have one in common give one name for sure */

static void put_part(struct buf *key, struct str part)
{
	buf_put(key, part);
	buf_putc(key, '\0');
}

static void put_resources(struct buf *key, const struct resources_spec *resources)
{
	put_part(key, resources->template_text.text);
	for (size_t i = 0; i < resources->override_count; i++) {
		put_part(key, resources->overrides[i].label.text);
		put_part(key, resources->overrides[i].resource.text);
		put_part(key, resources->overrides[i].group.text);
	}
}

/* Resources are found in any case. */
static void put_target(struct buf *key, const struct override_spec *override)
{
	for (size_t i = 0; i < override->resource.text.len; i++)
		buf_putc(key, (char)(override->resource.text.ptr[i] | 0x20));
	put_part(key, STR(""));
	put_part(key, override->group.text);
}

/* A name by a pattern: the same series, filtered and named alike, for the same objects. */
static void put_pattern(struct buf *key, const struct rule *rule)
{
	const struct rule_spec *spec = rule->spec;

	put_part(key, spec->series_query.text);
	put_part(key, spec->name_matches.text);
	for (size_t i = 0; i < spec->filter_count; i++) {
		put_part(key, spec->filters[i].is.text);
		put_part(key, spec->filters[i].is_not.text);
	}
	if (!rule->external)
		put_resources(key, &spec->resources);
}

/* The override that a rule's key number `which` is about; NULL: the key is about all of them. */
static const struct override_spec *target_of(const struct rule *rule, size_t which)
{
	return which ? &rule->spec->resources.overrides[which - 1] : NULL;
}

/* A constant name of custom metrics is one name where the rules have a resource in common. */
static size_t count_keys(const struct rule *rule)
{
	if (rule->spec->series_query.text.len == 0)
		return 0; /* it gives no names */
	return is_constant(rule->spec->name_as.text) && !rule->external ? rule->spec->resources.override_count + 1 : 1;
}

static void put_key(struct buf *key, const struct rule *rule, const struct override_spec *target)
{
	struct str as = rule->spec->name_as.text;

	put_part(key, rule->external ? STR("external") : STR("custom"));
	put_part(key, as);
	put_part(key, target ? STR("one") : STR("all"));
	if (!is_constant(as))
		put_pattern(key, rule);
	else if (target)
		put_target(key, target);
	else if (!rule->external)
		put_resources(key, &rule->spec->resources);
}

/* ---- the rules with one key */

struct asking {
	const struct rule *rule;
	const void *question; /* those that ask the same have the same one */
};

/* The latest, and the latest that asks something else than that one. */
struct seen {
	struct asking latest, other;
};

struct names {
	struct arena *arena; /* of keys and what is under them */
	struct map seen, questions;
};

/* What is under a key, zeroed when it is new. */
static void *under(struct map *map, struct arena *arena, struct str key, size_t size)
{
	void *there = map_get(map, key);
	struct str copy = {0};

	if (there)
		return there;
	there = arena_calloc(arena, 1, size);
	CHECK(there && arena_copy(arena, key, &copy)); /* an arena without a limit; the file has one */
	*map_at(map, copy) = there;
	return there;
}

/* One question for several series, as for a metric that was renamed: it does not matter which rule has the name. */
static const void *question_of(struct names *names, const struct rule *rule)
{
	CLEANUP(buf_clear) struct buf key = {0};

	if (str_contains(rule->spec->metrics_query.text, STR(".Series")))
		return rule;
	put_part(&key, rule->spec->metrics_query.text);
	put_resources(&key, &rule->spec->resources);
	return under(&names->questions, names->arena, buf_str(&key), 1);
}

/* The latest one before that asks something else. */
static const struct rule *earlier_of(const struct seen *seen, const struct asking *asking)
{
	return seen->latest.question == asking->question ? seen->other.rule : seen->latest.rule;
}

static void note(struct seen *seen, const struct asking *asking)
{
	if (seen->latest.question != asking->question)
		seen->other = seen->latest;
	seen->latest = *asking;
}

static void warn_of_one_name(const struct rule *earlier, const struct rule *later, struct problems *problems)
{
	struct str as = later->spec->name_as.text;
	const char *kind = later->external ? "external" : "custom";

	if (is_constant(as))
		problem_warn(problems, later->spec->at,
			     "the rule in line %u gives %s metrics the name \"%.*s\" too, and where both find series "
			     "this one wins; give one of them another name, or make one rule of them [same-name]",
			     earlier->spec->at.line, kind, STR_ARG(as));
	else
		problem_warn(problems, later->spec->at,
			     "the rule in line %u gives the same series the same %s names, and this one wins; give "
			     "one of them another name.as, or remove one [same-name]",
			     earlier->spec->at.line, kind);
}

static void check_rule(struct names *names, const struct rule *rule, struct problems *problems)
{
	const struct asking asking = {rule, question_of(names, rule)};
	CLEANUP(buf_clear) struct buf key = {0};
	const struct rule *nearest = NULL;

	for (size_t which = 0; which < count_keys(rule); which++) {
		const struct override_spec *target = target_of(rule, which);
		const struct rule *earlier;
		struct seen *seen;

		if (target && lint_is_namespace(target->resource.text))
			continue; /* nearly every rule names it */
		buf_reset(&key);
		put_key(&key, rule, target);
		seen = under(&names->seen, names->arena, buf_str(&key), sizeof(*seen));
		earlier = earlier_of(seen, &asking);
		if (earlier && earlier != rule && (nearest == NULL || earlier > nearest))
			nearest = earlier;
		note(seen, &asking);
	}
	if (nearest)
		warn_of_one_name(nearest, rule, problems);
}

void lint_names(const struct rules *rules, struct problems *problems)
{
	struct names names = {.arena = arena_new(0)};

	for (size_t i = 0; i < rules->count; i++)
		check_rule(&names, &rules->list[i], problems);
	map_clear(&names.seen);
	map_clear(&names.questions);
	arena_free(names.arena);
}
