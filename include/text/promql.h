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
	struct str whole;		   /* with those that are directly behind it */
	struct str name;		   /* of the metric, unescaped */
	struct str matchers;		   /* between the braces; ptr NULL: there are no braces */
	const struct promql_matcher *list; /* of them */
	size_t count;
	bool pattern_name; /* __name__ with =~, !~ or != */
	struct str range;  /* between the [] directly behind it, `5m` or `1h:1m`; ptr NULL: there are none */
	bool shifted;	   /* offset or @ behind it, or behind a subquery in which it stands */
};

/* Every selector, in the order of the text; there may be none (`vector(1)`). The arrays and unescaped texts live in `arena`. */
MUST_USE bool promql_selectors(struct str text, struct arena *arena, const struct promql_selector **ret_selectors,
			       size_t *ret_count, struct err *err);

/* Appends `text` with `matchers` (`cluster="c",location="l"`: right by themselves, no comma at the ends) put first into the
   braces of each selector; where there are no braces they are made. A comma that stands first in braces, where a template left
   nothing before it, is read, and right then. Nothing is appended when `text` cannot be read;
   ERR_LIMIT when `out` is full. */
MUST_USE bool promql_add_matchers(struct str text, struct str matchers, struct buf *out, struct err *err);

struct promql_aggregation {
	struct str op; /* as written: letters of any case */
	bool grouped;  /* by or without is there, though perhaps with an empty list */
	bool without;
	const struct str *labels; /* in order; quoted ones unescaped */
	size_t label_count;
	struct str operand; /* the last argument, without what is around it: of topk(3, x) it is `x` */
};

/* The outermost aggregation, when the whole text is one, perhaps in parentheses. False in *ret_is for everything else (an
   operation of two sides, a sign before it, a function, a subquery, a bare selector); then *ret_aggregation is untouched.
   False itself when the text cannot be read. */
MUST_USE bool promql_aggregation(struct str text, struct arena *arena, bool *ret_is,
				 struct promql_aggregation *ret_aggregation, struct err *err);

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
   `root`. What is within a node is the run from node->first to the node itself. Walk that way: `a + b + c + ...` is a tree as deep as
   it is long. */
struct promql_tree {
	struct str text;
	const struct promql_node *first, *root;
};

/* The nodes live in `arena`, and lend from `text`. On failure there is no tree: nobody is to guess then. */
MUST_USE bool promql_read(struct str text, struct arena *arena, struct promql_tree *ret_tree, struct err *err);

/* Child number `index`, from 0; NULL: there are not so many. */
const struct promql_node *promql_child(const struct promql_node *node, size_t index);

/* Without the parentheses around it. */
const struct promql_node *promql_inner(const struct promql_node *node);

/* The next selector, or operation with a vector on both sides, or call of the function, behind `after`; NULL for `after`: the first;
   NULL: there is none. */
const struct promql_node *promql_next_selector(const struct promql_tree *tree, const struct promql_node *after);
const struct promql_node *promql_next_match(const struct promql_tree *tree, const struct promql_node *after);
const struct promql_node *promql_next_call(const struct promql_tree *tree, const struct promql_node *after,
					   struct str function);

/* Which labels the series of a result can have, as far as the text tells. Of those that it can have, a series has the ones that come
   from Prometheus with it; __name__ counts as one. */
struct promql_labels {
	enum { PROMQL_LABELS_UNKNOWN, PROMQL_LABELS_ONLY, PROMQL_LABELS_BUT } kind; /* none but these; any but these */
	struct promql_names names;
};

/* Of sum by (a, b) (x) {a, b}; of rate(x[5m]) all but __name__; of a scalar none. ERR_LIMIT: the arena is full. */
MUST_USE bool promql_labels(const struct promql_node *node, struct arena *arena, struct promql_labels *ret_labels,
			    struct err *err);

/* The labels by which the two sides of an operation find each other. */
MUST_USE bool promql_compared(const struct promql_node *operation, struct arena *arena, struct promql_labels *ret_left,
			      struct promql_labels *ret_right, struct err *err);

/* Can a series have the label? True of unknown ones. */
bool promql_may_have(const struct promql_labels *labels, struct str label);

#endif
