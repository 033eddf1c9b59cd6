/* SPDX-License-Identifier: MIT
 *
 * large.c: see large.h.
 */
#include "large.h"

static void *mark(struct chunk *chunk, pages_t page, size_t pages)
{
    chunk->codes[page] = PAGE_LARGE;
    chunk_set_length_at_start(chunk, page, (pages_t)pages);
    return chunk_page_address(chunk, page);
}

void *qi_large_take(struct run_set *set, size_t pages)
{
    pages_t page;
    struct chunk *chunk = qi_run_take(set, pages, RUN_HEAD, &page);
    return chunk != NULL ? mark(chunk, page, pages) : NULL;
}

void *qi_large_take_aligned(struct run_set *set, size_t pages, size_t align_bytes)
{
    size_t slack = (align_bytes >> UNITS_PAGE_SHIFT) - 1;
    pages_t page;
    struct chunk *chunk = qi_run_take(set, pages + slack, RUN_HEAD, &page);
    if (chunk == NULL)
        return NULL;
    uintptr_t start = (uintptr_t)chunk_page_address(chunk, page);
    size_t before = (bits_round_up(start, align_bytes) - start) >> UNITS_PAGE_SHIFT;
    pages_t first = page + (pages_t)before;
    void *block = mark(chunk, first, pages);
    /* [ before ][ block ][ after ]: the neighbours of both ends are in use, or free and checked a moment ago */
    if (before != 0)
        qi_run_give(set, chunk, page, (pages_t)before);
    if (slack != before)
        qi_run_give(set, chunk, first + (pages_t)pages, (pages_t)(slack - before));
    return block;
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
