/* SPDX-License-Identifier: MIT
 *
 * blocks.c: taking and giving blocks of the current heap and of a heap that is named: sizes, alignment, contents.
 */
#include "emalloc_test.h"

static void check_block(zend_mm_heap *heap, const void *block, size_t bytes)
{
    const size_t usable_bytes = quarry_usable_size(heap, block);

    CHECK(block != NULL);
    CHECK_EQ(usable_bytes, quarry_good_size(heap, bytes));
    CHECK(usable_bytes >= bytes);
    CHECK_EQ((uintptr_t)block & (alignment_of_size(usable_bytes) - 1), 0);
}

ON_SOURCE_OF(test_emalloc_every_size_is_usable_and_aligned, 8)
{
    for (size_t bytes = 0; bytes < CHUNK * 2 && !test_is_over(); bytes += bytes < 600 ? 1 : 101) {
        unsigned char *block = emalloc(bytes);

        check_block(s->heap, block, bytes);
        CHECK_EQ(zend_mem_block_size(block), quarry_good_size(s->heap, bytes));
        test_fill(block, bytes, 1);
        efree(block);
    }
    CHECK(quarry_check(s->heap));
    CHECK_EQ(stats_of(s->heap).blocks, 0);
}

ON_REGION(test_emalloc_of_nothing_gives_smallest_block)
{
    void *constant = emalloc(0), *other = emalloc(opaque_size(0));

    CHECK(constant != NULL && other != NULL);
    CHECK_EQ(zend_mem_block_size(constant), quarry_good_size(s->heap, 0));
    CHECK_EQ(zend_mem_block_size(other), quarry_good_size(s->heap, 0));
    efree_size(constant, 0);
    efree_size(other, opaque_size(0));
    check_heap(s->heap);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
}

ON_REGION(test_efree_of_null_does_nothing)
{
    efree(NULL);
    efree_size(NULL, 16);
    efree_size(NULL, opaque_size(3000));
    efree_large(NULL);
    pefree(NULL, true);
    zend_mm_free(s->heap, NULL);
    CHECK_EQ(zend_mem_block_size(NULL), 0);
    check_heap(s->heap);
}

ON_REGION(test_ecalloc_clears_dirty_memory)
{
    static const uint16_t sizes[] = {1, 7, 24, 100, 128, 129, 500, 1500};

    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *dirty = emalloc(sizes[i]), *clear;

            test_fill(dirty, sizes[i], 0x55);
            efree(dirty);
            clear = ecalloc(sizes[i], 1);
            CHECK(test_is_zero(clear, sizes[i]));
            check_block(s->heap, clear, sizes[i]);
            test_fill(clear, sizes[i], 0x55);
            if (round == 0)
                efree(clear);
        }
    }
    CHECK(test_is_zero(fecalloc(3, 10, true), 30));
    CHECK(test_is_zero(zend_mm_calloc(s->heap, 3, 10), 30));
    CHECK(test_is_zero(pecalloc(3, 10, true), 30));
    check_heap(s->heap);
}

ON_REGION(test_ecalloc_of_nothing_gives_smallest_block)
{
    CHECK_EQ(zend_mem_block_size(ecalloc(0, 100)), quarry_good_size(s->heap, 0));
    CHECK_EQ(zend_mem_block_size(ecalloc(100, 0)), quarry_good_size(s->heap, 0));
    check_heap(s->heap);
}

ON_REGION(test_safe_calls_multiply_and_add)
{
    CHECK_EQ(zend_mem_block_size(safe_emalloc(10, 12, 8)), quarry_good_size(s->heap, 128));
    CHECK_EQ(zend_mem_block_size(safe_emalloc(0, SIZE_MAX, 8)), quarry_good_size(s->heap, 8));
    CHECK_EQ(zend_mem_block_size(safe_erealloc(emalloc(8), 20, 20, 20)), quarry_good_size(s->heap, 420));
    CHECK_EQ(zend_mem_block_size(safe_erealloc(NULL, 20, 2, 0)), quarry_good_size(s->heap, 40));
    CHECK_EQ(zend_mem_block_size(safe_femalloc(10, 12, 8, true)), quarry_good_size(s->heap, 128));
    CHECK_EQ(zend_mem_block_size(safe_ferealloc(NULL, 10, 12, 8, true)), quarry_good_size(s->heap, 128));
    CHECK_EQ(quarry_usable_size(s->persistent, safe_pemalloc(10, 12, 8, true)), quarry_good_size(s->persistent, 128));
    CHECK_EQ(quarry_usable_size(s->persistent, safe_perealloc(NULL, 10, 12, 8, true)),
             quarry_good_size(s->persistent, 128));
    check_heap(s->heap);
}

ON_REGION(test_estrdup_copies_text_with_its_end)
{
    char *copy = estrdup("a quarry"), *empty = estrdup(""), *part = estrndup("a quarry", 3);
    char *nothing = estrndup("a quarry", 0);

    CHECK(texts_are_equal(copy, "a quarry"));
    CHECK_EQ(zend_mem_block_size(copy), quarry_good_size(s->heap, 9));
    CHECK(texts_are_equal(empty, ""));
    CHECK(texts_are_equal(part, "a q"));
    CHECK(texts_are_equal(nothing, ""));
    CHECK_EQ(zend_mem_block_size(nothing), quarry_good_size(s->heap, 0));
    efree(copy);
    efree(empty);
    efree(part);
    efree(nothing);
    check_heap(s->heap);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
}

ON_REGION(test_estrndup_copies_zeroes_inside)
{
    char *copy = estrndup("ab\0cd", 5);

    CHECK(texts_are_equal(copy, "ab"));
    CHECK(texts_are_equal(copy + 3, "cd"));
    efree(copy);
}

ON_REGION(test_pestrdup_copies_into_either_heap)
{
    char *kept = pestrdup("a quarry", true), *gone = pestrdup("a quarry", false),
         *part = pestrndup("a quarry", 0, true);

    CHECK(texts_are_equal(kept, "a quarry"));
    CHECK(texts_are_equal(gone, "a quarry"));
    CHECK(texts_are_equal(part, ""));
    CHECK(quarry_owns(s->persistent, kept) && !quarry_owns(s->heap, kept));
    CHECK(quarry_owns(s->heap, gone) && !quarry_owns(s->persistent, gone));
    pefree(kept, true);
    pefree(gone, false);
    pefree_size(part, 1, true);
    check_heap(s->persistent);
}

ON_REGION(test_block_size_of_live_block_is_what_may_be_used)
{
    NEEDS_CHECKS();
    unsigned char *small = emalloc(opaque_size(9)), *large = emalloc(LARGE_BYTES);

    CHECK_EQ(zend_mem_block_size(small), quarry_good_size(s->heap, 9));
    CHECK_EQ(zend_mm_block_size(s->heap, large), quarry_good_size(s->heap, LARGE_BYTES));
    efree(small);
    CHECK_EQ(zend_mem_block_size(opaque_pointer(small)), 0);
    expect_misuse(s->heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
}

/* What must answer although another heap is the current one. */
ON_REGION_OF(test_calls_on_named_heap_do_not_touch_current_one, 4)
{
    zend_mm_heap *other = zend_mm_startup();
    const struct quarry_stats before = stats_of(s->heap);
    struct quarry_stats after;
    unsigned char *block, *moved;

    REQUIRE(other != NULL);
    block = zend_mm_alloc(other, 50);
    check_block(other, block, 50);
    test_fill(block, 50, 2);
    moved = zend_mm_realloc(other, block, LARGE_BYTES);
    check_block(other, moved, LARGE_BYTES);
    CHECK(test_is_filled(moved, 50, 2));
    moved = zend_mm_realloc2(other, moved, 30, 20);
    CHECK(test_is_filled(moved, 20, 2));
    check_block(other, zend_mm_calloc(other, 5, 10), 50);
    zend_mm_free(other, moved);
    CHECK_EQ(stats_of(other).blocks, QUARRY_STATS ? 1 : 0);
    after = stats_of(s->heap);
    CHECK(stats_are_equal(&before, &after));
    check_heap(other);
    zend_mm_shutdown(other, true, true);
}

ON_SOURCE_OF(test_emalloc_large_and_huge_are_served, 8)
{
    void *large = emalloc_large(LARGE_BYTES), *huge = emalloc_huge(HUGE_BYTES);

    check_block(s->heap, large, LARGE_BYTES);
    check_block(s->heap, huge, HUGE_BYTES);
    CHECK(zend_memory_usage(true) >= CHUNK + HUGE_BYTES);
    efree_huge(huge);
    efree_large(large);
    check_heap(s->heap);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
}

ON_REGION(test_set_heap_answers_the_one_before)
{
    CHECK_EQ(zend_mm_set_heap(NULL), s->heap);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    CHECK_EQ(zend_mm_set_heap(s->persistent), NULL);
    CHECK_EQ(zend_mm_set_heap(s->heap), s->persistent);
}
