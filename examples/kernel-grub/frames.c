/* SPDX-License-Identifier: MIT
 *
 * frames.c: see frames.h. A bit for each frame of 4 GB; the search goes from the lowest frame up. It is slow where many
 * frames are in use, and is asked seldom: the heap asks for 64 KB at a time.
 */
#include "frames.h"

#include <stdbool.h>
#include <stdint.h>

enum { FRAMES = 1 << 20 };

static uint32_t free_frames[FRAMES / 32]; /* a bit for each frame; 1: free */
static size_t left;

static bool is_free(size_t frame)
{
    return (free_frames[frame / 32] >> frame % 32 & 1) != 0;
}

static void set_free(size_t first, size_t frames, bool free)
{
    for (size_t frame = first; frame < first + frames; frame++) {
        const uint32_t bit = (uint32_t)1 << frame % 32;
        free_frames[frame / 32] = free ? free_frames[frame / 32] | bit : free_frames[frame / 32] & ~bit;
    }
    left = free ? left + frames : left - frames;
}

void frames_add(size_t start, size_t end)
{
    const size_t first = (start + FRAME_BYTES - 1) / FRAME_BYTES, last = end / FRAME_BYTES;
    if (first < last)
        set_free(first, last - first, true);
}

void *frames_allocate(void *context, size_t frames)
{
    size_t found = 0;
    (void)context;
    for (size_t frame = 1; frame < FRAMES; frame++) { /* frame 0 lies where NULL points */
        found = is_free(frame) ? found + 1 : 0;
        if (found == frames) {
            set_free(frame + 1 - frames, frames, false);
            return (void *)((frame + 1 - frames) * FRAME_BYTES);
        }
    }
    return NULL;
}

void frames_free(void *context, void *start, size_t frames)
{
    (void)context;
    set_free((size_t)start / FRAME_BYTES, frames, true);
}

size_t frames_left(void)
{
    return left;
}
