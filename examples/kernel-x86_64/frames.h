/* SPDX-License-Identifier: MIT
 *
 * frames.h: the kernel's frame allocator: physical memory in frames of 4 KB.
 *
 * One bit a frame for the first 4 GB. A run of frames is the first that fits, searched from the lowest frame that
 * may be free; frames given back are used again. The search takes time in proportion to the frames, so it is no
 * allocator for small things: that is Quarry's job, on top.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "quarry.h"

#define FRAME_BYTES ((size_t)4096)

/* Call once, before all others. */
void frames_init(void);

/* Hands over a range of RAM; parts of frames at its ends are left alone. */
void frames_add(void *start, size_t bytes);

/* count frames in a row, aligned to align_bytes; NULL if there is no such run. */
void *frames_take(size_t count, size_t align_bytes);

/* Exactly these frames, if all of them are free. */
bool frames_take_at(void *start, size_t count);

/* Gives frames back. */
void frames_give(void *start, size_t count);

size_t frames_free(void);

/* The page provider that Quarry's heaps are made on. */
struct quarry_source frames_source(void);

#endif
