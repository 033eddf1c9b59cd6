/* SPDX-License-Identifier: MIT
 *
 * run.c: which free run a request gets, searching, merging, growing, and runs in more than one chunk. Classes are
 * run_class.c's, damaged links run_damage.c's, random calls run_random.c's.
 */
#include "unit_run.h"

/* --- taking --- */

TEST(test_run_take_prefers_exact_length)
{
    struct hole holes[] = {{5, 0}, {3, 0}, {8, 0}, {4, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 4);
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(take(heap, holes[i].pages, RUN_HEAD).page, holes[i].page);
        CHECK(unit_settle(heap));
    }
    CHECK_EQ(set_of(heap)->class_mask, 0);
    CHECK_EQ(set_of(heap)->free_pages, 0);
}

TEST(test_run_take_without_own_class_cuts_next_longer)
{
    struct hole holes[] = {{12, 0}, {5, 0}, {7, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 3);
    if (heap == NULL)
        return;
    CHECK_EQ(take(heap, 4, RUN_HEAD).page, holes[1].page);
    check_free_run(heap, holes[1].page + 4, 1);
    CHECK_EQ(take(heap, 9, RUN_HEAD).page, holes[0].page);
    check_free_run(heap, holes[0].page + 9, 3);
    CHECK_EQ(set_of(heap)->free_pages, 1 + 3 + 7);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_from_tail_leaves_head)
{
    struct hole hole = {7, 0};
    struct quarry_heap *heap = heap_with_holes(&hole, 1);
    if (heap == NULL)
        return;
    CHECK_EQ(take(heap, 2, RUN_TAIL).page, hole.page + 5);
    check_free_run(heap, hole.page, 5);
    CHECK_EQ(take(heap, 2, RUN_HEAD).page, hole.page);
    check_free_run(heap, hole.page + 2, 3);
    CHECK_EQ(take(heap, 3, RUN_TAIL).page, hole.page + 2);
    CHECK_EQ(set_of(heap)->free_pages, 0);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_first_of_own_class_is_used_if_long_enough)
{
    struct hole holes[] = {{9, 0}, {16, 0}, {11, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 3);
    if (heap == NULL)
        return;
    CHECK_EQ(take(heap, 10, RUN_HEAD).page, holes[2].page);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_goes_to_longer_class_before_it_searches_its_own)
{
    struct hole holes[] = {{11, 0}, {9, 0}, {13, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 3);
    if (heap == NULL)
        return;
    CHECK_EQ(take(heap, 10, RUN_HEAD).page, holes[2].page);
    CHECK_EQ(take(heap, 10, RUN_HEAD).page, holes[0].page);
    CHECK_EQ(take(heap, 10, RUN_HEAD).chunk, NULL);
    CHECK_EQ(set_of(heap)->free_pages, 3 + 1 + 9);
    CHECK(unit_settle(heap));
}

/* A run of 11 pages stands behind so many of 9 in the list of both. */
static void check_search(unsigned shorter, bool found)
{
    struct hole holes[RUN_TRIES + 1] = {{11, 0}};
    for (unsigned i = 1; i <= shorter; i++)
        holes[i].pages = 9;
    struct quarry_heap *heap = heap_with_holes(holes, shorter + 1);
    if (heap == NULL)
        return;
    CHECK_EQ(run_class(9), run_class(11));
    const struct taken run = take(heap, 11, RUN_HEAD);
    CHECK_EQ(run.chunk != NULL, found);
    if (found)
        CHECK_EQ(run.page, holes[0].page);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_searches_first_runs_of_own_class)
{
    check_search(RUN_TRIES - 1, true);
}

TEST(test_run_take_gives_up_after_some_runs_of_own_class)
{
    check_search(RUN_TRIES, false);
}

/* A long request looks at some runs of its own class before it cuts a longer one. */
static void check_long_search(unsigned shorter, bool found)
{
    enum { SHORTER = RUN_SHORT_PAGES, PAGES = RUN_SHORT_PAGES + 8, LONGER = 2 * RUN_SHORT_PAGES };
    struct hole holes[RUN_TRIES + 2] = {{LONGER, 0}, {PAGES, 0}};
    for (unsigned i = 2; i <= shorter + 1; i++)
        holes[i].pages = SHORTER;
    struct quarry_heap *heap = heap_with_holes(holes, shorter + 2);
    if (heap == NULL)
        return;
    CHECK_EQ(run_class(SHORTER), run_class(PAGES));
    CHECK(run_class(PAGES) < run_class(LONGER));
    CHECK_EQ(take(heap, PAGES, RUN_HEAD).page, holes[found ? 1 : 0].page);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_of_long_run_searches_before_it_cuts_a_longer_one)
{
    check_long_search(RUN_TRIES - 1, true);
}

TEST(test_run_take_of_long_run_cuts_a_longer_one_in_the_end)
{
    check_long_search(RUN_TRIES, false);
}

TEST(test_run_take_of_too_much_gives_none_and_changes_nothing)
{
    struct hole holes[] = {{5, 0}, {6, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 2);
    if (heap == NULL)
        return;
    for (unsigned bit = 3; bit < BITS_WORD - UNITS_PAGE_SHIFT; bit++)
        CHECK_EQ(take(heap, (size_t)1 << bit, RUN_HEAD).chunk, NULL);
    CHECK_EQ(take(heap, 7, RUN_TAIL).chunk, NULL);
    CHECK_EQ(set_of(heap)->free_pages, 11);
    CHECK(unit_settle(heap));
}

TEST(test_run_largest_is_longest_free_run)
{
    struct hole holes[] = {{9, 0}, {3, 0}, {11, 0}, {8, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 4);
    if (heap == NULL)
        return;
    CHECK_EQ(qi_run_largest_free_pages(set_of(heap)), 11);
    take(heap, 11, RUN_HEAD);
    CHECK_EQ(qi_run_largest_free_pages(set_of(heap)), 9);
    take(heap, 9, RUN_HEAD);
    CHECK_EQ(qi_run_largest_free_pages(set_of(heap)), 8);
    take(heap, 8, RUN_HEAD);
    take(heap, 3, RUN_HEAD);
    CHECK_EQ(qi_run_largest_free_pages(set_of(heap)), 0);
}

TEST(test_run_take_leaves_a_rest_of_the_same_class_where_it_is)
{
    struct hole holes[] = {{15, 0}, {12, 0}, {15, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 3);
    if (heap == NULL)
        return;
    const struct list_node *head = list_first(&set_of(heap)->heads[run_class(15)]);
    CHECK_EQ(unit_page_of(unit_first(heap), head), holes[2].page);
    CHECK_EQ(run_class(12), run_class(15));
    CHECK_EQ(take(heap, 3, RUN_TAIL).page, holes[2].page + 12);
    CHECK_EQ(list_first(&set_of(heap)->heads[run_class(12)]), head);
    check_free_run(heap, holes[2].page, 12);
    CHECK(unit_settle(heap));
    CHECK_EQ(take(heap, 3, RUN_TAIL).page, holes[2].page + 9); /* a rest of another class goes to its list */
    CHECK_EQ(list_first(&set_of(heap)->heads[run_class(9)]), head);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_of_any_length_from_either_end_says_where_and_keeps_the_rest)
{
    enum { PAGES = 34 };
    for (unsigned tail = 0; tail < 2; tail++)
        for (size_t pages = 1; pages <= PAGES && !test_is_over(); pages++) {
            struct hole hole = {PAGES, 0};
            struct quarry_heap *heap = heap_with_holes(&hole, 1);
            if (heap == NULL)
                return;
            const struct taken run = take(heap, pages, tail != 0 ? RUN_TAIL : RUN_HEAD);
            CHECK_EQ(run.chunk, unit_first(heap));
            CHECK_EQ(run.page, tail != 0 ? hole.page + PAGES - pages : hole.page);
            CHECK_EQ(set_of(heap)->free_pages, PAGES - pages);
            CHECK_EQ(set_of(heap)->class_mask, pages == PAGES ? 0 : (uintptr_t)1 << run_class(PAGES - pages));
            if (pages != PAGES)
                check_free_run(heap, tail != 0 ? hole.page : hole.page + pages, PAGES - pages);
            CHECK(unit_settle(heap));
            test_memory_release();
        }
}

/* --- searching --- */

/* Runs of 9, 11, 9, 10 and 9 pages stand in one list, in this order. */
static struct quarry_heap *heap_to_search(struct hole holes[5])
{
    static const uint8_t pages[] = {9, 10, 9, 11, 9}; /* the last one given comes first */
    for (unsigned i = 0; i < 5; i++)
        holes[i].pages = pages[i];
    return heap_with_holes(holes, 5);
}

/* The runs that are left of the list, by their places in holes[]. */
static void check_order(struct quarry_heap *heap, const struct hole holes[5], const uint8_t *order, unsigned count)
{
    const struct list_node *node = list_first(&set_of(heap)->heads[run_class(9)]);
    for (unsigned place = 0; place < count; place++) {
        REQUIRE(node != NULL);
        CHECK_EQ(unit_page_of(unit_first(heap), node), holes[order[place]].page);
        node = list_next(heap_chunks(heap), node);
    }
    CHECK_EQ(node, NULL);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_from_the_middle_of_a_list_keeps_the_others_in_order)
{
    static const uint8_t without_3[] = {4, 2, 1, 0}, without_1[] = {4, 2, 0};
    struct hole holes[5];
    struct quarry_heap *heap = heap_to_search(holes);
    if (heap == NULL)
        return;
    CHECK_EQ(take(heap, 11, RUN_HEAD).page, holes[3].page);
    check_order(heap, holes, without_3, 4);
    CHECK_EQ(take(heap, 10, RUN_TAIL).chunk, NULL); /* a run of small blocks may be shorter instead */
    CHECK_EQ(take(heap, 10, RUN_HEAD).page, holes[1].page);
    check_order(heap, holes, without_1, 3);
}

TEST(test_run_take_without_a_run_long_enough_changes_nothing)
{
    static const uint8_t all[] = {4, 3, 2, 1, 0};
    struct hole holes[5];
    struct quarry_heap *heap = heap_to_search(holes);
    if (heap == NULL)
        return;
    CHECK_EQ(take(heap, 12, RUN_HEAD).chunk, NULL);
    check_order(heap, holes, all, 5);
}

/* --- giving --- */

/* Three runs in a row of 4, 3 and 5 pages; those of the mask are free before the one in the middle is given. */
static void check_merge(bool before, bool after)
{
    struct quarry_heap *heap = unit_heap(14);
    if (heap == NULL)
        return;
    take(heap, 1, RUN_HEAD);
    const size_t first = take(heap, 4, RUN_HEAD).page;
    const size_t middle = take(heap, 3, RUN_HEAD).page;
    const size_t last = take(heap, 5, RUN_HEAD).page;
    take(heap, set_of(heap)->free_pages, RUN_HEAD);
    REQUIRE(middle == first + 4 && last == middle + 3);
    if (before)
        give(heap, first, 4);
    if (after)
        give(heap, last, 5);
    CHECK_EQ(give(heap, middle, 3), RUN_FREED);
    const size_t pages = 3u + (before ? 4u : 0u) + (after ? 5u : 0u);
    check_free_run(heap, before ? first : middle, pages);
    CHECK_EQ(set_of(heap)->free_pages, pages);
    CHECK_EQ(set_of(heap)->class_mask, (uintptr_t)1 << run_class(pages));
    CHECK(unit_settle(heap));
}

TEST(test_run_give_between_used_runs_merges_with_none)
{
    check_merge(false, false);
}

TEST(test_run_give_behind_free_run_merges_with_it)
{
    check_merge(true, false);
}

TEST(test_run_give_before_free_run_merges_with_it)
{
    check_merge(false, true);
}

TEST(test_run_give_between_free_runs_merges_with_both)
{
    check_merge(true, true);
}

TEST(test_run_give_of_last_used_run_says_that_chunk_is_free)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    const size_t pages = unit_first(heap)->page_count;
    const struct taken first = take(heap, 2, RUN_HEAD);
    const struct taken last = take(heap, 3, RUN_TAIL);
    CHECK(!qi_run_chunk_is_free(unit_first(heap)));
    CHECK_EQ(give(heap, last.page, 3), RUN_FREED);
    CHECK(!qi_run_chunk_is_free(unit_first(heap)));
    CHECK_EQ(give(heap, first.page, 2), RUN_FREED_ALL);
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
    check_free_run(heap, 0, pages);
    CHECK(unit_settle(heap));
}

/* Takes pages one by one and gives them back in random order: what remains is one run. */
TEST(test_run_give_of_single_pages_in_any_order_ends_in_one_run)
{
    enum { PAGES = 21 };
    for (unsigned round = 0; round < 10 * TEST_SCALE && !test_is_over(); round++) {
        uint8_t order[PAGES];
        struct hole hole = {PAGES, 0};
        struct quarry_heap *heap = heap_with_holes(&hole, 1);
        if (heap == NULL)
            return;
        for (unsigned i = 0; i < PAGES; i++) {
            const unsigned place = (unsigned)test_random_below(i + 1);
            order[i] = order[place];
            order[place] = (uint8_t)i;
            CHECK_EQ(take(heap, 1, RUN_HEAD).page, hole.page + i);
        }
        for (unsigned i = 0; i < PAGES && !test_is_over(); i++) {
            CHECK_EQ(give(heap, hole.page + order[i], 1), RUN_FREED);
            CHECK(unit_settle(heap));
        }
        check_free_run(heap, hole.page, PAGES);
        test_memory_release();
    }
}

/* --- growing --- */

static void grow_and_mark(struct quarry_heap *heap, size_t page, size_t old, size_t pages)
{
    CHECK(qi_run_grow(set_of(heap), unit_first(heap), page, old, pages));
    control_set_length_at_start(unit_first(heap)->maps, page, pages);
    CHECK(unit_settle(heap));
}

TEST(test_run_grow_takes_from_free_run_behind)
{
    struct hole holes[] = {{3, 0}, {7, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 2);
    if (heap == NULL)
        return;
    const size_t page = take(heap, 1, RUN_HEAD).page;
    REQUIRE(page == holes[0].page);
    CHECK(!qi_run_grow(set_of(heap), unit_first(heap), page, 1, 4));
    grow_and_mark(heap, page, 1, 2);
    check_free_run(heap, page + 2, 1);
    grow_and_mark(heap, page, 2, 3);
    CHECK_EQ(set_of(heap)->free_pages, 7);
    CHECK_EQ(set_of(heap)->class_mask, (uintptr_t)1 << run_class(7));
}

TEST(test_run_grow_into_used_run_or_edge_is_refused)
{
    struct quarry_heap *heap = unit_heap(6);
    if (heap == NULL)
        return;
    const size_t last = unit_first(heap)->page_count - 1;
    take(heap, last, RUN_HEAD);
    take(heap, 1, RUN_HEAD);
    CHECK(!qi_run_grow(set_of(heap), unit_first(heap), 0, last, last + 1));
    CHECK(!qi_run_grow(set_of(heap), unit_first(heap), last, 1, 2));
    CHECK(unit_settle(heap));
}

/* --- chunks --- */

TEST(test_run_remove_chunk_takes_just_a_free_one)
{
    struct quarry_heap *heap = unit_heap(6);
    if (heap == NULL)
        return;
    const size_t pages = unit_first(heap)->page_count;
    const struct taken run = take(heap, 1, RUN_TAIL);
    CHECK(!qi_run_remove_chunk(set_of(heap), unit_first(heap)));
    CHECK(unit_settle(heap));
    give(heap, run.page, 1);
    CHECK(qi_run_remove_chunk(set_of(heap), unit_first(heap)));
    CHECK_EQ(set_of(heap)->free_pages, 0);
    CHECK_EQ(set_of(heap)->class_mask, 0);
    CHECK_EQ(take(heap, 1, RUN_HEAD).chunk, NULL);
    qi_run_add_first(set_of(heap));
    check_free_run(heap, 0, pages);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_finds_longest_run_in_any_chunk)
{
    struct quarry_heap *heap = unit_heap(5);
    uint8_t *region = heap == NULL ? NULL : test_memory(unit_region_bytes(20), 8);
    if (region == NULL)
        return;
    REQUIRE(quarry_add_region(heap, region, unit_region_bytes(20)));
    struct added_chunk *added = chunk_link(&heap_chunks(heap)->first.next);
    CHECK_EQ(take(heap, added->chunk.page_count, RUN_HEAD).chunk, &added->chunk);
    CHECK_EQ(take(heap, unit_first(heap)->page_count, RUN_HEAD).chunk, unit_first(heap));
    CHECK(unit_settle(heap));
}

/* The first chunk needs heads for short runs only; a longer one brings heads for its own. They stay over a reset. */
TEST(test_run_chunk_with_longer_runs_brings_heads_for_them)
{
    enum { PAGES = 4 * RUN_SHORT_PAGES };
    struct quarry_heap *heap = unit_heap(8);
    const size_t bytes = unit_region_bytes(PAGES);
    uint8_t *region = heap == NULL ? NULL : test_memory(bytes, 0);
    if (region == NULL)
        return;
    struct run_set *set = set_of(heap);
    const unsigned classes = run_classes(set);
    if (RUN_CLASSES_LEAST == 0)
        SKIP("all heads lie in the heap");
    REQUIRE(classes <= run_class(PAGES));
    CHECK(take(heap, 3, RUN_HEAD).chunk != NULL && take(heap, 1, RUN_HEAD).chunk != NULL);
    CHECK_EQ(give(heap, 0, 3), RUN_FREED);
    CHECK(!qi_run_heads_lie_in(set, (struct added_chunk *)(void *)region));
    REQUIRE(quarry_add_region(heap, region, bytes));
    CHECK(run_classes(set) > run_class(PAGES));
    CHECK(qi_run_heads_lie_in(set, (struct added_chunk *)(void *)region));
    CHECK(unit_settle(heap));
    CHECK_EQ(take(heap, 3, RUN_HEAD).page, 0);
    CHECK(take(heap, PAGES, RUN_HEAD).chunk == &chunk_link(&set->chunks.first.next)->chunk);
    quarry_reset(heap);
    CHECK(run_classes(set) > run_class(PAGES) && qi_check_heap(heap));
    CHECK(take(heap, PAGES, RUN_HEAD).chunk == &chunk_link(&set->chunks.first.next)->chunk);
    CHECK_EQ(take(heap, (size_t)1 << (BITS_WORD - UNITS_PAGE_SHIFT - 1), RUN_HEAD).chunk, NULL);
}
