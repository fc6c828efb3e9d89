/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_merge.h"

#include "base/map.h"
#include "base/vec.h"

struct merged_pair {
	struct yaml_pair pair;
	bool own; /* stands in the map itself */
};

struct merging {
	struct arena *arena;
	struct problems *problems;
	struct place at;   /* of the merge key whose pairs are put; line 0: none */
	struct map places; /* of a key in `pairs`, from 1 */
	struct {
		VEC_OF(struct merged_pair);
	} pairs;
};

bool yaml_merge_is(const struct yaml_node *key)
{
	return key->kind == YAML_SCALAR && !key->quoted && str_eq(key->text, STR("<<"));
}

static void merging_clear(struct merging *merging)
{
	map_clear(&merging->places);
	vec_clear(&merging->pairs);
}

static bool too_large(struct problems *problems, struct place at)
{
	return problem_add(problems, at, "the file needs too much memory; make it smaller");
}

static bool copy_pairs(const struct merging *merging, struct place at, const struct yaml_pair **ret_pairs,
		       size_t *ret_count)
{
	struct yaml_pair *pairs = arena_calloc(merging->arena, merging->pairs.count, sizeof(*pairs));

	if (pairs == NULL)
		return too_large(merging->problems, at);
	for (size_t i = 0; i < merging->pairs.count; i++)
		pairs[i] = merging->pairs.items[i].pair;
	*ret_pairs = pairs;
	*ret_count = merging->pairs.count;
	return true;
}

static bool put_pair(struct merging *merging, const struct yaml_pair *pair, bool own);

/* NOLINTBEGIN(misc-no-recursion): as deep as maps may nest */

/* A map made of both, in which what `later` says counts. */
static bool put_into(const struct merging *around, const struct yaml_node *earlier, const struct yaml_node *later,
		     const struct yaml_node **ret_node)
{
	CLEANUP(merging_clear) struct merging merging = {.arena = around->arena, .problems = around->problems};
	struct yaml_node *node = arena_alloc(around->arena, sizeof(*node));

	if (node == NULL)
		return too_large(around->problems, later->at);
	*node = *later;
	for (size_t i = 0; i < earlier->count; i++)
		if (!put_pair(&merging, &earlier->pairs[i], false))
			return false;
	for (size_t i = 0; i < later->count; i++)
		if (!put_pair(&merging, &later->pairs[i], true))
			return false;
	*ret_node = node;
	return copy_pairs(&merging, later->at, &node->pairs, &node->count);
}

static bool put_pair(struct merging *merging, const struct yaml_pair *pair, bool own)
{
	void **place = map_at(&merging->places, pair->key->text);
	struct merged_pair *there = *place ? &merging->pairs.items[(size_t)(uintptr_t)*place - 1] : NULL;

	if (there == NULL || (own && there->own)) {
		*vec_push(&merging->pairs) = (struct merged_pair){*pair, own};
		if (there == NULL)
			*place = (void *)(uintptr_t)merging->pairs.count;
		return true;
	}
	if (there->own && merging->at.line) {
		problem_warn(merging->problems, merging->at,
			     "a key that comes with this << stands before it, too, and the one that comes with it "
			     "counts, as in prometheus-adapter; put << first");
		merging->at.line = 0; /* once is enough */
	}
	there->own = there->own || own;
	there->pair.key = pair->key;
	if (there->pair.value->kind == YAML_MAP && pair->value->kind == YAML_MAP)
		return put_into(merging, there->pair.value, pair->value, &there->pair.value);
	there->pair.value = pair->value;
	return true;
}

/* NOLINTEND(misc-no-recursion) */

static bool put_map(struct merging *merging, const struct yaml_node *map, struct place at)
{
	if (map->kind != YAML_MAP)
		return problem_add(merging->problems, at, "<< wants a map, or a list of maps");
	merging->at = at;
	for (size_t i = 0; i < map->count; i++)
		if (!put_pair(merging, &map->pairs[i], false))
			return false;
	return true;
}

static bool put_merge(struct merging *merging, const struct yaml_node *value, struct place at)
{
	if (value->kind != YAML_LIST)
		return put_map(merging, value, at);
	for (size_t i = value->count; i-- > 0;)
		if (!put_map(merging, value->items[i], at))
			return false;
	return true;
}

bool yaml_merge(struct arena *arena, struct problems *problems, const struct yaml_pair *pairs, size_t count,
		const struct yaml_pair **ret_pairs, size_t *ret_count)
{
	CLEANUP(merging_clear) struct merging merging = {.arena = arena, .problems = problems};

	for (size_t i = 0; i < count; i++) {
		const struct yaml_pair *pair = &pairs[i];
		bool good = yaml_merge_is(pair->key) ? put_merge(&merging, pair->value, pair->key->at)
						     : put_pair(&merging, pair, true);

		if (!good)
			return false;
	}
	return copy_pairs(&merging, pairs->key->at, ret_pairs, ret_count);
}
