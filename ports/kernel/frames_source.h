/* SPDX-License-Identifier: MIT
 *
 * frames_source.h: a page provider over a kernel's frame allocator, whether it hands out single frames or runs of them.
 */
#ifndef QUARRY_FRAMES_SOURCE_H
#define QUARRY_FRAMES_SOURCE_H

#include "quarry.h"

/* The kernel's frame allocator; it must outlive every heap that is made on the source. Both functions are called during
 * calls on the heap, under its lock, and must not call the heap. */
struct frames_allocator {
    /* A run of so many neighbouring frames, mapped and writable, aligned to a frame; NULL: there is none. */
    void *(*allocate)(void *context, size_t frames);
    /* Frees what allocate answered, all of it. NULL: frames are never freed. */
    void (*free)(void *context, void *start, size_t frames);
    void *context;
    /* Bytes of a frame, as a power of two: 12 is 4,096. From 12; 0: 12. */
    unsigned frame_shift;
    /* The longest run that allocate is asked for; 0: any. 1: single frames, then the heap's chunk_bytes is one frame,
     * and no block is longer than a chunk can hold. */
    size_t frames_max;
};

/* A source for quarry_create_from_source(), whose chunk_bytes should be at least a frame. */
struct quarry_source quarry_frames_source(const struct frames_allocator *allocator);

/* quarry_create_from_source() on that source. */
struct quarry_heap *quarry_create_from_frames(const struct frames_allocator *allocator,
                                              const struct quarry_options *options);

#endif
