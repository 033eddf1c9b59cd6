/* SPDX-License-Identifier: MIT
 *
 * unit.h: what the unit tests share: a heap whose layers are called one by one, and the check of all of it.
 * Layers below the heap do not keep its figures of blocks, so unit_settle() counts them before the check is
 * asked. Heaps are as small as the machine wants them: they go through test_memory(), which skips a test if it
 * has too little. Does not: reach below a layer's header; the tests do, each for its own layer.
 */
#ifndef QUARRY_UNIT_H
#define QUARRY_UNIT_H

#include "test_heap.h"

#include "../../src/debug/debug.h"

static inline bool unit_add(void *context, const struct quarry_block *block)
{
    if (!block->free)
        heap_count_allocated(context, block->bytes);
    return true;
}

/* Is everything sound, the figures of blocks apart? Blocks taken by a layer's own functions are counted here. */
static inline bool unit_settle(struct quarry_heap *heap)
{
    heap->frees = heap->requests;
    heap->below_peak_bytes = heap->used_peak_bytes;
    return qi_check_walk(heap, unit_add, heap) && qi_check_heap(heap);
}

/* Bytes of a region in which the heap has at least so many pages, wherever it starts. */
static inline size_t unit_region_bytes(size_t pages)
{
    const unsigned class = run_class(pages + 2), classes = class < RUN_SHORT_CLASSES ? RUN_SHORT_CLASSES : class + 1;
    return QUARRY_ALIGN_BYTES + sizeof(struct quarry_heap) + classes * sizeof(void *) + CHUNK_CONTROL_BYTES(pages + 1) +
           4 + (pages + 2) * QUARRY_PAGE_BYTES;
}

/* A heap of at least so many pages; NULL: the test has been skipped. */
static inline struct quarry_heap *unit_heap(size_t pages)
{
    return test_heap(unit_region_bytes(pages), 0);
}

/* Does the smallest chunk of a source hold some pages? If not, the test has been skipped. */
static inline bool unit_source_fits(void)
{
    const bool fits = QUARRY_PAGE_BYTES <= 4096;
    if (!fits)
        test_skip("pages are too long for the smallest chunk, bytes:", QUARRY_PAGE_BYTES);
    return fits;
}

static inline struct chunk *unit_first(struct quarry_heap *heap)
{
    return &heap_chunks(heap)->first;
}

static inline size_t unit_page_of(const struct chunk *chunk, const void *address)
{
    return chunk_offset(chunk, address) >> UNITS_PAGE_SHIFT;
}

/* Has the bin's current run a free slot? */
static inline bool small_has_slot(const struct bin_set *set, unsigned index)
{
    struct small_current current;
    return small_open(&set->bins[index], &current) == SMALL_OPEN;
}

/* It, of so many bytes; NULL: there is none. */
static inline void *small_take(const struct bin_set *set, unsigned index, size_t slot_bytes)
{
    struct small_current current;
    return small_open(&set->bins[index], &current) == SMALL_OPEN ? small_allocate_from(&current, slot_bytes) : NULL;
}

/* The live block at an address; if there is none, the test has failed. */
static inline struct heap_block unit_find(const struct quarry_heap *heap, const void *address)
{
    struct heap_block found;
    CHECK_EQ(qi_heap_locate(heap, address, 1, &found), 0);
    return found;
}

#endif
