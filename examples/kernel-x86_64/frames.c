/* SPDX-License-Identifier: MIT
 *
 * frames.c: a first-fit frame allocator over a bitmap, and Quarry's page provider over it.
 *
 * A search looks at one bit after another from the lowest frame that may be free: simple, and seldom enough, since
 * Quarry asks for a chunk of 2 MB at a time. No lock: this kernel runs on one core with interrupts masked.
 */
#include "frames.h"

#include <stdint.h>

/* 4 GB: more RAM than this kernel is started with. Frame number n lies at address n * FRAME_BYTES. */
#define FRAMES_MOST ((size_t)1 << 20)

static struct {
    uint8_t taken[FRAMES_MOST / 8]; /* a bit a frame; 1: in use, or no RAM */
    size_t lowest;                  /* no frame below it is free */
    size_t free;
} frames;

static bool frame_is_taken(size_t frame)
{
    return frame >= FRAMES_MOST || (frames.taken[frame / 8] >> frame % 8 & 1) != 0;
}

static void frame_set_taken(size_t frame, bool taken)
{
    uint8_t bit = (uint8_t)(1 << frame % 8);
    frames.taken[frame / 8] = (uint8_t)(taken ? frames.taken[frame / 8] | bit : frames.taken[frame / 8] & ~bit);
}

/* How many of the frames from first on are free, up to count. */
static size_t frames_free_at(size_t first, size_t count)
{
    size_t length = 0;
    while (length < count && !frame_is_taken(first + length)) {
        length++;
    }
    return length;
}

static void frames_mark_taken(size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        frame_set_taken(first + i, true);
    }
    frames.free -= count;
    if (frames.lowest == first) {
        frames.lowest = first + count;
    }
}

void frames_init(void)
{
    for (size_t i = 0; i < sizeof(frames.taken); i++) {
        frames.taken[i] = 0xFF;
    }
    frames.lowest = FRAMES_MOST;
    frames.free = 0;
}

void frames_add(void *start, size_t bytes)
{
    size_t first = ((uintptr_t)start + FRAME_BYTES - 1) / FRAME_BYTES;
    size_t end = ((uintptr_t)start + bytes) / FRAME_BYTES;
    first = first == 0 ? 1 : first; /* frame 0 is never handed out: NULL means "none" */
    end = end < FRAMES_MOST ? end : FRAMES_MOST;
    if (first < end) {
        frames_give((void *)(first * FRAME_BYTES), end - first);
    }
}

void *frames_take(size_t count, size_t align_bytes)
{
    size_t step = align_bytes > FRAME_BYTES ? align_bytes / FRAME_BYTES : 1;
    size_t frame = (frames.lowest + step - 1) / step * step;
    while (frame + count <= FRAMES_MOST) {
        size_t length = frames_free_at(frame, count);
        if (length == count) {
            frames_mark_taken(frame, count);
            return (void *)(frame * FRAME_BYTES);
        }
        frame = (frame + length + step) / step * step; /* beyond the frame that is in use */
    }
    return NULL;
}

bool frames_take_at(void *start, size_t count)
{
    size_t first = (uintptr_t)start / FRAME_BYTES;
    if (frames_free_at(first, count) < count) {
        return false;
    }
    frames_mark_taken(first, count);
    return true;
}

void frames_give(void *start, size_t count)
{
    size_t first = (uintptr_t)start / FRAME_BYTES;
    for (size_t i = 0; i < count; i++) {
        frame_set_taken(first + i, false);
    }
    frames.free += count;
    frames.lowest = first < frames.lowest ? first : frames.lowest;
}

size_t frames_free(void)
{
    return frames.free;
}

/* Quarry asks for multiples of 4,096 bytes, so bytes are whole frames in all four callbacks. */

static void *source_acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    return frames_take(bytes / FRAME_BYTES, align_bytes);
}

static void source_release(void *context, void *memory, size_t bytes)
{
    (void)context;
    frames_give(memory, bytes / FRAME_BYTES);
}

static bool source_extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    return frames_take_at((char *)memory + old_bytes, (bytes - old_bytes) / FRAME_BYTES);
}

static bool source_truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    frames_give((char *)memory + bytes, (old_bytes - bytes) / FRAME_BYTES);
    return true;
}

struct quarry_source frames_source(void)
{
    return (struct quarry_source){NULL, source_acquire, source_release, source_extend, source_truncate, 0};
}
