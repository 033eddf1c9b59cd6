/* SPDX-License-Identifier: MIT
 *
 * lifecycle.c: quarry_reset(), quarry_destroy(), quarry_set_limit(), quarry_trim() and the figures of
 * quarry_get_stats() for heaps in regions. What only heaps on a source can show is in chunks.c.
 */
#include "fixture.h"

#define SOME_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))

ON_HEAP(test_reset_frees_every_block_and_keeps_peaks, SOME_BYTES, 7)
{
    struct quarry_stats before;
    struct quarry_stats full;
    struct quarry_stats after;
    unsigned i;

    before = stats_of(heap);
    for (i = 0; i < 5; i++) {
        while (quarry_malloc(heap, 1 + test_random_below(300)) != NULL)
            continue;
        full = stats_of(heap);
        quarry_reset(heap);
        after = stats_of(heap);
        CHECK(stats_are_equal(&before, &after));
        CHECK_EQ(after.used_peak_bytes, full.used_peak_bytes);
        CHECK_EQ(after.acquired_peak_bytes, full.acquired_peak_bytes);
        expect_all_free(heap, before.largest_free_bytes);
    }
    CHECK(t_malloc(heap, before.largest_free_bytes) != NULL);
}

TEST(test_reset_keeps_hooks_limit_and_regions)
{
    struct quarry_options options = test_options();
    void *const first = test_memory(SOME_BYTES / 2, 0);
    void *const second = test_memory(SOME_BYTES / 2, 0);
    struct quarry_heap *heap;
    struct quarry_stats before;
    struct quarry_stats after;

    if (first == NULL || second == NULL)
        return;
    options.limit_bytes = SOME_BYTES;
    heap = quarry_create(first, SOME_BYTES / 2, &options);
    REQUIRE(heap != NULL);
    CHECK(quarry_add_region(heap, second, SOME_BYTES / 2));
    before = stats_of(heap);
    CHECK(t_malloc(heap, 100) != NULL);
    quarry_reset(heap);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK_EQ(after.limit_bytes, SOME_BYTES);
    CHECK(!quarry_add_region(heap, second, SOME_BYTES / 2));
    quarry_free(heap, &options);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    check_heap(heap);
}

ON_HEAP(test_reset_of_empty_heap_changes_nothing, SOME_BYTES, 0)
{
    struct quarry_stats before;
    struct quarry_stats after;

    before = stats_of(heap);
    quarry_reset(heap);
    quarry_reset(heap);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
}

TEST(test_destroy_null_does_nothing)
{
    quarry_destroy(NULL);
    CHECK_EQ(test_log.count, 0);
}

TEST(test_destroy_gives_region_back_for_another_heap)
{
    const struct quarry_options options = test_options();
    unsigned char *const region = test_memory(SOME_BYTES, 0);
    unsigned i;

    if (region == NULL)
        return;
    for (i = 0; i < 20 && !test_is_over(); i++) {
        struct quarry_heap *const heap = quarry_create(region + i, SOME_BYTES - 2 * i, &options);
        const unsigned blocks = 1 + i;
        unsigned made;

        REQUIRE(heap != NULL);
        for (made = 0; made < blocks; made++)
            CHECK(quarry_malloc(heap, 20) != NULL);
        check_heap(heap);
        quarry_destroy(heap);
        test_fill(region, SOME_BYTES, i); /* ours again: nothing may look at it now */
    }
}

ON_HEAP(test_set_limit_below_what_is_there_is_refused, SOME_BYTES, 0)
{
    CHECK(!quarry_set_limit(heap, SOME_BYTES - 1));
    CHECK(!quarry_set_limit(heap, 1));
    CHECK_EQ(stats_of(heap).limit_bytes, 0);
    CHECK(quarry_set_limit(heap, SOME_BYTES));
    CHECK_EQ(stats_of(heap).limit_bytes, SOME_BYTES);
    CHECK(!quarry_set_limit(heap, SOME_BYTES / 2));
    CHECK_EQ(stats_of(heap).limit_bytes, SOME_BYTES);
    CHECK(quarry_set_limit(heap, SIZE_MAX));
    CHECK(quarry_set_limit(heap, 0));
    CHECK_EQ(stats_of(heap).limit_bytes, 0);
}

ON_HEAP(test_trim_of_region_gives_nothing_back, SOME_BYTES, 0)
{
    CHECK_EQ(quarry_trim(heap), 0);
    CHECK(t_malloc(heap, 10) != NULL);
    CHECK_EQ(quarry_trim(heap), 0);
}

/* used, used_peak, blocks, failures and limit against a model over a random history. */
ON_HEAP(test_stats_follow_every_call, SOME_BYTES, 0)
{
    void *blocks[12] = {NULL};
    size_t used_bytes = 0;
    size_t peak_bytes = 0;
    size_t live = 0;
    size_t failures = 0;
    unsigned step;

    if (!QUARRY_STATS)
        SKIP("built without figures");
    for (step = 0; step < 400 && !test_is_over(); step++) {
        const size_t i = test_random_below(12);

        if (blocks[i] != NULL) {
            used_bytes -= quarry_usable_size(heap, blocks[i]);
            live--;
            t_free(heap, blocks[i]);
            blocks[i] = NULL;
        } else {
            blocks[i] = t_malloc(heap, test_random_below(step % 4 == 0 ? SOME_BYTES / 2 : 100));
            failures += blocks[i] == NULL;
            live += blocks[i] != NULL;
            used_bytes += quarry_usable_size(heap, blocks[i]);
        }
        peak_bytes = used_bytes > peak_bytes ? used_bytes : peak_bytes;
        CHECK_EQ(stats_of(heap).used_bytes, used_bytes);
        if (QUARRY_CACHE == 0) /* cached slots are in the peak */
            CHECK_EQ(stats_of(heap).used_peak_bytes, peak_bytes);
        CHECK_EQ(stats_of(heap).blocks, live);
        CHECK_EQ(stats_of(heap).failures, failures);
        CHECK_EQ(stats_of(heap).chunks, 1);
        CHECK_EQ(stats_of(heap).acquired_bytes, SOME_BYTES);
    }
}

ON_HEAP(test_stats_of_realloc_and_resize_follow_sizes, SOME_BYTES, 0)
{
    void *block;
    unsigned step;

    if (!QUARRY_STATS)
        SKIP("built without figures");
    block = t_malloc(heap, 1);
    for (step = 0; step < 100 && !test_is_over(); step++) {
        const size_t bytes = test_random_below(SOME_BYTES / 4);

        if (step % 2 == 0)
            block = t_realloc(heap, block, bytes);
        else
            t_resize(heap, block, bytes);
        REQUIRE(block != NULL);
        CHECK_EQ(stats_of(heap).used_bytes, quarry_usable_size(heap, block));
        CHECK_EQ(stats_of(heap).blocks, 1);
    }
    CHECK_EQ(stats_of(heap).failures, 0);
}

ON_HEAP(test_failures_count_every_null_answer, SOME_BYTES, 0)
{
    void *block;

    if (!QUARRY_STATS)
        SKIP("built without figures");
    block = t_malloc(heap, 10);
    CHECK_EQ(quarry_malloc(heap, SOME_BYTES), NULL);
    CHECK_EQ(stats_of(heap).failures, 1);
    CHECK_EQ(quarry_malloc(heap, SIZE_MAX), NULL);
    CHECK_EQ(stats_of(heap).failures, 2);
    CHECK_EQ(quarry_calloc(heap, SIZE_MAX, SIZE_MAX), NULL);
    CHECK_EQ(stats_of(heap).failures, 3);
    CHECK_EQ(quarry_aligned_alloc(heap, 3, 8), NULL);
    CHECK_EQ(stats_of(heap).failures, 4);
    CHECK_EQ(quarry_realloc(heap, block, SOME_BYTES), NULL);
    CHECK_EQ(stats_of(heap).failures, 5);
    CHECK(!quarry_resize(heap, block, SOME_BYTES));
    CHECK_EQ(stats_of(heap).failures, 5);
}

/* "A request of this size is served": at any moment of a history. */
ON_HEAP(test_largest_free_bytes_can_be_had, SOME_BYTES, 0)
{
    void *blocks[16] = {NULL};
    unsigned step;

    for (step = 0; step < 300 && !test_is_over(); step++) {
        const size_t i = test_random_below(16);
        const size_t largest_bytes = largest_free_bytes(heap);

        if (largest_bytes != 0) {
            void *const block = t_malloc(heap, largest_bytes);

            CHECK(block != NULL);
            t_free(heap, block);
        }
        if (blocks[i] != NULL) {
            t_free(heap, blocks[i]);
            blocks[i] = NULL;
        } else {
            blocks[i] = t_malloc(heap, test_random_below(step % 3 == 0 ? 600 : 80));
        }
    }
}
