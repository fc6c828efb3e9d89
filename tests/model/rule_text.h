/* SPDX-License-Identifier: Apache-2.0 */
/* rule_text.h - rules for tests, written as C structures. */
#ifndef GAUGELET_TESTS_RULE_TEXT_H
#define GAUGELET_TESTS_RULE_TEXT_H

#include "model/rule.h"
#include "model/rule_spec.h"

#define SPELLED(words)                                                                                                 \
	{                                                                                                              \
		.text = STR_INIT(words), .at = { 3, 5 }                                                                \
	}
#define OVERRIDE(label_text, resource_text)                                                                            \
	{                                                                                                              \
		.label = SPELLED(label_text), .resource = SPELLED(resource_text)                                       \
	}
#define OVERRIDE_OF(label_text, group_text, resource_text)                                                             \
	{                                                                                                              \
		.label = SPELLED(label_text), .group = SPELLED(group_text), .resource = SPELLED(resource_text)         \
	}
#define USUAL_QUERY SPELLED("sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)")

static const struct override_spec pod_overrides[] = {OVERRIDE("namespace", "namespace"), OVERRIDE("pod", "pod")};

/* Copies the rules into a spec of their own and compiles it. */
static inline bool compiled(const struct rule_spec *custom, size_t custom_count, const struct rule_spec *external,
			    size_t external_count, struct problems *problems, struct rules **ret_rules)
{
	struct arena *arena = arena_new(0);
	struct rules_spec *spec = arena_alloc(arena, sizeof(*spec));

	*spec = (struct rules_spec){
		.arena = arena,
		.file = STR("rules.yaml"),
		.rules = custom,
		.rule_count = custom_count,
		.external_rules = external,
		.external_rule_count = external_count,
	};
	return rules_compile(spec, problems, ret_rules);
}

#endif
