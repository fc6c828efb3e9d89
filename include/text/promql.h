/* SPDX-License-Identifier: Apache-2.0 */
/* promql.h - PromQL as a tree. Brackets, strings, comments, words and where a value may stand are read as Prometheus does; types and
   names of functions are not looked at, so that a text which passes here may still be refused there. What cannot be followed is
   ERR_INVALID with the byte at which it stands, counted from 0; more brackets than PROMQL_DEPTH_MAX are ERR_LIMIT. */
#ifndef GAUGELET_TEXT_PROMQL_H
#define GAUGELET_TEXT_PROMQL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { PROMQL_DEPTH_MAX = 64 };

/* `label`, `op` (=, !=, =~ or !~) and `value`, of which label and value are unescaped. A quoted name that stands alone is none. */
struct promql_matcher {
	struct str label, op, value;
};

/* Everything but `name` and the list is a part of the text that was read. The name is exact when it stands before the braces, as
   {__name__="x"} or {"x"}; its ptr is NULL when there is none, and when there is a pattern, even besides an exact one. */
struct promql_selector {
	struct str text;		   /* name and braces as written, without range, offset and @ */
	struct str name;		   /* of the metric, unescaped */
	struct str matchers;		   /* between the braces; ptr NULL: there are no braces */
	const struct promql_matcher *list; /* of them */
	size_t count;
	bool pattern_name; /* __name__ with =~, !~ or != */
	bool comma_due;	   /* between a matcher put first and what is there */
	struct str range;  /* between the [] directly behind it, `5m`; ptr NULL: there are none */
	bool shifted;	   /* offset or @ directly behind it */
};

/* Appends the selector's text with `matchers` (`cluster="c",location="l"`: right by themselves, no comma at the ends) put first
   into the braces; where there are none they are made. A comma that stands first in braces, where a template left nothing before
   it, is read, and right then. */
void promql_write_selector(struct buf *out, const struct promql_selector *selector, struct str matchers);

struct promql_names {
	const struct str *list; /* in the order of the text; quoted ones unescaped */
	size_t count;
};

enum promql_kind {
	PROMQL_SELECTOR, /* with its range, offset and @ */
	PROMQL_NUMBER,	 /* 1h is one, too */
	PROMQL_STRING,
	PROMQL_CALL,
	PROMQL_AGGREGATION, /* children: the parameter, where it has one, and the operand */
	PROMQL_BINARY,	    /* children: left and right */
	PROMQL_UNARY,
	PROMQL_PARENTHESIS,
	PROMQL_SUBQUERY, /* with its offset and @ */
};

/* What a value is of; PROMQL_OTHER where that hangs on a function that we do not know. */
enum promql_type { PROMQL_SCALAR, PROMQL_TEXT, PROMQL_VECTOR, PROMQL_RANGES, PROMQL_OTHER };

/* How the two sides of an operator find each other: without `on` and `ignoring` all labels have to be alike. */
struct promql_matching {
	bool on, ignoring;	      /* with `labels`, or with an empty list */
	struct promql_names labels;   /* of `on` or `ignoring` */
	bool group_left, group_right; /* the side of which there may be many */
	struct promql_names included; /* of group_left or group_right: labels that the other side gives */
};

struct promql_node {
	enum promql_kind kind;
	enum promql_type type;
	size_t number;	 /* in the order of the tree, from 0 */
	struct str text; /* a part of the tree's text, and by its ptr its place */
	struct str word; /* as written, letters of any case: the function, the aggregation, the operator, the sign */
	const struct promql_node *parent, *child, *sibling; /* its first child; the next child of its parent */
	const struct promql_node *first, *next;		    /* the first of those within it; the next of the tree */
	const struct promql_selector *selector;		    /* of PROMQL_SELECTOR */
	bool by, without;				    /* of PROMQL_AGGREGATION */
	struct promql_names grouping;
	struct promql_matching matching; /* of PROMQL_BINARY */
	bool returns_bool;
	struct str range; /* of PROMQL_SUBQUERY: `1h:1m` */
	bool shifted;	  /* of PROMQL_SUBQUERY: offset or @ behind it; a selector has its own */
};

/* `first` and then each `next` are all nodes, children before their parent and in the order of the text otherwise; the last is
   `root`. What is within a node is the run from node->first to the node itself. Walk that way: `a + b + c + ...` is a tree as deep
   as it is long. */
struct promql_tree {
	struct str text;
	const struct promql_node *first, *root;
	size_t count;
};

/* The nodes live in `arena`, and lend from `text`. On failure there is no tree: nobody is to guess then. */
MUST_USE bool promql_read(struct str text, struct arena *arena, struct promql_tree *ret_tree, struct err *err);

/* Child number `index`, from 0; NULL: there are not so many. */
static inline const struct promql_node *promql_child(const struct promql_node *node, size_t index)
{
	const struct promql_node *child = node->child;

	for (size_t i = 0; child && i < index; i++)
		child = child->sibling;
	return child;
}

/* Without the parentheses around it. */
static inline const struct promql_node *promql_inner(const struct promql_node *node)
{
	while (node->kind == PROMQL_PARENTHESIS)
		node = node->child;
	return node;
}

/* Has the operation a vector on both sides? */
static inline bool promql_is_match(const struct promql_node *node)
{
	return node->kind == PROMQL_BINARY && node->child->type == PROMQL_VECTOR &&
	       node->child->sibling->type == PROMQL_VECTOR;
}

static inline bool promql_is_call(const struct promql_node *node, struct str function)
{
	return node->kind == PROMQL_CALL && str_eq(node->word, function);
}

/* Which labels the series of a result can have, as far as the text tells. Of those that it can have, a series has the ones that come
   from Prometheus with it; __name__ counts as one. */
struct promql_labels {
	enum { PROMQL_LABELS_UNKNOWN, PROMQL_LABELS_ONLY, PROMQL_LABELS_BUT } kind; /* none but these; any but these */
	struct promql_names names;
};

/* Of each node, by its number: of sum by (a, b) (x) {a, b}; of rate(x[5m]) all but __name__; of a scalar none. ERR_LIMIT: the arena
   is full. */
MUST_USE bool promql_labels(const struct promql_tree *tree, struct arena *arena,
			    const struct promql_labels **ret_labels, struct err *err);

/* The labels by which the two sides of an operation find each other. */
MUST_USE bool promql_compared(const struct promql_node *operation, const struct promql_labels *labels,
			      struct arena *arena, struct promql_labels *ret_left, struct promql_labels *ret_right,
			      struct err *err);

/* Can a series have the label? True of unknown ones. */
bool promql_may_have(const struct promql_labels *labels, struct str label);

#endif
