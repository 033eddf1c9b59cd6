/* SPDX-License-Identifier: MIT
 *
 * source.c: see source.h.
 */
#include "source.h"

#include "model.h"

#include <string.h>

bool source_granted(const struct fuzz_source *source, const void *memory, size_t bytes)
{
    for (unsigned i = 0; i < source->grant_count; i++) {
        size_t offset = (uintptr_t)memory - (uintptr_t)source->grants[i].at;
        if (offset < source->grants[i].bytes && bytes <= source->grants[i].bytes - offset)
            return true;
    }
    return false;
}

static unsigned find(const struct fuzz_source *source, const void *memory, size_t bytes)
{
    for (unsigned i = 0; i < source->grant_count; i++) {
        if (source->grants[i].at == memory) {
            FUZZ_CHECK(source->grants[i].bytes == bytes); /* a grant as it stands */
            return i;
        }
    }
    fuzz_fail("a callback names a grant", __FILE__, __LINE__);
}

static void count(struct fuzz_source *source, size_t given_bytes, size_t taken_bytes)
{
    source->granted_bytes += given_bytes - taken_bytes;
    if (source->granted_bytes > source->peak_bytes)
        source->peak_bytes = source->granted_bytes;
}

static void disturb(struct fuzz_source *source)
{
    void (*during)(struct fuzz_source *) = source->during;
    source->during = NULL;
    if (during != NULL)
        during(source);
}

static bool refuses(struct fuzz_source *source)
{
    bool refuses = (source->refusals & 1) != 0 || source->grant_count == SOURCE_GRANTS;
    source->refusals >>= 1;
    if (refuses)
        source->refused++;
    return refuses;
}

static void *note(struct fuzz_source *source, void *memory, size_t bytes)
{
    FUZZ_TRACE("  acquire %zu: %p\n", bytes, memory);
    if (memory == NULL) {
        source->refused++;
        return NULL;
    }
    source->grants[source->grant_count].at = memory;
    source->grants[source->grant_count++].bytes = bytes;
    count(source, bytes, 0);
    return memory;
}

/* --- from a window --- */

static void mark(struct fuzz_source *source, const uint8_t *at, size_t bytes, bool is_taken)
{
    memset(source->taken + (at - source->memory) / FRAME_BYTES, is_taken, bytes / FRAME_BYTES);
}

static bool are_free(const struct fuzz_source *source, size_t first, size_t frames)
{
    if (first > source->frames || frames > source->frames - first)
        return false;
    for (size_t i = first; i < first + frames; i++) {
        if (source->taken[i] != 0)
            return false;
    }
    return true;
}

/* The first memory so long that was not given; NULL: there is none. */
static uint8_t *find_unused(const struct fuzz_source *source, size_t bytes)
{
    for (size_t first = 0; first < source->frames; first++) {
        if (are_free(source, first, bytes / FRAME_BYTES))
            return source->memory + first * FRAME_BYTES;
    }
    return NULL;
}

/* What no heap may keep. */
static void *lie(struct fuzz_source *source, size_t bytes)
{
    const enum source_lie lie = source->lie;
    source->lie = LIE_NONE;
    source->refused++;
    if (lie == LIE_OVERLAPPING)
        return source->grant_count == 0 ? NULL : source->grants[source->grant_count - 1].at;
    if (lie == LIE_WRAPPING) {
        source->lied = (void *)(0 - bytes + QUARRY_PAGE_BYTES); /* a page too long */
    } else {
        /* Memory that the heap has already would be reported, whatever its alignment. */
        uint8_t *unused = find_unused(source, bytes + FRAME_BYTES);
        source->lied = unused == NULL ? NULL : unused + 8;
    }
    return (void *)(uintptr_t)source->lied;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct fuzz_source *source = context;
    source->calls++;
    disturb(source);
    FUZZ_CHECK(bytes != 0 && bytes % FRAME_BYTES == 0);
    FUZZ_CHECK(align_bytes != 0 && align_bytes <= QUARRY_PAGE_BYTES && (align_bytes & (align_bytes - 1)) == 0);
    if (refuses(source))
        return NULL;
    if (source->lie != LIE_NONE)
        return lie(source, bytes);
    uint8_t *memory = find_unused(source, bytes);
    if (memory != NULL) {
        fuzz_memory_open(memory, bytes, source->fill);
        mark(source, memory, bytes, true);
    }
    return note(source, memory, bytes);
}

static void release(void *context, void *memory, size_t bytes)
{
    struct fuzz_source *source = context;
    disturb(source);
    FUZZ_TRACE("  release %p, %zu\n", memory, bytes);
    if (source->lied != NULL && memory == source->lied) {
        source->lied = NULL;
        return;
    }
    unsigned i = find(source, memory, bytes);
    source->grants[i] = source->grants[--source->grant_count];
    count(source, 0, bytes);
    mark(source, memory, bytes, false);
    fuzz_memory_close(memory, bytes);
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct fuzz_source *source = context;
    disturb(source);
    unsigned i = find(source, memory, old_bytes);
    uint8_t *end = (uint8_t *)memory + old_bytes;
    FUZZ_CHECK(bytes > old_bytes && bytes % FRAME_BYTES == 0);
    FUZZ_TRACE("  extend %p, %zu to %zu\n", memory, old_bytes, bytes);
    if (refuses(source))
        return false;
    if (!are_free(source, (size_t)(end - source->memory) / FRAME_BYTES, (bytes - old_bytes) / FRAME_BYTES))
        return false;
    fuzz_memory_open(end, bytes - old_bytes, source->fill);
    mark(source, end, bytes - old_bytes, true);
    source->grants[i].bytes = bytes;
    count(source, bytes, old_bytes);
    return true;
}

static bool truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct fuzz_source *source = context;
    disturb(source);
    unsigned i = find(source, memory, old_bytes);
    uint8_t *end = (uint8_t *)memory + bytes;
    FUZZ_CHECK(bytes < old_bytes && bytes != 0 && bytes % FRAME_BYTES == 0);
    FUZZ_TRACE("  truncate %p, %zu to %zu\n", memory, old_bytes, bytes);
    if (refuses(source))
        return false;
    mark(source, end, old_bytes - bytes, false);
    fuzz_memory_close(end, old_bytes - bytes);
    source->grants[i].bytes = bytes;
    count(source, bytes, old_bytes);
    return true;
}

void source_begin(struct fuzz_source *source, uint8_t *memory, size_t bytes, unsigned lacks, unsigned fill)
{
    memset(source, 0, sizeof *source);
    source->memory = memory;
    source->frames = bytes / FRAME_BYTES;
    source->fill = fill;
    source->source.context = source;
    source->source.acquire = acquire;
    source->source.release = (lacks & LACKS_RELEASE) != 0 ? NULL : release;
    source->source.extend = (lacks & LACKS_EXTEND) != 0 ? NULL : extend;
    source->source.truncate = (lacks & LACKS_TRUNCATE) != 0 ? NULL : truncate;
}

/* --- from another heap, whose model learns of it --- */

static void *nested_acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct fuzz_source *source = context;
    source->calls++;
    if (refuses(source) || source->parent->count == MODEL_BLOCKS)
        return note(source, NULL, bytes);
    model_begin_lending(source->parent, bytes);
    void *memory = source->from_parent.acquire(source->from_parent.context, bytes, align_bytes);
    model_note_lent(source->parent, memory, align_bytes, bytes);
    return note(source, memory, bytes);
}

static void nested_release(void *context, void *memory, size_t bytes)
{
    struct fuzz_source *source = context;
    unsigned i = find(source, memory, bytes);
    source->grants[i] = source->grants[--source->grant_count];
    count(source, 0, bytes);
    source->from_parent.release(source->from_parent.context, memory, bytes);
    model_note_returned(source->parent, memory);
}

static bool nested_extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct fuzz_source *source = context;
    unsigned i = find(source, memory, old_bytes);
    if (refuses(source) || !source->from_parent.extend(source->from_parent.context, memory, old_bytes, bytes))
        return false;
    source->grants[i].bytes = bytes;
    count(source, bytes, old_bytes);
    model_note_relent(source->parent, memory, bytes);
    return true;
}

static bool nested_truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct fuzz_source *source = context;
    unsigned i = find(source, memory, old_bytes);
    if (refuses(source) || !source->from_parent.truncate(source->from_parent.context, memory, old_bytes, bytes))
        return false;
    source->grants[i].bytes = bytes;
    count(source, bytes, old_bytes);
    model_note_relent(source->parent, memory, bytes);
    return true;
}

void source_begin_nested(struct fuzz_source *source, struct model *parent)
{
    memset(source, 0, sizeof *source);
    source->parent = parent;
    source->from_parent = quarry_source_from_heap(parent->heap);
    source->source.context = source;
    source->source.acquire = nested_acquire;
    source->source.release = nested_release;
    source->source.extend = nested_extend;
    source->source.truncate = nested_truncate;
}
