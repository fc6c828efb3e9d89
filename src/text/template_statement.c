/* SPDX-License-Identifier: Apache-2.0 */
#include "template_eval.h"
#include "template_format.h"

#include "text/quote.h"

/* What a list of statements did. */
enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

static enum flow walk_list(struct run *run, const struct value *dot, const struct node *list);

static enum flow walk_action(struct run *run, const struct value *dot, const struct node *node)
{
	struct value value;

	if (!template_eval_pipeline(run, dot, node->pipe, &value))
		return FLOW_FAILED;
	if (node->pipe->name_count)
		return FLOW_ON;
	if (value.kind == VALUE_NONE)
		buf_puts(run->out, "<no value>");
	else
		template_format_value(run, run->out, &value);
	return FLOW_ON;
}

/* Variables of the pipelines of an else-if chain live to the common end. */
/* NOLINTBEGIN(misc-no-recursion): template_run_deeper counts the levels, up to TEMPLATE_DEPTH_MAX */

static enum flow walk_condition(struct run *run, const struct value *dot, const struct node *node)
{
	for (;; node = node->else_list) {
		struct value value;

		if (!template_run_steps(run, 1) || !template_eval_pipeline(run, dot, node->pipe, &value))
			return FLOW_FAILED;
		if (template_value_truth(&value))
			return walk_list(run, node->kind == NODE_WITH ? &value : dot, node->list);
		if (!node->chained)
			return walk_list(run, dot, node->else_list);
	}
}

static bool set_range_variables(struct run *run, const struct node *pipe, const struct value *index,
				const struct value *element)
{
	unsigned count = pipe->name_count;

	if (count == 0)
		return true;
	if (pipe->assigns)
		return template_run_set_variable(run, pipe->names[0], count > 1 ? index : element) &&
		       (count == 1 || template_run_set_variable(run, pipe->names[1], element));
	run->variables->value = *element;
	if (count > 1)
		run->variables->below->value = *index;
	return true;
}

static enum flow walk_items(struct run *run, const struct node *node, const struct value_items *all)
{
	struct variable *mark = run->variables;

	for (size_t i = 0; i < all->count; i++) {
		struct value element = value_string(all->items[i]);
		struct value index = all->keys ? value_string(all->keys[i]) : value_int((int64_t)i);
		enum flow flow;

		if (!template_run_steps(run, 1) || !set_range_variables(run, node->pipe, &index, &element))
			return FLOW_FAILED;
		flow = walk_list(run, &element, node->list);
		if (flow == FLOW_FAILED) /* maybe in a template, whose variables are others */
			return flow;
		template_run_pop_to(run, mark);
		if (flow == FLOW_BREAK)
			break;
	}
	return FLOW_ON;
}

static enum flow walk_range(struct run *run, const struct value *dot, const struct node *node)
{
	struct value value;

	if (!template_eval_pipeline(run, dot, node->pipe, &value))
		return FLOW_FAILED;
	if (value.kind != VALUE_LIST && value.kind != VALUE_MAP && value.kind != VALUE_NONE)
		return template_format_fail(run, "range can't iterate over ", &value) ? FLOW_ON : FLOW_FAILED;
	if (value.kind != VALUE_NONE && value.all.count)
		return walk_items(run, node, &value.all);
	return walk_list(run, dot, node->else_list);
}

/* Templates see no variables but $, which is what they were given. */
static enum flow walk_call(struct run *run, const struct value *dot, const struct node *node)
{
	const struct definition *definition = run->definition;
	struct variable *variables = run->variables;
	struct variable root = {STR("$"), {.kind = VALUE_NONE}, NULL};
	struct value inner;
	enum flow flow;

	run->at = node;
	if (node->definition == NULL) {
		CLEANUP(buf_clear) struct buf shown = {0};

		quote_go(&shown, node->text);
		template_run_fail(run, "template %s not defined", buf_cstr(&shown));
		return FLOW_FAILED;
	}
	if (node->pipe && !template_eval_pipeline(run, dot, node->pipe, &root.value))
		return FLOW_FAILED;
	variables = run->variables;
	inner = root.value; /* `$ = x` changes $ alone */
	run->variables = &root;
	run->definition = node->definition;
	flow = walk_list(run, &inner, node->definition->list);
	if (flow == FLOW_FAILED)
		return flow;
	template_run_pop_to(run, &root);
	run->variables = variables;
	run->definition = definition;
	return flow;
}

/* What opens a scope: the variables made in it end with it. */
static enum flow walk_scope(struct run *run, const struct value *dot, const struct node *node)
{
	struct variable *mark = run->variables;
	enum flow flow;

	if (!template_run_deeper(run))
		return FLOW_FAILED;
	if (node->kind == NODE_CALL)
		flow = walk_call(run, dot, node);
	else
		flow = node->kind == NODE_RANGE ? walk_range(run, dot, node) : walk_condition(run, dot, node);
	if (flow == FLOW_FAILED)
		return flow;
	run->depth--;
	if (node->kind != NODE_CALL)
		template_run_pop_to(run, mark);
	return flow;
}

static enum flow walk(struct run *run, const struct value *dot, const struct node *node)
{
	run->at = node;
	if (node->kind == NODE_BREAK)
		return FLOW_BREAK;
	if (node->kind == NODE_CONTINUE)
		return FLOW_CONTINUE;
	if (node->kind == NODE_ACTION)
		return walk_action(run, dot, node);
	if (node->kind != NODE_TEXT)
		return walk_scope(run, dot, node);
	buf_put(run->out, node->text);
	return FLOW_ON;
}

static enum flow walk_list(struct run *run, const struct value *dot, const struct node *list)
{
	for (; list; list = list->next) {
		enum flow flow = template_run_steps(run, 1) ? walk(run, dot, list) : FLOW_FAILED;

		if (flow != FLOW_ON)
			return flow;
		if (!template_run_check_output(run))
			return FLOW_FAILED;
	}
	return FLOW_ON;
}

/* NOLINTEND(misc-no-recursion) */

bool template_run(const struct template_tree *tree, const struct template_field *fields, size_t field_count,
		  struct arena *scratch, struct buf *out, struct err *err)
{
	const struct value dot = {.kind = VALUE_ROOT};
	struct variable root = {STR("$"), dot, NULL};
	struct run run = {.tree = tree,
			  .fields = fields,
			  .field_count = field_count,
			  .scratch = scratch,
			  .out = out,
			  .err = err,
			  .variables = &root,
			  .definition = tree->main};
	size_t start = out->len;
	size_t max = out->max;
	bool failed = out->failed;
	bool good;

	if (max == 0 || max - start > TEMPLATE_OUTPUT_MAX)
		out->max = start + TEMPLATE_OUTPUT_MAX;
	good = walk_list(&run, &dot, tree->main->list) == FLOW_ON && template_run_check_output(&run);
	out->max = max;
	if (!good) { /* half a result is none */
		out->len = start;
		out->failed = failed;
	}
	return good;
}
