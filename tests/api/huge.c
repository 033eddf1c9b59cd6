/* SPDX-License-Identifier: MIT
 *
 * huge.c: blocks that no chunk can hold: grown and shrunk in place where the source can, moved where it cannot, for
 * all sizes around the chunk's and for alignments, and within the heap's limit.
 */
#include "fixture.h"

#define CHUNK_BYTES SMALLEST_CHUNK_BYTES

ON_SOURCE_HEAP(test_huge_grows_and_shrinks_in_place_where_source_can, 8 * CHUNK_BYTES)
{
    unsigned char *block;
    size_t acquired_bytes;

    block = t_malloc(heap, 2 * CHUNK_BYTES);
    REQUIRE(block != NULL);
    test_fill(block, 2 * CHUNK_BYTES, 1);
    acquired_bytes = stats_of(heap).acquired_bytes;
    CHECK_EQ(t_realloc(heap, block, 3 * CHUNK_BYTES), block);
    CHECK(source->extends != 0);
    CHECK(stats_of(heap).acquired_bytes > acquired_bytes);
    check_source(source, heap);
    CHECK(t_resize(heap, block, 4 * CHUNK_BYTES));
    CHECK_EQ(t_realloc(heap, block, 2 * CHUNK_BYTES), block);
    CHECK(source->truncates != 0);
    CHECK_EQ(stats_of(heap).acquired_bytes, acquired_bytes);
    check_source(source, heap);
    CHECK(test_is_filled(block, 2 * CHUNK_BYTES, 1));
    CHECK(!t_resize(heap, block, 20 * CHUNK_BYTES));
    CHECK(t_resize(heap, block, 0));
    CHECK(quarry_usable_size(heap, block) != 0);
    t_free(heap, block);
}

TEST(test_huge_moves_where_source_cannot_extend)
{
    struct test_source source;
    struct quarry_heap *heap;
    unsigned char *block;
    unsigned char *moved;

    if (!test_source_init(&source, 8 * CHUNK_BYTES))
        return;
    source.source.extend = NULL;
    source.source.truncate = NULL;
    heap = test_source_heap(&source);
    if (heap == NULL)
        return;
    block = t_malloc(heap, CHUNK_BYTES + 1);
    REQUIRE(block != NULL);
    test_fill(block, CHUNK_BYTES + 1, 1);
    CHECK(!t_resize(heap, block, 3 * CHUNK_BYTES));
    moved = t_realloc(heap, block, 3 * CHUNK_BYTES);
    REQUIRE(moved != NULL);
    CHECK(moved != block);
    CHECK(test_is_filled(moved, CHUNK_BYTES + 1, 1));
    CHECK(t_resize(heap, moved, 2 * CHUNK_BYTES)); /* shrinking is true even where nothing can be given back */
    moved = t_realloc(heap, moved, 10);
    REQUIRE(moved != NULL);
    CHECK(test_is_filled(moved, 10, 1));
    t_free(heap, moved);
    check_source(&source, heap);
    quarry_destroy(heap);
    expect_given_back(&source);
}

/* Sizes of every kind of block: each must have the same good size whatever the heap holds. */
static size_t good_sum(const struct quarry_heap *heap)
{
    size_t bytes;
    size_t sum = 0;

    for (bytes = 0; bytes < 4 * CHUNK_BYTES; bytes += bytes / 8 + 1)
        sum = sum * 31 + quarry_good_size(heap, bytes);
    return sum;
}

ON_SOURCE_HEAP(test_good_size_does_not_depend_on_what_is_free, 8 * CHUNK_BYTES)
{
    unsigned char *const region = test_memory(4 * CHUNK_BYTES, 0);
    void *block;
    size_t sum;

    if (region == NULL)
        return;
    sum = good_sum(heap);
    block = t_malloc(heap, CHUNK_BYTES / 2);
    CHECK_EQ(good_sum(heap), sum);
    t_free(heap, block);
    CHECK(quarry_add_region(heap, region, 4 * CHUNK_BYTES)); /* with a run that is longer than any chunk's */
    CHECK_EQ(good_sum(heap), sum);
    block = t_malloc(heap, 2 * CHUNK_BYTES);
    REQUIRE(block != NULL);
    CHECK_EQ(good_sum(heap), sum);
    t_free(heap, block);
    CHECK_EQ(good_sum(heap), sum);
    quarry_destroy(heap); /* what it acquired is not the source's alone */
    source->heap = NULL;
}

ON_SOURCE_HEAP(test_huge_sizes_and_alignments_are_served, 16 * CHUNK_BYTES)
{
    size_t bytes;
    size_t align_bytes;

    for (bytes = CHUNK_BYTES / 2; bytes < 4 * CHUNK_BYTES && !test_is_over(); bytes += CHUNK_BYTES / 8 + 1) {
        void *const block = t_malloc(heap, bytes);

        REQUIRE(block != NULL);
        CHECK_EQ(quarry_usable_size(heap, block), quarry_good_size(heap, bytes));
        test_fill(block, quarry_usable_size(heap, block), 2);
        t_free(heap, block);
        check_source(source, heap);
        for (align_bytes = 16; align_bytes <= CHUNK_BYTES / 4; align_bytes *= 4) {
            void *const aligned = t_aligned_alloc(heap, align_bytes, bytes);

            CHECK(aligned != NULL);
            if (aligned != NULL)
                test_fill(aligned, quarry_usable_size(heap, aligned), 3);
            t_free(heap, aligned);
            check_source(source, heap);
        }
    }
    CHECK_EQ(stats_of(heap).blocks, 0);
    CHECK_EQ(quarry_malloc(heap, SIZE_MAX), NULL);
    CHECK_EQ(quarry_malloc(heap, SIZE_MAX - 4096), NULL);
    CHECK_EQ(quarry_malloc(heap, SIZE_MAX / 2), NULL);
}

ON_SOURCE_HEAP(test_limit_holds_for_growing_huge_block, 12 * CHUNK_BYTES)
{
    void *block;

    block = t_malloc(heap, 2 * CHUNK_BYTES);
    REQUIRE(block != NULL);
    CHECK(quarry_set_limit(heap, stats_of(heap).acquired_bytes));
    CHECK(!t_resize(heap, block, 3 * CHUNK_BYTES));
    CHECK_EQ(t_realloc(heap, block, 3 * CHUNK_BYTES), NULL);
    CHECK(quarry_set_limit(heap, 6 * CHUNK_BYTES));
    CHECK_EQ(t_realloc(heap, block, 3 * CHUNK_BYTES), block);
    CHECK(stats_of(heap).acquired_bytes <= stats_of(heap).limit_bytes);
}
