/* SPDX-License-Identifier: Apache-2.0 */
#include "model/query.h"

#include "text/quote.h"
#include "text/selector.h"
#include "text/template.h"

/* What the template sees: LabelMatchers, and for each label its values as one text. Until the template runs, texts are put together
   behind the end of the result, which has the room already in most requests, and then copied into the arena. */
struct arguments {
	struct buf *out;
	size_t start;		   /* of the matchers in it */
	struct str *keys, *values; /* of LabelValuesByName, sorted by key */
	size_t count;
	const struct str *groups;
	size_t group_count;
	struct str group_text; /* all of them, joined by commas */
};

static bool no_room(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the query would be larger than %d bytes", QUERY_BYTES_MAX);
}

/* The later of two values for one label wins, as in a Go map. */
static void set_value(struct arguments *arguments, struct str key, struct str value)
{
	size_t at = 0;

	while (at < arguments->count && str_cmp(arguments->keys[at], key) < 0)
		at++;
	if (at == arguments->count || !str_eq(arguments->keys[at], key)) {
		memmove(&arguments->keys[at + 1], &arguments->keys[at], (arguments->count - at) * sizeof(struct str));
		memmove(&arguments->values[at + 1], &arguments->values[at],
			(arguments->count - at) * sizeof(struct str));
		arguments->count++;
	}
	arguments->keys[at] = key;
	arguments->values[at] = value;
}

static bool joined(const struct str *texts, size_t count, char separator, struct arena *arena, struct str *ret_text)
{
	size_t bytes = count ? count - 1 : 0;
	char *at;

	if (count == 1) {
		*ret_text = texts[0];
		return true;
	}
	for (size_t i = 0; i < count; i++)
		bytes += texts[i].len;
	at = arena_alloc(arena, bytes + 1);
	if (at == NULL)
		return false;
	*ret_text = (struct str){at, bytes};
	for (size_t i = 0; i < count; i++) {
		if (i)
			*at++ = separator;
		if (texts[i].len)
			memcpy(at, texts[i].ptr, texts[i].len);
		at += texts[i].len;
	}
	return true;
}

static void write_matcher(struct arguments *arguments, struct str label, const char *operation, struct str value)
{
	struct buf *out = arguments->out;

	if (out->len > arguments->start)
		buf_putc(out, ',');
	buf_put(out, label);
	buf_puts(out, operation);
	quote_go(out, value);
}

static const char *operation_of(enum selector_op op)
{
	switch (op) {
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_NOT_EXISTS:
		return "=";
	case SELECTOR_NOT_EQUALS:
	case SELECTOR_EXISTS:
		return "!=";
	case SELECTOR_IN:
		return "=~";
	case SELECTOR_NOT_IN:
		return "!~";
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
		break;
	}
	return NULL;
}

static bool add_selector(struct arguments *arguments, const struct selector *selector, struct arena *arena,
			 struct err *err)
{
	for (size_t i = 0; selector && i < selector->count; i++) {
		const struct selector_requirement *requirement = &selector->requirements[i];
		const char *operation = operation_of(requirement->op);
		struct str value;

		if (operation == NULL)
			return err_set(err, ERR_INVALID,
				       "the selector on the metric's label %.*s uses %s, for which PromQL has no "
				       "matcher",
				       STR_ARG(requirement->key), requirement->op == SELECTOR_LESS ? "<" : ">");
		if (!joined(requirement->values, requirement->value_count, '|', arena, &value))
			return no_room(err);
		write_matcher(arguments, requirement->key, operation, value);
		set_value(arguments, requirement->key, value);
	}
	return true;
}

/* What stands in the result from `from` on, moved into the arena. */
static bool take_back(struct buf *out, size_t from, struct arena *arena, struct str *ret_text)
{
	bool good = !out->failed && arena_copy(arena, str_slice(buf_str(out), from, out->len), ret_text);

	out->len = from;
	return good;
}

/* One name is compared as it is; several become a regular expression, in which a dot must not match any character. */
static bool add_names(struct arguments *arguments, struct str label, const struct str *names, size_t count,
		      struct arena *arena, struct err *err)
{
	struct buf *out = arguments->out;
	size_t from = out->len;
	struct str pattern;
	struct str text;

	if (!joined(names, count, '|', arena, &text))
		return no_room(err);
	set_value(arguments, label, text);
	if (count == 1) {
		write_matcher(arguments, label, "=", text);
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_putc(out, '|');
		quote_regexp(out, names[i]);
	}
	if (!take_back(out, from, arena, &pattern))
		return no_room(err);
	write_matcher(arguments, label, "=~", pattern);
	return true;
}

static bool collect(struct arguments *arguments, const struct query *query, struct arena *arena, struct err *err)
{
	size_t most = (query->selector ? query->selector->count : 0) + 2;

	arguments->groups = query->group_by ? query->group_by : &query->object_label;
	arguments->group_count = query->group_by ? query->group_by_count : query->object_label.ptr != NULL;
	if (!joined(arguments->groups, arguments->group_count, ',', arena, &arguments->group_text))
		return no_room(err);

	arguments->keys = arena_calloc(arena, most, sizeof(struct str));
	arguments->values = arena_calloc(arena, most, sizeof(struct str));
	if (arguments->keys == NULL || arguments->values == NULL)
		return no_room(err);
	if (!add_selector(arguments, query->selector, arena, err))
		return false;
	if (query->namespace.ptr) {
		write_matcher(arguments, query->namespace_label, "=", query->namespace);
		set_value(arguments, query->namespace_label, query->namespace);
	}
	if (query->namespace_count &&
	    !add_names(arguments, query->namespace_label, query->namespaces, query->namespace_count, arena, err))
		return false;
	if (query->object_label.ptr &&
	    !add_names(arguments, query->object_label, query->names, query->name_count, arena, err))
		return false;
	return true;
}

/* `m{<<.LabelMatchers>>,x=""}` without matchers is `m{,x=""}`, which Prometheus refuses. Outside of quotes, a comma right
   behind an opening brace goes. */
static void drop_dangling_commas(struct buf *text, size_t from)
{
	size_t to = from;
	char quote = 0;
	bool behind_brace = false;

	for (size_t at = from; at < text->len; at++) {
		char c = text->ptr[at];

		if (quote) {
			if (c == '\\' && quote != '`' && at + 1 < text->len)
				text->ptr[to++] = text->ptr[at++];
			else if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'' || c == '`') {
			quote = c;
		} else if (c == ',' && behind_brace) {
			behind_brace = false;
			continue;
		}
		behind_brace = !quote && (c == '{' || (behind_brace && (c == ' ' || c == '\n' || c == '\t')));
		text->ptr[to++] = text->ptr[at];
	}
	text->len = to;
}

bool query_write(const struct query *query, struct arena *arena, struct buf *out, struct err *err)
{
	struct arguments arguments = {.out = out, .start = out->len};
	struct str matchers;
	size_t start = out->len;
	bool good = collect(&arguments, query, arena, err);

	if (!take_back(out, start, arena, &matchers) && good)
		return no_room(err);
	if (!good)
		return false;

	const struct template_field fields[] = {
		{.name = STR("Series"), .kind = TEMPLATE_STRING, .string = query->series},
		{.name = STR("LabelMatchers"), .kind = TEMPLATE_STRING, .string = matchers},
		{.name = STR("LabelValuesByName"),
		 .kind = TEMPLATE_MAP,
		 .keys = arguments.keys,
		 .items = arguments.values,
		 .count = arguments.count},
		{.name = STR("GroupBy"), .kind = TEMPLATE_STRING, .string = arguments.group_text},
		{.name = STR("GroupBySlice"),
		 .kind = TEMPLATE_LIST,
		 .items = arguments.groups,
		 .count = arguments.group_count},
	};

	if (!template_run(query->text, fields, COUNT_OF(fields), arena, out, err))
		return false;
	if (out->failed)
		return no_room(err);
	if (matchers.len == 0)
		drop_dangling_commas(out, start);
	if (out->len == start)
		return err_set(err, ERR_NOT_FOUND, "the query is empty");
	return true;
}

bool query_plain_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9' && i > 0) &&
		    c != '_' && c != ':')
			return false;
	}
	return name.len > 0;
}

void query_write_label(struct buf *out, struct str label)
{
	if (query_plain_name(label) && !str_contains(label, STR(":")))
		buf_put(out, label);
	else
		quote_go(out, label);
}
