/* SPDX-License-Identifier: MIT
 *
 * wrong.c: what is handed in wrongly is found by a later call, which says who handed it in: twice, no block, a block
 * of another heap, written to afterwards. Nothing loops, and nothing changes but what a link was written over.
 */
#include "later.h"

/* One report of these kinds, of a pointer that hand_in() handed in. */
static void expect_handed_in(struct quarry_heap *heap, unsigned kinds, const void *pointer)
{
    const uintptr_t caller = (uintptr_t)test_log.last.caller;

    CHECK(test_log.last.pointer == pointer);
    CHECK(caller - (uintptr_t)hand_in < 64);
    expect_misuse(heap, kinds);
}

/* Hands a pointer in that is no live block, beside a live block that must stay as it is. */
static void hand_in_wrongly(struct quarry_heap *heap, const void *pointer, unsigned kinds)
{
    struct quarry_stats before, after;
    void *const kept = quarry_malloc(heap, 100); /* not of the size of any that is dead */

    REQUIRE(kept != NULL);
    test_fill(kept, 100, 5);
    before = stats_of(heap);
    hand_in(heap, (void *)(uintptr_t)pointer);
    call(heap);
    expect_handed_in(heap, kinds, pointer);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK(test_is_filled(kept, 100, 5));
    check_heap(heap);
    quarry_free(heap, kept);
}

ON_HEAP_EMPTIED(test_later_dead_block_is_reported_with_who_handed_it_in, SOME_BYTES, 3)
{
    void *const other = quarry_malloc(heap, 40);
    void *const block = quarry_malloc(heap, 40);

    quarry_free(heap, block);
    hand_in_wrongly(heap, block, KIND(QUARRY_DOUBLE_FREE));
    quarry_free(heap, other);
}

ON_HEAP_EMPTIED(test_later_inner_pointers_are_reported_and_nothing_is_written, SOME_BYTES, 3)
{
    unsigned char *const small = quarry_malloc(heap, 64), *const large = quarry_malloc(heap, 3 * QUARRY_PAGE_BYTES);
    size_t i;

    REQUIRE(small != NULL && large != NULL);
    test_fill(small, 64, 1);
    test_fill(large, 3 * QUARRY_PAGE_BYTES, 2);
    for (i = 1; i < 64; i++)
        hand_in_wrongly(heap, small + i, KIND(QUARRY_INVALID_POINTER));
    for (i = 1; i < 3 * QUARRY_PAGE_BYTES; i += 7)
        hand_in_wrongly(heap, large + i, KIND(QUARRY_INVALID_POINTER));
    CHECK(test_is_filled(small, 64, 1) && test_is_filled(large, 3 * QUARRY_PAGE_BYTES, 2));
    quarry_free(heap, small);
    quarry_free(heap, large);
}

/* Nothing may be read or written where nothing is. */
ON_HEAP_EMPTIED(test_later_foreign_and_unmapped_pointers_are_reported, SOME_BYTES, 3)
{
    uintptr_t on_stack[4] = {1, 2, 3, 4};
    static const uintptr_t nowhere[] = {sizeof(void *), 64, UINTPTR_MAX / 2 + 1, UINTPTR_MAX - 63};
    unsigned i;

    hand_in_wrongly(heap, on_stack, KIND(QUARRY_INVALID_POINTER));
    hand_in_wrongly(heap, heap, KIND(QUARRY_INVALID_POINTER));
    for (i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
        hand_in_wrongly(heap, (const void *)nowhere[i], KIND(QUARRY_INVALID_POINTER));
    CHECK(on_stack[0] == 1 && on_stack[1] == 2 && on_stack[2] == 3);
}

ON_HEAP_EMPTIED(test_later_block_of_another_heap_is_reported_there, SOME_BYTES / 2, 3)
{
    struct quarry_heap *const other = test_heap(test_room(SOME_BYTES / 2), 3);
    void *const block = other == NULL ? NULL : quarry_malloc(other, 40);

    REQUIRE(block != NULL);
    hand_in_wrongly(heap, block, KIND(QUARRY_INVALID_POINTER));
    CHECK(quarry_owns(other, block));
}

/* Nor when many wait, and so some are linked. */
ON_HEAP_EMPTIED(test_later_control_data_is_never_linked, SOME_BYTES, 3)
{
    unsigned i;

    for (i = 0; i < BLOCKS; i++) {
        hand_in(heap, heap);
        hand_in(heap, quarry_malloc(heap, 40));
        hand_in(heap, (char *)heap + 8 * i);
    }
    let_all_be_freed(heap, 3 * BLOCKS);
    CHECK(test_log.count > 1 && test_log.last.kind == QUARRY_INVALID_POINTER);
    test_log.count = 0;
    check_heap(heap);
}

/* --- twice --- */

ON_HEAP_EMPTIED(test_later_block_twice_is_freed_once_and_reported_once, SOME_BYTES, 3)
{
    void *const other = quarry_malloc(heap, 40);
    void *const block = quarry_malloc(heap, 40);

    REQUIRE(block != NULL && other != NULL);
    hand_in(heap, block);
    hand_in(heap, block);
    CHECK_EQ(live_blocks(heap), 2);
    expect_handed_in(heap, KIND(QUARRY_DOUBLE_FREE), block);
    CHECK_EQ(live_blocks(heap), 1);
    quarry_free(heap, other);
}

ON_HEAP_EMPTIED(test_later_block_that_is_freed_too_is_reported, SOME_BYTES, 3)
{
    void *const other = quarry_malloc(heap, 40);
    void *const block = quarry_malloc(heap, 40);

    REQUIRE(block != NULL && other != NULL);
    hand_in(heap, block);
    quarry_free(heap, block);
    expect_handed_in(heap, KIND(QUARRY_DOUBLE_FREE), block);
    quarry_free(heap, other);
}

/* The link leads back to the block itself. What was linked before it stays live, as nothing leads there any more. */
ON_HEAP(test_later_linked_block_many_times_does_not_loop, SOME_BYTES, 3)
{
    void *const block = quarry_malloc(heap, 40);
    unsigned i;

    REQUIRE(block != NULL);
    for (i = 0; i < BLOCKS; i++)
        hand_in(heap, block);
    let_all_be_freed(heap, BLOCKS);
    CHECK(test_log.count >= QUARRY_FREE_LATER && test_log.count <= BLOCKS);
    test_log.count = 0;
    CHECK_EQ(live_blocks(heap), 0);
    check_heap(heap);
}

/* --- written to afterwards --- */

ON_HEAP_EMPTIED(test_later_write_to_a_block_that_waits_has_no_effect, SOME_BYTES, 3)
{
    void *blocks[QUARRY_FREE_LATER];
    unsigned i;

    for (i = 0; i < QUARRY_FREE_LATER; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, 40)) != NULL);
    for (i = 0; i < QUARRY_FREE_LATER; i++) {
        hand_in(heap, blocks[i]);
        test_fill(blocks[i], 40, i);
    }
    let_all_be_freed(heap, QUARRY_FREE_LATER);
}

/* Hands in BLOCKS blocks, and writes a word into each of those that are linked; another block's address in its place
 * must not lead there. */
static void write_over_links(struct quarry_heap *heap, bool with_addresses)
{
    void *blocks[BLOCKS], *const kept = quarry_malloc(heap, 40);
    unsigned i;

    REQUIRE(kept != NULL);
    for (i = 0; i < BLOCKS; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, 40)) != NULL);
    for (i = 0; i < BLOCKS; i++)
        hand_in(heap, blocks[i]);
    for (i = 0; i < BLOCKS; i++)
        *(uintptr_t *)blocks[i] = with_addresses ? (uintptr_t)kept : (uintptr_t)test_random() & ~(uintptr_t)1;
    let_all_be_freed(heap, BLOCKS);
    CHECK(test_log.last.kind == QUARRY_CORRUPT);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    CHECK(quarry_owns(heap, kept));
    CHECK_EQ(live_blocks(heap), 1 + BLOCKS - QUARRY_FREE_LATER);
    check_heap(heap);
}

ON_HEAP(test_later_link_written_over_is_reported_and_not_followed, SOME_BYTES, 3)
{
    write_over_links(heap, false);
}

ON_HEAP(test_later_link_to_a_live_block_is_not_followed, SOME_BYTES, 3)
{
    write_over_links(heap, true);
}

/* Both words, as another linked block has them. */
ON_HEAP(test_later_copied_link_is_not_followed, SOME_BYTES, 3)
{
    void *blocks[BLOCKS];
    unsigned i;

    for (i = 0; i < BLOCKS; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, 40)) != NULL);
    for (i = 0; i < BLOCKS; i++)
        hand_in(heap, blocks[i]);
    for (i = 1; i < BLOCKS - QUARRY_FREE_LATER; i++) {
        ((uintptr_t *)blocks[i])[0] = ((uintptr_t *)blocks[0])[0];
        ((uintptr_t *)blocks[i])[1] = ((uintptr_t *)blocks[0])[1];
    }
    let_all_be_freed(heap, BLOCKS);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    check_heap(heap);
}

/* --- what check levels add --- */

ON_HEAP(test_later_overrun_is_reported_and_the_block_stays, SOME_BYTES, 3)
{
    unsigned char *const block = quarry_malloc(heap, 40);

    REQUIRE(block != NULL);
    if (QUARRY_CHECK_LEVEL < 3)
        SKIP("a block has a canary from check level 3");
    block[40] ^= 1;
    hand_in(heap, block);
    call(heap);
    expect_handed_in(heap, KIND(QUARRY_OVERRUN), block);
    block[40] ^= 1;
    CHECK(quarry_owns(heap, block));
}

/* Control data says which block waits: no changed bit makes another block's address of it. */
ON_HEAP(test_later_changed_bit_of_an_entry_frees_no_other_block, SOME_BYTES, 3)
{
    void *const kept = quarry_malloc(heap, 40), *const block = quarry_malloc(heap, 40);
    uintptr_t *word = (uintptr_t *)heap, *const end = word + 400;
    unsigned bit;

    REQUIRE(kept != NULL && block != NULL);
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("control data is guarded from check level 2");
    for (bit = 0; bit < 8 * sizeof(uintptr_t) && !test_is_over(); bit++) {
        hand_in(heap, block);
        for (word = (uintptr_t *)heap; word != end && (*word & ~(uintptr_t)1) != (uintptr_t)block; word++)
            continue;
        REQUIRE(word != end);
        *word ^= (uintptr_t)1 << bit;
        call(heap);
        expect_misuse(heap, KIND(QUARRY_CORRUPT));
        CHECK(quarry_owns(heap, kept) && quarry_owns(heap, block));
    }
}
