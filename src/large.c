/* SPDX-License-Identifier: MIT
 *
 * large.c: see large.h.
 */
#include "large.h"

static void *mark(struct chunk *chunk, size_t page, size_t pages)
{
    chunk->codes[page] = PAGE_LARGE;
    control_set_length_at_start(chunk->maps, page, pages);
    return chunk_page_address(chunk, page);
}

void *qi_large_allocate(struct run_set *set, size_t pages)
{
    struct chunk *chunk;
    size_t page;
    return qi_run_allocate_head(set, pages, &chunk, &page) ? mark(chunk, page, pages) : NULL;
}

void *qi_large_allocate_small(struct run_set *set, size_t pages)
{
    struct chunk *chunk;
    size_t page;
    if (qi_run_allocate_tail(set, pages, pages, &chunk, &page) == 0)
        return NULL;
    chunk->codes[page + pages - 1] = PAGE_NOTHING; /* it may have been a free run's last page */
    return mark(chunk, page, pages);
}

void *qi_large_allocate_aligned(struct run_set *set, size_t pages, size_t align_bytes)
{
    size_t slack = (align_bytes >> UNITS_PAGE_SHIFT) - 1;
    struct chunk *chunk;
    size_t page;
    if (!qi_run_allocate_head(set, pages + slack, &chunk, &page)) {
        /* A shorter run may be aligned well enough: all of that, then. */
        const size_t all = qi_run_allocate_aligned(set, pages, align_bytes, &chunk, &page);
        if (all == 0)
            return NULL;
        slack = all - pages;
    }
    uintptr_t start = (uintptr_t)chunk_page_address(chunk, page);
    size_t before = (bits_round_up(start, align_bytes) - start) >> UNITS_PAGE_SHIFT;
    size_t first = page + before;
    void *block = mark(chunk, first, pages);
    /* [ before ][ block ][ after ]: the neighbours of both ends are in use, or free and checked a moment ago */
    if (before != 0)
        qi_run_free(set, chunk, page, before);
    if (slack != before)
        qi_run_free(set, chunk, first + pages, slack - before);
    return block;
}

enum run_freed qi_large_free(struct run_set *set, struct chunk *chunk, size_t page)
{
    return qi_run_free(set, chunk, page, control_length_at_start(chunk->maps, page));
}

bool qi_large_resize(struct run_set *set, struct chunk *chunk, size_t page, size_t pages)
{
    size_t old = control_length_at_start(chunk->maps, page);
    if (pages > chunk->page_count - page)
        return false;
    if (pages > old) {
        if (!qi_run_grow(set, chunk, page, old, pages))
            return false;
    } else if (pages < old) {
        if (qi_run_free(set, chunk, page + pages, old - pages) == RUN_REFUSED)
            return false;
    }
    control_set_length_at_start(chunk->maps, page, pages);
    return true;
}
