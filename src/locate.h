/* SPDX-License-Identifier: MIT
 *
 * locate.h: which live block starts at an address, and what sizes it has. The one place where a pointer is judged.
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

/* Which live block starts at address? 0 and block filled in, or what is wrong with it. Nothing at address is read.
 * level 0 asks only what a live block needs. */
unsigned qi_heap_locate(const struct quarry_heap *heap, const void *address, unsigned level, struct heap_block *block);

/* What is wrong with an address at which no live block starts, for a report: if what was found is that it is invalid,
 * and a slot or block may have been there that is part of a free run by now, it was freed before. */
unsigned qi_heap_wrong_with(const struct quarry_heap *heap, const void *address, unsigned found);

/* The bytes of the slot or the pages. */
size_t qi_heap_whole_bytes(const struct heap_block *block);

/* May this live block have been asked for with so many bytes? Every size is right that would get the same slot or
 * pages. Once some block of the heap since its reset was aligned, made smaller where it lay, or allocated where
 * memory was short, it is larger than the rule says: then only a size that the block does not hold is wrong. */
bool qi_heap_size_fits(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes);

/* What a block for so many bytes has while memory is not short. bytes is at most UNITS_REQUEST_MAX_BYTES. It needs no
 * lock. */
size_t qi_heap_good_bytes(const struct quarry_heap *heap, size_t bytes);

/* Reports damage; RUN_REFUSED, so that a function may end in it. */
enum run_freed qi_heap_report_damage(const struct quarry_heap *heap, const void *place);

/* What a block of that kind has for so many bytes, if nothing makes it larger. */
size_t qi_heap_good_bytes_of_kind(unsigned kind, size_t bytes);

BITS_INLINE uint8_t *heap_block_start(const struct heap_block *block)
{
    const struct bin_run *run = &block->run;
    return block->kind == QUARRY_HUGE    ? run->chunk->pages
           : block->kind == QUARRY_LARGE ? chunk_page_address(run->chunk, run->page)
                                         : bin_run_start(run) + block->slot * qi_heap_whole_bytes(block);
}

/* Notes that a request was served with a larger block than its size asks for. */
BITS_INLINE void heap_note_oversized(struct quarry_heap *heap, unsigned kind, size_t bytes, size_t block_bytes)
{
    if (!control_valid(qi_heap_good_bytes_of_kind(kind, bytes) == block_bytes))
        control_keep(heap, has_oversized, 1);
}

#endif
