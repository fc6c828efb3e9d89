/* SPDX-License-Identifier: Apache-2.0 */
/* resource_world.h - resourceRules, and a request for resource metrics as far as the room takes it. */
#ifndef GAUGELET_TESTS_RESOURCE_WORLD_H
#define GAUGELET_TESTS_RESOURCE_WORLD_H

#include "api/resource_plan.h"
#include "model/policy.h"
#include "model/resource_rule.h"
#include "model/rule_text.h"

#define M1   "/apis/metrics.k8s.io/v1beta1"
#define PODS M1 "/namespaces/d/pods"

enum { NOW_S = 1700000000 };

static const struct override_spec overrides[] = {
	OVERRIDE("namespace", "namespace"),
	OVERRIDE("pod", "pod"),
	OVERRIDE("instance", "node"),
};
static const struct resource_rule_spec usual_cpu = {
	.at = {3, 5},
	.container_query = SPELLED("sum(rate(c{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"),
	.node_query = SPELLED("sum(rate(c{<<.LabelMatchers>>,id='/'}[1m])) by (<<.GroupBy>>)"),
	.container_label = SPELLED("container"),
	.resources = {.overrides = overrides, .override_count = 3},
};
static const struct resource_rule_spec usual_memory = {
	.at = {9, 5},
	.container_query = SPELLED("sum(m{<<.LabelMatchers>>}) by (<<.GroupBy>>)"),
	.node_query = SPELLED("sum(m{<<.LabelMatchers>>,id='/'}) by (<<.GroupBy>>)"),
	.container_label = SPELLED("container"),
	.resources = {.overrides = overrides, .override_count = 3},
};
static const struct resource_rule_spec joined_memory = {
	.at = {9, 5},
	.container_query = SPELLED("sum(m{<<.LabelMatchers>>} * on (pod) n) by (<<.GroupBy>>)"),
	.node_query = SPELLED("<<.Nothing>>"),
	.container_label = SPELLED("container"),
	.resources = {.overrides = overrides, .override_count = 1},
};

/* ---- a request as far as the room takes it */

struct fixture {
	struct arena *arena;
	struct rules *rules;
	struct problems problems;
	struct api_request request;
	struct policy_stats stats;
	struct resource_plan plan;
};

static void begin_with(struct fixture *f, const char *target, const char *accept,
		       const struct resource_rule_spec *memory, bool standalone)
{
	const struct api_headers headers = {.accept = str_of(accept)};
	struct arena *arena = arena_new(0);
	struct rules_spec *spec = arena_alloc(arena, sizeof(*spec));
	struct resource_view view = {
		.upstream = STR("prom:9090"), .max_sample_age_ms = 300000, .standalone = standalone};
	struct err err;

	*spec = (struct rules_spec){.arena = arena,
				    .file = STR("rules.yaml"),
				    .has_resource_rules = true,
				    .cpu = usual_cpu,
				    .memory = *memory,
				    .window_ms = 60000};
	*f = (struct fixture){.arena = arena_new(0)};
	assert_true(rules_compile(spec, &f->problems, &f->rules));
	view.rules = f->rules->resource;
	view.stats = &f->stats;
	assert_true(api_request_parse(STR("GET"), str_of(target), &headers, (struct api_groups){.resource = true},
				      f->arena, &f->request, &err));
	assert_int_equal(f->request.route, ROUTE_RESOURCE_METRICS);
	resource_plan_begin(&f->plan, &f->request, &view);
}

static void end(struct fixture *f)
{
	resource_plan_clear(&f->plan);
	rules_unref(f->rules);
	problems_clear(&f->problems);
	arena_free(f->arena);
}

/* "d/a d/b:pending n1", a pod is namespace/name. */
static void add_objects(struct fixture *f, const char *text)
{
	static const struct resource_label labels[] = {{STR_INIT("app"), STR_INIT("x")},
						       {STR_INIT("empty"), STR_INIT("")}};
	struct str rest = str_of(text);
	struct str word;
	struct err err;

	while (rest.len && str_split(&rest, ' ', &word)) {
		struct str name = str_slice(word, 0, str_index(word, ':'));
		size_t slash = str_index(name, '/');
		bool pod = slash < name.len;
		const struct resource_object object = {
			.namespace = pod ? str_slice(name, 0, slash) : STR(""),
			.name = pod ? str_slice(name, slash + 1, name.len) : name,
			.labels = labels,
			.label_count = str_ends(name, STR("a")) ? 2 : 0,
			.running = name.len == word.len,
		};

		assert_true(resource_plan_add(&f->plan, &object, &err));
	}
	resource_plan_added(&f->plan, (int64_t)NOW_S * 1000);
}

#endif
