/* SPDX-License-Identifier: MIT
 *
 * reserve.h: memory of a source that takes nothing back, in no use at present.
 *
 * Each piece of memory that such a source gives is cut into parts: huge blocks, chunks, and idle parts, which are the
 * reserve. Every part begins with a struct added_chunk and stands in the tree and in the list of chunks, so its
 * neighbours are found by address. Idle neighbours of one piece are one part; two pieces never become one, even where
 * they touch.
 *
 *   a piece:   +---------------+----------------+----------+--------------+
 *              | huge block    | idle           | chunk    | idle         |    lengths: multiples of UNITS_SOURCE_BYTES
 *              +---------------+----------------+----------+--------------+
 *   position     7               9                25         29                  of the piece's first frame: 7
 *   part         first                                       last
 *
 * A request gets the idle part that is long enough and stands first in the order in which the source gave memory; what
 * the request leaves of it stays idle. So once a sequence of requests was served and freed, the same sequence finds
 * each part where it found it before, and memory that was acquired for later requests is still there for these: the
 * source is asked for nothing more. (Best fit has no such bound, nor has first fit by address.)
 *
 * Idle parts form a priority search tree: by position along each way down, and no part is longer than the one above it.
 * Every function takes at most some steps of it, and of the tree of chunks, for each bit of an address. (E. McCreight,
 * "Priority search trees", 1985.)
 *
 * Invariants
 *   V1  idle parts have page_count 0; their codes and maps are the parts below them, or NULL
 *   V2  no two idle parts of one piece are neighbours
 *   V3  free_bytes is the sum over idle parts of what a huge block could have of each; parts is their number
 */
#ifndef QUARRY_RESERVE_H
#define QUARRY_RESERVE_H

#include "chunk.h"

struct reserve {
    struct added_chunk *root;
    size_t free_bytes;
    size_t parts;         /* idle ones */
    size_t next_position; /* of the next piece that the source gives */
};

/* What stands before a block that takes a whole part. */
#define RESERVE_HEADER_BYTES ((sizeof(struct added_chunk) + QUARRY_ALIGN_BYTES - 1) & ~(size_t)(QUARRY_ALIGN_BYTES - 1))

void qi_reserve_format(struct reserve *reserve);

/* Forgets all idle parts; their memory keeps its places. */
void qi_reserve_clear(struct reserve *reserve);

/* Gives a piece that the source gave, or made longer, its place behind all others. It has one part, in use. */
void qi_reserve_add_piece(struct reserve *reserve, struct added_chunk *part);

/* The first idle part of so many bytes, from a position on; NULL: there is none. */
struct added_chunk *qi_reserve_find(const struct reserve *reserve, size_t bytes, size_t position);

/* The longest idle part; NULL: there is none, or it is damaged. */
struct added_chunk *qi_reserve_longest(const struct reserve *reserve);

/* Makes the first bytes of an idle part, a multiple of UNITS_SOURCE_BYTES, a part in use, which is in no tree and no
 * list yet. False, nothing changed, after a report of damage. */
bool qi_reserve_allocate(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part, size_t bytes);

/* Makes a part idle that is in no tree and no list any more. Its struct may stand anywhere in it. */
void qi_reserve_free(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part);

/* Gives a part in use the idle part behind it, as far as it needs that; false: it is too short. The caller sets
 * chunk.bytes, and puts the part into the tree anew. */
bool qi_reserve_extend(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part, size_t bytes);

/* Cuts a part in use, which is in no tree, off after so many bytes; the rest becomes idle. */
void qi_reserve_truncate(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part, size_t bytes);

#endif
