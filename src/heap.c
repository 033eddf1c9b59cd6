/* SPDX-License-Identifier: MIT
 *
 * heap.c: see heap.h. Looking up, then sizes, allocating, freeing, changing, and the life of a heap.
 */
#include "heap.h"

#include "bytes.h"

/* RUN_REFUSED, so that a function may end in it. */
static BITS_COLD enum run_freed report_damage(const struct quarry_heap *heap, const void *place)
{
    qi_report_damage(&heap->bins.runs.chunks.source.reporter, place);
    return RUN_REFUSED;
}

/* --- looking up --- */

BITS_NOINLINE unsigned qi_heap_locate(const struct quarry_heap *heap, const void *address, unsigned level,
                                      struct heap_block *block)
{
    struct chunk *chunk = run_chunk_of(&heap->bins.runs, address);
    block->kind = QUARRY_HUGE; /* every field, so that no compiler wonders */
    block->slot = 0;
    block->run.chunk = chunk;
    block->run.page = 0;
    block->run.code = PAGE_NOTHING;
    if (chunk == NULL)
        return chunk_is_valid(&heap->bins.runs.chunks.first) ? QUARRY_INVALID_POINTER : QUARRY_CORRUPT;
    size_t offset = chunk_offset(chunk, address);
    size_t page = offset >> UNITS_PAGE_SHIFT;
    if (page >= chunk->page_count) {
        if (chunk->page_count != 0 || offset != 0)
            return QUARRY_INVALID_POINTER;
        /* Whether it is live, and how long it is, depends on its origin. */
        if (!chunk_origin_is_valid((const struct added_chunk *)(const void *)chunk))
            return QUARRY_CORRUPT;
        return chunk_is_idle(chunk) ? QUARRY_DOUBLE_FREE : 0;
    }
    unsigned code = chunk_run_code(chunk->codes, &page);
    block->run.code = code;
    block->run.page = page;
    offset -= page << UNITS_PAGE_SHIFT;
    if (bits_likely(code >= PAGE_SMALL)) {
        const struct bin_shape *shape = bin_shape_of(code);
        block->kind = QUARRY_SMALL;
        block->slot = bin_slot_at(shape, offset);
        if (!bin_run_is_valid(&block->run))
            return QUARRY_CORRUPT;
        if (level != 0 && block->slot >= shape->slots)
            return QUARRY_INVALID_POINTER;
        return level == 0 || small_is_used(&block->run, block->slot) ? 0 : QUARRY_DOUBLE_FREE;
    }
    block->kind = QUARRY_LARGE;
    if (level == 0)
        return 0;
    if (offset != 0) /* on an edge: a damaged code leads before the first page */
        return UNITS_GUARDED && code == PAGE_EDGE ? QUARRY_CORRUPT : QUARRY_INVALID_POINTER;
    if (UNITS_GUARDED && code == PAGE_LARGE &&
        !run_length_is_valid(chunk, page, chunk_length_at_start(chunk->maps, page)))
        return QUARRY_CORRUPT;
    return code == PAGE_LARGE ? 0 : page_code_is_free(code) ? QUARRY_DOUBLE_FREE : QUARRY_INVALID_POINTER;
}

/* --- sizes --- */

size_t qi_heap_whole_bytes(const struct heap_block *block)
{
    switch (block->kind) {
    case QUARRY_SMALL:
        return bin_slot_bytes(bin_of_code(block->run.code));
    case QUARRY_LARGE:
        return units_bytes_from_pages(chunk_length_at_start(block->run.chunk->maps, block->run.page));
    default:
        return huge_usable_bytes(block->run.chunk);
    }
}

size_t qi_heap_room_bytes(const struct heap_block *block)
{
    return qi_heap_whole_bytes(block) - HEAP_CANARY_BYTES;
}

static uint8_t *block_start(const struct heap_block *block)
{
    const struct bin_run *run = &block->run;
    return block->kind == QUARRY_HUGE    ? run->chunk->pages
           : block->kind == QUARRY_LARGE ? chunk_page_address(run->chunk, run->page)
                                         : bin_run_start(run) + block->slot * qi_heap_whole_bytes(block);
}

size_t qi_heap_usable_bytes(const struct quarry_heap *heap, const struct heap_block *block)
{
    size_t asked_bytes;
    if (!FILL_IS_ON)
        return qi_heap_room_bytes(block);
    heap_canary(heap, block_start(block), qi_heap_whole_bytes(block), &asked_bytes);
    return asked_bytes;
}

/* Pages in a fresh chunk of the heap's source; 0: regions only. */
static size_t fresh_chunk_pages(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    return sourced != NULL ? sourced->chunk_pages : 0;
}

/* What a block is asked for with that many bytes: the smallest block has one. */
static size_t asked_for(size_t bytes)
{
    return bytes != 0 ? bytes : 1;
}

/* The bytes of the slot or the pages for so many bytes, canary included. It reads only what stays as it was when the
 * heap was made, since it may be asked without the lock. */
static size_t good_whole_bytes(const struct quarry_heap *heap, size_t bytes)
{
    if (bytes <= BIN_MAX_BYTES)
        return bin_slot_bytes(bin_of_bytes(bytes == 0 ? 1 : bytes));
    size_t pages = units_pages_from_bytes(bytes);
    if (heap_sourced_or_null(heap) == NULL || pages <= fresh_chunk_pages(heap))
        return pages << UNITS_PAGE_SHIFT;
    return huge_good_bytes(bytes);
}

size_t qi_heap_good_whole_bytes(const struct quarry_heap *heap, size_t bytes)
{
    return good_whole_bytes(heap, heap_whole_request(bytes));
}

size_t qi_heap_good_bytes(const struct quarry_heap *heap, size_t bytes)
{
    return FILL_IS_ON ? asked_for(bytes) : good_whole_bytes(heap, heap_whole_request(bytes)) - HEAP_CANARY_BYTES;
}

/* What a block of that kind has for so many bytes, if nothing makes it larger. */
static size_t good_bytes_of_kind(unsigned kind, size_t bytes)
{
    if (kind == QUARRY_HUGE)
        return huge_good_bytes(bytes);
    if (bytes > BIN_MAX_BYTES)
        return units_bytes_from_pages(units_pages_from_bytes(bytes));
    return bin_slot_bytes(bin_of_bytes(bytes == 0 ? 1 : bytes));
}

/* Notes that a request was served with a larger block than that; both with their canary. */
static void note_oversized(struct quarry_heap *heap, unsigned kind, size_t bytes, size_t block_bytes)
{
    if (QUARRY_CHECK_LEVEL >= 2 && good_bytes_of_kind(kind, bytes) != block_bytes)
        heap_set_oversized(heap, true);
}

bool qi_heap_size_fits(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (FILL_IS_ON)
        return asked_for(bytes) == qi_heap_usable_bytes(heap, block);
    if (bytes > qi_heap_room_bytes(block))
        return false;
    return heap_has_oversized_blocks(heap) ||
           good_bytes_of_kind(block->kind, bytes + HEAP_CANARY_BYTES) == qi_heap_whole_bytes(block);
}

/* --- canaries --- */

static void write_canary(const struct quarry_heap *heap, const struct heap_block *block, size_t asked_bytes)
{
    qi_canary_write(&heap->bins.runs.chunks.source.reporter, block_start(block), qi_heap_whole_bytes(block),
                    asked_bytes);
}

unsigned qi_heap_examine(const struct quarry_heap *heap, const struct heap_block *block)
{
    size_t asked_bytes;
    enum canary_state state = heap_canary(heap, block_start(block), qi_heap_whole_bytes(block), &asked_bytes);
    return state == CANARY_LIVE ? 0 : state == CANARY_DEAD ? (unsigned)QUARRY_DOUBLE_FREE : (unsigned)QUARRY_OVERRUN;
}

/* A block that was allocated a moment ago: nothing was written to its memory, and it gets its canary. */
static void *begin_life(struct quarry_heap *heap, void *address, size_t asked_bytes)
{
    struct heap_block block;
    if (qi_heap_locate(heap, address, 1, &block) != 0) { /* something was damaged meanwhile */
        report_damage(heap, address);
        return NULL;
    }
    if (block.kind == QUARRY_SMALL) /* pages have been looked at; a huge block comes from the source */
        qi_list_verify(heap_chunks(heap), address, qi_heap_whole_bytes(&block));
    write_canary(heap, &block, asked_bytes);
    heap_count_allocated(heap, asked_bytes);
    return address;
}

/* A live block gets another size, in a slot or pages that have room for it. */
static void change_asked(struct quarry_heap *heap, const struct heap_block *block, size_t old_bytes, size_t asked_bytes)
{
    write_canary(heap, block, asked_bytes);
    heap_count_freed(heap, old_bytes);
    heap_count_allocated(heap, asked_bytes);
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

/* Counts a block in by its slot or pages; from check level 3 begin_life() does it by what was asked for. */
BITS_INLINE void count_whole(struct quarry_heap *heap, size_t whole_bytes)
{
    if (!FILL_IS_ON)
        heap_count_allocated(heap, whole_bytes);
}

static void *allocate_pages(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    size_t pages = units_pages_from_bytes(bytes);
    void *block = qi_large_allocate(&heap->bins.runs, pages, align_bytes);
    if (block != NULL) {
        count_whole(heap, units_bytes_from_pages(pages));
        note_oversized(heap, QUARRY_LARGE, bytes, units_bytes_from_pages(pages));
    }
    return block;
}

static void *allocate_slot(struct quarry_heap *heap, unsigned bin)
{
    size_t bytes = bin_slot_bytes(bin);
    struct small_current current;
    enum small_opened opened = small_open(&heap->bins.bins[bin], &current);
    if (opened == SMALL_DAMAGED) {
        report_damage(heap, &heap->bins.bins[bin]);
        return NULL;
    }
    void *block = opened == SMALL_OPEN ? small_allocate_from(&current, bytes) : qi_bin_allocate(&heap->bins, bin);
    if (block != NULL)
        count_whole(heap, bytes);
    return block;
}

/* From the chunks that there are. */
static void *allocate_from_chunks(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    unsigned bin = bytes > BIN_MAX_BYTES ? BIN_COUNT
                   : align_bytes <= 1    ? bin_of_bytes(bytes)
                                         : aligned_bin(bytes, align_bytes);
    if (QUARRY_CHECK_LEVEL >= 2 && bin != BIN_COUNT)
        note_oversized(heap, QUARRY_SMALL, bytes, bin_slot_bytes(bin));
    return bin == BIN_COUNT ? allocate_pages(heap, bytes, align_bytes) : allocate_slot(heap, bin);
}

/* Would pages of its own give a small block just the size of its slot? */
static bool pages_fit_exactly(const struct quarry_heap *heap, size_t bytes)
{
    return bytes <= BIN_MAX_BYTES && good_whole_bytes(heap, bytes) % QUARRY_PAGE_BYTES == 0;
}

BITS_NOINLINE void *qi_heap_allocate_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    void *block = NULL;
    if (qi_bin_free_idle_run(&heap->bins))
        block = allocate_from_chunks(heap, bytes, align_bytes);
    if (block == NULL && pages_fit_exactly(heap, bytes)) /* one slot may find room where a run of several does not */
        block = allocate_pages(heap, bytes, align_bytes);
    if (block == NULL && sourced != NULL)
        block = sourced->growth->take(heap, bytes, align_bytes);
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
    void *block = allocate_from_chunks(heap, whole, align_bytes);
    if (block == NULL && qi_heap_flush(heap))
        block = allocate_from_chunks(heap, whole, align_bytes);
    if (block == NULL)
        block = qi_heap_allocate_more(heap, whole, align_bytes);
    return FILL_IS_ON && block != NULL ? begin_life(heap, block, asked_for(bytes)) : block;
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
                                              : report_damage(heap, heap_sourced(heap));
}

/* What waits at a place of the ring, which is then empty; NULL: nothing, or the place is damaged. */
static void *stop_waiting(struct quarry_heap *heap, unsigned place)
{
    void *address = heap_waiting(heap)[place];
    heap_waiting(heap)[place] = NULL;
    if (address != NULL && (uintptr_t)address != ~heap_waiting_check(heap)[place]) {
        report_damage(heap, &heap_waiting(heap)[place]);
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
    heap_waiting(heap)[place] = block_start(block);
    heap_waiting_check(heap)[place] = ~(uintptr_t)block_start(block);
    heap_count_freed(heap, qi_heap_usable_bytes(heap, block));
    qi_canary_write_dead(&heap_source(heap)->reporter, block_start(block), qi_heap_whole_bytes(block));
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

/* Guarded: is a block still what was found at this address? Damage may have been done while a callback ran; then it is
 * reported. */
static bool is_where_it_was(const struct quarry_heap *heap, const struct heap_block *block, const void *address)
{
    struct heap_block found;
    if (!UNITS_GUARDED)
        return true;
    if (qi_heap_locate(heap, mark_bare(address), 1, &found) == 0 && found.kind == block->kind &&
        found.slot == block->slot && found.run.chunk == block->run.chunk && found.run.page == block->run.page)
        return true;
    report_damage(heap, address);
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
    const uint8_t *start = block_start(block);
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
        change_asked(heap, block, old_asked, asked_for(asked_bytes));
    } else {
        const size_t new_bytes = qi_heap_whole_bytes(block);
        if (block->kind != QUARRY_SMALL) {
            heap_count_freed(heap, old_bytes);
            heap_count_allocated(heap, new_bytes);
        }
        note_oversized(heap, block->kind, bytes, new_bytes);
    }
    return true;
}

/* Would a block of another kind or bin be better than changing this one where it lies? */
static bool should_move(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (block->kind == QUARRY_SMALL)
        return bytes > BIN_MAX_BYTES || bin_of_bytes(bytes == 0 ? 1 : bytes) != bin_of_code(block->run.code);
    if (block->kind == QUARRY_HUGE)
        return bytes <= BIN_MAX_BYTES || units_pages_from_bytes(bytes) <= fresh_chunk_pages(heap);
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
        change_asked(heap, block, old_bytes, asked_for(bytes));
    return address;
}

/* --- the life of a heap --- */

struct quarry_heap *qi_heap_format(void *memory, size_t bytes, const struct quarry_options *options, uint8_t *control)
{
    struct quarry_heap *heap = memory;
    qi_bytes_clear(heap, sizeof *heap);
    if (UNITS_GUARDED) {
        qi_report_set_secret(&heap_source(heap)->reporter, options != NULL ? options->entropy : 0);
        chunk_set_link(&heap_chunks(heap)->first.next, NULL);
        chunk_set_link(&heap_chunks(heap)->root, NULL);
    }
    control = qi_run_place_heads(&heap->bins.runs, control, bytes);
    qi_bin_format(&heap->bins);
    struct chunk *first = &heap_chunks(heap)->first;
    first->bytes = bytes;
    if (!qi_chunk_format(first, control, (uintptr_t)memory + bytes))
        return NULL;
    heap_chunks(heap)->chunk_count = 1;
    heap_source(heap)->hot.bytes = UNITS_GUARDED ? SIZE_MAX : BIN_MAX_BYTES; /* guarded, it is no limit but a sign */
    chunk_make_hot(heap_chunks(heap), first);
    if (options != NULL) {
        heap_source(heap)->reporter.context = options->context;
        heap_source(heap)->reporter.on_misuse = options->on_misuse;
        heap_source(heap)->limit_bytes = options->limit_bytes;
        heap->on_oom = options->on_oom;
    }
    guard_keep(heap, on_oom_check, ~(uintptr_t)heap->on_oom);
    reporter_seal(&heap_source(heap)->reporter);
    bin_set_sentinels(&heap->bins);
    qi_source_seal(heap_source(heap));
    qi_run_add_first(&heap->bins.runs);
    return heap;
}

/* Is this a chunk of the heap, and not a damaged address? */
static bool is_added_chunk(const struct quarry_heap *heap, const struct added_chunk *added)
{
    return added != NULL && (!UNITS_GUARDED || qi_chunk_added_if_valid(&heap->bins.runs.chunks,
                                                                       (struct chunk *)(uintptr_t)added) != NULL);
}

bool qi_heap_add_region(struct quarry_heap *heap, uint8_t *start, size_t bytes)
{
    struct added_chunk *added = (struct added_chunk *)bits_round_up((uintptr_t)start, QUARRY_ALIGN_BYTES);
    size_t padding = (size_t)((uint8_t *)added - start);
    size_t tail = ((uintptr_t)start + bytes) & (QUARRY_PAGE_BYTES - 1);
    if (bytes < padding + sizeof *added + tail || qi_chunk_pages_that_fit(bytes - padding - sizeof *added - tail) == 0)
        return false; /* nothing was written to the region */
    added->chunk.bytes = bytes - padding;
    chunk_set_origin(added, added, false, padding);
    return qi_run_add_chunk(&heap->bins.runs, added);
}

/* --- growing: heaps on a source --- */

/* The most that a source says it can align to; at least a page. */
static size_t source_align_bytes(const struct quarry_source *provider)
{
    const size_t most = provider->align_max_bytes;
    return most <= QUARRY_PAGE_BYTES ? QUARRY_PAGE_BYTES : (size_t)1 << bits_highest(most);
}

/* (By pointer: small CPUs copy structs by memcpy.) */
static void describe_memory(struct quarry_heap *heap, struct huge_memory *memory)
{
    struct heap_sourced *sourced = heap_sourced(heap);
    memory->set = heap_chunks(heap);
    memory->reserve = sourced->provider.release == NULL ? &sourced->reserve : NULL;
    memory->align_bytes = source_align_bytes(&sourced->provider);
}

/* Idle memory for a chunk of so many bytes, or for a shorter one that has so many pages; NULL: there is none. */
static struct added_chunk *allocate_idle_chunk(const struct huge_memory *memory, size_t bytes, size_t pages)
{
    struct added_chunk *part = qi_reserve_find(memory->reserve, bytes, 0);
    if (part == NULL) {
        part = qi_reserve_longest(memory->reserve);
        if (part == NULL || qi_chunk_pages_that_fit(part->chunk.bytes - sizeof *part) < pages)
            return NULL;
        bytes = part->chunk.bytes;
    }
    return qi_reserve_allocate(memory->set, memory->reserve, part, bytes) ? part : NULL;
}

/* Adds a chunk, in which a run of so many pages fits. */
static bool add_chunk(struct quarry_heap *heap, size_t pages)
{
    const size_t bytes = heap_sourced(heap)->chunk_bytes;
    struct added_chunk *added = NULL;
    struct huge_memory memory;
    describe_memory(heap, &memory);
    if (memory.reserve != NULL)
        added = allocate_idle_chunk(&memory, bytes, pages);
    if (added == NULL)
        added = qi_huge_acquire(&memory, bytes, QUARRY_PAGE_BYTES);
    if (added == NULL)
        return false;
    if (qi_run_add_chunk(&heap->bins.runs, added)) /* GCOVR_EXCL_BR_LINE: the heap's first chunk has more in front */
        return true;
    /* GCOVR_EXCL_START: one that has no room even so; the heap would not be there */
    qi_huge_release(&memory, added);
    return false;
    /* GCOVR_EXCL_STOP */
}

/* Removes a chunk without a block from the heap, and gives it back to the source, or else makes it idle; its bytes, or
 * 0 after a report of damage. */
static size_t release_chunk(struct quarry_heap *heap, struct added_chunk *added)
{
    size_t bytes = added->chunk.bytes;
    struct huge_memory memory;
    if (!qi_run_remove_chunk(&heap->bins.runs, &added->chunk) || !qi_chunk_remove(heap_chunks(heap), added))
        return 0;
    describe_memory(heap, &memory);
    qi_huge_release(&memory, added);
    return bytes;
}

void qi_heap_chunk_emptied(struct quarry_heap *heap, struct added_chunk *added)
{
    struct added_chunk **cached = heap_sourced(heap)->cached_chunks, **room = NULL;
    if (!chunk_is_from_source(added))
        return;
    for (unsigned i = 0; i < HEAP_CACHED_CHUNKS; i++) {
        if (cached[i] == added)
            return;
        if (!is_added_chunk(heap, cached[i]) ||
            !qi_run_chunk_is_free(&cached[i]->chunk)) /* never was, or is in use again */
            room = &cached[i];
    }
    if (room != NULL)
        *room = added;
    else
        release_chunk(heap, added);
}

/* Releases every chunk without a block; their bytes. */
static size_t release_cached_chunks(struct quarry_heap *heap)
{
    struct added_chunk **cached = heap_sourced(heap)->cached_chunks;
    size_t bytes = 0;
    for (unsigned i = 0; i < HEAP_CACHED_CHUNKS; i++) {
        bytes += is_added_chunk(heap, cached[i]) ? release_chunk(heap, cached[i]) : 0;
        cached[i] = NULL;
    }
    return bytes;
}

static size_t trim(struct quarry_heap *heap)
{
    const size_t bytes = release_cached_chunks(heap);
    return heap_sourced(heap)->provider.release != NULL ? bytes : 0;
}

/* A huge block. Chunks without a block go if the source refuses; if it takes nothing back, before it is asked. */
static struct added_chunk *allocate_huge(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    struct added_chunk *huge = NULL;
    struct huge_memory memory;
    describe_memory(heap, &memory);
    if (memory.reserve == NULL) {
        huge = qi_huge_allocate(&memory, bytes, align_bytes);
        return huge != NULL || release_cached_chunks(heap) == 0 ? huge : qi_huge_allocate(&memory, bytes, align_bytes);
    }
    huge = qi_huge_allocate_idle(&memory, bytes, align_bytes);
    if (huge == NULL && release_cached_chunks(heap) != 0)
        huge = qi_huge_allocate_idle(&memory, bytes, align_bytes);
    return huge != NULL ? huge : qi_huge_allocate(&memory, bytes, align_bytes);
}

/* A fresh chunk, or a huge block where no chunk is long enough. */
void *qi_heap_allocate_from_source(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    size_t pages = units_pages_from_bytes(bytes);
    if (align_bytes > QUARRY_PAGE_BYTES)
        pages += (align_bytes >> UNITS_PAGE_SHIFT) - 1;
    if (pages <= fresh_chunk_pages(heap))
        return add_chunk(heap, pages) ? allocate_from_chunks(heap, bytes, align_bytes) : NULL;
    struct added_chunk *huge = allocate_huge(heap, bytes, align_bytes);
    if (huge == NULL)
        return NULL;
    count_whole(heap, huge_usable_bytes(&huge->chunk));
    note_oversized(heap, QUARRY_HUGE, bytes, huge_usable_bytes(&huge->chunk));
    return huge->chunk.pages;
}

enum run_freed qi_heap_free_huge(struct quarry_heap *heap, struct added_chunk *huge)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    return qi_huge_free(&memory, huge);
}

bool qi_heap_resize_huge(struct quarry_heap *heap, struct added_chunk **huge, size_t bytes)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    return qi_huge_resize(&memory, huge, bytes);
}

/* The largest request that an idle part serves: as a huge block, or as a chunk if no block so short is huge. */
static size_t largest_of_idle(const struct quarry_heap *heap, const struct added_chunk *part)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    if (sourced == NULL) /* damaged: no request is served from it */
        return 0;
    const size_t bytes = part->chunk.bytes, pages = qi_chunk_pages_that_fit(bytes - sizeof *part);
    return bytes > sourced->chunk_bytes || pages > sourced->chunk_pages ? bytes - RESERVE_HEADER_BYTES
                                                                        : units_bytes_from_pages(pages);
}

void qi_heap_add_idle(struct quarry_heap *heap, size_t *free_bytes, size_t *largest_free_bytes)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    if (memory.reserve == NULL)
        return;
    *free_bytes += memory.reserve->free_bytes;
    const struct added_chunk *part = qi_reserve_longest(memory.reserve);
    const size_t largest = part == NULL ? 0 : largest_of_idle(heap, part);
    if (largest > *largest_free_bytes)
        *largest_free_bytes = largest;
}

/* Lays a heap out in a chunk of the provider's. */
static struct quarry_heap *format_sourced(void *memory, size_t bytes, const struct quarry_options *options,
                                          const struct quarry_source *provider, size_t extra_bytes)
{
    struct heap_sourced *sourced = heap_sourced(memory);
    uint8_t *control = (uint8_t *)(sourced + 1) + bits_round_up(extra_bytes, sizeof(void *));
    struct quarry_heap *heap = qi_heap_format(memory, bytes, options, control);
    if (heap == NULL)
        return NULL;
    sourced->growth = &qi_heap_growth;
    sourced->provider.context = provider->context; /* field by field: a struct copy may become a memcpy */
    sourced->provider.acquire = provider->acquire;
    sourced->provider.release = provider->release;
    sourced->provider.extend = provider->extend;
    sourced->provider.truncate = provider->truncate;
    sourced->provider.align_max_bytes = provider->align_max_bytes;
    sourced->chunk_bytes = bytes;
    sourced->chunk_pages = qi_chunk_pages_that_fit(bytes - sizeof(struct added_chunk));
    qi_bytes_clear(sourced->cached_chunks, sizeof sourced->cached_chunks);
    qi_reserve_format(&sourced->reserve);
    guard_keep(sourced, seal, heap_sourced_sum(sourced));
    heap_source(heap)->provider = &sourced->provider;
    qi_source_seal(heap_source(heap));
    return heap;
}

struct quarry_heap *qi_heap_create_sourced(const struct quarry_source *provider, const struct quarry_options *options,
                                           size_t extra_bytes)
{
    size_t bytes = QUARRY_CHUNK_BYTES;
    if (options != NULL && options->chunk_bytes != 0)
        bytes = options->chunk_bytes;
    /* What stands in front of the pages, but for their codes and maps. */
    const size_t fixed_bytes =
            sizeof(struct quarry_heap) + sizeof(struct heap_sourced) + (RUN_CLASSES + 1) * sizeof(void *);
    if (!heap_chunk_bytes_are_valid(bytes) ||
        (extra_bytes != 0 && (fixed_bytes > bytes || extra_bytes > bytes - fixed_bytes)))
        return NULL;
    /* The heap is not there yet: a state of its own asks for the memory that it will lie in. */
    struct source asking;
    qi_bytes_clear(&asking, sizeof asking);
    asking.provider = provider;
    asking.limit_bytes = options != NULL ? options->limit_bytes : 0;
    reporter_seal(&asking.reporter);
    qi_source_seal(&asking);
    void *memory = qi_source_ask(&asking, bytes, QUARRY_PAGE_BYTES);
    if (memory == NULL || qi_source_accept(&asking, memory, bytes, QUARRY_PAGE_BYTES) == NULL)
        return NULL;
    mark_enter();
    struct quarry_heap *heap = format_sourced(memory, bytes, options, provider, extra_bytes);
    if (heap == NULL)
        qi_source_release(&asking, memory, bytes);
    else
        qi_source_count(heap_source(heap), bytes);
    if (heap != NULL)
        mark_heap_begins(heap);
    mark_leave();
    return heap;
}

/* The chunk after this one in the list; NULL: none, or after a report, where the list is damaged and its rest lost. */
static struct added_chunk *next_added(const struct quarry_heap *heap, const struct chunk *chunk)
{
    if (UNITS_GUARDED && qi_chunk_link_is_damaged(&chunk->next))
        report_damage(heap, &chunk->next);
    return chunk_link(&chunk->next);
}

/* Guarded: may an added chunk, or a huge block's memory, be given back with the length that it says? If not, that is
 * reported, and the memory is lost. */
static bool may_be_given_back(const struct quarry_heap *heap, const struct added_chunk *added)
{
    if (chunk_is_valid(&added->chunk) && chunk_origin_is_valid(added))
        return true;
    report_damage(heap, added);
    return false;
}

/* Gives an added chunk, or the memory of a huge block, back to the source, or else makes it a fresh chunk. */
static void reset_added(struct quarry_heap *heap, struct added_chunk *added)
{
    if (!may_be_given_back(heap, added))
        return;
    struct huge_memory memory;
    if (chunk_is_from_source(added) && !qi_run_heads_lie_in(&heap->bins.runs, added)) {
        describe_memory(heap, &memory);
        qi_huge_release(&memory, added);
    } else {
        qi_run_add_chunk(&heap->bins.runs, added);
    }
}

/* Can all chunks go back to where they came from? If not, that is reported. */
static bool may_end(const struct quarry_heap *heap)
{
    const struct source *source = &heap->bins.runs.chunks.source;
    if (!UNITS_GUARDED ||
        (qi_source_is_valid(source) && (source->provider == NULL || heap_sourced_or_null(heap) != NULL)))
        return true;
    report_damage(heap, source);
    return false;
}

void qi_heap_reset(struct quarry_heap *heap)
{
    struct run_set *runs = &heap->bins.runs;
    if (!may_end(heap))
        return;
    if (!chunk_is_valid(&runs->chunks.first)) {
        report_damage(heap, &runs->chunks.first);
        return;
    }
    qi_run_clear(runs);
    qi_bin_clear(&heap->bins);
    if (HEAP_NOTES_PEAK_LATE)
        heap->used_peak_bytes = heap_used_peak_bytes(heap);
    heap->below_peak_bytes = heap->used_peak_bytes;
    heap->blocks = 0;
    heap_set_oversized(heap, false);
    if (FILL_IS_ON)
        qi_bytes_clear(heap_waiting(heap), HEAP_WAITING * sizeof(void *));
    if (heap_sourced_or_null(heap) != NULL) {
        qi_bytes_clear(heap_sourced(heap)->cached_chunks, sizeof heap_sourced(heap)->cached_chunks);
        qi_reserve_clear(&heap_sourced(heap)->reserve);
    }
    struct added_chunk *added = next_added(heap, &runs->chunks.first);
    chunk_set_link(&runs->chunks.first.next, NULL); /* the list and the tree are made anew, in one pass */
    chunk_set_link(&runs->chunks.root, NULL);
    runs->chunks.chunk_count = 1;
    chunk_make_hot(&runs->chunks, &runs->chunks.first);
    while (added != NULL) {
        struct added_chunk *next = next_added(heap, &added->chunk);
        reset_added(heap, added);
        added = next;
    }
    if (!chunk_is_valid(&runs->chunks.first)) { /* damaged while a callback ran */
        report_damage(heap, &runs->chunks.first);
        return;
    }
    qi_chunk_clear(&runs->chunks.first);
    qi_run_add_first(runs);
    if (heap_sourced_or_null(heap) != NULL)
        heap_sourced(heap)->growth->was_reset(heap);
}

void qi_heap_limit_was_set(struct quarry_heap *heap)
{
    if (heap_sourced_or_null(heap) != NULL)
        heap_sourced(heap)->growth->limit_was_set(heap);
}

/* Every chunk is looked at before it is given back, since damage may be done while the chunk before it is. */
static void destroy_sourced(struct quarry_heap *heap)
{
    /* Copies, because the heap's own memory goes last. */
    void *context = heap_sourced(heap)->provider.context;
    void (*release)(void *context, void *memory, size_t bytes) = heap_sourced(heap)->provider.release;
    if (release == NULL)
        return;
    struct hot_limits open; /* nobody will ask for it */
    qi_source_close_hot(heap_source(heap), &open);
    struct added_chunk *added = next_added(heap, &heap_chunks(heap)->first);
    while (added != NULL) {
        struct added_chunk *next = next_added(heap, &added->chunk);
        if (may_be_given_back(heap, added) && chunk_is_from_source(added))
            release(context, added->start, added->chunk.bytes);
        added = next;
    }
    if (chunk_is_valid(&heap_chunks(heap)->first))
        release(context, heap, heap_chunks(heap)->first.bytes);
    else
        report_damage(heap, &heap_chunks(heap)->first);
}

/* Nothing else is to be done. */
static void do_nothing(struct quarry_heap *heap)
{
    (void)heap;
}

const struct heap_growth qi_heap_growth = {
        .take = qi_heap_allocate_from_source,
        .free_huge = qi_heap_free_huge,
        .resize_huge = qi_heap_resize_huge,
        .emptied = qi_heap_chunk_emptied,
        .trim = trim,
        .add_idle = qi_heap_add_idle,
        .was_reset = do_nothing,
        .limit_was_set = do_nothing,
        .destroy = destroy_sourced,
};

void qi_heap_destroy(struct quarry_heap *heap)
{
    if (!may_end(heap))
        return;
    if (heap_source(heap)->provider != NULL)
        heap_sourced(heap)->growth->destroy(heap);
}
