/* SPDX-License-Identifier: MIT
 *
 * heap_calls.h: a heap's calls and figures as NuttX has them, for both managers.
 *
 * Where there is no heap (before it is initialised, or on too short a region) each request is NULL, figures are 0, and
 * a block to be freed ends in PANIC(), as every wrong pointer does (lock.c).
 */
#ifndef QUARRY_NUTTX_HEAP_CALLS_H
#define QUARRY_NUTTX_HEAP_CALLS_H

#include <assert.h>
#include <malloc.h>
#include <stdbool.h>
#include <string.h>

#include "quarry.h"

static inline void *heap_malloc(struct quarry_heap *heap, size_t size)
{
    return heap == NULL ? NULL : quarry_malloc(heap, size);
}

static inline void *heap_calloc(struct quarry_heap *heap, size_t count, size_t size)
{
    return heap == NULL ? NULL : quarry_calloc(heap, count, size);
}

static inline void *heap_memalign(struct quarry_heap *heap, size_t alignment, size_t size)
{
    return heap == NULL ? NULL : quarry_aligned_alloc(heap, alignment, size);
}

static inline void heap_free(struct quarry_heap *heap, void *memory)
{
    if (heap != NULL)
        quarry_free(heap, memory);
    else if (memory != NULL)
        PANIC();
}

/* A size of 0 frees. */
static inline void *heap_realloc(struct quarry_heap *heap, void *memory, size_t size)
{
    if (memory != NULL && (size == 0 || heap == NULL)) {
        heap_free(heap, memory);
        return NULL;
    }
    return heap == NULL ? NULL : quarry_realloc(heap, memory, size);
}

static inline size_t heap_size_of(struct quarry_heap *heap, void *memory)
{
    return heap == NULL ? 0 : quarry_usable_size(heap, memory);
}

static inline bool heap_has(struct quarry_heap *heap, void *memory)
{
    return heap != NULL && quarry_owns(heap, memory);
}

static inline void heap_add_region(struct quarry_heap *heap, void *start, size_t size)
{
    if (heap == NULL || !quarry_add_region(heap, start, size))
        PANIC();
}

static inline struct quarry_stats stats_of(struct quarry_heap *heap)
{
    struct quarry_stats stats;
    memset(&stats, 0, sizeof stats);
    if (heap != NULL)
        quarry_get_stats(heap, &stats);
    return stats;
}

/* Damage is reported, so it ends in PANIC(). */
static inline void heap_check(struct quarry_heap *heap)
{
    if (heap != NULL)
        (void)quarry_check(heap);
}

static inline struct mallinfo figures_of(struct quarry_heap *heap)
{
    const struct quarry_stats stats = stats_of(heap);
    struct mallinfo info;
    memset(&info, 0, sizeof info);
    info.arena = (int)stats.acquired_bytes;
    info.ordblks = (int)stats.free_runs;
    info.aordblks = (int)stats.blocks;
    info.mxordblk = (int)stats.largest_free_bytes;
    info.uordblks = (int)stats.used_bytes;
    info.fordblks = (int)stats.free_bytes;
    info.usmblks = (int)stats.used_peak_bytes;
    return info;
}

#endif
