/* SPDX-License-Identifier: Apache-2.0 */
/* vec.h - an array that grows. `struct things { VEC_OF(struct thing); }` has items, count and cap. The caller bounds
   what a peer can make it hold. */
#ifndef GAUGELET_BASE_VEC_H
#define GAUGELET_BASE_VEC_H

#include "base/base.h"

#define VEC_OF(type)                                                                                                   \
	type *items;                                                                                                   \
	size_t count, cap

/* The address of a new, zeroed item at the end. Good until the next push. */
#define vec_push(vec)                                                                                                  \
	((vec)->items = vec_grown((vec)->items, &(vec)->cap, (vec)->count, sizeof(*(vec)->items)),                     \
	 &(vec)->items[(vec)->count++])

#define vec_clear(vec) (vec_release((vec)->items), (vec)->items = NULL, (vec)->count = 0, (vec)->cap = 0)

/* Room for item number `count`, zeroed. */
void *vec_grown(void *items, size_t *cap, size_t count, size_t size) MUST_USE;
void vec_release(void *items);

#endif
