/* SPDX-License-Identifier: MIT
 *
 * large.c: blocks of whole pages: how they are marked, resized where they lie, and placed at multiples of more
 * than a page.
 */
#include "../../src/large.h"

#include "unit.h"

static struct run_set *set_of(struct quarry_heap *heap)
{
    return &heap->bins.runs;
}

static size_t take(struct quarry_heap *heap, size_t pages)
{
    const void *block = qi_large_allocate(set_of(heap), pages);
    CHECK(block != NULL);
    CHECK(unit_settle(heap));
    return unit_page_of(unit_first(heap), block);
}

static void check_block(struct quarry_heap *heap, size_t page, size_t pages, size_t free_pages)
{
    CHECK_EQ(unit_first(heap)->codes[page], PAGE_LARGE);
    CHECK_EQ(control_length_at_start(unit_first(heap)->maps, page), pages);
    CHECK_EQ(set_of(heap)->free_pages, free_pages);
    CHECK(unit_settle(heap));
}

static bool resize(struct quarry_heap *heap, size_t page, size_t pages)
{
    return qi_large_resize(set_of(heap), unit_first(heap), page, pages);
}

TEST(test_large_take_comes_from_head_and_is_marked)
{
    struct quarry_heap *heap = unit_heap(12);
    if (heap == NULL)
        return;
    const size_t all = set_of(heap)->free_pages;
    check_block(heap, take(heap, 3), 3, all - 3);
    check_block(heap, take(heap, 1), 1, all - 4);
    CHECK_EQ(unit_first(heap)->codes[3], PAGE_LARGE);
    CHECK_EQ(qi_large_allocate(set_of(heap), all), NULL);
    check_block(heap, take(heap, all - 4), all - 4, 0);
    CHECK_EQ(qi_large_allocate(set_of(heap), 1), NULL);
}

TEST(test_large_give_returns_pages)
{
    struct quarry_heap *heap = unit_heap(12);
    if (heap == NULL)
        return;
    const size_t all = set_of(heap)->free_pages;
    const size_t first = take(heap, 3);
    const size_t second = take(heap, 4);
    CHECK_EQ(qi_large_free(set_of(heap), unit_first(heap), first), RUN_FREED);
    CHECK(unit_settle(heap));
    CHECK_EQ(set_of(heap)->free_pages, all - 4);
    CHECK_EQ(qi_large_free(set_of(heap), unit_first(heap), second), RUN_FREED_ALL);
    CHECK(unit_settle(heap));
    CHECK_EQ(set_of(heap)->free_pages, all);
}

TEST(test_large_resize_up_takes_what_is_free_behind)
{
    struct quarry_heap *heap = unit_heap(12);
    if (heap == NULL)
        return;
    const size_t all = set_of(heap)->free_pages;
    const size_t page = take(heap, 2);
    for (size_t pages = 3; pages <= all; pages++) {
        CHECK(resize(heap, page, pages));
        check_block(heap, page, pages, all - pages);
    }
    CHECK(!resize(heap, page, all + 1));
    CHECK(!resize(heap, page, SIZE_MAX >> UNITS_PAGE_SHIFT));
    check_block(heap, page, all, 0);
}

TEST(test_large_resize_down_gives_back_what_is_cut_off)
{
    struct quarry_heap *heap = unit_heap(12);
    if (heap == NULL)
        return;
    const size_t all = set_of(heap)->free_pages;
    const size_t page = take(heap, all);
    for (size_t pages = all; pages-- > 1;) {
        CHECK(resize(heap, page, pages));
        check_block(heap, page, pages, all - pages);
        CHECK_EQ(qi_run_largest_free_pages(set_of(heap)), all - pages);
    }
    CHECK(resize(heap, page, 1));
    check_block(heap, page, 1, all - 1);
}

TEST(test_large_resize_into_used_pages_is_refused)
{
    struct quarry_heap *heap = unit_heap(12);
    if (heap == NULL)
        return;
    const size_t all = set_of(heap)->free_pages;
    const size_t page = take(heap, 2);
    const size_t gap = take(heap, 2);
    take(heap, 1);
    CHECK(!resize(heap, page, 3));
    check_block(heap, page, 2, all - 5);
    qi_large_free(set_of(heap), unit_first(heap), gap);
    CHECK(!resize(heap, page, 5));
    check_block(heap, page, 2, all - 3);
    CHECK(resize(heap, page, 4));
    check_block(heap, page, 4, all - 5);
}

TEST(test_large_resize_with_damaged_neighbour_is_reported)
{
    struct quarry_heap *heap;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    heap = unit_heap(12);
    if (heap == NULL)
        return;
    const size_t page = take(heap, 4);
    const size_t free_pages = set_of(heap)->free_pages;
    struct list_node *node = (struct list_node *)(void *)chunk_page_address(unit_first(heap), page + 4);
    const struct list_node kept = *node;
    list_store_link(heap_chunks(heap), node, NULL);
    CHECK(!resize(heap, page, 5));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    CHECK(!resize(heap, page, 3));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    CHECK_EQ(qi_large_free(set_of(heap), unit_first(heap), page), RUN_REFUSED);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    *node = kept;
    check_block(heap, page, 4, free_pages);
}

/* One block at a multiple of align_bytes, behind so many pages in use; all is given back. */
static void check_aligned(struct quarry_heap *heap, size_t align_bytes, size_t pages, size_t used)
{
    const size_t all = set_of(heap)->free_pages;
    const size_t first = used == 0 ? 0 : take(heap, used);
    void *block = qi_large_allocate_aligned(set_of(heap), pages, align_bytes);
    if (block != NULL) {
        const size_t page = unit_page_of(unit_first(heap), block);
        CHECK_EQ((uintptr_t)block & (align_bytes - 1), 0);
        check_block(heap, page, pages, all - used - pages);
        qi_large_free(set_of(heap), unit_first(heap), page);
    } else {
        CHECK(all - used < 2 * (pages + (align_bytes >> UNITS_PAGE_SHIFT)));
    }
    if (used != 0)
        qi_large_free(set_of(heap), unit_first(heap), first);
    CHECK(unit_settle(heap));
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
}

TEST(test_large_take_aligned_to_each_power_of_two_gives_slack_back)
{
    const size_t left = test_memory_left();
    struct quarry_heap *heap = test_heap(left < 400000 ? left : 400000, 8);
    if (heap == NULL)
        return;
    for (size_t align_bytes = 2 * QUARRY_PAGE_BYTES; align_bytes <= 65536; align_bytes *= 2)
        for (size_t used = 0; used < 5 && !test_is_over(); used++)
            for (size_t pages = 1; pages < 4; pages++)
                check_aligned(heap, align_bytes, pages, used);
}

TEST(test_large_take_aligned_without_room_changes_nothing)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    const size_t all = set_of(heap)->free_pages;
    const uintptr_t start = (uintptr_t)set_of(heap)->chunks.first.pages;
    const size_t align_bytes = 2 * (size_t)(start & (0 - start)); /* the run does not begin at a multiple of that */
    CHECK_EQ(qi_large_allocate_aligned(set_of(heap), all, align_bytes), NULL);
    CHECK_EQ(qi_large_allocate_aligned(set_of(heap), 1, UNITS_REQUEST_MAX_BYTES / 4 + 1), NULL);
    CHECK_EQ(set_of(heap)->free_pages, all);
    CHECK(unit_settle(heap));
}
