/* SPDX-License-Identifier: MIT
 *
 * blocks.c: the public functions that allocate and free a block, and say what a pointer is. on_oom is asked outside the
 * lock, so it may call the heap.
 */
#include "bytes.h"
#include "call.h"
#include "hot.h"
#include "retry.h"

/* --- allocating --- */

/* Ends a request that was tried once: on_oom is asked while there is no block. The lock is held; it is released. */
static BITS_NOINLINE void *end_request(struct quarry_heap *heap, size_t bytes, size_t align_bytes, void *block,
                                       uintptr_t saved)
{
    while (block == NULL && bytes <= UNITS_REQUEST_MAX_BYTES && retry_ask(heap, bytes, &saved))
        block = debug_allocate(heap, bytes, align_bytes);
    if (block == NULL)
        call_count_failure(heap);
    call_leave(heap, saved);
    return block;
}

/* The same of one that was not tried yet. */
static void *allocate_any(struct quarry_heap *heap, size_t bytes, size_t align_bytes, uintptr_t saved)
{
    void *block = bytes <= UNITS_REQUEST_MAX_BYTES ? debug_allocate(heap, bytes, align_bytes) : NULL;
    return end_request(heap, bytes, align_bytes, block, saved);
}

/* A small block, when its bin is damaged, or a callback runs, which makes it look so. The lock is held; it is
 * released. */
static BITS_COLD void *allocate_despite_damage(struct quarry_heap *heap, size_t bytes, unsigned index, uintptr_t saved)
{
    if (source_is_busy(heap_source(heap)))
        return qi_call_reentered(heap, NULL, bytes, saved);
    const void *place = index < BIN_COUNT ? (const void *)&heap->bins.bins[index] : &heap_source(heap)->hot;
    qi_call_report(heap, QUARRY_CORRUPT, place, 0);
    return allocate_any(heap, bytes, 1, saved);
}

/* A small block, when its bin's current run is full, or there is none. The lock is held; it is released. */
static BITS_NOINLINE void *allocate_from_next_run(struct quarry_heap *heap, size_t bytes, unsigned index,
                                                  uintptr_t saved)
{
    void *block = qi_bin_allocate(&heap->bins, index);
    if (!bits_likely(block != NULL))
        return end_request(heap, bytes, 1, debug_allocate_small_from_more(heap, bytes), saved);
    heap_count_allocated(heap, bin_slot_bytes(index));
    block = debug_hot_allocated(heap, block, bytes, bin_slot_bytes(index));
    call_leave(heap, saved);
    return block;
}

/* A large block, from pages that the heap has, or whatever else. The lock is held; it is released. */
static BITS_NOINLINE void *allocate_large(struct quarry_heap *heap, size_t bytes, uintptr_t saved)
{
    if (!bits_likely(!source_is_busy(heap_source(heap))))
        return qi_call_reentered(heap, NULL, bytes, saved);
    if (!bits_likely(bytes - 1 < debug_hot_bytes(UNITS_REQUEST_MAX_BYTES))) /* 0 too */
        return allocate_any(heap, bytes, 1, saved);
    size_t pages = units_pages_from_bytes(bytes);
    void *block = qi_large_allocate(&heap->bins.runs, pages);
    if (!bits_likely(block != NULL))
        return end_request(heap, bytes, 1, debug_allocate_from_more(heap, bytes), saved);
    heap_count_allocated(heap, units_bytes_from_pages(pages));
    block = debug_hot_allocated(heap, block, bytes, units_bytes_from_pages(pages));
    call_leave(heap, saved);
    return block;
}

/* The hot path: a slot of a bin's current run. The hot paths are closed while a callback runs. */
void *quarry_malloc(struct quarry_heap *heap, size_t bytes)
{
    void *block = cached_allocate(heap, bytes);
    if (block != NULL)
        return block;
    uintptr_t saved = lock_enter(heap);
    if (lock_overlaps(saved))
        return qi_call_reentered(heap, NULL, bytes, saved);
    const size_t last = bytes - 1; /* of 0 bytes: the largest number */
    if (!bits_likely(last < debug_hot_bytes(heap_source(heap)->hot.bytes)))
        return allocate_large(heap, bytes, saved);
    const unsigned bin = bin_of_last_byte(last);
    const enum small_opened opened = hot_allocate(heap, bytes, bin, &block);
    if (bits_likely(opened == SMALL_OPEN)) {
        call_leave(heap, saved);
        return block;
    }
    if (opened == SMALL_DAMAGED)
        return allocate_despite_damage(heap, bytes, bin, saved);
    return allocate_from_next_run(heap, bytes, bin, saved);
}

void *quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    size_t total = bits_multiply(count, bytes);
    void *block = quarry_malloc(heap, total);
    if (block != NULL)
        qi_bytes_clear(block, total);
    return block;
}

void *quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, NULL, bytes, saved);
    if (!call_alignment_is_valid(align_bytes))
        bytes = SIZE_MAX;
    return allocate_any(heap, bytes, align_bytes, saved);
}

/* --- freeing --- */

/* Everything but the hot path of quarry_free(). The lock is held; it is released. */
static BITS_NOINLINE void free_any(struct quarry_heap *heap, void *address, uintptr_t saved)
{
    if (!bits_likely(!source_is_busy(heap_source(heap)))) {
        qi_call_reentered(heap, address, 0, saved);
        return;
    }
    struct heap_block block;
    if (address != NULL && qi_call_find(heap, address, 0, &block)) {
        if (block.kind != QUARRY_HUGE)
            chunk_make_hot(heap_chunks(heap), block.run.chunk);
        debug_free(heap, address, &block);
    }
    call_leave(heap, saved);
}

/* The hot chunk; NULL: it is damaged, which is reported. */
static inline struct chunk *hot_chunk(struct quarry_heap *heap)
{
    struct chunk *hot = chunk_hot(heap_chunks(heap));
    if (!control_valid(hot != NULL))
        qi_call_report(heap, QUARRY_CORRUPT, heap_source(heap)->hot.pages, 0);
    return hot;
}

/* A run of small blocks of the hot chunk, of which more than a bit is about to change. False: it is damaged, which is
 * reported. */
static inline bool find_hot_run(struct quarry_heap *heap, size_t page, struct bin_run *run)
{
    run->chunk = hot_chunk(heap);
    if (!control_valid(run->chunk != NULL))
        return false;
    run->page = page;
    run->code = run->chunk->codes[page];
    if (bits_likely(bin_run_is_valid(run)))
        return true;
    qi_call_report(heap, QUARRY_CORRUPT, bin_run_start(run), 0);
    return false;
}

/* A slot of a run of the hot chunk that was full, or of which it is the last used one. */
static BITS_NOINLINE void free_slot_and_more(struct quarry_heap *heap, size_t page, unsigned slot, uintptr_t saved)
{
    struct bin_run run;
    if (find_hot_run(heap, page, &run)) {
        const size_t bytes = bin_shape_bytes(bin_shape_of(run.code)); /* the code may be gone */
        heap_note_freed(heap, run.chunk, qi_bin_free(&heap->bins, &run, slot), bytes);
    }
    call_leave(heap, saved);
}

/* A large block of the hot chunk. */
static BITS_NOINLINE void free_large(struct quarry_heap *heap, size_t page, uintptr_t saved)
{
    struct chunk *hot = hot_chunk(heap);
    size_t pages = control_valid(hot != NULL) ? control_length_at_start(hot->maps, page) : 0;
    if (bits_likely(control_valid(hot != NULL) && run_length_is_valid(hot, page, pages))) {
        debug_hot_freed(heap, chunk_page_address(hot, page), units_bytes_from_pages(pages));
        heap_note_freed(heap, hot, qi_run_free(&heap->bins.runs, hot, page, pages), units_bytes_from_pages(pages));
    } else if (control_valid(hot != NULL)) {
        qi_call_report(heap, QUARRY_CORRUPT, hot->codes + page, 0);
    }
    call_leave(heap, saved);
}

/* Frees a block of the hot chunk; false, nothing done: it is no live block of that. */
BITS_INLINE bool free_in_hot_chunk(struct quarry_heap *heap, void *address, uintptr_t saved)
{
    struct hot_place place;
    const unsigned code = hot_find(heap, address, &place);
    if (!bits_likely(code >= PAGE_SMALL)) {
        if (code != PAGE_LARGE || place.offset != 0 || !debug_hot_may_free(address))
            return false;
        free_large(heap, place.page, saved);
        return true;
    }
    const struct bin_shape *shape = bin_shape_of(code);
    const unsigned slot = bin_slot_at(shape, place.offset);
    switch (hot_free(heap, address, &place, shape, slot, bin_shape_bytes(shape))) {
    case SMALL_FREED:
        call_leave(heap, saved);
        return true;
    case SMALL_MORE:
        free_slot_and_more(heap, place.page, slot, saved);
        return true;
    default:
        return false;
    }
}

/* A block outside the hot chunk: its chunk becomes the hot one. */
static BITS_NOINLINE void free_outside_hot_chunk(struct quarry_heap *heap, void *address, uintptr_t saved)
{
    struct chunk *chunk = run_chunk_of(&heap->bins.runs, debug_hot_address(address));
    if (!BITS_FOR_SIZE && chunk != NULL && chunk_holds(chunk, debug_hot_address(address)) &&
        !source_is_busy(heap_source(heap))) {
        chunk_make_hot(heap_chunks(heap), chunk);
        if (free_in_hot_chunk(heap, address, saved))
            return;
    }
    free_any(heap, address, saved);
}

/* The hot path: a small block of the hot chunk, which is a heap's only one or the one in which the block before was
 * found. The hot paths are closed while a callback runs. Each way out of the hot path ends in one call, so it needs no
 * stack beyond a few registers'. */
void quarry_free(struct quarry_heap *heap, void *address)
{
    if (cached_free(heap, address))
        return;
    uintptr_t saved = lock_enter(heap);
    if (lock_overlaps(saved))
        qi_call_reentered(heap, address, 0, saved);
    else if (!free_in_hot_chunk(heap, address, saved))
        free_outside_hot_chunk(heap, address, saved);
}

/* Is it a live block that was not asked for with so many bytes, or may it be? That is reported. */
static BITS_NOINLINE bool has_other_size(struct quarry_heap *heap, void *address, size_t bytes)
{
    uintptr_t saved;
    struct heap_block block;
    if (!call_enter(heap, &saved)) { /* for quarry_free() to report */
        call_leave(heap, saved);
        return false;
    }
    unsigned wrong = debug_find(heap, address, CALLER_IS_CHECKED, &block);
    if (wrong == 0 && !debug_size_fits(heap, &block, bytes))
        wrong = QUARRY_WRONG_SIZE;
    call_leave(heap, saved);
    if (wrong != QUARRY_WRONG_SIZE && wrong != QUARRY_CORRUPT) /* what else there is quarry_free() reports */
        return false;
    call_report_outside(heap, wrong, address, bytes);
    return true;
}

void quarry_free_sized(struct quarry_heap *heap, void *address, size_t bytes)
{
    if (control_valid(!has_other_size(heap, address, bytes)))
        quarry_free(heap, address);
}

/* --- asking --- */

size_t quarry_usable_size(struct quarry_heap *heap, const void *address)
{
    uintptr_t saved;
    if (address == NULL)
        return 0;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, address, 0, saved) != NULL;
    struct heap_block block;
    size_t bytes = 0;
    if (qi_call_find(heap, address, 0, &block))
        bytes = debug_widen(heap, address, &block);
    call_leave(heap, saved);
    return bytes;
}

size_t quarry_good_size(const struct quarry_heap *heap, size_t bytes)
{
    return bytes <= UNITS_REQUEST_MAX_BYTES ? debug_good_bytes(heap, bytes) : 0;
}

bool quarry_owns(const struct quarry_heap *heap, const void *pointer)
{
    uintptr_t saved = lock_enter(heap);
    struct heap_block block;
    unsigned wrong = debug_find(heap, pointer, 1, &block); /* at every check level; what is written beside lives */
    bool live = wrong == 0 || wrong == QUARRY_OVERRUN;
    call_leave(heap, saved);
    return live;
}
