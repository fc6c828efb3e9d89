/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rules_file.h"

#include "base/buf.h"
#include "base/map.h"
#include "extension.h"
#include "model/rule_spec.h"
#include "text/duration.h"

#include <stddef.h>

enum { ARENA_BYTES_MAX = 128 << 20 }; /* twice what the largest file of usual rules takes */

static void check_override(struct reader *reader, void *target, struct place at)
{
	const struct override_spec *override = target;

	if (override->resource.text.len == 0)
		problem_add(reader->problems, at,
			    "the override of the label \"%s\" names no resource; write it like %s: {resource: pod}",
			    shape_shown(override->label.text).text, shape_shown(override->label.text).text);
}

static const struct field override_fields[] = {
	{"group", shape_read_text, .offset = offsetof(struct override_spec, group)},
	{"resource", shape_read_text, .offset = offsetof(struct override_spec, resource)},
};

static const struct shape override_shape = {
	.what = "an override",
	.size = sizeof(struct override_spec),
	.check = check_override,
	.fields = override_fields,
	.count = COUNT_OF(override_fields),
};

static const struct shape resources_shape;

/* A key of `resources` that slipped below `overrides` is read as a label. */
static bool belongs_one_up(struct reader *reader, const struct yaml_pair *pair)
{
	static const char advice[] = "a key of resources belongs one level up, beside \"overrides\"";

	for (size_t i = 0; i < resources_shape.count; i++) {
		if (!str_eq(pair->key->text, str_of(resources_shape.fields[i].key)))
			continue;
		if (pair->value->kind != YAML_MAP)
			return problem_add(reader->problems, pair->key->at, "\"%s\" under overrides: %s",
					   resources_shape.fields[i].key, advice),
			       true;
		problem_warn(reader->problems, pair->key->at,
			     "\"%s\" under overrides is read as a label of that name; %s",
			     resources_shape.fields[i].key, advice);
	}
	return false;
}

static void read_override(struct reader *reader, const struct yaml_pair *pair, struct override_spec *override)
{
	*override = (struct override_spec){
		.label = {shape_copy(reader, pair->key), pair->key->at},
		.group = {.at = pair->key->at},
		.resource = {.at = pair->key->at},
	};
	if (belongs_one_up(reader, pair))
		return;
	if (pair->key->kind == YAML_NULL)
		problem_warn(reader->problems, pair->key->at,
			     "an override without a label, which no series has; put the label before the `:`");
	if (pair->value->kind == YAML_MAP || pair->value->kind == YAML_NULL)
		shape_read(reader, &override_shape, pair->value, pair->key->at, override);
	else
		problem_add(reader->problems, pair->value->at, "an override is a map such as {resource: pod}, not %s",
			    shape_kind_name(pair->value));
}

/* A map from labels, which are free, to overrides. */
static void read_overrides(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	struct resources_spec *resources = shape_at(field, into);
	CLEANUP(map_clear) struct map labels = {0};
	const struct yaml_node *node = pair->value;
	struct override_spec *overrides;

	if (node->kind != YAML_MAP) {
		shape_wrong_kind(reader, pair, "a map from labels to resources, such as pod: {resource: pod}");
		return;
	}
	overrides = shape_alloc(reader, node->count, sizeof(*overrides), node->at);
	for (size_t i = 0; overrides && i < node->count; i++) {
		void **first = map_at(&labels, node->pairs[i].key->text);

		if (*first)
			problem_add(reader->problems, node->pairs[i].key->at,
				    "the label \"%s\" is given twice in the overrides, first in line %u; keep one",
				    shape_shown(node->pairs[i].key->text).text,
				    ((struct override_spec *)*first)->label.at.line);
		else
			*first = &overrides[i];
		read_override(reader, &node->pairs[i], &overrides[i]);
	}
	resources->overrides = overrides;
	resources->override_count = overrides ? node->count : 0;
}

static void prepare_resources(void *target, struct place at)
{
	*(struct resources_spec *)target = (struct resources_spec){
		.template_text = {.at = at},
		.namespaced = true,
		.at = at,
	};
}

static const struct field resources_fields[] = {
	{"template", shape_read_text, .offset = offsetof(struct resources_spec, template_text)},
	{"overrides", read_overrides, .offset = 0},
	{"namespaced", shape_read_bool, .offset = offsetof(struct resources_spec, namespaced)},
};

static const struct shape resources_shape = {
	.what = "resources",
	.size = sizeof(struct resources_spec),
	.prepare = prepare_resources,
	.fields = resources_fields,
	.count = COUNT_OF(resources_fields),
};

static void prepare_filter(void *target, struct place at)
{
	*(struct filter_spec *)target = (struct filter_spec){.is = {.at = at}, .is_not = {.at = at}, .at = at};
}

/* An empty text is as good as none, as it is upstream. */
static void check_filter(struct reader *reader, void *target, struct place at)
{
	struct filter_spec *filter = target;

	if (filter->is.text.len && filter->is_not.text.len)
		problem_add(reader->problems, at, "a filter with both \"is\" and \"isNot\"; make two filters of it");
	if (!filter->is.text.len && !filter->is_not.text.len)
		problem_add(reader->problems, at, "a filter with neither \"is\" nor \"isNot\"; give it one of them");
	if (!filter->is.text.len)
		filter->is.text.ptr = NULL;
	if (!filter->is_not.text.len)
		filter->is_not.text.ptr = NULL;
}

static const struct field filter_fields[] = {
	{"is", shape_read_text, .offset = offsetof(struct filter_spec, is)},
	{"isNot", shape_read_text, .offset = offsetof(struct filter_spec, is_not)},
};

static const struct shape filter_shape = {
	.what = "a filter",
	.size = sizeof(struct filter_spec),
	.prepare = prepare_filter,
	.check = check_filter,
	.fields = filter_fields,
	.count = COUNT_OF(filter_fields),
};

static const struct field name_fields[] = {
	{"matches", shape_read_text, .offset = offsetof(struct rule_spec, name_matches)},
	{"as", shape_read_text, .offset = offsetof(struct rule_spec, name_as)},
};

static const struct shape name_shape = {
	.what = "a name",
	.fields = name_fields,
	.count = COUNT_OF(name_fields),
};

/* Upstream starts without it, and fails when it is needed. */
static void check_text(struct reader *reader, const struct spelled *text, const char *what, const char *key,
		       const char *result, struct place at)
{
	if (text->text.len == 0)
		problem_warn(reader->problems, text->text.ptr ? text->at : at, "%s %s \"%s\", so that %s; %s", what,
			     text->text.ptr ? "with an empty" : "without", key, result,
			     text->text.ptr ? "fill it in" : "add it");
}

static void prepare_rule(void *target, struct place at)
{
	struct rule_spec *rule = target;

	rule->at = rule->series_query.at = rule->metrics_query.at = rule->name_matches.at = rule->name_as.at = at;
	prepare_resources(&rule->resources, at);
}

static void check_rule(struct reader *reader, void *target, struct place at)
{
	const struct rule_spec *rule = target;

	check_text(reader, &rule->series_query, "a rule", "seriesQuery", "it finds no series and gives no metrics", at);
	check_text(reader, &rule->metrics_query, "a rule", "metricsQuery", "requests for its metrics are refused", at);
}

static const struct field rule_fields[] = {
	{"seriesQuery", shape_read_text, .offset = offsetof(struct rule_spec, series_query)},
	{"seriesFilters", shape_read_list, offsetof(struct rule_spec, filters),
	 offsetof(struct rule_spec, filter_count), &filter_shape},
	{"resources", shape_read_map, .offset = offsetof(struct rule_spec, resources), .shape = &resources_shape},
	{"name", shape_read_map, .shape = &name_shape},
	{"metricsQuery", shape_read_text, .offset = offsetof(struct rule_spec, metrics_query)},
	{"x-gaugelet", shape_read_map, .offset = offsetof(struct rule_spec, extension), .shape = &extension_shape},
};

static const struct shape rule_shape = {
	.what = "a rule",
	.size = sizeof(struct rule_spec),
	.prepare = prepare_rule,
	.check = check_rule,
	.fields = rule_fields,
	.count = COUNT_OF(rule_fields),
};

static void prepare_resource_rule(void *target, struct place at)
{
	struct resource_rule_spec *rule = target;

	rule->at = rule->container_query.at = rule->node_query.at = rule->container_label.at = at;
	prepare_resources(&rule->resources, at);
}

static void check_resource_rule(struct reader *reader, void *target, struct place at)
{
	const struct resource_rule_spec *rule = target;

	check_text(reader, &rule->container_query, "a resource rule", "containerQuery",
		   "resource metrics of pods are refused", at);
	check_text(reader, &rule->node_query, "a resource rule", "nodeQuery", "resource metrics of nodes are refused",
		   at);
	check_text(reader, &rule->container_label, "a resource rule", "containerLabel",
		   "the containers of a pod are not told apart", at);
}

static const struct field resource_rule_fields[] = {
	{"containerQuery", shape_read_text, .offset = offsetof(struct resource_rule_spec, container_query)},
	{"nodeQuery", shape_read_text, .offset = offsetof(struct resource_rule_spec, node_query)},
	{"resources", shape_read_map, .offset = offsetof(struct resource_rule_spec, resources),
	 .shape = &resources_shape},
	{"containerLabel", shape_read_text, .offset = offsetof(struct resource_rule_spec, container_label)},
};

static const struct shape resource_rule_shape = {
	.what = "a resource rule",
	.size = sizeof(struct resource_rule_spec),
	.prepare = prepare_resource_rule,
	.check = check_resource_rule,
	.fields = resource_rule_fields,
	.count = COUNT_OF(resource_rule_fields),
};

static void prepare_resource_rules(void *target, struct place at)
{
	(void)at;
	((struct rules_spec *)target)->has_resource_rules = true;
}

static void check_resource_rules(struct reader *reader, void *target, struct place at)
{
	struct rules_spec *spec = target;
	const struct {
		struct resource_rule_spec *rule;
		const char *key;
	} both[] = {{&spec->cpu, "cpu"}, {&spec->memory, "memory"}};

	for (size_t i = 0; i < COUNT_OF(both); i++) {
		if (both[i].rule->at.line)
			continue;
		problem_warn(
			reader->problems, at,
			"resourceRules without \"%s\", so that resource metrics are refused; both cpu and memory are "
			"needed",
			both[i].key);
		both[i].rule->at = at;
	}
}

static void read_window(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	struct err err = {0};

	if (pair->value->kind != YAML_SCALAR)
		shape_wrong_kind(reader, pair, "a duration such as 5m");
	else if (!duration_parse_prometheus(pair->value->text, shape_at(field, into), &err))
		problem_add(reader->problems, pair->value->at, "\"window\": %.200s; write it like 90s, 5m or 1h30m",
			    err.msg);
}

static const struct field resource_rules_fields[] = {
	{"cpu", shape_read_map, .offset = offsetof(struct rules_spec, cpu), .shape = &resource_rule_shape},
	{"memory", shape_read_map, .offset = offsetof(struct rules_spec, memory), .shape = &resource_rule_shape},
	{"window", read_window, .offset = offsetof(struct rules_spec, window_ms)},
};

static const struct shape resource_rules_shape = {
	.what = "resourceRules",
	.prepare = prepare_resource_rules,
	.check = check_resource_rules,
	.fields = resource_rules_fields,
	.count = COUNT_OF(resource_rules_fields),
};

/* Files that are taken for a rules file; told by a key at the top. */
static const char *lookalike(struct str key)
{
	static const struct {
		const char *key, *advice;
	} files[] = {
		{"AlibabaCloudMetricsAdapter", "these are a Helm chart's values; the rules are the list under "
					       "prometheus.adapter.rules.custom, to be put under rules:"},
		{"prometheus", "these are a Helm chart's values; the rules are the list under rules.custom, to be put "
			       "under rules:"},
		{"apiVersion", "this is a Kubernetes manifest; a rules file is what stands under a ConfigMap's data"},
	};

	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (str_eq(key, str_of(files[i].key)))
			return files[i].advice;
	return NULL;
}

/* The rules block of the Helm charts' values is a map that holds the lists. */
static bool is_chart_block(struct reader *reader, const struct yaml_pair *pair)
{
	static const struct {
		struct str key;
		const char *kind, *belongs;
	} parts[] = {
		{STR_INIT("custom"), "list", "rules:"},
		{STR_INIT("external"), "list", "externalRules:"},
		{STR_INIT("resource"), "map", "resourceRules:"},
	};
	CLEANUP(buf_clear) struct buf moves = {0};

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (yaml_get(pair->value, parts[i].key))
			buf_printf(&moves, "%s the %s under \"%s\" to \"%s\"", moves.len ? "," : "", parts[i].kind,
				   parts[i].key.ptr, parts[i].belongs);
	if (moves.len == 0 && yaml_get(pair->value, STR("default")))
		buf_puts(&moves, " the lists that stand in it to \"rules:\" and \"externalRules:\"");
	if (moves.len)
		problem_add(
			reader->problems, pair->value->at,
			"\"%s\" wants a list, not a map; this is the rules block of a Helm chart's values: move%s, at "
			"the top of the file",
			shape_shown(pair->key->text).text, buf_cstr(&moves));
	return moves.len > 0;
}

static void read_rules(struct reader *reader, const struct field *field, const struct yaml_pair *pair, void *into)
{
	if (!is_chart_block(reader, pair))
		shape_read_list(reader, field, pair, into);
}

static const struct field file_fields[] = {
	{"rules", read_rules, offsetof(struct rules_spec, rules), offsetof(struct rules_spec, rule_count), &rule_shape},
	{"externalRules", read_rules, offsetof(struct rules_spec, external_rules),
	 offsetof(struct rules_spec, external_rule_count), &rule_shape},
	{"resourceRules", shape_read_map, .shape = &resource_rules_shape},
};

static const struct shape file_shape = {
	.what = "a rules file",
	.advise = lookalike,
	.fields = file_fields,
	.count = COUNT_OF(file_fields),
};

/* ---- the file ---- */

static void read_root(struct reader *reader, const struct yaml_node *root, struct rules_spec *spec)
{
	if (root->kind == YAML_MAP || root->kind == YAML_NULL)
		shape_read(reader, &file_shape, root, root->at, spec);
	else
		problem_add(reader->problems, root->at,
			    "a rules file is a map with the keys rules, externalRules and resourceRules, not %s",
			    shape_kind_name(root));
}

struct rules_spec *rules_file_parse(struct str text, struct str file, struct problems *problems)
{
	CLEANUP(arena_free_at) struct arena *tree = arena_new(ARENA_BYTES_MAX); /* three times what is kept of it */
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct rules_spec *spec = arena_alloc(arena, sizeof(*spec));
	struct reader reader = {arena, problems};
	const struct yaml_node *root;

	CHECK(spec != NULL && arena_copy(arena, file, &spec->file));
	spec->arena = arena;
	if (yaml_parse(text, tree, problems, &root))
		read_root(&reader, root, spec);
	return spec;
}

struct str rules_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_of(slash ? slash + 1 : path);
}
