/* SPDX-License-Identifier: MIT
 *
 * lying_source.c: sources that give memory which the heap has already, whole or in part, at its start, in its middle or
 * at its end, aligned or not. The heap refuses such memory, reports it and does not count it, so that the limit stays
 * what it was. The memory never goes back, as it is in use.
 */
#include "test_source.h"

#if QUARRY_CHECK_LEVEL >= 1 /* below, the heap believes its source */

struct liar {
    struct test_source honest;
    struct quarry_source source;
    void *answer;  /* acquire's, if not NULL */
    bool extends;  /* without asking */
    unsigned lies; /* told so far */
    unsigned released_lies;
};

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct liar *liar = context;
    if (liar->answer == NULL)
        return liar->honest.source.acquire(&liar->honest, bytes, align_bytes);
    liar->lies++;
    return liar->answer;
}

static void release(void *context, void *memory, size_t bytes)
{
    struct liar *liar = context;
    if (memory == liar->answer)
        liar->released_lies++;
    else
        liar->honest.source.release(&liar->honest, memory, bytes);
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct liar *liar = context;
    if (!liar->extends)
        return liar->honest.source.extend(&liar->honest, memory, old_bytes, bytes);
    liar->lies++;
    return true;
}

enum { CHUNKS = 12 };

static struct quarry_heap *begin(struct liar *liar, size_t limit_bytes)
{
    if (!test_source_init(&liar->honest, CHUNKS * SMALLEST_CHUNK_BYTES))
        return NULL;
    struct quarry_options options = test_options();
    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    options.limit_bytes = limit_bytes;
    /* What it cannot do, it lies about neither. */
    const struct quarry_source *honest = &liar->honest.source;
    liar->source = (struct quarry_source){.context = liar,
                                          .acquire = acquire,
                                          .release = honest->release == NULL ? NULL : release,
                                          .extend = honest->extend == NULL ? NULL : extend};
    liar->answer = NULL;
    liar->extends = false;
    liar->lies = liar->released_lies = 0;
    struct quarry_heap *heap = quarry_create_from_source(&liar->source, &options);
    CHECK(heap != NULL);
    return heap;
}

/* The source gives this memory for a huge block and for a chunk. Both are refused, and each is reported. */
static void check_refused(struct liar *liar, struct quarry_heap *heap, void *answer)
{
    const struct quarry_stats before = stats_of(heap);
    liar->answer = answer;
    liar->lies = 0;
    CHECK_EQ(quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES), NULL);
    CHECK(liar->lies != 0);
    CHECK_EQ(test_log.count, liar->lies);
    CHECK_EQ(test_log.last.kind, QUARRY_CORRUPT);
    test_log.count = 0;
    CHECK_EQ(liar->released_lies, 0);
    liar->answer = NULL;
    const struct quarry_stats after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK_EQ(after.acquired_peak_bytes, before.acquired_peak_bytes);
    CHECK(quarry_check(heap));
}

TEST(test_lying_source_that_gives_memory_twice_uses_up_no_limit)
{
    struct liar liar;
    struct quarry_heap *heap = begin(&liar, 8 * SMALLEST_CHUNK_BYTES);
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 20; i++)
        check_refused(&liar, heap, heap);
    CHECK_EQ(stats_of(heap).acquired_bytes, SMALLEST_CHUNK_BYTES);
    void *block = quarry_malloc(heap, 5 * SMALLEST_CHUNK_BYTES);
    CHECK(block != NULL);
    quarry_free(heap, block);
    quarry_destroy(heap);
    CHECK_EQ(liar.honest.granted_bytes, 0);
    CHECK_EQ(liar.honest.errors, 0);
}

TEST(test_lying_source_that_overlaps_anywhere_uses_up_no_limit)
{
    struct liar liar;
    struct quarry_heap *heap = begin(&liar, 0);
    if (heap == NULL)
        return;
    uint8_t *huge = quarry_malloc(heap, 3 * SMALLEST_CHUNK_BYTES);
    REQUIRE(huge != NULL);
    uint8_t *const starts[] = {(uint8_t *)((uintptr_t)huge & ~(uintptr_t)(GRANULE_BYTES / 4 - 1)), (uint8_t *)heap};
    for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++) {
        check_refused(&liar, heap, starts[i]);
        check_refused(&liar, heap, starts[i] + QUARRY_PAGE_BYTES);
        check_refused(&liar, heap, starts[i] - QUARRY_PAGE_BYTES);
        check_refused(&liar, heap, starts[i] + SMALLEST_CHUNK_BYTES - QUARRY_PAGE_BYTES);
        check_refused(&liar, heap, starts[i] + 8); /* misaligned too, and in use all the same */
    }
    quarry_free(heap, huge);
    quarry_destroy(heap);
    CHECK_EQ(liar.honest.granted_bytes, 0);
    CHECK_EQ(liar.honest.errors, 0);
}

TEST(test_lying_source_that_gives_chunk_twice_uses_up_no_limit)
{
    struct liar liar;
    struct quarry_heap *heap = begin(&liar, 0);
    if (heap == NULL)
        return;
    while (stats_of(heap).largest_free_bytes >= 1000)
        REQUIRE(quarry_malloc(heap, 1000) != NULL);
    const size_t acquired_bytes = stats_of(heap).acquired_bytes;
    liar.answer = heap;
    CHECK_EQ(quarry_malloc(heap, 1000), NULL);
    CHECK(liar.lies != 0 && test_log.count == liar.lies);
    test_log.count = 0;
    CHECK_EQ(stats_of(heap).acquired_bytes, acquired_bytes);
    CHECK(quarry_check(heap));
    liar.answer = NULL;
    quarry_destroy(heap);
}

/* If it lied, it could not be told that the heap refuses, so it is not asked. */
TEST(test_lying_source_is_not_asked_to_extend_over_the_heaps_memory)
{
    struct liar liar;
    struct quarry_heap *heap = begin(&liar, 0);
    if (heap == NULL)
        return;
    uint8_t *first = quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES), *second;
    second = quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES);
    REQUIRE(first != NULL && second != NULL);
    if (TEST_ADDRESS(first) > TEST_ADDRESS(second)) {
        uint8_t *other = first;
        first = second;
        second = other;
    }
    const struct quarry_stats before = stats_of(heap);
    liar.extends = true;
    CHECK(!quarry_resize(heap, first, 3 * SMALLEST_CHUNK_BYTES));
    CHECK_EQ(liar.lies, 0);
    CHECK_EQ(test_log.count, 0);
    const struct quarry_stats after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK_EQ(after.acquired_peak_bytes, before.acquired_peak_bytes);
    CHECK(quarry_check(heap));
    liar.extends = false;
    quarry_free(heap, first);
    quarry_free(heap, second);
    quarry_destroy(heap);
    CHECK_EQ(liar.honest.granted_bytes, 0);
    CHECK_EQ(liar.honest.errors, 0);
}

#endif
