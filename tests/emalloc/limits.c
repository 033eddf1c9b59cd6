/* SPDX-License-Identifier: MIT
 *
 * limits.c: the limit of the current heap, what it has and what it gives back on request. What the source's ledger says
 * is compared where the header promises figures.
 */
#include "emalloc_test.h"

/* Leaves so many chunks kept. */
static void keep_chunks(unsigned count)
{
    for (unsigned request = 0; request < 12; request++) {
        take_chunks(count + 1);
        shutdown_memory_manager(true, false);
    }
    CHECK_EQ(zend_memory_usage(true), (count + 1) * CHUNK);
}

/* --- figures --- */

ON_SOURCE_OF(test_usage_counts_blocks_and_chunks, 8)
{
    const size_t block_bytes = quarry_good_size(s->heap, 40), big_bytes = quarry_good_size(s->heap, BIG_BYTES);
    void *block = emalloc(40), *big;

    if (QUARRY_STATS == 0)
        SKIP("used bytes are not counted");
    CHECK_EQ(zend_memory_usage(false), block_bytes);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    big = emalloc(BIG_BYTES);
    take_chunks(1);
    CHECK_EQ(zend_memory_usage(false), block_bytes + 2 * big_bytes);
    CHECK_EQ(zend_memory_usage(true), 2 * CHUNK);
    efree(big);
    CHECK_EQ(zend_memory_usage(false), block_bytes + big_bytes);
    CHECK_EQ(zend_memory_peak_usage(false), block_bytes + 2 * big_bytes);
    CHECK_EQ(zend_memory_peak_usage(true), 2 * CHUNK);
    efree(block);
}

ON_SOURCE_OF(test_reset_peak_begins_at_present_usage, 8)
{
    void *big = emalloc(HUGE_BYTES);
    const size_t huge_bytes = zend_memory_usage(true);

    CHECK(emalloc(40) != NULL);
    CHECK(huge_bytes >= CHUNK + HUGE_BYTES);
    efree(big);
    CHECK_EQ(zend_memory_peak_usage(true), huge_bytes);
    zend_memory_reset_peak_usage();
    CHECK_EQ(zend_memory_peak_usage(true), zend_memory_usage(true));
    CHECK_EQ(zend_memory_peak_usage(false), zend_memory_usage(false));
    CHECK(zend_memory_usage(true) < huge_bytes);
    efree(emalloc(100));
    CHECK_EQ(zend_memory_peak_usage(false),
             zend_memory_usage(false) + (QUARRY_STATS ? quarry_good_size(s->heap, 100) : 0));
    zend_mm_set_heap(NULL);
    zend_memory_reset_peak_usage(); /* nothing happens */
    CHECK_EQ(zend_memory_peak_usage(true), 0);
    CHECK(quarry_check(s->heap));
}

ON_SOURCE_OF(test_real_peak_follows_extended_huge_block, 12)
{
    unsigned char *block;

    efree(emalloc(16));
    block = emalloc(2 * CHUNK);
    block = erealloc(block, 4 * CHUNK);
    CHECK_EQ(zend_memory_peak_usage(true), zend_memory_usage(true));
    CHECK(zend_memory_usage(true) >= 5 * CHUNK);
    block = erealloc(block, 2 * CHUNK);
    CHECK(zend_memory_peak_usage(true) >= 5 * CHUNK);
    CHECK(zend_memory_usage(true) <= 4 * CHUNK);
    efree(block);
    CHECK(quarry_check(s->heap));
}

/* --- the limit --- */

ON_SOURCE_OF(test_limit_below_what_is_needed_fails_and_changes_nothing, 8)
{
    take_chunks(3);
    CHECK_EQ(zend_set_memory_limit(2 * CHUNK), FAILURE);
    CHECK_EQ(zend_set_memory_limit(3 * CHUNK - 1), FAILURE);
    CHECK_EQ(stats_of(s->heap).limit_bytes, 0);
    take_chunks(1); /* there is still no limit */
    CHECK_EQ(zend_set_memory_limit(4 * CHUNK), SUCCESS);
    CHECK_EQ(zend_set_memory_limit(CHUNK), FAILURE);
    CHECK_EQ(stats_of(s->heap).limit_bytes, 4 * CHUNK);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    CHECK(quarry_check(s->heap));
}

ON_SOURCE_OF(test_limit_is_kept_to_and_may_rise, 8)
{
    CHECK_EQ(zend_set_memory_limit(2 * CHUNK), SUCCESS);
    take_chunks(2);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    CHECK_EQ(femalloc(HUGE_BYTES, true), NULL);
    EXPECT_OOM(emalloc(BIG_BYTES), s->heap, BIG_BYTES);
    CHECK_EQ(zend_memory_usage(true), 2 * CHUNK);
    CHECK_EQ(zend_set_memory_limit(3 * CHUNK), SUCCESS);
    CHECK(femalloc(BIG_BYTES, true) != NULL);
    CHECK_EQ(zend_memory_usage(true), 3 * CHUNK);
    CHECK(quarry_check(s->heap));
}

ON_REGION(test_limit_below_a_chunk_fails)
{
    CHECK_EQ(zend_set_memory_limit(1), FAILURE);
    CHECK_EQ(zend_set_memory_limit(CHUNK - 1), FAILURE);
    CHECK_EQ(zend_set_memory_limit(0), FAILURE); /* nor does it mean that there is none */
    CHECK_EQ(stats_of(s->heap).limit_bytes, 0);
    CHECK_EQ(zend_set_memory_limit(CHUNK), SUCCESS);
    CHECK_EQ(zend_set_memory_limit(0), FAILURE);
    take_chunks(1);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
}

ON_REGION(test_limit_without_heap_fails)
{
    zend_mm_set_heap(NULL);
    CHECK_EQ(zend_set_memory_limit(100 * CHUNK), FAILURE);
}

ON_SOURCE_OF(test_limit_counts_kept_chunks_and_has_them_given_back, 8)
{
    size_t granted_bytes;

    keep_chunks(4);
    granted_bytes = s->source.granted_bytes;
    CHECK_EQ(zend_set_memory_limit(3 * CHUNK), SUCCESS);
    CHECK_EQ(zend_memory_usage(true), 3 * CHUNK);
    CHECK_EQ(s->source.granted_bytes, granted_bytes - 2 * CHUNK);
    take_chunks(3);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    CHECK_EQ(zend_memory_usage(true), 3 * CHUNK);
    CHECK(quarry_check(s->heap));
}

ON_SOURCE_OF(test_limit_reached_with_kept_chunks_serves_request_instead, 10)
{
    keep_chunks(4);
    CHECK_EQ(zend_set_memory_limit(5 * CHUNK), SUCCESS);
    CHECK(femalloc(HUGE_BYTES, true) != NULL); /* not as long as any kept chunk */
    CHECK(zend_memory_usage(true) <= 5 * CHUNK);
    CHECK(zend_memory_peak_usage(true) <= 5 * CHUNK);
    CHECK(quarry_check(s->heap));
}

/* The same where the chunks were emptied within the request. */
ON_SOURCE_OF(test_limit_reached_with_empty_chunks_serves_request_instead, 10)
{
    void *blocks[5];

    CHECK_EQ(zend_set_memory_limit(5 * CHUNK), SUCCESS);
    for (unsigned i = 0; i < 5; i++)
        blocks[i] = emalloc(BIG_BYTES);
    for (unsigned i = 1; i < 5; i++)
        efree(blocks[i]);
    CHECK(femalloc(HUGE_BYTES, true) != NULL);
    CHECK(zend_memory_usage(true) <= 5 * CHUNK);
    CHECK(quarry_check(s->heap));
}

ON_SOURCE_OF(test_limit_reached_extending_huge_block_has_kept_chunks_given_back, 12)
{
    unsigned char *block;

    keep_chunks(2);
    block = emalloc(HUGE_BYTES);
    CHECK_EQ(zend_set_memory_limit(5 * CHUNK), SUCCESS);
    block = ferealloc(block, HUGE_BYTES + CHUNK, true);
    CHECK(block != NULL);
    CHECK(zend_memory_usage(true) <= 5 * CHUNK);
    CHECK(zend_memory_peak_usage(true) <= 5 * CHUNK);
    CHECK(quarry_check(s->heap));
}

/* A source that has no more takes kept chunks back too before the request fails. */
ON_SOURCE_OF(test_source_exhausted_with_kept_chunks_serves_request, 7)
{
    const size_t table_bytes = QUARRY_TRACK ? 15 * GRANULE_BYTES : 0; /* 16 in TABLE_BYTES; a table of one */
    unsigned char *block;

    keep_chunks(5);
    block = femalloc(4 * CHUNK + table_bytes, true);
    CHECK(block != NULL);
    CHECK_EQ(s->source.errors, 0);
    CHECK(quarry_check(s->heap));
}

/* --- giving back --- */

ON_SOURCE_OF(test_gc_gives_back_chunks_without_blocks, 8)
{
    size_t granted_bytes, given_bytes;
    void *blocks[4];

    for (unsigned i = 0; i < 4; i++)
        blocks[i] = emalloc(BIG_BYTES);
    test_fill(blocks[2], BIG_BYTES, 2);
    for (unsigned i = 0; i < 4; i++)
        if (i != 2)
            efree(blocks[i]);
    granted_bytes = s->source.granted_bytes;
    given_bytes = zend_mm_gc(s->heap);
    CHECK_EQ(given_bytes, granted_bytes - s->source.granted_bytes);
    CHECK_EQ(zend_memory_usage(true), 2 * CHUNK); /* the heap's own, and that of the block */
    CHECK(test_is_filled(blocks[2], BIG_BYTES, 2));
    CHECK_EQ(zend_mm_gc(s->heap), 0);
    CHECK(quarry_check(s->heap));
    efree(blocks[2]);
    zend_mm_gc(s->heap);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
}

ON_SOURCE_OF(test_gc_gives_back_kept_chunks, 8)
{
    size_t granted_bytes;

    keep_chunks(4);
    granted_bytes = s->source.granted_bytes;
    CHECK_EQ(zend_mm_gc(s->heap), 4 * CHUNK);
    CHECK_EQ(s->source.granted_bytes, granted_bytes - 4 * CHUNK);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    CHECK_EQ(zend_mm_gc(s->heap), 0);
    take_chunks(3);
    CHECK(quarry_check(s->heap));
}

ON_REGION(test_gc_of_empty_heap_and_null_gives_back_nothing)
{
    CHECK_EQ(zend_mm_gc(s->heap), 0);
    CHECK_EQ(zend_mm_gc(NULL), 0);
    CHECK_EQ(zend_mm_gc(s->persistent), 0);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    CHECK(quarry_check(s->heap));
}

/* On a region the chunks are the persistent heap's again. */
ON_REGION_OF(test_gc_on_region_gives_back_to_persistent_heap, 6)
{
    size_t free_bytes;

    NEEDS_PLAIN_SLOTS();
    keep_chunks(3);
    free_bytes = stats_of(s->persistent).free_bytes;
    CHECK_EQ(zend_mm_gc(s->heap), 3 * CHUNK);
    CHECK_EQ(stats_of(s->persistent).free_bytes, free_bytes + 3 * CHUNK);
    CHECK(quarry_check(s->persistent));
}
