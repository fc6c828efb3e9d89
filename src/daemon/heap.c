/* SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

#include <malloc.h>

enum {
	LOOK_MS = 10 * 1000,
	MAPPED_BYTES = 128 * 1024, /* pieces of at least this size are the system's again once they are freed */
	KEPT_BYTES = 4 << 20,	   /* free, but kept for what comes next */
};

/* Trimming costs a walk over the free pieces, so it is done only when there is something to be had. */
static void look(void *context)
{
	struct heap *heap = context;
	struct mallinfo2 info = mallinfo2();

	if (info.fordblks > KEPT_BYTES && info.fordblks > info.uordblks / 8)
		malloc_trim(KEPT_BYTES / 4);
	loop_timer_set(heap->loop, &heap->timer, LOOK_MS);
}

/* A limit that is set stays, while the C library's own grows with each large piece that is freed. */
void heap_watch(struct heap *heap, struct loop *loop)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
	heap->loop = loop;
	heap->timer = (struct loop_timer){.handler = look, .context = heap};
	loop_timer_set(loop, &heap->timer, LOOK_MS);
}

void heap_end(struct heap *heap)
{
	if (heap->loop)
		loop_timer_cancel(heap->loop, &heap->timer);
}
