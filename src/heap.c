/* SPDX-License-Identifier: MIT
 *
 * heap.c: see heap.h. Allocating, freeing, changing.
 */
#include "heap.h"

/* --- allocating --- */

/* The bin whose slots all lie at multiples of align_bytes and hold so many bytes; BIN_COUNT: none. Runs begin at page
 * boundaries, so it is enough that the slot size is a multiple. */
static unsigned aligned_bin(size_t bytes, size_t align_bytes)
{
    if (align_bytes > QUARRY_PAGE_BYTES || align_bytes > BIN_MAX_BYTES)
        return BIN_COUNT;
    size_t rounded = bits_round_up(bytes, align_bytes);
    if (rounded > BIN_MAX_BYTES) /* GCOVR_EXCL_BR_LINE: never, as both are powers of two or below */
        return BIN_COUNT;        /* GCOVR_EXCL_LINE: never, see above */
    unsigned bin = bin_of_bytes(rounded);
    /* Sizes are multiples of a step of their own; align_bytes divides the step, or else is a multiple of it. */
    return (bin_slot_bytes(bin) & (align_bytes - 1)) == 0 ? bin : BIN_COUNT; /* GCOVR_EXCL_BR_LINE: so it always is */
}

/* Counts a block on pages of its own, if there is one. */
static void *count_pages(struct quarry_heap *heap, void *block, size_t bytes)
{
    const size_t whole_bytes = units_bytes_from_pages(units_pages_from_bytes(bytes));
    if (block != NULL) {
        heap_count_allocated(heap, whole_bytes);
        heap_note_oversized(heap, QUARRY_LARGE, bytes, whole_bytes);
    }
    return block;
}

void *qi_heap_allocate_pages(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const size_t pages = units_pages_from_bytes(bytes);
    void *block = align_bytes > QUARRY_PAGE_BYTES ? qi_large_allocate_aligned(&heap->bins.runs, pages, align_bytes)
                                                  : qi_large_allocate(&heap->bins.runs, pages);
    return count_pages(heap, block, bytes);
}

/* Pages of its own for a small block, where its bin finds no run. */
static void *allocate_pages_for_small(struct quarry_heap *heap, size_t bytes)
{
    return count_pages(heap, qi_large_allocate_small(&heap->bins.runs, units_pages_from_bytes(bytes)), bytes);
}

static void *allocate_slot(struct quarry_heap *heap, unsigned bin)
{
    size_t bytes = bin_slot_bytes(bin);
    struct small_current current;
    enum small_opened opened = small_open(&heap->bins.bins[bin], &current);
    if (opened == SMALL_DAMAGED) {
        qi_heap_report_damage(heap, &heap->bins.bins[bin]);
        return NULL;
    }
    void *block = opened == SMALL_OPEN ? small_allocate_from(&current, bytes) : qi_bin_allocate(&heap->bins, bin);
    if (block != NULL)
        heap_count_allocated(heap, bytes);
    return block;
}

void *qi_heap_allocate_from_chunks(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    unsigned bin = bytes > BIN_MAX_BYTES ? BIN_COUNT
                   : align_bytes <= 1    ? bin_of_bytes(bytes)
                                         : aligned_bin(bytes, align_bytes);
    if (bin == BIN_COUNT)
        return qi_heap_allocate_pages(heap, bytes, align_bytes);
    heap_note_oversized(heap, QUARRY_SMALL, bytes, bin_slot_bytes(bin));
    return allocate_slot(heap, bin);
}

BITS_NOINLINE void *qi_heap_allocate_from_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    return sourced != NULL ? sourced->growth->allocate(heap, bytes, align_bytes) : NULL;
}

BITS_NOINLINE void *qi_heap_allocate_small_from_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const bool fits_pages_exactly = bin_slot_bytes(bin_of_bytes(bytes)) % QUARRY_PAGE_BYTES == 0;
    void *block;
    if (heap_source(heap)->provider != NULL && !fits_pages_exactly) {
        block = qi_heap_allocate_from_more(heap, bytes, align_bytes);
        return block != NULL ? block : allocate_pages_for_small(heap, bytes);
    }
    /* Where pages are as good as a slot, they may find room where a run of several slots does not. */
    block = allocate_pages_for_small(heap, bytes);
    return block != NULL ? block : qi_heap_allocate_from_more(heap, bytes, align_bytes);
}

void *qi_heap_allocate(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    if (bytes == 0) /* the smallest block */
        bytes = 1;
    void *block = qi_heap_allocate_from_chunks(heap, bytes, align_bytes);
    if (block != NULL)
        return block;
    return bytes <= BIN_MAX_BYTES && align_bytes <= QUARRY_PAGE_BYTES
                   ? qi_heap_allocate_small_from_more(heap, bytes, align_bytes)
                   : qi_heap_allocate_from_more(heap, bytes, align_bytes);
}

/* --- freeing --- */

BITS_COLD void qi_heap_emptied(struct quarry_heap *heap, struct chunk *chunk)
{
    if (chunk != &heap_chunks(heap)->first && heap_sourced_or_null(heap) != NULL)
        heap_sourced(heap)->growth->emptied(heap, (struct added_chunk *)chunk);
}

/* Gives a block's memory back. */
BITS_INLINE enum run_freed free_memory(struct quarry_heap *heap, const struct heap_block *block)
{
    struct chunk *chunk = block->run.chunk;
    if (block->kind == QUARRY_SMALL)
        return qi_bin_free(&heap->bins, &block->run, block->slot);
    if (block->kind == QUARRY_LARGE)
        return qi_large_free(&heap->bins.runs, chunk, block->run.page);
    return heap_sourced_or_null(heap) != NULL ? heap_sourced(heap)->growth->free_huge(heap, (struct added_chunk *)chunk)
                                              : qi_heap_report_damage(heap, heap_sourced(heap));
}

BITS_NOINLINE void qi_heap_free(struct quarry_heap *heap, const struct heap_block *block)
{
    size_t bytes = qi_heap_whole_bytes(block);
    if (block->kind == QUARRY_SMALL && !cache_let_go(heap, heap_block_start(block)))
        return;
    enum run_freed freed = free_memory(heap, block);
    heap_note_freed(heap, block->run.chunk, freed, bytes);
}

size_t qi_heap_trim(struct quarry_heap *heap)
{
    return heap_sourced_or_null(heap) != NULL ? heap_sourced(heap)->growth->trim(heap) : 0;
}

/* --- changing --- */

static bool is_same(const struct heap_block *one, const struct heap_block *other)
{
    return one->kind == other->kind && one->slot == other->slot && one->run.chunk == other->run.chunk &&
           one->run.page == other->run.page;
}

/* Is a block still what was found at this address? Damage may have been done while a callback ran; then it is
 * reported. */
static bool is_where_it_was(const struct quarry_heap *heap, const struct heap_block *block, const void *address)
{
    struct heap_block found;
    if (control_valid(qi_heap_locate(heap, address, 1, &found) == 0 && is_same(&found, block)))
        return true;
    qi_heap_report_damage(heap, address);
    return false;
}

/* The block's struct may come to stand elsewhere. */
static bool resize_huge_block(struct quarry_heap *heap, struct heap_block *block, size_t bytes)
{
    struct added_chunk *huge = (struct added_chunk *)block->run.chunk;
    const bool done = heap_sourced_or_null(heap) != NULL && heap_sourced(heap)->growth->resize_huge(heap, &huge, bytes);
    block->run.chunk = &huge->chunk;
    return done;
}

/* Is what says where a block ends undamaged? */
static bool has_known_end(const struct heap_block *block)
{
    const struct chunk *chunk = block->run.chunk;
    return chunk_is_valid(chunk) &&
           (block->kind != QUARRY_HUGE || chunk_origin_is_valid((const struct added_chunk *)(const void *)chunk));
}

BITS_NOINLINE bool qi_heap_resize(struct quarry_heap *heap, struct heap_block *block, size_t bytes)
{
    const size_t old_bytes = qi_heap_whole_bytes(block);
    bool done;
    if (block->kind == QUARRY_SMALL) {
        done = bytes <= old_bytes;
    } else if (block->kind == QUARRY_HUGE) {
        done = resize_huge_block(heap, block, bytes);
    } else {
        size_t pages = bytes == 0 ? 1 : units_pages_from_bytes(bytes);
        done = qi_large_resize(&heap->bins.runs, block->run.chunk, block->run.page, pages);
    }
    if (!has_known_end(block)) /* damaged while a callback ran, which was reported */
        return done && bytes <= old_bytes;
    if (!done)
        return false;
    const size_t new_bytes = qi_heap_whole_bytes(block);
    if (block->kind != QUARRY_SMALL)
        heap_count_resized(heap, old_bytes, new_bytes);
    heap_note_oversized(heap, block->kind, bytes, new_bytes);
    return true;
}

void *qi_heap_place(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes, size_t align_bytes)
{
    const size_t old_bytes = qi_heap_whole_bytes(block);
    bool placed = ((uintptr_t)address & (align_bytes - 1)) == 0;
    if (placed && !heap_should_move(heap, block, bytes) && qi_heap_resize(heap, block, bytes))
        return address;
    void *other = qi_heap_allocate(heap, bytes, align_bytes);
    if (other != NULL)
        return other;
    /* Then where it is. Shrinking never fails: its pages may stay as many as they are. */
    if (!placed || !is_where_it_was(heap, block, address))
        return placed && bytes <= old_bytes ? address : NULL;
    if (qi_heap_resize(heap, block, bytes))
        return address;
    return bytes > old_bytes ? NULL : address;
}
