/* SPDX-License-Identifier: MIT
 *
 * state.h: what a heap consists of, and its figures.
 *
 *   region of a heap:     +--------------------+-------+------+- - -+--------+-- ... --+
 *                         | struct quarry_heap | codes | maps | pad | page 0 |         |
 *   first chunk of a      +--------------------+---------------------+-------+------+- - -+--------+-- ... --+
 *   source:               | struct quarry_heap | struct heap_sourced | codes | maps | pad | page 0 |         |
 *                         +--------------------+---------------------+-------+------+- - -+--------+-- ... --+
 *
 * Invariants
 *   H1  used_peak_bytes - below_peak_bytes and requests - frees are the sums over all live blocks (QUARRY_STATS)
 *   H2  below_peak_bytes <= used_peak_bytes; on 64-bit CPUs it may also be negative: the peak is still to be noted
 */
#ifndef QUARRY_STATE_H
#define QUARRY_STATE_H

#include "cores/cache.h"
#include "huge.h"
#include "large.h"
#include "lock.h"
#include "small.h"

struct quarry_heap {
    struct bin_set bins;
    size_t frees;            /* blocks freed so far; wraps, as requests does */
    size_t below_peak_bytes; /* used bytes are so much below their peak */
    size_t requests;         /* blocks allocated so far */
    size_t used_peak_bytes;
    size_t failures;
    bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes);
    CONTROL_WORD(on_oom_check)  /* its complement */
    CONTROL_WORD(has_oversized) /* not 0: some block has more than a request of its size gets as a rule */
    DEBUG_FIELDS
    CORES_FIELDS
    LOCK_FIELD
};

/* How a heap on a source grows and shrinks. Called through pointers, so that a program whose heaps all lie on regions
 * need not link it, and that a request heap, which has more of its source than chunks, may have its own functions. */
struct heap_growth {
    void *(*allocate)(struct quarry_heap *heap, size_t bytes, size_t align_bytes);
    enum run_freed (*free_huge)(struct quarry_heap *heap, struct added_chunk *huge);
    bool (*resize_huge)(struct quarry_heap *heap, struct added_chunk **huge, size_t bytes);
    void (*emptied)(struct quarry_heap *heap, struct added_chunk *added); /* no block is left in a chunk */
    size_t (*trim)(struct quarry_heap *heap);
    /* Adds idle memory to the figures of free memory. */
    void (*add_idle)(struct quarry_heap *heap, struct quarry_stats *stats);
    void (*was_reset)(struct quarry_heap *heap);
    void (*limit_was_set)(struct quarry_heap *heap);
    void (*destroy)(struct quarry_heap *heap);
};

extern const struct heap_growth qi_heap_growth;

enum { HEAP_CACHED_CHUNKS = 4 };

/* What a heap on a source has besides; it follows the heap. */
struct heap_sourced {
    const struct heap_growth *growth;
    struct quarry_source provider;
    size_t chunk_bytes;
    size_t chunk_pages; /* in a fresh chunk */
    CONTROL_WORD(seal)  /* the sum of growth, chunk_bytes and chunk_pages */
    struct added_chunk
            *cached_chunks[HEAP_CACHED_CHUNKS]; /* were without a block when they were last looked at; NULL: none */
    struct reserve reserve;                     /* of a source that takes nothing back */
};

_Static_assert(offsetof(struct quarry_heap, bins.runs.chunks.source.reporter) == 0,
               "the reporter lies where the heap does");
_Static_assert(offsetof(struct quarry_heap, requests) ==
                       offsetof(struct quarry_heap, below_peak_bytes) + sizeof(uintptr_t),
               "both figures are loaded as a pair");
_Static_assert(offsetof(struct quarry_heap, below_peak_bytes) ==
                       offsetof(struct quarry_heap, frees) + sizeof(uintptr_t),
               "both figures may be loaded as a pair");

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

BITS_INLINE uintptr_t heap_sourced_sum(const struct heap_sourced *sourced)
{
    return (uintptr_t)sourced->growth + sourced->chunk_bytes + sourced->chunk_pages;
}

/* NULL: the heap lies on regions, or what it has of a source is damaged. */
BITS_INLINE const struct heap_sourced *heap_sourced_or_null(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = (const struct heap_sourced *)(const void *)(heap + 1);
    const struct quarry_source *provider = heap->bins.runs.chunks.source.provider;
    const bool is_valid =
            control_valid(provider == &sourced->provider) && control_matches(sourced, seal, heap_sourced_sum(sourced));
    return provider != NULL && is_valid ? sourced : NULL;
}

/* Pages in a fresh chunk of the heap's source; 0: regions only. */
BITS_INLINE size_t heap_fresh_chunk_pages(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    return sourced != NULL ? sourced->chunk_pages : 0;
}

#define HEAP_CHUNK_MIN_BYTES UNITS_SOURCE_BYTES /* chunks are whole frames */
#define HEAP_CHUNK_MAX_BYTES ((size_t)64 << 20)

/* May chunks of a source have so many bytes? */
BITS_INLINE bool heap_chunk_bytes_are_valid(size_t bytes)
{
    return bytes >= HEAP_CHUNK_MIN_BYTES && bytes <= HEAP_CHUNK_MAX_BYTES && bits_is_power_of_two(bytes);
}

BITS_INLINE size_t heap_used_bytes(const struct quarry_heap *heap)
{
    return heap->used_peak_bytes - heap->below_peak_bytes;
}

BITS_INLINE size_t heap_live_blocks(const struct quarry_heap *heap)
{
    return heap->requests - heap->frees;
}

/* 64-bit CPUs count in memory, and note a new peak only when something is freed, so that allocating has nothing to
 * decide: until then used bytes are above the noted peak, and below_peak_bytes is negative. No heap has half of the
 * address space. */
enum { HEAP_NOTES_PEAK_LATE = BITS_WORD == 64 };

BITS_INLINE bool heap_is_above_noted_peak(const struct quarry_heap *heap)
{
    return HEAP_NOTES_PEAK_LATE && (intptr_t)heap->below_peak_bytes < 0;
}

/* The most that used bytes ever were. */
BITS_INLINE size_t heap_used_peak_bytes(const struct quarry_heap *heap)
{
    return heap_is_above_noted_peak(heap) ? heap_used_bytes(heap) : heap->used_peak_bytes;
}

/* The figures that the heap itself counts. */
BITS_INLINE void heap_get_figures(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    stats->used_bytes = heap_used_bytes(heap);
    stats->used_peak_bytes = heap_used_peak_bytes(heap);
    stats->blocks = heap_live_blocks(heap);
    stats->failures = heap->failures;
    stats->requests = heap->requests;
    stats->frees = heap->frees;
}

/* The compiler is kept from making one vector of the two figures. */
BITS_INLINE void heap_count_allocated_in_memory(struct quarry_heap *heap, size_t bytes)
{
    heap->below_peak_bytes -= bytes;
    __asm__("" : "+m"(heap->below_peak_bytes));
    heap->requests++;
}

BITS_INLINE void heap_count_freed_in_memory(struct quarry_heap *heap, size_t bytes)
{
    if (!bits_likely(!heap_is_above_noted_peak(heap))) {
        heap->used_peak_bytes -= heap->below_peak_bytes;
        heap->below_peak_bytes = 0;
    }
    __asm__("" : "+m"(heap->below_peak_bytes));
    heap->below_peak_bytes += bytes;
    __asm__("" : "+m"(heap->below_peak_bytes));
    heap->frees++;
}

/* bytes: of the slot or the pages. */
BITS_INLINE void heap_count_allocated(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    if (HEAP_NOTES_PEAK_LATE) {
        heap_count_allocated_in_memory(heap, bytes);
        return;
    }
    const struct bits_pair figures = bits_pair_load(&heap->below_peak_bytes);
    size_t below, requests = figures.second + 1;
    if (__builtin_sub_overflow(figures.first, bytes, &below)) { /* a new peak */
        heap->used_peak_bytes -= below;
        below = 0;
    }
    bits_pair_store(&heap->below_peak_bytes, below, requests);
}

BITS_INLINE void heap_count_freed(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    if (HEAP_NOTES_PEAK_LATE) {
        heap_count_freed_in_memory(heap, bytes);
        return;
    }
    size_t below = heap->below_peak_bytes, frees = heap->frees;
    heap->below_peak_bytes = below + bytes;
    heap->frees = frees + 1;
}

/* A block that stays where it is has another size now: neither a request nor a free. */
BITS_INLINE void heap_count_resized(struct quarry_heap *heap, size_t old_bytes, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    heap_count_freed(heap, old_bytes);
    heap_count_allocated(heap, bytes);
    heap->frees--;
    heap->requests--;
}

/* The peaks begin anew, at what is used and acquired now. */
BITS_INLINE void heap_forget_peaks(struct quarry_heap *heap)
{
    heap->used_peak_bytes = heap_used_bytes(heap);
    heap->below_peak_bytes = 0;
    heap_source(heap)->acquired_peak_bytes = heap_source(heap)->acquired_bytes;
}

#endif
