/* SPDX-License-Identifier: MIT
 *
 * heap.h: the heap: which layer serves a request, where a block lies, and what realloc does.
 *
 * Requests up to BIN_MAX_BYTES are small; up to what a free run or a fresh chunk holds, large; beyond that, huge. Where
 * memory is short the source is asked for a chunk. Up to HEAP_CACHED_CHUNKS chunks of the source's without a block are
 * cached; the next one is released. No function here locks or asks on_oom: that is the API's.
 *
 *   region of a heap:     +--------------------+-------+------+- - -+--------+-- ... --+
 *                         | struct quarry_heap | codes | maps | pad | page 0 |         |
 *   first chunk of a      +--------------------+---------------------+-------+------+- - -+--------+-- ... --+
 *   source:               | struct quarry_heap | struct heap_sourced | codes | maps | pad | page 0 |         |
 *                         +--------------------+---------------------+-------+------+- - -+--------+-- ... --+
 *
 * Invariants
 *   H1  used_peak_bytes - below_peak_bytes and blocks are the sums over all live blocks (QUARRY_STATS)
 *   H2  below_peak_bytes <= used_peak_bytes; on 64-bit CPUs it may also be negative: the peak is still to be noted
 */
#ifndef QUARRY_HEAP_H
#define QUARRY_HEAP_H

#include "canary.h"
#include "huge.h"
#include "large.h"
#include "lock.h"
#include "small.h"

/* From check level 2: has some block more than a request of its size gets as a rule? */
#if QUARRY_CHECK_LEVEL >= 2
#define HEAP_LOOSE_FIELD                   uint8_t has_oversized_blocks; /* a damaged bool would be no value at all */
#define heap_has_oversized_blocks(heap)    ((heap)->has_oversized_blocks != 0)
#define heap_set_oversized(heap, is_loose) ((heap)->has_oversized_blocks = (is_loose))
#else
#define HEAP_LOOSE_FIELD
#define heap_has_oversized_blocks(heap)    ((void)(heap), false)
#define heap_set_oversized(heap, is_loose) ((void)(heap), (void)(is_loose))
#endif

/* From check level 3 a block ends in a canary (canary.h), and a small one that was freed waits in a ring before its
 * slot may be allocated again: it still looks allocated to the layers below, but its canary says that it is dead. Where
 * blocks are marked for a tool of the host's, there is a zone in its place below level 3, which belongs to nobody.
 *
 *   slot or pages     +-------------------------------------------+-------------------+
 *   of a block        | room                                      | canary or zone    |     HEAP_CANARY_BYTES
 *                     +-------------------------------------------+-------------------+
 *   below level 3     '-------------- usable bytes ---------------'
 *   from level 3      '---- usable bytes ----'----- canary -------------------------'
 */
#define HEAP_CANARY_BYTES (FILL_IS_ON ? CANARY_LEAST_BYTES : MARK_ZONE_BYTES)

/* A request and the least that stands behind it. A block has at least a byte beside that. */
BITS_INLINE size_t heap_whole_request(size_t bytes)
{
    return bytes + HEAP_CANARY_BYTES + (HEAP_CANARY_BYTES != 0 && bytes == 0 ? 1 : 0);
}

/* Is a block just its slot or pages, so that hot paths can serve it? */
enum { HEAP_HAS_HOT = !FILL_IS_ON && MARK_ZONE_BYTES == 0 };

enum { HEAP_WAITING = 16 };
#if QUARRY_CHECK_LEVEL >= 3
#define HEAP_WAITING_FIELDS                                                                                            \
    void *waiting[HEAP_WAITING];           /* NULL: nothing waits there */                                             \
    uintptr_t waiting_check[HEAP_WAITING]; /* their complements, when something does */                                \
    unsigned oldest;
#define heap_waiting(heap)       ((heap)->waiting)
#define heap_waiting_check(heap) ((heap)->waiting_check)
#define heap_oldest(heap)        (&(heap)->oldest)
#else
#define HEAP_WAITING_FIELDS
#define heap_waiting(heap)       ((void)(heap), (void **)NULL)
#define heap_waiting_check(heap) ((void)(heap), (uintptr_t *)NULL)
#define heap_oldest(heap)        ((void)(heap), (unsigned *)NULL)
#endif

struct quarry_heap {
    struct bin_set bins;
    size_t below_peak_bytes; /* used bytes are so much below their peak */
    size_t blocks;
    size_t used_peak_bytes;
    size_t failures;
    bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes);
    GUARD_WORD(on_oom_check) /* its complement */
    HEAP_LOOSE_FIELD
    HEAP_WAITING_FIELDS
    LOCK_FIELD
};

/* How a heap on a source grows and shrinks. Called through pointers, so that a program whose heaps all lie on regions
 * need not link it, and that a request heap, which has more of its source than chunks, may have its own functions. */
struct heap_growth {
    void *(*take)(struct quarry_heap *heap, size_t bytes, size_t align_bytes);
    enum run_freed (*free_huge)(struct quarry_heap *heap, struct added_chunk *huge);
    bool (*resize_huge)(struct quarry_heap *heap, struct added_chunk **huge, size_t bytes);
    void (*emptied)(struct quarry_heap *heap, struct added_chunk *added); /* no block is left in a chunk */
    size_t (*trim)(struct quarry_heap *heap);
    /* Adds idle memory to these two figures. */
    void (*add_idle)(struct quarry_heap *heap, size_t *free_bytes, size_t *largest_free_bytes);
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
    GUARD_WORD(seal)    /* the sum of growth, chunk_bytes and chunk_pages */
    struct added_chunk
            *cached_chunks[HEAP_CACHED_CHUNKS]; /* were without a block when they were last looked at; NULL: none */
    struct reserve reserve;                     /* of a source that takes nothing back */
};

_Static_assert(offsetof(struct quarry_heap, bins.runs.chunks.source.reporter) == 0,
               "the reporter lies where the heap does");
_Static_assert(offsetof(struct quarry_heap, blocks) ==
                       offsetof(struct quarry_heap, below_peak_bytes) + sizeof(uintptr_t),
               "both figures are loaded as a pair");
_Static_assert(sizeof(void *) != 4 || QUARRY_PAGE_BYTES != 64 || QUARRY_CHECK_LEVEL >= 2 ||
                       sizeof(struct quarry_heap) <= (QUARRY_LOCK == QUARRY_LOCK_SMP ? 388 : 384),
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

BITS_INLINE uintptr_t heap_sourced_sum(const struct heap_sourced *sourced)
{
    return (uintptr_t)sourced->growth + sourced->chunk_bytes + sourced->chunk_pages;
}

/* NULL: the heap lies on regions, or what it has of a source is damaged. */
BITS_INLINE const struct heap_sourced *heap_sourced_or_null(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = (const struct heap_sourced *)(const void *)(heap + 1);
    if (UNITS_GUARDED)
        return heap->bins.runs.chunks.source.provider == &sourced->provider &&
                               heap_sourced_sum(sourced) == guard_word(sourced, seal)
                       ? sourced
                       : NULL;
    return heap->bins.runs.chunks.source.provider != NULL ? sourced : NULL;
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

/* What the canary of a block says. */
BITS_INLINE enum canary_state heap_canary(const struct quarry_heap *heap, const uint8_t *start, size_t whole_bytes,
                                          size_t *asked_bytes)
{
    return qi_canary_read(&heap->bins.runs.chunks.source.reporter, start, whole_bytes, asked_bytes);
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

/* The compiler is kept from making one vector of the two figures. */
BITS_INLINE void heap_count_allocated_in_memory(struct quarry_heap *heap, size_t bytes)
{
    heap->below_peak_bytes -= bytes;
    __asm__("" : "+m"(heap->below_peak_bytes));
    heap->blocks++;
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
    heap->blocks--;
}

/* bytes: below check level 3 of the slot or the pages, zone included; from there on, what was asked for. */
BITS_INLINE void heap_count_allocated(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    bytes -= FILL_IS_ON ? 0 : HEAP_CANARY_BYTES;
    if (HEAP_NOTES_PEAK_LATE) {
        heap_count_allocated_in_memory(heap, bytes);
        return;
    }
    const struct bits_pair figures = bits_pair_load(&heap->below_peak_bytes);
    size_t below, blocks = figures.second + 1;
    if (__builtin_sub_overflow(figures.first, bytes, &below)) { /* a new peak */
        heap->used_peak_bytes -= below;
        below = 0;
    }
    bits_pair_store(&heap->below_peak_bytes, below, blocks);
}

BITS_INLINE void heap_count_freed(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    bytes -= FILL_IS_ON ? 0 : HEAP_CANARY_BYTES;
    if (HEAP_NOTES_PEAK_LATE) {
        heap_count_freed_in_memory(heap, bytes);
        return;
    }
    size_t below = heap->below_peak_bytes, blocks = heap->blocks;
    heap->below_peak_bytes = bits_in_register(below + bytes);
    heap->blocks = blocks - 1;
}

/* Which live block starts at address? 0 and block filled in, or what is wrong with it. Nothing at address is read.
 * level 0 asks only what a live block needs. */
unsigned qi_heap_locate(const struct quarry_heap *heap, const void *address, unsigned level, struct heap_block *block);

/* From check level 3: what the canary of a block that was located says. 0: it is live; QUARRY_DOUBLE_FREE: it waits for
 * its slot to be allocated again; QUARRY_OVERRUN: something was written over it. */
unsigned qi_heap_examine(const struct quarry_heap *heap, const struct heap_block *block);

/* Which live block starts at address? As qi_heap_locate(), and what its tag and the canary say. A tag that the block
 * does not have is that of a block which lay there before; a pointer without one is nobody's. */
BITS_INLINE unsigned heap_find(const struct quarry_heap *heap, const void *address, unsigned level,
                               struct heap_block *block)
{
    unsigned wrong = qi_heap_locate(heap, mark_bare(address), level, block);
    if (MARK_HAS_TAGS && wrong == 0 && level != 0 && !mark_fits(address))
        return mark_bare(address) == address ? QUARRY_INVALID_POINTER : QUARRY_DOUBLE_FREE;
    return FILL_IS_ON && wrong == 0 ? qi_heap_examine(heap, block) : wrong;
}

/* Marks a block live, that was allocated for a request of so many bytes; its owner's pointer. Memory behind its room
 * may be read if it lies in the same frame, or in pages of the heap. */
BITS_INLINE void *heap_mark_live(struct quarry_heap *heap, void *block, size_t bytes, size_t room_bytes)
{
    const uint8_t *behind = (const uint8_t *)block + room_bytes;
    if (MARK_HAS_TAGS && ((uintptr_t)behind & (UNITS_SOURCE_BYTES - 1)) == 0) {
        const struct chunk *chunk = chunk_find(heap_chunks(heap), behind);
        if (chunk == NULL || !chunk_holds(chunk, behind))
            behind = NULL;
    }
    return mark_live(heap, block, bytes, room_bytes, behind);
}

/* On a hot path: has the pointer the tag of the memory in one of our pages? A macro, so that where there are no tags it
 * is a constant, and no branch. */
#define heap_tag_fits(pointer) (!MARK_HAS_TAGS || QUARRY_CHECK_LEVEL == 0 || bits_likely(mark_fits(pointer)))

/* From check level 3: frees the slots of all waiting blocks, and says whether there was one. */
bool qi_heap_flush(struct quarry_heap *heap);

/* How many bytes of a live block its owner may use: the block's room; from check level 3 what was asked for, or 0 after
 * damage. */
size_t qi_heap_usable_bytes(const struct quarry_heap *heap, const struct heap_block *block);

/* What a request could have of a block's slot or pages: all but the least canary, or zone. */
size_t qi_heap_room_bytes(const struct heap_block *block);

/* The bytes of the slot or the pages. */
size_t qi_heap_whole_bytes(const struct heap_block *block);

/* May this live block have been asked for with so many bytes? Exact from check level 3. At level 2 every size is right
 * that would get the same slot or pages, unless some block of the heap since its reset was
 * aligned, made smaller where it lay, or allocated where memory was short, so that it is larger than the rule says:
 * then only a size that the block does not hold is told. */
bool qi_heap_size_fits(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes);

/* What a block for so many bytes has while memory is not short. bytes is at most UNITS_REQUEST_MAX_BYTES. It needs no
 * lock. */
size_t qi_heap_good_bytes(const struct quarry_heap *heap, size_t bytes);

/* The slot or the pages that it would have. */
size_t qi_heap_good_whole_bytes(const struct quarry_heap *heap, size_t bytes);

/* As heap_mark_live(), for a block that was just allocated, or NULL. */
BITS_INLINE void *heap_mark_allocated(struct quarry_heap *heap, void *address, size_t bytes)
{
    struct heap_block block;
    if (!MARK_IS_ON || address == NULL)
        return address;
    qi_heap_locate(heap, address, 1, &block);
    return heap_mark_live(heap, address, bytes, qi_heap_room_bytes(&block));
}

/* Marks every block dead. */
BITS_INLINE void heap_mark_all_dead(struct quarry_heap *heap)
{
    if (!MARK_HAS_TAGS)
        return;
    for (struct chunk *chunk = &heap_chunks(heap)->first; chunk != NULL;
         chunk = (struct chunk *)chunk_link(&chunk->next)) {
        bool is_huge = chunk->page_count == 0;
        if (chunk_is_idle(chunk))
            continue;
        mark_taken_over(chunk->pages, is_huge ? huge_usable_bytes(chunk) : units_bytes_from_pages(chunk->page_count));
    }
}

/* A block of bytes (at most UNITS_REQUEST_MAX_BYTES) at a multiple of align_bytes (likewise, a power of two). */
void *qi_heap_allocate(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* The same when the chunks that there are have just been found to hold no room for it; bytes is not 0. */
void *qi_heap_allocate_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* Frees a live block. Nothing changes after a report of damage. */
void qi_heap_free(struct quarry_heap *heap, const struct heap_block *block);

/* To be called when the last block of a chunk was freed. */
void qi_heap_emptied(struct quarry_heap *heap, struct chunk *chunk);

/* Changes a live block's size where it lies. What was found out of the block holds afterwards too. */
bool qi_heap_resize(struct quarry_heap *heap, struct heap_block *block, size_t bytes);

/* Where a live block is to lie with another size; address is its owner's pointer. The answer is address: its size was
 * changed there; or another block, to which the caller copies the contents before the old one is freed; or NULL:
 * there is no memory, the block is as it was. */
void *qi_heap_place(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                    size_t align_bytes);

/* To be called when the heap has another limit. */
void qi_heap_limit_was_set(struct quarry_heap *heap);

/* The functions of struct heap_growth that a request heap shares with other heaps on a source. */
void *qi_heap_allocate_from_source(struct quarry_heap *heap, size_t bytes, size_t align_bytes);
enum run_freed qi_heap_free_huge(struct quarry_heap *heap, struct added_chunk *huge);
bool qi_heap_resize_huge(struct quarry_heap *heap, struct added_chunk **huge, size_t bytes);
void qi_heap_chunk_emptied(struct quarry_heap *heap, struct added_chunk *added);
void qi_heap_add_idle(struct quarry_heap *heap, size_t *free_bytes, size_t *largest_free_bytes);

/* Lays a heap out in memory, with control data from control on, which is aligned for a word. NULL: does not
 * fit. */
struct quarry_heap *qi_heap_format(void *memory, size_t bytes, const struct quarry_options *options, uint8_t *control);

/* A heap on a provider, which its first chunk is taken from. Behind its struct heap_sourced there are extra_bytes of
 * the caller's. NULL: an option is out of range, or there is no such chunk, or it has no room. */
struct quarry_heap *qi_heap_create_sourced(const struct quarry_source *provider, const struct quarry_options *options,
                                           size_t extra_bytes);

/* Adds a region; the caller has asked for overlap and limit. */
bool qi_heap_add_region(struct quarry_heap *heap, uint8_t *start, size_t bytes);

size_t qi_heap_trim(struct quarry_heap *heap);
void qi_heap_reset(struct quarry_heap *heap);
void qi_heap_destroy(struct quarry_heap *heap);

#endif
