/* SPDX-License-Identifier: MIT
 *
 * quarry.c: the public functions: arguments, lock, re-entry, asking on_oom; the work is done below.
 *
 * Every call on a heap stands between enter() and leave(). enter() answers false for a call from one of the heap's own
 * source callbacks. on_oom is asked outside the lock, so it may call the heap.
 */
#include "quarry.h"

#include "bytes.h"
#include "hot.h"
#include "part.h"
#include "retry.h"

/* A heap lies in memory that it may write, whatever a caller's pointer says. */
BITS_INLINE struct quarry_heap *writable(const struct quarry_heap *heap)
{
    return (struct quarry_heap *)(uintptr_t)heap;
}

static BITS_COLD bool report(const struct quarry_heap *heap, unsigned kind, const void *pointer, size_t bytes)
{
    qi_report(&heap->bins.runs.chunks.source.reporter, (enum quarry_misuse_kind)kind, pointer, bytes);
    return false;
}

/* The same without the lock. */
BITS_INLINE void report_outside(const struct quarry_heap *heap, unsigned kind, const void *pointer, size_t bytes)
{
    mark_enter();
    report(heap, kind, pointer, bytes);
    mark_leave();
}

/* From check level 4 everything is looked at after each call. */
BITS_INLINE void leave(const struct quarry_heap *heap, uintptr_t saved)
{
    if (QUARRY_CHECK_LEVEL >= 4 && !source_is_busy(&heap->bins.runs.chunks.source))
        qi_check_heap(writable(heap));
    lock_leave(heap, saved);
}

/* Takes the lock; false if one of the heap's own source callbacks is running: then reentered() is the answer. (A lock
 * that excludes its owner too, as QUARRY_LOCK_SMP does, stops such a call before it gets here.) */
BITS_INLINE bool enter(const struct quarry_heap *heap, uintptr_t *saved)
{
    *saved = lock_enter(heap);
    return bits_likely(!source_is_busy(&heap->bins.runs.chunks.source));
}

/* Leaves and reports; NULL, so that a hot path may end in a call of it. */
static BITS_COLD void *reentered(const struct quarry_heap *heap, const void *pointer, size_t bytes, uintptr_t saved)
{
    leave(heap, saved);
    report_outside(heap, QUARRY_REENTRY, pointer, bytes);
    return NULL;
}

/* --- creating --- */

enum { MIN_PAGES = sizeof(void *) == 8 ? 2 : 4 }; /* in the smallest region */

size_t quarry_min_region_bytes(void)
{
    return QUARRY_ALIGN_BYTES - 1 + MARK_REGION_BYTES + sizeof(struct quarry_heap) +
           RUN_CLASSES_LEAST * sizeof(void *) + CHUNK_CONTROL_BYTES(MIN_PAGES) + (MIN_PAGES + 1) * QUARRY_PAGE_BYTES;
}

/* The bytes of a region, or 0 if there is none, or it wraps round. It may end with the last byte of the address space:
 * what an end is computed for must then do with 0, so ends are computed as numbers, and never compared. */
static size_t region_bytes_in_space(const void *region, size_t bytes)
{
    return region != NULL && bytes != 0 && bytes - 1 <= UINTPTR_MAX - (uintptr_t)region ? bytes : 0;
}

/* Adds a region in pieces that a chunk can be. */
static bool add_pieces(struct quarry_heap *heap, uintptr_t region, size_t bytes)
{
    bool added = false;
    while (bytes != 0) {
        uint8_t *start = (uint8_t *)region;
        size_t piece = bytes < UNITS_CHUNK_MAX_BYTES ? bytes : UNITS_CHUNK_MAX_BYTES;
        mark_taken_over(start, piece);
        if (!qi_heap_add_region(heap, start, piece)) {
            mark_region_handed_back(start, piece);
            break;
        }
        added = true;
        region += piece;
        bytes -= piece;
    }
    return added;
}

struct quarry_heap *quarry_create(void *region, size_t region_bytes, const struct quarry_options *options)
{
    size_t bytes = region_bytes_in_space(region, region_bytes);
    region = mark_bare(region);
    if (options != NULL) {
        if (options->chunk_bytes != 0 && !heap_chunk_bytes_are_valid(options->chunk_bytes))
            return NULL;
        if (options->limit_bytes != 0 && bytes > options->limit_bytes)
            bytes = options->limit_bytes;
    }
    if (bytes < quarry_min_region_bytes())
        return NULL;
    size_t padding = (size_t)(bits_round_up((uintptr_t)region, QUARRY_ALIGN_BYTES) - (uintptr_t)region);
    padding += MARK_REGION_BYTES;
    size_t first = bytes < UNITS_CHUNK_MAX_BYTES ? bytes : UNITS_CHUNK_MAX_BYTES;
    mark_enter();
    mark_taken_over((uint8_t *)region + padding, first - padding);
    struct quarry_heap *heap = qi_heap_format((uint8_t *)region + padding, first - padding, options,
                                              (uint8_t *)region + padding + sizeof(struct quarry_heap));
    if (heap != NULL) { /* GCOVR_EXCL_BR_LINE: a region at least so long has a page */
        heap_chunks(heap)->first_padding = padding & 15;
        qi_source_count(heap_source(heap), bytes);
        add_pieces(heap, (uintptr_t)region + first, bytes - first);
        mark_heap_begins(heap);
    } else {
        mark_region_handed_back((uint8_t *)region + padding, first - padding); /* GCOVR_EXCL_LINE: see above */
    }
    mark_leave();
    return heap;
}
QUARRY_PLAIN_NAME(quarry_create)

struct quarry_heap *quarry_create_from_source(const struct quarry_source *source, const struct quarry_options *options)
{
    return source == NULL || source->acquire == NULL ? NULL : qi_heap_create_sourced(source, options, 0);
}
QUARRY_PLAIN_NAME(quarry_create_from_source)

bool quarry_add_region(struct quarry_heap *heap, void *region, size_t region_bytes)
{
    uintptr_t saved;
    if (!enter(heap, &saved))
        return reentered(heap, region, region_bytes, saved) != NULL;
    size_t bytes = region_bytes_in_space(region, region_bytes);
    region = mark_bare(region);
    bool added = false;
    if (bytes != 0 && !qi_chunk_set_overlaps(heap_chunks(heap), region, bytes)) {
        size_t room = qi_source_room_bytes(heap_source(heap));
        if (bytes > room)
            bytes = room;
        added = (!MARK_HAS_TAGS || bytes > MARK_REGION_BYTES) &&
                add_pieces(heap, (uintptr_t)region + MARK_REGION_BYTES, bytes - MARK_REGION_BYTES);
        if (added)
            qi_source_count(heap_source(heap), bytes);
    }
    leave(heap, saved);
    return added;
}

void quarry_reset(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!enter(heap, &saved)) {
        reentered(heap, NULL, 0, saved);
        return;
    }
    heap_mark_all_dead(heap);
    mark_heap_ends(heap);
    qi_heap_reset(heap);
    mark_heap_begins(heap);
    leave(heap, saved);
}

/* Before the heap ends: regions go back to who gave them, with the tags that they had, and the source's memory may go.
 * True: that was all, as the heap itself lies in a region. */
static bool hand_back(struct quarry_heap *heap)
{
    struct chunk *chunk = &heap_chunks(heap)->first;
    bool is_sourced = heap_source(heap)->provider != NULL;
    heap_mark_all_dead(heap);
    mark_heap_ends(heap);
    for (struct added_chunk *added; (added = chunk_link(&chunk->next)) != NULL && chunk_is_valid(&added->chunk);) {
        if (added->from_source) {
            mark_handed_back(added->start, added->chunk.bytes);
            chunk = &added->chunk;
        } else {
            chunk_set_link(&chunk->next, chunk_link(&added->chunk.next)); /* its memory is no longer ours to read */
            mark_region_handed_back(added, added->chunk.bytes);
        }
    }
    if (is_sourced)
        mark_handed_back(heap, heap_chunks(heap)->first.bytes);
    else
        mark_region_handed_back(heap, heap_chunks(heap)->first.bytes);
    return !is_sourced;
}

void quarry_destroy(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (heap == NULL)
        return;
    if (!enter(heap, &saved)) {
        reentered(heap, NULL, 0, saved);
        return;
    }
    leave(heap, saved); /* nobody else may be inside, and there will be no lock to leave */
    mark_enter();
    if (!MARK_IS_ON || !hand_back(heap))
        qi_heap_destroy(heap);
    mark_leave();
}

/* --- allocating --- */

/* Counts a request that is not served. */
static BITS_COLD void count_failure(struct quarry_heap *heap)
{
    if (QUARRY_STATS != 0)
        heap->failures++;
}

/* A block for a request that the chunks that there are do not hold, if tried already, or any. The lock is held; it is
 * released. */
static BITS_NOINLINE void *allocate_and_leave(struct quarry_heap *heap, size_t bytes, size_t align_bytes, bool tried,
                                              uintptr_t saved)
{
    void *block = NULL;
    if (bytes <= UNITS_REQUEST_MAX_BYTES) {
        block = tried ? qi_heap_allocate_more(heap, bytes, align_bytes) : qi_heap_allocate(heap, bytes, align_bytes);
        while (block == NULL && retry_ask(heap, bytes, &saved))
            block = qi_heap_allocate(heap, bytes, align_bytes);
    }
    if (block == NULL)
        count_failure(heap);
    block = heap_mark_allocated(heap, block, bytes);
    leave(heap, saved);
    return block;
}

/* A small block, when its bin is damaged, or a callback runs, which makes it look so. The lock is held; it is
 * released. */
static BITS_COLD void *allocate_around_and_leave(struct quarry_heap *heap, size_t bytes, unsigned index,
                                                 uintptr_t saved)
{
    if (source_is_busy(heap_source(heap)))
        return reentered(heap, NULL, bytes, saved);
    report(heap, QUARRY_CORRUPT, &heap->bins.bins[index], 0);
    return allocate_and_leave(heap, bytes, 1, true, saved);
}

/* A small block, when its bin's current run is full, or there is none. The lock is held; it is released. */
static BITS_NOINLINE void *allocate_slot_and_leave(struct quarry_heap *heap, size_t bytes, unsigned index,
                                                   uintptr_t saved)
{
    void *block = qi_bin_allocate(&heap->bins, index);
    if (!bits_likely(block != NULL))
        return allocate_and_leave(heap, bytes, 1, true, saved);
    heap_count_allocated(heap, bin_slot_bytes(index));
    block = heap_mark_live(heap, block, bytes, bin_slot_bytes(index));
    leave(heap, saved);
    return block;
}

/* A large block, from pages that the heap has, or whatever else. The lock is held; it is released. */
static BITS_NOINLINE void *allocate_pages_and_leave(struct quarry_heap *heap, size_t bytes, uintptr_t saved)
{
    if (!bits_likely(!source_is_busy(heap_source(heap))))
        return reentered(heap, NULL, bytes, saved);
    if (!HEAP_HAS_HOT || !bits_likely(bytes - 1 < UNITS_REQUEST_MAX_BYTES)) /* 0 too */
        return allocate_and_leave(heap, bytes, 1, false, saved);
    size_t pages = units_pages_from_bytes(bytes);
    void *block = qi_large_allocate(&heap->bins.runs, pages, 1);
    if (!bits_likely(block != NULL))
        return allocate_and_leave(heap, bytes, 1, true, saved);
    heap_count_allocated(heap, units_bytes_from_pages(pages));
    block = heap_mark_live(heap, block, bytes, units_bytes_from_pages(pages));
    leave(heap, saved);
    return block;
}

/* The hot path: a slot of a bin's current run. The hot paths are closed while a callback runs. */
void *quarry_malloc(struct quarry_heap *heap, size_t bytes)
{
    uintptr_t saved = lock_enter(heap);
    const size_t last = bytes - 1; /* of 0 bytes: the largest number */
    if (!HEAP_HAS_HOT || !bits_likely(last < hot_most_bytes(heap)))
        return allocate_pages_and_leave(heap, bytes, saved);
    const unsigned bin = bin_of_last_byte(last);
    void *block;
    const enum small_opened opened = hot_allocate(heap, bytes, bin, &block);
    if (bits_likely(opened == SMALL_OPEN)) {
        leave(heap, saved);
        return block;
    }
    if (opened == SMALL_DAMAGED)
        return allocate_around_and_leave(heap, bytes, bin, saved);
    return allocate_slot_and_leave(heap, bytes, bin, saved);
}

void *quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    size_t total = bits_multiply(count, bytes);
    void *block = quarry_malloc(heap, total);
    if (block != NULL)
        qi_bytes_clear(block, total);
    return block;
}

static bool alignment_is_valid(size_t align_bytes)
{
    return bits_is_power_of_two(align_bytes) && align_bytes <= UNITS_REQUEST_MAX_BYTES / 4;
}

void *quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    uintptr_t saved;
    if (!enter(heap, &saved))
        return reentered(heap, NULL, bytes, saved);
    if (!alignment_is_valid(align_bytes))
        bytes = SIZE_MAX;
    return allocate_and_leave(heap, bytes, align_bytes, false, saved);
}

/* --- changing --- */

/* Is the block live? If not, that is reported. */
static bool find(const struct quarry_heap *heap, const void *address, size_t bytes, struct heap_block *block)
{
    unsigned wrong = heap_find(heap, address, QUARRY_CHECK_LEVEL, block);
    return wrong == 0 ? true : report(heap, wrong, address, bytes); /* GCOVR_EXCL_BR_LINE: report() is always false */
}

/* How much of a live block is marked live at most: memory tags reach as far as its room. */
BITS_INLINE size_t usable_or_room(const struct quarry_heap *heap, const struct heap_block *block)
{
    return MARK_HAS_TAGS ? qi_heap_room_bytes(block) : qi_heap_usable_bytes(heap, block);
}

/* qi_heap_place(), and the marks of a block that stays where it lies, or is as it was until it is copied. */
BITS_INLINE void *place_marked(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                               size_t align_bytes)
{
    if (!MARK_IS_ON)
        return qi_heap_place(heap, block, address, bytes, align_bytes);
    const size_t old_bytes = qi_heap_room_bytes(block), old_usable = usable_or_room(heap, block);
    mark_will_shrink(address, bytes, old_bytes);
    void *place = qi_heap_place(heap, block, address, bytes, align_bytes);
    if (place == address)
        mark_resized(heap, address, bytes, old_bytes, qi_heap_room_bytes(block));
    else
        mark_not_shrunk(heap, address, bytes, old_usable);
    return place;
}

/* qi_heap_resize(), and the marks of the block; not of one that is lent. */
BITS_INLINE bool resize_marked(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                               bool is_lent)
{
    if (!MARK_IS_ON)
        return qi_heap_resize(heap, block, bytes);
    const size_t old_bytes = qi_heap_room_bytes(block), old_usable = usable_or_room(heap, block);
    mark_will_shrink(address, bytes, old_bytes);
    bool done = qi_heap_resize(heap, block, bytes);
    if (!done && !is_lent)
        mark_not_shrunk(heap, address, bytes, old_usable);
    if (done && !is_lent)
        mark_resized(heap, address, bytes, old_bytes, qi_heap_room_bytes(block));
    return done;
}

/* Is the block still live, and as long, that was found at an address before the lock was left? If not, that is
 * reported: somebody has freed it meanwhile, and perhaps the address was handed out again. */
static bool find_again(const struct quarry_heap *heap, const void *address, size_t room_bytes, size_t bytes,
                       struct heap_block *block)
{
    if (!find(heap, address, bytes, block))
        return false;
    return qi_heap_room_bytes(block) == room_bytes || report(heap, QUARRY_DOUBLE_FREE, address, bytes);
}

static void free_found(struct quarry_heap *heap, void *address, const struct heap_block *block)
{
    if (MARK_IS_ON)
        mark_dead(heap, address, qi_heap_room_bytes(block));
    qi_heap_free(heap, block);
}

/* What is known of a block before another place is looked for, which may run a callback. */
struct old_size {
    size_t usable_bytes, room_bytes;
};

/* Copies a block's contents to another one, outside the lock, while both are live; then the old one is freed. NULL: the
 * old one was no longer live, and the other one is freed. The lock is held; it is released. */
static void *move_and_leave(struct quarry_heap *heap, const struct old_size *old, void *address, void *to, size_t bytes,
                            uintptr_t saved)
{
    struct heap_block block;
    leave(heap, saved);
    mark_enter();
    qi_bytes_copy(to, address, bytes < old->usable_bytes ? bytes : old->usable_bytes);
    mark_leave();
    saved = lock_enter(heap);
    const bool is_live = find_again(heap, address, old->room_bytes, bytes, &block);
    void *dead = is_live ? address : to;
    if (is_live || heap_find(heap, to, QUARRY_CHECK_LEVEL, &block) == 0)
        free_found(heap, dead, &block);
    leave(heap, saved);
    return is_live ? to : NULL;
}

static void *change(struct quarry_heap *heap, void *address, size_t align_bytes, size_t bytes)
{
    uintptr_t saved;
    if (!enter(heap, &saved))
        return reentered(heap, address, bytes, saved);
    void *place = NULL;
    struct heap_block block;
    struct old_size old = {0, 0};
    bool live = find(heap, address, bytes, &block);
    while (live && bytes <= UNITS_REQUEST_MAX_BYTES) {
        old.usable_bytes = qi_heap_usable_bytes(heap, &block);
        old.room_bytes = qi_heap_room_bytes(&block);
        place = place_marked(heap, &block, address, bytes, align_bytes);
        if (place != NULL || !retry_ask(heap, bytes, &saved))
            break;
        live = find(heap, address, bytes, &block); /* the hook may have moved its neighbours, or freed it */
    }
    if (place != NULL && place != address)
        return move_and_leave(heap, &old, address, place, bytes, saved);
    if (place == NULL && live)
        count_failure(heap);
    leave(heap, saved);
    return place;
}

void *quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    return block == NULL ? quarry_malloc(heap, bytes) : change(heap, block, 1, bytes);
}

void *quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
{
    if (block == NULL)
        return quarry_aligned_alloc(heap, align_bytes, bytes);
    return alignment_is_valid(align_bytes) ? change(heap, block, align_bytes, bytes)
                                           : change(heap, block, 1, SIZE_MAX); /* refused under the lock */
}

/* is_lent: what lies in the block is a nested heap's, which marks it. */
BITS_INLINE bool resize(struct quarry_heap *heap, void *address, size_t bytes, bool is_lent)
{
    uintptr_t saved;
    if (address == NULL)
        return false;
    if (!enter(heap, &saved))
        return reentered(heap, address, bytes, saved) != NULL;
    struct heap_block block;
    bool done = find(heap, address, bytes, &block) && bytes <= UNITS_REQUEST_MAX_BYTES &&
                resize_marked(heap, &block, address, bytes, is_lent);
    leave(heap, saved);
    return done;
}

BITS_NOINLINE bool quarry_resize(struct quarry_heap *heap, void *block, size_t bytes)
{
    return resize(heap, block, bytes, false);
}

/* --- freeing --- */

/* Everything but the hot path of quarry_free(). The lock is held; it is released. */
static BITS_NOINLINE void free_and_leave(struct quarry_heap *heap, void *address, uintptr_t saved)
{
    if (!bits_likely(!source_is_busy(heap_source(heap)))) {
        reentered(heap, address, 0, saved);
        return;
    }
    struct heap_block block;
    if (address != NULL && find(heap, address, 0, &block)) {
        if (MARK_IS_ON)
            mark_dead(heap, address, qi_heap_room_bytes(&block));
        if (block.kind != QUARRY_HUGE)
            chunk_make_hot(heap_chunks(heap), block.run.chunk);
        qi_heap_free(heap, &block);
    }
    leave(heap, saved);
}

/* Counts what was freed of the hot chunk. Only where that was its last block the chunk itself is needed, and not
 * what the hot limits say of it: it must be there. */
static void count_freed(struct quarry_heap *heap, enum run_freed given, size_t bytes)
{
    if (given != RUN_REFUSED)
        heap_count_freed(heap, bytes);
    if (given == RUN_FREED_ALL) {
        struct chunk *hot = chunk_of_hot_limits(heap_chunks(heap));
        if (!UNITS_GUARDED || hot != NULL)
            qi_heap_emptied(heap, hot);
        else
            report(heap, QUARRY_CORRUPT, heap_source(heap)->hot.chunk, 0);
    }
}

/* Is the map of a run of the hot chunk, of which more than a bit is about to change, what it must be? If not, that is
 * reported. */
static inline bool hot_map_is_valid(const struct quarry_heap *heap, const struct chunk *hot, size_t page)
{
    const uint8_t *start = chunk_page_address(hot, page);
    if (!UNITS_GUARDED || bits_likely(bin_map_is_valid(chunk_map(hot, page), (uintptr_t)start)))
        return true;
    report(heap, QUARRY_CORRUPT, start, 0);
    return false;
}

/* A slot of a full run of the hot chunk. */
static BITS_NOINLINE void free_first_and_leave(struct quarry_heap *heap, size_t page, unsigned slot, uintptr_t saved)
{
    struct chunk view;
    struct chunk *hot = chunk_hot_whole(&heap_source(heap)->hot, &view);
    const struct bin_run run = {hot, page, hot->codes[page]};
    if (hot_map_is_valid(heap, hot, page)) {
        if (BITS_FOR_SIZE)
            qi_bin_free(&heap->bins, &run, slot);
        else
            bin_free_first(&heap->bins, &run, slot);
        heap_count_freed(heap, bin_shape_bytes(bin_shape_of(run.code)));
    }
    leave(heap, saved);
}

/* The last used slot of a run of the hot chunk. */
static BITS_NOINLINE void free_last_and_leave(struct quarry_heap *heap, size_t page, unsigned slot, uintptr_t saved)
{
    struct chunk view;
    struct chunk *hot = chunk_hot_whole(&heap_source(heap)->hot, &view);
    if (hot_map_is_valid(heap, hot, page)) {
        size_t bytes = bin_shape_bytes(bin_shape_of(hot->codes[page])); /* the code will be gone */
        const struct bin_run run = {hot, page, hot->codes[page]};
        count_freed(heap, BITS_FOR_SIZE ? qi_bin_free(&heap->bins, &run, slot) : bin_free_last(&heap->bins, &run, slot),
                    bytes);
    }
    leave(heap, saved);
}

/* A large block of the hot chunk. */
static BITS_NOINLINE void free_pages_and_leave(struct quarry_heap *heap, size_t page, uintptr_t saved)
{
    struct chunk view;
    struct chunk *hot = chunk_hot_whole(&heap_source(heap)->hot, &view);
    size_t pages = chunk_length_at_start(hot->maps, page);
    if (!UNITS_GUARDED || bits_likely(run_length_is_valid(hot, page, pages))) {
        mark_dead(heap, chunk_page_address(hot, page), units_bytes_from_pages(pages));
        count_freed(heap, qi_run_free(&heap->bins.runs, hot, page, pages), units_bytes_from_pages(pages));
    } else {
        report(heap, QUARRY_CORRUPT, hot->codes + page, 0);
    }
    leave(heap, saved);
}

/* Gives back what lies in the hot chunk; false, nothing done, if that is no live block of it. */
BITS_INLINE bool free_in_hot_chunk(struct quarry_heap *heap, void *address, uintptr_t saved)
{
    struct chunk view;
    const struct chunk *hot = chunk_hot(&heap_source(heap)->hot, &view);
    if (UNITS_GUARDED && hot == NULL)
        return false;
    size_t offset = chunk_offset(hot, mark_bare(address)); /* of NULL too: no page lies there */
    size_t page = offset >> UNITS_PAGE_SHIFT;
    if (!bits_likely(chunk_hot_holds(hot, page)))
        return false;
    unsigned code = chunk_run_code(hot->codes, &page);
    offset -= page << UNITS_PAGE_SHIFT;
    if (!bits_likely(code >= PAGE_SMALL)) {
        if (code != PAGE_LARGE || offset != 0 || !heap_tag_fits(address))
            return false;
        free_pages_and_leave(heap, page, saved);
        return true;
    }
    const struct bin_shape *shape = bin_shape_of(code);
    unsigned slot = bin_slot_at(shape, offset);
    if (QUARRY_CHECK_LEVEL != 0 && !bits_likely(slot < shape->slots))
        return false;
    if (!heap_tag_fits(address))
        return false;
    switch (small_free(chunk_map(hot, page), shape, slot)) {
    case SMALL_FREED:
        heap_count_freed(heap, bin_shape_bytes(shape));
        mark_dead(heap, address, bin_shape_bytes(shape));
        leave(heap, saved);
        return true;
    case SMALL_FIRST:
        mark_dead(heap, address, bin_shape_bytes(shape));
        free_first_and_leave(heap, page, slot, saved);
        return true;
    case SMALL_LAST:
        mark_dead(heap, address, bin_shape_bytes(shape));
        free_last_and_leave(heap, page, slot, saved);
        return true;
    default:
        return false;
    }
}

/* A block outside the hot chunk: its chunk becomes the hot one. */
static BITS_NOINLINE void free_elsewhere_and_leave(struct quarry_heap *heap, void *address, uintptr_t saved)
{
    struct chunk *chunk = run_chunk_of(&heap->bins.runs, mark_bare(address));
    if (!BITS_FOR_SIZE && HEAP_HAS_HOT && chunk != NULL && chunk_holds(chunk, mark_bare(address)) &&
        !source_is_busy(heap_source(heap))) {
        chunk_make_hot(heap_chunks(heap), chunk);
        if (free_in_hot_chunk(heap, address, saved))
            return;
    }
    free_and_leave(heap, address, saved);
}

/* The hot path: a small block of the hot chunk, which is a heap's only one or the one in which the block before was
 * found. The hot paths are closed while a callback runs. Each way out of the hot path ends in one call, so it needs no
 * stack beyond a few registers'. */
void quarry_free(struct quarry_heap *heap, void *address)
{
    uintptr_t saved = lock_enter(heap);
    if (!HEAP_HAS_HOT || !free_in_hot_chunk(heap, address, saved))
        free_elsewhere_and_leave(heap, address, saved);
}

/* Is it a live block that was not asked for with so many bytes, or may it be? That is reported. */
static BITS_NOINLINE bool has_other_size(struct quarry_heap *heap, void *address, size_t bytes)
{
    uintptr_t saved;
    struct heap_block block;
    if (!enter(heap, &saved)) { /* for quarry_free() to report */
        leave(heap, saved);
        return false;
    }
    unsigned wrong = heap_find(heap, address, QUARRY_CHECK_LEVEL, &block);
    if (wrong == 0 && !qi_heap_size_fits(heap, &block, bytes))
        wrong = QUARRY_WRONG_SIZE;
    leave(heap, saved);
    if (wrong != QUARRY_WRONG_SIZE && wrong != QUARRY_CORRUPT) /* what else there is quarry_free() reports */
        return false;
    report_outside(heap, wrong, address, bytes);
    return true;
}

void quarry_free_sized(struct quarry_heap *heap, void *address, size_t bytes)
{
    if (QUARRY_CHECK_LEVEL < 2 || !has_other_size(heap, address, bytes))
        quarry_free(heap, address);
}

/* --- nested heaps --- */

static void *parent_acquire(void *context, size_t bytes, size_t align_bytes)
{
    void *memory = quarry_aligned_alloc(context, align_bytes, bytes);
    return memory == NULL ? NULL : mark_lent(context, memory, bytes);
}

static void parent_release(void *context, void *memory, size_t bytes)
{
    mark_returned(context, memory, bytes);
    quarry_free_sized(context, memory, bytes);
}

static bool parent_resize(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)old_bytes;
    return MARK_IS_ON ? resize(context, memory, bytes, true) : quarry_resize(context, memory, bytes);
}

struct quarry_source quarry_source_from_heap(struct quarry_heap *parent)
{
    struct quarry_source source;
    source.context = parent;
    source.acquire = parent_acquire;
    source.release = parent_release;
    source.extend = parent_resize;
    source.truncate = parent_resize;
    source.align_max_bytes = (size_t)1 << bits_highest(UNITS_REQUEST_MAX_BYTES / 4);
    return source;
}

/* --- asking --- */

size_t quarry_usable_size(struct quarry_heap *heap, const void *address)
{
    uintptr_t saved;
    if (address == NULL)
        return 0;
    if (!enter(heap, &saved))
        return reentered(heap, address, 0, saved) != NULL;
    struct heap_block block;
    size_t bytes = 0;
    if (find(heap, address, 0, &block)) {
        bytes = qi_heap_usable_bytes(heap, &block);
        mark_widened(heap, address, bytes);
    }
    leave(heap, saved);
    return bytes;
}

size_t quarry_good_size(const struct quarry_heap *heap, size_t bytes)
{
    return bytes <= UNITS_REQUEST_MAX_BYTES ? qi_heap_good_bytes(heap, bytes) : 0;
}

bool quarry_owns(const struct quarry_heap *heap, const void *pointer)
{
    uintptr_t saved = lock_enter(heap);
    struct heap_block block;
    unsigned wrong = heap_find(heap, pointer, 1, &block); /* at every check level; what is written beside lives */
    bool live = wrong == 0 || wrong == QUARRY_OVERRUN;
    leave(heap, saved);
    return live;
}

/* Where a source takes nothing back, chunks without a block are idle memory, as a request that wants it finds it. */
static void make_idle(struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    if (sourced != NULL && sourced->provider.release == NULL)
        sourced->growth->trim(heap);
}

/* The largest request that is served without the source. Adds idle memory to the free bytes, which are pages so far. */
static size_t largest_free_bytes(const struct quarry_heap *heap, size_t *free_bytes)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    size_t bytes = qi_run_largest_free_pages(&heap->bins.runs) << UNITS_PAGE_SHIFT;
    if (sourced != NULL)
        sourced->growth->add_idle(writable(heap), free_bytes, &bytes);
    bytes = bytes != 0 ? bytes - HEAP_CANARY_BYTES : 0;
    return bytes < UNITS_REQUEST_MAX_BYTES ? bytes : UNITS_REQUEST_MAX_BYTES; /* a run may be longer */
}

void quarry_get_stats(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    uintptr_t saved = lock_enter(heap);
    const struct run_set *runs = &heap->bins.runs;
    const struct source *source = &runs->chunks.source;
    if (!source_is_busy(source)) { /* figures show what can be had; a callback must change nothing */
        qi_heap_flush(writable(heap));
        qi_bin_free_idle_run(&writable(heap)->bins);
        make_idle(writable(heap));
    }
    stats->acquired_bytes = source->acquired_bytes;
    stats->acquired_peak_bytes = source->acquired_peak_bytes;
    stats->used_bytes = heap_used_bytes(heap);
    stats->used_peak_bytes = heap_used_peak_bytes(heap);
    stats->free_bytes = runs->free_pages << UNITS_PAGE_SHIFT;
    stats->largest_free_bytes = largest_free_bytes(heap, &stats->free_bytes);
    stats->limit_bytes = source->limit_bytes;
    stats->blocks = heap->blocks;
    stats->chunks = runs->chunks.chunk_count;
    stats->failures = heap->failures;
    leave(heap, saved);
}

bool quarry_set_limit(struct quarry_heap *heap, size_t limit_bytes)
{
    uintptr_t saved;
    if (!enter(heap, &saved))
        return reentered(heap, NULL, limit_bytes, saved) != NULL;
    struct source *source = heap_source(heap);
    bool possible = limit_bytes == 0 || source->acquired_bytes <= limit_bytes;
    if (UNITS_GUARDED && !qi_source_is_valid(source))
        possible = report(heap, QUARRY_CORRUPT, &source->limit_bytes, limit_bytes);
    if (possible) {
        source->limit_bytes = limit_bytes;
        qi_source_seal(source);
        qi_heap_limit_was_set(heap);
    }
    leave(heap, saved);
    return possible;
}

size_t quarry_trim(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!enter(heap, &saved))
        return reentered(heap, NULL, 0, saved) != NULL;
    size_t bytes = qi_heap_trim(heap);
    leave(heap, saved);
    return bytes;
}

bool quarry_check(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!enter(heap, &saved))
        return reentered(heap, NULL, 0, saved) != NULL;
    if (!FILL_IS_ON) /* what was written to it would be reported now, and no more be there to be found */
        qi_bin_free_idle_run(&heap->bins);
    bool sound = qi_check_heap(heap);
    leave(heap, saved);
    return sound;
}

void quarry_walk(struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                 void *context)
{
    uintptr_t saved;
    if (!enter(heap, &saved)) {
        reentered(heap, NULL, 0, saved);
        return;
    }
    qi_heap_flush(heap);
    qi_bin_free_idle_run(&heap->bins);
    make_idle(heap); /* as quarry_get_stats() does, so that both say the same */
    qi_check_walk(heap, visit, context);
    leave(heap, saved);
}

enum quarry_progress quarry_check_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages)
{
    uintptr_t saved;
    if (!enter(heap, &saved)) {
        reentered(heap, NULL, 0, saved);
        return QUARRY_DAMAGED;
    }
    enum quarry_progress progress = qi_part_check(heap, cursor, pages);
    leave(heap, saved);
    return progress;
}

enum quarry_progress quarry_walk_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages,
                                      bool (*visit)(void *context, const struct quarry_block *block), void *context)
{
    const struct check_visitor visitor = {heap, visit, context};
    uintptr_t saved;
    if (!enter(heap, &saved)) {
        reentered(heap, NULL, 0, saved);
        return QUARRY_DAMAGED;
    }
    qi_heap_flush(heap);
    qi_bin_free_idle_run(&heap->bins);
    enum quarry_progress progress = qi_part_walk(&visitor, cursor, pages);
    leave(heap, saved);
    return progress;
}
