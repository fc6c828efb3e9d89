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
	*vec_push(&reader->parsed->labels) = label;
	return promql_advance(reader);
}

bool promql_read_labels(struct promql_reader *reader, struct promql_grouping *ret)
{
	ret->there = true;
	ret->first = reader->parsed->labels.count;
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
	ret->count = reader->parsed->labels.count - ret->first;
	return promql_advance(reader);
}

bool promql_read_grouping(struct promql_reader *reader, struct promql_grouping *ret)
{
	*ret = (struct promql_grouping){.without = PROMQL_IS_WORD(reader->token, "without")};
	return promql_advance(reader) && promql_read_labels(reader, ret);
}

/* ---- selectors ---- */

/* An empty name is that of series without one. */
static bool set_name(struct promql_reader *reader, struct promql_found *found, bool exact, struct promql_token value)
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

static bool add_matcher(struct promql_reader *reader, struct promql_found *found, struct promql_token label,
			struct promql_token op, struct promql_token value)
{
	struct promql_matcher matcher = {.label = label.text, .op = op.text};

	if (label.kind == TOKEN_STRING && !promql_unquote(label.text, reader->arena, &matcher.label))
		return promql_no_room(reader->err);
	if (!promql_unquote(value.text, reader->arena, &matcher.value))
		return promql_no_room(reader->err);
	*vec_push(&reader->parsed->matchers) = matcher;
	found->selector.count++;
	return !str_eq(matcher.label, STR("__name__")) || set_name(reader, found, promql_is_sign(op, "="), value);
}

/* `a="b"`, or a quoted name alone. */
static bool read_matcher(struct promql_reader *reader, struct promql_found *found)
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
static bool read_matchers(struct promql_reader *reader, struct promql_found *found)
{
	const char *from;

	if (!promql_take_bracket(reader, "{", false, "`{`"))
		return false;
	from = reader->end;
	found->comma_due = !promql_is_sign(reader->token, ",") && !promql_is_sign(reader->token, "}");
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

bool promql_read_selector(struct promql_reader *reader, struct str name)
{
	struct promql_found found = {
		.selector = {.name = name}, .first_matcher = reader->parsed->matchers.count, .named = name.ptr != NULL};
	const char *from = name.ptr ? name.ptr : reader->token.text.ptr;

	if (promql_is_sign(reader->token, "{") && !read_matchers(reader, &found))
		return false;
	if (found.selector.pattern_name)
		found.selector.name = (struct str){NULL, 0};
	found.selector.text = found.selector.whole = promql_between(from, reader->end);
	*vec_push(&reader->parsed->found) = found;
	return true;
}
