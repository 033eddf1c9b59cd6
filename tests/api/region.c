/* SPDX-License-Identifier: MIT
 *
 * region.c: quarry_add_region(): several regions of one heap, what is refused (NULL, too short, wrapping,
 * overlapping in every way) and that a refusal changes nothing.
 */
#include "fixture.h"

#define PIECE_BYTES ((size_t)(sizeof(void *) > 4 ? 8192u : 2048u))

static void expect_refused(struct quarry_heap *heap, void *region, size_t bytes, int line)
{
    const struct quarry_stats before = stats_of(heap);
    struct quarry_stats after;

    test_called_from(line);
    CHECK(!quarry_add_region(heap, region, bytes));
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    check_heap_(heap);
}

/* A heap in the middle one of three pieces of memory that touch each other. */
static struct quarry_heap *heap_between(unsigned char **memory, size_t offset)
{
    const struct quarry_options options = test_options();
    struct quarry_heap *heap;

    *memory = test_memory(3 * PIECE_BYTES, offset);
    if (*memory == NULL)
        return NULL;
    heap = quarry_create(*memory + PIECE_BYTES, PIECE_BYTES, &options);
    CHECK(heap != NULL);
    return heap;
}

static void run(void (*body)(struct quarry_heap *heap, unsigned char *memory), size_t offset, int line)
{
    unsigned char *memory;
    struct quarry_heap *const heap = heap_between(&memory, offset);

    if (heap == NULL)
        return;
    body(heap, memory);
    test_called_from(line);
    check_heap_(heap);
}

/* A test on such a heap. */
#define ON_HEAP_BETWEEN(name, offset)                                                                                  \
    TEST_IN(name, run(name##_body, offset, __LINE__), struct quarry_heap *heap, unsigned char *memory)

ON_HEAP_BETWEEN(test_add_region_null_or_wrapping_is_refused, 0)
{
    expect_refused(heap, NULL, PIECE_BYTES, __LINE__);
    expect_refused(heap, NULL, 0, __LINE__);
    expect_refused(heap, memory + 2 * PIECE_BYTES, SIZE_MAX, __LINE__);
    expect_refused(heap, memory + 2 * PIECE_BYTES, 0 - (size_t)(uintptr_t)memory, __LINE__);
    expect_refused(heap, (void *)(UINTPTR_MAX - 50), PIECE_BYTES, __LINE__);
}

ON_HEAP_BETWEEN(test_add_region_too_short_is_refused, 0)
{
    const size_t bound = sizeof(void *) > 4 ? 2048 : 256;
    size_t bytes;

    for (bytes = 0; bytes <= bound && !test_is_over(); bytes++) {
        const struct quarry_stats before = stats_of(heap);
        struct quarry_stats after;

        if (quarry_add_region(heap, memory, bytes))
            break;
        after = stats_of(heap);
        CHECK(stats_are_equal(&before, &after));
    }
    CHECK(bytes > 0);
    CHECK(bytes <= bound); /* "some 100 bytes on 32-bit targets, 1 KB on 64-bit ones" */
}

TEST(test_add_region_overlapping_is_refused)
{
    unsigned char *memory;
    struct quarry_heap *heap;
    size_t offset;

    for (offset = 0; offset < 64 && !test_is_over(); offset += 13) {
        heap = heap_between(&memory, offset);
        if (heap == NULL)
            return;
        expect_refused(heap, memory + PIECE_BYTES, PIECE_BYTES, __LINE__);                       /* equal */
        expect_refused(heap, memory + PIECE_BYTES + PIECE_BYTES / 4, PIECE_BYTES / 2, __LINE__); /* inside */
        expect_refused(heap, memory + PIECE_BYTES / 2, PIECE_BYTES, __LINE__);                   /* its start */
        expect_refused(heap, memory + PIECE_BYTES * 3 / 2, PIECE_BYTES, __LINE__);               /* its end */
        expect_refused(heap, memory, 3 * PIECE_BYTES, __LINE__);                                 /* all of it */
        expect_refused(heap, memory + PIECE_BYTES, 2 * PIECE_BYTES, __LINE__);
        expect_refused(heap, memory, 2 * PIECE_BYTES, __LINE__);
        expect_refused(heap, memory, PIECE_BYTES + 1, __LINE__); /* one byte */
        expect_refused(heap, memory + 2 * PIECE_BYTES - 1, PIECE_BYTES, __LINE__);
        test_memory_release();
    }
}

ON_HEAP_BETWEEN(test_add_region_overlapping_added_one_is_refused, 8)
{
    CHECK(quarry_add_region(heap, memory + 2 * PIECE_BYTES, PIECE_BYTES));
    check_heap(heap);
    expect_refused(heap, memory + 2 * PIECE_BYTES, PIECE_BYTES, __LINE__);
    expect_refused(heap, memory + 2 * PIECE_BYTES + 64, PIECE_BYTES - 128, __LINE__);
    expect_refused(heap, memory + 3 * PIECE_BYTES - 1, PIECE_BYTES, __LINE__);
}

TEST(test_add_region_adjacent_on_both_sides_works)
{
    unsigned char *memory;
    size_t offset;

    for (offset = 0; offset < 64 && !test_is_over(); offset += 9) {
        struct quarry_heap *const heap = heap_between(&memory, offset);
        size_t free_bytes;

        if (heap == NULL)
            return;
        free_bytes = stats_of(heap).free_bytes;
        CHECK(quarry_add_region(heap, memory, PIECE_BYTES));
        CHECK(stats_of(heap).free_bytes > free_bytes);
        free_bytes = stats_of(heap).free_bytes;
        CHECK(quarry_add_region(heap, memory + 2 * PIECE_BYTES, PIECE_BYTES));
        CHECK(stats_of(heap).free_bytes > free_bytes);
        CHECK_EQ(stats_of(heap).acquired_bytes, 3 * PIECE_BYTES);
        check_heap(heap);
        test_memory_release();
    }
}

/* Blocks of all regions at once: none is lost, each is known, and all memory comes back. */
static void fill_and_free(struct quarry_heap *heap)
{
    const struct quarry_stats before = stats_of(heap);
    void **last = NULL;
    void **block;
    size_t bytes = 8;
    uintptr_t lowest = UINTPTR_MAX;
    uintptr_t highest = 0;

    while ((block = quarry_malloc(heap, bytes)) != NULL || bytes > 8) {
        if (block == NULL) {
            bytes = 8;
            continue;
        }
        *block = (void *)last;
        last = block;
        lowest = TEST_ADDRESS(block) < lowest ? TEST_ADDRESS(block) : lowest;
        highest = TEST_ADDRESS(block) > highest ? TEST_ADDRESS(block) : highest;
        bytes = 8 + test_random_below(200);
    }
    CHECK(highest - lowest > PIECE_BYTES);
    CHECK_EQ(stats_of(heap).free_bytes, 0);
    check_heap(heap);
    while ((block = last) != NULL) {
        last = *block;
        CHECK(quarry_owns(heap, block));
        quarry_free(heap, block);
    }
    CHECK_EQ(stats_of(heap).free_bytes, before.free_bytes);
    expect_all_free(heap, before.largest_free_bytes);
}

ON_HEAP_BETWEEN(test_several_regions_are_all_used_and_all_come_back, 40)
{
    CHECK(quarry_add_region(heap, memory + 2 * PIECE_BYTES + 100, PIECE_BYTES - 200));
    CHECK(quarry_add_region(heap, memory + 1, PIECE_BYTES - 64));
    check_heap(heap);
    fill_and_free(heap);
}

ON_HEAP(test_many_regions_of_any_start_and_length_work, PIECE_BYTES, 0)
{
    const size_t least_bytes = sizeof(void *) > 4 ? 2048 : 256;
    size_t acquired_bytes;
    size_t i;

    for (i = 0; i < 16 && !test_is_over(); i++) {
        const size_t bytes = least_bytes + test_random_below(least_bytes);
        void *region;

        if (test_memory_left() < bytes + 64)
            break;
        region = test_memory(bytes, i * 7);
        acquired_bytes = stats_of(heap).acquired_bytes;
        CHECK(quarry_add_region(heap, region, bytes));
        CHECK_EQ(stats_of(heap).acquired_bytes, acquired_bytes + bytes);
        check_heap(heap);
    }
    fill_and_free(heap);
}

TEST(test_add_region_respects_limit)
{
    struct quarry_options options = test_options();
    unsigned char *const memory = test_memory(3 * PIECE_BYTES, 0);
    struct quarry_heap *heap;

    if (memory == NULL)
        return;
    options.limit_bytes = PIECE_BYTES + PIECE_BYTES / 2;
    heap = quarry_create(memory, PIECE_BYTES, &options);
    REQUIRE(heap != NULL);
    CHECK(quarry_add_region(heap, memory + PIECE_BYTES, PIECE_BYTES)); /* as far as the limit allows */
    CHECK_EQ(stats_of(heap).acquired_bytes, options.limit_bytes);
    check_heap(heap);
    expect_refused(heap, memory + 2 * PIECE_BYTES, PIECE_BYTES, __LINE__); /* no room left */
    CHECK(quarry_set_limit(heap, 0));
    CHECK(quarry_add_region(heap, memory + 2 * PIECE_BYTES, PIECE_BYTES));
    CHECK_EQ(stats_of(heap).acquired_bytes, PIECE_BYTES * 5 / 2);
    fill_and_free(heap);
}

ON_HEAP(test_add_region_serves_larger_request_than_first_region, PIECE_BYTES, 0)
{
    void *region;
    void *block;

    CHECK_EQ(t_malloc(heap, PIECE_BYTES + 500), NULL);
    region = test_memory(2 * PIECE_BYTES, 0);
    if (region == NULL)
        return;
    CHECK(quarry_add_region(heap, region, 2 * PIECE_BYTES));
    block = t_malloc(heap, PIECE_BYTES + 500);
    REQUIRE(block != NULL);
    CHECK(TEST_ADDRESS(block) - (uintptr_t)region < 2 * PIECE_BYTES);
    t_free(heap, block);
}
