/* SPDX-License-Identifier: MIT
 *
 * out_of_memory.c: requests that cannot be served: quarry_out_of_memory() with the heap as it was, NULL for those that
 * may fail, and the allocations that are made to fail.
 */
#include "emalloc_test.h"

/* More than any memory here. */
#define TOO_MUCH ((size_t)1 << (sizeof(size_t) * 8 - 2))

static void check_unchanged(zend_mm_heap *heap, const struct quarry_stats *before)
{
    const struct quarry_stats after = stats_of(heap);

    CHECK(stats_are_equal(before, &after));
    check_heap(heap);
}

ON_REGION(test_out_of_memory_is_told_heap_and_bytes)
{
    unsigned char *block = emalloc(100);
    const struct quarry_stats before = stats_of(s->heap);
    const size_t bytes = opaque_size(TOO_MUCH);

    test_fill(block, 100, 1);
    EXPECT_OOM(emalloc(bytes), s->heap, bytes);
    EXPECT_OOM(ecalloc(bytes / 4, 4), s->heap, bytes);
    EXPECT_OOM(erealloc(block, bytes), s->heap, bytes);
    EXPECT_OOM(erealloc2(block, bytes, 10), s->heap, bytes);
    EXPECT_OOM(erealloc(NULL, bytes), s->heap, bytes);
    EXPECT_OOM(safe_emalloc(bytes / 4, 4, 1), s->heap, bytes + 1);
    EXPECT_OOM(safe_erealloc(block, bytes / 4, 4, 1), s->heap, bytes + 1);
    EXPECT_OOM(emalloc_large(bytes), s->heap, bytes);
    EXPECT_OOM(emalloc_huge(bytes), s->heap, bytes);
    EXPECT_OOM(femalloc(bytes, false), s->heap, bytes);
    EXPECT_OOM(zend_mm_alloc(s->heap, bytes), s->heap, bytes);
    EXPECT_OOM(zend_mm_realloc(s->heap, block, bytes), s->heap, bytes);
    EXPECT_OOM(zend_mm_calloc(s->heap, 1, bytes), s->heap, bytes);
    EXPECT_OOM(zend_mm_alloc(NULL, 10), NULL, 10);
    check_unchanged(s->heap, &before);
    CHECK(test_is_filled(block, 100, 1));
}

ON_REGION(test_out_of_memory_of_persistent_heap_is_told_that_heap)
{
    unsigned char *block = pemalloc(100, true);
    const struct quarry_stats before = stats_of(s->persistent);
    const size_t bytes = opaque_size(TOO_MUCH);

    test_fill(block, 100, 1);
    EXPECT_OOM(pemalloc(bytes, true), s->persistent, bytes);
    EXPECT_OOM(pecalloc(bytes / 4, 4, true), s->persistent, bytes);
    EXPECT_OOM(perealloc(block, bytes, true), s->persistent, bytes);
    EXPECT_OOM(safe_pemalloc(bytes, bytes, 1, true), s->persistent, SIZE_MAX);
    EXPECT_OOM(safe_perealloc(block, bytes, bytes, 1, true), s->persistent, SIZE_MAX);
    EXPECT_OOM(pestrndup("", SIZE_MAX, true), s->persistent, SIZE_MAX);
    zend_mm_set_fallible(true); /* of the current heap only */
    EXPECT_OOM(pemalloc(bytes, true), s->persistent, bytes);
    check_unchanged(s->persistent, &before);
    CHECK(test_is_filled(block, 100, 1));
}

/* Products and sums that do not fit, beside those that just do. */
ON_REGION(test_out_of_memory_of_overflow_is_told_the_largest_size)
{
    const size_t half = opaque_size((size_t)1 << (sizeof(size_t) * 4));
    unsigned char *block = emalloc(20);
    const struct quarry_stats before = stats_of(s->heap);

    test_fill(block, 20, 1);
    EXPECT_OOM(ecalloc(half, half), s->heap, SIZE_MAX);
    EXPECT_OOM(ecalloc(opaque_size(SIZE_MAX), 2), s->heap, SIZE_MAX);
    EXPECT_OOM(ecalloc(3, opaque_size(SIZE_MAX / 2)), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(half, half, 0), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(half, half, 16), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(half, half + 1, 16), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(1, SIZE_MAX - 15, 16), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(2, SIZE_MAX / 2, 2), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(half, half - 1, half), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(half, half - 1, half - 2), s->heap, SIZE_MAX - 1);
    EXPECT_OOM(safe_erealloc(block, half, half, 0), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_erealloc(block, 1, 1, opaque_size(SIZE_MAX)), s->heap, SIZE_MAX);
    EXPECT_OOM(estrndup("", opaque_size(SIZE_MAX)), s->heap, SIZE_MAX);
    check_unchanged(s->heap, &before);
    CHECK(test_is_filled(block, 20, 1));
}

ON_REGION(test_fallible_calls_answer_null)
{
    unsigned char *block = emalloc(20);
    const struct quarry_stats before = stats_of(s->heap);
    const size_t bytes = opaque_size(TOO_MUCH);

    test_fill(block, 20, 1);
    CHECK_EQ(femalloc(bytes, true), NULL);
    CHECK_EQ(fecalloc(bytes, 1, true), NULL);
    CHECK_EQ(fecalloc(bytes, bytes, true), NULL);
    CHECK_EQ(ferealloc(block, bytes, true), NULL);
    CHECK_EQ(ferealloc2(block, bytes, 10, true), NULL);
    CHECK_EQ(safe_femalloc(bytes, bytes, 10, true), NULL);
    CHECK_EQ(safe_femalloc(1, 1, opaque_size(SIZE_MAX), true), NULL);
    CHECK_EQ(safe_ferealloc(block, bytes, bytes, 10, true), NULL);
    CHECK_EQ(fpemalloc(bytes, false, true), NULL);
    check_unchanged(s->heap, &before);
    CHECK(test_is_filled(block, 20, 1));
}

ON_REGION(test_fallible_heap_answers_null_to_all_until_it_is_not)
{
    const size_t bytes = opaque_size(TOO_MUCH);
    void *block = emalloc(20);

    CHECK(!zend_mm_is_fallible());
    zend_mm_set_fallible(true);
    CHECK(zend_mm_is_fallible());
    CHECK_EQ(emalloc(bytes), NULL);
    CHECK_EQ(ecalloc(bytes, 2), NULL);
    CHECK_EQ(ecalloc(bytes, bytes), NULL);
    CHECK_EQ(erealloc(block, bytes), NULL);
    CHECK_EQ(erealloc2(block, bytes, 1), NULL);
    CHECK_EQ(safe_emalloc(bytes, bytes, 1), NULL);
    CHECK_EQ(safe_erealloc(block, bytes, bytes, 1), NULL);
    CHECK_EQ(estrndup("", opaque_size(SIZE_MAX)), NULL);
    CHECK_EQ(zend_mm_alloc(s->heap, bytes), NULL);
    zend_mm_set_heap(NULL);
    CHECK(!zend_mm_is_fallible());
    zend_mm_set_fallible(true); /* of no heap: nothing happens */
    zend_mm_set_heap(s->heap);
    zend_mm_set_fallible(false);
    EXPECT_OOM(emalloc(bytes), s->heap, bytes);
    check_heap(s->heap);
}

ON_REGION(test_constant_size_in_full_heap_runs_out)
{
    const struct quarry_stats empty = stats_of(s->heap);

    zend_set_memory_limit(CHUNK);
    zend_mm_set_fallible(true);
    while (emalloc(16) != NULL)
        continue;
    zend_mm_set_fallible(false);
    EXPECT_OOM(emalloc(16), s->heap, 16);
    check_heap(s->heap);
    shutdown_memory_manager(true, false);
    CHECK(emalloc(16) != NULL);
    CHECK(empty.blocks == 0);
}

/* --- allocations that are made to fail --- */

ON_REGION(test_max_allocs_lets_so_many_through_and_no_more)
{
    void *block;

    CHECK(!zend_mm_max_allocs_hit());
    zend_mm_set_max_allocs(3);
    block = emalloc(16);
    CHECK(ecalloc(2, 20) != NULL);
    CHECK(!zend_mm_max_allocs_hit());
    block = erealloc(block, 200);
    CHECK(!zend_mm_max_allocs_hit());
    test_fill(block, 200, 1);
    EXPECT_OOM(emalloc(16), s->heap, 16);
    CHECK(zend_mm_max_allocs_hit());
    EXPECT_OOM(erealloc(block, 300), s->heap, 300);
    CHECK_EQ(femalloc(16, true), NULL);
    CHECK(test_is_filled(block, 200, 1));
    efree(block); /* that goes on */
    EXPECT_OOM(emalloc(16), s->heap, 16);
    check_heap(s->heap);
    zend_mm_set_max_allocs(0);
    CHECK(!zend_mm_max_allocs_hit());
    for (unsigned i = 0; i < 20; i++)
        CHECK(emalloc(16) != NULL);
    CHECK(!zend_mm_max_allocs_hit());
}

ON_REGION(test_max_allocs_again_begins_anew)
{
    zend_mm_set_max_allocs(1);
    CHECK(emalloc(16) != NULL);
    CHECK_EQ(femalloc(16, true), NULL);
    CHECK(zend_mm_max_allocs_hit());
    zend_mm_set_max_allocs(2);
    CHECK(!zend_mm_max_allocs_hit());
    CHECK(emalloc(16) != NULL);
    CHECK(emalloc(opaque_size(16)) != NULL);
    EXPECT_OOM(emalloc(opaque_size(16)), s->heap, 16);
    CHECK(zend_mm_max_allocs_hit());
}

/* --- on_oom --- */

static void *spare;
static unsigned oom_calls;

static bool free_spare(void *context, struct quarry_heap *heap, size_t bytes)
{
    void *block = spare;

    (void)context, (void)bytes;
    oom_calls++;
    spare = NULL;
    quarry_free(heap, block);
    return block != NULL;
}

TEST(test_on_oom_that_frees_a_block_serves_emalloc)
{
    struct quarry_memory memory = {.region_bytes = 2 * CHUNK, .options = test_options()};

    memory.region = test_memory(memory.region_bytes, 0);
    if (memory.region == NULL)
        return;
    memory.options.on_oom = free_spare;
    memory.options.limit_bytes = CHUNK;
    REQUIRE(start_memory_manager(&memory));
    spare = emalloc(BIG_BYTES);
    CHECK(emalloc(BIG_BYTES) != NULL);
    CHECK_EQ(spare, NULL);
    EXPECT_OOM(emalloc(BIG_BYTES), zend_mm_get_heap(), BIG_BYTES);
    oom_calls = 0;
    EXPECT_OOM(pemalloc(opaque_size(TOO_MUCH), true), quarry_persistent_heap(), TOO_MUCH);
    CHECK_EQ(oom_calls, 0); /* asked for request heaps only */
    CHECK(quarry_check(zend_mm_get_heap()));
    shutdown_memory_manager(true, true);
}
