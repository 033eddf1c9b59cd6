/* SPDX-License-Identifier: MIT
 *
 * replay.h: serve a recorded program from a heap, and report how it went.
 *
 * Each block is tagged with its number at both ends when it is handed out, and the tags are verified when it is
 * freed or moved: two blocks that overlap, or contents that get lost in a move, are found. calloc's zeros are
 * verified too.
 */
#ifndef EXAMPLES_REPLAY_H
#define EXAMPLES_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "quarry.h"

#include "trace.h"

/* Where a live block is. A trace needs trace.blocks of them, in memory outside the heap that is measured. */
struct replay_block {
    unsigned char *pointer; /* NULL: not live, or the call that asked for it failed */
    size_t bytes;
};

/* Replays the trace, printing progress, a picture of the heap when most is in use, then a report and a picture of
 * what is left. blocks has trace->blocks entries of any contents.
 * Returns true if no call failed, no block was damaged and quarry_check() finds the heap in order. */
bool replay(struct quarry_heap *heap, const struct trace *trace, struct replay_block *blocks);

#endif
