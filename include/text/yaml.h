/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - the first document of a YAML 1.1 stream as a tree of nodes, each with its place; by libyaml's event parser,
   in the dialect of go-yaml v2. */
#ifndef GAUGELET_TEXT_YAML_H
#define GAUGELET_TEXT_YAML_H

#include "base/arena.h"
#include "base/str.h"
#include "text/problem.h"

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_pair;

struct yaml_node {
	enum yaml_kind kind;
	struct place at;
	bool quoted;			/* a scalar in quotes or a block scalar: a text whatever it looks like */
	struct str text;		/* of a scalar; NUL-ended; of null the empty one */
	size_t count;			/* of a list or map */
	const struct yaml_node **items; /* of a list */
	const struct yaml_pair *pairs;	/* of a map, in file order; duplicates are still there */
};

struct yaml_pair {
	const struct yaml_node *key; /* a scalar, or null */
	const struct yaml_node *value;
};

enum {
	YAML_BYTES_MAX = 8 << 20, /* of the text; a ConfigMap holds 1 MiB */
	YAML_DEPTH_MAX = 32,
	YAML_NODES_MAX = 1 << 20, /* aliases counted each time they are used, against "billion laughs" */
};

/* Nodes live in `arena`. An empty stream is a YAML_NULL. Plain `null`, `~` and nothing are YAML_NULL. Aliases share
   their node. Merge keys (`<<` as a plain key) are expanded as go-yaml puts them into structs. Keys that are no scalars
   are problems, and so is a tag that does not fit its text; other tags, text behind the first document, and what upstream's
   reader would not take are warnings. False when
   the text cannot be read; then `problems` says where and why. */
MUST_USE bool yaml_parse(struct str text, struct arena *arena, struct problems *problems,
			 const struct yaml_node **ret_root);

/* The value of `key` in a map (the first of duplicates), or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key);

/* A boolean of YAML 1.1: y yes true on / n no false off, in the cases go-yaml takes. */
MUST_USE bool yaml_bool(const struct yaml_node *node, bool *ret_value);

#endif
