/* SPDX-License-Identifier: MIT
 *
 * cached.c: what a core caches (QUARRY_CACHE): how seldom malloc and free take the lock then, and that a cached slot is
 * free for everybody who asks. Threads that do all this at once are in tests/threads.
 */
#include "fixture.h"

#define SOME_BYTES test_room(sizeof(void *) > 4 ? 262144 : 65536)

enum { PAIRS = 1000, LIVE = 64, MOST_LOCKS = 50, MOST_BYTES = 100 };

/* --- how often the lock is taken --- */

ON_HEAP_EMPTIED(test_cached_pairs_of_one_size_take_the_lock_seldom, SOME_BYTES, 3)
{
    const unsigned before = test_locks;
    unsigned i;

    for (i = 0; i < PAIRS; i++)
        quarry_free(heap, quarry_malloc(heap, 40));
    CHECK(test_locks - before <= MOST_LOCKS);
}

/* Blocks of random sizes come and go in random order. */
ON_HEAP_EMPTIED(test_cached_random_pairs_take_the_lock_seldom, SOME_BYTES, 3)
{
    void *blocks[LIVE] = {NULL};
    unsigned before = 0, i;

    for (i = 0; i < 2 * PAIRS; i++) {
        void **const place = &blocks[test_random_below(LIVE)];

        if (i == PAIRS) /* the caches have come to hold what is wanted */
            before = test_locks;
        quarry_free(heap, *place);
        *place = quarry_malloc(heap, 1 + test_random_below(MOST_BYTES));
        CHECK(*place != NULL);
    }
    CHECK(test_locks - before <= MOST_LOCKS);
    for (i = 0; i < LIVE; i++)
        quarry_free(heap, blocks[i]);
}

/* One core allocates, another frees: each batch takes the lock once. */
ON_HEAP_EMPTIED(test_cached_blocks_that_another_core_frees, SOME_BYTES, 3)
{
    const unsigned before = test_locks;
    unsigned i;

    for (i = 0; i < PAIRS; i++) {
        void *block;

        test_core = 1;
        block = quarry_malloc(heap, 40);
        test_core = 2;
        quarry_free(heap, block);
    }
    test_core = 0;
    CHECK(test_locks - before <= PAIRS / (QUARRY_CACHE / 2) * 2 + 2);
}

/* --- a cached slot is free --- */

/* For every function that takes a block, from any core. */
static void expect_free(struct quarry_heap *heap, void *block)
{
    for (test_core = 0; test_core < QUARRY_CORES; test_core++) {
        CHECK(!quarry_owns(heap, block));
        quarry_free(heap, block);
        expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
        CHECK_EQ(quarry_usable_size(heap, block), 0);
        expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
        CHECK(quarry_realloc(heap, block, 200) == NULL);
        expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
        CHECK(!quarry_resize(heap, block, 1));
        expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    }
    test_core = 0;
}

ON_HEAP_EMPTIED(test_cached_slot_is_free_for_every_call_and_core, SOME_BYTES, 3)
{
    void *const kept = quarry_malloc(heap, 40), *const block = quarry_malloc(heap, 40);

    REQUIRE(kept != NULL && block != NULL);
    quarry_free(heap, block);
    expect_free(heap, block);
    CHECK(quarry_malloc(heap, 40) == block); /* it is in the cache, and was not freed again */
    CHECK(quarry_owns(heap, block));
    quarry_free(heap, block);
    quarry_free(heap, kept);
}

/* A slot that came into the cache when it was filled was never a block. */
ON_HEAP_EMPTIED(test_cached_slot_that_was_no_block_yet_is_free, SOME_BYTES, 3)
{
    unsigned char *const block = quarry_malloc(heap, 40);
    const size_t step = quarry_usable_size(heap, block);
    unsigned i;

    REQUIRE(block != NULL);
    for (i = 1; i < 4; i++) {
        CHECK(!quarry_owns(heap, block + i * step) && !quarry_owns(heap, block + i));
        quarry_free(heap, block + i * step);
        expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    }
    quarry_free(heap, block + sizeof(void *));
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    quarry_free(heap, block + 2 * sizeof(void *));
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    quarry_free(heap, block);
}

/* --- what the caches hold is given back --- */

/* A block of each size on each core comes and goes. */
static void hoard(struct quarry_heap *heap)
{
    size_t bytes;

    for (test_core = 0; test_core < QUARRY_CORES; test_core++)
        for (bytes = 1; bytes <= MOST_BYTES; bytes += 8)
            quarry_free(heap, quarry_malloc(heap, bytes));
    test_core = 0;
}

ON_HEAP(test_cached_slots_are_given_back_before_a_request_is_refused, SOME_BYTES, 3)
{
    const size_t largest_bytes = largest_free_bytes(heap);

    hoard(heap);
    CHECK(quarry_malloc(heap, largest_bytes) != NULL);
    CHECK(quarry_malloc(heap, 1) == NULL || quarry_check(heap));
}

ON_HEAP_EMPTIED(test_cached_slots_are_not_in_the_figures, SOME_BYTES, 3)
{
    const struct quarry_stats before = stats_of(heap);
    struct quarry_stats after;
    void *block;

    hoard(heap);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after) || after.requests != before.requests);
    CHECK(after.blocks == 0 && after.used_bytes == 0 && after.largest_free_bytes == before.largest_free_bytes);
    CHECK(after.free_bytes == before.free_bytes && after.requests == after.frees);
    CHECK_EQ(after.requests, QUARRY_CORES * ((MOST_BYTES + 7) / 8));
    block = quarry_malloc(heap, 40);
    CHECK_EQ(stats_of(heap).blocks, 1);
    CHECK_EQ(stats_of(heap).used_bytes, quarry_usable_size(heap, block));
    quarry_free(heap, block);
    CHECK(quarry_check(heap));
}

static bool count_live(void *context, const struct quarry_block *block)
{
    *(unsigned *)context += block->free ? 0 : 1;
    return true;
}

ON_HEAP_EMPTIED(test_cached_slots_are_shown_as_free, SOME_BYTES, 3)
{
    struct quarry_cursor cursor = {0, 0, 0};
    unsigned live = 0;
    void *const block = quarry_malloc(heap, 24);

    hoard(heap);
    quarry_walk(heap, count_live, &live);
    CHECK_EQ(live, 1);
    hoard(heap);
    live = 0;
    while (quarry_walk_some(heap, &cursor, 10, count_live, &live) == QUARRY_MORE)
        hoard(heap);
    CHECK_EQ(live, 1);
    while (quarry_check_some(heap, &cursor, 10) == QUARRY_MORE)
        hoard(heap);
    quarry_free(heap, block);
}

ON_HEAP(test_cached_reset_empties_the_caches, SOME_BYTES, 3)
{
    const size_t largest_bytes = largest_free_bytes(heap);
    void *const block = quarry_malloc(heap, 40);

    hoard(heap);
    quarry_reset(heap);
    expect_all_free(heap, largest_bytes);
    quarry_free(heap, block);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK(quarry_malloc(heap, 40) != NULL);
    CHECK(quarry_check(heap));
}

/* --- without a cache --- */

ON_HEAP_EMPTIED(test_cached_core_without_a_number_takes_the_lock, SOME_BYTES, 3)
{
    void *const block = quarry_malloc(heap, 40);
    void *other;

    test_core = QUARRY_CORES;
    CHECK((other = quarry_malloc(heap, 40)) != NULL && other != block);
    quarry_free(heap, block); /* of another core's cache */
    CHECK(!quarry_owns(heap, block));
    test_core = 0;
    quarry_free(heap, other);
}

/* Only the first chunk's blocks are cached. */
TEST(test_cached_blocks_of_other_chunks_take_the_lock)
{
    struct test_source source;
    struct quarry_options options = test_options();
    struct quarry_heap *heap = NULL;
    void *first, *last = NULL, *block;

    options.chunk_bytes = 65536;
    if (!test_source_init(&source, 8 * options.chunk_bytes))
        return;
    heap = quarry_create_from_source(&source.source, &options);
    REQUIRE(heap != NULL);
    first = quarry_malloc(heap, 40);
    while (stats_of(heap).chunks < 3 && (block = quarry_malloc(heap, 1000)) != NULL)
        last = block;
    REQUIRE(first != NULL && last != NULL);
    quarry_free(heap, last);
    CHECK(!quarry_owns(heap, last));
    quarry_free(heap, last);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK(quarry_owns(heap, first) && quarry_check(heap));
    quarry_destroy(heap);
    expect_given_back(&source);
}

/* --- as a model has it --- */

ON_HEAP_EMPTIED(test_cached_random_calls_on_four_cores_agree_with_a_model, SOME_BYTES, 3)
{
    unsigned char *blocks[LIVE] = {NULL};
    size_t bytes[LIVE] = {0};
    unsigned i, place, live = 0;

    for (i = 0; i < 1000 * TEST_SCALE && !test_is_over(); i++) {
        test_core = (unsigned)test_random_below(QUARRY_CORES);
        place = (unsigned)test_random_below(LIVE);
        if (blocks[place] == NULL) {
            bytes[place] = 1 + test_random_below(3 * MOST_BYTES);
            if ((blocks[place] = quarry_malloc(heap, bytes[place])) == NULL)
                continue;
            test_fill(blocks[place], bytes[place], place);
            live++;
        } else if (test_random_below(8) == 0) {
            void *const moved = quarry_realloc(heap, blocks[place], bytes[place] / 2 + 1);

            CHECK(moved != NULL && test_is_filled(moved, bytes[place] / 2, place));
            blocks[place] = moved;
            bytes[place] = bytes[place] / 2 + 1;
            test_fill(moved, bytes[place], place);
        } else {
            CHECK(test_is_filled(blocks[place], bytes[place], place));
            quarry_free(heap, blocks[place]);
            blocks[place] = NULL;
            live--;
        }
        if (test_random_below(500) == 0) {
            check_heap(heap);
            CHECK_EQ(stats_of(heap).blocks, live);
        }
    }
    test_core = 0;
    for (place = 0; place < LIVE; place++)
        quarry_free(heap, blocks[place]);
}
