/* SPDX-License-Identifier: MIT
 *
 * small.c: single slots: which one is taken, what becomes of a run that was full, gets room, or runs empty. The
 * whole heap is checked after every step, and with it the place of every run's node (B1 to B3).
 */
#include "../../src/small.h"

#include "unit.h"

static enum run_given give(struct quarry_heap *heap, void *block)
{
    struct heap_block found = {.kind = QUARRY_SMALL};
    if (!CHECK_EQ(heap_locate(heap, block, 1, &found), 0) || !CHECK_EQ(found.kind, QUARRY_SMALL))
        return RUN_REFUSED;
    switch (small_give(&heap->bins, &found.run, found.slot)) {
    case SMALL_GIVEN:
        return RUN_GIVEN;
    case SMALL_LAST:
        return qi_bin_give_run(&heap->bins, found.run);
    default:
        return qi_bin_give_slot(&heap->bins, found.run.chunk, found.run.page, found.slot) ? RUN_GIVEN : RUN_REFUSED;
    }
}

static uint8_t *try_take(struct quarry_heap *heap, unsigned bin)
{
    uint8_t *block = small_take(&heap->bins, bin);
    return block != NULL ? block : qi_small_take_slow(&heap->bins, bin);
}

static unsigned slots_of(unsigned bin, unsigned length)
{
    return qi_bin_shapes[length << BIN_LENGTH_SHIFT | bin].slots;
}

static uint8_t *take(struct quarry_heap *heap, unsigned bin)
{
    uint8_t *block = try_take(heap, bin);
    CHECK(block != NULL);
    CHECK(unit_settle(heap));
    return block;
}

/* A bin whose runs of one of the first two lengths have so many slots; BIN_COUNT: there is none. */
static unsigned bin_with_slots(unsigned slots, unsigned *length)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (*length = 0; *length < 2; ++*length)
            if (slots_of(bin, *length) == slots)
                return bin;
    return BIN_COUNT;
}

/* Takes every slot of the bin's runs that come before the one with length. */
static void fill_shorter(struct quarry_heap *heap, unsigned bin, unsigned length)
{
    for (unsigned slot = 0; length == 1 && slot < slots_of(bin, 0); slot++)
        take(heap, bin);
}

static size_t pages_for(unsigned bin)
{
    return (size_t)qi_bin_pages[bin] + qi_bin_pages[1u << BIN_LENGTH_SHIFT | bin] + 2;
}

TEST(test_small_take_gives_slots_of_a_run_lowest_first)
{
    const unsigned bin = 3;
    struct quarry_heap *heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    uint8_t *first = take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++) {
        CHECK(heap->bins.bins[bin].run != 0);
        CHECK_EQ(take(heap, bin), first + slot * bin_slot_bytes(bin));
    }
    CHECK_EQ(heap->bins.bins[bin].run, 0);
    CHECK_EQ(heap->bins.bins[bin].u.next, NULL);
    uint8_t *other = take(heap, bin);
    CHECK_EQ(heap->bins.run_count[bin], 2);
    CHECK_EQ((uintptr_t)other & (QUARRY_PAGE_BYTES - 1), 0);
}

TEST(test_small_give_then_take_reuses_slot)
{
    const unsigned bin = 1;
    struct quarry_heap *heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    uint8_t *blocks[3] = {take(heap, bin), take(heap, bin), NULL};
    blocks[2] = blocks[0] + 2 * bin_slot_bytes(bin);
    CHECK_EQ(give(heap, blocks[0]), RUN_GIVEN);
    CHECK(unit_settle(heap));
    CHECK_EQ(take(heap, bin), blocks[0]);
    if (slots_of(bin, 0) > 2)
        CHECK_EQ(take(heap, bin), blocks[2]);
}

/* Takes four slots, gives them back in this order (two bits a step); false: the order names a slot twice. */
static bool give_in_order(struct quarry_heap *heap, unsigned bin, unsigned order)
{
    uint8_t *blocks[4];
    unsigned named = 0;
    for (unsigned step = 0; step < 4; step++)
        named |= 1u << (order >> 2 * step & 3);
    if (named != 15)
        return false;
    for (unsigned slot = 0; slot < 4; slot++)
        blocks[slot] = take(heap, bin);
    CHECK_EQ(blocks[3], blocks[0] + 3 * bin_slot_bytes(bin));
    for (unsigned step = 0; step < 4 && !test_is_over(); step++) {
        CHECK(give(heap, blocks[order >> 2 * step & 3]) != RUN_REFUSED);
        CHECK(unit_settle(heap));
    }
    return true;
}

TEST(test_small_give_of_four_slots_in_every_order_gives_pages_back)
{
    unsigned length, orders = 0;
    const unsigned bin = bin_with_slots(4, &length);
    if (bin == BIN_COUNT)
        SKIP("no run has four slots");
    struct quarry_heap *heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    fill_shorter(heap, bin, length);
    const size_t free_pages = heap->bins.runs.free_pages;
    for (unsigned order = 0; order < 256 && !test_is_over(); order++) {
        orders += give_in_order(heap, bin, order);
        CHECK_EQ(heap->bins.runs.free_pages, free_pages);
        CHECK_EQ(heap->bins.run_count[bin], length);
    }
    CHECK_EQ(orders, 24);
}

TEST(test_small_full_run_that_gets_room_becomes_current)
{
    const unsigned bin = 3;
    struct quarry_heap *heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    uint8_t *first = take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        take(heap, bin);
    CHECK_EQ(give(heap, first + bin_slot_bytes(bin)), RUN_GIVEN);
    CHECK(unit_settle(heap));
    CHECK_EQ(bin_current_start(&heap->bins.bins[bin]), first);
    CHECK_EQ(take(heap, bin), first + bin_slot_bytes(bin));
}

TEST(test_small_full_run_that_gets_room_is_listed_behind_current_one)
{
    const unsigned bin = 3;
    struct quarry_heap *heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    uint8_t *first = take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        take(heap, bin);
    uint8_t *second = take(heap, bin);
    CHECK_EQ(give(heap, first), RUN_GIVEN);
    CHECK(unit_settle(heap));
    CHECK_EQ(bin_current_start(&heap->bins.bins[bin]), second);
    for (unsigned slot = 1; slot < slots_of(bin, 1); slot++)
        CHECK_EQ(take(heap, bin), second + slot * bin_slot_bytes(bin));
    CHECK_EQ(heap->bins.bins[bin].run, 0);
    CHECK_EQ(heap->bins.bins[bin].u.next, first);
    CHECK_EQ(take(heap, bin), first);
}

TEST(test_small_emptied_run_is_the_chunks_last)
{
    struct quarry_heap *heap = unit_heap(pages_for(5));
    if (heap == NULL)
        return;
    for (unsigned bin = 0; bin <= 5; bin++) {
        CHECK_EQ(give(heap, take(heap, bin)), RUN_GIVEN_ALL);
        CHECK(unit_settle(heap));
        CHECK(qi_run_chunk_is_free(unit_first(heap)));
    }
}

TEST(test_small_slot_of_used_and_free_is_told_apart)
{
    struct quarry_heap *heap = unit_heap(pages_for(4));
    struct heap_block found = {.kind = QUARRY_SMALL};
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, 4);
    take(heap, 4);
    CHECK_EQ(heap_locate(heap, block, 1, &found), 0);
    CHECK(small_is_used(&found.run, 0) && small_is_used(&found.run, 1));
    give(heap, block);
    CHECK(!small_is_used(&found.run, 0) && small_is_used(&found.run, 1));
    CHECK_EQ(heap_locate(heap, block, 1, &found), QUARRY_DOUBLE_FREE);
}

/* --- damage --- */

TEST(test_small_damaged_node_of_current_run_is_reported_by_last_take)
{
    const unsigned bin = 3;
    struct quarry_heap *heap;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        take(heap, bin);
    uint8_t *last = bin_current_start(&heap->bins.bins[bin]) + (slots_of(bin, 0) - 1) * bin_slot_bytes(bin);
    struct list_node *node = (struct list_node *)(void *)last;
    struct list_node *kept = node->next;
    node->next = (struct list_node *)(uintptr_t)0x5a5a5a50;
    CHECK_EQ(try_take(heap, bin), NULL);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    node->next = kept;
    CHECK_EQ(take(heap, bin), (uint8_t *)node);
}

TEST(test_small_damaged_node_of_listed_run_is_reported_by_last_give)
{
    const unsigned bin = 3;
    struct quarry_heap *heap;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    uint8_t *first = take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        take(heap, bin);
    take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        give(heap, first + slot * bin_slot_bytes(bin));
    struct list_node *node = (struct list_node *)(void *)(first + bin_slot_bytes(bin));
    const struct list_node kept = *node;
    node->link = NULL;
    CHECK_EQ(give(heap, first), RUN_REFUSED);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    *node = kept;
    CHECK(unit_settle(heap));
    CHECK_EQ(give(heap, first), RUN_GIVEN);
    CHECK(unit_settle(heap));
}

TEST(test_small_node_of_listed_run_stays_where_it_was_put)
{
    const unsigned bin = 3;
    struct quarry_heap *heap = unit_heap(pages_for(bin));
    if (heap == NULL)
        return;
    uint8_t *first = take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        take(heap, bin);
    take(heap, bin);
    give(heap, first);
    struct heap_block found = {.kind = QUARRY_SMALL};
    CHECK_EQ(heap_locate(heap, first + bin_slot_bytes(bin), 1, &found), 0);
    CHECK_EQ(qi_bin_node(&heap->bins, found.run), first);
    if (slots_of(bin, 0) > 2) {
        give(heap, first + bin_slot_bytes(bin));
        CHECK_EQ(qi_bin_node(&heap->bins, found.run), first);
    }
    CHECK(unit_settle(heap));
}

/* --- random calls --- */

enum { LIVE = 40, BINS = 3 };

struct live {
    uint8_t *block;
    uint8_t bin, seed;
};

static void random_step(struct quarry_heap *heap, struct live *live)
{
    const size_t bytes = live->block == NULL ? 0 : bin_slot_bytes(live->bin);
    if (live->block == NULL) {
        live->bin = (uint8_t)(1 + test_random_below(BINS));
        live->block = try_take(heap, live->bin);
        if (live->block == NULL)
            return;
        live->seed = (uint8_t)test_random();
        test_fill(live->block, bin_slot_bytes(live->bin), live->seed);
    } else {
        CHECK(test_is_filled(live->block, bytes, live->seed));
        CHECK(give(heap, live->block) != RUN_REFUSED);
        live->block = NULL;
    }
}

TEST(test_small_random_calls_keep_blocks_apart_and_end_in_one_run)
{
    struct quarry_heap *heap = unit_heap(30);
    struct live *live = heap == NULL ? NULL : test_memory(LIVE * sizeof *live, 0);
    if (live == NULL)
        return;
    for (unsigned i = 0; i < LIVE; i++)
        live[i].block = NULL;
    for (unsigned round = 0; round < 1000 * TEST_SCALE && !test_is_over(); round++) {
        random_step(heap, &live[test_random_below(LIVE)]);
        if (round % 4 == 0)
            CHECK(unit_settle(heap));
    }
    for (unsigned i = 0; i < LIVE; i++)
        if (live[i].block != NULL)
            random_step(heap, &live[i]);
    CHECK(unit_settle(heap));
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
}
