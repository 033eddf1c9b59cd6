/* SPDX-License-Identifier: MIT
 *
 * malloc.c: what quarry_malloc(), quarry_calloc() and quarry_good_size() promise for every size: alignment, usable
 * size, zeroing, NULL for what cannot be. Sizes are tried one by one where the classes are dense and by samples
 * up to the whole heap above.
 */
#include "fixture.h"

ON_HEAP_EMPTIED(test_malloc_zero_bytes_gives_unique_freeable_blocks, test_room(65536), 0)
{
    void *first;
    void *second;

    first = t_malloc(heap, 0);
    second = t_malloc(heap, 0);
    REQUIRE(first != NULL && second != NULL);
    CHECK(first != second);
    CHECK_EQ(quarry_usable_size(heap, first), quarry_good_size(heap, 0));
    CHECK_EQ(quarry_usable_size(heap, first), quarry_good_size(heap, 1));
    t_free(heap, first);
    t_free(heap, second);
}

/* The harness checks alignment and usable size of each block; three at once show that slots do not overlap. */
ON_HEAP_EMPTIED(test_malloc_each_size_is_aligned_and_usable, test_room(65536), 0)
{
    unsigned char *blocks[3];
    size_t bytes;
    unsigned i;

    for (bytes = 0; bytes <= 600 && !test_is_over(); bytes++) {
        for (i = 0; i < 3; i++) {
            blocks[i] = t_malloc(heap, bytes);
            REQUIRE(blocks[i] != NULL);
            test_fill(blocks[i], quarry_usable_size(heap, blocks[i]), i + (uint32_t)bytes);
        }
        for (i = 0; i < 3; i++) {
            CHECK(test_is_filled(blocks[i], quarry_usable_size(heap, blocks[i]), i + (uint32_t)bytes));
            t_free(heap, blocks[i]);
        }
    }
}

ON_HEAP_EMPTIED(test_malloc_large_sizes_are_aligned_and_usable, test_room(65536), 0)
{
    size_t largest_bytes;
    size_t bytes;

    largest_bytes = largest_free_bytes(heap);
    for (bytes = 601; bytes <= largest_bytes && !test_is_over(); bytes += 1 + bytes / 16) {
        void *const block = t_malloc(heap, bytes);

        REQUIRE(block != NULL);
        test_fill(block, quarry_usable_size(heap, block), 3);
        t_free(heap, block);
    }
}

ON_HEAP(test_malloc_impossible_sizes_give_null_and_change_nothing, test_room(65536), 0)
{
    struct quarry_stats before;
    struct quarry_stats after;
    size_t below;

    before = stats_of(heap);
    for (below = 0; below < 300; below++)
        CHECK_EQ(quarry_malloc(heap, SIZE_MAX - below), NULL);
    for (below = SIZE_MAX; below > before.acquired_bytes; below /= 2) {
        CHECK_EQ(t_malloc(heap, below), NULL);
        CHECK_EQ(t_malloc(heap, below + 1 == 0 ? below : below + 1), NULL);
        CHECK_EQ(t_malloc(heap, below & ~(size_t)(QUARRY_PAGE_BYTES - 1)), NULL);
    }
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK_EQ(after.used_peak_bytes, 0);
}

ON_HEAP(test_malloc_until_null_then_works_again, sizeof(void *) > 4 ? 16384 : 4096, 1)
{
    size_t largest_bytes;
    void **last = NULL;
    void **block;

    largest_bytes = largest_free_bytes(heap);
    while ((block = t_malloc(heap, 40)) != NULL) {
        *block = (void *)last;
        last = block;
    }
    CHECK_EQ(stats_of(heap).failures, QUARRY_STATS ? 1 : 0);
    while ((block = last) != NULL) {
        last = *block;
        t_free(heap, block);
    }
    expect_all_free(heap, largest_bytes);
    CHECK(t_malloc(heap, largest_bytes) != NULL);
}

ON_HEAP_EMPTIED(test_good_size_is_usable_size_of_fresh_block, test_room(65536), 0)
{
    size_t largest_bytes;
    size_t bytes;

    largest_bytes = largest_free_bytes(heap);
    for (bytes = 0; bytes <= largest_bytes && !test_is_over(); bytes += bytes < 5000 ? 1 : bytes / 64) {
        void *const block = quarry_malloc(heap, bytes);

        REQUIRE(block != NULL);
        if (!CHECK_EQ(quarry_good_size(heap, bytes), quarry_usable_size(heap, block))) {
            test_print("  bytes ");
            test_print_unsigned(bytes);
            test_print("\n");
        }
        quarry_free(heap, block);
    }
}

ON_HEAP(test_good_size_is_least_and_stable, test_room(65536), 0)
{
    size_t bytes;
    size_t last_bytes = 0;

    for (bytes = 0; bytes <= 20000 && !test_is_over(); bytes++) {
        const size_t good_bytes = quarry_good_size(heap, bytes);

        if (good_bytes == 0 && bytes > largest_free_bytes(heap))
            break;
        CHECK(good_bytes >= bytes && good_bytes != 0);
        CHECK(good_bytes >= last_bytes);
        CHECK_EQ(quarry_good_size(heap, good_bytes), good_bytes);
        last_bytes = good_bytes;
    }
}

ON_HEAP(test_good_size_of_impossible_size_is_zero, test_room(65536), 0)
{
    size_t below;

    for (below = 0; below < 64; below++)
        CHECK_EQ(quarry_good_size(heap, SIZE_MAX - below), 0);
}

ON_HEAP_EMPTIED(test_calloc_after_dirty_memory_is_zero, test_room(65536), 0)
{
    size_t largest_bytes;
    size_t bytes;

    largest_bytes = largest_free_bytes(heap);
    for (bytes = 0; bytes <= largest_bytes && !test_is_over(); bytes += 1 + bytes / 8) {
        void *block = t_malloc(heap, bytes);

        REQUIRE(block != NULL);
        test_fill(block, quarry_usable_size(heap, block), 0xee);
        t_free(heap, block);
        block = t_calloc(heap, 1, bytes); /* the harness looks at every byte asked for */
        REQUIRE(block != NULL);
        t_free(heap, block);
    }
}

ON_HEAP(test_calloc_zero_count_or_bytes_gives_smallest_block, test_room(65536), 0)
{
    void *first;
    void *second;

    first = t_calloc(heap, 0, SIZE_MAX);
    second = t_calloc(heap, SIZE_MAX, 0);
    REQUIRE(first != NULL && second != NULL && first != second);
    CHECK_EQ(quarry_usable_size(heap, first), quarry_good_size(heap, 0));
    t_free(heap, first);
    t_free(heap, second);
}

ON_HEAP(test_calloc_product_that_overflows_gives_null, test_room(65536), 0)
{
    static const unsigned char half_bits = (unsigned char)(sizeof(size_t) * 4);
    const size_t half = (size_t)1 << half_bits;
    struct quarry_stats before;
    struct quarry_stats after;

    before = stats_of(heap);
    CHECK_EQ(quarry_calloc(heap, half, half), NULL); /* product 0 in size_t */
    CHECK_EQ(quarry_calloc(heap, half + 1, half), NULL);
    CHECK_EQ(quarry_calloc(heap, half, half + 1), NULL);
    CHECK_EQ(quarry_calloc(heap, SIZE_MAX, 2), NULL);
    CHECK_EQ(quarry_calloc(heap, 2, SIZE_MAX), NULL);
    CHECK_EQ(quarry_calloc(heap, SIZE_MAX, SIZE_MAX), NULL);  /* product 1 */
    CHECK_EQ(quarry_calloc(heap, SIZE_MAX / 2 + 2, 2), NULL); /* product 2 */
    CHECK_EQ(quarry_calloc(heap, SIZE_MAX / 3 + 1, 3), NULL);
    CHECK_EQ(quarry_calloc(heap, 1, SIZE_MAX), NULL); /* no overflow, but too much */
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
}

ON_HEAP(test_calloc_product_is_count_times_bytes, test_room(65536), 0)
{
    size_t count;

    for (count = 1; count < 30 && !test_is_over(); count++) {
        void *const block = t_calloc(heap, count, 13);

        REQUIRE(block != NULL);
        CHECK(quarry_usable_size(heap, block) == quarry_good_size(heap, count * 13));
        t_free(heap, block);
    }
}
