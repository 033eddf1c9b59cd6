/* SPDX-License-Identifier: MIT
 *
 * whole_heap.c: functions of quarry.h that change a heap as a whole, on request heaps; and the end of everything while
 * whatever heap is the current one. They know of cached chunks, of the current heap and of the places of blocks.
 */
#include "emalloc_test.h"

/* Leaves the current heap idle, with its first chunk and two cached ones. */
static void cache_two_chunks(void)
{
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(3);
        shutdown_memory_manager(true, false);
    }
    CHECK_EQ(zend_memory_usage(true), 3 * CHUNK);
}

ON_SOURCE_OF(test_quarry_destroy_of_request_heap_releases_cached_chunks, 6)
{
    zend_mm_heap *other = zend_mm_startup();

    REQUIRE(other != NULL);
    zend_mm_set_heap(other);
    cache_two_chunks();
    take_chunks(2);
    quarry_destroy(other);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    EXPECT_OOM(emalloc(16), NULL, 16);
    CHECK_EQ(s->source.granted_bytes, 2 * CHUNK);
    CHECK_EQ(s->source.errors, 0);
    check_heap(s->heap);
}

ON_SOURCE_OF(test_quarry_destroy_of_first_request_heap_leaves_manager_in_order, 6)
{
    void *block = pemalloc(100, true);

    cache_two_chunks();
    quarry_destroy(s->heap);
    s->heap = NULL;
    CHECK_EQ(zend_mm_get_heap(), NULL);
    CHECK_EQ(s->source.granted_bytes, CHUNK);
    CHECK(quarry_owns(s->persistent, block));
    zend_mm_heap *other = zend_mm_startup();
    REQUIRE(other != NULL);
    zend_mm_set_heap(other);
    take_chunks(3);
    shutdown_memory_manager(true, true);
    CHECK_EQ(s->source.granted_bytes, 0);
}

ON_REGION_OF(test_quarry_destroy_of_request_heap_on_region_frees_its_chunks, 6)
{
    const size_t blocks = stats_of(s->persistent).blocks;
    zend_mm_heap *other = zend_mm_startup();

    REQUIRE(other != NULL);
    zend_mm_set_heap(other);
    cache_two_chunks();
    emalloc(10);
    quarry_destroy(other);
    CHECK_EQ(stats_of(s->persistent).blocks, blocks);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    check_heap(s->persistent);
}

ON_SOURCE_OF(test_quarry_trim_of_request_heap_counts_what_the_source_got, 7)
{
    void *blocks[3];

    cache_two_chunks();
    for (unsigned i = 0; i < 3; i++)
        blocks[i] = emalloc(BIG_BYTES);
    efree(blocks[1]); /* its chunk stays with the heap, or is cached */
    efree(blocks[2]);
    const size_t granted = s->source.granted_bytes, trimmed = quarry_trim(s->heap);
    CHECK_EQ(trimmed, 2 * CHUNK);
    CHECK_EQ(granted - s->source.granted_bytes, trimmed);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    CHECK_EQ(quarry_trim(s->heap), 0);
    CHECK_EQ(zend_mm_gc(s->heap), 0);
    check_heap(s->heap);
}

ON_SOURCE_OF(test_quarry_set_limit_of_request_heap_counts_cached_chunks, 7)
{
    cache_two_chunks();
    CHECK(!quarry_set_limit(s->heap, CHUNK - 1));
    CHECK_EQ(zend_memory_usage(true), 3 * CHUNK);
    CHECK(quarry_set_limit(s->heap, 3 * CHUNK));
    CHECK_EQ(zend_memory_usage(true), 3 * CHUNK);
    CHECK(quarry_set_limit(s->heap, 2 * CHUNK + 100));
    CHECK_EQ(zend_memory_usage(true), 2 * CHUNK); /* what is cached counts, and is released first */
    take_chunks(2);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    CHECK_EQ(zend_memory_usage(true), 2 * CHUNK);
    CHECK(quarry_set_limit(s->heap, 0));
    take_chunks(2);
    check_heap(s->heap);
}

ON_SOURCE_OF(test_quarry_reset_of_request_heap_caches_chunks, 7)
{
    cache_two_chunks();
    take_chunks(3);
    quarry_reset(s->heap);
    CHECK(!QUARRY_STATS || zend_memory_usage(false) == 0);
    CHECK(zend_memory_usage(true) <= 3 * CHUNK);
    CHECK_EQ(zend_mm_get_heap(), s->heap);
    take_chunks(3);
    check_heap(s->heap);
}

/* What is dead is no leak, whoever freed it. Without QUARRY_TRACK nothing is printed at all. */
ON_REGION_OF(test_quarry_reset_free_and_realloc_leave_no_false_leaks, 4)
{
    void *blocks[40];

    emalloc(100);
    emalloc(LARGE_BYTES);
    quarry_reset(s->heap);
    shutdown_memory_manager(false, false);
    expect_printed("");
    for (unsigned i = 0; i < 40; i++)
        blocks[i] = emalloc(16 + i);
    for (unsigned i = 0; i < 40; i++)
        quarry_free(s->heap, blocks[i]);
    shutdown_memory_manager(false, false);
    expect_printed("");
    blocks[0] = quarry_realloc(s->heap, emalloc(100), LARGE_BYTES);
    efree(blocks[0]);
    shutdown_memory_manager(false, false);
    expect_printed("");
}

ON_REGION_OF(test_leak_report_has_what_lives_beside_what_quarry_free_freed, 4)
{
    void *blocks[40];

    if (!QUARRY_TRACK)
        SKIP("no report");
    for (unsigned i = 0; i < 40; i++)
        blocks[i] = emalloc(10 + i);
    for (unsigned i = 0; i < 40; i++) {
        if (i % 4 != 1)
            quarry_free(s->heap, blocks[i]);
    }
    shutdown_memory_manager(false, false);
    const char *sum = ": 10 blocks, 290 bytes not freed\n10 blocks, 290 bytes not freed in all\n";
    const char *at = test_printed;
    while (*at != '\0' && *at != ')')
        at++;
    CHECK(*at == ')' && texts_are_equal(at + 1, sum));
    test_print_forget();
}

/* --- the end of everything --- */

static void end_with_another_current_heap(struct scene *s, zend_mm_heap *current)
{
    CHECK(pemalloc(100, true) != NULL);
    take_chunks(2);
    zend_mm_set_heap(current);
    shutdown_memory_manager(true, true);
    CHECK_EQ(s->source.granted_bytes, 0);
    CHECK_EQ(s->source.errors, 0);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    CHECK_EQ(quarry_persistent_heap(), NULL);
}

ON_SOURCE_OF(test_full_shutdown_without_current_heap_releases_all, 4)
{
    end_with_another_current_heap(s, NULL);
}

ON_SOURCE_OF(test_full_shutdown_with_persistent_heap_current_releases_all, 4)
{
    end_with_another_current_heap(s, s->persistent);
}

ON_SOURCE_OF(test_full_shutdown_with_another_request_heap_current_releases_all, 6)
{
    zend_mm_heap *other = zend_mm_startup(), *third = zend_mm_startup_tracked();

    REQUIRE(other != NULL && third != NULL);
    CHECK(zend_mm_alloc(third, 100) != NULL);
    end_with_another_current_heap(s, other);
}

ON_SOURCE_OF(test_full_shutdown_with_plain_heap_current_releases_all, 4)
{
    const size_t bytes = quarry_min_region_bytes() + 200;
    void *region = test_memory(bytes, 0);
    struct quarry_options options = test_options();

    if (region != NULL)
        end_with_another_current_heap(s, quarry_create(region, bytes, &options));
}

static struct {
    zend_mm_heap *heaps[2];
    unsigned ended;
} told;

static void on_end(void *context, zend_mm_heap *heap, bool full)
{
    (void)context;
    CHECK(full);
    if (told.ended < 2)
        told.heaps[told.ended] = heap;
    told.ended++;
}

ON_SOURCE_OF(test_full_shutdown_ends_each_request_heap_once, 5)
{
    static struct quarry_observer observers[2] = {{.ended = on_end}, {.ended = on_end}};
    zend_mm_heap *other = zend_mm_startup();

    REQUIRE(other != NULL);
    CHECK(quarry_add_observer(s->heap, &observers[0]));
    CHECK(quarry_add_observer(other, &observers[1]));
    told.ended = 0;
    shutdown_memory_manager(true, true);
    CHECK_EQ(told.ended, 2);
    CHECK_EQ(told.heaps[0], s->heap); /* the current one first */
    CHECK_EQ(told.heaps[1], other);
    CHECK_EQ(s->source.granted_bytes, 0);
}

/* While a callback of any of the heaps runs, nothing ends. */
static zend_mm_heap *waiting;

static void end_all(struct test_source *source)
{
    const unsigned reports = test_log.count;

    source->during = NULL;
    zend_mm_set_heap(NULL);
    shutdown_memory_manager(true, true);
    CHECK_EQ(test_log.count, reports + 1);
    CHECK_EQ(test_log.last.kind, QUARRY_REENTRY);
    CHECK_EQ(test_log.last.heap, waiting);
    test_log.count = reports;
    CHECK(quarry_persistent_heap() != NULL);
}

ON_SOURCE_OF(test_full_shutdown_from_a_callback_of_a_heap_that_is_not_current_is_reported, 7)
{
    if (QUARRY_LOCK == QUARRY_LOCK_SMP)
        SKIP("waits for itself");
    waiting = s->heap;
    s->source.during = end_all;
    CHECK(zend_mm_alloc(s->heap, HUGE_BYTES) != NULL);
    waiting = s->persistent;
    s->source.during = end_all;
    CHECK(quarry_malloc(s->persistent, HUGE_BYTES) != NULL);
    zend_mm_set_heap(s->heap);
    take_chunks(2);
    check_heap(s->heap);
    check_heap(s->persistent);
}
