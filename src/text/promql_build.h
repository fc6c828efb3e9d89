/* SPDX-License-Identifier: Apache-2.0 */
/* promql_build.h - nodes of PromQL while they are put together. */
#ifndef GAUGELET_TEXT_PROMQL_BUILD_H
#define GAUGELET_TEXT_PROMQL_BUILD_H

#include "text/promql.h"

struct promql_made {
	struct promql_node node;
	struct promql_made *youngest; /* child so far */
	struct promql_made *below;    /* of an operator that waits for its right side: the one that waits beneath it */
	int rank;		      /* of it; a higher one binds tighter */
};

/* The finished ones, in their order. */
struct promql_row {
	const struct promql_node *first;
	struct promql_made *last;
	size_t count;
};

/* NULL: the arena is full. */
struct promql_made *promql_made_new(struct arena *arena, enum promql_kind kind, struct str word) MUST_USE;

/* `child` is finished. */
void promql_adopt(struct promql_made *parent, struct promql_made *child);

/* With the children that it has now. */
void promql_finish(struct promql_row *row, struct promql_made *made, const char *from, const char *to);

#endif
