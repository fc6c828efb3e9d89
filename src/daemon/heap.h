/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - memory that a burst has left behind goes back to the system: the C library keeps it for itself, and the container is
   killed for it. */
#ifndef GAUGELET_DAEMON_HEAP_H
#define GAUGELET_DAEMON_HEAP_H

#include "net/loop.h"

struct heap {
	struct loop *loop;
	struct loop_timer timer;
};

void heap_watch(struct heap *heap, struct loop *loop); /* `heap` is zeroed; embedded */
void heap_end(struct heap *heap);

#endif
