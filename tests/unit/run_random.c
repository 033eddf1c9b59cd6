/* SPDX-License-Identifier: MIT
 *
 * run_random.c: random taking and giving of page runs against an array of pages.
 */
#include "unit_run.h"

enum { SWEEP_PAGES = 48, SWEEP_RUNS = 16 };

struct sweep {
    struct quarry_heap *heap;
    uint8_t used[SWEEP_PAGES];
    struct hole runs[SWEEP_RUNS]; /* pages 0: none */
    size_t pages;
};

static size_t longest_in_model(const struct sweep *sweep, size_t *free_pages)
{
    size_t longest = 0, length = 0;
    *free_pages = 0;
    for (size_t page = 0; page < sweep->pages; page++) {
        length = sweep->used[page] != 0 ? 0 : length + 1;
        *free_pages += sweep->used[page] == 0;
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void mark_model(struct sweep *sweep, const struct hole *run, uint8_t used)
{
    for (size_t page = run->page; page < run->page + run->pages; page++) {
        CHECK(sweep->used[page] != used);
        sweep->used[page] = used;
    }
}

static void sweep_take(struct sweep *sweep, struct hole *run)
{
    size_t free_pages;
    const size_t longest = longest_in_model(sweep, &free_pages);
    const size_t pages = 1 + test_random_below(test_random_below(4) == 0 ? 14 : 4);
    const struct taken taken = take(sweep->heap, pages, test_random_below(2) == 0 ? RUN_HEAD : RUN_TAIL);
    if (taken.chunk == NULL) { /* none is long enough, or perhaps just one whose class begins below the request */
        CHECK(longest < pages || (pages > RUN_EXACT_PAGES && run_class(longest) == run_class(pages)));
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
    sweep->pages = unit_first(sweep->heap)->page_count;
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
