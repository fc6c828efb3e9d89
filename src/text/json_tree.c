/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_tree.h"

#include "base/map.h"
#include "text/json_reader.h"

enum { KEYS_SEARCHED = 16 }; /* a map with more is looked through by a hash */

struct level {
	struct json_node *node, *last;
	struct map keys; /* of a large map */
};

struct tree {
	struct arena *arena;
	struct json_node *root;
	struct level levels[JSON_DEPTH_MAX];
	size_t depth;
	struct str key;
};

/* ---- building */

static bool key_is_new(struct level *level, struct json_node *node)
{
	void **at;

	if (level->node->count < KEYS_SEARCHED) {
		for (const struct json_node *other = level->node->first; other; other = other->next)
			if (str_eq(other->key, node->key))
				return false;
		return true;
	}
	for (const struct json_node *other = level->keys.count == 0 ? level->node->first : NULL; other;
	     other = other->next)
		*map_at(&level->keys, other->key) = level->node;
	at = map_at(&level->keys, node->key);
	if (*at)
		return false;
	*at = level->node;
	return true;
}

static bool attach(struct tree *tree, struct json_node *node, struct err *err)
{
	struct level *level;

	if (tree->depth == 0) {
		tree->root = node;
		return true;
	}
	level = &tree->levels[tree->depth - 1];
	if (level->node->kind == JSON_IS_MAP) {
		node->key = tree->key;
		if (!key_is_new(level, node))
			return err_set(err, ERR_INVALID, "the key '%.*s' stands there twice", STR_ARG(node->key));
	}
	*(level->last ? &level->last->next : &level->node->first) = node;
	level->last = node;
	level->node->count++;
	return true;
}

static bool too_large(struct err *err)
{
	return err_set(err, ERR_LIMIT, "JSON that takes more memory than allowed");
}

static bool add(struct tree *tree, enum json_kind kind, struct str text, bool truth, struct err *err)
{
	struct json_node *node = arena_alloc(tree->arena, sizeof(*node));

	if (node == NULL)
		return too_large(err);
	node->kind = kind;
	node->truth = truth;
	if ((kind == JSON_IS_TEXT || kind == JSON_IS_NUMBER) && !arena_copy(tree->arena, text, &node->text))
		return too_large(err);
	if (!attach(tree, node, err))
		return false;
	if (kind == JSON_IS_LIST || kind == JSON_IS_MAP)
		tree->levels[tree->depth++] = (struct level){.node = node};
	return true;
}

static bool close_level(struct tree *tree)
{
	map_clear(&tree->levels[--tree->depth].keys);
	return true;
}

static bool hear(void *context, enum json_event event, struct str text, struct err *err)
{
	struct tree *tree = context;

	switch (event) {
	case JSON_EVENT_OBJECT:
		return add(tree, JSON_IS_MAP, text, false, err);
	case JSON_EVENT_ARRAY:
		return add(tree, JSON_IS_LIST, text, false, err);
	case JSON_EVENT_OBJECT_END:
	case JSON_EVENT_ARRAY_END:
		return close_level(tree);
	case JSON_EVENT_KEY:
		return arena_copy(tree->arena, text, &tree->key) || too_large(err);
	case JSON_EVENT_STRING:
		return add(tree, JSON_IS_TEXT, text, false, err);
	case JSON_EVENT_NUMBER:
		return add(tree, JSON_IS_NUMBER, text, false, err);
	case JSON_EVENT_TRUE:
	case JSON_EVENT_FALSE:
		return add(tree, JSON_IS_BOOL, text, event == JSON_EVENT_TRUE, err);
	case JSON_EVENT_NULL:
		return add(tree, JSON_IS_NULL, text, false, err);
	}
	return false;
}

bool json_tree_parse(struct str text, struct arena *arena, const struct json_node **ret_root, struct err *err)
{
	struct tree tree = {.arena = arena};
	CLEANUP(json_reader_free_at) struct json_reader *reader = json_reader_new(hear, &tree);
	bool ok = json_reader_feed(reader, text, err) && json_reader_finish(reader, err);

	while (tree.depth > 0)
		(void)close_level(&tree);
	if (ok)
		*ret_root = tree.root;
	return ok;
}

/* ---- looking */

const struct json_node *json_tree_get(const struct json_node *map, struct str key)
{
	if (map == NULL || map->kind != JSON_IS_MAP)
		return NULL;
	for (const struct json_node *node = map->first; node; node = node->next)
		if (str_eq(node->key, key))
			return node->kind == JSON_IS_NULL ? NULL : node;
	return NULL;
}

const struct json_node *json_tree_get_kind(const struct json_node *map, struct str key, enum json_kind kind)
{
	const struct json_node *node = json_tree_get(map, key);

	return node && node->kind == kind ? node : NULL;
}

struct str json_tree_text(const struct json_node *map, struct str key)
{
	const struct json_node *node = json_tree_get_kind(map, key, JSON_IS_TEXT);

	return node ? node->text : STR("");
}
