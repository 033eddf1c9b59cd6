/* SPDX-License-Identifier: MIT
 *
 * huge.h: blocks that no chunk can hold, straight from the source.
 *
 * A huge block's memory begins with a struct added_chunk, so that it stands in the same tree and list as the chunks and
 * an address is decided in the same bounded time:
 *
 *   low address
 *   +--------------------+- - - -+---------------------------------------+
 *   | struct added_chunk |  pad  | block                                 |    bytes: a multiple of UNITS_SOURCE_BYTES
 *   +--------------------+- - - -+---------------------------------------+
 *     chunk.page_count = 0        chunk.pages                             chunk.bytes
 *
 * A block that is aligned to more than a page comes first, and the struct stands at the end, so that memory which is
 * aligned as the block is loses only a frame to it:
 *
 *   +- - - -+---------------------------------------+--------------------+
 *   |  pad  | block                                 | struct added_chunk |    pad: 0 if the source can align
 *   +- - - -+---------------------------------------+--------------------+
 *
 * A source that takes nothing back leaves the heap with it: the memory becomes idle (reserve.h), and what is idle is
 * used before the source is asked. Every function costs at most one callback, and some steps in a tree for each bit of
 * an address.
 */
#ifndef QUARRY_HUGE_H
#define QUARRY_HUGE_H

#include "reserve.h"
#include "run.h"

/* What the functions below need to know of the source. */
struct huge_memory {
    struct chunk_set *set;
    struct reserve *reserve; /* NULL: the source takes memory back */
    size_t align_bytes;      /* the most that it can align to; at least a page */
};

/* Memory of the source's, with its origin and bytes set; in no tree and no list yet. NULL: none; or, after a report,
 * the source gave what the heap has already. */
struct added_chunk *qi_huge_acquire(const struct huge_memory *memory, size_t bytes, size_t align_bytes);

/* A block, which is chunk.pages, at a multiple of align_bytes. NULL: the source gives none, or the limit forbids it. */
struct added_chunk *qi_huge_allocate(const struct huge_memory *memory, size_t bytes, size_t align_bytes);

/* The same of idle memory; NULL: none is long enough. Of blocks that are aligned to more than a page HUGE_TRIES parts
 * are looked at, in which the block has room only if they happen to be aligned, and then one that is longer. */
struct added_chunk *qi_huge_allocate_idle(const struct huge_memory *memory, size_t bytes, size_t align_bytes);

enum { HUGE_TRIES = 16 };

/* Gives memory that is in no tree and no list any more back to the source, or else makes it idle. */
void qi_huge_release(const struct huge_memory *memory, struct added_chunk *added);

/* Refused after a report of damage. */
enum run_freed qi_huge_free(const struct huge_memory *memory, struct added_chunk *huge);

/* Makes the block at least bytes long in place, and no longer than need be if the source can truncate, or if what is
 * cut off becomes idle. The struct of a block that has it behind stands elsewhere then. */
bool qi_huge_resize(const struct huge_memory *memory, struct added_chunk **huge, size_t bytes);

/* What a huge block for so many bytes has, without more alignment than usual. */
BITS_INLINE size_t huge_good_bytes(size_t bytes)
{
    return bits_round_up(RESERVE_HEADER_BYTES + bytes, UNITS_SOURCE_BYTES) - RESERVE_HEADER_BYTES;
}

/* Up to the struct, if that stands at the end, else up to the memory's end, which may be the address space's. */
BITS_INLINE size_t huge_usable_bytes(const struct chunk *huge)
{
    const struct added_chunk *added = (const struct added_chunk *)(const void *)huge;
    uintptr_t end =
            (uintptr_t)added->start == (uintptr_t)added ? (uintptr_t)added->start + huge->bytes : (uintptr_t)added;
    return end - (uintptr_t)huge->pages;
}

#endif
