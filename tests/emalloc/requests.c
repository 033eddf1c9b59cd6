/* SPDX-License-Identifier: MIT
 *
 * requests.c: the end of a request: what is gone, what stays, and that requests may nest and repeat for ever. Which
 * chunks are kept is in kept.c.
 */
#include "emalloc_test.h"

ON_REGION(test_request_end_frees_every_block)
{
    const size_t largest_bytes = largest_free_bytes(s->heap);

    for (unsigned i = 0; i < 10; i++)
        test_fill(emalloc(20 + 5 * i), 20 + 5 * i, i);
    test_fill(emalloc(LARGE_BYTES), LARGE_BYTES, 1);
    efree(emalloc(50));
    CHECK(zend_memory_usage(false) > 0);
    shutdown_memory_manager(true, false);
    CHECK(!QUARRY_STATS || zend_memory_usage(false) == 0);
    CHECK_EQ(zend_mm_get_heap(), s->heap);
    expect_all_free(s->heap, largest_bytes);
}

ON_REGION(test_request_end_lets_peaks_begin_anew)
{
    const size_t small_bytes = quarry_good_size(s->heap, 16), big_bytes = quarry_good_size(s->heap, BIG_BYTES);

    take_chunks(2);
    CHECK_EQ(zend_memory_peak_usage(true), 2 * CHUNK);
    CHECK_EQ(zend_memory_peak_usage(false), QUARRY_STATS ? 2 * big_bytes : 2 * CHUNK);
    shutdown_memory_manager(true, false);
    CHECK_EQ(zend_memory_peak_usage(true), zend_memory_usage(true));
    CHECK_EQ(zend_memory_peak_usage(false), QUARRY_STATS ? 0 : zend_memory_usage(true));
    CHECK(emalloc(16) != NULL);
    CHECK_EQ(zend_memory_peak_usage(false), QUARRY_STATS ? small_bytes : zend_memory_usage(true));
    CHECK(quarry_check(s->heap));
}

ON_REGION(test_request_end_leaves_dead_pointers_that_are_reported)
{
    NEEDS_CHECKS();
    void *small = emalloc(opaque_size(20)), *large = emalloc(LARGE_BYTES);

    shutdown_memory_manager(true, false);
    CHECK(emalloc(20) != NULL || s->heap == NULL);
    shutdown_memory_manager(true, false);
    efree(small);
    expect_misuse(s->heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    efree(large);
    expect_misuse(s->heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK(!quarry_owns(s->heap, small));
    CHECK(quarry_check(s->heap));
}

ON_REGION(test_request_end_keeps_persistent_blocks)
{
    unsigned char *block = pemalloc(60, true);
    char *text = pestrdup("stays", true);

    test_fill(block, 60, 7);
    for (unsigned i = 0; i < 5; i++) {
        test_fill(emalloc(BIG_BYTES), BIG_BYTES, i);
        shutdown_memory_manager(true, false);
        CHECK(test_is_filled(block, 60, 7));
        CHECK(texts_are_equal(text, "stays"));
        CHECK(quarry_owns(s->persistent, block));
    }
    CHECK(quarry_check(s->persistent));
    pefree(block, true);
    pefree(text, true);
}

ON_REGION(test_request_end_keeps_limit)
{
    CHECK_EQ(zend_set_memory_limit(CHUNK), SUCCESS);
    shutdown_memory_manager(true, false);
    CHECK_EQ(stats_of(s->heap).limit_bytes, CHUNK);
    take_chunks(1);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
}

ON_REGION_OF(test_requests_nested_end_each_by_itself, 4)
{
    zend_mm_heap *inner = zend_mm_startup();
    void *outer_block = emalloc(100), *inner_block;

    REQUIRE(inner != NULL);
    CHECK_EQ(zend_mm_get_heap(), s->heap); /* it has not been made the current one */
    test_fill(outer_block, 100, 1);
    CHECK_EQ(zend_mm_set_heap(inner), s->heap);
    inner_block = emalloc(100);
    test_fill(inner_block, 100, 2);
    CHECK(quarry_owns(inner, inner_block));
    CHECK(!quarry_owns(s->heap, inner_block));
    CHECK(test_is_filled(outer_block, 100, 1));
    zend_mm_shutdown(inner, false, true);
    CHECK(!QUARRY_STATS || zend_memory_usage(false) == 0);
    CHECK(quarry_owns(s->heap, outer_block));
    zend_mm_shutdown(inner, true, true);
    CHECK_EQ(zend_mm_get_heap(), NULL); /* a heap that is gone is nobody's current one */
    EXPECT_OOM(emalloc(16), NULL, 16);  /* constant: the size of its bin */
    zend_mm_set_heap(s->heap);
    CHECK(test_is_filled(outer_block, 100, 1));
    efree(outer_block);
}

ON_REGION_OF(test_requests_nested_out_of_order_leave_outer_one_alone, 4)
{
    zend_mm_heap *second = zend_mm_startup(), *third = zend_mm_startup();
    unsigned char *block;

    REQUIRE(second != NULL && third != NULL);
    zend_mm_set_heap(third);
    block = emalloc(100);
    test_fill(block, 100, 3);
    zend_mm_shutdown(second, true, true);
    CHECK_EQ(zend_mm_get_heap(), third);
    CHECK(test_is_filled(block, 100, 3));
    zend_mm_shutdown(s->heap, false, true);
    CHECK(test_is_filled(block, 100, 3));
    CHECK(quarry_check(third));
    zend_mm_shutdown(third, true, true);
}

ON_REGION_OF(test_requests_all_shut_down_leave_just_persistent_blocks, 6)
{
    const struct quarry_stats before = stats_of(s->persistent);
    struct quarry_stats after;
    zend_mm_heap *heaps[3];

    for (unsigned i = 0; i < 3; i++) {
        heaps[i] = zend_mm_startup();
        REQUIRE(heaps[i] != NULL);
        zend_mm_set_heap(heaps[i]);
        take_chunks(1);
        efree(emalloc(30));
    }
    for (unsigned i = 0; i < 3; i++)
        zend_mm_shutdown(heaps[i], true, true);
    after = stats_of(s->persistent);
    CHECK(stats_are_equal(&before, &after));
    check_heap(s->persistent);
    zend_mm_shutdown(s->heap, true, true);
    s->heap = NULL;
    CHECK_EQ(stats_of(s->persistent).blocks, 0);
    CHECK_EQ(stats_of(s->persistent).used_bytes, 0);
}

ON_SOURCE_OF(test_requests_many_of_random_work_do_not_grow, 12)
{
    const size_t most_bytes = s->source.granules * GRANULE_BYTES;

    for (unsigned request = 0; request < 100 * TEST_SCALE && !test_is_over(); request++) {
        for (unsigned i = test_random_below(60); i > 0; i--) {
            const size_t bytes = test_random_below(LARGE_BYTES);
            unsigned char *block = emalloc(bytes);

            test_fill(block, bytes, i);
            if (test_random_below(3) == 0)
                efree(block);
        }
        CHECK(quarry_check(s->heap));
        shutdown_memory_manager(true, false);
        CHECK_EQ(zend_memory_usage(false), QUARRY_STATS ? 0 : zend_memory_usage(true));
        CHECK_EQ(stats_of(s->heap).acquired_bytes, CHUNK);
        CHECK(s->source.granted_bytes <= most_bytes);
    }
    for (unsigned request = 0; request < 20; request++) /* of nothing: the average falls */
        shutdown_memory_manager(true, false);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
}

/* On a region the same history must use the same memory each time. */
ON_REGION_OF(test_requests_many_alike_do_not_fragment_region, 6)
{
    size_t largest_bytes = 0;

    for (unsigned request = 0; request < 200 && !test_is_over(); request++) {
        take_chunks(3);
        shutdown_memory_manager(true, false);
        if (request == 12) /* the average has settled */
            largest_bytes = largest_free_bytes(s->persistent);
        if (request > 12)
            CHECK_EQ(largest_free_bytes(s->persistent), largest_bytes);
    }
    CHECK(quarry_check(s->persistent));
}

ON_REGION(test_shutdown_of_plain_heap_resets_or_destroys_it)
{
    struct quarry_heap *plain = test_heap(CHUNK, 0);

    if (plain == NULL)
        return;
    zend_mm_set_heap(plain);
    CHECK(emalloc(50) != NULL);
    zend_mm_shutdown(plain, false, true);
    CHECK_EQ(stats_of(plain).blocks, 0);
    CHECK_EQ(zend_mm_get_heap(), plain);
    CHECK(emalloc(50) != NULL);
    zend_mm_shutdown(plain, true, true);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    zend_mm_shutdown(NULL, true, true); /* nothing happens */
    CHECK(quarry_check(s->heap));
}

ON_REGION(test_shutdown_of_persistent_heap_leaves_it_alone)
{
    unsigned char *block = pemalloc(60, true);

    test_fill(block, 60, 7);
    zend_mm_shutdown(s->persistent, false, true);
    zend_mm_shutdown(s->persistent, true, true);
    CHECK(quarry_owns(s->persistent, block));
    zend_mm_set_heap(s->persistent);
    shutdown_memory_manager(true, false);
    CHECK(quarry_owns(s->persistent, block));
    CHECK(test_is_filled(block, 60, 7));
    CHECK(quarry_check(s->persistent));
}
