/* SPDX-License-Identifier: Apache-2.0 */
/* probe_matchers.h - which matcher empties a selector? */
#ifndef GAUGELET_API_PROBE_MATCHERS_H
#define GAUGELET_API_PROBE_MATCHERS_H

#include "base/buf.h"
#include "model/sample.h"
#include "text/promql.h"

struct api_plan;

enum { DROPS_MAX = 16, VALUES_MAX = 4, SAMPLE_LABELS_MAX = 24 };

/* Who put a matcher there decides what to do about it. */
enum matcher_role { ROLE_SELECTOR, ROLE_OBJECT, ROLE_NAMESPACE, ROLE_AUTHOR, ROLE_COUNT };

struct dropped_matcher {
	const struct promql_matcher *matcher;
	enum matcher_role role;
};

struct drops {
	const struct promql_node *selector;
	struct dropped_matcher list[DROPS_MAX]; /* in the order in which they are to blame */
	size_t count;
	size_t helps; /* the first without which the selector gives something; count: all of them together; above: nothing */
	/* what its label says there */
	struct str values[VALUES_MAX];
	size_t value_count;
	bool more, missing;		      /* values; series that lack the label */
	struct str labels[SAMPLE_LABELS_MAX]; /* of such a series */
	size_t label_count;
	struct str holder; /* another label, which has the value that is asked for */
};

/* Writes the probe; false: there is no matcher. */
bool probe_drops_begin(struct drops *drops, const struct promql_node *selector, const struct api_plan *plan,
		       struct buf *probe);
void probe_drops_judge(struct drops *drops, const struct samples *samples);
bool probe_drops_have_one(const struct drops *drops);

void probe_drops_write_values(const struct drops *drops, struct buf *probe);
void probe_drops_read_values(struct drops *drops, const struct api_plan *plan, const struct samples *samples);

#endif
