/* SPDX-License-Identifier: MIT
 *
 * call.h: what every public call begins and ends with: the lock, re-entry, reports.
 *
 * A call on a heap stands between call_enter() and call_leave(). call_enter() answers false for a call from one of the
 * heap's own source callbacks.
 */
#ifndef QUARRY_CALL_H
#define QUARRY_CALL_H

#include "cores/free_later.h"

/* A heap lies in memory that it may write, whatever a caller's pointer says. */
BITS_INLINE struct quarry_heap *call_writable(const struct quarry_heap *heap)
{
    return (struct quarry_heap *)(uintptr_t)heap;
}

/* Reports a misuse from inside a call. False, so that a call may end in it. */
bool qi_call_report(const struct quarry_heap *heap, unsigned kind, const void *pointer, size_t bytes);

/* The same without the lock. */
BITS_INLINE void call_report_outside(const struct quarry_heap *heap, unsigned kind, const void *pointer, size_t bytes)
{
    memory_work_begins();
    qi_call_report(heap, kind, pointer, bytes);
    memory_work_ends();
}

/* Is the block live? If not, that is reported. */
bool qi_call_find(const struct quarry_heap *heap, const void *address, size_t bytes, struct heap_block *block);

BITS_INLINE void call_leave(const struct quarry_heap *heap, uintptr_t saved)
{
    later_serve(heap);
    debug_after_call(heap);
    lock_leave(heap, saved);
}

/* Acquires the lock; false if one of the heap's own source callbacks is running, or a call that no lock keeps out: then
 * qi_call_reentered() is the answer. (A lock that excludes its owner too, as QUARRY_LOCK_SMP does, stops such a call
 * before it gets here.) */
BITS_INLINE bool call_enter(const struct quarry_heap *heap, uintptr_t *saved)
{
    *saved = lock_enter(heap);
    if (lock_overlaps(*saved))
        return false;
    return bits_likely(!source_is_busy(&heap->bins.runs.chunks.source));
}

/* Counts a request that is not served. */
BITS_INLINE void call_count_failure(struct quarry_heap *heap)
{
    if (QUARRY_STATS != 0)
        heap->failures++;
}

BITS_INLINE bool call_alignment_is_valid(size_t align_bytes)
{
    return bits_is_power_of_two(align_bytes) && align_bytes <= UNITS_REQUEST_MAX_BYTES / 4;
}

/* quarry_resize(); also of a block that one heap has lent to another, which has marks of its own. */
bool qi_call_resize(struct quarry_heap *heap, void *block, size_t bytes, bool is_lent);

/* Leaves and reports; NULL, so that a hot path may end in a call of it. */
void *qi_call_reentered(const struct quarry_heap *heap, const void *pointer, size_t bytes, uintptr_t saved);

#endif
