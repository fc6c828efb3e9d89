/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree.h - a whole JSON document as a tree of nodes, for answers that are small or seldom. */
#ifndef GAUGELET_TEXT_JSON_TREE_H
#define GAUGELET_TEXT_JSON_TREE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum json_kind { JSON_IS_NULL, JSON_IS_BOOL, JSON_IS_NUMBER, JSON_IS_TEXT, JSON_IS_LIST, JSON_IS_MAP };

struct json_node {
	enum json_kind kind;
	bool truth;		 /* of a bool */
	struct str key;		 /* of a member of a map */
	struct str text;	 /* of a text, unescaped, NUL-ended; of a number as written */
	size_t count;		 /* of a list or map */
	struct json_node *first; /* of a list or map */
	struct json_node *next;	 /* in it */
};

/* Nodes live in `arena`, whose maximum bounds them (ERR_LIMIT). ERR_INVALID: no JSON, or a key twice in one map, which two
   readers could read in two ways. */
MUST_USE bool json_tree_parse(struct str text, struct arena *arena, const struct json_node **ret_root, struct err *err);

/* The member of a map, or NULL: there is none, or `map` is no map (or NULL). A null counts as absent. */
const struct json_node *json_tree_get(const struct json_node *map, struct str key);

/* The member of that kind, or NULL. */
const struct json_node *json_tree_get_kind(const struct json_node *map, struct str key, enum json_kind kind);

/* The text of a member; empty when there is none. */
struct str json_tree_text(const struct json_node *map, struct str key);

#endif
