/* SPDX-License-Identifier: MIT
 *
 * hot.h: the hot paths of malloc and free, which most calls take: a slot of a bin's current run, and a slot of the hot
 * chunk.
 *
 * blocks.c and emalloc.h have them inline, each with its own way out. While a callback runs the hot paths are closed:
 * then no request is small enough, and the hot chunk has no page.
 */
#ifndef QUARRY_HOT_H
#define QUARRY_HOT_H

#include "debug/debug.h"
#include "small.h"

/* A block for a request of so many bytes, counted and marked, in *block. If the bin's current run is not open, nothing
 * has changed. There may be no such bin if the hot limits are damaged. */
BITS_INLINE enum small_opened hot_allocate(struct quarry_heap *heap, size_t bytes, unsigned bin, void **block)
{
    struct small_current current;
    if (!control_valid(bin < BIN_COUNT))
        return SMALL_DAMAGED;
    const enum small_opened opened = small_open(&heap->bins.bins[bin], &current);
    if (bits_likely(opened == SMALL_OPEN)) {
        const size_t slot_bytes = bin_bytes_of_last_byte(bytes - 1, bin);
        void *slot = small_allocate_from(&current, slot_bytes);
        heap_count_allocated(heap, slot_bytes);
        *block = debug_hot_allocated(heap, slot, bytes, slot_bytes);
    }
    return opened;
}

/* Where a pointer leads in the hot chunk. */
struct hot_place {
    const struct control_pages *pages; /* of the chunk */
    size_t page;                       /* the run's first */
    size_t offset;                     /* from the run's start */
};

/* The code of the run in which a pointer of an owner lies; PAGE_NOTHING: in none of the hot chunk. */
BITS_INLINE unsigned hot_find(const struct quarry_heap *heap, const void *address, struct hot_place *place)
{
    place->pages = control_hot_pages(&heap->bins.runs.chunks.source.hot);
    if (!control_valid(place->pages != NULL))
        return PAGE_NOTHING;
    const size_t offset =
            chunk_offset_in(place->pages, debug_hot_address(address)); /* of NULL too: no page lies there */
    place->page = offset >> UNITS_PAGE_SHIFT;
    if (!bits_likely(place->page < place->pages->page_count))
        return PAGE_NOTHING;
    const unsigned code = chunk_run_code(place->pages->codes, &place->page);
    place->offset = offset - (place->page << UNITS_PAGE_SHIFT);
    return code;
}

/* Frees a slot of the run that was found, of so many bytes, which is counted and marked. SMALL_WRONG: it is no live
 * block's. SMALL_MORE: it is marked only, and all else is still to be done. */
BITS_INLINE enum small_freed hot_free(struct quarry_heap *heap, void *address, const struct hot_place *place,
                                      const struct bin_shape *shape, unsigned slot, size_t slot_bytes)
{
    if (!bits_likely(caller_valid(slot < shape->slots)) || !debug_hot_may_free(address) || cache_manages(heap, address))
        return SMALL_WRONG;
    const enum small_freed freed = small_free(chunk_map_in(place->pages, place->page), shape, slot);
    if (freed == SMALL_FREED)
        heap_count_freed(heap, slot_bytes);
    if (freed != SMALL_WRONG)
        debug_hot_freed(heap, address, slot_bytes);
    return freed;
}

#endif
