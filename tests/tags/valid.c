/* SPDX-License-Identifier: MIT
 *
 * valid.c: what a program may do is not refused: every byte of every block, through whatever call it came.
 */
#include "tags.h"

/* Every usable byte; the next one, and the one before, are somebody else's. */
static void check_whole(struct quarry_heap *heap, unsigned char *block)
{
    const size_t bytes = quarry_usable_size(heap, block);

    REQUIRE(block != NULL && bytes != 0);
    CHECK(tag_of(block) != 0);
    test_fill(block, bytes, 7);
    CHECK(test_is_filled(block, bytes, 7));
    CHECK(is_refused(block + bytes));
    CHECK(is_refused(block - 1));
    CHECK(quarry_owns(heap, block));
}

TEST(test_tags_every_byte_of_a_block_may_be_used)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned kind;

    for (kind = 0; kind < TAGS_KINDS && heap != NULL; kind++) {
        unsigned char *const block = quarry_malloc(heap, tags_bytes_of_kind(kind));

        check_whole(heap, block);
        quarry_free_sized(heap, block, tags_bytes_of_kind(kind));
        CHECK(quarry_check(heap));
    }
}

TEST(test_tags_calloc_and_aligned_blocks_may_be_used)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned char *block;
    size_t align_bytes;

    REQUIRE(heap != NULL);
    block = quarry_calloc(heap, 100, 7);
    REQUIRE(block != NULL && test_is_zero(block, 700));
    check_whole(heap, block);
    for (align_bytes = 16; align_bytes <= 4096; align_bytes *= 2) {
        unsigned char *const aligned = quarry_aligned_alloc(heap, align_bytes, 200);

        CHECK_EQ((uintptr_t)aligned & (align_bytes - 1), 0);
        check_whole(heap, aligned);
    }
}

TEST(test_tags_realloc_in_place_keeps_pointer_and_tags_what_is_new)
{
    struct quarry_heap *const heap = test_heap(TAGS_REGION_BYTES, 0);
    unsigned char *block;

    REQUIRE(heap != NULL);
    block = quarry_malloc(heap, 5000);
    CHECK_EQ(quarry_realloc(heap, block, 9000), block); /* free pages follow */
    test_fill(block, 9000, 1);
    CHECK_EQ(quarry_realloc(heap, block, 4000), block);
    CHECK(test_is_filled(block, 4000, 1));
    CHECK(is_refused(block + quarry_usable_size(heap, block)));
    CHECK(is_refused(block + 8000));
    CHECK(quarry_resize(heap, block, 6000));
    test_fill(block, 6000, 2);
    CHECK(test_is_filled(block, 6000, 2));
    quarry_free(heap, block);
    CHECK(quarry_check(heap));
}

TEST(test_tags_realloc_moves_contents_and_old_pointer_is_refused)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned kind;

    REQUIRE(heap != NULL);
    for (kind = 0; kind < TAGS_KINDS; kind++) {
        const size_t bytes = tags_bytes_of_kind(kind);
        unsigned char *const block = quarry_malloc(heap, bytes);
        void *const fence = quarry_malloc(heap, 5000);
        unsigned char *moved;

        test_fill(block, bytes, kind);
        moved = quarry_realloc(heap, block, 3 * bytes);
        REQUIRE(moved != NULL);
        CHECK(test_is_filled(moved, bytes, kind));
        if (moved != block)
            CHECK(is_refused(block));
        quarry_free(heap, moved);
        quarry_free(heap, fence);
    }
}

TEST(test_tags_everything_merges_back)
{
    struct quarry_heap *const heap = test_heap(TAGS_REGION_BYTES, 0);
    const size_t largest_bytes = heap == NULL ? 0 : largest_free_bytes(heap);
    void *blocks[100] = {NULL};
    unsigned i, round;

    REQUIRE(heap != NULL);
    for (round = 0; round < 2000; round++) {
        i = (unsigned)test_random_below(100);
        if (blocks[i] == NULL) {
            blocks[i] = quarry_malloc(heap, test_random_below(900));
        } else if (test_random_below(4) == 0) {
            void *const changed = quarry_realloc(heap, blocks[i], test_random_below(1500));

            blocks[i] = changed != NULL ? changed : blocks[i];
        } else {
            quarry_free(heap, blocks[i]);
            blocks[i] = NULL;
        }
        if (blocks[i] != NULL)
            test_fill(blocks[i], quarry_usable_size(heap, blocks[i]), i);
    }
    for (i = 0; i < 100; i++)
        quarry_free(heap, blocks[i]);
    expect_all_free(heap, largest_bytes);
}

TEST(test_tags_neighbours_never_share_a_tag)
{
    struct quarry_heap *const heap = test_heap(TAGS_REGION_BYTES, 0);
    unsigned i;

    REQUIRE(heap != NULL);
    for (i = 0; i < 300; i++) {
        unsigned char *const block = quarry_malloc(heap, i % 7 == 0 ? 700 : 16 * (i % 5 + 1));

        if (block == NULL)
            break;
        CHECK(is_refused(block + quarry_usable_size(heap, block)));
        CHECK(is_refused(block - 1));
    }
    CHECK(i > 50);
}

TEST(test_tags_nested_heap_tags_its_own_blocks)
{
    struct quarry_heap *const parent = test_heap(4 * TAGS_REGION_BYTES, 0);
    const size_t largest_bytes = parent == NULL ? 0 : largest_free_bytes(parent);
    struct quarry_options options = test_options();
    struct quarry_source source;
    struct quarry_heap *heap;
    unsigned char *block;

    REQUIRE(parent != NULL);
    source = quarry_source_from_heap(parent);
    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    heap = quarry_create_from_source(&source, &options);
    REQUIRE(heap != NULL);
    check_whole(heap, quarry_malloc(heap, 100));
    block = quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES);
    check_whole(heap, block);
    block = quarry_realloc(heap, block, 4 * SMALLEST_CHUNK_BYTES); /* through the parent */
    check_whole(heap, block);
    block = quarry_realloc(heap, block, 2 * SMALLEST_CHUNK_BYTES);
    check_whole(heap, block);
    quarry_free(heap, block);
    quarry_destroy(heap);
    expect_all_free(parent, largest_bytes);
}

TEST(test_tags_region_in_a_block_comes_back_with_the_blocks_tag)
{
    struct quarry_heap *const parent = test_heap(TAGS_REGION_BYTES, 0);
    const struct quarry_options options = test_options();
    unsigned char *region;
    struct quarry_heap *heap;

    REQUIRE(parent != NULL);
    region = quarry_malloc(parent, 20000);
    heap = quarry_create(region, 20000, &options);
    REQUIRE(heap != NULL);
    check_whole(heap, quarry_malloc(heap, 100));
    quarry_destroy(heap);
    test_fill(region, 20000, 3);
    CHECK(test_is_filled(region, 20000, 3));
    quarry_free(parent, region);
    CHECK(quarry_check(parent));
}

static bool read_first_byte(void *context, const struct quarry_block *block)
{
    (void)context;
    CHECK(!is_refused(block->pointer) || block->free);
    return true;
}

TEST(test_tags_walk_shows_owners_pointers)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned kind;

    REQUIRE(heap != NULL);
    for (kind = 0; kind < TAGS_KINDS; kind++)
        quarry_malloc(heap, tags_bytes_of_kind(kind));
    quarry_walk(heap, read_first_byte, NULL);
}
