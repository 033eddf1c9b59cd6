/* SPDX-License-Identifier: MIT
 *
 * large.h: blocks that are page runs of their own.
 *
 * A large block begins at its run's first page and uses all of it; the page code says that one starts there, the map of
 * that page how many pages it has. Taken from the head of a free run, so that it may grow into what follows. Every
 * function is bounded by a constant number of instructions, and a chunk lookup for each link that is checked.
 */
#ifndef QUARRY_LARGE_H
#define QUARRY_LARGE_H

#include "run.h"

/* pages is not 0. NULL: no memory, or a report of damage. */
void *qi_large_allocate(struct run_set *set, size_t pages);

/* The same of a few pages for a small block, from where its runs come from. */
void *qi_large_allocate_small(struct run_set *set, size_t pages);

/* The same at a multiple of align_bytes, which is more than a page: what is cut off at both ends stays free. */
void *qi_large_allocate_aligned(struct run_set *set, size_t pages, size_t align_bytes);

enum run_freed qi_large_free(struct run_set *set, struct chunk *chunk, size_t page);

/* Changes a large block's length in place; false if there is no room behind it, or after a report of damage. */
bool qi_large_resize(struct run_set *set, struct chunk *chunk, size_t page, size_t pages);

#endif
