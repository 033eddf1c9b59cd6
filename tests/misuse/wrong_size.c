/* SPDX-License-Identifier: MIT
 *
 * wrong_size.c: quarry_free_sized() with a size that the block was not asked for with. From check level 2 it is
 * reported and the block stays; below, the size is not looked at.
 */
#include "misuse.h"

static void free_with_wrong_size(struct quarry_heap *heap, size_t bytes, size_t wrong_bytes)
{
    void *block = quarry_malloc(heap, bytes);
    REQUIRE(block != NULL);
    quarry_free_sized(heap, block, wrong_bytes);
    expect_misuse(heap, KIND(QUARRY_WRONG_SIZE));
    CHECK(quarry_owns(heap, block));
    quarry_free_sized(heap, block, bytes);
    CHECK_EQ(test_log.count, 0);
    CHECK(!quarry_owns(heap, block));
    check_heap(heap);
}

TEST(test_free_sized_with_wrong_size_is_reported)
{
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("sizes are verified from check level 2 on");
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    const size_t sizes[] = {1, SMALL_BYTES, 100, LARGE_BYTES};
    for (unsigned i = 0; i < 4; i++) {
        size_t usable = quarry_good_size(heap, sizes[i]);
        free_with_wrong_size(heap, sizes[i], usable + 1);
        free_with_wrong_size(heap, sizes[i], SIZE_MAX);
        if (i != 0)
            free_with_wrong_size(heap, sizes[i], 1);
    }
}

TEST(test_free_sized_with_every_size_of_the_slot_is_served)
{
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    for (size_t bytes = 0; bytes <= LARGE_BYTES; bytes++) {
        void *block = quarry_malloc(heap, bytes);
        REQUIRE(block != NULL);
        quarry_free_sized(heap, block, bytes);
        REQUIRE(test_log.count == 0 && !quarry_owns(heap, block));
    }
}

/* Blocks that are larger than the rule says must not be called wrong. */
TEST(test_free_sized_of_loose_blocks_is_served)
{
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    void *aligned = quarry_aligned_alloc(heap, QUARRY_PAGE_BYTES, 24);
    REQUIRE(aligned != NULL);
    quarry_free_sized(heap, aligned, 24);
    void *shrunk = quarry_malloc(heap, 100);
    REQUIRE(shrunk != NULL && quarry_resize(heap, shrunk, 20));
    quarry_free_sized(heap, shrunk, 20);
    void *block = quarry_malloc(heap, LARGE_BYTES);
    REQUIRE(block != NULL);
    block = quarry_realloc(heap, block, LARGE_BYTES / 2);
    quarry_free_sized(heap, block, LARGE_BYTES / 2);
    CHECK_EQ(test_log.count, 0);
    CHECK_EQ(stats_of(heap).blocks, 0);
}

TEST(test_free_sized_when_memory_is_short_is_served)
{
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    void *last = NULL;
    for (void *block; (block = quarry_malloc(heap, 40)) != NULL; last = block)
        ;
    REQUIRE(last != NULL);
    quarry_free_sized(heap, last, 40); /* perhaps in pages of its own */
    CHECK_EQ(test_log.count, 0);
    CHECK(!quarry_owns(heap, last));
}

/* Pages of a region that is longer than the heap's chunks: more exact than a huge block of the source would be. */
TEST(test_free_sized_of_pages_in_place_of_a_huge_block_is_served)
{
    struct test_source source;
    void *region = test_memory(2 * SMALLEST_CHUNK_BYTES, 0);
    if (region == NULL || !test_source_init(&source, SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL && quarry_add_region(heap, region, 2 * SMALLEST_CHUNK_BYTES));
    void *block = quarry_malloc(heap, HUGE_BYTES);
    REQUIRE(block != NULL);
    quarry_free_sized(heap, block, HUGE_BYTES);
    CHECK_EQ(test_log.count, 0);
    CHECK(!quarry_owns(heap, block));
}

/* Its alignment makes it huge, where a chunk would hold a block of so many bytes. Where the source's memory begins at a
 * multiple of the alignment, it has as many bytes as that one would have. */
TEST(test_free_sized_of_aligned_huge_block_is_served)
{
    const size_t align_bytes = SMALLEST_CHUNK_BYTES / 2;
    struct test_source source;
    if (!test_source_init(&source, 8 * SMALLEST_CHUNK_BYTES))
        return;
    source.memory += -(uintptr_t)source.memory & (align_bytes - 1);
    source.granules -= SMALLEST_CHUNK_BYTES / GRANULE_BYTES;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL);
    for (size_t bytes = SMALLEST_CHUNK_BYTES / 4 * 3; bytes > SMALLEST_CHUNK_BYTES / 2 && !test_is_over(); bytes -= 5) {
        void *block = quarry_aligned_alloc(heap, align_bytes, bytes);
        REQUIRE(block != NULL);
        quarry_free_sized(heap, block, bytes);
        CHECK_EQ(test_log.count, 0);
        quarry_reset(heap); /* it knows of no larger blocks now */
    }
}
