/* SPDX-License-Identifier: MIT
 *
 * shared_memory.c: the chunks that an idle request heap has cached are memory for whichever heap of the manager asks:
 * they are released before anybody is told that there is none.
 */
#include "emalloc_test.h"

enum { CHUNKS = 8, CACHED = 5 };

/* With QUARRY_TRACK there is memory for tables beside the chunks, which serves first. */
#define ON_FULL_MEMORY(name, on_source, chunks)                                                                        \
    static void name##_on_full_memory(struct scene *s);                                                                \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        if (QUARRY_TRACK)                                                                                              \
            SKIP("tables have memory that is not counted here");                                                       \
        scene_run(name##_on_full_memory, on_source, chunks);                                                           \
    }                                                                                                                  \
    static void name##_on_full_memory(struct scene *s)

/* Leaves the current heap idle, with a block-less chunk and CACHED cached ones. */
static void cache_chunks(struct scene *s)
{
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(CACHED + 1);
        shutdown_memory_manager(true, false);
    }
    CHECK_EQ(zend_memory_usage(true), (CACHED + 1) * CHUNK);
    CHECK(quarry_check(s->heap));
}

/* The idle heap gave some, and serves as ever. */
static void check_idle_heap(struct scene *s)
{
    zend_mm_set_heap(s->heap);
    CHECK(zend_memory_usage(true) < (CACHED + 1) * CHUNK);
    CHECK_EQ(zend_memory_usage(true) % CHUNK, 0);
    test_fill(emalloc(BIG_BYTES), BIG_BYTES, 9);
    check_heap(s->heap);
    check_heap(s->persistent);
    CHECK_EQ(s->source.errors, 0);
}

ON_FULL_MEMORY(test_shared_memory_of_region_serves_persistent_block, false, 5)
{
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(4);
        shutdown_memory_manager(true, false);
    }
    CHECK_EQ(zend_memory_usage(true), 4 * CHUNK);
    unsigned char *block = pemalloc(HUGE_BYTES, true);
    test_fill(block, HUGE_BYTES, 1);
    CHECK(zend_memory_usage(true) < 4 * CHUNK);
    test_fill(emalloc(BIG_BYTES), BIG_BYTES, 9);
    CHECK(test_is_filled(block, HUGE_BYTES, 1));
    pefree(block, true);
    check_heap(s->heap);
    check_heap(s->persistent);
}

ON_FULL_MEMORY(test_shared_memory_of_source_serves_persistent_block, true, CHUNKS)
{
    cache_chunks(s);
    unsigned char *block = pemalloc(HUGE_BYTES, true);
    test_fill(block, HUGE_BYTES, 1);
    check_idle_heap(s);
    CHECK(test_is_filled(block, HUGE_BYTES, 1));
    pefree(block, true);
}

/* Not only pemalloc(): quarry.h's functions on the persistent heap too. */
ON_FULL_MEMORY(test_shared_memory_serves_quarry_malloc_and_realloc_of_persistent_heap, true, CHUNKS + 2)
{
    cache_chunks(s);
    unsigned char *block = quarry_malloc(s->persistent, HUGE_BYTES);
    REQUIRE(block != NULL);
    block = quarry_realloc(s->persistent, block, HUGE_BYTES + 2 * CHUNK);
    REQUIRE(block != NULL);
    test_fill(block, HUGE_BYTES + 2 * CHUNK, 1);
    check_idle_heap(s);
    quarry_free(s->persistent, block);
    CHECK_EQ(stats_of(s->persistent).failures, 0);
}

ON_FULL_MEMORY(test_shared_memory_serves_another_request_heap, true, CHUNKS)
{
    zend_mm_heap *other = zend_mm_startup();

    REQUIRE(other != NULL);
    cache_chunks(s);
    zend_mm_set_heap(other);
    take_chunks(2);
    CHECK(emalloc(HUGE_BYTES) != NULL);
    check_idle_heap(s);
    zend_mm_shutdown(other, true, true);
}

ON_FULL_MEMORY(test_shared_memory_serves_first_chunk_of_another_request_heap, true, CACHED + 2)
{
    cache_chunks(s);
    zend_mm_heap *other = zend_mm_startup();
    REQUIRE(other != NULL);
    check_idle_heap(s);
    zend_mm_shutdown(other, true, true);
}

/* What all have together is all that there is: then it is said that there is no more. */
ON_FULL_MEMORY(test_shared_memory_ends_when_no_chunk_is_cached, true, CHUNKS)
{
    zend_mm_heap *other = zend_mm_startup();
    unsigned blocks = 0;

    REQUIRE(other != NULL);
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(4);
        shutdown_memory_manager(true, false);
    }
    zend_mm_set_heap(other);
    while (!test_is_over() && femalloc(BIG_BYTES, true) != NULL)
        blocks++;
    CHECK_EQ(blocks, CHUNKS - 2); /* less the first chunks of the others */
    zend_mm_set_heap(s->heap);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    CHECK_EQ(femalloc(2 * BIG_BYTES, true), NULL);
    zend_mm_shutdown(other, true, true);
}

/* The persistent heap's empty chunks, too, are memory in no use. */
ON_FULL_MEMORY(test_shared_memory_of_persistent_heap_serves_request_heap, true, CHUNKS)
{
    void *blocks[CACHED];

    for (unsigned i = 0; i < CACHED; i++)
        blocks[i] = pemalloc(BIG_BYTES, true);
    for (unsigned i = 0; i < CACHED; i++)
        pefree(blocks[i], true);
    CHECK(stats_of(s->persistent).acquired_bytes > CHUNK);
    take_chunks(CHUNKS - 1);
    CHECK_EQ(stats_of(s->persistent).acquired_bytes, CHUNK);
    check_heap(s->persistent);
}

/* A limit is for one heap, and what another has cached does not count. */
ON_FULL_MEMORY(test_shared_memory_does_not_lift_a_limit, true, CHUNKS)
{
    zend_mm_heap *other = zend_mm_startup();

    REQUIRE(other != NULL);
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(4);
        shutdown_memory_manager(true, false);
    }
    zend_mm_set_heap(other);
    CHECK_EQ(zend_set_memory_limit(2 * CHUNK), SUCCESS);
    take_chunks(2);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    zend_mm_set_heap(s->heap);
    CHECK_EQ(zend_memory_usage(true), 4 * CHUNK);
    zend_mm_shutdown(other, true, true);
}

/* A callback of the persistent heap's source that serves itself from a request heap: that heap does not wait for what
 * the persistent heap has, nor call it. */
static zend_mm_heap *serving;
static unsigned served;

static void use_up_memory(struct test_source *source)
{
    source->during = NULL;
    while (!test_is_over() && femalloc(BIG_BYTES, true) != NULL)
        served++;
    CHECK_EQ(zend_mm_get_heap(), serving);
}

ON_FULL_MEMORY(test_shared_memory_is_not_asked_of_a_persistent_heap_that_waits_for_its_source, true, CHUNKS)
{
    void *blocks[3];

    if (QUARRY_LOCK == QUARRY_LOCK_SMP || QUARRY_LOCK == QUARRY_LOCK_HOOK)
        SKIP("waits for itself");
    for (unsigned i = 0; i < 3; i++)
        blocks[i] = pemalloc(BIG_BYTES, true);
    for (unsigned i = 0; i < 3; i++)
        pefree(blocks[i], true);
    serving = s->heap;
    served = 0;
    s->source.during = use_up_memory;
    quarry_free(s->persistent, quarry_malloc(s->persistent, HUGE_BYTES)); /* in its own chunks, if at all */
    CHECK(served >= 3);
    CHECK_EQ(test_log.count, 0);
    check_heap(s->heap);
    check_heap(s->persistent);
    CHECK_EQ(s->source.errors, 0);
}
