/* SPDX-License-Identifier: MIT
 *
 * aligned.c: quarry_aligned_alloc() and quarry_aligned_realloc(): every power of two, every refusal, and that pages
 * before and behind an aligned block are given back. Heaps start off alignment on purpose.
 */
#include "fixture.h"

ON_HEAP(test_aligned_alloc_bad_alignment_gives_null, test_room((size_t)1 << 20), 24)
{
    struct quarry_stats before;
    struct quarry_stats after;
    size_t align_bytes;

    before = stats_of(heap);
    CHECK_EQ(t_aligned_alloc(heap, 0, 8), NULL);
    CHECK_EQ(quarry_aligned_realloc(heap, NULL, 0, 8), NULL);
    for (align_bytes = 3; align_bytes < 5000 && !test_is_over(); align_bytes++)
        if ((align_bytes & (align_bytes - 1)) != 0)
            CHECK_EQ(quarry_aligned_alloc(heap, align_bytes, 8), NULL);
    CHECK_EQ(quarry_aligned_alloc(heap, SIZE_MAX, 8), NULL);
    CHECK_EQ(quarry_aligned_alloc(heap, SIZE_MAX - 1, 8), NULL);
    CHECK_EQ(quarry_aligned_alloc(heap, SIZE_MAX / 2, 8), NULL);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
}

ON_HEAP(test_aligned_alloc_above_chunk_gives_null, test_room((size_t)1 << 20), 24)
{
    size_t align_bytes;

    for (align_bytes = SIZE_MAX / 2 + 1; align_bytes > stats_of(heap).acquired_bytes; align_bytes /= 2) {
        CHECK_EQ(t_aligned_alloc(heap, align_bytes, 1), NULL);
        CHECK_EQ(t_aligned_alloc(heap, align_bytes, SIZE_MAX - align_bytes / 2), NULL);
    }
}

ON_HEAP(test_aligned_alloc_impossible_sizes_give_null, test_room((size_t)1 << 20), 24)
{
    size_t align_bytes;
    size_t below;

    for (align_bytes = 1; align_bytes <= 65536; align_bytes *= 2)
        for (below = 0; below < 4; below++) {
            CHECK_EQ(quarry_aligned_alloc(heap, align_bytes, SIZE_MAX - below), NULL);
            CHECK_EQ(quarry_aligned_alloc(heap, align_bytes, SIZE_MAX - below - align_bytes), NULL);
            CHECK_EQ(quarry_aligned_alloc(heap, align_bytes, SIZE_MAX - below - QUARRY_PAGE_BYTES), NULL);
        }
}

ON_HEAP_EMPTIED(test_aligned_alloc_each_power_of_two_is_aligned, test_room((size_t)1 << 20), 24)
{
    static const unsigned short sizes[] = {0, 1, 8, 24, 63, 100, 512, 700};
    size_t largest_bytes;
    size_t align_bytes;
    unsigned i;

    largest_bytes = largest_free_bytes(heap);
    for (align_bytes = 1; align_bytes <= largest_bytes / 4 && !test_is_over(); align_bytes *= 2)
        for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            void *const first = t_aligned_alloc(heap, align_bytes, sizes[i]);
            void *const second = t_aligned_alloc(heap, align_bytes, sizes[i]);

            if (first == NULL || second == NULL) {
                CHECK(2 * align_bytes + 2 * sizes[i] + 4 * QUARRY_PAGE_BYTES > largest_bytes / 2);
            } else {
                test_fill(first, quarry_usable_size(heap, first), i);
                test_fill(second, quarry_usable_size(heap, second), i + 1);
                CHECK(test_is_filled(first, quarry_usable_size(heap, first), i));
            }
            t_free(heap, first);
            t_free(heap, second);
        }
}

/* The largest power of two that a run of the region holds an aligned page for must work on an empty heap: "an
 * alignment above the page needs a free run that is longer by that much at first". */
ON_HEAP_EMPTIED(test_aligned_alloc_to_half_of_heap_works, test_room((size_t)1 << 20), 24)
{
    size_t align_bytes = QUARRY_PAGE_BYTES;
    size_t largest_bytes;
    void *block;

    largest_bytes = largest_free_bytes(heap);
    while (align_bytes * 2 + 2 * QUARRY_PAGE_BYTES <= largest_bytes)
        align_bytes *= 2;
    block = t_aligned_alloc(heap, align_bytes, QUARRY_PAGE_BYTES);
    CHECK(block != NULL);
    /* What was cut off before and behind is free again. */
    CHECK(stats_of(heap).free_bytes + 2 * QUARRY_PAGE_BYTES >= largest_bytes);
    t_free(heap, block);
}

ON_HEAP_EMPTIED(test_aligned_realloc_keeps_contents_and_alignment, test_room((size_t)1 << 20), 24)
{
    size_t align_bytes;
    void *block;
    size_t bytes = 40;
    unsigned i;

    block = t_malloc(heap, bytes);
    REQUIRE(block != NULL);
    test_fill(block, bytes, 11);
    for (i = 0; i < 60 && !test_is_over(); i++) {
        const size_t new_bytes = 1 + test_random_below(600);
        void *moved;

        align_bytes = (size_t)1 << test_random_below(9);
        moved = t_aligned_realloc(heap, block, align_bytes, new_bytes);
        REQUIRE(moved != NULL);
        block = moved;
        CHECK(test_is_filled(block, bytes < new_bytes ? bytes : new_bytes, 11));
        bytes = new_bytes;
        test_fill(block, bytes, 11);
    }
    t_free(heap, block);
}

ON_HEAP(test_aligned_realloc_of_null_is_aligned_alloc, test_room((size_t)1 << 20), 24)
{
    void *block;

    block = t_aligned_realloc(heap, NULL, 256, 10);
    CHECK(block != NULL);
    t_free(heap, block);
    block = t_aligned_realloc(heap, NULL, 1, 0);
    CHECK(block != NULL);
    t_free(heap, block);
}

ON_HEAP(test_aligned_realloc_that_fails_leaves_block, test_room((size_t)1 << 20), 24)
{
    struct quarry_stats before;
    struct quarry_stats after;
    void *block;

    block = t_malloc(heap, 50);
    REQUIRE(block != NULL);
    test_fill(block, 50, 12);
    before = stats_of(heap);
    CHECK_EQ(quarry_aligned_realloc(heap, block, 0, 100), NULL);
    CHECK_EQ(quarry_aligned_realloc(heap, block, 24, 100), NULL);
    CHECK_EQ(quarry_aligned_realloc(heap, block, SIZE_MAX / 2 + 1, 100), NULL);
    CHECK_EQ(quarry_aligned_realloc(heap, block, 16, SIZE_MAX - 20), NULL);
    CHECK_EQ(quarry_aligned_realloc(heap, block, 4096, SIZE_MAX / 2), NULL);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK(test_is_filled(block, 50, 12));
    check_heap(heap);
    t_free(heap, block);
}

ON_HEAP(test_aligned_realloc_of_misaligned_block_moves_it, test_room((size_t)1 << 20), 24)
{
    void *blocks[12];
    unsigned i;

    for (i = 0; i < 12; i++) {
        blocks[i] = t_malloc(heap, 32);
        REQUIRE(blocks[i] != NULL);
        test_fill(blocks[i], 32, i);
    }
    for (i = 0; i < 12; i++) {
        const bool was_aligned = ((uintptr_t)blocks[i] & 127) == 0;
        void *const moved = t_aligned_realloc(heap, blocks[i], 128, 32);

        REQUIRE(moved != NULL);
        CHECK(was_aligned || moved != blocks[i]);
        CHECK(test_is_filled(moved, 32, i));
        blocks[i] = moved;
    }
    for (i = 0; i < 12; i++)
        t_free(heap, blocks[i]);
}

/* A plain realloc of an aligned block is a realloc: it may lose the alignment, but nothing else. */
ON_HEAP_EMPTIED(test_realloc_of_aligned_block_keeps_contents, test_room((size_t)1 << 20), 24)
{
    size_t largest_bytes;
    size_t align_bytes;

    largest_bytes = largest_free_bytes(heap);
    for (align_bytes = 16; align_bytes <= largest_bytes / 8 && !test_is_over(); align_bytes *= 2) {
        void *block = t_aligned_alloc(heap, align_bytes, 90);

        REQUIRE(block != NULL);
        test_fill(block, 90, 13);
        block = t_realloc(heap, block, 900);
        REQUIRE(block != NULL);
        CHECK(test_is_filled(block, 90, 13));
        t_free(heap, block);
    }
}

#define EIGHT_PAGES_BYTES ((size_t)8 * QUARRY_PAGE_BYTES)

/* Where no free run is longer than the block by its alignment, one that happens to be aligned serves it. */
ON_HEAP(test_aligned_block_that_was_freed_in_full_heap_can_be_had_again, 40 * EIGHT_PAGES_BYTES, 0)
{
    const size_t align_bytes = EIGHT_PAGES_BYTES;
    void *blocks[40];
    unsigned count = 0;
    while (count < 40 && (blocks[count] = quarry_aligned_alloc(heap, align_bytes, align_bytes - CANARY_BYTES)) != NULL)
        count++;
    CHECK(count > 30);
    while (quarry_malloc(heap, QUARRY_PAGE_BYTES - CANARY_BYTES) != NULL)
        continue;
    for (unsigned i = 0; i < count; i++) {
        quarry_free(heap, blocks[i]);
        void *again = quarry_aligned_alloc(heap, align_bytes, align_bytes - CANARY_BYTES);
        CHECK_EQ(TEST_ADDRESS(again), TEST_ADDRESS(blocks[i]));
        CHECK(check_heap(heap));
        blocks[i] = again;
    }
    quarry_free(heap, blocks[0]); /* and a part of it: what is left of the run stays free */
    CHECK(quarry_aligned_alloc(heap, align_bytes / 2, align_bytes / 2 - CANARY_BYTES) != NULL);
    CHECK(quarry_aligned_alloc(heap, align_bytes / 2, align_bytes / 2 - CANARY_BYTES) != NULL);
    CHECK(check_heap(heap));
}
