/* SPDX-License-Identifier: MIT
 *
 * current.h: which heap each core's emalloc() is served by.
 *
 * This state and that of manager.c are the only state of the library that lies in no heap. A core has two pointers: the
 * current heap, and the hot heap. The hot heap is the current one while the hot paths may serve from it without further
 * questions. Otherwise it is a heap that has nothing: its bins have no free slot, and its chunk has no page. So the hot
 * paths need not ask for custom handlers, observers, callbacks that run, or a heap that is not there. Each function is
 * a few instructions.
 */
#ifndef QUARRY_CURRENT_H
#define QUARRY_CURRENT_H

#include "../debug/debug.h"

/* Can emalloc() have hot paths? It cannot if every call carries its place, nor if the lock lies in the heap, since no
 * lock lies in the heap that has nothing, nor if the lock is a hook of the user's. */
enum {
    CURRENT_HAS_HOT =
            QUARRY_TRACK == 0 && DEBUG_HAS_HOT && (QUARRY_LOCK == QUARRY_LOCK_NONE || QUARRY_LOCK == QUARRY_LOCK_IRQ)
};

_Static_assert(!CURRENT_HAS_HOT || QUARRY_CORES == 1, "the hot pointer is changed by one core");

struct core {
    struct quarry_heap *hot;     /* never NULL */
    struct quarry_heap *current; /* lock_shared_load() reads it */
};

extern struct core qi_cores[QUARRY_CORES] __attribute__((visibility("hidden")));

BITS_INLINE struct core *current_core(void)
{
    return QUARRY_CORES == 1 ? qi_cores : &qi_cores[QUARRY_CORE_INDEX()];
}

/* The heap of emalloc() on this core; NULL: none. */
BITS_INLINE struct quarry_heap *current_heap(void)
{
    return lock_shared_load(&current_core()->current);
}

/* May the functions of quarry.h serve from heap, which is the current heap of this core? */
BITS_INLINE bool current_is_hot(const struct quarry_heap *heap)
{
    return CURRENT_HAS_HOT && current_core()->hot == heap;
}

/* Makes heap the current one of this core (NULL: there is none then), and answers the one before. */
struct quarry_heap *qi_current_set(struct quarry_heap *heap, bool is_hot);

/* Opens or closes the hot paths, if this is the current heap. */
void qi_current_open(const struct quarry_heap *heap, bool is_hot);

/* Every core whose current heap this is has none from now on. */
void qi_current_forget(struct quarry_heap *heap);

#endif
