/* SPDX-License-Identifier: Apache-2.0 */
#include "template_eval.h"

#include "template_functions.h"

enum { ARGS_INLINE = 6 };

static bool fail_with_node(struct run *run, const char *before, const struct node *node)
{
	CLEANUP(buf_clear) struct buf shown = {0};

	template_node_write(&shown, node);
	return template_run_fail(run, "%s%s", before, buf_cstr(&shown));
}

/* ---- operands ---- */

static const struct template_field *find_field(const struct run *run, struct str name)
{
	for (size_t i = 0; i < run->field_count; i++)
		if (str_eq(run->fields[i].name, name))
			return &run->fields[i];
	return NULL;
}

/* Of a field or map; a key that is not there is VALUE_NONE. */
static bool eval_name(struct run *run, const struct value *from, struct str name, bool has_args,
		      struct value *ret_value)
{
	const struct template_field *field = from->kind == VALUE_ROOT ? find_field(run, name) : NULL;

	if (from->kind == VALUE_NONE)
		*ret_value = *from;
	else if (field && has_args)
		return template_run_fail(run, "%.*s has arguments but cannot be invoked as function", STR_ARG(name));
	else if (field)
		*ret_value = template_value_of_field(field);
	else if (from->kind != VALUE_MAP)
		return template_run_fail(run, "can't evaluate field %.*s in type %s", STR_ARG(name),
					 template_run_type(run, from));
	else if (has_args)
		return template_run_fail(run, "%.*s is not a method but has arguments", STR_ARG(name));
	else if (!template_value_of_key(from, name, ret_value))
		*ret_value = (struct value){.kind = VALUE_NONE};
	return true;
}

/* Only the last name may have arguments, and then says that it cannot. */
static bool eval_names(struct run *run, const struct node *node, struct value value, bool has_args,
		       struct value *ret_value)
{
	for (unsigned i = node->kind == NODE_VARIABLE; i < node->name_count; i++) {
		struct value inner = {.kind = VALUE_NONE};

		if (!eval_name(run, &value, node->names[i], has_args && i + 1 == node->name_count, &inner))
			return false;
		value = inner;
	}
	*ret_value = value;
	return template_run_steps(run, node->name_count);
}

static bool eval_number(struct run *run, const struct node *node, struct value *ret_value)
{
	if (node->number.kind == NUMBER_TOO_LARGE)
		return template_run_fail(run, "%.*s overflows int", STR_ARG(node->written));
	if (node->number.kind == NUMBER_INT)
		*ret_value = value_int(node->number.integer);
	else
		*ret_value = (struct value){.kind = VALUE_FLOAT, .real = node->number.real};
	return true;
}

static bool eval_variable(struct run *run, const struct node *node, bool has_args, struct value *ret_value)
{
	const struct variable *variable = template_run_find_variable(run, node->names[0]);

	if (variable == NULL)
		return false;
	if (has_args && node->name_count == 1)
		return fail_with_node(run, "can't give argument to non-function ", node);
	return eval_names(run, node, variable->value, has_args, ret_value);
}

static bool eval_function(struct run *run, const struct value *dot, const struct node *call, const struct value *final,
			  struct value *ret_value);

static bool eval_constant(struct run *run, const struct value *dot, const struct node *node, struct value *ret_value)
{
	if (node->kind == NODE_NUMBER)
		return eval_number(run, node, ret_value);
	if (node->kind == NODE_STRING)
		*ret_value = value_string(node->text);
	else if (node->kind == NODE_BOOL)
		*ret_value = value_bool(node->truth);
	else if (node->kind == NODE_DOT)
		*ret_value = *dot;
	else
		*ret_value = (struct value){.kind = VALUE_NONE};
	return true;
}

/* NOLINTBEGIN(misc-no-recursion): template_run_deeper counts the levels, up to TEMPLATE_DEPTH_MAX */

/* A node that stands for one value: a word of a command. `has_args`: others follow it, or a value is piped in. */
static bool eval_operand(struct run *run, const struct value *dot, const struct node *node, bool has_args,
			 struct value *ret_value)
{
	struct value base;

	run->at = node;
	if (!template_run_steps(run, 1))
		return false;
	if (node->kind == NODE_FIELD)
		return eval_names(run, node, *dot, has_args, ret_value);
	if (node->kind == NODE_VARIABLE)
		return eval_variable(run, node, has_args, ret_value);
	if (node->kind == NODE_FUNCTION)
		return eval_function(run, dot, node, NULL, ret_value);
	if (node->kind == NODE_CHAIN)
		return eval_operand(run, dot, node->parts, false, &base) &&
		       eval_names(run, node, base, has_args, ret_value);
	if (has_args)
		return fail_with_node(run, "can't give argument to non-function ", node);
	if (node->kind != NODE_PIPE)
		return eval_constant(run, dot, node, ret_value);
	if (!template_run_deeper(run) || !template_eval_pipeline(run, dot, node, ret_value))
		return false;
	run->depth--;
	return true;
}

/* ---- functions ---- */

static bool check_count(struct run *run, const struct node *function, size_t given, bool piped)
{
	const struct function_face *face = &template_functions[function->function];

	if (face->variadic && given + piped < face->fixed)
		return template_run_fail(run, "wrong number of args for %s: want at least %u got %zu", face->name,
					 face->fixed, given);
	if (!face->variadic && given + piped != face->fixed)
		return template_run_fail(run, "wrong number of args for %s: want %u got %zu", face->name, face->fixed,
					 given + piped);
	return true;
}

/* `and` and `or` give an operand, and look at no more of them than they need. */
static bool eval_and_or(struct run *run, const struct value *dot, const struct node *function, const struct node *arg,
			const struct value *final, struct value *ret_value)
{
	for (; arg; arg = arg->next) {
		if (!eval_operand(run, dot, arg, false, ret_value))
			return false;
		if (template_value_truth(ret_value) == (function->function == FUNCTION_OR))
			return true;
	}
	if (final)
		*ret_value = *final;
	return true;
}

/* The format of printf is the one argument that must be of a type. */
static bool eval_format(struct run *run, const struct value *dot, const struct node *arg, struct value *ret_value)
{
	run->at = arg;
	if (arg->kind == NODE_NIL)
		return template_run_fail(run, "cannot assign nil to string");
	if (arg->kind == NODE_NUMBER || arg->kind == NODE_BOOL)
		return fail_with_node(run, "expected string; found ", arg);
	return eval_operand(run, dot, arg, false, ret_value);
}

static bool check_format(struct run *run, const struct value *format)
{
	if (format->kind == VALUE_STRING)
		return true;
	if (format->kind == VALUE_NONE)
		return template_run_fail(run, "invalid value; expected string");
	return template_run_fail(run, "wrong type for value; expected string; got %s", template_run_type(run, format));
}

static bool eval_args(struct run *run, const struct value *dot, const struct node *function, const struct node *arg,
		      const struct value *final, struct value *args)
{
	bool format = function->function == FUNCTION_PRINTF;
	size_t count = 0;

	for (; arg; arg = arg->next, count++) {
		bool typed = format && count == 0;

		if (!(typed ? eval_format(run, dot, arg, &args[count])
			    : eval_operand(run, dot, arg, false, &args[count])) ||
		    (typed && !check_format(run, &args[0])))
			return false;
		if (args[count].kind == VALUE_STRING &&
		    !template_run_steps(run, args[count].string.len / RUN_BYTES_A_STEP))
			return false;
	}
	if (final)
		args[count] = *final;
	return !(final && format && count == 0) || check_format(run, final);
}

/* `call` is a command that begins with a function, or the function alone, as an argument. */
static bool eval_function(struct run *run, const struct value *dot, const struct node *call, const struct value *final,
			  struct value *ret_value)
{
	const struct node *function = call->kind == NODE_COMMAND ? call->parts : call;
	size_t given = call->kind == NODE_COMMAND ? call->part_count - 1 : 0;
	size_t count = given + (final != NULL);
	struct value few[ARGS_INLINE];
	struct value *args = few;
	const struct node *first = given ? function->next : NULL;

	run->at = function;
	if (!check_count(run, function, given, final != NULL) || !template_run_steps(run, 1 + count))
		return false;
	if (function->function == FUNCTION_AND || function->function == FUNCTION_OR)
		return eval_and_or(run, dot, function, first, final, ret_value);
	if (count > ARGS_INLINE) {
		args = arena_calloc(run->scratch, count, sizeof(*args));
		if (args == NULL)
			return template_run_fail_limit(run, "the arguments take too much memory");
	}
	return eval_args(run, dot, function, first, final, args) &&
	       template_function_call(run, function->function, call, args, count, ret_value);
}

/* ---- pipelines ---- */

static bool eval_command(struct run *run, const struct value *dot, const struct node *command,
			 const struct value *final, struct value *ret_value)
{
	const struct node *first = command->parts;

	if (first->kind == NODE_FUNCTION)
		return eval_function(run, dot, command, final, ret_value);
	if (first->kind == NODE_PIPE && (command->part_count > 1 || final))
		return fail_with_node(run, "can't give argument to non-function ", first);
	run->at = first;
	if (first->kind == NODE_NIL && command->part_count == 1 && final == NULL)
		return template_run_fail(run, "nil is not a command");
	return eval_operand(run, dot, first, command->part_count > 1 || final, ret_value);
}

static bool declare(struct run *run, const struct node *pipe, const struct value *value)
{
	for (unsigned i = 0; i < pipe->name_count; i++) {
		bool good = pipe->assigns ? template_run_set_variable(run, pipe->names[i], value)
					  : template_run_push_variable(run, pipe->names[i], value);

		if (!good)
			return false;
	}
	return true;
}

bool template_eval_pipeline(struct run *run, const struct value *dot, const struct node *pipe, struct value *ret_value)
{
	const struct value *final = NULL;
	struct value value = {.kind = VALUE_NONE};
	struct value piped;

	run->at = pipe;
	for (const struct node *command = pipe->parts; command; command = command->next) {
		if (!eval_command(run, dot, command, final, &value))
			return false;
		piped = value;
		final = &piped;
	}
	*ret_value = value;
	return pipe->name_count == 0 || declare(run, pipe, &value);
}

/* NOLINTEND(misc-no-recursion) */
