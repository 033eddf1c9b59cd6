/* SPDX-License-Identifier: MIT
 *
 * overlap.c: calls that begin during another call on the heap, where no lock keeps them out, as those of an interrupt
 * handler would: from check level 3 each is reported, answers as a failure does, and changes nothing.
 *
 * The other call is a walk, whose visitor stands for the handler. The hooks of a heap are no way to it: a source's
 * callback is known to run, and on_oom may call.
 */
#include "misuse.h"

struct overlap {
    struct quarry_heap *heap;
    unsigned char *block;
    unsigned calls;
};

static bool visit_nothing(void *context, const struct quarry_block *block)
{
    (void)context, (void)block;
    return true;
}

static void call_blocks(struct quarry_heap *heap, unsigned char *block, unsigned which)
{
    switch (which) {
    case 0:
        CHECK_EQ(quarry_malloc(heap, SMALL_BYTES), NULL);
        break;
    case 1:
        CHECK_EQ(quarry_malloc(heap, LARGE_BYTES), NULL);
        break;
    case 2:
        CHECK_EQ(quarry_calloc(heap, 2, 10), NULL);
        break;
    case 3:
        CHECK_EQ(quarry_aligned_alloc(heap, 32, 10), NULL);
        break;
    case 4:
        CHECK_EQ(quarry_realloc(heap, block, 100), NULL);
        break;
    case 5:
        quarry_free(heap, block);
        break;
    case 6:
        quarry_free_sized(heap, block, SMALL_BYTES);
        break;
    default:
        CHECK(!quarry_resize(heap, block, 5));
        break;
    }
}

static void call_heap(struct quarry_heap *heap, const unsigned char *block, unsigned which)
{
    struct quarry_cursor cursor = {0, 0, 0};
    switch (which) {
    case 8:
        CHECK_EQ(quarry_usable_size(heap, block), 0);
        break;
    case 9:
        CHECK(!quarry_check(heap));
        break;
    case 10:
        CHECK_EQ(quarry_check_some(heap, &cursor, 1), QUARRY_DAMAGED);
        break;
    case 11:
        quarry_walk(heap, visit_nothing, NULL);
        break;
    case 12:
        CHECK_EQ(quarry_trim(heap), 0);
        break;
    case 13:
        CHECK(!quarry_set_limit(heap, 1));
        break;
    case 14:
        quarry_reset(heap);
        break;
    default:
        quarry_destroy(heap);
        break;
    }
}

enum { BLOCK_CALLS = 8, CALLS = 16 };

static bool call_each(void *context, const struct quarry_block *shown)
{
    struct overlap *overlap = context;
    (void)shown;
    for (unsigned which = 0; which < CALLS && overlap->calls < CALLS; which++) {
        if (which < BLOCK_CALLS)
            call_blocks(overlap->heap, overlap->block, which);
        else
            call_heap(overlap->heap, overlap->block, which);
        expect_misuse_(overlap->heap, KIND(QUARRY_REENTRY));
        overlap->calls++;
    }
    return true;
}

TEST(test_overlap_of_calls_without_a_lock_is_reported_and_refused)
{
    struct overlap overlap = {.calls = 0};
    struct quarry_stats before, after;

    if (QUARRY_LOCK != QUARRY_LOCK_NONE || QUARRY_CHECK_LEVEL < 3)
        SKIP("only from check level 3 are calls watched, where no lock keeps them out");
    overlap.heap = test_heap(MISUSE_REGION_BYTES, 0);
    overlap.block = quarry_malloc(overlap.heap, SMALL_BYTES);
    REQUIRE(overlap.block != NULL);
    test_fill(overlap.block, SMALL_BYTES, 7);
    quarry_get_stats(overlap.heap, &before);
    quarry_walk(overlap.heap, call_each, &overlap);
    CHECK_EQ(overlap.calls, CALLS);
    quarry_get_stats(overlap.heap, &after);
    CHECK_EQ(after.blocks, before.blocks);
    CHECK_EQ(after.free_bytes, before.free_bytes);
    CHECK_EQ(after.limit_bytes, before.limit_bytes);
    CHECK(test_is_filled(overlap.block, SMALL_BYTES, 7));
    check_heap(overlap.heap);
    void *other = quarry_malloc(overlap.heap, LARGE_BYTES);
    CHECK(other != NULL);
    quarry_free(overlap.heap, other);
    quarry_free(overlap.heap, overlap.block);
    check_heap(overlap.heap);
}
