/* SPDX-License-Identifier: MIT
 *
 * block.c: blocks that change their size, or memory, and are freed; pointers that are wrong.
 */
#include "caps_test.h"

ON_SET(test_caps_realloc_of_null_allocates)
{
    void *block = quarry_caps_realloc(&s->caps, DMA, NULL, 100);

    CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[1]);
    quarry_caps_free(&s->caps, block);
    quarry_caps_free(&s->caps, NULL);
}

ON_SET(test_caps_realloc_stays_in_a_memory_that_has_the_needed_bits)
{
    unsigned char *block = quarry_caps_malloc(&s->caps, EXTERNAL, 100);

    REQUIRE(block != NULL);
    test_fill(block, 100, 3);
    block = quarry_caps_realloc(&s->caps, QUARRY_CAPS_PREFER(FAST), block, 900);
    REQUIRE(block != NULL);
    CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[2]);
    CHECK(test_is_filled(block, 100, 3));
    check_set(s);
    quarry_caps_free(&s->caps, block);
}

ON_SET(test_caps_realloc_changes_memory_where_a_needed_bit_is_missing)
{
    unsigned char *block = quarry_caps_malloc(&s->caps, FAST, 150);

    REQUIRE(block != NULL);
    test_fill(block, 100, 4);
    block = quarry_caps_realloc(&s->caps, DMA, block, 100);
    REQUIRE(block != NULL);
    CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[1]);
    CHECK_EQ((uintptr_t)block % LINE_BYTES, 0);
    CHECK(test_is_filled(block, 100, 4));
    CHECK_EQ(stats_of(s->memory[0].heap).blocks, 0);
    check_set(s);
    quarry_caps_free(&s->caps, block);
}

ON_SET(test_caps_realloc_changes_memory_where_its_own_is_full)
{
    const size_t bytes = MEMORY_BYTES / 8;
    unsigned char *block = quarry_caps_malloc(&s->caps, FAST, bytes);

    s->leaves_blocks = true;
    REQUIRE(block != NULL);
    test_fill(block, bytes, 5);
    fill_memory(&s->memory[0], bytes);
    const size_t blocks = stats_of(s->memory[0].heap).blocks;
    CHECK_EQ(quarry_caps_realloc(&s->caps, FAST, block, MEMORY_BYTES / 2), NULL);
    CHECK(test_is_filled(block, bytes, 5));
    unsigned char *other = quarry_caps_realloc(&s->caps, 0, block, MEMORY_BYTES / 2);
    REQUIRE(other != NULL);
    CHECK_EQ(quarry_caps_owner(&s->caps, other), &s->memory[1]);
    CHECK(test_is_filled(other, bytes, 5));
    CHECK_EQ(stats_of(s->memory[0].heap).blocks, QUARRY_STATS ? blocks - 1 : 0);
    check_set(s);
}

ON_SET(test_caps_realloc_to_nothing_shrinks_to_a_line)
{
    unsigned char *block = quarry_caps_malloc(&s->caps, DMA, 1000);

    REQUIRE(block != NULL);
    block = quarry_caps_realloc(&s->caps, DMA, block, 0);
    REQUIRE(block != NULL);
    CHECK_EQ((uintptr_t)block % LINE_BYTES, 0);
    CHECK(quarry_usable_size(s->memory[1].heap, block) >= LINE_BYTES);
    test_fill(block, LINE_BYTES, 6);
    check_set(s);
    quarry_caps_free(&s->caps, block);
}

ON_SET(test_caps_realloc_that_is_refused_leaves_the_block)
{
    unsigned char *block = quarry_caps_malloc(&s->caps, DMA, 100);

    REQUIRE(block != NULL);
    test_fill(block, 2 * LINE_BYTES, 7);
    CHECK_EQ(quarry_caps_realloc(&s->caps, 0, block, SIZE_MAX - 3), NULL);
    CHECK_EQ(quarry_caps_realloc(&s->caps, RETAINED, block, 10), NULL);
    CHECK_EQ(quarry_caps_realloc(&s->caps, FAST, block, 3 * MEMORY_BYTES), NULL);
    CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[1]);
    CHECK(test_is_filled(block, 2 * LINE_BYTES, 7));
    check_set(s);
    quarry_caps_free(&s->caps, block);
}

ON_SET(test_caps_free_finds_blocks_that_came_from_a_heap_directly)
{
    for (unsigned i = 0; i < MEMORIES; i++) {
        void *block = quarry_malloc(s->memory[i].heap, 200);

        CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[i]);
        quarry_caps_free(&s->caps, block);
    }
}

ON_SET(test_caps_pointer_of_no_memory_is_reported_without_a_heap)
{
    unsigned char *other = test_memory(64, 0);
    void *const pointers[] = {other, (unsigned char *)s->memory[0].start - 1,
                              (unsigned char *)s->memory[2].start + s->memory[2].bytes, (void *)8};

    REQUIRE(other != NULL);
    for (unsigned i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        quarry_caps_free(&s->caps, pointers[i]);
        expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
        CHECK_EQ(quarry_caps_realloc(&s->caps, 0, pointers[i], 77), NULL);
        CHECK_EQ(test_log.last.bytes, 77);
        CHECK_EQ(test_log.last.pointer, pointers[i]);
        expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
        CHECK_EQ(quarry_caps_owner(&s->caps, pointers[i]), NULL);
    }
    check_set(s);
}

ON_SET(test_caps_wrong_pointer_is_reported_once_by_its_heap)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("check level 0 trusts its caller");
    unsigned char *block = quarry_caps_malloc(&s->caps, EXTERNAL, 100);

    REQUIRE(block != NULL);
    quarry_caps_free(&s->caps, s->memory[0].start); /* the first address of the window: its heap decides */
    expect_misuse(s->memory[0].heap, KIND(QUARRY_INVALID_POINTER));
    quarry_caps_free(&s->caps, block + 16);
    expect_misuse(s->memory[2].heap, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_caps_realloc(&s->caps, EXTERNAL, block + 16, 10), NULL);
    expect_misuse(s->memory[2].heap, KIND(QUARRY_INVALID_POINTER));
    quarry_caps_free(&s->caps, block);
    quarry_caps_free(&s->caps, block);
    expect_misuse(s->memory[2].heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_caps_realloc(&s->caps, EXTERNAL, block, 10), NULL);
    expect_misuse(s->memory[2].heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_caps_realloc(&s->caps, FAST, block, 10), NULL);
    expect_misuse(s->memory[2].heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_caps_realloc(&s->caps, FAST, block, SIZE_MAX), NULL);
    expect_misuse(s->memory[2].heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_caps_owner(&s->caps, block), NULL);
    check_set(s);
}
