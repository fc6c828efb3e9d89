/* SPDX-License-Identifier: Apache-2.0 */
#include "template_run.h"

#include "text/quote.h"

enum { CONTEXT_BYTES = 200 };

/* ---- messages ---- */

static bool fail_at_node(struct run *run, const char *message)
{
	CLEANUP(buf_clear) struct buf where = {0};
	struct place place = template_place(run->tree, run->at->at);
	size_t context;

	buf_printf(&where, "template: %.*s:%u:%u: executing ", STR_ARG(run->tree->name), place.line, place.column - 1);
	quote_go(&where, run->definition->name);
	buf_puts(&where, " at <");
	context = where.len;
	template_node_write(&where, run->at);
	if (where.len - context > CONTEXT_BYTES) { /* the message must find room behind it */
		where.len = context + str_whole_characters((struct str){where.ptr + context, CONTEXT_BYTES});
		buf_puts(&where, "...");
	}
	return err_set(run->err, ERR_INVALID, "%s>: %s", buf_cstr(&where), message);
}

bool template_run_fail(struct run *run, const char *format, ...)
{
	char message[400];
	va_list args;

	va_start(args, format);
	err_format(message, sizeof(message), format, args);
	va_end(args);
	return fail_at_node(run, message);
}

bool template_run_fail_call(struct run *run, const struct node *node, const char *format, ...)
{
	const struct node *function = node->kind == NODE_COMMAND ? node->parts : node;
	char message[400];
	va_list args;

	va_start(args, format);
	err_format(message, sizeof(message), format, args);
	va_end(args);
	run->at = node;
	return template_run_fail(run, "error calling %.*s: %s", STR_ARG(function->text), message);
}

bool template_run_fail_limit(struct run *run, const char *what)
{
	return err_set(run->err, ERR_LIMIT, "template: %.*s: %s", STR_ARG(run->tree->name), what);
}

bool template_run_steps(struct run *run, size_t count)
{
	run->steps += count;
	return run->steps <= TEMPLATE_STEPS_MAX || template_run_fail_limit(run, "takes too many steps");
}

bool template_run_deeper(struct run *run)
{
	return run->depth++ < TEMPLATE_DEPTH_MAX ||
	       template_run_fail(run, "exceeded maximum template depth (%d)", TEMPLATE_DEPTH_MAX);
}

bool template_run_check_output(struct run *run)
{
	return !run->out->failed || template_run_fail_limit(run, "the result is too long");
}

bool template_run_take_text(struct run *run, size_t mark, struct value *ret_value)
{
	struct str text = {run->out->ptr + mark, run->out->len - mark};

	if (!template_run_check_output(run) || !template_run_steps(run, text.len / RUN_BYTES_A_STEP))
		return false;
	run->out->len = mark;
	*ret_value = value_string(STR(""));
	return text.len == 0 || arena_copy(run->scratch, text, &ret_value->string) ||
	       template_run_fail_limit(run, "the values take too much memory");
}

/* ---- variables ---- */

bool template_run_push_variable(struct run *run, struct str name, const struct value *value)
{
	struct variable *variable = run->spare;

	if (variable)
		run->spare = variable->below;
	else
		variable = arena_alloc(run->scratch, sizeof(*variable));
	if (variable == NULL)
		return template_run_fail_limit(run, "the variables take too much memory");
	*variable = (struct variable){name, *value, run->variables};
	run->variables = variable;
	return true;
}

void template_run_pop_to(struct run *run, struct variable *mark)
{
	while (run->variables != mark) {
		struct variable *top = run->variables;

		run->variables = top->below;
		top->below = run->spare;
		run->spare = top;
	}
}

struct variable *template_run_find_variable(struct run *run, struct str name)
{
	size_t passed = 0;

	for (struct variable *variable = run->variables; variable; variable = variable->below, passed++)
		if (str_eq(variable->name, name))
			return template_run_steps(run, passed / 8) ? variable : NULL;
	template_run_fail(run, "undefined variable: %.*s", STR_ARG(name));
	return NULL;
}

bool template_run_set_variable(struct run *run, struct str name, const struct value *value)
{
	struct variable *variable = template_run_find_variable(run, name);

	if (variable)
		variable->value = *value;
	return variable != NULL;
}

/* ---- types ---- */

const char *template_run_type(const struct run *run, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NONE:
		return "<nil>";
	case VALUE_BOOL:
		return "bool";
	case VALUE_INT:
		return "int";
	case VALUE_BYTE:
		return "uint8";
	case VALUE_FLOAT:
		return "float64";
	case VALUE_STRING:
		return "string";
	case VALUE_LIST:
		return "[]string";
	case VALUE_MAP:
		return "map[string]string";
	case VALUE_ROOT:
		break;
	}
	for (size_t i = 0; i < run->field_count; i++)
		if (str_eq(run->fields[i].name, STR("Series")))
			return "naming.queryTemplateArgs";
	return "schema.GroupResource";
}
