/* SPDX-License-Identifier: Apache-2.0 */
/* rule_spec.h - a rules file as it was written: texts and their places, nothing compiled yet. */
#ifndef GAUGELET_MODEL_RULE_SPEC_H
#define GAUGELET_MODEL_RULE_SPEC_H

#include "base/arena.h"
#include "base/str.h"
#include "model/policy.h"
#include "text/problem.h"

/* A text of the file and where it begins. A key that is absent or null: text.ptr is NULL and `at` is the rule's place. */
struct spelled {
	struct str text; /* NUL-ended */
	struct place at;
};

struct filter_spec {
	struct spelled is, is_not;
	struct place at;
};

struct override_spec {
	struct spelled label, group, resource;
};

struct resources_spec {
	struct spelled template_text;
	const struct override_spec *overrides; /* in file order */
	size_t override_count;
	bool namespaced; /* default true */
	struct place at; /* of the key `resources`, or of the rule */
};

/* The key `x-gaugelet` of a rule. All zero where it is not given. */
struct extension_spec {
	double infinite;	   /* what +Inf stands for; 0: nothing */
	bool has_max_sample_age;   /* else the flag's counts */
	int64_t max_sample_age_ms; /* 0: any */
	bool has_sample_age;	   /* else the flag's counts */
	bool sample_age;
	enum on_duplicate on_duplicate;
	bool drop_not_ready;
	int64_t min_ready_s;
	struct place at;	    /* line 0: the key is not there */
	struct place sample_age_at; /* of the values; line 0: not there */
	struct place on_duplicate_at;
	struct place not_ready_at;
	struct place min_ready_at;
};

struct rule_spec {
	struct place at;
	struct spelled series_query;
	const struct filter_spec *filters;
	size_t filter_count;
	struct resources_spec resources;
	struct spelled name_matches, name_as;
	struct spelled metrics_query;
	struct extension_spec extension;
};

struct resource_rule_spec {
	struct place at;
	struct spelled container_query, node_query, container_label;
	struct resources_spec resources;
};

struct rules_spec {
	struct arena *arena; /* everything lives here */
	struct str file;     /* its name as given, for messages */
	const struct rule_spec *rules, *external_rules;
	size_t rule_count, external_rule_count;
	bool has_resource_rules;
	struct resource_rule_spec cpu, memory;
	int64_t window_ms;
};

/* Frees the arena and the spec in it. NULL is fine. */
void rules_spec_free(struct rules_spec *spec);
DEFINE_FREE_AT(rules_spec)

#endif
