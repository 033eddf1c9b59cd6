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
 * A source that never takes memory back leaves us with it: a freed huge block then becomes a chunk.
 * Every function costs at most one callback and one step in the tree for each bit of an address.
 */
#ifndef QUARRY_HUGE_H
#define QUARRY_HUGE_H

#include "run.h"

/* Memory from the source, for a chunk or a huge block. NULL: none; or, after a report, the source gave what the heap
 * has already. */
struct added_chunk *qi_huge_acquire(struct chunk_set *set, size_t bytes);

/* A block, which is chunk.pages, at a multiple of align_bytes. NULL: the source gives none, or the limit forbids it. */
struct added_chunk *qi_huge_take(struct chunk_set *set, size_t bytes, size_t align_bytes);

/* Clears a byte for each page if the source takes nothing back. Refused after a report of damage. */
enum run_given qi_huge_give(struct run_set *set, struct added_chunk *huge);

/* Makes the block at least bytes long in place, and no longer than need be if the source can truncate. */
bool qi_huge_resize(struct chunk_set *set, struct added_chunk *huge, size_t bytes);

/* What a huge block for so many bytes has, without more alignment than usual. */
BITS_INLINE size_t huge_good_bytes(size_t bytes)
{
    size_t lead = bits_round_up(sizeof(struct added_chunk), QUARRY_ALIGN_BYTES);
    return bits_round_up(lead + bytes, UNITS_SOURCE_BYTES) - lead;
}

BITS_INLINE size_t huge_usable_bytes(const struct chunk *huge)
{
    return huge->bytes - (size_t)(huge->pages - (const uint8_t *)huge);
}

#endif
