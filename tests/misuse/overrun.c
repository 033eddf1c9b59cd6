/* SPDX-License-Identifier: MIT
 *
 * overrun.c: writes beyond the ends of blocks, which check level 3 finds: what is written behind a block is in its
 * canary, what is written before it is in the canary of the block before, or in free memory.
 */
#include "misuse.h"

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
    CHECK_EQ(quarry_realloc(heap, block, 1), NULL);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK(!quarry_resize(heap, block, 1));
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
}

static void overrun(struct quarry_heap *heap, size_t bytes)
{
    unsigned char *before = quarry_malloc(heap, bytes), *block = quarry_malloc(heap, bytes),
                  *behind = quarry_malloc(heap, bytes);
    REQUIRE(before != NULL && block != NULL && behind != NULL);
    for (unsigned i = 0; i < LENGTHS && !test_is_over(); i++) {
        size_t usable = quarry_usable_size(heap, block);
        size_t length =
                behind == block + usable + CANARY_BYTES || lengths[i] <= CANARY_BYTES ? lengths[i] : CANARY_BYTES;
        change_bytes(block + usable, length);
        expect_overrun(heap, block);
        change_bytes(block + usable, length);
        CHECK(quarry_check(heap));
    }
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
    for (size_t bytes = 1; bytes <= 120; bytes += 7)
        overrun(heap, bytes);
}

TEST(test_overrun_of_large_block_is_reported)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    overrun(heap, LARGE_BYTES);
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
    size_t usable = quarry_usable_size(heap, block);
    change_bytes(block + usable, 1);
    expect_overrun(heap, block);
    change_bytes(block + usable, 1);
    quarry_free(heap, block);
    CHECK_EQ(test_log.count, 0);
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
        if (blocks[i] != blocks[i - 1] + quarry_usable_size(heap, blocks[i - 1]) + CANARY_BYTES)
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
