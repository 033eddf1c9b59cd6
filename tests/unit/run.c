/* SPDX-License-Identifier: MIT
 *
 * run.c: classes of lengths, which free run a request gets, merging, growing, and that damaged links are
 * reported and change nothing. Free runs of chosen lengths are made by taking all pages and giving some back; a
 * run that is taken is marked as a large block, so that the check of the whole heap understands it. Last,
 * random calls against an array of pages.
 */
#include "../../src/run.h"

#include "unit.h"

/* Where a run that was taken lies. */
struct taken {
    struct chunk *chunk; /* NULL: none was */
    pages_t page;
};

struct hole {
    pages_t pages, page;
};

static struct run_set *set_of(struct quarry_heap *heap)
{
    return &heap->bins.runs;
}

static struct taken take(struct quarry_heap *heap, size_t pages, enum run_end end)
{
    struct taken run = {NULL, 0};
    run.chunk = qi_run_take(set_of(heap), pages, end, &run.page);
    if (run.chunk != NULL) {
        for (pages_t page = 1; page < pages; page++)
            run.chunk->codes[run.page + page] = PAGE_NOTHING;
        run.chunk->codes[run.page] = PAGE_LARGE;
        chunk_set_length_at_start(run.chunk, run.page, (pages_t)pages);
    }
    return run;
}

static enum run_given give(struct quarry_heap *heap, pages_t page, pages_t pages)
{
    return qi_run_give(set_of(heap), unit_first(heap), page, pages);
}

/* Free runs of just these lengths, with a page in use between them; the last one is the first of its list. */
static bool make_holes(struct quarry_heap *heap, struct hole *holes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct taken run = take(heap, holes[i].pages, RUN_HEAD);
        if (!CHECK(run.chunk != NULL) || !CHECK(take(heap, 1, RUN_HEAD).chunk != NULL))
            return false;
        holes[i].page = run.page;
    }
    if (!CHECK(take(heap, set_of(heap)->free_pages, RUN_HEAD).chunk != NULL))
        return false;
    CHECK_EQ(set_of(heap)->class_mask, 0);
    for (unsigned i = 0; i < count; i++)
        CHECK_EQ(give(heap, holes[i].page, holes[i].pages), RUN_GIVEN);
    return CHECK(unit_settle(heap));
}

/* A heap with these free runs only; NULL: the test is over. */
static struct quarry_heap *heap_with_holes(struct hole *holes, unsigned count)
{
    pages_t pages = 2;
    for (unsigned i = 0; i < count; i++)
        pages += holes[i].pages + 1;
    struct quarry_heap *heap = unit_heap(pages);
    return heap != NULL && make_holes(heap, holes, count) ? heap : NULL;
}

static void check_free_run(struct quarry_heap *heap, pages_t page, pages_t pages)
{
    const struct chunk *chunk = unit_first(heap);
    CHECK_EQ(chunk->codes[page], PAGE_FREE);
    CHECK_EQ(chunk->codes[page + pages - 1], PAGE_FREE);
    for (pages_t inner = 1; inner + 1 < pages; inner++)
        CHECK_EQ(chunk->codes[page + inner], PAGE_NOTHING);
    CHECK_EQ(chunk_length_at_start(chunk, page), pages);
    CHECK_EQ(chunk_length_at_end(chunk, page + pages - 1), pages);
    CHECK((set_of(heap)->class_mask >> qi_run_class(pages) & 1) != 0);
}

/* --- classes --- */

TEST(test_run_class_grows_with_length)
{
    unsigned last = 0;
    for (size_t pages = 1; pages < 3000; pages++) {
        const unsigned class = qi_run_class(pages);
        CHECK(class == last || class == last + 1);
        last = class;
    }
    for (size_t pages = 3000; pages < (size_t)1 << 31; pages += pages / 9) {
        CHECK(qi_run_class(pages) >= last);
        last = qi_run_class(pages);
        CHECK(last < RUN_CLASSES);
    }
    CHECK_EQ(qi_run_class(SIZE_MAX), RUN_CLASSES - 1);
}

TEST(test_run_class_of_short_runs_is_exact)
{
    for (unsigned pages = 1; pages <= RUN_EXACT_PAGES; pages++)
        CHECK_EQ(qi_run_class(pages), pages - 1);
}

TEST(test_run_class_of_longer_runs_is_two_a_doubling)
{
    for (size_t power = RUN_EXACT_PAGES; power < 64; power *= 2) {
        CHECK_EQ(qi_run_class(power + power / 2 - 1), qi_run_class(power));
        CHECK_EQ(qi_run_class(power + power / 2), qi_run_class(power) + 1);
        CHECK_EQ(qi_run_class(2 * power), qi_run_class(power) + 2);
    }
}

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
    struct hole holes[RUN_LAST_TRIES + 1] = {{11, 0}};
    for (unsigned i = 1; i <= shorter; i++)
        holes[i].pages = 9;
    struct quarry_heap *heap = heap_with_holes(holes, shorter + 1);
    if (heap == NULL)
        return;
    CHECK_EQ(qi_run_class(9), qi_run_class(11));
    const struct taken run = take(heap, 11, RUN_HEAD);
    CHECK_EQ(run.chunk != NULL, found);
    if (found)
        CHECK_EQ(run.page, holes[0].page);
    CHECK(unit_settle(heap));
}

TEST(test_run_take_searches_first_runs_of_own_class)
{
    check_search(RUN_LAST_TRIES - 1, true);
}

TEST(test_run_take_gives_up_after_some_runs_of_own_class)
{
    check_search(RUN_LAST_TRIES, false);
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

/* --- giving --- */

/* Three runs in a row of 4, 3 and 5 pages; those of the mask are free before the one in the middle is given. */
static void check_merge(bool before, bool after)
{
    struct quarry_heap *heap = unit_heap(14);
    if (heap == NULL)
        return;
    take(heap, 1, RUN_HEAD);
    const pages_t first = take(heap, 4, RUN_HEAD).page;
    const pages_t middle = take(heap, 3, RUN_HEAD).page;
    const pages_t last = take(heap, 5, RUN_HEAD).page;
    take(heap, set_of(heap)->free_pages, RUN_HEAD);
    REQUIRE(middle == first + 4 && last == middle + 3);
    if (before)
        give(heap, first, 4);
    if (after)
        give(heap, last, 5);
    CHECK_EQ(give(heap, middle, 3), RUN_GIVEN);
    const pages_t pages = 3u + (before ? 4u : 0u) + (after ? 5u : 0u);
    check_free_run(heap, before ? first : middle, pages);
    CHECK_EQ(set_of(heap)->free_pages, pages);
    CHECK_EQ(set_of(heap)->class_mask, (uintptr_t)1 << qi_run_class(pages));
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
    const pages_t pages = chunk_page_count(unit_first(heap));
    const struct taken first = take(heap, 2, RUN_HEAD);
    const struct taken last = take(heap, 3, RUN_TAIL);
    CHECK(!qi_run_chunk_is_free(unit_first(heap)));
    CHECK_EQ(give(heap, last.page, 3), RUN_GIVEN);
    CHECK(!qi_run_chunk_is_free(unit_first(heap)));
    CHECK_EQ(give(heap, first.page, 2), RUN_GIVEN_ALL);
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
    check_free_run(heap, 0, pages);
    CHECK(unit_settle(heap));
}

/* --- growing --- */

static void grow_and_mark(struct quarry_heap *heap, pages_t page, pages_t old, pages_t pages)
{
    CHECK(qi_run_grow(set_of(heap), unit_first(heap), page, old, pages));
    chunk_set_length_at_start(unit_first(heap), page, pages);
    CHECK(unit_settle(heap));
}

TEST(test_run_grow_takes_from_free_run_behind)
{
    struct hole holes[] = {{3, 0}, {7, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, 2);
    if (heap == NULL)
        return;
    const pages_t page = take(heap, 1, RUN_HEAD).page;
    REQUIRE(page == holes[0].page);
    CHECK(!qi_run_grow(set_of(heap), unit_first(heap), page, 1, 4));
    grow_and_mark(heap, page, 1, 2);
    check_free_run(heap, page + 2, 1);
    grow_and_mark(heap, page, 2, 3);
    CHECK_EQ(set_of(heap)->free_pages, 7);
    CHECK_EQ(set_of(heap)->class_mask, (uintptr_t)1 << qi_run_class(7));
}

TEST(test_run_grow_into_used_run_or_edge_is_refused)
{
    struct quarry_heap *heap = unit_heap(6);
    if (heap == NULL)
        return;
    const pages_t last = chunk_page_count(unit_first(heap)) - 1;
    take(heap, last, RUN_HEAD);
    take(heap, 1, RUN_HEAD);
    CHECK(!qi_run_grow(set_of(heap), unit_first(heap), 0, last, last + 1));
    CHECK(!qi_run_grow(set_of(heap), unit_first(heap), last, 1, 2));
    CHECK(unit_settle(heap));
}

/* --- damage --- */

/* Free runs of 2 and 3 pages, in lists of their own, with a page in use between them. */
struct damage {
    struct quarry_heap *heap;
    struct hole holes[2];
    struct list_node *nodes[2];
    uintptr_t class_mask;
    size_t free_pages;
};

static bool damage_begin(struct damage *damage)
{
    damage->holes[0].pages = 2;
    damage->holes[1].pages = 3;
    damage->heap = heap_with_holes(damage->holes, 2);
    if (damage->heap == NULL)
        return false;
    for (unsigned i = 0; i < 2; i++)
        damage->nodes[i] =
                (struct list_node *)(void *)chunk_page_address(unit_first(damage->heap), damage->holes[i].page);
    damage->class_mask = set_of(damage->heap)->class_mask;
    damage->free_pages = set_of(damage->heap)->free_pages;
    return true;
}

static void check_reported(struct damage *damage, const struct list_node *node)
{
    CHECK_EQ(test_log.last.pointer, node);
    expect_misuse(damage->heap, KIND(QUARRY_CORRUPT));
    CHECK_EQ(set_of(damage->heap)->class_mask, damage->class_mask);
    CHECK_EQ(set_of(damage->heap)->free_pages, damage->free_pages);
}

/* Every call that would follow a link of node number index, while one of its links is wrong. */
static void check_damaged(struct damage *damage, unsigned index)
{
    struct run_set *set = set_of(damage->heap);
    struct chunk *chunk = unit_first(damage->heap);
    const pages_t between = damage->holes[0].page + 2;
    CHECK_EQ(qi_run_give(set, chunk, between, 1), RUN_REFUSED);
    CHECK_EQ(chunk->codes[between], PAGE_LARGE);
    check_reported(damage, damage->nodes[index]);
    if (index == 1) {
        CHECK(!qi_run_grow(set, chunk, between, 1, 2));
        check_reported(damage, damage->nodes[1]);
        pages_t page;
        CHECK_EQ(qi_run_take(set, 3, RUN_HEAD, &page), NULL);
        check_reported(damage, damage->nodes[1]);
    }
}

TEST(test_run_damaged_link_is_reported_and_changes_nothing)
{
    struct damage damage;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!damage_begin(&damage))
        return;
    for (unsigned index = 0; index < 2; index++) {
        struct list_node *node = damage.nodes[index];
        const struct list_node kept = *node;
        node->next = (struct list_node *)(uintptr_t)0x5a5a5a50;
        check_damaged(&damage, index);
        *node = kept;
        node->link = &node->next;
        check_damaged(&damage, index);
        *node = kept;
    }
    CHECK(unit_settle(damage.heap));
}

TEST(test_run_damaged_node_of_free_chunk_keeps_the_chunk)
{
    struct quarry_heap *heap;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    heap = unit_heap(4);
    if (heap == NULL)
        return;
    struct list_node *node = (struct list_node *)(void *)unit_first(heap)->pages;
    const struct list_node kept = *node;
    node->link = NULL;
    CHECK(!qi_run_remove_chunk(set_of(heap), unit_first(heap)));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    *node = kept;
    CHECK(unit_settle(heap));
}

/* --- chunks --- */

TEST(test_run_remove_chunk_takes_just_a_free_one)
{
    struct quarry_heap *heap = unit_heap(6);
    if (heap == NULL)
        return;
    const pages_t pages = chunk_page_count(unit_first(heap));
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
    struct added_chunk *added = heap_chunks(heap)->first.next;
    CHECK_EQ(take(heap, chunk_page_count(&added->chunk), RUN_HEAD).chunk, &added->chunk);
    CHECK_EQ(take(heap, chunk_page_count(unit_first(heap)), RUN_HEAD).chunk, unit_first(heap));
    CHECK(unit_settle(heap));
}

/* --- random calls --- */

enum { SWEEP_PAGES = 48, SWEEP_RUNS = 16 };

struct sweep {
    struct quarry_heap *heap;
    uint8_t used[SWEEP_PAGES];
    struct hole runs[SWEEP_RUNS]; /* pages 0: none */
    pages_t pages;
};

static pages_t longest_in_model(const struct sweep *sweep, size_t *free_pages)
{
    pages_t longest = 0, length = 0;
    *free_pages = 0;
    for (pages_t page = 0; page < sweep->pages; page++) {
        length = sweep->used[page] != 0 ? 0 : length + 1;
        *free_pages += sweep->used[page] == 0;
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void mark_model(struct sweep *sweep, const struct hole *run, uint8_t used)
{
    for (pages_t page = run->page; page < run->page + run->pages; page++) {
        CHECK(sweep->used[page] != used);
        sweep->used[page] = used;
    }
}

static void sweep_take(struct sweep *sweep, struct hole *run)
{
    size_t free_pages;
    const pages_t longest = longest_in_model(sweep, &free_pages);
    const pages_t pages = (pages_t)(1 + test_random_below(test_random_below(4) == 0 ? 14 : 4));
    const struct taken taken = take(sweep->heap, pages, test_random_below(2) == 0 ? RUN_HEAD : RUN_TAIL);
    if (taken.chunk == NULL) { /* none is long enough, or perhaps just one whose class begins below the request */
        CHECK(longest < pages || (pages > RUN_EXACT_PAGES && qi_run_class(longest) == qi_run_class(pages)));
        return;
    }
    run->page = taken.page;
    run->pages = pages;
    REQUIRE(taken.page + pages <= sweep->pages);
    mark_model(sweep, run, 1);
}

static void sweep_step(struct sweep *sweep, struct hole *run)
{
    size_t free_pages;
    if (run->pages == 0) {
        sweep_take(sweep, run);
    } else {
        mark_model(sweep, run, 0);
        give(sweep->heap, run->page, run->pages);
        run->pages = 0;
    }
    longest_in_model(sweep, &free_pages);
    CHECK_EQ(set_of(sweep->heap)->free_pages, free_pages);
}

TEST(test_run_random_calls_agree_with_page_array_and_end_in_one_run)
{
    static const struct sweep none;
    struct sweep *sweep = test_memory(sizeof *sweep, 0);
    if (sweep == NULL)
        return;
    *sweep = none;
    sweep->heap = unit_heap(SWEEP_PAGES - 6);
    if (sweep->heap == NULL)
        return;
    sweep->pages = chunk_page_count(unit_first(sweep->heap));
    REQUIRE(sweep->pages <= SWEEP_PAGES);
    for (unsigned round = 0; round < 1000 * TEST_SCALE && !test_is_over(); round++) {
        sweep_step(sweep, &sweep->runs[test_random_below(SWEEP_RUNS)]);
        if (round % 4 == 0)
            CHECK(unit_settle(sweep->heap));
    }
    for (unsigned i = 0; i < SWEEP_RUNS; i++)
        if (sweep->runs[i].pages != 0)
            sweep_step(sweep, &sweep->runs[i]);
    check_free_run(sweep->heap, 0, sweep->pages);
    CHECK(unit_settle(sweep->heap));
}
