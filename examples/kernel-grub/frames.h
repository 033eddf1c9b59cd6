/* SPDX-License-Identifier: MIT
 *
 * frames.h: the kernel's frame allocator: physical memory in frames of 4 KB, single ones and runs.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>

#define FRAME_BYTES ((size_t)4096)

/* Hands over RAM; parts of frames at its ends are not used. */
void frames_add(size_t start, size_t end);
/* The first run of so many free frames, or NULL. */
void *frames_allocate(void *context, size_t frames);
void frames_free(void *context, void *start, size_t frames);
size_t frames_left(void);

#endif
