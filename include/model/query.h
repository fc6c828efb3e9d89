/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - a rule and a question become PromQL. */
#ifndef GAUGELET_MODEL_QUERY_H
#define GAUGELET_MODEL_QUERY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct selector;
struct template_tree;

enum { QUERY_BYTES_MAX = 1 << 20 };

struct query {
	const struct template_tree *text;      /* the rule's metricsQuery */
	struct str series;		       /* .Series */
	const struct selector *selector;       /* on the metric's labels; NULL for none */
	struct str namespace_label, namespace; /* namespace.ptr NULL: no matcher for it */
	const struct str *namespaces;	       /* instead of `namespace`, many of them */
	size_t namespace_count;
	struct str object_label;    /* ptr NULL: no object (external metrics) */
	const struct str *names;    /* of the objects, in the order of the list */
	size_t name_count;	    /* at least one where there is an object label */
	const struct str *group_by; /* NULL: the object label */
	size_t group_by_count;
};

/* Appends the PromQL. Matchers: the fixed ones, the selector's (sorted by key), the namespace, the objects. Names are quoted
   where they stand in a regular expression. An empty .LabelMatchers leaves no comma dangling behind a brace. ERR_INVALID: `>` or `<` in the
   selector, a template that fails or gives an empty text. Everything but the result lives in `arena`. */
MUST_USE bool query_write(const struct query *query, struct arena *arena, struct buf *out, struct err *err);

/* Does PromQL take the name of a metric as it is? Others stand in quotes, within the braces. */
bool query_plain_name(struct str name);

/* Appends the name of a label, in quotes where PromQL wants it so. */
void query_write_label(struct buf *out, struct str label);

#endif
