/* SPDX-License-Identifier: MIT
 *
 * start.c: start_memory_manager() and the full shutdown: what is made, what is refused, and that everything comes back.
 */
#include "emalloc_test.h"

ON_REGION(test_start_on_region_makes_current_heap_beside_persistent)
{
    CHECK(s->heap != NULL);
    CHECK(s->persistent != NULL);
    CHECK(s->heap != s->persistent);
    CHECK(is_zend_mm());
    CHECK(!QUARRY_STATS || zend_memory_usage(false) == 0);
    CHECK_EQ(zend_memory_usage(true), CHUNK); /* a sixteenth of this region would be less than the smallest chunk */
    CHECK((uintptr_t)s->heap - (uintptr_t)s->memory.region < s->memory.region_bytes);
    CHECK((uintptr_t)s->persistent - (uintptr_t)s->memory.region < s->memory.region_bytes);
    check_heap(s->heap);
    check_heap(s->persistent);
}

ON_SOURCE(test_start_on_source_gives_each_heap_a_chunk)
{
    CHECK_EQ(s->source.acquires, 2);
    CHECK_EQ(s->source.granted_bytes, 2 * CHUNK);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    CHECK_EQ(stats_of(s->persistent).acquired_bytes, CHUNK);
    check_heap(s->heap);
    check_heap(s->persistent);
}

ON_REGION(test_start_second_time_is_false_and_changes_nothing)
{
    void *block = emalloc(100);

    test_fill(block, 100, 1);
    CHECK(!start_memory_manager(&s->memory));
    CHECK_EQ(zend_mm_get_heap(), s->heap);
    CHECK_EQ(quarry_persistent_heap(), s->persistent);
    CHECK(test_is_filled(block, 100, 1));
    efree(block);
}

TEST(test_start_on_long_region_takes_chunks_of_a_sixteenth)
{
    struct quarry_memory memory = {.region_bytes = 16 * 4 * CHUNK + 100, .options = test_options()};

    memory.region = test_memory(memory.region_bytes, 3);
    if (memory.region == NULL)
        return;
    REQUIRE(start_memory_manager(&memory));
    CHECK_EQ(zend_memory_usage(true), 4 * CHUNK);
    shutdown_memory_manager(true, true);
}

TEST(test_start_on_very_long_region_takes_chunks_of_default_size)
{
    struct quarry_memory memory = {.region_bytes = (size_t)64 * QUARRY_CHUNK_BYTES, .options = test_options()};

    if (test_memory_left() < memory.region_bytes)
        memory.region_bytes = (size_t)17 * QUARRY_CHUNK_BYTES; /* still more than sixteen */
    memory.region = test_memory(memory.region_bytes, 0);
    if (memory.region == NULL)
        return;
    REQUIRE(start_memory_manager(&memory));
    CHECK_EQ(zend_memory_usage(true), QUARRY_CHUNK_BYTES);
    shutdown_memory_manager(true, true);
}

/* Every length up to one that is enough. */
TEST(test_start_on_region_too_small_is_false_and_leaves_nothing_started)
{
    struct quarry_memory memory = {.options = test_options()};
    unsigned refused = 0;

    memory.region = test_memory(2 * CHUNK, 8);
    if (memory.region == NULL)
        return;
    for (memory.region_bytes = 0; memory.region_bytes < 2 * CHUNK; memory.region_bytes += 97) {
        if (start_memory_manager(&memory))
            break;
        refused++;
        CHECK_EQ(zend_mm_get_heap(), NULL);
        CHECK_EQ(quarry_persistent_heap(), NULL);
    }
    CHECK(refused >= CHUNK / 97);
    REQUIRE(zend_mm_get_heap() != NULL);
    efree(emalloc(100));
    CHECK(quarry_check(zend_mm_get_heap()));
    shutdown_memory_manager(true, true);
}

TEST(test_start_without_memory_is_false)
{
    const struct quarry_memory nothing = {.options = test_options()};

    CHECK(!start_memory_manager(&nothing));
    CHECK_EQ(quarry_persistent_heap(), NULL);
}

TEST(test_start_with_bad_chunk_bytes_is_false_and_takes_nothing)
{
    struct test_source source;
    struct quarry_memory memory = {.options = test_options()};

    if (!test_source_init(&source, 2 * CHUNK))
        return;
    memory.options.chunk_bytes = CHUNK + 1;
    memory.source = &source.source;
    CHECK(!start_memory_manager(&memory));
    memory.options.chunk_bytes = LEAST_CHUNK_BYTES / 2;
    CHECK(!start_memory_manager(&memory));
    CHECK_EQ(source.acquires, 0);
    CHECK_EQ(zend_mm_get_heap(), NULL);
}

TEST(test_start_with_limit_below_a_chunk_is_false_and_keeps_nothing)
{
    struct test_source source;
    struct quarry_memory memory = {.options = test_options()};

    if (!test_source_init(&source, 2 * CHUNK))
        return;
    memory.options.chunk_bytes = CHUNK;
    memory.options.limit_bytes = CHUNK - 1;
    memory.source = &source.source;
    CHECK(!start_memory_manager(&memory));
    CHECK_EQ(source.granted_bytes, 0);
    CHECK_EQ(source.errors, 0);
    CHECK_EQ(quarry_persistent_heap(), NULL);
}

TEST(test_start_on_source_that_refuses_first_or_second_chunk_is_false_and_keeps_nothing)
{
    struct test_source source;
    struct quarry_memory memory = {.options = test_options()};

    if (!test_source_init(&source, 2 * CHUNK))
        return;
    memory.options.chunk_bytes = CHUNK;
    memory.source = &source.source;
    for (unsigned fail_at = 1; fail_at <= 2; fail_at++) {
        source.fail_at = fail_at;
        CHECK(!start_memory_manager(&memory));
        CHECK_EQ(source.granted_bytes, 0);
        CHECK_EQ(source.errors, 0);
        CHECK_EQ(zend_mm_get_heap(), NULL);
        CHECK_EQ(quarry_persistent_heap(), NULL);
    }
    REQUIRE(start_memory_manager(&memory)); /* the two times before left nothing behind */
    shutdown_memory_manager(true, true);
    CHECK_EQ(source.granted_bytes, 0);
}

ON_SOURCE_OF(test_shutdown_full_gives_everything_back, 8)
{
    void *kept = pemalloc(100, true);

    take_chunks(3);
    efree(emalloc(HUGE_BYTES));
    CHECK(emalloc(HUGE_BYTES) != NULL);
    CHECK(kept != NULL);
    shutdown_memory_manager(true, true);
    CHECK_EQ(s->source.granted_bytes, 0);
    CHECK_EQ(s->source.errors, 0);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    CHECK_EQ(quarry_persistent_heap(), NULL);
}

ON_REGION(test_shutdown_full_leaves_calls_out_of_memory_without_heap)
{
    shutdown_memory_manager(true, true);
    EXPECT_OOM(emalloc(16), NULL, 16); /* constant: the size of its bin */
    EXPECT_OOM(emalloc(opaque_size(10)), NULL, 10);
    EXPECT_OOM(ecalloc(2, 10), NULL, 20);
    EXPECT_OOM(erealloc(NULL, 30), NULL, 30);
    EXPECT_OOM(estrdup("quarry"), NULL, 7);
    EXPECT_OOM(__zend_malloc(40), NULL, 40);
    EXPECT_OOM(pestrdup("quarry", true), NULL, 7);
    CHECK_EQ(femalloc(10, true), NULL);
    CHECK_EQ(zend_memory_usage(true), 0);
    CHECK_EQ(zend_memory_peak_usage(false), 0);
    CHECK_EQ(zend_mm_startup(), NULL);
    CHECK_EQ(zend_mm_startup_tracked(), NULL);
    CHECK(!is_zend_mm());
    CHECK(!is_zend_ptr(s));
    shutdown_memory_manager(true, false); /* nothing to end */
    shutdown_memory_manager(true, true);
}

/* The region is the caller's again, and may be used for the next start. */
ON_REGION(test_shutdown_full_then_start_again_gives_fresh_heaps)
{
    efree(emalloc(100));
    pemalloc(50, true);
    shutdown_memory_manager(true, true);
    test_fill(s->memory.region, s->memory.region_bytes, 99);
    REQUIRE(start_memory_manager(&s->memory));
    s->heap = zend_mm_get_heap();
    s->persistent = quarry_persistent_heap();
    CHECK(!QUARRY_STATS || zend_memory_usage(false) == 0);
    CHECK(!QUARRY_STATS || zend_memory_peak_usage(false) == 0);
    CHECK_EQ(stats_of(s->persistent).blocks, QUARRY_STATS ? 1 : 0); /* the request heap's chunk */
}

TEST(test_start_with_null_is_false)
{
    CHECK(!start_memory_manager(NULL));
    CHECK_EQ(quarry_persistent_heap(), NULL);
}

TEST(test_start_on_region_with_chunk_bytes_takes_chunks_of_that_size)
{
    struct quarry_memory memory = {.region_bytes = 6 * CHUNK, .options = test_options()};

    memory.options.chunk_bytes = 2 * CHUNK;
    memory.region = test_memory(memory.region_bytes, 0);
    if (memory.region == NULL)
        return;
    REQUIRE(start_memory_manager(&memory));
    CHECK_EQ(zend_memory_usage(true), 2 * CHUNK);
    shutdown_memory_manager(true, true);
}

/* Nothing was started, or everything has been shut down. No heap has a hook then: it is quarry_panic() that is told. */
TEST(test_blocks_without_any_heap_are_reported_and_left_alone)
{
    unsigned char word[16] = {1};
    void *block = opaque_pointer(word);

    zend_mm_set_heap(NULL);
    pefree(block, true);
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    efree(block);
    CHECK_EQ(test_log.last.pointer, block);
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    efree_size(block, opaque_size(16));
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    efree_size(block, 16);
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    zend_mm_free(NULL, block);
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    pefree(NULL, true);
    efree(NULL);
    CHECK_EQ(zend_mem_block_size(block), 0);
    EXPECT_OOM(erealloc(block, 20), NULL, 20);
    EXPECT_OOM(perealloc(block, 20, true), NULL, 20);
    CHECK_EQ(word[0], 1);
}

ON_REGION(test_block_freed_without_current_heap_is_reported_and_stays)
{
    unsigned char *block = emalloc(opaque_size(20));

    CHECK_EQ(zend_mm_set_heap(NULL), s->heap);
    efree(block);
    CHECK_EQ(test_log.last.pointer, block);
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    zend_mm_set_heap(s->heap);
    CHECK(quarry_owns(s->heap, block));
    efree(block);
}
