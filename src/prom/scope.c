/* SPDX-License-Identifier: Apache-2.0 */
#include "scope.h"

#include "base/arena.h"
#include "text/promql.h"
#include "text/quote.h"

enum { ARENA_BYTES_MAX = 4 << 20 };

static const struct str PROJECT = STR_INIT("project_id"), LOCATION = STR_INIT("location"),
			CLUSTER = STR_INIT("cluster"), CLUSTER_NAME = STR_INIT("cluster_name");

/* ---- the labels that a selector names */

static bool is_place(struct str label)
{
	return str_eq(label, PROJECT) || str_eq(label, LOCATION) || str_eq(label, CLUSTER) ||
	       str_eq(label, CLUSTER_NAME);
}

static bool names_place(const struct promql_selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		if (is_place(selector->list[i].label))
			return true;
	return false;
}

/* ---- matchers */

static void add(struct buf *out, struct str label, struct str value)
{
	if (value.len == 0)
		return;
	if (out->len > 0)
		buf_putc(out, ',');
	buf_put(out, label);
	buf_putc(out, '=');
	quote_go(out, value);
}

static void write_matchers(const struct google_place *place, const struct promql_selector *selector, struct buf *out)
{
	bool of_kubernetes = str_starts(selector->name, STR("kubernetes_io:"));

	if (names_place(selector))
		return;
	add(out, PROJECT, place->project);
	if (str_contains(selector->name, STR("_googleapis_com:")))
		return;
	add(out, LOCATION, place->location);
	add(out, of_kubernetes ? CLUSTER_NAME : CLUSTER, place->cluster);
}

static void write_selector(const struct google_place *place, const struct promql_selector *selector, struct buf *out)
{
	CLEANUP(buf_clear) struct buf matchers = {0};

	write_matchers(place, selector, &matchers);
	promql_write_selector(out, selector, buf_str(&matchers));
}

bool scope_write(const struct google_place *place, struct str promql, struct buf *out, struct err *err)
{
	CLEANUP(arena_free_at) struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct promql_tree tree;
	size_t at = 0;

	if (!promql_read(promql, arena, &tree, err))
		return false;
	for (const struct promql_node *node = tree.first; node; node = node->next) {
		size_t from = (size_t)(node->text.ptr - promql.ptr);

		if (node->kind != PROMQL_SELECTOR)
			continue;
		buf_put(out, str_slice(promql, at, from));
		write_selector(place, node->selector, out);
		at = from + node->selector->text.len;
	}
	buf_put(out, str_slice(promql, at, promql.len));
	return !out->failed || err_set(err, ERR_LIMIT, "the query is too large");
}
