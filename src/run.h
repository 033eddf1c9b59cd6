/* SPDX-License-Identifier: MIT
 *
 * run.h: page runs: taken from free runs, given back, merged.
 *
 * Free runs stand in lists by length class: exact to 8 pages, two classes a doubling to 64, one a doubling above
 * (64-bit targets: two throughout), the last class open-ended. The lists span chunks, so a request never walks chunks.
 * A bitmap says which lists hold a run. A request takes, in this order: the first run of its own class if that is long
 * enough; the first run of the next class that has one, where every run is; and, when there is none, one of the first
 * few runs of its own class. A freed run merges with both neighbours at once, so that freeing everything leaves one run
 * a chunk. (Good fit by segregated lists: M. Masmano et al., "TLSF: a new dynamic memory allocator for real-time
 * systems", 2004; boundary lengths at both ends: D. Knuth, TAOCP vol. 1, 2.5.)
 *
 * Invariants
 *   R1  every free run is in the list of its class, and in no other
 *   R2  bit c of class_mask is set iff heads[c] is not NULL
 *   R3  free_pages is the sum of the lengths of all free runs
 *   R4  codes of a free run's first and last page are PAGE_FREE, and both ends hold its length
 */
#ifndef QUARRY_RUN_H
#define QUARRY_RUN_H

#include "list.h"

enum {
    RUN_EXACT_PAGES = 8, /* each length up to this has a class of its own; a power of two */
    RUN_EXACT_SHIFT = 3,
    RUN_FINE_SHIFT = sizeof(void *) == 8 ? 31 : 6, /* two classes a doubling up to this power of two */
    RUN_CLASSES = sizeof(void *) == 8 ? 52 : 19,
    RUN_LAST_TRIES = 8, /* runs of the own class that are looked at when nothing else is left */
};

struct run_set {
    struct chunk_set chunks;
    uintptr_t class_mask;
    struct list_node *heads[RUN_CLASSES];
    size_t free_pages;
};

_Static_assert(RUN_CLASSES <= sizeof(uintptr_t) * 8, "a bit for each class");
_Static_assert((1 << RUN_EXACT_SHIFT) == RUN_EXACT_PAGES, "the fine classes start where the exact ones end");

enum run_end { RUN_HEAD, RUN_TAIL };

enum run_given { RUN_REFUSED, RUN_GIVEN, RUN_GIVEN_ALL /* no page of the chunk is in use any more */ };

/* Takes pages from the head (large blocks) or the tail (runs of small blocks) of a free run: their chunk, and in *page
 * where they start; NULL: there are none. Their codes are the caller's to write. Damaged links are reported, and
 * answered like want of memory. */
struct chunk *qi_run_take(struct run_set *set, size_t pages, enum run_end end, pages_t *page);

/* Gives a run back. Refused, after a report and with nothing changed, if a neighbour's links are damaged. */
enum run_given qi_run_give(struct run_set *set, struct chunk *chunk, pages_t page, pages_t pages);

/* Grows a run of old pages that starts at page to pages, from the free run behind it; false if that is too short. */
bool qi_run_grow(struct run_set *set, struct chunk *chunk, pages_t page, pages_t old, pages_t pages);

/* Adds all pages of the formatted first chunk as one free run. */
void qi_run_add_first(struct run_set *set);

/* Lays a chunk out in its memory (chunk.bytes from its struct on), puts it into the set and adds all its pages. False,
 * nothing added, if not one page fits. */
bool qi_run_add_chunk(struct run_set *set, struct added_chunk *added);

/* Takes a chunk's only free run out; false if some page is in use, or after a report of damage. */
bool qi_run_remove_chunk(struct run_set *set, struct chunk *chunk);

/* Is no page of the chunk in use? */
bool qi_run_chunk_is_free(const struct chunk *chunk);

/* The longest of the runs that a request would find: exact unless more than RUN_LAST_TRIES are of the longest's class.
 */
size_t qi_run_largest_free_pages(const struct run_set *set);

/* The class whose list a free run of so many pages belongs to. */
unsigned qi_run_class(size_t pages);

/* The chunk that a sound address in a page belongs to. */
BITS_INLINE struct chunk *run_chunk_of(const struct run_set *set, const void *address)
{
    return (struct chunk *)(uintptr_t)chunk_find(&set->chunks, address);
}

#endif
