/* SPDX-License-Identifier: MIT
 *
 * quarry.c: the public functions on a heap as a whole: its life, figures, limit, check and walk.
 */
#include "quarry.h"

#include "bytes.h"
#include "call.h"

/* --- creating --- */

enum { MIN_PAGES = sizeof(void *) == 8 ? 2 : 4 }; /* in the smallest region */

size_t quarry_min_region_bytes(void)
{
    return QUARRY_ALIGN_BYTES - 1 + DEBUG_REGION_BYTES + sizeof(struct quarry_heap) + CACHE_LEAST_BYTES +
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
        memory_freed(NULL, start, piece);
        if (!qi_heap_add_region(heap, start, piece)) {
            debug_region_freed(start, piece);
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
    region = memory_address(region);
    if (options != NULL) {
        if (options->chunk_bytes != 0 && !heap_chunk_bytes_are_valid(options->chunk_bytes))
            return NULL;
        if (options->limit_bytes != 0 && bytes > options->limit_bytes)
            bytes = options->limit_bytes;
    }
    if (bytes < quarry_min_region_bytes())
        return NULL;
    size_t padding = (size_t)(bits_round_up((uintptr_t)region, QUARRY_ALIGN_BYTES) - (uintptr_t)region);
    padding += DEBUG_REGION_BYTES;
    size_t first = bytes < UNITS_CHUNK_MAX_BYTES ? bytes : UNITS_CHUNK_MAX_BYTES;
    memory_work_begins();
    memory_freed(NULL, (uint8_t *)region + padding, first - padding);
    struct quarry_heap *heap = qi_heap_format((uint8_t *)region + padding, first - padding, options,
                                              (uint8_t *)region + padding + sizeof(struct quarry_heap));
    if (heap != NULL) { /* GCOVR_EXCL_BR_LINE: a region at least so long has a page */
        heap_chunks(heap)->first_padding = padding & 15;
        qi_source_count(heap_source(heap), bytes);
        add_pieces(heap, (uintptr_t)region + first, bytes - first);
        debug_begin(heap);
    } else {
        debug_region_freed((uint8_t *)region + padding, first - padding); /* GCOVR_EXCL_LINE: see above */
    }
    memory_work_ends();
    return heap;
}

QUARRY_PLAIN_NAME(quarry_create)

struct quarry_heap *quarry_create_from_source(const struct quarry_source *source, const struct quarry_options *options)
{
    if (source == NULL || source->acquire == NULL)
        return NULL;
    memory_work_begins();
    struct quarry_heap *heap = qi_heap_create_sourced(source, options, 0);
    if (heap != NULL)
        debug_begin(heap);
    memory_work_ends();
    return heap;
}

QUARRY_PLAIN_NAME(quarry_create_from_source)

bool quarry_add_region(struct quarry_heap *heap, void *region, size_t region_bytes)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, region, region_bytes, saved) != NULL;
    size_t bytes = region_bytes_in_space(region, region_bytes);
    region = memory_address(region);
    bool added = false;
    if (bytes != 0 && !qi_chunk_set_overlaps(heap_chunks(heap), region, bytes + DEBUG_REGION_BYTES)) {
        size_t room = qi_source_room_bytes(heap_source(heap));
        if (bytes > room)
            bytes = room;
        added = bytes > DEBUG_REGION_BYTES &&
                add_pieces(heap, (uintptr_t)region + DEBUG_REGION_BYTES, bytes - DEBUG_REGION_BYTES);
        if (added)
            qi_source_count(heap_source(heap), bytes);
    }
    call_leave(heap, saved);
    return added;
}

void quarry_reset(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved)) {
        qi_call_reentered(heap, NULL, 0, saved);
        return;
    }
    debug_end(heap);
    qi_heap_reset(heap);
    debug_begin(heap);
    call_leave(heap, saved);
}

void quarry_destroy(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (heap == NULL)
        return;
    if (!call_enter(heap, &saved)) {
        qi_call_reentered(heap, NULL, 0, saved);
        return;
    }
    call_leave(heap, saved); /* nobody else may be inside, and there will be no lock to leave */
    memory_work_begins();
    if (!debug_hand_back(heap))
        qi_heap_destroy(heap);
    memory_work_ends();
}

/* --- nested heaps --- */

static void *parent_acquire(void *context, size_t bytes, size_t align_bytes)
{
    void *memory = quarry_aligned_alloc(context, align_bytes, bytes);
    return memory == NULL ? NULL : debug_lend(context, memory, bytes);
}

static void parent_release(void *context, void *memory, size_t bytes)
{
    debug_return(context, memory, bytes);
    quarry_free_sized(context, memory, bytes);
}

static bool parent_resize(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)old_bytes;
    return debug_resize_lent(context, memory, bytes);
}

struct quarry_source quarry_source_from_heap(struct quarry_heap *parent)
{
    const struct quarry_source source = {parent,         parent_acquire,
                                         parent_release, parent_resize,
                                         parent_resize,  (size_t)1 << bits_highest(UNITS_REQUEST_MAX_BYTES / 4)};
    return source;
}

/* Where a source takes nothing back, chunks without a block are idle memory, as a request that wants it finds it. */
static void make_idle(struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    if (sourced != NULL && sourced->provider.release == NULL)
        sourced->growth->trim(heap);
}

/* The figures of free memory: pages, and idle memory. */
static void get_free_memory(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    const struct run_set *runs = &heap->bins.runs;
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    stats->free_bytes = units_bytes_from_pages(runs->free_pages);
    stats->free_runs = runs->free_runs;
    stats->largest_free_bytes = units_bytes_from_pages(qi_run_largest_free_pages(runs));
    stats->smallest_free_bytes = units_bytes_from_pages(qi_run_shortest_free_pages(runs));
    if (sourced != NULL)
        sourced->growth->add_idle(call_writable(heap), stats);
    if (stats->largest_free_bytes != 0)
        stats->largest_free_bytes = debug_room_bytes(stats->largest_free_bytes);
    if (stats->largest_free_bytes > UNITS_REQUEST_MAX_BYTES) /* a run may be longer */
        stats->largest_free_bytes = UNITS_REQUEST_MAX_BYTES;
}

void quarry_get_stats(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    uintptr_t saved = lock_enter(heap);
    const struct chunk_set *chunks = &heap->bins.runs.chunks;
    const struct source *source = &chunks->source;
    if (!source_is_busy(source)) { /* figures show what can be had; a callback must change nothing */
        debug_flush(call_writable(heap));
        make_idle(call_writable(heap));
    }
    stats->acquired_bytes = source->acquired_bytes;
    stats->acquired_peak_bytes = source->acquired_peak_bytes;
    stats->limit_bytes = source->limit_bytes;
    stats->chunks = chunks->chunk_count;
    stats->capacity_bytes = chunks->capacity_bytes;
    heap_get_figures(heap, stats);
    debug_set_figures(heap, stats);
    get_free_memory(heap, stats);
    call_leave(heap, saved);
}

void quarry_reset_peaks(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved)) {
        qi_call_reentered(heap, NULL, 0, saved);
        return;
    }
    heap_forget_peaks(heap);
    debug_forget_peak(heap);
    heap->failures = 0;
    call_leave(heap, saved);
}

bool quarry_set_limit(struct quarry_heap *heap, size_t limit_bytes)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, NULL, limit_bytes, saved) != NULL;
    struct source *source = heap_source(heap);
    bool possible = limit_bytes == 0 || source->acquired_bytes <= limit_bytes;
    if (!qi_source_is_valid(source))
        possible = qi_call_report(heap, QUARRY_CORRUPT, &source->limit_bytes, limit_bytes);
    if (possible) {
        source->limit_bytes = limit_bytes;
        qi_source_seal(source);
        qi_heap_limit_was_set(heap);
    }
    call_leave(heap, saved);
    return possible;
}

size_t quarry_trim(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, NULL, 0, saved) != NULL;
    debug_flush(heap);
    size_t bytes = qi_heap_trim(heap);
    call_leave(heap, saved);
    return bytes;
}

bool quarry_check(struct quarry_heap *heap)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, NULL, 0, saved) != NULL;
    bool sound = debug_check(heap);
    call_leave(heap, saved);
    return sound;
}

void quarry_walk(struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                 void *context)
{
    const struct check_visitor visitor = {heap, visit, context};
    uintptr_t saved;
    if (!call_enter(heap, &saved)) {
        qi_call_reentered(heap, NULL, 0, saved);
        return;
    }
    debug_flush(heap);
    make_idle(heap); /* as quarry_get_stats() does, so that both say the same */
    debug_walk(&visitor);
    call_leave(heap, saved);
}

enum quarry_progress quarry_check_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved)) {
        qi_call_reentered(heap, NULL, 0, saved);
        return QUARRY_DAMAGED;
    }
    enum quarry_progress progress = debug_check_some(heap, cursor, pages);
    call_leave(heap, saved);
    return progress;
}

enum quarry_progress quarry_walk_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages,
                                      bool (*visit)(void *context, const struct quarry_block *block), void *context)
{
    const struct check_visitor visitor = {heap, visit, context};
    uintptr_t saved;
    if (!call_enter(heap, &saved)) {
        qi_call_reentered(heap, NULL, 0, saved);
        return QUARRY_DAMAGED;
    }
    debug_flush(heap);
    enum quarry_progress progress = debug_walk_some(&visitor, cursor, pages);
    call_leave(heap, saved);
    return progress;
}
