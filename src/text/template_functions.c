/* SPDX-License-Identifier: Apache-2.0 */
#include "template_functions.h"

#include "characters.h"
#include "template_format.h"
#include "template_printf.h"
#include "text/url.h"

/* A call that is being run. */
struct call {
	struct run *run;
	const struct node *node;
	const struct value *args;
	size_t count;
};

/* ---- index, slice, len ---- */

static bool to_index(const struct call *call, const struct value *index, size_t most, size_t *ret_index)
{
	if (index->kind == VALUE_NONE)
		return template_run_fail_call(call->run, call->node, "cannot index slice/array with nil");
	if (index->kind != VALUE_INT && index->kind != VALUE_BYTE)
		return template_run_fail_call(call->run, call->node, "cannot index slice/array with type %s",
					      template_run_type(call->run, index));
	if (index->integer < 0 || (uint64_t)index->integer > most)
		return template_run_fail_call(call->run, call->node, "index out of range: %lld",
					      (long long)index->integer);
	*ret_index = (size_t)index->integer;
	return true;
}

static bool index_map(const struct call *call, const struct value *map, const struct value *key,
		      struct value *ret_value)
{
	if (key->kind == VALUE_NONE)
		return template_run_fail_call(call->run, call->node, "value is nil; should be of type string");
	if (key->kind != VALUE_STRING)
		return template_run_fail_call(call->run, call->node, "value has type %s; should be string",
					      template_run_type(call->run, key));
	if (!template_value_of_key(map, key->string, ret_value))
		*ret_value = value_string(STR(""));
	return true;
}

static bool index_one(const struct call *call, const struct value *item, const struct value *index,
		      struct value *ret_value)
{
	bool list = item->kind == VALUE_LIST;
	size_t length = list ? item->all.count : item->string.len;
	size_t at = 0;

	if (item->kind == VALUE_MAP)
		return index_map(call, item, index, ret_value);
	if (!list && item->kind != VALUE_STRING)
		return template_run_fail_call(call->run, call->node, "can't index item of type %s",
					      template_run_type(call->run, item));
	if (!to_index(call, index, length, &at))
		return false;
	if (at == length) /* Go's own check lets this pass to the one of the language */
		return template_run_fail_call(call->run, call->node,
					      list ? "reflect: slice index out of range"
						   : "reflect: string index out of range");
	if (list)
		*ret_value = value_string(item->all.items[at]);
	else
		*ret_value = (struct value){.kind = VALUE_BYTE, .integer = (unsigned char)item->string.ptr[at]};
	return true;
}

static bool run_index(const struct call *call, struct value *ret_value)
{
	struct value item = call->args[0];

	if (item.kind == VALUE_NONE)
		return template_run_fail_call(call->run, call->node, "index of untyped nil");
	for (size_t i = 1; i < call->count; i++) {
		struct value inner = {.kind = VALUE_NONE};

		if (!index_one(call, &item, &call->args[i], &inner))
			return false;
		item = inner;
	}
	*ret_value = item;
	return true;
}

static bool run_slice(const struct call *call, struct value *ret_value)
{
	const struct value *item = &call->args[0];
	bool list = item->kind == VALUE_LIST;
	size_t length = list ? item->all.count : item->kind == VALUE_STRING ? item->string.len : 0;
	size_t bounds[3] = {0, length, length};

	if (item->kind == VALUE_NONE)
		return template_run_fail_call(call->run, call->node, "slice of untyped nil");
	if (call->count > 4)
		return template_run_fail_call(call->run, call->node, "too many slice indexes: %zu", call->count - 1);
	if (item->kind == VALUE_STRING && call->count == 4)
		return template_run_fail_call(call->run, call->node, "cannot 3-index slice a string");
	if (!list && item->kind != VALUE_STRING)
		return template_run_fail_call(call->run, call->node, "can't slice item of type %s",
					      template_run_type(call->run, item));
	for (size_t i = 1; i < call->count; i++)
		if (!to_index(call, &call->args[i], length, &bounds[i - 1]))
			return false;
	for (size_t i = 0; i < 2; i++)
		if (bounds[i] > bounds[i + 1])
			return template_run_fail_call(call->run, call->node, "invalid slice index: %zu > %zu",
						      bounds[i], bounds[i + 1]);
	*ret_value = *item;
	if (list)
		ret_value->all = (struct value_items){item->all.items ? item->all.items + bounds[0] : NULL, NULL,
						      bounds[1] - bounds[0]};
	else
		ret_value->string = str_slice(item->string, bounds[0], bounds[1]);
	return true;
}

static bool run_len(const struct call *call, struct value *ret_value)
{
	const struct value *item = &call->args[0];

	if (item->kind == VALUE_NONE)
		return template_run_fail_call(call->run, call->node, "len of nil pointer");
	if (item->kind != VALUE_LIST && item->kind != VALUE_MAP && item->kind != VALUE_STRING)
		return template_run_fail_call(call->run, call->node, "len of type %s",
					      template_run_type(call->run, item));
	*ret_value = value_int((int64_t)(item->kind == VALUE_STRING ? item->string.len : item->all.count));
	return true;
}

/* ---- comparison ---- */

static bool is_whole(const struct value *value)
{
	return value->kind == VALUE_INT || value->kind == VALUE_BYTE;
}

static bool is_basic(const struct value *value)
{
	return is_whole(value) || value->kind == VALUE_BOOL || value->kind == VALUE_FLOAT ||
	       value->kind == VALUE_STRING;
}

static bool fail_incompatible(const struct call *call, const struct value *a, const struct value *b)
{
	return template_run_fail_call(call->run, call->node, "incompatible types for comparison: %s and %s",
				      template_run_type(call->run, a), template_run_type(call->run, b));
}

static bool equal(const struct call *call, const struct value *a, const struct value *b, bool *ret_equal)
{
	*ret_equal = false;
	if (a->kind == VALUE_NONE || b->kind == VALUE_NONE)
		*ret_equal = a->kind == b->kind;
	else if (is_whole(a) && is_whole(b))
		*ret_equal = a->integer == b->integer;
	else if (!is_basic(a) && a->kind == b->kind)
		return template_run_fail_call(call->run, call->node, "non-comparable type %s",
					      template_run_type(call->run, a));
	else if (!is_basic(a) && !is_basic(b))
		return template_run_fail_call(call->run, call->node, "non-comparable types %s, %s",
					      template_run_type(call->run, a), template_run_type(call->run, b));
	else if (a->kind != b->kind)
		return fail_incompatible(call, a, b);
	else if (a->kind == VALUE_STRING)
		*ret_equal = str_eq(a->string, b->string);
	else if (a->kind == VALUE_BOOL)
		*ret_equal = a->truth == b->truth;
	else
		*ret_equal = !(a->real < b->real) && !(a->real > b->real);
	return true;
}

static bool less(const struct call *call, const struct value *a, const struct value *b, bool *ret_less)
{
	if (!is_basic(a) || !is_basic(b) || (a->kind == VALUE_BOOL && b->kind == VALUE_BOOL))
		return template_run_fail_call(call->run, call->node, "invalid type for comparison");
	if (is_whole(a) && is_whole(b))
		*ret_less = a->integer < b->integer;
	else if (a->kind != b->kind)
		return fail_incompatible(call, a, b);
	else if (a->kind == VALUE_STRING)
		*ret_less = str_cmp(a->string, b->string) < 0;
	else
		*ret_less = a->real < b->real;
	return true;
}

static bool run_eq(const struct call *call, struct value *ret_value)
{
	bool found = false;

	if (call->count < 2)
		return template_run_fail_call(call->run, call->node, "missing argument for comparison");
	for (size_t i = 1; i < call->count && !found; i++)
		if (!equal(call, &call->args[0], &call->args[i], &found))
			return false;
	*ret_value = value_bool(found);
	return true;
}

/* lt, le, gt and ge; le is "less or equal", the others their negations. */
static bool run_order(const struct call *call, enum function function, struct value *ret_value)
{
	bool is_less = false;
	bool is_equal = false;

	if (!less(call, &call->args[0], &call->args[1], &is_less))
		return false;
	if (function == FUNCTION_LE || function == FUNCTION_GT)
		if (!equal(call, &call->args[0], &call->args[1], &is_equal))
			return false;
	if (function == FUNCTION_LT || function == FUNCTION_LE)
		*ret_value = value_bool(is_less || is_equal);
	else
		*ret_value = value_bool(!(is_less || is_equal));
	return true;
}

/* ---- texts ---- */

static void put_html(struct buf *out, char c)
{
	static const char from[] = "\"'&<>";
	static const char *const to[] = {"&#34;", "&#39;", "&amp;", "&lt;", "&gt;"};
	const char *found = c ? strchr(from, c) : NULL;

	if (c == '\0')
		characters_write(out, CHARACTER_BAD);
	else if (found)
		buf_puts(out, to[found - from]);
	else
		buf_putc(out, c);
}

static void put_js(struct buf *out, uint32_t character)
{
	if (character == '\\' || character == '\'' || character == '"') {
		buf_putc(out, '\\');
		buf_putc(out, (char)character);
	} else if (character < 0x80 ? character >= 0x20 && !strchr("<>&=", (int)character)
				    : characters_printable(character)) {
		characters_write(out, character);
	} else {
		buf_printf(out, "\\u%04X", (unsigned)character);
	}
}

static void escape(struct buf *out, enum function function, struct str text)
{
	if (function == FUNCTION_URLQUERY) {
		url_encode_form(out, text);
		return;
	}
	for (size_t at = 0, bytes = 1; at < text.len && !out->failed; at += bytes) {
		if (function == FUNCTION_JS)
			put_js(out, characters_read(str_slice(text, at, text.len), &bytes));
		else
			put_html(out, text.ptr[at]);
	}
}

/* html, js and urlquery print their arguments as `print` does, but what is not there as an action would. */
static bool run_escaper(const struct call *call, enum function function, struct value *ret_value)
{
	struct run *run = call->run;
	size_t mark = run->out->len;

	for (size_t i = 0; i < call->count; i++) {
		if (i > 0 && call->args[i].kind != VALUE_STRING && call->args[i].kind != VALUE_NONE &&
		    call->args[i - 1].kind != VALUE_STRING && call->args[i - 1].kind != VALUE_NONE)
			buf_putc(run->out, ' ');
		if (call->args[i].kind == VALUE_NONE)
			buf_puts(run->out, "<no value>");
		else
			template_format_value(run, run->out, &call->args[i]);
	}
	if (!template_run_take_text(run, mark, ret_value))
		return false;
	escape(run->out, function, ret_value->string);
	return template_run_take_text(run, mark, ret_value);
}

static bool run_printer(const struct call *call, enum function function, struct value *ret_value)
{
	struct run *run = call->run;
	size_t mark = run->out->len;

	if (function != FUNCTION_PRINTF)
		template_format_print(run, run->out, call->args, call->count, function == FUNCTION_PRINTLN);
	else if (!template_printf(run, call->node, call->args[0].string, call->args + 1, call->count - 1))
		return false;
	return template_run_take_text(run, mark, ret_value);
}

static bool run_call(const struct call *call)
{
	CLEANUP(buf_clear) struct buf shown = {0};
	const struct node *function = call->node->kind == NODE_COMMAND ? call->node->parts->next : NULL;

	if (call->args[0].kind == VALUE_NONE)
		return template_run_fail_call(call->run, call->node, "call of nil");
	if (function)
		template_node_write(&shown, function);
	else
		template_format_value(call->run, &shown, &call->args[0]);
	return template_run_fail_call(call->run, call->node, "non-function %s of type %s", buf_cstr(&shown),
				      template_run_type(call->run, &call->args[0]));
}

bool template_function_call(struct run *run, enum function function, const struct node *node, const struct value *args,
			    size_t count, struct value *ret_value)
{
	struct call call = {run, node, args, count};

	switch (function) {
	case FUNCTION_INDEX:
		return run_index(&call, ret_value);
	case FUNCTION_SLICE:
		return run_slice(&call, ret_value);
	case FUNCTION_LEN:
		return run_len(&call, ret_value);
	case FUNCTION_EQ:
		return run_eq(&call, ret_value);
	case FUNCTION_NE:
		if (!run_eq(&call, ret_value))
			return false;
		ret_value->truth = !ret_value->truth;
		return true;
	case FUNCTION_LT:
	case FUNCTION_LE:
	case FUNCTION_GT:
	case FUNCTION_GE:
		return run_order(&call, function, ret_value);
	case FUNCTION_NOT:
		*ret_value = value_bool(!template_value_truth(&args[0]));
		return true;
	case FUNCTION_HTML:
	case FUNCTION_JS:
	case FUNCTION_URLQUERY:
		return run_escaper(&call, function, ret_value);
	case FUNCTION_PRINT:
	case FUNCTION_PRINTLN:
	case FUNCTION_PRINTF:
		return run_printer(&call, function, ret_value);
	case FUNCTION_CALL:
		return run_call(&call);
	case FUNCTION_AND:
	case FUNCTION_OR:
	case FUNCTION_COUNT:
		break;
	}
	CHECK(false); /* these are run where their arguments are */
	return false;
}
