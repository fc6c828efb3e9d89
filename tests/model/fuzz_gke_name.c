/* SPDX-License-Identifier: Apache-2.0 */
/* A name and, behind the end of its line, a selector become PromQL of that series alone and in that namespace alone, or an error
   with words: nothing in a request breaks out of its quotes. */
#include "model/gke_name.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/gke_query.h"
#include "model/query.h"
#include "text/promql.h"
#include "text/selector.h"
#include "text/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_selectors(struct str promql, struct str series, bool external, struct arena *arena)
{
	struct promql_tree tree;
	size_t count = 0;
	struct err err;

	CHECK(promql_read(promql, arena, &tree, &err));
	for (const struct promql_node *node = tree.first; node; node = node->next) {
		if (node->kind != PROMQL_SELECTOR)
			continue;
		count++;
		CHECK(!node->selector->pattern_name && str_starts(node->selector->name, series));
		CHECK(external || str_contains(node->selector->matchers, STR("namespace=\"default\",pod=\"a\"")));
	}
	CHECK(count == 1 || count == 2); /* two: a mean */
}

static void check_query(const struct gke_name *name, const struct selector *selector, bool external,
			struct arena *arena)
{
	static const struct str pod = STR_INIT("a");
	CLEANUP(template_tree_free_at) struct template_tree *tree = NULL;
	CLEANUP(buf_clear) struct buf promql = BUF_MAX(QUERY_BYTES_MAX);
	struct gke_query made;
	struct query query;
	struct place at;
	struct err err = {0};

	if (!gke_query_make(name, selector, external, arena, &made, &err)) {
		CHECK((err.code == ERR_INVALID || err.code == ERR_NOT_FOUND) && err.msg[0]);
		return;
	}
	CHECK(template_parse(made.text, "gke-names", &tree, &at, &err));
	query = (struct query){.text = tree, .series = made.series, .selector = &made.selector};
	if (!external) {
		query.namespace_label = STR("namespace");
		query.namespace = STR("default");
		query.object_label = STR("pod");
		query.names = &pod;
		query.name_count = 1;
	}
	if (query_write(&query, arena, &promql, &err))
		check_selectors(buf_str(&promql), name->series, external, arena);
	else
		CHECK(err.code == ERR_INVALID && err.msg[0]);
}

static void read_both(struct str text, struct str labels, struct arena *arena)
{
	struct gke_name name;
	struct selector selector;
	struct err err = {0};

	if (!gke_name_parse(text, arena, &name, &err)) {
		CHECK(err.code == ERR_NOT_FOUND && err.msg[0] && str_is_utf8(str_of(err.msg)));
		return;
	}
	if (!selector_parse(labels, arena, &selector, &err))
		return;
	check_query(&name, &selector, true, arena);
	if (!name.system)
		check_query(&name, &selector, false, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1);
	struct arena *arena = arena_new(1 << 22);
	struct str labels = {copy, size};
	struct str text;

	CHECK(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	if (str_split(&labels, '\n', &text) && gke_name_is(text))
		read_both(text, labels.ptr ? labels : STR(""), arena);
	arena_free(arena);
	free(copy);
	return 0;
}
