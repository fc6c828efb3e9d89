/* SPDX-License-Identifier: Apache-2.0 */
/* render_queries FILE: writes what the rules of a file would ask Prometheus, for typical requests, as a file that `promtool check
   rules` reads. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/file.h"
#include "config/rules_file.h"
#include "model/association.h"
#include "model/query.h"
#include "model/resource.h"
#include "model/rule.h"
#include "model/rule_spec.h"
#include "text/selector.h"
#include "text/template.h"

static const struct str names[] = {STR_INIT("shop-7d4f-x"), STR_INIT("shop-7d4f-y.z")};

struct renderer {
	struct arena *arena;
	struct resource_table *resources;
	struct selector *selector;
	unsigned count;
};

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "render_queries: %s: %s\n", what, why);
	exit(1);
}

/* In double quotes, where YAML knows the same escapes as JSON. */
static void print_rule(struct renderer *renderer, struct str query)
{
	printf("  - record: query:%u\n    expr: \"", ++renderer->count);
	for (size_t i = 0; i < query.len; i++)
		if (query.ptr[i] == '\n')
			fputs("\\n", stdout);
		else if (query.ptr[i] == '"' || query.ptr[i] == '\\')
			printf("\\%c", query.ptr[i]);
		else
			putchar(query.ptr[i]);
	puts("\"");
}

static void render(struct renderer *renderer, const struct query *query)
{
	CLEANUP(buf_clear) struct buf text = BUF_MAX(QUERY_BYTES_MAX);
	struct err err = {0};

	if (!query_write(query, renderer->arena, &text, &err))
		fail("a query", err.msg);
	print_rule(renderer, buf_str(&text));
}

static struct str label_of(struct renderer *renderer, const struct association *association, const char *plural)
{
	const struct resource *resource = resource_find_qualified(renderer->resources, str_of(plural));
	struct str label = {NULL, 0};
	struct err err;

	if (!association_label_of(association, renderer->resources, resource, renderer->arena, &label, &err))
		return (struct str){NULL, 0};
	return label;
}

/* One object, two of them, with a selector; in a namespace, or at the root. */
static void render_objects(struct renderer *renderer, struct query query, bool namespaced)
{
	query.namespace = namespaced ? STR("default") : (struct str){NULL, 0};
	query.names = names;
	for (query.name_count = 1; query.name_count <= COUNT_OF(names); query.name_count++) {
		query.selector = NULL;
		render(renderer, &query);
		query.selector = renderer->selector;
		render(renderer, &query);
	}
}

static void render_custom(struct renderer *renderer, const struct association *association, struct query query)
{
	static const struct {
		const char *plural;
		bool namespaced;
	} resources[] = {
		{"pods", true}, {"services", true}, {"deployments.apps", true}, {"namespaces", false}, {"nodes", false},
	};

	query.namespace_label = label_of(renderer, association, "namespaces");
	for (size_t i = 0; i < COUNT_OF(resources); i++) {
		query.object_label = label_of(renderer, association, resources[i].plural);
		if (query.object_label.ptr && (query.namespace_label.ptr || !resources[i].namespaced))
			render_objects(renderer, query, resources[i].namespaced);
	}
}

static void render_external(struct renderer *renderer, const struct rule *rule, struct query query)
{
	query.namespace_label = label_of(renderer, rule->association, "namespaces");
	if (rule->spec->resources.namespaced && query.namespace_label.ptr)
		query.namespace = STR("default");
	render(renderer, &query);
	query.selector = renderer->selector;
	render(renderer, &query);
}

/* The name that a series of this search may have. */
static struct str series_of(struct str search)
{
	size_t length = 0;

	while (length < search.len && strchr("{ \n", search.ptr[length]) == NULL)
		length++;
	return length ? str_slice(search, 0, length) : STR("some:metric_total");
}

static void render_rule(struct renderer *renderer, const struct rule *rule)
{
	struct query query = {.text = rule->query, .series = series_of(rule->spec->series_query.text)};

	if (rule->spec->series_query.text.len)
		print_rule(renderer, rule->spec->series_query.text);
	if (rule->spec->metrics_query.text.len == 0)
		return;
	if (rule->external)
		render_external(renderer, rule, query);
	else
		render_custom(renderer, rule->association, query);
}

static void render_resource_query(struct renderer *renderer, const struct resource_rule_spec *rule, struct str text)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	CLEANUP(association_free_at) struct association *association = NULL;
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	struct place at;
	struct err err = {0};

	if (text.len == 0)
		return;
	if (!association_new(&rule->resources, &problems, &association))
		fail("resources", problems.items[0].text);
	if (!template_parse(text, "query", &tree, &at, &err))
		fail("a resource query", err.msg);
	render_custom(renderer, association, (struct query){.text = tree});
}

static void render_file(struct renderer *renderer, const struct rules *rules)
{
	const struct resource_rule_spec *resource_rules[] = {&rules->spec->cpu, &rules->spec->memory};

	puts("groups:\n- name: queries\n  rules:");
	for (size_t i = 0; i < rules->count; i++)
		render_rule(renderer, &rules->list[i]);
	for (size_t i = 0; rules->spec->has_resource_rules && i < COUNT_OF(resource_rules); i++) {
		render_resource_query(renderer, resource_rules[i], resource_rules[i]->container_query.text);
		render_resource_query(renderer, resource_rules[i], resource_rules[i]->node_query.text);
	}
}

int main(int argc, char **argv)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	struct renderer renderer = {.arena = arena_new(0), .resources = resource_table_builtin()};
	CLEANUP(buf_clear) struct buf text = {0};
	struct selector selector;
	struct rules *rules;
	struct err err = {0};

	if (argc != 2)
		fail("usage", "render_queries FILE");
	if (!file_read(argv[1], &text, &err))
		fail("the file", err.msg);
	if (!rules_compile(rules_file_parse(buf_str(&text), str_of(argv[1]), &problems), &problems, &rules))
		fail(argv[1], problems.items[0].text);
	if (!selector_parse(STR("code=200,verb in (GET,POST)"), renderer.arena, &selector, &err))
		fail("selector", err.msg);
	renderer.selector = &selector;
	render_file(&renderer, rules);
	rules_unref(rules);
	resource_table_unref(renderer.resources);
	arena_free(renderer.arena);
	return 0;
}
