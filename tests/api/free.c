/* SPDX-License-Identifier: MIT
 *
 * free.c: quarry_free(), quarry_free_sized(), quarry_usable_size() and quarry_owns(). owns must answer for any
 * value at all, so it is asked for every byte in and around blocks of all kinds, for the ends of the address space
 * and for addresses where nothing is mapped.
 */
#include "fixture.h"

ON_HEAP(test_free_null_does_nothing, test_room(32768), 3)
{
    struct quarry_stats before;
    struct quarry_stats after;

    before = stats_of(heap);
    t_free(heap, NULL);
    t_free_sized(heap, NULL, 0);
    t_free_sized(heap, NULL, 100);
    CHECK_EQ(quarry_usable_size(heap, NULL), 0);
    CHECK(!quarry_owns(heap, NULL));
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
}

ON_HEAP(test_free_sized_with_size_asked_for_frees, test_room(32768), 3)
{
    size_t largest_bytes;
    size_t bytes;

    largest_bytes = largest_free_bytes(heap);
    for (bytes = 0; bytes <= largest_bytes && !test_is_over(); bytes += 1 + bytes / 20) {
        void *const block = t_malloc(heap, bytes);

        REQUIRE(block != NULL);
        t_free_sized(heap, block, bytes);
        expect_all_free(heap, largest_bytes);
    }
}

ON_HEAP_EMPTIED(test_free_of_zero_size_block_frees, test_room(32768), 3)
{
    t_free_sized(heap, t_malloc(heap, 0), 0);
    t_free(heap, t_malloc(heap, 0));
    t_free(heap, t_calloc(heap, 0, 0));
}

/* Three large blocks freed in each of the six orders: every case of merging with neighbours. */
ON_HEAP(test_free_neighbours_in_any_order_merges, test_room(32768), 3)
{
    static const unsigned char orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    size_t largest_bytes;
    unsigned order;
    unsigned i;

    largest_bytes = largest_free_bytes(heap);
    for (order = 0; order < 6; order++) {
        void *blocks[3];

        for (i = 0; i < 3; i++)
            blocks[i] = t_malloc(heap, 4 * QUARRY_PAGE_BYTES);
        for (i = 0; i < 3; i++)
            t_free(heap, blocks[orders[order][i]]);
        expect_all_free(heap, largest_bytes);
    }
}

/* owns() for each byte from before a block to behind it: only the start of a live block is one. */
static void ask_around(struct quarry_heap *heap, const void *block, bool live)
{
    const uintptr_t start = (uintptr_t)block;
    const size_t bytes = quarry_good_size(heap, 1) * 8 + 2 * QUARRY_PAGE_BYTES;
    size_t offset;

    CHECK_EQ(quarry_owns(heap, block), live);
    for (offset = 1; offset < bytes; offset++)
        if (offset < quarry_good_size(heap, 0))
            CHECK(!quarry_owns(heap, (const void *)(start - offset)) &&
                  !quarry_owns(heap, (const void *)(start + offset)));
}

static void ask_inside(struct quarry_heap *heap, const void *block)
{
    const unsigned char *const start = block;
    const size_t bytes = quarry_usable_size(heap, block);
    size_t offset;

    for (offset = 1; offset < bytes; offset++)
        CHECK(!quarry_owns(heap, start + offset));
}

ON_HEAP(test_owns_only_starts_of_live_blocks, test_room(32768), 3)
{
    static const unsigned short sizes[] = {0, 8, 24, 40, 100, 250, 600, 1500, 3000};
    const unsigned count = sizeof sizes / sizeof sizes[0];
    void *blocks[sizeof sizes / sizeof sizes[0]];
    unsigned i;

    for (i = 0; i < count; i++) {
        blocks[i] = t_malloc(heap, sizes[i]);
        if (blocks[i] == NULL)
            SKIP("too little RAM for all sizes");
    }
    for (i = 0; i < count; i++) {
        ask_around(heap, blocks[i], true);
        ask_inside(heap, blocks[i]);
    }
    for (i = 0; i < count; i++) {
        t_free(heap, blocks[i]);
        ask_around(heap, blocks[i], false);
    }
}

#define OWNS_BYTES ((size_t)(sizeof(void *) > 4 ? 16384 : 4096))

/* Each byte of the whole region and beyond: as many addresses are owned as there are live blocks. */
ON_HEAP(test_owns_counts_exactly_the_live_blocks, OWNS_BYTES, 0)
{
    unsigned char *region = (unsigned char *)heap;
    size_t live = 0;
    size_t owned = 0;
    size_t offset;
    unsigned i;

    if (QUARRY_MARK == QUARRY_MARK_MTE)
        SKIP("asks with addresses, which own nothing where blocks have tags");
    for (i = 0; i < 60; i++) {
        void *const block = quarry_malloc(heap, test_random_below(i % 10 == 0 ? 900 : 60));

        live += block != NULL;
        if (i % 3 == 1 && block != NULL) {
            quarry_free(heap, block);
            live--;
        }
    }
    region -= (uintptr_t)region % 4096 == 0 ? 0 : 64;
    for (offset = 0; offset < OWNS_BYTES + 128; offset++)
        owned += quarry_owns(heap, (const void *)((uintptr_t)region + offset));
    CHECK_EQ(owned, live);
}

ON_HEAP(test_owns_of_any_value_is_false_without_reading_it, test_room(32768), 3)
{
    static const unsigned char constant = 1;
    unsigned char local = 0;
    unsigned shift;
    unsigned i;

    CHECK(!quarry_owns(heap, (const void *)(uintptr_t)1));
    CHECK(!quarry_owns(heap, (const void *)UINTPTR_MAX));
    CHECK(!quarry_owns(heap, (const void *)(UINTPTR_MAX - 7)));
    CHECK(!quarry_owns(heap, &local));
    CHECK(!quarry_owns(heap, &constant));
    CHECK(!quarry_owns(heap, heap));
    for (shift = 0; shift < sizeof(uintptr_t) * 8; shift++) {
        CHECK(!quarry_owns(heap, (const void *)((uintptr_t)1 << shift)));
        CHECK(!quarry_owns(heap, (const void *)((uintptr_t)0 - ((uintptr_t)1 << shift))));
    }
    for (i = 0; i < 2000; i++) {
        const uintptr_t value = (uintptr_t)test_random_below(UINTPTR_MAX);

        CHECK(!quarry_owns(heap, (const void *)value));
        CHECK(!quarry_owns(heap, (const void *)(value & ~(uintptr_t)63)));
    }
}

ON_SOURCE_HEAP(test_owns_in_heap_on_source_knows_small_large_and_huge, 4 * SMALLEST_CHUNK_BYTES)
{
    void *small;
    void *large;
    void *huge;

    small = t_malloc(heap, 20);
    large = t_malloc(heap, SMALLEST_CHUNK_BYTES / 2);
    huge = t_malloc(heap, SMALLEST_CHUNK_BYTES + 1000);
    REQUIRE(small != NULL && large != NULL && huge != NULL);
    ask_inside(heap, small);
    ask_inside(heap, large);
    ask_inside(heap, huge);
    CHECK(!quarry_owns(heap, (unsigned char *)huge - 1));
    CHECK(!quarry_owns(heap, (unsigned char *)huge + quarry_usable_size(heap, huge)));
    t_free(heap, huge);
    CHECK(!quarry_owns(heap, huge));
    t_free(heap, large);
    t_free(heap, small);
}

ON_HEAP(test_usable_size_may_all_be_written, test_room(32768), 3)
{
    void *blocks[16];
    unsigned i;

    for (i = 0; i < 16; i++) {
        blocks[i] = t_malloc(heap, 1 + i * i * 2);
        REQUIRE(blocks[i] != NULL);
    }
    for (i = 0; i < 16; i++)
        test_fill(blocks[i], quarry_usable_size(heap, blocks[i]), i);
    check_heap(heap);
    for (i = 0; i < 16; i++)
        CHECK(test_is_filled(blocks[i], quarry_usable_size(heap, blocks[i]), i));
}
