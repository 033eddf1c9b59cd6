/* SPDX-License-Identifier: MIT
 *
 * overrun.c: writes beyond the ends of blocks, which check level 3 finds: what is written behind the bytes that were
 * asked for is in the block's canary, what is written before it is in that of the block before, or in free memory.
 */
#include "misuse.h"

#include "whole.h"

#define NEEDS_LEVEL_3()                                                                                                \
    do {                                                                                                               \
        if (QUARRY_CHECK_LEVEL < 3)                                                                                    \
            SKIP("blocks have canaries from check level 3 on");                                                        \
    } while (0)

static const size_t lengths[] = {1, 8, 16, 64};
enum { LENGTHS = 4 };

/* Changes each byte; done twice, all is as it was. */
static void change_bytes(unsigned char *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] ^= 0x5A;
}

/* What was written is reported by quarry_check(), and by each function that takes the block; nothing else happens. */
static void expect_overrun(struct quarry_heap *heap, unsigned char *block)
{
    CHECK(!quarry_check(heap));
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    quarry_free(heap, block);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    quarry_free_sized(heap, block, 1);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(quarry_realloc(heap, block, 1), NULL);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK(!quarry_resize(heap, block, 1));
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(quarry_usable_size(heap, block), 0);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK(quarry_owns(heap, block));
    if (QUARRY_CHECK_LEVEL >= 4) /* the heap is checked after each call */
        expect_misuse(heap, KIND(QUARRY_OVERRUN));
}

/* Of each length, from the byte behind those that were asked for; limit: how many may be written. */
static void overrun_block(struct quarry_heap *heap, unsigned char *block, size_t bytes, size_t limit)
{
    CHECK_EQ(quarry_usable_size(heap, block), bytes == 0 ? 1 : bytes);
    bytes = quarry_usable_size(heap, block);
    for (size_t length = 1; length <= 64 && length <= limit && !test_is_over(); length++) {
        change_bytes(block + bytes, length);
        expect_overrun(heap, block);
        change_bytes(block + bytes, length);
    }
    CHECK(quarry_check(heap));
}

/* Between two others of its size; where the one behind is not its neighbour only the canary is written to. */
static void overrun(struct quarry_heap *heap, size_t bytes)
{
    unsigned char *before = quarry_malloc(heap, bytes), *block = quarry_malloc(heap, bytes),
                  *behind = quarry_malloc(heap, bytes);
    REQUIRE(before != NULL && block != NULL && behind != NULL);
    const bool is_neighbour = behind == block + whole_bytes(bytes, CANARY_BYTES);
    overrun_block(heap, block, bytes, is_neighbour ? 64 : CANARY_BYTES);
    quarry_free(heap, before);
    quarry_free(heap, block);
    quarry_free(heap, behind);
    CHECK_EQ(stats_of(heap).blocks, 0);
}

TEST(test_overrun_of_small_block_is_reported)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    for (size_t bytes = 0; bytes <= 130; bytes += TEST_SCALE > 1 ? 1 : 7)
        overrun(heap, bytes);
}

TEST(test_overrun_of_large_block_is_reported)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    for (size_t bytes = LARGE_BYTES; bytes <= LARGE_BYTES + QUARRY_PAGE_BYTES; bytes += 1 + QUARRY_PAGE_BYTES / 7)
        overrun(heap, bytes);
}

TEST(test_overrun_of_huge_block_is_reported)
{
    NEEDS_LEVEL_3();
    struct test_source source;
    if (!test_source_init(&source, 5 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL);
    unsigned char *block = quarry_malloc(heap, HUGE_BYTES);
    REQUIRE(block != NULL);
    overrun_block(heap, block, HUGE_BYTES, 64);
    quarry_free(heap, block);
    CHECK_EQ(test_log.count, 0);
}

/* Each way of having a block, and of changing its size, says where its bytes end: the next one is not its owner's. */
static void overrun_by_one(struct quarry_heap *heap, unsigned char *block, size_t bytes)
{
    REQUIRE(block != NULL);
    test_fill(block, bytes, (uint32_t)bytes);
    overrun_block(heap, block, bytes, 1);
    CHECK(test_is_filled(block, bytes, (uint32_t)bytes));
}

TEST(test_overrun_by_one_byte_is_reported_however_the_block_was_had)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    overrun_by_one(heap, quarry_calloc(heap, 3, 7), 21);
    for (size_t align_bytes = 1; align_bytes <= 1024; align_bytes *= 2)
        overrun_by_one(heap, quarry_aligned_alloc(heap, align_bytes, 33), 33);
    unsigned char *block = quarry_malloc(heap, 30);
    static const size_t sizes[] = {31, 1, 33, 200, 199, LARGE_BYTES, LARGE_BYTES + 1, LARGE_BYTES, 300, 10, 0};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes && !test_is_over(); i++) {
        block = quarry_realloc(heap, block, sizes[i]);
        overrun_by_one(heap, block, sizes[i]);
        const size_t grown = sizes[i] + (i & 1);
        if (quarry_resize(heap, block, grown))
            overrun_by_one(heap, block, grown);
    }
    CHECK_EQ(test_log.count, 0);
}

TEST(test_sizes_say_no_more_than_was_asked_for)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    for (size_t bytes = 1; bytes <= LARGE_BYTES && !test_is_over(); bytes += bytes < 200 ? 1 : 97) {
        void *block = quarry_malloc(heap, bytes);
        REQUIRE(block != NULL);
        CHECK_EQ(quarry_usable_size(heap, block), bytes);
        CHECK_EQ(quarry_good_size(heap, bytes), bytes);
        CHECK_EQ(stats_of(heap).used_bytes, QUARRY_STATS ? bytes : 0);
        quarry_free_sized(heap, block, bytes + 1);
        expect_misuse(heap, KIND(QUARRY_WRONG_SIZE));
        quarry_free_sized(heap, block, bytes - 1);
        CHECK(bytes == 1 ? test_log.count == 0 : expect_misuse(heap, KIND(QUARRY_WRONG_SIZE)));
        if (bytes != 1)
            quarry_free_sized(heap, block, bytes);
        CHECK(!quarry_owns(heap, block));
        check_heap(heap);
    }
}

/* Below a block there is the block before it, whose canary it hits. */
TEST(test_underrun_is_reported_by_check_and_by_the_block_before)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    unsigned char *blocks[8];
    for (unsigned i = 0; i < 8; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, 100)) != NULL);
    for (unsigned i = 1; i < 8; i++) {
        if (blocks[i] != blocks[i - 1] + whole_bytes(100, CANARY_BYTES))
            continue;
        for (unsigned k = 0; k < LENGTHS && !test_is_over(); k++) {
            change_bytes(blocks[i] - lengths[k], lengths[k]);
            expect_overrun(heap, blocks[i - 1]);
            change_bytes(blocks[i] - lengths[k], lengths[k]);
            CHECK(quarry_check(heap));
        }
    }
}

/* Below the first block of all there is nothing but free memory, or other runs. */
TEST(test_underrun_into_free_memory_is_reported)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    unsigned char *block = quarry_malloc(heap, 24); /* runs of small blocks are taken from the end of free memory */
    REQUIRE(block != NULL);
    for (unsigned k = 0; k < LENGTHS && !test_is_over(); k++) {
        change_bytes(block - lengths[k], lengths[k]);
        CHECK(!quarry_check(heap));
        expect_misuse(heap, KIND(QUARRY_WRITE_AFTER_FREE));
        change_bytes(block - lengths[k], lengths[k]);
        CHECK(quarry_check(heap));
    }
}
