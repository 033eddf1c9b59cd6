/* SPDX-License-Identifier: MIT
 *
 * search.h: the search for the smallest region in which a trace runs; tools/size and the benchmark's table 2 share it.
 *
 * The size is found in steps of SEARCH_STEP_BYTES by bisection. A smaller region may by chance do where a larger one
 * does not: the SEARCH_TRIES_BELOW steps below what was found are tried too, from the largest on, and again below each
 * one that does.
 */
#ifndef TRACES_SEARCH_H
#define TRACES_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SEARCH_STEP_BYTES = 8, SEARCH_TRIES_BELOW = 320 };

struct search {
    void *context;
    bool (*runs)(void *context, size_t region_bytes);
    /* How far the search is; may be NULL. */
    void (*progress)(void *context, size_t tried);
    size_t tried;
    unsigned tries_below; /* SEARCH_TRIES_BELOW, or 0: bisection alone */
};

static inline bool search_try(struct search *search, size_t steps)
{
    search->tried++;
    if (search->progress != NULL)
        search->progress(search->context, search->tried);
    return search->runs(search->context, steps * SEARCH_STEP_BYTES);
}

/* Bytes of the smallest region; 0: not even one of most_bytes does. first_bytes: where the search begins. */
static inline size_t search_smallest(struct search *search, size_t first_bytes, size_t most_bytes)
{
    size_t fails = 0, most = most_bytes / SEARCH_STEP_BYTES, works = first_bytes / SEARCH_STEP_BYTES;
    if (works > most)
        works = most;
    while (!search_try(search, works)) {
        if (works == most)
            return 0;
        fails = works;
        works = works > most / 2 ? most : 2 * works;
    }
    while (works - fails > 1) {
        size_t middle = (fails + works) / 2;
        if (search_try(search, middle))
            works = middle;
        else
            fails = middle;
    }
    for (size_t below = works - 1; below != 0 && works - below <= search->tries_below; below--)
        if (search_try(search, below))
            works = below;
    return works * SEARCH_STEP_BYTES;
}

#endif
