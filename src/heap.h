/* SPDX-License-Identifier: MIT
 *
 * heap.h: the heap: which layer serves a request, where a block lies, and what realloc does.
 *
 * Requests up to BIN_MAX_BYTES are small; up to what a free run or a fresh chunk holds, large; beyond that, huge. Where
 * memory is short the source is asked for a chunk. A chunk of the source's without a block is kept as a spare; the
 * second one is released. No function here locks or asks on_oom: that is the API's.
 *
 *   region of a heap:     +--------------------+-------+------+- - -+--------+-- ... --+
 *                         | struct quarry_heap | codes | maps | pad | page 0 |         |
 *   first chunk of a      +--------------------+---------------------+-------+------+- - -+--------+-- ... --+
 *   source:               | struct quarry_heap | struct heap_sourced | codes | maps | pad | page 0 |         |
 *                         +--------------------+---------------------+-------+------+- - -+--------+-- ... --+
 *
 * Invariants
 *   H1  used_bytes and blocks are the sums over all live blocks (QUARRY_STATS)
 *   H2  used_bytes <= used_peak_bytes
 */
#ifndef QUARRY_HEAP_H
#define QUARRY_HEAP_H

#include "huge.h"
#include "large.h"
#include "lock.h"
#include "small.h"

struct quarry_heap {
    struct bin_set bins;
    bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes);
    size_t used_bytes;
    size_t used_peak_bytes;
    size_t blocks;
    size_t failures;
    LOCK_FIELD
};

/* What a heap on a source has besides; it follows the heap. */
struct heap_sourced {
    struct quarry_source provider;
    size_t chunk_bytes;
    struct added_chunk *spare; /* was without a block when it was last looked at; NULL: none */
};

_Static_assert(offsetof(struct quarry_heap, bins.runs.chunks.source.guard) == 0, "the guard's address is the heap's");
_Static_assert(sizeof(void *) != 4 || QUARRY_PAGE_BYTES != 64 ||
                       sizeof(struct quarry_heap) <= (QUARRY_LOCK == QUARRY_LOCK_SMP ? 324 : 320),
               "a small heap's fixed control data stays small");

/* A block that was found to be live. */
struct heap_block {
    enum quarry_block_kind kind;
    unsigned slot;      /* small */
    struct bin_run run; /* large: chunk and page only; huge: chunk only */
};

BITS_INLINE struct chunk_set *heap_chunks(struct quarry_heap *heap)
{
    return &heap->bins.runs.chunks;
}

BITS_INLINE struct source *heap_source(struct quarry_heap *heap)
{
    return &heap->bins.runs.chunks.source;
}

BITS_INLINE struct heap_sourced *heap_sourced(struct quarry_heap *heap)
{
    return (struct heap_sourced *)(void *)(heap + 1);
}

BITS_INLINE void heap_count_taken(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    heap->blocks++;
    heap->used_bytes += bytes;
    if (heap->used_bytes > heap->used_peak_bytes)
        heap->used_peak_bytes = heap->used_bytes;
}

BITS_INLINE void heap_count_given(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    heap->blocks--;
    heap->used_bytes -= bytes;
}

/* Which live block starts at address? 0 and block filled in, or what is wrong with it. Nothing at address is read.
 * level 0 asks only what a live block needs. */
BITS_INLINE unsigned heap_locate(const struct quarry_heap *heap, const void *address, unsigned level,
                                 struct heap_block *block)
{
    block->kind = QUARRY_HUGE; /* every field, so that no compiler wonders */
    block->slot = 0;
    block->run.chunk = NULL;
    block->run.page = 0;
    block->run.code = PAGE_NOTHING;
    struct chunk *chunk = (struct chunk *)(uintptr_t)chunk_find(&heap->bins.runs.chunks, address);
    if (chunk == NULL)
        return QUARRY_INVALID_POINTER;
    size_t granule = chunk_granule(chunk, address);
    block->run.chunk = chunk;
    if (granule >= chunk->granules)
        return chunk->granules == 0 && address == chunk->pages ? 0 : QUARRY_INVALID_POINTER;
    block->run.page = (pages_t)(granule >> UNITS_PAGE_GRANULE_SHIFT);
    unsigned code = block->run.code = chunk_run_code(chunk, &block->run.page);
    if (bits_likely(code >= PAGE_SMALL)) {
        block->kind = QUARRY_SMALL;
        block->slot = bin_slot_at(&block->run, granule);
        if (level == 0)
            return 0;
        if (block->slot == BIN_NO_SLOT)
            return QUARRY_INVALID_POINTER;
        return small_is_used(&block->run, block->slot) ? 0 : QUARRY_DOUBLE_FREE;
    }
    block->kind = QUARRY_LARGE;
    if (level == 0)
        return 0;
    if (granule != (size_t)block->run.page << UNITS_PAGE_GRANULE_SHIFT)
        return QUARRY_INVALID_POINTER;
    return code == PAGE_LARGE ? 0 : code == PAGE_FREE ? QUARRY_DOUBLE_FREE : QUARRY_INVALID_POINTER;
}

size_t qi_heap_usable_bytes(const struct heap_block *block);

/* What a block for so many bytes would have. bytes is at most UNITS_REQUEST_MAX_BYTES. */
size_t qi_heap_good_bytes(const struct quarry_heap *heap, size_t bytes);

/* A block of bytes (at most UNITS_REQUEST_MAX_BYTES) at a multiple of align_bytes (likewise, a power of two). */
void *qi_heap_take(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* Gives back a large or huge block. Nothing changes after a report of damage. */
void qi_heap_give_pages(struct quarry_heap *heap, struct chunk *chunk, pages_t page);

/* Gives back a small block of which small_give() said SMALL_LAST, SMALL_LISTED. Nothing changes after a report. */
void qi_heap_give_last(struct quarry_heap *heap, struct chunk *chunk, pages_t page, unsigned slot);
void qi_heap_give_listed(struct quarry_heap *heap, struct chunk *chunk, pages_t page, unsigned slot);

/* Gives a live block back. Nothing changes after a report of damage. */
static inline void heap_give(struct quarry_heap *heap, const struct heap_block *block)
{
    if (block->kind != QUARRY_SMALL) {
        qi_heap_give_pages(heap, block->run.chunk, block->run.page);
        return;
    }
    enum small_given given = small_give(&heap->bins, &block->run, block->slot);
    if (given == SMALL_LAST)
        qi_heap_give_last(heap, block->run.chunk, block->run.page, block->slot);
    else if (given == SMALL_LISTED)
        qi_heap_give_listed(heap, block->run.chunk, block->run.page, block->slot);
    else
        heap_count_given(heap, bin_slot_bytes(bin_of_code(block->run.code)));
}

/* Changes a live block's size where it lies. */
bool qi_heap_resize(struct quarry_heap *heap, const struct heap_block *block, size_t bytes);

/* Changes a live block's size and place; NULL: there is no memory, the block is as it was. */
void *qi_heap_realloc(struct quarry_heap *heap, const struct heap_block *block, void *address, size_t bytes,
                      size_t align_bytes);

/* Lays a heap out in memory; sourced: on a provider. NULL: does not fit. */
struct quarry_heap *qi_heap_format(void *memory, size_t bytes, const struct quarry_options *options,
                                   const struct quarry_source *provider, size_t chunk_bytes);

/* Adds a region; the caller has asked for overlap and limit. */
bool qi_heap_add_region(struct quarry_heap *heap, uint8_t *start, size_t bytes);

size_t qi_heap_trim(struct quarry_heap *heap);
void qi_heap_reset(struct quarry_heap *heap);
void qi_heap_destroy(struct quarry_heap *heap);

#endif
