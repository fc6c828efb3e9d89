/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stddef.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 1024, LARGEST_BLOCK = 256 * 1024 };

struct block {
	struct block *next;
	size_t size, used; /* of the bytes behind this head */
	max_align_t bytes[];
};

struct arena {
	struct block *blocks; /* the one in use first */
	size_t max, taken;
};

struct arena *arena_new(size_t max_bytes)
{
	struct arena *arena = xnew(struct arena);

	arena->max = max_bytes;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *new_block(struct arena *arena, size_t bytes)
{
	size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
	struct block *block;

#ifdef ARENA_OFF
	size = bytes;
#endif
	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < bytes)
		size = bytes;
	block = xcalloc(1, sizeof(*block) + size);
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	size_t align = _Alignof(max_align_t);
	struct block *block = arena->blocks;
	size_t rounded;
	void *piece;

	if (__builtin_add_overflow(bytes, align - 1, &rounded))
		return NULL;
	rounded = rounded / align * align;
#ifdef ARENA_OFF
	rounded = bytes ? bytes : 1;
	block = NULL;
#endif
	if (arena->max && (rounded > arena->max || arena->taken > arena->max - rounded))
		return NULL;
	if (block == NULL || block->size - block->used < rounded)
		block = new_block(arena, rounded);
	piece = (char *)block->bytes + block->used;
	block->used += rounded;
	arena->taken += rounded;
	return piece;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

bool arena_copy(struct arena *arena, struct str text, struct str *ret_copy)
{
	char *copy = arena_alloc(arena, text.len + 1);

	if (copy == NULL)
		return false;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	*ret_copy = (struct str){copy, text.len};
	return true;
}

size_t arena_bytes(const struct arena *arena)
{
	return arena->taken;
}
