/* SPDX-License-Identifier: MIT
 *
 * chunks.c: when a heap on a source asks for another chunk and when it gives chunks back: freeing, quarry_trim(),
 * quarry_reset(), quarry_destroy(), and the limit.
 */
#include "fixture.h"

#define CHUNK_BYTES SMALLEST_CHUNK_BYTES

ON_SOURCE_HEAP(test_trim_gives_back_chunks_without_blocks, 8 * CHUNK_BYTES)
{
    void *blocks[7];
    size_t granted_bytes;
    unsigned i;

    for (i = 0; i < 7; i++) {
        blocks[i] = t_malloc(heap, CHUNK_BYTES / 2 + 500);
        REQUIRE(blocks[i] != NULL);
    }
    CHECK_EQ(stats_of(heap).chunks, 7);
    CHECK_EQ(quarry_trim(heap), 0);
    for (i = 0; i < 7; i++)
        t_free(heap, blocks[i]);
    CHECK(stats_of(heap).chunks <= 5); /* the first, and at most four that are kept */
    check_source(source, heap);
    granted_bytes = source->granted_bytes;
    CHECK_EQ(quarry_trim(heap), granted_bytes - CHUNK_BYTES);
    CHECK_EQ(stats_of(heap).chunks, 1);
    CHECK_EQ(quarry_trim(heap), 0);
}

/* A block that comes and goes at a chunk's edge must not make the source work each time. */
ON_SOURCE_HEAP(test_chunk_without_blocks_is_kept_once, 3 * CHUNK_BYTES)
{
    unsigned acquires;
    unsigned i;

    CHECK(t_malloc(heap, largest_free_bytes(heap)) != NULL);
    t_free(heap, t_malloc(heap, CHUNK_BYTES / 2));
    acquires = source->acquires;
    for (i = 0; i < 10; i++)
        t_free(heap, t_malloc(heap, CHUNK_BYTES / 2));
    CHECK_EQ(source->acquires, acquires);
}

ON_SOURCE_HEAP(test_reset_gives_back_all_but_first_chunk, 12 * CHUNK_BYTES)
{
    size_t largest_bytes;
    unsigned i;

    largest_bytes = largest_free_bytes(heap);
    for (i = 0; i < 4 && !test_is_over(); i++) {
        while (quarry_malloc(heap, 1 + test_random_below(CHUNK_BYTES * 2)) != NULL)
            continue;
        CHECK(stats_of(heap).chunks > 1);
        quarry_reset(heap);
        CHECK_EQ(stats_of(heap).chunks, 1);
        CHECK_EQ(source->granted_bytes, CHUNK_BYTES);
        check_source(source, heap);
        expect_all_free(heap, largest_bytes);
        CHECK(stats_of(heap).acquired_peak_bytes > CHUNK_BYTES);
    }
}

TEST(test_destroy_gives_back_everything_with_blocks_live)
{
    struct test_source source;
    unsigned i;

    if (!test_source_init(&source, 12 * CHUNK_BYTES))
        return;
    for (i = 0; i < 8 && !test_is_over(); i++) {
        struct quarry_heap *const heap = test_source_heap(&source);
        unsigned made;

        REQUIRE(heap != NULL);
        for (made = 0; made < i * 4; made++)
            quarry_malloc(heap, test_random_below(made % 4 == 0 ? CHUNK_BYTES * 2 : 300));
        check_heap(heap);
        quarry_destroy(heap);
        expect_given_back(&source);
    }
}

ON_SOURCE_HEAP(test_limit_stops_source_until_raised, 8 * CHUNK_BYTES)
{
    unsigned acquires;

    CHECK(!quarry_set_limit(heap, CHUNK_BYTES - 1));
    CHECK(quarry_set_limit(heap, CHUNK_BYTES));
    acquires = source->acquires;
    CHECK_EQ(t_malloc(heap, 2 * CHUNK_BYTES), NULL);
    while (quarry_malloc(heap, 64) != NULL)
        continue;
    CHECK_EQ(source->granted_bytes, CHUNK_BYTES);
    CHECK_EQ(source->acquires, acquires); /* the limit is looked at first */
    CHECK(quarry_set_limit(heap, 2 * CHUNK_BYTES));
    CHECK(t_malloc(heap, 64) != NULL);
    CHECK_EQ(source->granted_bytes, 2 * CHUNK_BYTES);
    CHECK(quarry_set_limit(heap, 0));
    CHECK(t_malloc(heap, 2 * CHUNK_BYTES) != NULL);
    CHECK(!quarry_set_limit(heap, 2 * CHUNK_BYTES));
    CHECK_EQ(stats_of(heap).limit_bytes, 0);
}

ON_SOURCE_HEAP(test_largest_free_bytes_is_served_without_source, 6 * CHUNK_BYTES)
{
    unsigned acquires;
    unsigned i;

    for (i = 0; i < 40 && !test_is_over(); i++) {
        const size_t largest_bytes = largest_free_bytes(heap);

        if (largest_bytes != 0) {
            acquires = source->acquires;
            CHECK(t_malloc(heap, largest_bytes) != NULL);
            CHECK_EQ(source->acquires, acquires);
            quarry_reset(heap);
        }
        while (test_random_below(8) != 0)
            quarry_malloc(heap, test_random_below(CHUNK_BYTES));
    }
}

ON_SOURCE_HEAP(test_add_region_to_heap_on_source_works, 2 * CHUNK_BYTES)
{
    unsigned char *const region = test_memory(CHUNK_BYTES + 100, 4);
    size_t acquired_bytes;

    if (region == NULL)
        return;
    acquired_bytes = stats_of(heap).acquired_bytes;
    CHECK(quarry_add_region(heap, region, CHUNK_BYTES + 100));
    CHECK(!quarry_add_region(heap, source->memory, CHUNK_BYTES)); /* its own first chunk */
    CHECK_EQ(stats_of(heap).acquired_bytes, acquired_bytes + CHUNK_BYTES + 100);
    while (quarry_malloc(heap, 100) != NULL)
        continue;
    CHECK_EQ(source->granted_bytes, 2 * CHUNK_BYTES);
    check_heap(heap);
    quarry_reset(heap);
    CHECK_EQ(source->granted_bytes, CHUNK_BYTES);
    quarry_destroy(heap); /* and the region is not handed to release */
    source->heap = NULL;
}
