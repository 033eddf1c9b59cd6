/* SPDX-License-Identifier: MIT
 *
 * bin_give.c: what becomes of a run whose last block is given back: its pages go.
 */
#include "../../src/bin.h"

#include "unit_bin.h"

enum { BIN = 2, OTHER_BIN = 3 };

/* Gives back all slots of a full run but the first. */
static void give_all_but_first(struct quarry_heap *heap, const struct bin_run *run)
{
    const unsigned last = bin_shape_of(run->code)->slots - 1u;
    CHECK_EQ(give_to_list(heap, run, last, last % 2 == 0), RUN_FREED);
    for (unsigned slot = last; slot-- > 1;)
        CHECK_EQ(give_slot(heap, run, slot, slot % 2 == 0), RUN_FREED);
    CHECK(unit_settle(heap));
}

static unsigned listed_runs(struct quarry_heap *heap)
{
    unsigned count = 0;
    for (const struct list_node *node = list_first(&heap->bins.rooms[BIN]); node != NULL && count < 10;
         node = list_next(heap_chunks(heap), node))
        count++;
    return count;
}

/* Everything is as it was before a call that was refused. */
struct kept {
    struct bin bin;
    struct list_node *rooms;
    uintptr_t word;
    size_t free_pages;
    page_code_t codes[BIN_MOST_PAGES];
};

static struct kept keep(const struct quarry_heap *heap, const struct bin_run *run)
{
    struct kept kept = {heap->bins.bins[BIN],
                        list_first(&heap->bins.rooms[BIN]),
                        map_word(bin_run_map(run)),
                        heap->bins.runs.free_pages,
                        {0}};
    for (size_t inner = 0; inner < bin_shape_of(run->code)->pages; inner++)
        kept.codes[inner] = run->chunk->codes[run->page + inner];
    return kept;
}

static void check_kept(const struct quarry_heap *heap, const struct bin_run *run, const struct kept *kept)
{
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    CHECK_EQ(heap->bins.bins[BIN].run, kept->bin.run);
    CHECK_EQ(heap->bins.bins[BIN].map, kept->bin.map);
    CHECK_EQ(list_first(&heap->bins.rooms[BIN]), kept->rooms);
    CHECK_EQ(map_word(bin_run_map(run)), kept->word);
    CHECK_EQ(heap->bins.runs.free_pages, kept->free_pages);
    for (size_t inner = 0; inner < bin_shape_of(run->code)->pages; inner++)
        CHECK_EQ(run->chunk->codes[run->page + inner], kept->codes[inner]);
}

/* --- runs in lists --- */

/* Three runs with one block each, and a full current one; their last blocks go in this order, two bits a step. */
static void check_order(unsigned order)
{
    struct bin_run runs[4];
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 4));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 4; i++)
        runs[i] = take_full_run(heap, BIN);
    for (unsigned i = 0; i < 3; i++)
        give_all_but_first(heap, &runs[i]);
    CHECK_EQ(listed_runs(heap), 3);
    for (unsigned step = 0; step < 3 && !test_is_over(); step++, order >>= 2) {
        const struct bin_run *run = &runs[order & 3];
        const size_t free_pages = heap->bins.runs.free_pages + bin_shape_of(run->code)->pages;
        CHECK_EQ(give_slot(heap, run, 0, step % 2 == 0), RUN_FREED);
        CHECK_EQ(heap->bins.runs.free_pages, free_pages);
        CHECK_EQ(listed_runs(heap), 2 - step);
        CHECK(unit_settle(heap));
    }
    CHECK_EQ(bin_current_start(&heap->bins.bins[BIN]), bin_run_start(&runs[3]));
}

TEST(test_bin_give_last_of_listed_runs_in_every_order_gives_their_pages_back)
{
    for (unsigned order = 0; order < 64 && !test_is_over(); order++) {
        const unsigned named = 1u << (order & 3) | 1u << (order >> 2 & 3) | 1u << (order >> 4);
        if (named == 7)
            check_order(order);
        test_memory_release();
    }
}

TEST(test_bin_give_last_of_listed_run_with_damaged_node_is_refused)
{
    struct bin_run runs[3];
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 3));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 3; i++)
        runs[i] = take_full_run(heap, BIN);
    for (unsigned i = 0; i < 2; i++)
        give_all_but_first(heap, &runs[i]);
    for (unsigned i = 0; i < 2 && !test_is_over(); i++) {
        const struct kept before = keep(heap, &runs[i]);
        struct list_node *node = qi_bin_node(&runs[i]);
        const struct list_node kept = *node;
        for (unsigned damage = 0; damage < 4; damage++) {
            if (damage % 2 == 0)
                list_store_next(heap_chunks(heap), node,
                                damage == 0 ? (struct list_node *)(uintptr_t)0x5a5a5a50 : node);
            else
                list_store_link(heap_chunks(heap), node, damage == 1 ? NULL : &node->next);
            CHECK_EQ(give_slot(heap, &runs[i], 0, damage < 2), RUN_REFUSED);
            CHECK_EQ(test_log.last.pointer, node);
            check_kept(heap, &runs[i], &before);
            *node = kept;
        }
        CHECK(unit_settle(heap));
    }
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQ(give_slot(heap, &runs[i], 0, true), RUN_FREED);
    CHECK(unit_settle(heap));
}

/* Runs are made from the chunk's end downwards: the free run before the last one made is its neighbour. */
TEST(test_bin_give_last_of_listed_run_beside_damaged_free_run_is_refused)
{
    struct bin_run runs[3];
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 3));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 3; i++)
        runs[i] = take_full_run(heap, BIN);
    for (unsigned i = 0; i < 2; i++)
        give_all_but_first(heap, &runs[i]);
    CHECK_EQ(give_slot(heap, &runs[0], 0, true), RUN_FREED);
    CHECK_EQ(runs[1].chunk->codes[runs[0].page], PAGE_FREE);
    struct list_node *node = (struct list_node *)(void *)bin_run_start(&runs[0]);
    const struct list_node kept = *node;
    const struct kept before = keep(heap, &runs[1]);
    list_store_link(heap_chunks(heap), node, NULL);
    CHECK_EQ(give_slot(heap, &runs[1], 0, true), RUN_REFUSED);
    CHECK_EQ(test_log.last.pointer, node);
    check_kept(heap, &runs[1], &before);
    *node = kept;
    CHECK(unit_settle(heap));
    CHECK_EQ(give_slot(heap, &runs[1], 0, false), RUN_FREED);
    CHECK(unit_settle(heap));
}

/* --- codes of runs that were given back --- */

/* No page between the ends of a free run says anything; of codes that are not direct an inner one may be left. */
static void check_erased(const struct quarry_heap *heap, const struct chunk *chunk, size_t first, size_t pages)
{
    struct heap_block found;
    for (size_t page = first; page < first + pages; page++) {
        const unsigned code = chunk->codes[page];
        if (page == first || page == first + pages - 1)
            CHECK(page_code_is_free(code));
        else if (CONTROL_DIRECT_CODES)
            CHECK_EQ(code, PAGE_NOTHING);
        else
            CHECK(code < PAGE_SMALL && (code == PAGE_NOTHING || page_code_distance(code) != 0));
        for (size_t offset = 0; offset < QUARRY_PAGE_BYTES; offset += UNITS_GRANULE_BYTES)
            CHECK(qi_heap_locate(heap, chunk_page_address(chunk, page) + offset, 1, &found) != 0);
    }
}

/* Gives a full run back, whose node lies in this slot in between. */
static void give_run(struct quarry_heap *heap, const struct bin_run *run, unsigned node_slot)
{
    const unsigned slots = bin_shape_of(run->code)->slots;
    CHECK_EQ(give_to_list(heap, run, node_slot, true), RUN_FREED);
    for (unsigned i = 1; i < slots; i++)
        CHECK_EQ(give_slot(heap, run, (node_slot + i) % slots, i % 2 == 0), RUN_FREED);
}

/* Runs are made from the chunk's end downwards: [ free ][ current ][ 3 ][ 2 ][ 1 ][ 0 ]. All but the current one go
 * in this order. */
static void check_codes_erased(unsigned bin, const uint8_t order[4])
{
    struct bin_run runs[4], current;
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 4) + pages_of(bin, 3));
    unsigned given = 0;
    if (heap == NULL)
        return;
    const struct chunk *chunk = unit_first(heap);
    for (unsigned i = 0; i < 3; i++)
        runs[i] = take_full_run(heap, bin);
    runs[3] = take_full_longest_run(heap, bin);
    current = take_full_run(heap, bin);
    REQUIRE(runs[3].chunk == chunk && current.chunk == chunk);
    for (unsigned i = 0; i < 4 && !test_is_over(); i++) {
        const unsigned slots = bin_shape_of(runs[order[i]].code)->slots;
        unsigned low = order[i], high = order[i]; /* the runs that merge with it */
        give_run(heap, &runs[order[i]], i % 2 == 0 ? slots - 1 : (unsigned)test_random_below(slots));
        given |= 1u << order[i];
        while (low > 0 && (given >> (low - 1) & 1) != 0)
            low--;
        while ((given >> (high + 1) & 1) != 0)
            high++;
        const size_t first = runs[high].page, end = low == 0 ? chunk->page_count : runs[low - 1].page;
        check_erased(heap, chunk, first, end - first);
        for (unsigned other = 0; other < 4; other++)
            if ((given >> other & 1) == 0)
                check_run_codes(&runs[other], 0);
        check_run_codes(&current, 0);
        CHECK(unit_settle(heap));
    }
}

TEST(test_bin_codes_of_runs_that_were_given_back_are_erased)
{
    static const uint8_t orders[][4] = {{2, 0, 1, 3}, {2, 1, 3, 0}}; /* every case of merging with free runs */
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++)
        for (unsigned i = 0; i < 2; i++) {
            check_codes_erased(bin, orders[i]);
            test_memory_release();
        }
}

/* The layer below, by itself: each length of run between pages in use, whose codes stay. */
static void check_run_give(unsigned length_and_bin, unsigned node_slot)
{
    const size_t pages = qi_bin_shapes[length_and_bin].pages;
    struct quarry_heap *heap = unit_heap(pages + 2);
    struct chunk *chunk;
    size_t first;
    if (heap == NULL)
        return;
    struct run_set *runs = &heap->bins.runs;
    REQUIRE(qi_run_allocate_head(runs, pages + 2, &chunk, &first));
    chunk->codes[first] = chunk->codes[first + pages + 1] = PAGE_LARGE;
    control_set_length_at_start(chunk->maps, first, 1);
    control_set_length_at_start(chunk->maps, first + pages + 1, 1);
    for (size_t inner = 0; inner < pages; inner++)
        chunk->codes[first + 1 + inner] = (page_code_t)code_of_page(length_and_bin, inner, node_slot);
    CHECK_EQ(qi_run_free(runs, chunk, first + 1, pages), RUN_FREED);
    check_erased(heap, chunk, first + 1, pages);
    CHECK_EQ(chunk->codes[first], PAGE_LARGE);
    CHECK_EQ(chunk->codes[first + pages + 1], PAGE_LARGE);
    CHECK(unit_settle(heap));
}

TEST(test_bin_run_given_back_by_itself_leaves_no_code_and_its_neighbours_codes)
{
    for (unsigned code = 0; code < BIN_CODES && !test_is_over(); code++) {
        if (qi_bin_shapes[code].slots == 0)
            continue;
        check_run_give(code, 0);
        test_memory_release();
        check_run_give(code, qi_bin_shapes[code].slots - 1u);
        test_memory_release();
    }
}

/* Takes all free pages, which are one run, but its last; the node of that page. */
static struct list_node *leave_one_page(struct quarry_heap *heap)
{
    const size_t pages = heap->bins.runs.free_pages - 1;
    uint8_t *block = qi_large_allocate(&heap->bins.runs, pages);
    CHECK(block != NULL);
    return (struct list_node *)(void *)(block + units_bytes_from_pages(pages));
}

/* --- the current run in an added chunk --- */

/* A heap whose first chunk is full, with another that is free; NULL: the test is over. */
static struct quarry_heap *heap_with_added(void)
{
    const size_t bytes = unit_region_bytes(pages_of_runs(BIN, 2));
    struct quarry_heap *heap = unit_heap(4);
    uint8_t *region = heap == NULL ? NULL : test_memory(bytes, 8);
    if (region == NULL || !CHECK(qi_large_allocate(&heap->bins.runs, heap->bins.runs.free_pages) != NULL) ||
        !CHECK(quarry_add_region(heap, region, bytes)))
        return NULL;
    return heap;
}

TEST(test_bin_give_last_of_current_run_in_added_chunk_gives_its_pages_back)
{
    struct quarry_heap *heap = heap_with_added();
    if (heap == NULL)
        return;
    const size_t free_pages = heap->bins.runs.free_pages;
    for (unsigned inlined = 0; inlined < 2; inlined++) {
        const struct bin_run run = unit_find(heap, take(heap, BIN)).run;
        CHECK_EQ(run.chunk, (struct chunk *)chunk_link(&heap_chunks(heap)->first.next));
        CHECK_EQ(give_slot(heap, &run, 0, inlined != 0), RUN_FREED_ALL);
        CHECK_EQ(heap->bins.runs.free_pages, free_pages);
        CHECK_EQ(heap->bins.bins[BIN].run, 0);
        CHECK(!small_has_slot(&heap->bins, BIN));
        CHECK(qi_run_chunk_is_free(run.chunk));
        CHECK(unit_settle(heap));
    }
}

TEST(test_bin_give_last_of_current_run_beside_damaged_free_run_is_refused)
{
    struct quarry_heap *heap;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    heap = heap_with_added();
    if (heap == NULL)
        return;
    const struct bin_run run = unit_find(heap, take(heap, BIN)).run;
    struct list_node *node = leave_one_page(heap);
    const struct list_node kept = *node;
    const struct kept before = keep(heap, &run);
    CHECK_EQ(run.chunk->codes[run.page - 1], PAGE_FREE);
    list_store_link(heap_chunks(heap), node, NULL);
    CHECK_EQ(give_slot(heap, &run, 0, true), RUN_REFUSED);
    CHECK_EQ(test_log.last.pointer, node);
    check_kept(heap, &run, &before);
    *node = kept;
    CHECK(unit_settle(heap));
    CHECK_EQ(give_slot(heap, &run, 0, true), RUN_FREED);
    CHECK_EQ(heap->bins.bins[BIN].run, 0);
    CHECK(unit_settle(heap));
}
