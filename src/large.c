/* SPDX-License-Identifier: MIT
 *
 * large.c: see large.h.
 */
#include "large.h"

static void mark(const struct run *run, pages_t pages)
{
    run->chunk->codes[run->page] = PAGE_LARGE;
    chunk_set_length_at_start(run->chunk, run->page, pages);
}

void *qi_large_take(struct run_set *set, size_t pages)
{
    struct run run = qi_run_take(set, pages, RUN_HEAD);
    if (run.chunk == NULL)
        return NULL;
    mark(&run, (pages_t)pages);
    return chunk_page_address(run.chunk, run.page);
}

void *qi_large_take_aligned(struct run_set *set, size_t pages, size_t align_bytes)
{
    size_t slack_pages = (align_bytes >> UNITS_PAGE_SHIFT) - 1;
    struct run run = qi_run_take(set, pages + slack_pages, RUN_HEAD);
    if (run.chunk == NULL)
        return NULL;
    pages_t slack = (pages_t)slack_pages;
    uintptr_t start = (uintptr_t)chunk_page_address(run.chunk, run.page);
    pages_t before = (pages_t)((bits_round_up(start, align_bytes) - start) >> UNITS_PAGE_SHIFT);
    struct run block = {run.chunk, run.page + before};
    mark(&block, (pages_t)pages);
    /* [ before ][ block ][ after ]: the neighbours of both ends are in use, or free and checked a moment ago */
    if (before != 0)
        qi_run_give(set, run.chunk, run.page, before);
    if (slack != before)
        qi_run_give(set, run.chunk, block.page + (pages_t)pages, slack - before);
    return chunk_page_address(block.chunk, block.page);
}

enum run_given qi_large_give(struct run_set *set, struct chunk *chunk, pages_t page)
{
    return qi_run_give(set, chunk, page, chunk_length_at_start(chunk, page));
}

bool qi_large_resize(struct run_set *set, struct chunk *chunk, pages_t page, size_t pages)
{
    pages_t old = chunk_length_at_start(chunk, page);
    if (pages > chunk_page_count(chunk) - page)
        return false;
    pages_t wanted = (pages_t)pages;
    if (wanted > old) {
        if (!qi_run_grow(set, chunk, page, old, wanted))
            return false;
    } else if (wanted < old) {
        if (qi_run_give(set, chunk, page + wanted, old - wanted) == RUN_REFUSED)
            return false;
    }
    chunk_set_length_at_start(chunk, page, wanted);
    return true;
}
