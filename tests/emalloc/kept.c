/* SPDX-License-Identifier: MIT
 *
 * kept.c: chunks kept from one request to the next, by the rule of the original: after each request the average becomes
 * (average + most chunks at a time) / 2, and chunks beside the first one stay while their number + 0.9 is at most that.
 */
#include "emalloc_test.h"

/* Numbers with 32 bits behind the point; a few of the small CPUs have no floating point. */
#define ONE  ((uint64_t)1 << 32)
#define MOST ((uint64_t)9 * ONE / 10)
/* The library computes with fewer bits: so near to a whole number either answer is right. */
#define NEAR (ONE / 100)

/* How many chunks stay, by the rule; what was kept before it, if it could be either. */
static size_t kept_by_rule(uint64_t average, size_t at_most)
{
    size_t kept = at_most;

    while (kept > 0 && kept * ONE + MOST > average)
        kept--;
    return kept;
}

static void check_kept(uint64_t average, size_t at_most, size_t kept)
{
    CHECK(kept >= kept_by_rule(average - NEAR, at_most));
    CHECK(kept <= kept_by_rule(average + NEAR, at_most));
}

enum { MOST_CHUNKS = 12 };

/* What stands in front of a huge block, longer from check level 2; so much less than a chunk no chunk has room for. */
#define HEADER_BYTES ((size_t)(QUARRY_CHECK_LEVEL < 2 ? 96 : 144))

ON_SOURCE_OF(test_kept_chunks_follow_average_of_random_requests, MOST_CHUNKS + 4)
{
    uint64_t average = ONE;
    size_t kept = 0, most_kept = 0;

    for (unsigned request = 0; request < 200 * TEST_SCALE && !test_is_over(); request++) {
        const unsigned chunks = 1 + (unsigned)test_random_below(request % 20 < 10 ? MOST_CHUNKS : 4);
        void *blocks[MOST_CHUNKS];
        size_t had;

        for (unsigned i = 0; i < chunks; i++)
            blocks[i] = emalloc(BIG_BYTES);
        CHECK_EQ(zend_memory_peak_usage(true), (chunks > kept + 1 ? chunks : kept + 1) * CHUNK);
        for (unsigned i = request % 3 == 0 ? chunks : 0; i-- > 0;) /* what counts is how many there were */
            efree(blocks[i]);
        had = zend_memory_usage(true) / CHUNK - 1;
        shutdown_memory_manager(true, false);
        average = (average + chunks * ONE) / 2;
        kept = zend_memory_usage(true) / CHUNK - 1;
        check_kept(average, had, kept);
        CHECK_EQ(s->source.errors, 0);
        CHECK_EQ(zend_memory_usage(true) % CHUNK, 0);
        if (kept > most_kept)
            most_kept = kept;
    }
    CHECK(most_kept >= MOST_CHUNKS / 2); /* otherwise the rule was never put to the test */
}

ON_SOURCE_OF(test_kept_chunks_serve_next_request_without_source, 8)
{
    unsigned acquires, releases;

    for (unsigned request = 0; request < 10; request++) {
        take_chunks(5);
        shutdown_memory_manager(true, false);
    }
    acquires = s->source.acquires;
    releases = s->source.releases;
    take_chunks(5);
    shutdown_memory_manager(true, false);
    CHECK_EQ(s->source.acquires, acquires);
    CHECK_EQ(s->source.releases, releases);
    CHECK_EQ(zend_memory_usage(true), 5 * CHUNK);
}

ON_SOURCE_OF(test_kept_chunks_are_given_back_when_requests_become_small, 8)
{
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(5);
        shutdown_memory_manager(true, false);
    }
    CHECK_EQ(zend_memory_usage(true), 5 * CHUNK);
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(1);
        shutdown_memory_manager(true, false);
    }
    CHECK_EQ(zend_memory_usage(true), CHUNK);
}

/* Freed and taken again within a request, chunks do not go to the source and back each time. */
ON_SOURCE_OF(test_kept_chunks_within_request_save_calls_of_source, 10)
{
    void *blocks[6];
    unsigned acquires;

    for (unsigned request = 0; request < 10; request++) {
        take_chunks(7);
        shutdown_memory_manager(true, false);
    }
    acquires = s->source.acquires;
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 6; i++)
            blocks[i] = emalloc(BIG_BYTES);
        for (unsigned i = 0; i < 6; i++)
            efree(blocks[i]);
    }
    CHECK_EQ(s->source.acquires, acquires);
    CHECK(quarry_check(s->heap));
}

/* A huge block that has the length of a chunk for a while does not count as one for ever. */
ON_SOURCE_OF(test_kept_chunks_do_not_add_up_by_resized_huge_blocks, 12)
{
    for (unsigned request = 0; request < 30; request++) {
        void *block = emalloc(CHUNK - HEADER_BYTES);

        block = erealloc(block, 2 * CHUNK - HEADER_BYTES);
        efree(block);
        block = emalloc(2 * CHUNK - HEADER_BYTES);
        block = erealloc(block, CHUNK - HEADER_BYTES);
        block = erealloc(block, 3 * CHUNK - HEADER_BYTES);
        CHECK(block != NULL);
        shutdown_memory_manager(true, false);
    }
    take_chunks(6);
    shutdown_memory_manager(true, false);
    CHECK(zend_memory_usage(true) <= 4 * CHUNK); /* two at most before, six now: four on average */
}

/* A huge block as long as a chunk is served from a kept one, and counts as one. */
ON_SOURCE_OF(test_kept_chunk_serves_huge_block_of_its_length, 8)
{
    /* No chunk has room for it; it and its header are a chunk long. */
    const size_t bytes = CHUNK - HEADER_BYTES;
    unsigned acquires;

    NEEDS_PLAIN_SLOTS();
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(4);
        shutdown_memory_manager(true, false);
    }
    acquires = s->source.acquires;
    test_fill(emalloc(bytes), bytes, 1);
    CHECK_EQ(s->source.acquires, acquires);
    CHECK_EQ(zend_memory_usage(true), 4 * CHUNK);
    CHECK(quarry_check(s->heap));
    shutdown_memory_manager(true, false);
    CHECK(quarry_check(s->heap));
}

/* A chunk that the heap refuses is not kept: it would be refused again. */
ON_SOURCE_OF(test_kept_chunk_is_none_that_was_refused, 8)
{
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(4);
        shutdown_memory_manager(true, false);
    }
    zend_mm_gc(s->heap);
    take_chunks(1);
    s->source.misalign_bytes = QUARRY_PAGE_BYTES / 2;
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    take_chunks(2);
    CHECK(quarry_check(s->heap));
}
