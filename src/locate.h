/* SPDX-License-Identifier: MIT
 *
 * locate.h: which live block starts at an address, what sizes it has, and what its canary says. The one place where a
 * pointer is judged.
 */
#ifndef QUARRY_LOCATE_H
#define QUARRY_LOCATE_H

#include "state.h"

/* A block that was found to be live. */
struct heap_block {
    enum quarry_block_kind kind;
    unsigned slot;      /* small */
    struct bin_run run; /* large: chunk and page only; huge: chunk only */
};

/* What the canary of a block says. */
BITS_INLINE enum canary_state heap_canary(const struct quarry_heap *heap, const uint8_t *start, size_t whole_bytes,
                                          size_t *asked_bytes)
{
    return qi_canary_read(&heap->bins.runs.chunks.source.reporter, start, whole_bytes, asked_bytes);
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

/* Reports damage; RUN_REFUSED, so that a function may end in it. */
enum run_freed qi_heap_report_damage(const struct quarry_heap *heap, const void *place);

/* What a block of that kind has for so many bytes, if nothing makes it larger. */
size_t qi_heap_good_bytes_of_kind(unsigned kind, size_t bytes);

/* Writes the canary of a block that was asked for with so many bytes. */
void qi_heap_write_canary(const struct quarry_heap *heap, const struct heap_block *block, size_t asked_bytes);

BITS_INLINE uint8_t *heap_block_start(const struct heap_block *block)
{
    const struct bin_run *run = &block->run;
    return block->kind == QUARRY_HUGE    ? run->chunk->pages
           : block->kind == QUARRY_LARGE ? chunk_page_address(run->chunk, run->page)
                                         : bin_run_start(run) + block->slot * qi_heap_whole_bytes(block);
}

/* What a block is asked for with that many bytes: the smallest block has one. */
BITS_INLINE size_t heap_asked_for(size_t bytes)
{
    return bytes != 0 ? bytes : 1;
}

/* Notes that a request was served with a larger block than its size asks for; both with their canary. */
BITS_INLINE void heap_note_oversized(struct quarry_heap *heap, unsigned kind, size_t bytes, size_t block_bytes)
{
    if (!control_valid(qi_heap_good_bytes_of_kind(kind, bytes) == block_bytes))
        control_keep(heap, has_oversized, 1);
}

/* Counts a block in by its slot or pages. From check level 3 blocks are counted by what was asked for instead. */
BITS_INLINE void heap_count_whole(struct quarry_heap *heap, size_t whole_bytes)
{
    if (!FILL_IS_ON)
        heap_count_allocated(heap, whole_bytes);
}

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
        mark_acquired(chunk->pages, is_huge ? huge_usable_bytes(chunk) : units_bytes_from_pages(chunk->page_count));
    }
}

#endif
