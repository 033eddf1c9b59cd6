/* SPDX-License-Identifier: MIT
 *
 * retry.h: on_oom, and one attempt at a request for emalloc, whose calls try a request again themselves.
 *
 * Such a layer changes a block in several steps. on_oom may free that very block, so the layer finds the block again
 * after each time that on_oom was asked. Each function costs what quarry_malloc() does, or what the hook does.
 */
#ifndef QUARRY_RETRY_H
#define QUARRY_RETRY_H

#include "cores/free_later.h"

/* Frees what waits or is cached, or asks on_oom, without the lock, whether to try again. The lock is held otherwise. */
BITS_INLINE bool retry_ask(struct quarry_heap *heap, size_t bytes, uintptr_t *saved)
{
    if (later_serve_all(heap, saved) || cache_flush(heap))
        return true;
    if (heap->on_oom == NULL)
        return false;
    if (!control_matches(heap, on_oom_check, ~(uintptr_t)heap->on_oom) ||
        !reporter_is_valid(&heap_source(heap)->reporter)) {
        qi_report(&heap_source(heap)->reporter, QUARRY_CORRUPT, &heap->on_oom, bytes);
        return false;
    }
    lock_leave(heap, *saved);
    bool again = heap->on_oom(heap_source(heap)->reporter.context, heap, bytes);
    *saved = lock_enter(heap);
    return again;
}

/* quarry_malloc(), but on_oom is not asked, and a refused request is not counted. */
void *qi_retry_malloc(struct quarry_heap *heap, size_t bytes);

/* Asks on_oom whether to try a request again, if a heap could serve it. False: it is refused, which is counted. */
bool qi_retry_ask(struct quarry_heap *heap, size_t bytes);

#endif
