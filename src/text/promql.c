/* SPDX-License-Identifier: Apache-2.0 */
#include "text/promql.h"

#include "promql_parse.h"

bool promql_selectors(struct str text, struct arena *arena, const struct promql_selector **ret_selectors,
		      size_t *ret_count, struct err *err)
{
	CLEANUP(promql_parsed_clear) struct promql_parsed parsed = {0};
	struct promql_selector *selectors;
	struct promql_matcher *matchers;

	if (!promql_parse(text, arena, &parsed, err))
		return false;
	selectors = arena_calloc(arena, parsed.found.count, sizeof(*selectors));
	matchers = arena_calloc(arena, parsed.matchers.count, sizeof(*matchers));
	if (selectors == NULL || matchers == NULL)
		return promql_no_room(err);
	for (size_t i = 0; i < parsed.matchers.count; i++)
		matchers[i] = parsed.matchers.items[i];
	for (size_t i = 0; i < parsed.found.count; i++) {
		selectors[i] = parsed.found.items[i].selector;
		selectors[i].list = matchers + parsed.found.items[i].first_matcher;
	}
	*ret_selectors = selectors;
	*ret_count = parsed.found.count;
	return true;
}

static void write_with(struct buf *out, const struct promql_found *found, struct str matchers)
{
	const struct promql_selector *selector = &found->selector;
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
	if (found->comma_due)
		buf_putc(out, ',');
	buf_put(out, promql_between(selector->matchers.ptr, text.ptr + text.len));
}

bool promql_add_matchers(struct str text, struct str matchers, struct buf *out, struct err *err)
{
	CLEANUP(promql_parsed_clear) struct promql_parsed parsed = {0};
	CLEANUP(arena_free_at) struct arena *arena = arena_new(0);
	const char *at = text.ptr;

	if (!promql_parse(text, arena, &parsed, err))
		return false;
	for (size_t i = 0; i < parsed.found.count; i++) {
		struct str old = parsed.found.items[i].selector.text;

		buf_put(out, promql_between(at, old.ptr));
		write_with(out, &parsed.found.items[i], matchers);
		at = old.ptr + old.len;
	}
	buf_put(out, promql_between(at, text.ptr + text.len));
	return !out->failed || promql_no_room(err);
}

bool promql_aggregation(struct str text, struct arena *arena, bool *ret_is, struct promql_aggregation *ret_aggregation,
			struct err *err)
{
	CLEANUP(promql_parsed_clear) struct promql_parsed parsed = {0};
	struct str *labels;

	if (!promql_parse(text, arena, &parsed, err))
		return false;
	if (!parsed.is_aggregation) {
		*ret_is = false;
		return true;
	}
	labels = arena_calloc(arena, parsed.grouping.count, sizeof(*labels));
	if (labels == NULL)
		return promql_no_room(err);
	for (size_t i = 0; i < parsed.grouping.count; i++)
		labels[i] = parsed.labels.items[parsed.grouping.first + i];
	*ret_is = true;
	*ret_aggregation = parsed.aggregation;
	ret_aggregation->labels = labels;
	return true;
}
