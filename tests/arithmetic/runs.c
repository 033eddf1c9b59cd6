/* SPDX-License-Identifier: MIT
 *
 * runs.c: the class of every run length: as documented, and never lower for a longer run, which is what the search for
 * a free run relies on. All 2^32 lengths of a 32-bit build; on 64 bits those, and edges (smt/pages.c proves all).
 */
#include "arithmetic.h"
#include "run.h"

static uintptr_t edges[EDGES_MOST];

/* The shortest length of the class above the one that starts at a length: each to 8 pages; two classes a doubling to
 * 64, one (32-bit) or two (64-bit) above. */
static size_t next_start(size_t start)
{
    const bool has_halves = start < 64 || sizeof(void *) == 8;
    if (start < 8)
        return start + 1;
    if ((start & (start - 1)) != 0)
        return start / 3 * 4;
    return has_halves ? start / 2 * 3 : start * 2;
}

TEST(test_run_class_of_all_lengths_is_as_documented)
{
    size_t next = next_start(1);
    unsigned class = 0;
    const uint32_t step = step_or_all(61);
    for (uint64_t pages = 1; pages <= UINT32_MAX; pages += step) {
        while (class + 1 < RUN_CLASSES && pages >= next) {
            class ++;
            next = next_start(next);
        }
        if (run_class((size_t)pages) != class) {
            CHECK_EQ(run_class((size_t)pages), class);
            CHECK_EQ(pages, 0);
            return;
        }
    }
}

TEST(test_run_class_of_edges_never_falls_and_is_in_range)
{
    const size_t count = edge_words(edges, 1), step = is_full() ? 1 : 7;
    for (size_t i = 0; i < count && !test_is_over(); i++) {
        CHECK(run_class(edges[i]) < RUN_CLASSES);
        for (size_t j = 0; j < count; j += step)
            if (edges[i] <= edges[j] && run_class(edges[i]) > run_class(edges[j]))
                CHECK_EQ(edges[i], edges[j]);
    }
}

/* A run of a class above that of the length asked for is long enough: the first length of each class. */
TEST(test_run_class_above_holds_only_runs_that_are_long_enough)
{
    size_t start = 1;
    for (unsigned class = 0; class + 1 < RUN_CLASSES; class ++) {
        const size_t next = next_start(start);
        CHECK_EQ(run_class(start), class);
        CHECK_EQ(run_class(next - 1), class);
        CHECK_EQ(run_class(next), class + 1);
        start = next;
    }
    CHECK_EQ(run_class(SIZE_MAX), RUN_CLASSES - 1);
}
