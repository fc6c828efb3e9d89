/* SPDX-License-Identifier: Apache-2.0 */
/* A tree is whole, and still the same with a matcher more in each selector. */
#include <stdlib.h>

#include "text/promql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ADDED "cluster=\"c\",location=\"l\""

static void check_part(struct str text, struct str part)
{
	CHECK(part.ptr == NULL || (part.ptr >= text.ptr && part.ptr + part.len <= text.ptr + text.len));
}

static void check_selector(const struct promql_node *node)
{
	const struct promql_selector *selector = node->selector;

	check_part(node->text, selector->text);
	check_part(selector->text, selector->matchers);
	check_part(node->text, selector->range);
	CHECK(selector->text.len && selector->text.ptr == node->text.ptr);
	CHECK(!selector->pattern_name || selector->name.ptr == NULL);
	CHECK(selector->name.ptr || selector->matchers.ptr);
	CHECK((node->type == PROMQL_RANGES) == (selector->range.ptr != NULL));
}

static size_t count_children(const struct promql_node *node)
{
	const struct promql_node *before = NULL;
	size_t count = 0;

	for (const struct promql_node *child = node->child; child; child = child->sibling) {
		CHECK(child->parent == node && child->number < node->number);
		CHECK(before == NULL || before->text.ptr + before->text.len <= child->text.ptr);
		CHECK(child->first == (before ? before->next : node->first));
		check_part(node->text, child->text);
		before = child;
		count++;
	}
	CHECK((before ? before->next : node->first) == node);
	return count;
}

static void check_kind(const struct promql_node *node)
{
	size_t children = count_children(node);

	switch (node->kind) {
	case PROMQL_SELECTOR:
		check_selector(node);
		CHECK(children == 0);
		return;
	case PROMQL_NUMBER:
	case PROMQL_STRING:
		CHECK(children == 0);
		return;
	case PROMQL_CALL:
		CHECK(node->word.ptr == node->text.ptr);
		return;
	case PROMQL_AGGREGATION:
		CHECK(node->word.ptr == node->text.ptr && (children == 1 || children == 2));
		CHECK(!(node->by && node->without) && (node->by || node->without || node->grouping.count == 0));
		return;
	case PROMQL_BINARY:
		CHECK(children == 2);
		return;
	case PROMQL_UNARY:
	case PROMQL_PARENTHESIS:
	case PROMQL_SUBQUERY:
		CHECK(children == 1);
		return;
	}
	CHECK(false);
}

static void check_tree(const struct promql_tree *tree)
{
	const struct promql_node *last = NULL;
	size_t count = 0;

	for (const struct promql_node *node = tree->first; node; node = node->next) {
		CHECK(node->number == count++ && node->text.len && (node->parent || node == tree->root));
		check_part(tree->text, node->text);
		check_part(node->text, node->word);
		check_kind(node);
		last = node;
	}
	CHECK(last == tree->root && count == tree->count && tree->root->first == tree->first);
}

static void check_labels(const struct promql_tree *tree, struct arena *arena)
{
	const struct promql_labels *labels;
	struct promql_labels left, right;
	struct err err;

	CHECK(promql_labels(tree, arena, &labels, &err));
	for (const struct promql_node *node = tree->first; node; node = node->next) {
		CHECK(node->kind != PROMQL_AGGREGATION || node->by || node->without || node->child->sibling ||
		      !promql_may_have(&labels[node->number], STR("a")));
		CHECK(!promql_is_match(node) || promql_compared(node, labels, arena, &left, &right, &err));
	}
}

static void write_all(const struct promql_tree *tree, struct buf *out)
{
	const char *at = tree->text.ptr;

	for (const struct promql_node *node = tree->first; node; node = node->next) {
		if (node->kind != PROMQL_SELECTOR)
			continue;
		CHECK(node->text.ptr >= at);
		buf_put(out, (struct str){at, (size_t)(node->text.ptr - at)});
		promql_write_selector(out, node->selector, STR(ADDED));
		at = node->selector->text.ptr + node->selector->text.len;
	}
	buf_put(out, (struct str){at, (size_t)(tree->text.ptr + tree->text.len - at)});
}

static void check_same(const struct promql_node *old, const struct promql_node *new)
{
	CHECK(old->kind == new->kind && old->type == new->type &&str_eq(old->word, new->word));
	CHECK(old->by == new->by && old->without == new->without && old->grouping.count == new->grouping.count);
	CHECK(old->shifted == new->shifted &&str_eq(old->range, new->range));
	if (old->kind != PROMQL_SELECTOR)
		return;
	CHECK(str_eq(old->selector->name, new->selector->name) && str_eq(old->selector->range, new->selector->range));
	CHECK(old->selector->pattern_name == new->selector->pattern_name);
	CHECK(old->selector->shifted == new->selector->shifted);
	CHECK(new->selector->matchers.ptr &&str_starts(new->selector->matchers, STR(ADDED)));
}

static void check_text(struct str text, struct arena *arena)
{
	CLEANUP(buf_clear) struct buf out = {0};
	const struct promql_node *old, *new;
	struct promql_tree tree, again;
	struct err err = {0};

	if (!promql_read(text, arena, &tree, &err)) {
		CHECK(err.code != ERR_NONE && str_is_utf8(str_of(err.msg)));
		return;
	}
	check_tree(&tree);
	check_labels(&tree, arena);
	write_all(&tree, &out);
	CHECK(promql_read(buf_str(&out), arena, &again, &err) && again.count == tree.count);
	for (old = tree.first, new = again.first; old; old = old->next, new = new->next)
		check_same(old, new);
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
