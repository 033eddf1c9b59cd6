/* SPDX-License-Identifier: MIT
 *
 * retry.c: see retry.h.
 */
#include "retry.h"

void *qi_retry_malloc(struct quarry_heap *heap, size_t bytes)
{
    uintptr_t saved = lock_enter(heap);
    if (source_is_busy(heap_source(heap)) || lock_overlaps(saved)) {
        lock_leave(heap, saved);
        report_unlocked(&heap_source(heap)->reporter, QUARRY_REENTRY, NULL, bytes);
        return NULL;
    }
    void *block = bytes <= UNITS_REQUEST_MAX_BYTES ? debug_allocate(heap, bytes, 1) : NULL;
    lock_leave(heap, saved);
    return block;
}

bool qi_retry_ask(struct quarry_heap *heap, size_t bytes)
{
    uintptr_t saved = lock_enter(heap);
    bool can_ask = bytes <= UNITS_REQUEST_MAX_BYTES && !source_is_busy(heap_source(heap));
    bool again = can_ask && retry_ask(heap, bytes, &saved);
    if (!again && QUARRY_STATS != 0)
        heap->failures++;
    lock_leave(heap, saved);
    return again;
}
