/* SPDX-License-Identifier: MIT
 *
 * heap.c: see heap.h. Allocating, freeing, changing.
 */
#include "heap.h"

/* A block that was allocated a moment ago: nothing was written to its memory, and it gets its canary. */
static void *begin_life(struct quarry_heap *heap, void *address, size_t asked_bytes)
{
    struct heap_block block;
    if (qi_heap_locate(heap, address, 1, &block) != 0) { /* something was damaged meanwhile */
        qi_heap_report_damage(heap, address);
        return NULL;
    }
    if (block.kind == QUARRY_SMALL) /* pages have been looked at; a huge block comes from the source */
        qi_list_verify(heap_chunks(heap), address, qi_heap_whole_bytes(&block));
    qi_heap_write_canary(heap, &block, asked_bytes);
    heap_count_allocated(heap, asked_bytes);
    return address;
}

/* A live block gets another size, in a slot or pages that have room for it. */
static void change_asked(struct quarry_heap *heap, const struct heap_block *block, size_t old_bytes, size_t asked_bytes)
{
    qi_heap_write_canary(heap, block, asked_bytes);
    heap_count_resized(heap, old_bytes, asked_bytes);
}

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

static void *allocate_pages(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    size_t pages = units_pages_from_bytes(bytes);
    void *block = qi_large_allocate(&heap->bins.runs, pages, align_bytes);
    if (block != NULL) {
        heap_count_whole(heap, units_bytes_from_pages(pages));
        heap_note_oversized(heap, QUARRY_LARGE, bytes, units_bytes_from_pages(pages));
    }
    return block;
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
        heap_count_whole(heap, bytes);
    return block;
}

void *qi_heap_allocate_from_chunks(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    unsigned bin = bytes > BIN_MAX_BYTES ? BIN_COUNT
                   : align_bytes <= 1    ? bin_of_bytes(bytes)
                                         : aligned_bin(bytes, align_bytes);
    if (bin == BIN_COUNT)
        return allocate_pages(heap, bytes, align_bytes);
    heap_note_oversized(heap, QUARRY_SMALL, bytes, bin_slot_bytes(bin));
    return allocate_slot(heap, bin);
}

/* Would pages of its own give a small block just the size of its slot? */
static bool pages_fit_exactly(size_t bytes)
{
    return bytes <= BIN_MAX_BYTES && bin_slot_bytes(bin_of_bytes(bytes)) % QUARRY_PAGE_BYTES == 0;
}

BITS_NOINLINE void *qi_heap_allocate_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    void *block = NULL;
    if (qi_bin_free_idle_run(&heap->bins))
        block = qi_heap_allocate_from_chunks(heap, bytes, align_bytes);
    if (block == NULL && pages_fit_exactly(bytes)) /* one slot may find room where a run of several does not */
        block = allocate_pages(heap, bytes, align_bytes);
    if (block == NULL && sourced != NULL)
        block = sourced->growth->allocate(heap, bytes, align_bytes);
    /* Memory is short: a small block may still fit pages of its own where no run of its bin does. */
    if (block == NULL && bytes <= BIN_MAX_BYTES)
        block = allocate_pages(heap, bytes, align_bytes);
    return block;
}

void *qi_heap_allocate(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    size_t whole = heap_whole_request(bytes);
    if (whole == 0) /* the smallest block */
        whole = 1;
    void *block = qi_heap_allocate_from_chunks(heap, whole, align_bytes);
    if (block == NULL && qi_heap_flush(heap))
        block = qi_heap_allocate_from_chunks(heap, whole, align_bytes);
    if (block == NULL)
        block = qi_heap_allocate_more(heap, whole, align_bytes);
    return FILL_IS_ON && block != NULL ? begin_life(heap, block, heap_asked_for(bytes)) : block;
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

/* What waits at a place of the ring, which is then empty; NULL: nothing, or the place is damaged. */
static void *stop_waiting(struct quarry_heap *heap, unsigned place)
{
    void *address = heap_waiting(heap)[place];
    heap_waiting(heap)[place] = NULL;
    if (address != NULL && (uintptr_t)address != ~heap_waiting_check(heap)[place]) {
        qi_heap_report_damage(heap, &heap_waiting(heap)[place]);
        return NULL;
    }
    return address;
}

/* The slot of a block that has waited may be allocated again; what was written to it meanwhile is reported. */
static void end_waiting(struct quarry_heap *heap, void *address)
{
    struct heap_block block;
    if (qi_heap_locate(heap, address, 1, &block) != 0)
        return;
    const size_t bytes = qi_heap_whole_bytes(&block);
    qi_list_verify(heap_chunks(heap), address, bytes - sizeof(uintptr_t));
    if (qi_heap_examine(heap, &block) != QUARRY_DOUBLE_FREE)
        qi_report_write(&heap_source(heap)->reporter, canary_tail(address, bytes));
    qi_fill(address, bytes);
    if (free_memory(heap, &block) == RUN_FREED_ALL)
        qi_heap_emptied(heap, block.run.chunk);
}

/* Puts a small block in the place of the one that has waited longest. */
static void begin_waiting(struct quarry_heap *heap, const struct heap_block *block)
{
    const unsigned place = *heap_oldest(heap) % HEAP_WAITING;
    void *longest = stop_waiting(heap, place);
    *heap_oldest(heap) = (place + 1) % HEAP_WAITING;
    heap_waiting(heap)[place] = heap_block_start(block);
    heap_waiting_check(heap)[place] = ~(uintptr_t)heap_block_start(block);
    heap_count_freed(heap, qi_heap_usable_bytes(heap, block));
    qi_canary_write_dead(&heap_source(heap)->reporter, heap_block_start(block), qi_heap_whole_bytes(block));
    if (longest != NULL)
        end_waiting(heap, longest);
}

bool qi_heap_flush(struct quarry_heap *heap)
{
    bool any = false;
    for (unsigned i = 0; FILL_IS_ON && i < HEAP_WAITING; i++) {
        void *address = stop_waiting(heap, i);
        any |= address != NULL;
        if (address != NULL)
            end_waiting(heap, address);
    }
    return any;
}

BITS_NOINLINE void qi_heap_free(struct quarry_heap *heap, const struct heap_block *block)
{
    if (FILL_IS_ON && block->kind == QUARRY_SMALL) {
        begin_waiting(heap, block);
        return;
    }
    size_t bytes = FILL_IS_ON ? qi_heap_usable_bytes(heap, block) : qi_heap_whole_bytes(block);
    enum run_freed given = free_memory(heap, block);
    if (given != RUN_REFUSED)
        heap_count_freed(heap, bytes);
    if (given == RUN_FREED_ALL)
        qi_heap_emptied(heap, block->run.chunk);
}

size_t qi_heap_trim(struct quarry_heap *heap)
{
    qi_heap_flush(heap);
    qi_bin_free_idle_run(&heap->bins);
    return heap_sourced_or_null(heap) != NULL ? heap_sourced(heap)->growth->trim(heap) : 0;
}

/* --- changing --- */

/* Frees what only waits to be allocated again; false: nothing does. */
BITS_INLINE bool free_waiting(struct quarry_heap *heap)
{
    bool any = FILL_IS_ON && qi_heap_flush(heap);
    return qi_bin_free_idle_run(&heap->bins) || any;
}

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
    if (control_valid(qi_heap_locate(heap, mark_bare(address), 1, &found) == 0 && is_same(&found, block)))
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

/* Guarded: is what says where a block ends undamaged? */
static bool has_known_end(const struct heap_block *block)
{
    const struct chunk *chunk = block->run.chunk;
    return chunk_is_valid(chunk) &&
           (block->kind != QUARRY_HUGE || chunk_origin_is_valid((const struct added_chunk *)(const void *)chunk));
}

BITS_NOINLINE bool qi_heap_resize(struct quarry_heap *heap, struct heap_block *block, size_t bytes)
{
    const size_t old_bytes = qi_heap_whole_bytes(block), asked_bytes = bytes;
    const uint8_t *start = heap_block_start(block);
    const size_t old_asked = FILL_IS_ON ? qi_heap_usable_bytes(heap, block) : 0; /* while its canary is where it was */
    bool done;
    bytes = heap_whole_request(bytes);
    if (block->kind == QUARRY_SMALL) {
        done = bytes <= old_bytes;
    } else if (block->kind == QUARRY_HUGE) {
        done = resize_huge_block(heap, block, bytes);
    } else {
        size_t pages = bytes == 0 ? 1 : units_pages_from_bytes(bytes);
        done = qi_large_resize(&heap->bins.runs, block->run.chunk, block->run.page, pages) ||
               (free_waiting(heap) && is_where_it_was(heap, block, start) &&
                qi_large_resize(&heap->bins.runs, block->run.chunk, block->run.page, pages));
    }
    if (!has_known_end(block)) /* damaged while a callback ran, which was reported */
        return done && bytes <= old_bytes;
    if (!done)
        return false;
    if (FILL_IS_ON) {
        change_asked(heap, block, old_asked, heap_asked_for(asked_bytes));
    } else {
        const size_t new_bytes = qi_heap_whole_bytes(block);
        if (block->kind != QUARRY_SMALL)
            heap_count_resized(heap, old_bytes, new_bytes);
        heap_note_oversized(heap, block->kind, bytes, new_bytes);
    }
    return true;
}

/* Would a block of another kind or bin be better than changing this one where it lies? */
static bool should_move(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (block->kind == QUARRY_SMALL)
        return bytes > BIN_MAX_BYTES || bin_of_bytes(bytes == 0 ? 1 : bytes) != bin_of_code(block->run.code);
    if (block->kind == QUARRY_HUGE)
        return bytes <= BIN_MAX_BYTES || units_pages_from_bytes(bytes) <= heap_fresh_chunk_pages(heap);
    return bytes <= BIN_MAX_BYTES;
}

void *qi_heap_place(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes, size_t align_bytes)
{
    const size_t old_bytes = qi_heap_usable_bytes(heap, block);
    bool placed = ((uintptr_t)address & (align_bytes - 1)) == 0;
    if (placed && !should_move(heap, block, heap_whole_request(bytes)) && qi_heap_resize(heap, block, bytes))
        return address;
    void *other = qi_heap_allocate(heap, bytes, align_bytes);
    if (other != NULL)
        return heap_mark_allocated(heap, other, bytes);
    /* Then where it is. Shrinking never fails: its pages may stay as many as they are. */
    if (!placed || !is_where_it_was(heap, block, address))
        return placed && bytes <= old_bytes ? address : NULL;
    if (qi_heap_resize(heap, block, bytes))
        return address;
    if (bytes > old_bytes)
        return NULL;
    if (FILL_IS_ON)
        change_asked(heap, block, old_bytes, heap_asked_for(bytes));
    return address;
}
