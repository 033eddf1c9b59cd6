/* SPDX-License-Identifier: MIT
 *
 * frames_source.c: see frames_source.h. Quarry's requests are multiples of 4,096 bytes; a longer frame is used from its
 * start, and the heap does not know of its rest. A request for more alignment than a page is never made.
 */
#include "frames_source.h"

static size_t frames_of(const struct frames_allocator *allocator, size_t bytes)
{
    const unsigned shift = allocator->frame_shift == 0 ? 12 : allocator->frame_shift;
    return (bytes >> shift) + ((bytes & (((size_t)1 << shift) - 1)) != 0);
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    const struct frames_allocator *allocator = (const struct frames_allocator *)context;
    const size_t frames = frames_of(allocator, bytes);
    (void)align_bytes;
    return allocator->frames_max != 0 && frames > allocator->frames_max
                   ? NULL
                   : allocator->allocate(allocator->context, frames);
}

static void release(void *context, void *memory, size_t bytes)
{
    const struct frames_allocator *allocator = (const struct frames_allocator *)context;
    allocator->free(allocator->context, memory, frames_of(allocator, bytes));
}

struct quarry_source quarry_frames_source(const struct frames_allocator *allocator)
{
    struct quarry_source source;
    source.context = (void *)(uintptr_t)allocator;
    source.acquire = acquire;
    source.release = allocator->free == NULL ? NULL : release;
    source.extend = NULL;
    source.truncate = NULL;
    source.align_max_bytes = 0;
    return source;
}

struct quarry_heap *quarry_create_from_frames(const struct frames_allocator *allocator,
                                              const struct quarry_options *options)
{
    const struct quarry_source source = quarry_frames_source(allocator);
    return quarry_create_from_source(&source, options);
}
