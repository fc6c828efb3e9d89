/* SPDX-License-Identifier: Apache-2.0 */
#include "promql_reader.h"

/* ---- lists of labels ---- */

static bool read_label(struct promql_reader *reader)
{
	struct str label = reader->token.text;

	if (reader->token.kind == TOKEN_STRING) {
		if (!promql_unquote(reader->token.text, reader->arena, &label))
			return promql_no_room(reader->err);
	} else if (reader->token.kind != TOKEN_WORD || str_index(label, ':') < label.len) {
		return promql_expected(reader, "the name of a label");
	}
	*vec_push(&reader->names) = label;
	return promql_advance(reader);
}

static bool keep_names(struct promql_reader *reader, struct promql_names *ret_names)
{
	struct str *list = arena_calloc(reader->arena, reader->names.count, sizeof(*list));

	if (list == NULL)
		return promql_no_room(reader->err);
	for (size_t i = 0; i < reader->names.count; i++)
		list[i] = reader->names.items[i];
	*ret_names = (struct promql_names){list, reader->names.count};
	return true;
}

bool promql_read_names(struct promql_reader *reader, struct promql_names *ret_names)
{
	reader->names.count = 0;
	if (!promql_take(reader, "(", "`(`"))
		return false;
	while (!promql_is_sign(reader->token, ")")) {
		if (!read_label(reader))
			return false;
		if (promql_is_sign(reader->token, ",")) {
			if (!promql_advance(reader))
				return false;
		} else if (!promql_is_sign(reader->token, ")")) {
			return promql_expected(reader, "`,` or `)`");
		}
	}
	return keep_names(reader, ret_names) && promql_advance(reader);
}

/* ---- selectors ---- */

struct found {
	struct promql_selector selector;
	bool named; /* before the braces, where Prometheus takes no second one in them */
};

/* An empty name is that of series without one. */
static bool set_name(struct promql_reader *reader, struct found *found, bool exact, struct promql_token value)
{
	struct str name;

	if (found->named)
		return promql_refuse(reader, value, "the metric has a name before the braces already");
	if (!exact) {
		found->selector.pattern_name = true;
		return true;
	}
	if (!promql_unquote(value.text, reader->arena, &name))
		return promql_no_room(reader->err);
	if (name.len == 0)
		return true;
	if (found->selector.name.ptr)
		return promql_refuse(reader, value, "the metric has a name already");
	found->selector.name = name;
	return true;
}

static bool add_matcher(struct promql_reader *reader, struct found *found, struct promql_token label,
			struct promql_token op, struct promql_token value)
{
	struct promql_matcher matcher = {.label = label.text, .op = op.text};

	if (label.kind == TOKEN_STRING && !promql_unquote(label.text, reader->arena, &matcher.label))
		return promql_no_room(reader->err);
	if (!promql_unquote(value.text, reader->arena, &matcher.value))
		return promql_no_room(reader->err);
	*vec_push(&reader->matchers) = matcher;
	return !str_eq(matcher.label, STR("__name__")) || set_name(reader, found, promql_is_sign(op, "="), value);
}

/* `a="b"`, or a quoted name alone. */
static bool read_matcher(struct promql_reader *reader, struct found *found)
{
	struct promql_token label = reader->token;
	struct promql_token op, value;

	if (label.kind != TOKEN_WORD && label.kind != TOKEN_STRING)
		return promql_expected(reader, "a matcher or `}`");
	if (!promql_advance(reader))
		return false;
	if (label.kind == TOKEN_STRING && (promql_is_sign(reader->token, ",") || promql_is_sign(reader->token, "}")))
		return set_name(reader, found, true, label);
	op = reader->token;
	if (!promql_is_sign(op, "=") && !promql_is_sign(op, "!=") && !promql_is_sign(op, "=~") &&
	    !promql_is_sign(op, "!~"))
		return promql_expected(reader, "`=`, `!=`, `=~` or `!~`");
	if (!promql_advance(reader))
		return false;
	value = reader->token;
	if (value.kind != TOKEN_STRING)
		return promql_expected(reader, "a value in quotes");
	return promql_advance(reader) && add_matcher(reader, found, label, op, value);
}

/* A comma may stand first, too, where a template left nothing before it; Prometheus says what it thinks of that. */
static bool read_matchers(struct promql_reader *reader, struct found *found)
{
	const char *from;

	if (!promql_take_bracket(reader, "{", false, "`{`"))
		return false;
	from = reader->end;
	found->selector.comma_due = !promql_is_sign(reader->token, ",") && !promql_is_sign(reader->token, "}");
	if (promql_is_sign(reader->token, ",") && !promql_advance(reader))
		return false;
	while (!promql_is_sign(reader->token, "}")) {
		if (!read_matcher(reader, found))
			return false;
		if (promql_is_sign(reader->token, ",")) {
			if (!promql_advance(reader))
				return false;
		} else if (!promql_is_sign(reader->token, "}")) {
			return promql_expected(reader, "`,` or `}`");
		}
	}
	found->selector.matchers = promql_between(from, reader->token.text.ptr);
	return promql_take_bracket(reader, "}", true, "`}`");
}

static bool keep_selector(struct promql_reader *reader, struct promql_selector selector,
			  struct promql_selector **ret_selector)
{
	struct promql_selector *kept = arena_alloc(reader->arena, sizeof(*kept));
	struct promql_matcher *list = arena_calloc(reader->arena, reader->matchers.count, sizeof(*list));

	if (kept == NULL || list == NULL)
		return promql_no_room(reader->err);
	for (size_t i = 0; i < reader->matchers.count; i++)
		list[i] = reader->matchers.items[i];
	*kept = selector;
	kept->list = list;
	kept->count = reader->matchers.count;
	*ret_selector = kept;
	return true;
}

bool promql_read_selector(struct promql_reader *reader, struct str name, struct promql_selector **ret_selector)
{
	struct found found = {.selector = {.name = name}, .named = name.ptr != NULL};
	const char *from = name.ptr ? name.ptr : reader->token.text.ptr;

	reader->matchers.count = 0;
	if (promql_is_sign(reader->token, "{") && !read_matchers(reader, &found))
		return false;
	if (found.selector.pattern_name)
		found.selector.name = (struct str){NULL, 0};
	found.selector.text = promql_between(from, reader->end);
	return keep_selector(reader, found.selector, ret_selector);
}

/* ---- with more matchers ---- */

void promql_write_selector(struct buf *out, const struct promql_selector *selector, struct str matchers)
{
	struct str text = selector->text;

	if (matchers.len == 0) {
		buf_put(out, text);
		return;
	}
	if (selector->matchers.ptr == NULL) {
		buf_put(out, text);
		buf_putc(out, '{');
		buf_put(out, matchers);
		buf_putc(out, '}');
		return;
	}
	buf_put(out, promql_between(text.ptr, selector->matchers.ptr));
	buf_put(out, matchers);
	if (selector->comma_due)
		buf_putc(out, ',');
	buf_put(out, promql_between(selector->matchers.ptr, text.ptr + text.len));
}
