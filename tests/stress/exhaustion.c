/* SPDX-License-Identifier: MIT
 *
 * exhaustion.c: regions filled with blocks of one size until NULL, for many sizes: how many fit (a peer once
 * passed its integrity tests while one small block took its whole pool), that all come back in three orders of
 * freeing, and that the largest request then fits again. The blocks are chained through their first word.
 */
#include "test_heap.h"
#include "whole.h"

enum order { LAST_FIRST, FIRST_FIRST, EVERY_OTHER, ORDERS };

/* Until NULL; the number of blocks, the last one in *last. */
static size_t fill(struct quarry_heap *heap, size_t bytes, void ***last)
{
    size_t count = 0;
    void **block;

    *last = NULL;
    while ((block = quarry_malloc(heap, bytes)) != NULL) {
        *block = (void *)*last;
        *last = block;
        count++;
    }
    return count;
}

static void **reversed(void **last)
{
    void **chain = NULL;

    while (last != NULL) {
        void **const next = *last;

        *last = (void *)chain;
        chain = last;
        last = next;
    }
    return chain;
}

static void free_chain(struct quarry_heap *heap, void **last, enum order order)
{
    void **left = NULL;

    if (order == FIRST_FIRST)
        last = reversed(last);
    while (last != NULL) {
        void **const block = last;

        last = *block;
        if (order == EVERY_OTHER && last != NULL) { /* leave one, free the next */
            void **const skipped = last;

            last = *skipped;
            *skipped = (void *)left;
            left = skipped;
        }
        quarry_free(heap, block);
    }
    if (left != NULL)
        free_chain(heap, left, LAST_FIRST);
}

static void exhaust(struct quarry_heap *heap, size_t region_bytes, size_t bytes)
{
    const struct quarry_stats before = stats_of(heap);
    const size_t good_bytes = quarry_good_size(heap, bytes);
    unsigned order;

    for (order = 0; order < ORDERS && !test_is_over(); order++) {
        void **last;
        void *block;
        const size_t count = fill(heap, bytes, &last);

        /* 70 % of the region, where neither the size nor a larger page (see QUARRY_PAGE_BYTES) wastes the rest. */
        if (region_bytes >= 16384 && QUARRY_PAGE_BYTES <= (sizeof(void *) > 4 ? 512 : 128) &&
            good_bytes <= region_bytes / 16 &&
            !CHECK(count * whole_bytes(good_bytes, CANARY_BYTES) * 10 >= region_bytes * 7)) {
            test_print("  size ");
            test_print_unsigned(bytes);
            test_print(", blocks ");
            test_print_unsigned(count);
            test_print("\n");
        }
        CHECK(largest_free_bytes(heap) < bytes); /* NULL only if no free run is long enough */
        CHECK(quarry_check(heap));
        CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? count : 0);
        free_chain(heap, last, (enum order)order);
        CHECK_EQ(stats_of(heap).free_bytes, before.free_bytes);
        block = quarry_malloc(heap, before.largest_free_bytes);
        CHECK(block != NULL);
        quarry_free(heap, block);
    }
    expect_all_free(heap, before.largest_free_bytes);
}

/* Sizes from a word up: each in a process, one in step on a small machine. */
static void exhaust_region(size_t region_bytes, size_t offset, size_t step_bytes)
{
    struct quarry_heap *const heap = test_heap(region_bytes, offset);
    size_t bytes;

    if (heap == NULL)
        return;
    for (bytes = sizeof(void *); bytes < region_bytes && !test_is_over(); bytes += step_bytes + bytes / 12)
        exhaust(heap, region_bytes, bytes);
}

TEST(test_exhausting_smallest_region_with_any_size_frees_everything)
{
    exhaust_region(quarry_min_region_bytes(), 0, 1);
}

TEST(test_exhausting_4_kb_with_any_size_frees_everything)
{
    exhaust_region(4096, 4, TEST_SCALE > 4 ? 1 : 9);
}

TEST(test_exhausting_9_kb_with_any_size_frees_everything)
{
    exhaust_region(9000, 4, TEST_SCALE > 4 ? 1 : 9);
}

TEST(test_exhausting_16_kb_with_any_size_fits_most)
{
    exhaust_region(16384, 0, TEST_SCALE > 4 ? 1 : 13);
}

TEST(test_exhausting_48_kb_with_any_size_fits_most)
{
    exhaust_region(49152, 16, TEST_SCALE > 4 ? 7 : 40);
}

TEST(test_exhausting_1_mb_with_any_size_fits_most)
{
    exhaust_region((size_t)1 << 20, 0, TEST_SCALE > 4 ? 40 : 400);
}

/* Sizes in turn, each until NULL, the larger ones first: what is left must still serve the smaller ones. */
TEST(test_exhausting_with_falling_sizes_uses_every_page)
{
    struct quarry_heap *const heap = test_heap(8192, 0);
    struct quarry_stats before;
    void **chains[24];
    unsigned count = 0;
    size_t bytes;

    if (heap == NULL)
        return;
    before = stats_of(heap);
    for (bytes = 4000; bytes >= sizeof(void *) && count < 24; bytes = bytes * 3 / 4)
        fill(heap, bytes, &chains[count++]);
    fill(heap, sizeof(void *), &chains[count - 1]);
    CHECK_EQ(stats_of(heap).free_bytes, 0);
    check_heap(heap);
    quarry_reset(heap);
    expect_all_free(heap, before.largest_free_bytes);
}

/* Every second small block freed: no free page, much free memory; the same sizes must fit into it again. */
TEST(test_fragmented_heap_serves_same_sizes_again)
{
    struct quarry_heap *const heap = test_heap(8192, 0);
    void **last;
    void **kept = NULL;
    size_t freed = 0;
    size_t again = 0;

    if (heap == NULL)
        return;
    CHECK(fill(heap, 48, &last) > 8);
    while (last != NULL) {
        void **const block = last;

        last = *block;
        if (again++ % 2 == 0) {
            quarry_free(heap, block);
            freed++;
        } else {
            *block = (void *)kept;
            kept = block;
        }
    }
    check_heap(heap);
    CHECK_EQ(fill(heap, 48, &last), freed);
    check_heap(heap);
}
