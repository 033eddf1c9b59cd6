/* SPDX-License-Identifier: MIT
 *
 * run_chunks.c: the rows of list heads that chunks bring: always long enough for the longest run.
 */
#include "unit.h"

enum { FEW_PAGES = 4, MANY_PAGES = 84, MOST_PAGES = 200 };

/* Adds a region to a heap of so many pages. */
static void check_region(uint8_t *first, size_t first_bytes, uint8_t *region, size_t bytes)
{
    const struct quarry_options options = test_options();
    struct quarry_heap *heap = quarry_create(first, first_bytes, &options);
    REQUIRE(heap != NULL && quarry_add_region(heap, region, bytes));
    const struct added_chunk *added = chunk_link(&heap_chunks(heap)->first.next);
    CHECK(run_class(added->chunk.page_count) < run_classes(&heap->bins.runs));
    CHECK(qi_check_heap(heap));
}

/* Adds regions of each number of pages, wherever in a page they begin, to a heap of so many pages. */
static void check_lengths(size_t first_pages)
{
    const size_t first_bytes = unit_region_bytes(first_pages);
    const size_t least_bytes = RUN_SHORT_PAGES * QUARRY_PAGE_BYTES, most_bytes = unit_region_bytes(MOST_PAGES);
    uint8_t *first = test_memory(first_bytes, 0), *region = test_memory(most_bytes + QUARRY_PAGE_BYTES, 0);
    if (first == NULL || region == NULL)
        return;
    for (size_t offset = 0; offset < QUARRY_PAGE_BYTES; offset += 8)
        for (size_t bytes = least_bytes; bytes <= most_bytes && !test_is_over(); bytes += QUARRY_PAGE_BYTES)
            check_region(first, first_bytes, region + offset, bytes);
}

TEST(test_run_chunk_of_any_length_has_a_head_for_its_longest_run)
{
    check_lengths(FEW_PAGES); /* the shortest row of heads */
    test_memory_release();
    check_lengths(MANY_PAGES); /* a longer one */
}
