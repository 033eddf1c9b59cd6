/* SPDX-License-Identifier: MIT
 *
 * on.h: what the public calls ask of debugging: levels 3 and 4, and the marks of blocks.
 *
 * From check level 3 a block ends in a canary (canary.h), and a small one that was freed waits in a ring before its
 * slot is freed: the core still sees an allocated block, but its canary says that it is dead. With AddressSanitizer and
 * Valgrind a zone that is no block's stands in the canary's place below level 3. The core gets the longer request,
 * and knows the whole block only; used bytes are counted here, by what the owner may use.
 *
 *   slot or pages     +-------------------------------------------+-------------------+
 *   of a block        | room                                      | canary or zone    |     DEBUG_BEHIND_BYTES
 *                     +-------------------------------------------+-------------------+
 *   below level 3     '-------------- usable bytes ---------------'
 *   from level 3      '---- usable bytes ----'----- canary -------------------------'
 *
 * Unless a comment says more, a function is constant, and grows with the bytes of its block that change their owner.
 */
#ifndef QUARRY_ON_H
#define QUARRY_ON_H

#include "../part.h"
#include "canary.h"
#include "fill.h"
#include "mark.h"

enum { DEBUG_FILLS = FILL_IS_ON };

/* What stands behind a block's room, at least. */
#define DEBUG_BEHIND_BYTES (FILL_IS_ON ? CANARY_LEAST_BYTES : MARK_ZONE_BYTES)

/* What a region keeps of its own, for the day that it is handed back. */
#define DEBUG_REGION_BYTES MARK_REGION_BYTES

BITS_INLINE const struct reporter *debug_reporter(const struct quarry_heap *heap)
{
    return &heap->bins.runs.chunks.source.reporter;
}

/* --- hot paths: only memory tags leave them as they are --- */

enum { DEBUG_HAS_HOT = !FILL_IS_ON && MARK_ZONE_BYTES == 0 };

/* Where there are none, no request is so small, and no block lies where they look. */
BITS_INLINE size_t debug_hot_bytes(size_t bytes)
{
    return DEBUG_HAS_HOT ? bytes : 0;
}

BITS_INLINE const void *debug_hot_address(const void *address)
{
    return DEBUG_HAS_HOT ? memory_address(address) : NULL;
}

/* Has the pointer the tag of the memory in one of our pages? */
BITS_INLINE bool debug_hot_may_free(const void *address)
{
    return QUARRY_CHECK_LEVEL == 0 || mark_fits(address);
}

/* The owner's pointer of a slot. */
#define debug_hot_allocated qi_debug_mark

#define debug_hot_freed mark_dead

/* --- blocks: as the core's functions of such a name, but for blocks with what stands behind them --- */

BITS_INLINE size_t debug_request(size_t bytes)
{
    return bytes + DEBUG_BEHIND_BYTES + (DEBUG_BEHIND_BYTES != 0 && bytes < LATER_LEAST_BYTES ? LATER_LEAST_BYTES : 0);
}

/* Marks a block live that was allocated for a request; its owner's pointer. */
void *qi_debug_mark(struct quarry_heap *heap, void *block, size_t bytes, size_t room_bytes);

void *qi_debug_allocate(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* Which live block has this pointer? What its tag and its canary say, too. */
unsigned qi_debug_find(const struct quarry_heap *heap, const void *address, unsigned level, struct heap_block *block);

void qi_debug_free(struct quarry_heap *heap, const void *address, const struct heap_block *block);

/* is_lent: what lies in the block is a nested heap's, which marks it. */
bool qi_debug_resize(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes, bool is_lent);
void *qi_debug_place(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                     size_t align_bytes);

/* How much of a live block its owner may use: what was asked for, or, below level 3, its room; 0 after damage. */
size_t qi_debug_usable_bytes(const struct quarry_heap *heap, const struct heap_block *block);

/* The same when the owner is told so. */
size_t qi_debug_widen(const struct quarry_heap *heap, const void *address, const struct heap_block *block);

size_t qi_debug_good_bytes(const struct quarry_heap *heap, size_t bytes);
bool qi_debug_size_fits(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes);

/* Has a block of so many bytes the same slot or pages with others? From level 3 it then gets another end there. */
bool qi_debug_stays_in_place(struct quarry_heap *heap, void *block, size_t old_bytes, size_t bytes);

#define debug_allocate                              qi_debug_allocate
#define debug_allocate_from_more(heap, bytes)       qi_debug_allocate(heap, bytes, 1)
#define debug_allocate_small_from_more(heap, bytes) qi_debug_allocate(heap, bytes, 1)
#define debug_find                                  qi_debug_find
#define debug_free                                  qi_debug_free
#define debug_resize                                qi_debug_resize
#define debug_place                                 qi_debug_place
#define debug_usable_bytes                          qi_debug_usable_bytes
#define debug_widen                                 qi_debug_widen
#define debug_good_bytes                            qi_debug_good_bytes
#define debug_size_fits                             qi_debug_size_fits
#define debug_write_end(heap, start, whole, bytes)  qi_canary_write(debug_reporter(heap), start, whole, bytes)
#define debug_stays_in_place                        qi_debug_stays_in_place

/* --- heaps --- */

/* A heap begins, or has been reset; and before it is, or ends: every block is dead. */
void qi_debug_begin(struct quarry_heap *heap);
void qi_debug_end(struct quarry_heap *heap);

/* Before a heap ends: regions go back, with the tags that they had. True: that was all, as the heap lies in a region.
 */
bool qi_debug_hand_back(struct quarry_heap *heap);

/* A region, or a piece of one, is a heap's no more. */
#define debug_region_freed mark_region_released

/* Frees the slots of all blocks that wait, and says whether there was one. */
bool qi_debug_flush(struct quarry_heap *heap);

/* What a request can have of so many free bytes. */
BITS_INLINE size_t debug_room_bytes(size_t bytes)
{
    return bytes - DEBUG_BEHIND_BYTES;
}

/* Used bytes, their peak and blocks, without those that wait. */
BITS_INLINE size_t debug_used_bytes(const struct quarry_heap *heap)
{
    return DEBUG_BEHIND_BYTES != 0 ? heap->debug.used_bytes : heap_used_bytes(heap);
}

BITS_INLINE size_t debug_used_peak_bytes(const struct quarry_heap *heap)
{
    return DEBUG_BEHIND_BYTES != 0 ? heap->debug.used_peak_bytes : heap_used_peak_bytes(heap);
}

BITS_INLINE void debug_forget_peak(struct quarry_heap *heap)
{
    heap->debug.used_peak_bytes = heap->debug.used_bytes;
}

BITS_INLINE void debug_set_figures(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    stats->used_bytes = debug_used_bytes(heap);
    stats->used_peak_bytes = debug_used_peak_bytes(heap);
    if (DEBUG_BEHIND_BYTES != 0)
        stats->blocks = heap->debug.blocks;
    stats->frees = stats->requests - stats->blocks;
}

/* The core's check, then canaries and what lies in free memory. Grows with the heap, or with the part and the run that
 * ends it. */
bool qi_debug_check(struct quarry_heap *heap);
enum quarry_progress qi_debug_check_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages);

/* From check level 4 all is looked at after each call. */
void qi_debug_after_call(const struct quarry_heap *heap);

/* The core's walk, which shows what an owner may use. A block is reported that something was written behind. */
void qi_debug_walk(const struct check_visitor *visitor);
enum quarry_progress qi_debug_walk_some(const struct check_visitor *visitor, struct quarry_cursor *cursor,
                                        size_t pages);

#define debug_begin      qi_debug_begin
#define debug_end        qi_debug_end
#define debug_hand_back  qi_debug_hand_back
#define debug_flush      qi_debug_flush
#define debug_check      qi_debug_check
#define debug_check_some qi_debug_check_some
#define debug_after_call qi_debug_after_call
#define debug_walk       qi_debug_walk
#define debug_walk_some  qi_debug_walk_some

/* --- nested heaps --- */

#define debug_lend                            mark_lent
#define debug_return                          mark_returned
#define debug_resize_lent(heap, block, bytes) qi_call_resize(heap, block, bytes, true)

#endif
