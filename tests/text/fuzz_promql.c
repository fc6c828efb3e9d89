/* SPDX-License-Identifier: Apache-2.0 */
/* What can be read is still read with a matcher more in each selector, and has the same selectors and aggregation then. */
#include <stdlib.h>

#include "text/promql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDED "cluster=\"c\",location=\"l\""

static void check_part(struct str text, struct str part)
{
	CHECK(part.ptr == NULL || (part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len));
}

static void check_selector(struct str text, const struct promql_selector *selector)
{
	check_part(text, selector->text);
	check_part(selector->whole, selector->text);
	check_part(selector->text, selector->matchers);
	check_part(selector->whole, selector->range);
	CHECK(selector->text.len && selector->whole.ptr == selector->text.ptr);
	CHECK(!selector->pattern_name || selector->name.ptr == NULL);
	CHECK(selector->name.ptr || selector->matchers.ptr);
}

static void check_same(const struct promql_selector *old, const struct promql_selector *new)
{
	CHECK(str_eq(old->name, new->name) && str_eq(old->range, new->range));
	CHECK(old->pattern_name == new->pattern_name && old->shifted == new->shifted);
	CHECK(new->matchers.ptr &&str_starts(new->matchers, STR(ADDED)));
}

static void check_aggregation(struct str text, struct str added, struct arena *arena)
{
	struct promql_aggregation old, new;
	bool is, is_again;
	struct err err;

	CHECK(promql_aggregation(text, arena, &is, &old, &err));
	CHECK(promql_aggregation(added, arena, &is_again, &new, &err));
	CHECK(is == is_again);
	if (!is)
		return;
	check_part(text, old.op);
	check_part(text, old.operand);
	CHECK(str_eq(old.op, new.op) && old.grouped == new.grouped &&old.without == new.without);
	CHECK(old.label_count == new.label_count &&old.operand.len && (old.grouped || old.label_count == 0));
	for (size_t i = 0; i < old.label_count; i++)
		CHECK(str_eq(old.labels[i], new.labels[i]));
}

static void check_text(struct str text, struct arena *arena)
{
	CLEANUP(buf_clear) struct buf out = {0};
	const struct promql_selector *old, *new;
	size_t count, count_again;
	struct err err = {0};

	if (!promql_selectors(text, arena, &old, &count, &err)) {
		CHECK(err.code != ERR_NONE && str_is_utf8(str_of(err.msg)));
		CHECK(!promql_add_matchers(text, STR(ADDED), &out, &err) && out.len == 0);
		return;
	}
	CHECK(promql_add_matchers(text, STR(ADDED), &out, &err));
	CHECK(promql_selectors(buf_str(&out), arena, &new, &count_again, &err) && count == count_again);
	for (size_t i = 0; i < count; i++) {
		check_selector(text, &old[i]);
		CHECK(i == 0 || old[i - 1].whole.ptr + old[i - 1].whole.len <= old[i].text.ptr);
		check_same(&old[i], &new[i]);
	}
	check_aggregation(text, buf_str(&out), arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct arena *arena = arena_new(0);

	if (copy && size)
		memcpy(copy, data, size);
	if (copy)
		check_text((struct str){copy, size}, arena);
	arena_free(arena);
	free(copy);
	return 0;
}
