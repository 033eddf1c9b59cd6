/* SPDX-License-Identifier: MIT
 *
 * realloc.c: quarry_realloc() and quarry_resize(): contents, what stays in place, what may move, and that a call
 * that cannot be served leaves the old block as it was. "In place" is tested by the pointer, not by the contents.
 */
#include "fixture.h"

/* A size that no bin serves, for any page size: large blocks are runs of pages. */
#define LARGE_BYTES ((size_t)(QUARRY_PAGE_BYTES * 4 > 4096 ? QUARRY_PAGE_BYTES * 4 : 4096))

/* As much as the machine has, up to 64 KB; where that is less than least_bytes, the test is skipped. */
static size_t room_from(size_t least_bytes)
{
    const size_t bytes = test_room(65536);

    return bytes > least_bytes ? bytes : least_bytes;
}

ON_HEAP(test_realloc_null_block_is_malloc, room_from(4096), 0)
{
    void *block;

    block = t_realloc(heap, NULL, 33);
    REQUIRE(block != NULL);
    CHECK_EQ(quarry_usable_size(heap, block), quarry_good_size(heap, 33));
    t_free(heap, block);
    block = t_realloc(heap, NULL, 0);
    CHECK(block != NULL);
    t_free(heap, block);
    CHECK_EQ(t_realloc(heap, NULL, SIZE_MAX), NULL);
}

ON_HEAP_EMPTIED(test_realloc_zero_bytes_shrinks_and_never_frees, room_from(8192), 0)
{
    static const unsigned short sizes[] = {0, 1, 8, 24, 100, 500, 1200, 3000};
    unsigned i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *block = t_malloc(heap, sizes[i]);

        REQUIRE(block != NULL);
        block = t_realloc(heap, block, 0);
        REQUIRE(block != NULL);
        CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? 1 : 0);
        if (!CHECK_EQ(quarry_usable_size(heap, block), quarry_good_size(heap, 0))) {
            test_print("  from ");
            test_print_unsigned(sizes[i]);
            test_print("\n");
        }
        t_free(heap, block);
    }
}

/* From each of some sizes to each other one, with a neighbour behind that must not be hurt. */
ON_HEAP_EMPTIED(test_realloc_between_sizes_keeps_contents, room_from(9000), 0)
{
    static const unsigned short sizes[] = {1, 7, 8, 9, 16, 31, 48, 100, 200, 256, 257, 511, 640, 1000, 1500, 2500};
    const unsigned count = sizeof sizes / sizeof sizes[0];
    unsigned i;

    for (i = 0; i < count * count && !test_is_over(); i++) {
        const size_t from_bytes = sizes[i / count];
        const size_t to_bytes = sizes[i % count];
        void *block = t_malloc(heap, from_bytes);
        void *const neighbour = t_malloc(heap, from_bytes);

        REQUIRE(block != NULL && neighbour != NULL);
        test_fill(block, quarry_usable_size(heap, block), i);
        test_fill(neighbour, quarry_usable_size(heap, neighbour), i + 1);
        block = t_realloc(heap, block, to_bytes);
        REQUIRE(block != NULL);
        CHECK(test_is_filled(block, from_bytes < to_bytes ? from_bytes : to_bytes, i));
        CHECK(test_is_filled(neighbour, quarry_usable_size(heap, neighbour), i + 1));
        t_free(heap, neighbour);
        t_free(heap, block);
    }
}

ON_HEAP(test_realloc_too_large_leaves_block, room_from(8192), 0)
{
    static const unsigned short sizes[] = {5, 60, 300, 2048};
    struct quarry_stats before;
    struct quarry_stats after;
    unsigned i;

    for (i = 0; i < 4; i++) {
        void *const block = t_malloc(heap, sizes[i]);
        size_t bytes;

        REQUIRE(block != NULL);
        test_fill(block, sizes[i], 9);
        before = stats_of(heap);
        for (bytes = SIZE_MAX; bytes > before.acquired_bytes; bytes /= 2) {
            CHECK_EQ(t_realloc(heap, block, bytes), NULL);
            CHECK(!t_resize(heap, block, bytes));
        }
        after = stats_of(heap);
        CHECK(stats_are_equal(&before, &after));
        CHECK(test_is_filled(block, sizes[i], 9));
        t_free(heap, block);
    }
}

ON_HEAP_EMPTIED(test_realloc_large_before_free_run_grows_in_place, room_from(8192), 0)
{
    void *block;
    size_t bytes;

    block = t_malloc(heap, LARGE_BYTES);
    REQUIRE(block != NULL);
    test_fill(block, LARGE_BYTES, 4);
    for (bytes = LARGE_BYTES; bytes < LARGE_BYTES + 4 * QUARRY_PAGE_BYTES && !test_is_over(); bytes += 24)
        CHECK_EQ(t_realloc(heap, block, bytes), block);
    CHECK(test_is_filled(block, LARGE_BYTES, 4));
    t_free(heap, block);
}

/* Growth that takes the whole free run behind, the last page included. */
ON_HEAP_EMPTIED(test_realloc_large_takes_all_that_is_behind, room_from(8192), 0)
{
    void *block;
    size_t largest_bytes;

    largest_bytes = largest_free_bytes(heap);
    block = t_malloc(heap, LARGE_BYTES);
    REQUIRE(block != NULL);
    CHECK_EQ(t_realloc(heap, block, largest_bytes), block);
    CHECK_EQ(stats_of(heap).free_bytes, 0);
    CHECK_EQ(t_realloc(heap, block, LARGE_BYTES), block);
    CHECK(t_resize(heap, block, largest_bytes));
    CHECK(!t_resize(heap, block, largest_bytes + QUARRY_PAGE_BYTES));
    t_free(heap, block);
}

ON_HEAP_EMPTIED(test_realloc_large_shrinks_in_place, room_from(8192), 0)
{
    unsigned char *block;
    size_t free_bytes;

    block = t_malloc(heap, LARGE_BYTES + 3 * QUARRY_PAGE_BYTES);
    REQUIRE(block != NULL);
    test_fill(block, LARGE_BYTES, 5);
    free_bytes = stats_of(heap).free_bytes;
    CHECK_EQ(t_realloc(heap, block, LARGE_BYTES), block);
    CHECK_EQ(stats_of(heap).free_bytes, free_bytes + 3 * QUARRY_PAGE_BYTES);
    CHECK(test_is_filled(block, LARGE_BYTES, 5));
    t_free(heap, block);
}

/* A live block behind: it must move, and the neighbour must not notice. */
ON_HEAP_EMPTIED(test_realloc_large_before_live_block_moves, room_from(4 * LARGE_BYTES + 4096), 0)
{
    void *block;
    void *moved;
    void *neighbour;

    block = t_malloc(heap, LARGE_BYTES);
    neighbour = t_malloc(heap, 16);
    REQUIRE(block != NULL && neighbour != NULL);
    test_fill(block, LARGE_BYTES, 6);
    test_fill(neighbour, 16, 7);
    moved = t_realloc(heap, block, LARGE_BYTES + 500);
    REQUIRE(moved != NULL);
    CHECK(test_is_filled(moved, LARGE_BYTES, 6));
    CHECK(test_is_filled(neighbour, 16, 7));
    t_free(heap, moved);
    t_free(heap, neighbour);
}

ON_HEAP(test_realloc_shrink_in_full_heap_never_fails, room_from(8192), 0)
{
    void *block;
    size_t bytes;

    bytes = largest_free_bytes(heap);
    block = t_malloc(heap, bytes);
    REQUIRE(block != NULL);
    while (quarry_malloc(heap, 0) != NULL)
        continue;
    test_fill(block, bytes, 8);
    while (bytes > 0 && !test_is_over()) {
        bytes -= 1 + bytes / 3;
        block = t_realloc(heap, block, bytes);
        REQUIRE(block != NULL);
        CHECK(test_is_filled(block, bytes, 8));
        while (quarry_malloc(heap, 0) != NULL) /* again full */
            continue;
    }
}

ON_HEAP(test_realloc_small_shrink_in_full_heap_never_fails, sizeof(void *) > 4 ? 8192 : 2048, 0)
{
    void *block;
    size_t bytes;

    block = t_malloc(heap, 200);
    REQUIRE(block != NULL);
    for (bytes = 200; bytes > 0; bytes--)
        while (quarry_malloc(heap, bytes) != NULL)
            continue;
    test_fill(block, 200, 2);
    for (bytes = 200; bytes-- > 0 && !test_is_over();) {
        block = t_realloc(heap, block, bytes);
        REQUIRE(block != NULL);
        CHECK(test_is_filled(block, bytes, 2));
    }
}

ON_HEAP(test_resize_small_up_to_its_slot_is_true, room_from(4096), 0)
{
    size_t bytes;

    for (bytes = 0; bytes <= 256 && !test_is_over(); bytes += 5) {
        void *const block = t_malloc(heap, bytes);
        size_t usable_bytes;
        size_t wanted_bytes;

        REQUIRE(block != NULL);
        usable_bytes = quarry_usable_size(heap, block);
        for (wanted_bytes = 0; wanted_bytes <= usable_bytes; wanted_bytes++)
            CHECK(quarry_resize(heap, block, wanted_bytes));
        CHECK(!t_resize(heap, block, SIZE_MAX));
        CHECK_EQ(quarry_usable_size(heap, block), usable_bytes);
        t_free(heap, block);
    }
}

ON_HEAP(test_resize_small_beyond_its_slot_is_false_and_unchanged, room_from(4096), 0)
{
    void *blocks[3];
    struct quarry_stats before;
    struct quarry_stats after;
    unsigned i;

    for (i = 0; i < 3; i++) {
        blocks[i] = t_malloc(heap, 24);
        REQUIRE(blocks[i] != NULL);
    }
    before = stats_of(heap);
    const size_t slot_bytes = (size_t)((unsigned char *)blocks[1] - (unsigned char *)blocks[0]);
    CHECK(!t_resize(heap, blocks[0], slot_bytes - CANARY_BYTES + 1));
    CHECK(!t_resize(heap, blocks[0], 2000));
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK_EQ(after.failures, before.failures); /* a false resize is no failure */
}

ON_HEAP_EMPTIED(test_resize_large_both_ways_stays_and_gives_pages_back, room_from(8192), 0)
{
    void *block;
    size_t largest_bytes;
    size_t bytes;

    largest_bytes = largest_free_bytes(heap);
    block = t_malloc(heap, LARGE_BYTES);
    REQUIRE(block != NULL);
    for (bytes = LARGE_BYTES; bytes > 0 && !test_is_over(); bytes -= 1 + bytes / 5)
        CHECK(t_resize(heap, block, bytes));
    CHECK(t_resize(heap, block, 0));
    CHECK(stats_of(heap).free_bytes + 2 * QUARRY_PAGE_BYTES >= largest_bytes);
    for (bytes = 1; bytes <= largest_bytes && !test_is_over(); bytes += 1 + bytes / 3)
        CHECK(t_resize(heap, block, bytes));
    t_free(heap, block);
}

ON_HEAP(test_resize_null_is_false_without_report, room_from(4096), 0)
{
    CHECK(!quarry_resize(heap, NULL, 0));
    CHECK(!quarry_resize(heap, NULL, 100));
}

/* A run that was emptied may be kept for the next small block; nobody can tell. */
TEST(test_resize_into_pages_that_small_blocks_have_left_is_served)
{
    unsigned pages;

    for (pages = 1; pages <= 16 && !test_is_over(); pages++) {
        struct quarry_heap *const heap = test_heap(sizeof(void *) > 4 ? 16384 : 4096, 0);
        size_t largest_bytes;
        void *block;

        if (heap == NULL)
            return;
        largest_bytes = largest_free_bytes(heap);
        if (largest_bytes <= (pages + 1) * QUARRY_PAGE_BYTES)
            return;
        block = quarry_malloc(heap, largest_bytes - pages * QUARRY_PAGE_BYTES);
        quarry_free(heap, quarry_malloc(heap, 1));
        CHECK(quarry_resize(heap, block, largest_bytes));
        check_heap(heap);
        test_memory_release();
    }
}
