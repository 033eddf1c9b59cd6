/* SPDX-License-Identifier: MIT
 *
 * change.c: erealloc() and its kin: contents, sizes and NULL, from every kind of block to every other.
 */
#include "emalloc_test.h"

/* Small, large and huge ones, and sizes beside the limits of each kind. */
static const size_t sizes[] = {
        0, 1, 15, 16, 40, 100, 128, 129, LARGE_BYTES, BIG_BYTES, BIG_BYTES + 1, HUGE_BYTES, HUGE_BYTES + 5000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void check_changes(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes), size_t most_copied)
{
    for (unsigned i = 0; i < SIZES * SIZES && !test_is_over(); i++) {
        const size_t from = sizes[i / SIZES], to = sizes[i % SIZES];
        unsigned char *block = emalloc(from), *changed;

        test_fill(block, from, i);
        changed = change(block, to);
        CHECK(changed != NULL);
        CHECK(test_is_filled(changed, smaller(smaller(from, to), most_copied), i));
        CHECK(zend_mem_block_size(changed) >= to);
        CHECK(quarry_check(heap));
        CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? 1 : 0);
        test_fill(changed, to, i);
        efree(changed);
    }
    CHECK_EQ(stats_of(heap).used_bytes, 0);
}

static void *by_erealloc(void *block, size_t bytes)
{
    return erealloc(block, bytes);
}

ON_SOURCE_OF(test_erealloc_from_any_size_to_any_keeps_contents, 14)
{
    check_changes(s->heap, by_erealloc, SIZE_MAX);
}

static void *by_erealloc2(void *block, size_t bytes)
{
    return erealloc2(block, bytes, 50);
}

ON_SOURCE_OF(test_erealloc2_from_any_size_to_any_keeps_as_much_as_is_asked, 14)
{
    check_changes(s->heap, by_erealloc2, 50);
}

static void *by_erealloc2_of_all(void *block, size_t bytes)
{
    return erealloc2(block, bytes, bytes);
}

ON_SOURCE_OF(test_erealloc2_with_copy_size_beyond_block_keeps_what_there_is, 14)
{
    check_changes(s->heap, by_erealloc2_of_all, SIZE_MAX);
}

static void *by_safe_erealloc(void *block, size_t bytes)
{
    return safe_erealloc(block, bytes / 4, 4, bytes % 4);
}

ON_SOURCE_OF(test_safe_erealloc_from_any_size_to_any_keeps_contents, 14)
{
    check_changes(s->heap, by_safe_erealloc, SIZE_MAX);
}

static void *by_ferealloc2(void *block, size_t bytes)
{
    return ferealloc2(block, bytes, 50, true);
}

ON_SOURCE_OF(test_ferealloc2_from_any_size_to_any_keeps_as_much_as_is_asked, 14)
{
    check_changes(s->heap, by_ferealloc2, 50);
}

/* Beyond copy_size the new block must not have been written to: the memory that it gets is known here. */
ON_REGION(test_erealloc2_that_moves_copies_no_more_than_copy_size)
{
    unsigned char *block = emalloc(48), *behind = emalloc(96), *moved;

    NEEDS_PLAIN_SLOTS();
    test_fill(behind, 96, 9);
    test_fill(block, 48, 1);
    efree(behind);
    CHECK_EQ(emalloc(96), behind); /* the slot whose contents are known; and back */
    efree(behind);
    moved = erealloc2(block, 96, 10);
    REQUIRE(CHECK_EQ(moved, behind));
    CHECK(test_is_filled(moved, 10, 1));
    CHECK(test_is_filled(moved + 10, 38, 9 + 10));
}

ON_REGION(test_erealloc_of_null_takes_a_block)
{
    CHECK_EQ(zend_mem_block_size(erealloc(NULL, 30)), quarry_good_size(s->heap, 30));
    CHECK_EQ(zend_mem_block_size(erealloc2(NULL, 30, 20)), quarry_good_size(s->heap, 30));
    CHECK_EQ(zend_mem_block_size(ferealloc(NULL, 30, true)), quarry_good_size(s->heap, 30));
    CHECK_EQ(zend_mem_block_size(ferealloc2(NULL, 30, 20, true)), quarry_good_size(s->heap, 30));
    CHECK_EQ(zend_mem_block_size(zend_mm_realloc(s->heap, NULL, 30)), quarry_good_size(s->heap, 30));
    CHECK_EQ(zend_mem_block_size(zend_mm_realloc2(s->heap, NULL, 30, 20)), quarry_good_size(s->heap, 30));
    CHECK_EQ(quarry_usable_size(s->persistent, perealloc(NULL, 30, true)), quarry_good_size(s->persistent, 30));
    check_heap(s->heap);
}

ON_REGION(test_erealloc_within_its_slot_stays)
{
    unsigned char *block = emalloc(opaque_size(33));

    CHECK_EQ(erealloc(block, 34), block);
    CHECK_EQ(erealloc2(block, 35, 3), block);
    CHECK_EQ(safe_erealloc(block, 4, 8, 4), block);
    efree(block);
    check_heap(s->heap);
}

/* A small block's pages have no room, so it cannot be moved; shrinking must do without. */
ON_REGION(test_erealloc_shrinks_in_full_heap)
{
    unsigned char *large = emalloc(LARGE_BYTES), *other = emalloc(LARGE_BYTES);
    void *filler;

    test_fill(large, LARGE_BYTES, 4);
    test_fill(other, LARGE_BYTES, 5);
    CHECK_EQ(zend_set_memory_limit(CHUNK), SUCCESS);
    while ((filler = femalloc(QUARRY_GRANULE_BYTES, true)) != NULL)
        continue;
    other = erealloc2(other, 20, 20);
    CHECK(test_is_filled(other, 20, 5));
    while ((filler = femalloc(QUARRY_GRANULE_BYTES, true)) != NULL)
        continue;
    large = erealloc(large, 20);
    CHECK(test_is_filled(large, 20, 4));
    check_heap(s->heap);
}

ON_REGION(test_perealloc_changes_persistent_blocks)
{
    unsigned char *block = pemalloc(20, true);

    test_fill(block, 20, 3);
    block = perealloc(block, LARGE_BYTES, true);
    CHECK(test_is_filled(block, 20, 3));
    test_fill(block, LARGE_BYTES, 4);
    block = perealloc2(block, 50, 50, true);
    CHECK(test_is_filled(block, 50, 4));
    block = safe_perealloc(block, 10, 10, 0, true);
    CHECK(test_is_filled(block, 50, 4));
    shutdown_memory_manager(true, false);
    CHECK(test_is_filled(block, 50, 4));
    pefree(block, true);
    check_heap(s->persistent);
}
