/* SPDX-License-Identifier: MIT
 *
 * free_later.h: when the calls on a heap free the blocks that were handed in by quarry_free_later().
 *
 * Each call frees at most LATER_FREES of them when it is done, still under its lock, so that its longest section grows
 * by no more than as many frees. As many as two, because then a heap catches up that is called as often as blocks are
 * handed in. A request frees them all before it is refused, LATER_FREES in each hold of the lock.
 */
#ifndef QUARRY_SRC_FREE_LATER_H
#define QUARRY_SRC_FREE_LATER_H

#include "../debug/debug.h"

#if QUARRY_FREE_LATER == 0

#define later_serve(heap)            ((void)(heap))
#define later_serve_all(heap, saved) ((void)(heap), (void)(saved), false)

#else

enum { LATER_FREES = 2 };

void qi_later_serve(const struct quarry_heap *heap);

/* At the end of each call, under the lock. */
BITS_INLINE void later_serve(const struct quarry_heap *heap)
{
    if (!bits_likely(!later_waits(&heap->later)))
        qi_later_serve(heap);
}

/* Frees all that waits, and leaves the lock in between. False: there was nothing. */
bool qi_later_serve_all(struct quarry_heap *heap, uintptr_t *saved);

#define later_serve_all qi_later_serve_all

#endif

#endif
