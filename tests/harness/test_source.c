/* SPDX-License-Identifier: MIT
 *
 * test_source.c: the page provider of test_source.h. First fit over a ledger of one byte for each granule of 4,096
 * bytes, so that the ledger of a machine with 8 KB is two bytes and every mistake of a heap towards its source is
 * still seen: memory that was never granted, a wrong size, a release from the middle or a second one.
 */
#include "test_source.h"

enum { FREE, GRANT_BEGINS, GRANT_GOES_ON };

static bool fails(struct test_source *source)
{
    if (source->during != NULL)
        source->during(source);
    if (source->fail_at != 0 && --source->fail_at == 0)
        return true;
    return source->fail_odds != 0 && test_random_below(256) < source->fail_odds;
}

static bool is_free(const struct test_source *source, size_t first, size_t count)
{
    size_t i;

    if (count > source->granules || first > source->granules - count)
        return false;
    for (i = first; i < first + count; i++)
        if (source->ledger[i] != FREE)
            return false;
    return true;
}

static void mark(struct test_source *source, size_t first, size_t count, unsigned char what)
{
    size_t i;

    for (i = first; i < first + count; i++)
        source->ledger[i] = what;
}

/* The granule where the grant of memory and bytes begins; source->granules and an error if there is none. */
static size_t find_grant(struct test_source *source, const void *memory, size_t bytes)
{
    const size_t offset = (size_t)((uintptr_t)memory - (uintptr_t)source->memory);
    const size_t first = offset / GRANULE_BYTES;
    const size_t count = bytes / GRANULE_BYTES;
    size_t i;
    bool exact = offset % GRANULE_BYTES == 0 && bytes % GRANULE_BYTES == 0 && count != 0 && first < source->granules &&
                 count <= source->granules - first;

    exact = exact && source->ledger[first] == GRANT_BEGINS;
    for (i = 1; exact && i < count; i++)
        exact = source->ledger[first + i] == GRANT_GOES_ON;
    exact = exact && (first + count == source->granules || source->ledger[first + count] != GRANT_GOES_ON);
    if (exact)
        return first;
    source->errors++;
    return source->granules;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct test_source *const source = context;
    const size_t count = bytes / GRANULE_BYTES;
    const size_t misalign_bytes = source->misalign_bytes;
    size_t first = 0;

    source->acquires++;
    source->misalign_bytes = 0;
    if (bytes == 0 || bytes % GRANULE_BYTES != 0 || align_bytes == 0 || align_bytes > QUARRY_PAGE_BYTES ||
        (align_bytes & (align_bytes - 1)) != 0)
        source->errors++;
    if (fails(source))
        return NULL;
    while (!is_free(source, first, count))
        if (first++ == source->granules)
            return NULL;
    mark(source, first, 1, GRANT_BEGINS);
    mark(source, first + 1, count - 1, GRANT_GOES_ON);
    source->granted_bytes += bytes;
    return source->memory + first * GRANULE_BYTES + misalign_bytes;
}

static void release(void *context, void *memory, size_t bytes)
{
    struct test_source *const source = context;
    /* A misaligned grant comes back with the address that was given: undo what acquire added. */
    const size_t astray = (size_t)((uintptr_t)memory - (uintptr_t)source->memory) % QUARRY_PAGE_BYTES;
    const size_t first = find_grant(source, (unsigned char *)memory - astray, bytes);

    source->releases++;
    if (source->during != NULL)
        source->during(source);
    if (first == source->granules)
        return;
    mark(source, first, bytes / GRANULE_BYTES, FREE);
    source->granted_bytes -= bytes;
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct test_source *const source = context;
    const size_t first = find_grant(source, memory, old_bytes);
    const size_t old_count = old_bytes / GRANULE_BYTES;

    source->extends++;
    if (bytes <= old_bytes || bytes % GRANULE_BYTES != 0)
        source->errors++;
    if (first == source->granules || fails(source) ||
        !is_free(source, first + old_count, bytes / GRANULE_BYTES - old_count))
        return false;
    mark(source, first + old_count, bytes / GRANULE_BYTES - old_count, GRANT_GOES_ON);
    source->granted_bytes += bytes - old_bytes;
    return true;
}

static bool truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct test_source *const source = context;
    const size_t first = find_grant(source, memory, old_bytes);

    source->truncates++;
    if (bytes >= old_bytes || bytes == 0 || bytes % GRANULE_BYTES != 0)
        source->errors++;
    if (first == source->granules || fails(source))
        return false;
    mark(source, first + bytes / GRANULE_BYTES, (old_bytes - bytes) / GRANULE_BYTES, FREE);
    source->granted_bytes -= old_bytes - bytes;
    return true;
}

bool test_source_init(struct test_source *source, size_t bytes)
{
    static const struct test_source none;
    unsigned char *memory;

    *source = none;
    source->granules = bytes / GRANULE_BYTES;
    /* An odd multiple of the page: a heap that needs more alignment than it asks for must not get it by luck. */
    memory = test_memory_aligned(bytes + QUARRY_PAGE_BYTES, 2 * QUARRY_PAGE_BYTES);
    source->ledger = memory == NULL ? NULL : test_memory(source->granules, 0);
    if (source->ledger == NULL)
        return false;
    source->memory = memory + QUARRY_PAGE_BYTES;
    mark(source, 0, source->granules, FREE);
    source->source.context = source;
    source->source.acquire = acquire;
    source->source.release = release;
    source->source.extend = extend;
    source->source.truncate = truncate;
    return true;
}

struct quarry_heap *test_source_heap(struct test_source *source)
{
    struct quarry_options options = test_options();
    struct quarry_heap *heap;

    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    heap = quarry_create_from_source(&source->source, &options);
    CHECK(heap != NULL);
    source->heap = heap;
    return heap;
}

void check_source_(const struct test_source *source, const struct quarry_heap *heap)
{
    CHECK_EQ(source->errors, 0);
    CHECK_EQ(source->granted_bytes, stats_of(heap).acquired_bytes);
}

void expect_given_back_(const struct test_source *source)
{
    CHECK_EQ(source->errors, 0);
    if (source->source.release != NULL)
        CHECK_EQ(source->granted_bytes, 0);
}
