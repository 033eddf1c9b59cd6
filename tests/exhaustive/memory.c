/* SPDX-License-Identifier: MIT
 *
 * memory.c: see memory.h. The source first, then the layout of each kind of heap, then questions.
 */
#include "memory.h"

#include <string.h>

#include "heap.h"
#include "report.h"

enum { GUARD = 0xEE, GUARD_BYTES = 64 };

unsigned char memory[MEMORY_MOST_BYTES] __attribute__((aligned(65536)));
size_t memory_bytes;
struct placed first_region, second_region, frames_place;
unsigned char memory_frames[FRAMES_MOST];
struct answers memory_answers;
static unsigned frame_count;

/* --- the source --- */

static bool says_yes(void)
{
    if (memory_answers.asked >= ANSWERS_MOST)
        report_failure("a call asked the source too often");
    return (memory_answers.refuse >> memory_answers.asked++ & 1) == 0;
}

static unsigned char *frame_address(unsigned frame)
{
    return memory + frames_place.offset + (size_t)frame * FRAME_BYTES;
}

static bool are_free(unsigned first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (first + i >= frame_count || memory_frames[first + i] != 0)
            return false;
    return true;
}

/* Frames hold garbage when they come and go. */
static void mark(unsigned first, size_t count, unsigned char mark)
{
    for (size_t i = 0; i < count; i++)
        memory_frames[first + i] = mark;
    memset(frame_address(first), GARBAGE, count * FRAME_BYTES);
}

/* The first frame of a grant that must be just this. */
static unsigned grant_of(const void *start, size_t bytes)
{
    size_t offset = (size_t)((const unsigned char *)start - frame_address(0));
    unsigned first = (unsigned)(offset / FRAME_BYTES), last = first;
    if (offset % FRAME_BYTES != 0 || first >= frame_count || memory_frames[first] != 1)
        report_failure("the source was given what it never granted");
    while (last + 1 < frame_count && memory_frames[last + 1] == 2)
        last++;
    if ((size_t)(last + 1 - first) * FRAME_BYTES != bytes)
        report_failure("the source was given another length than it granted");
    return first;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    if (bytes % FRAME_BYTES != 0 || align_bytes > QUARRY_PAGE_BYTES)
        report_failure("the source was asked for no whole frames, or too much alignment");
    for (unsigned first = 0; first < frame_count; first++) {
        if (!are_free(first, bytes / FRAME_BYTES))
            continue;
        if (!says_yes())
            break;
        mark(first, bytes / FRAME_BYTES, 2);
        memory_frames[first] = 1;
        return frame_address(first);
    }
    memory_answers.acquires_refused++;
    return NULL;
}

static void release(void *context, void *start, size_t bytes)
{
    (void)context;
    mark(grant_of(start, bytes), bytes / FRAME_BYTES, 0);
}

static bool extend(void *context, void *start, size_t old_bytes, size_t bytes)
{
    (void)context;
    unsigned first = grant_of(start, old_bytes), end = first + (unsigned)(old_bytes / FRAME_BYTES);
    size_t more = (bytes - old_bytes) / FRAME_BYTES;
    if (bytes <= old_bytes || bytes % FRAME_BYTES != 0)
        report_failure("extend makes no longer");
    if (!are_free(end, more) || !says_yes()) {
        memory_answers.extends_refused++;
        return false;
    }
    mark(end, more, 2);
    return true;
}

static bool truncate(void *context, void *start, size_t old_bytes, size_t bytes)
{
    (void)context;
    unsigned first = grant_of(start, old_bytes);
    if (bytes >= old_bytes || bytes == 0 || bytes % FRAME_BYTES != 0)
        report_failure("truncate makes no shorter");
    if (!says_yes())
        return false;
    mark(first + (unsigned)(bytes / FRAME_BYTES), (old_bytes - bytes) / FRAME_BYTES, 0);
    return true;
}

/* --- layout --- */

static size_t free_pages(const struct quarry_heap *heap)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    return stats.free_bytes / QUARRY_PAGE_BYTES;
}

/* The shortest length of the first region that has so many pages. */
static void size_first(const struct scope *scope)
{
    first_region.offset = GUARD_BYTES + scope->lead_bytes;
    first_region.bytes = quarry_min_region_bytes();
    const struct quarry_heap *heap;
    while ((heap = quarry_create(memory + first_region.offset, first_region.bytes, NULL)) == NULL ||
           free_pages(heap) < scope->first_pages)
        first_region.bytes++;
    memory_bytes = first_region.offset + first_region.bytes + GUARD_BYTES;
}

static void size_second(const struct scope *scope)
{
    second_region.offset = memory_bytes + 5; /* at no round address */
    second_region.bytes = 0;
    for (size_t pages = 0; pages < scope->second_pages;) {
        struct quarry_heap *heap = quarry_create(memory + first_region.offset, first_region.bytes, NULL);
        second_region.bytes++;
        if (quarry_add_region(heap, memory + second_region.offset, second_region.bytes))
            pages = free_pages(heap) - scope->first_pages;
    }
    if (scope->second_pages != 0)
        memory_bytes = second_region.offset + second_region.bytes + GUARD_BYTES;
}

static struct quarry_heap *begin_on_regions(const struct scope *scope, const struct quarry_options *options)
{
    frame_count = 0;
    size_first(scope);
    size_second(scope);
    memory_bytes = (memory_bytes + 15) / 16 * 16;
    memset(memory, GUARD, sizeof memory);
    memset(memory + second_region.offset, GARBAGE, second_region.bytes);
    memset(memory + first_region.offset, GARBAGE, first_region.bytes);
    return quarry_create(memory + first_region.offset, first_region.bytes, options);
}

static struct quarry_heap *begin_on_source(const struct scope *scope, const struct quarry_options *options)
{
    struct quarry_source source = {.acquire = acquire};
    if (scope->can & CAN_RELEASE)
        source.release = release;
    if (scope->can & CAN_EXTEND)
        source.extend = extend;
    if (scope->can & CAN_TRUNCATE)
        source.truncate = truncate;
    struct quarry_options smallest = *options;
    smallest.chunk_bytes = sizeof(void *) > 4 ? 16384 : 4096;
    frame_count = scope->frames;
    frames_place.offset = QUARRY_PAGE_BYTES;
    frames_place.bytes = (size_t)frame_count * FRAME_BYTES;
    memory_bytes = frames_place.offset + frames_place.bytes + GUARD_BYTES;
    memset(memory, GUARD, sizeof memory);
    memset(memory + frames_place.offset, GARBAGE, frames_place.bytes);
    return quarry_create_from_source(&source, &smallest);
}

struct quarry_heap *memory_begin(const struct scope *scope, const struct quarry_options *options)
{
    memset(memory_frames, 0, sizeof memory_frames);
    memset(&memory_answers, 0, sizeof memory_answers);
    first_region.bytes = second_region.bytes = frames_place.bytes = 0;
    return scope->frames != 0 ? begin_on_source(scope, options) : begin_on_regions(scope, options);
}

/* --- questions --- */

size_t memory_granted_bytes(void)
{
    size_t bytes = 0;
    for (unsigned frame = 0; frame < frame_count; frame++)
        bytes += memory_frames[frame] != 0 ? FRAME_BYTES : 0;
    return bytes;
}

bool memory_is_granted_behind(size_t offset, size_t bytes)
{
    size_t frame = (offset - frames_place.offset) / FRAME_BYTES;
    const size_t last = (offset - frames_place.offset + bytes - 1) / FRAME_BYTES;
    do
        frame++;
    while (frame < frame_count && memory_frames[frame] == 2);
    for (; frame <= last && frame < frame_count; frame++)
        if (memory_frames[frame] != 0)
            return true;
    return false;
}

static bool lies_in(const struct placed *place, size_t offset, size_t bytes)
{
    return offset >= place->offset && bytes <= place->bytes && offset - place->offset <= place->bytes - bytes;
}

bool memory_is_heaps(size_t offset, size_t bytes, bool has_second)
{
    if (frame_count == 0)
        return lies_in(&first_region, offset, bytes) || (has_second && lies_in(&second_region, offset, bytes));
    if (!lies_in(&frames_place, offset, bytes))
        return false;
    size_t first = (offset - frames_place.offset) / FRAME_BYTES;
    size_t last = (offset + bytes - 1 - frames_place.offset) / FRAME_BYTES;
    for (size_t frame = first; frame <= last; frame++)
        if (memory_frames[frame] == 0 || (frame != first && memory_frames[frame] != 2))
            return false;
    return true;
}

static bool holds(size_t from, size_t to, unsigned char value)
{
    for (size_t at = from; at < to; at++)
        if (memory[at] != value)
            return false;
    return true;
}

bool memory_outside_is_untouched(bool has_second)
{
    bool untouched = true;
    if (frame_count == 0) {
        size_t end = first_region.offset + first_region.bytes;
        size_t next = second_region.bytes != 0 ? second_region.offset : memory_bytes;
        untouched = holds(0, first_region.offset, GUARD) && holds(end, next, GUARD);
        if (second_region.bytes != 0)
            untouched &= holds(next + second_region.bytes, memory_bytes, GUARD) &&
                         (has_second || holds(next, next + second_region.bytes, GARBAGE));
        return untouched;
    }
    for (unsigned frame = 0; frame < frame_count; frame++) {
        size_t start = frames_place.offset + (size_t)frame * FRAME_BYTES;
        untouched &= memory_frames[frame] != 0 || holds(start, start + FRAME_BYTES, GARBAGE);
    }
    return untouched && holds(0, frames_place.offset, GUARD) &&
           holds(frames_place.offset + frames_place.bytes, memory_bytes, GUARD);
}
