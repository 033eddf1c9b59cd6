/* SPDX-License-Identifier: MIT
 *
 * unit_run.h: what the tests of page runs share. Free runs of chosen lengths are made by taking all pages and giving
 * some back; a run that is taken is marked as a large block, so that the check of the whole heap understands it.
 */
#ifndef QUARRY_UNIT_RUN_H
#define QUARRY_UNIT_RUN_H

#include "../../src/run.h"

#include "unit.h"

/* Where a run that was taken lies. */
struct taken {
    struct chunk *chunk; /* NULL: none was */
    size_t page;
};

struct hole {
    size_t pages, page;
};

static inline struct run_set *set_of(struct quarry_heap *heap)
{
    return &heap->bins.runs;
}

static inline struct taken take(struct quarry_heap *heap, size_t pages, enum run_end end)
{
    struct taken run = {NULL, 0};
    if (end == RUN_TAIL ? qi_run_allocate_tail(set_of(heap), pages, pages, &run.chunk, &run.page) != 0
                        : qi_run_allocate_head(set_of(heap), pages, &run.chunk, &run.page)) {
        for (size_t page = 1; page < pages; page++)
            run.chunk->codes[run.page + page] = PAGE_NOTHING;
        run.chunk->codes[run.page] = PAGE_LARGE;
        control_set_length_at_start(run.chunk->maps, run.page, pages);
    }
    return run;
}

static inline enum run_freed give(struct quarry_heap *heap, size_t page, size_t pages)
{
    return qi_run_free(set_of(heap), unit_first(heap), page, pages);
}

/* Free runs of just these lengths, with a page in use between them; the last one is the first of its list. */
static inline bool make_holes(struct quarry_heap *heap, struct hole *holes, unsigned count)
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
        CHECK_EQ(give(heap, holes[i].page, holes[i].pages), RUN_FREED);
    return CHECK(unit_settle(heap));
}

/* A heap with these free runs only; NULL: the test is over. */
static inline struct quarry_heap *heap_with_holes(struct hole *holes, unsigned count)
{
    size_t pages = 2;
    for (unsigned i = 0; i < count; i++)
        pages += holes[i].pages + 1;
    struct quarry_heap *heap = unit_heap(pages);
    return heap != NULL && make_holes(heap, holes, count) ? heap : NULL;
}

static inline void check_free_run(struct quarry_heap *heap, size_t page, size_t pages)
{
    const struct chunk *chunk = unit_first(heap);
    CHECK_EQ(chunk->codes[page], PAGE_FREE);
    CHECK_EQ(chunk->codes[page + pages - 1], pages == 1 ? PAGE_FREE : PAGE_FREE_END);
    for (size_t inner = 1; inner + 1 < pages; inner++)
        CHECK_EQ(chunk->codes[page + inner], PAGE_NOTHING);
    CHECK_EQ(control_length_at_start(chunk->maps, page), pages);
    CHECK_EQ(control_length_at_end(chunk->maps, page + pages - 1), pages);
    CHECK((set_of(heap)->class_mask >> run_class(pages) & 1) != 0);
}

#endif
