/* SPDX-License-Identifier: Apache-2.0 */
/* resource_rule.h - `resourceRules`, compiled: how CPU and memory of pods and nodes are asked for. */
#ifndef GAUGELET_MODEL_RESOURCE_RULE_H
#define GAUGELET_MODEL_RESOURCE_RULE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

struct problems;
struct resource_rule_spec;
struct rules_spec;
struct template_tree;

struct resource_rule {
	const struct resource_rule_spec *spec;
	struct str file; /* for messages */
	struct template_tree *container_query, *node_query;
	struct str namespace_label, pod_label, node_label; /* ptr NULL: the rule has none for it */
	struct str container_label;
	/* containerQuery has a form of which is known that with the namespace among what it groups by, and asked for many
	   namespaces at once, it gives each pod the same number: AGGREGATION by (GroupBy) (FUNCTION(SERIES{MATCHERS}[RANGE])). */
	bool splits;
};

struct resource_rules {
	struct resource_rule cpu, memory;
	int64_t window_ms;
};

/* The spec must outlive it. False when there was an error; all of them are in `problems`. A label that is missing is a warning,
   as upstream starts without it. */
MUST_USE bool resource_rules_compile(const struct rules_spec *spec, struct problems *problems,
				     struct resource_rules **ret_rules);
void resource_rules_free(struct resource_rules *rules);
DEFINE_FREE_AT(resource_rules)

/* `rules.yaml:14`, the place of a rule as messages name it. */
void resource_rule_write_place(struct buf *out, const struct resource_rule *rule);

#endif
