/* SPDX-License-Identifier: Apache-2.0 */
/* probe_parts.h - which part of a query that gives nothing is the one to blame? */
#ifndef GAUGELET_API_PROBE_PARTS_H
#define GAUGELET_API_PROBE_PARTS_H

#include "base/buf.h"
#include "model/sample.h"
#include "text/promql.h"
#include "text/quote.h"

enum { PARTS_MAX = 24 };

enum part_fault {
	FAULT_NONE,
	FAULT_SELECTOR,	  /* it selects nothing */
	FAULT_RANGE,	  /* its range holds too few samples */
	FAULT_SIDES,	  /* the sides have no labels in common */
	FAULT_COMPARISON, /* it leaves nothing */
	FAULT_UNLESS,	  /* the right side takes all */
	FAULT_QUANTILE,	  /* there is no le */
	FAULT_OTHER,
};

struct part {
	const struct promql_node *node;
	bool there; /* it gives something */
};

struct parts {
	struct promql_tree tree;
	struct part list[PARTS_MAX];
	size_t count;
	/* what probe_parts_judge found */
	enum part_fault fault;
	const struct promql_node *culprit;
};

/* Writes the probe; false: there is nothing to ask. */
bool probe_parts_begin(struct parts *parts, const struct promql_tree *tree, struct buf *probe);
void probe_parts_judge(struct parts *parts, const struct samples *samples);

/* A selector as an instant vector, without one of its matchers (NULL: with all of them), or with that of the name alone. */
void probe_write_selector(struct buf *out, const struct promql_node *node, const struct promql_matcher *without,
			  bool bare);
void probe_write_matcher(struct buf *out, const struct promql_matcher *matcher);

/* Has the selector an offset or @? */
bool probe_is_shifted(const struct promql_node *node);

#endif
