/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdlib.h>

void *vec_grown(void *items, size_t *cap, size_t count, size_t size)
{
	if (count == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		items = xrealloc(items, *cap, size);
	}
	memset((char *)items + count * size, 0, size);
	return items;
}

void vec_release(void *items)
{
	free(items);
}
