/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <stdlib.h>
#include <sys/random.h>

uint64_t map_seed(void)
{
	static uint64_t seed;

	while (seed == 0)
		CHECK(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
	return seed;
}

void map_clear(struct map *map)
{
	free(map->slots);
	*map = (struct map){0};
}

static struct map_slot *slot_of(const struct map *map, struct str key)
{
	size_t at = (size_t)str_hash(key, map_seed()) & (map->size - 1);

	while (map->slots[at].key.ptr && !str_eq(map->slots[at].key, key))
		at = (at + 1) & (map->size - 1);
	return &map->slots[at];
}

void *map_get(const struct map *map, struct str key)
{
	return map->size ? slot_of(map, key)->value : NULL;
}

static void grow(struct map *map)
{
	struct map bigger = {.count = map->count, .size = map->size ? map->size * 2 : 16};

	bigger.slots = xcalloc(bigger.size, sizeof(*bigger.slots));
	for (size_t i = 0; i < map->size; i++)
		if (map->slots[i].key.ptr)
			*slot_of(&bigger, map->slots[i].key) = map->slots[i];
	free(map->slots);
	*map = bigger;
}

void **map_at(struct map *map, struct str key)
{
	struct map_slot *slot;

	if (key.ptr == NULL)
		key.ptr = "";
	if (map->size == 0 || map->count >= map->size / 4 * 3)
		grow(map);
	slot = slot_of(map, key);
	if (slot->key.ptr == NULL) {
		slot->key = key;
		map->count++;
	}
	return &slot->value;
}

/* What follows the hole and would not be found over it moves into it, so that no mark of what was there is needed. */
static void close_hole(struct map *map, size_t hole)
{
	size_t mask = map->size - 1;

	for (size_t at = (hole + 1) & mask; map->slots[at].key.ptr; at = (at + 1) & mask) {
		size_t home = (size_t)str_hash(map->slots[at].key, map_seed()) & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		map->slots[hole] = map->slots[at];
		hole = at;
	}
	map->slots[hole] = (struct map_slot){0};
}

void *map_take(struct map *map, struct str key)
{
	struct map_slot *slot = map->size ? slot_of(map, key) : NULL;
	void *value;

	if (slot == NULL || slot->key.ptr == NULL)
		return NULL;
	value = slot->value;
	close_hole(map, (size_t)(slot - map->slots));
	map->count--;
	return value;
}
