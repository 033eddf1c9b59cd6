/* SPDX-License-Identifier: MIT
 *
 * misuse.c: wrong pointers given to the calls of emalloc.h. Each is reported once, as quarry_free() reports it, and
 * nothing changes: what that means for every kind of pointer stands in tests/misuse. Asked here are the ways by which a
 * pointer gets to Quarry, hot paths with constant sizes included.
 */
#include "emalloc_test.h"

#define GONE  (KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER))
#define INNER KIND(QUARRY_INVALID_POINTER)

#define EXPECT_NULL(call) CHECK_EQ((call), NULL)

/* Every call that takes a block of the current heap. */
static void give_each_way(struct scene *s, const void *pointer, unsigned kinds)
{
    void *wrong = opaque_pointer(pointer);
    const struct quarry_stats before = stats_of(s->heap);
    struct quarry_stats after;

    efree(wrong);
    expect_misuse(s->heap, kinds);
    efree_size(wrong, 8);
    expect_misuse(s->heap, kinds);
    efree_size(wrong, 16);
    expect_misuse(s->heap, kinds);
    efree_size(wrong, 32);
    expect_misuse(s->heap, kinds);
    efree_size(wrong, 128);
    expect_misuse(s->heap, kinds);
    efree_size(wrong, LARGE_BYTES);
    expect_misuse(s->heap, kinds);
    efree_size(wrong, opaque_size(16));
    expect_misuse(s->heap, kinds);
    zend_mm_free(s->heap, wrong);
    expect_misuse(s->heap, kinds);
    EXPECT_NULL(erealloc(wrong, 100)); /* not out of memory */
    expect_misuse(s->heap, kinds);
    EXPECT_NULL(erealloc2(wrong, 100, 10));
    expect_misuse(s->heap, kinds);
    EXPECT_NULL(safe_erealloc(wrong, 10, 10, 10));
    expect_misuse(s->heap, kinds);
    EXPECT_NULL(ferealloc(wrong, 100, true));
    expect_misuse(s->heap, kinds);
    EXPECT_NULL(zend_mm_realloc(s->heap, wrong, 100));
    expect_misuse(s->heap, kinds);
    CHECK_EQ(zend_mem_block_size(wrong), 0);
    expect_misuse(s->heap, kinds);
    after = stats_of(s->heap);
    CHECK(stats_are_equal(&before, &after));
    check_heap(s->heap);
}

ON_REGION(test_misuse_of_small_block_freed_before_is_reported)
{
    NEEDS_CHECKS();
    void *kept = emalloc(32), *block = emalloc(32);

    efree_size(block, 32);
    give_each_way(s, block, KIND(QUARRY_DOUBLE_FREE)); /* another block of its run lives */
    efree(kept);
}

ON_REGION(test_misuse_of_last_block_of_its_run_is_reported)
{
    NEEDS_CHECKS();
    void *block = emalloc(32);

    efree_size(block, 32);
    give_each_way(s, block, GONE);
}

ON_REGION(test_misuse_of_large_block_freed_before_is_reported)
{
    NEEDS_CHECKS();
    void *block = emalloc(LARGE_BYTES);

    efree(block);
    give_each_way(s, block, GONE);
}

ON_REGION(test_misuse_of_inner_pointer_is_reported)
{
    NEEDS_CHECKS();
    unsigned char *small = emalloc(32), *large = emalloc(LARGE_BYTES);

    give_each_way(s, small + 1, INNER);
    give_each_way(s, small + 8, INNER);
    give_each_way(s, small + 31, INNER);
    give_each_way(s, large + 16, INNER);
    give_each_way(s, large + QUARRY_PAGE_BYTES, INNER);
    efree(small);
    efree(large);
}

/* By the function of the block's own bin, at every offset, with live blocks on both sides. */
ON_REGION(test_misuse_of_inner_pointer_with_its_constant_size_is_reported)
{
    NEEDS_CHECKS();
    unsigned char *blocks[5];
    const struct quarry_stats before = stats_of(s->heap);
    struct quarry_stats after;

    for (unsigned i = 0; i < 5; i++)
        blocks[i] = emalloc(48);
    for (unsigned i = 0; i < 5; i++)
        for (unsigned offset = 1; offset < 48; offset++) {
            efree_size(blocks[i] + offset, 48);
            expect_misuse(s->heap, INNER);
        }
    check_heap(s->heap);
    for (unsigned i = 0; i < 5; i++)
        efree_size(blocks[i], 48);
    after = stats_of(s->heap);
    CHECK_EQ(after.used_bytes, before.used_bytes);
    CHECK_EQ(after.blocks, before.blocks);
}

ON_REGION(test_misuse_of_foreign_pointer_is_reported)
{
    NEEDS_CHECKS();
    static unsigned char outside[16];
    unsigned char *persistent_block = pemalloc(32, true);

    give_each_way(s, outside, INNER);
    give_each_way(s, s->heap, INNER);
    give_each_way(s, persistent_block, INNER);
    give_each_way(s, (void *)sizeof(void *), INNER);
    give_each_way(s, (void *)(UINTPTR_MAX - 15), INNER);
    CHECK(quarry_owns(s->persistent, persistent_block));
}

ON_SOURCE_OF(test_misuse_of_huge_block_is_reported, 8)
{
    NEEDS_CHECKS();
    unsigned char *huge = emalloc(HUGE_BYTES);

    give_each_way(s, huge + 16, INNER);
    efree(huge);
    give_each_way(s, huge, GONE);
}

ON_REGION(test_misuse_of_block_of_ended_request_is_reported)
{
    NEEDS_CHECKS();
    void *small = emalloc(32);

    shutdown_memory_manager(true, false);
    give_each_way(s, small, GONE);
}

ON_REGION(test_misuse_of_emalloc_block_as_persistent_is_reported)
{
    NEEDS_CHECKS();
    void *block = emalloc(32), *kept = pemalloc(32, true);

    pefree(opaque_pointer(block), true);
    expect_misuse(s->persistent, INNER);
    CHECK_EQ(perealloc(opaque_pointer(block), 100, true), NULL);
    expect_misuse(s->persistent, INNER);
    pefree(kept, true);
    pefree(opaque_pointer(kept), true);
    expect_misuse(s->persistent, GONE);
    CHECK_EQ(perealloc(opaque_pointer(kept), 100, true), NULL);
    expect_misuse(s->persistent, GONE);
    CHECK(quarry_owns(s->heap, block));
}

/* --- what fails for another reason too --- */

static void check_dead(zend_mm_heap *heap, void *block)
{
    const size_t bytes = opaque_size(SIZE_MAX / 2);

    CHECK_EQ(erealloc(block, 500), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(erealloc2(block, 500, 10), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(ferealloc(block, 500, true), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(zend_mm_realloc2(heap, block, 500, 10), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(safe_erealloc(block, bytes, 4, 0), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(safe_ferealloc(block, bytes, 4, 0, true), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
}

static void check_dead_while_all_fails(zend_mm_heap *heap)
{
    unsigned char *block = emalloc(opaque_size(100)), *dead = emalloc(opaque_size(100));

    test_fill(block, 100, 1);
    efree(dead);
    check_dead(heap, opaque_pointer(dead));
    zend_mm_set_max_allocs(1);
    dead = emalloc(opaque_size(100));
    efree(dead);
    check_dead(heap, opaque_pointer(dead));
    EXPECT_OOM(erealloc(block, 500), heap, 500);
    EXPECT_OOM(safe_erealloc(block, opaque_size(SIZE_MAX / 2), 4, 0), heap, SIZE_MAX);
    CHECK(test_is_filled(block, 100, 1));
    zend_mm_set_max_allocs(0);
    efree(block);
}

ON_REGION_OF(test_dead_block_is_reported_where_the_change_would_fail_anyhow, 4)
{
    NEEDS_CHECKS();
    check_dead_while_all_fails(s->heap);
    zend_mm_heap *tracked = zend_mm_startup_tracked();
    REQUIRE(tracked != NULL);
    zend_mm_set_heap(tracked);
    check_dead_while_all_fails(tracked);
    zend_mm_shutdown(tracked, true, true);
}

/* --- written beyond --- */

ON_REGION(test_misuse_of_block_written_beyond_is_reported_and_not_out_of_memory)
{
    if (QUARRY_CHECK_LEVEL < 3)
        SKIP("blocks have canaries from check level 3 on");
    static const size_t sizes[] = {16, 100, LARGE_BYTES};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *block = opaque_pointer(emalloc(sizes[i]));

        block[sizes[i]] ^= 1;
        efree(block);
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        efree_size(block, opaque_size(sizes[i]));
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        zend_mm_free(s->heap, block);
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        EXPECT_NULL(erealloc(block, 50)); /* not out of memory */
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        EXPECT_NULL(erealloc2(block, 50, 10));
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        EXPECT_NULL(safe_erealloc(block, 10, 10, 10));
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        EXPECT_NULL(ferealloc(block, 50, true));
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        EXPECT_NULL(zend_mm_realloc(s->heap, block, 50));
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        CHECK_EQ(zend_mem_block_size(block), 0);
        expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
        block[sizes[i]] ^= 1;
        efree(block);
    }
    check_heap(s->heap);
}

ON_REGION(test_misuse_of_persistent_block_written_beyond_is_reported_and_not_out_of_memory)
{
    if (QUARRY_CHECK_LEVEL < 3)
        SKIP("blocks have canaries from check level 3 on");
    unsigned char *block = opaque_pointer(pemalloc(100, true));

    block[100] ^= 1;
    EXPECT_NULL(perealloc(block, 200, true));
    expect_misuse(s->persistent, KIND(QUARRY_OVERRUN));
    EXPECT_NULL(safe_perealloc(block, 20, 20, 20, true));
    expect_misuse(s->persistent, KIND(QUARRY_OVERRUN));
    pefree(block, true);
    expect_misuse(s->persistent, KIND(QUARRY_OVERRUN));
    block[100] ^= 1;
    pefree(block, true);
}
