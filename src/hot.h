/* SPDX-License-Identifier: MIT
 *
 * hot.h: the hot path of malloc, which most requests take: a slot of a bin's current run.
 *
 * blocks.c and emalloc.h have it inline, each with its own way out. While a callback runs the hot paths are closed:
 * then no request is small enough, or, from check level 2, no bin is valid.
 */
#ifndef QUARRY_HOT_H
#define QUARRY_HOT_H

#include "heap.h"
#include "small.h"

/* Requests of so many bytes and less have a bin. */
BITS_INLINE size_t hot_most_bytes(const struct quarry_heap *heap)
{
    return control_hot_bytes(&heap->bins.runs.chunks.source.hot, BIN_MAX_BYTES);
}

/* A block for a request of so many bytes, counted and marked, in *block. If the bin's current run is not open, nothing
 * has changed. */
BITS_INLINE enum small_opened hot_allocate(struct quarry_heap *heap, size_t bytes, unsigned bin, void **block)
{
    struct small_current current;
    const enum small_opened opened = small_open(&heap->bins.bins[bin], &current);
    if (bits_likely(opened == SMALL_OPEN)) {
        const size_t slot_bytes = bin_bytes_of_last_byte(bytes - 1, bin);
        void *slot = small_allocate_from(&current, slot_bytes);
        heap_count_allocated(heap, slot_bytes);
        *block = heap_mark_live(heap, slot, bytes, slot_bytes);
    }
    return opened;
}

#endif
