/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - text to pointer, open addressing, seeded, so that a peer who chooses the keys cannot make it slow. */
#ifndef GAUGELET_BASE_MAP_H
#define GAUGELET_BASE_MAP_H

#include "base/base.h"
#include "base/str.h"

struct map_slot {
	struct str key; /* key.ptr is NULL in a free slot */
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t count, size; /* size: a power of two, or 0 */
};

void map_clear(struct map *map); /* frees the slots; keys and values are the caller's */

/* The value, or NULL. */
void *map_get(const struct map *map, struct str key);

/* The place of the value of `key`, which is put in with NULL when it is new. The key's bytes are kept by pointer and
   must live as long as the map; a key that was there stays. Good until the next map_at. */
void **map_at(struct map *map, struct str key);

/* Takes `key` out and gives its value; NULL when it is not there. The map keeps its size. */
void *map_take(struct map *map, struct str key);

/* The seed of this process: random, once. */
uint64_t map_seed(void);

#endif
