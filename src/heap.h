/* SPDX-License-Identifier: MIT
 *
 * heap.h: which layer serves a request, and what realloc does (heap.c); how heaps on a source get chunks and huge
 * blocks and return them (growth.c); how a heap begins, is reset and ends (life.c).
 *
 * Requests up to BIN_MAX_BYTES are small; up to what a free run or a fresh chunk holds, large; beyond that, huge. Where
 * memory is short the source is asked for a chunk. Up to HEAP_CACHED_CHUNKS chunks of the source's without a block are
 * cached; the next one is released. No function here locks or asks on_oom: that is the API's.
 */
#ifndef QUARRY_HEAP_H
#define QUARRY_HEAP_H

#include "locate.h"

/* A block of bytes (at most UNITS_REQUEST_MAX_BYTES) at a multiple of align_bytes (likewise, a power of two). */
void *qi_heap_allocate(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* From the chunks that there are; NULL: they have no room for it. */
void *qi_heap_allocate_from_chunks(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* The same on pages of its own, whatever its size. */
void *qi_heap_allocate_pages(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* qi_heap_allocate(), when the chunks that there are have just been found to have no room for it; bytes is not 0. The
 * second one is for requests up to BIN_MAX_BYTES, aligned to a page at most. */
void *qi_heap_allocate_from_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes);
void *qi_heap_allocate_small_from_more(struct quarry_heap *heap, size_t bytes, size_t align_bytes);

/* Frees a live block. Nothing changes after a report of damage. */
void qi_heap_free(struct quarry_heap *heap, const struct heap_block *block);

/* To be called when the last block of a chunk was freed. */
void qi_heap_emptied(struct quarry_heap *heap, struct chunk *chunk);

/* Counts a block of so many bytes out, of which the memory was freed. */
BITS_INLINE void heap_note_freed(struct quarry_heap *heap, struct chunk *chunk, enum run_freed freed, size_t bytes)
{
    if (freed != RUN_REFUSED)
        heap_count_freed(heap, bytes);
    if (freed == RUN_FREED_ALL)
        qi_heap_emptied(heap, chunk);
}

/* Changes a live block's size where it lies. What was found out of the block holds afterwards too. */
bool qi_heap_resize(struct quarry_heap *heap, struct heap_block *block, size_t bytes);

/* Would a block of another kind or bin be better than changing this one where it lies? */
BITS_INLINE bool heap_should_move(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (block->kind == QUARRY_SMALL)
        return bytes > BIN_MAX_BYTES || bin_of_bytes(bytes == 0 ? 1 : bytes) != bin_of_code(block->run.code);
    if (block->kind == QUARRY_HUGE)
        return bytes <= BIN_MAX_BYTES || units_pages_from_bytes(bytes) <= heap_fresh_chunk_pages(heap);
    return bytes <= BIN_MAX_BYTES;
}

/* Where a live block is to lie with another size; address is where it starts. The answer is address: its size was
 * changed there; or another block, to which the caller copies the contents before the old one is freed; or NULL:
 * there is no memory, the block is as it was. */
void *qi_heap_place(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                    size_t align_bytes);

/* To be called when the heap has another limit. */
void qi_heap_limit_was_set(struct quarry_heap *heap);

/* The chunk after this one in the list; NULL: none, or after a report, where the list is damaged and its rest lost. */
struct added_chunk *qi_heap_next_added(const struct quarry_heap *heap, const struct chunk *chunk);

/* May an added chunk, or a huge block's memory, go back with the length that it says? If not, that is
 * reported, and the memory is lost. */
bool qi_heap_may_be_released(const struct quarry_heap *heap, const struct added_chunk *added);

/* Gives memory that is in no tree and no list any more back to the source, or else makes it idle. */
void qi_heap_release_added(struct quarry_heap *heap, struct added_chunk *added);

/* The functions of struct heap_growth that a request heap shares with other heaps on a source. */
void *qi_heap_allocate_from_source(struct quarry_heap *heap, size_t bytes, size_t align_bytes);
enum run_freed qi_heap_free_huge(struct quarry_heap *heap, struct added_chunk *huge);
bool qi_heap_resize_huge(struct quarry_heap *heap, struct added_chunk **huge, size_t bytes);
void qi_heap_chunk_emptied(struct quarry_heap *heap, struct added_chunk *added);
void qi_heap_add_idle(struct quarry_heap *heap, struct quarry_stats *stats);

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
