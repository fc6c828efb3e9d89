/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - many small pieces, freed whole. Aligned to max_align_t. With -DARENA_OFF every piece is its own malloc,
   so that a sanitizer sees each edge. */
#ifndef GAUGELET_BASE_ARENA_H
#define GAUGELET_BASE_ARENA_H

#include "base/base.h"
#include "base/str.h"

struct arena;

/* `max_bytes`: what all pieces together may take; 0 means no limit, for sizes of our own choice. */
struct arena *arena_new(size_t max_bytes) MUST_USE;
void arena_free(struct arena *arena); /* NULL is fine */
DEFINE_FREE_AT(arena)

/* Zeroed. NULL when over the maximum (never without one). */
void *arena_alloc(struct arena *arena, size_t bytes) MUST_USE;
void *arena_calloc(struct arena *arena, size_t count, size_t size) MUST_USE;

/* A copy, NUL-ended behind its length. False when over the maximum. */
bool arena_copy(struct arena *arena, struct str text, struct str *ret_copy) MUST_USE;

size_t arena_bytes(const struct arena *arena); /* taken so far */

#endif
