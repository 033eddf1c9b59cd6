/* SPDX-License-Identifier: MIT
 *
 * walk.c: quarry_walk() and quarry_check(): every live block is shown once with its usable size, what is shown lies in
 * order and does not overlap, a visitor that answers false is not called again. That the sums agree with the
 * figures is checked by the harness after every call of every test.
 */
#include "fixture.h"

#define SOME_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))

struct sight {
    const void *wanted; /* NULL: any */
    unsigned seen;
    unsigned stop_after; /* 0: never */
    unsigned out_of_order;
    struct quarry_block last;
};

static bool look(void *context, const struct quarry_block *block)
{
    struct sight *const sight = context;

    if (sight->wanted == NULL || TEST_ADDRESS(block->pointer) == TEST_ADDRESS(sight->wanted)) {
        sight->seen++;
        if (sight->last.pointer != NULL &&
            TEST_ADDRESS(block->pointer) < TEST_ADDRESS(sight->last.pointer) + sight->last.bytes)
            sight->out_of_order++;
        sight->last = *block;
    }
    return sight->seen != sight->stop_after || sight->stop_after == 0;
}

static bool look_until_huge(void *context, const struct quarry_block *block)
{
    look(context, block);
    return block->kind != QUARRY_HUGE;
}

static struct sight sight_of(struct quarry_heap *heap, const void *wanted)
{
    struct sight sight = {.wanted = wanted};

    quarry_walk(heap, look, &sight);
    return sight;
}

ON_HEAP(test_walk_of_fresh_heap_shows_one_free_run, SOME_BYTES, 0)
{
    struct sight sight;

    sight = sight_of(heap, NULL);
    CHECK_EQ(sight.seen, 1);
    CHECK(sight.last.free && sight.last.kind == QUARRY_LARGE);
    CHECK_EQ(sight.last.bytes, largest_free_bytes(heap) + CANARY_BYTES);
}

ON_HEAP(test_walk_shows_each_live_block_once, SOME_BYTES, 11)
{
    static const unsigned short sizes[] = {0, 1, 16, 40, 64, 130, 257, 700, 1025};
    const unsigned count = sizeof sizes / sizeof sizes[0];
    void *blocks[sizeof sizes / sizeof sizes[0]];
    unsigned i;

    for (i = 0; i < count; i++) {
        blocks[i] = t_malloc(heap, sizes[i]);
        if (blocks[i] == NULL)
            SKIP("no room for all sizes with pages of this size");
    }
    for (i = 0; i < count; i++) {
        const struct sight sight = sight_of(heap, blocks[i]);

        CHECK_EQ(sight.seen, 1);
        CHECK(!sight.last.free);
        CHECK_EQ(sight.last.bytes, quarry_usable_size(heap, blocks[i]));
        CHECK(sizes[i] > 16 || sight.last.kind == QUARRY_SMALL);
    }
    CHECK_EQ(sight_of(heap, NULL).out_of_order, 0);
}

ON_HEAP(test_walk_shows_freed_slot_as_free, SOME_BYTES, 0)
{
    void *kept;
    void *freed;
    struct sight sight;

    kept = t_malloc(heap, 16);
    freed = t_malloc(heap, 16);
    REQUIRE(kept != NULL && freed != NULL);
    t_free(heap, freed);
    sight = sight_of(heap, freed);
    CHECK_EQ(sight.seen, 1);
    CHECK(sight.last.free && sight.last.kind == QUARRY_SMALL);
    if (QUARRY_CHECK_LEVEL >= 3) /* more than the block had asked for, perhaps */
        CHECK(sight.last.bytes >= quarry_usable_size(heap, kept));
    else
        CHECK_EQ(sight.last.bytes, quarry_usable_size(heap, kept));
    t_free(heap, kept);
}

ON_HEAP(test_walk_stops_when_visitor_says_so, SOME_BYTES, 0)
{
    unsigned total;
    unsigned stop;
    unsigned i;

    for (i = 0; i < 20; i++)
        CHECK(t_malloc(heap, 10 + i * 8) != NULL || i > 10);
    total = sight_of(heap, NULL).seen;
    for (stop = 1; stop <= total; stop++) {
        struct sight sight = {.stop_after = stop};

        quarry_walk(heap, look, &sight);
        CHECK_EQ(sight.seen, stop);
    }
}

ON_HEAP(test_walk_order_holds_through_random_history, SOME_BYTES, 0)
{
    void *blocks[24] = {NULL};
    unsigned step;

    for (step = 0; step < 200 && !test_is_over(); step++) {
        const size_t i = test_random_below(24);

        t_free(heap, blocks[i]);
        blocks[i] = t_malloc(heap, test_random_below(step % 5 == 0 ? 800 : 120));
        CHECK_EQ(sight_of(heap, NULL).out_of_order, 0);
    }
}

ON_SOURCE_HEAP(test_walk_shows_kinds_of_blocks_on_source, 4 * SMALLEST_CHUNK_BYTES)
{
    void *small;
    void *large;
    void *huge;

    small = t_malloc(heap, 16);
    large = t_malloc(heap, SMALLEST_CHUNK_BYTES / 2);
    huge = t_malloc(heap, 2 * SMALLEST_CHUNK_BYTES);
    REQUIRE(small != NULL && large != NULL && huge != NULL);
    CHECK_EQ(sight_of(heap, small).last.kind, QUARRY_SMALL);
    CHECK_EQ(sight_of(heap, large).last.kind, QUARRY_LARGE);
    CHECK_EQ(sight_of(heap, huge).last.kind, QUARRY_HUGE);
    CHECK_EQ(sight_of(heap, huge).last.bytes, quarry_usable_size(heap, huge));
    CHECK_EQ(sight_of(heap, huge).seen, 1);
}

ON_HEAP(test_check_changes_nothing, SOME_BYTES, 0)
{
    struct quarry_stats before;
    struct quarry_stats after;
    void *block;

    block = t_malloc(heap, 77);
    REQUIRE(block != NULL);
    test_fill(block, 77, 1);
    before = stats_of(heap);
    CHECK(quarry_check(heap));
    CHECK(quarry_check(heap));
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK(test_is_filled(block, 77, 1));
}

ON_SOURCE_HEAP(test_walk_that_is_stopped_at_huge_block_shows_no_more, 8 * SMALLEST_CHUNK_BYTES)
{
    struct sight sight = {.wanted = NULL};
    unsigned all;

    CHECK(t_malloc(heap, 16) != NULL);
    CHECK(t_malloc(heap, 2 * SMALLEST_CHUNK_BYTES) != NULL);
    CHECK(t_malloc(heap, 2 * SMALLEST_CHUNK_BYTES) != NULL);
    all = sight_of(heap, NULL).seen;
    quarry_walk(heap, look_until_huge, &sight);
    CHECK_EQ(sight.last.kind, QUARRY_HUGE);
    CHECK_EQ(sight.seen, all - 1);
}
