/* SPDX-License-Identifier: MIT
 *
 * memory.h: the memory of the heap that is searched, at a fixed address, so that a state is its bytes; and the source
 * that deals it out in frames.
 *
 *   regions:   | guard | first region | guard | second region | guard |
 *   a source:  | guard | frame 0 | frame 1 | ...              | guard |
 *
 * The source gives the lowest frames that are long enough. Where it could say yes it asks the search, which tries both
 * answers. Every release, extend and truncate must name a grant exactly as it stands.
 */
#ifndef QUARRY_EXHAUSTIVE_MEMORY_H
#define QUARRY_EXHAUSTIVE_MEMORY_H

#include <stdint.h>

#include "scope.h"

enum {
    FRAME_BYTES = 4096,
    FRAMES_MOST = 28,
    MEMORY_MOST_BYTES = (FRAMES_MOST + 2) * FRAME_BYTES,
    ANSWERS_MOST = 16,
    GARBAGE = 0x5B, /* what memory in no use holds */
};

/* What the source's callbacks answer during one call. */
struct answers {
    uint32_t refuse;                            /* bit n: the n-th time that it could have said yes, it said no */
    unsigned asked;                             /* how often it could have */
    unsigned acquires_refused, extends_refused; /* those for want of frames included */
};

struct placed {
    size_t offset, bytes;
};

extern unsigned char memory[MEMORY_MOST_BYTES];
extern size_t memory_bytes; /* of it that the scope uses */
extern struct placed first_region, second_region, frames_place;
/* 0: free; 1: a grant begins; 2: a grant goes on. A part of the state. */
extern unsigned char memory_frames[FRAMES_MOST];
extern struct answers memory_answers;

/* Makes the scope's heap in memory filled with garbage. */
struct quarry_heap *memory_begin(const struct scope *scope, const struct quarry_options *options);

/* Frames that were granted. */
size_t memory_granted_bytes(void);

/* Does another grant lie where a block at an offset would go on, if it had so many bytes? */
bool memory_is_granted_behind(size_t offset, size_t bytes);

/* Do these bytes lie in a region or grant that the heap has? */
bool memory_is_heaps(size_t offset, size_t bytes, bool has_second);

/* Is all else as it was left? */
bool memory_outside_is_untouched(bool has_second);

#endif
