/* SPDX-License-Identifier: MIT
 *
 * run.h: page runs: allocated from free runs, freed, merged.
 *
 * Free runs stand in lists by length class: one for each length below 8 pages, two a doubling to 64, one a doubling
 * above (64-bit targets: two throughout), up to the longest run that a chunk can have. (32-bit targets: the last class
 * is open-ended; no more than RUN_TRIES of its runs fit the address space.) The lists span chunks, so a request never
 * walks chunks. A bitmap says which lists hold a run. A request is served by, in this order: the first run of its own
 * class if that is long enough; the first run of the next class that has one, where every run is; and, when there is
 * none, one of the first few runs of its own class. A long request looks at these few before it cuts a run of a longer
 * class: its classes are wide, and the longest runs are to last. A run of small blocks is made shorter instead. A freed
 * run merges with both neighbours at once, so that freeing everything leaves one run a chunk. (Good fit by segregated
 * lists: M. Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems", 2004; boundary lengths at
 * both ends: D. Knuth, TAOCP vol. 1, 2.5.)
 *
 * A heap has as many heads as its chunks' lengths need: they lie behind the heap, and when a chunk is added whose runs
 * may be longer, a longer row of heads is made in front of that chunk's codes:
 *
 *    struct run_set  +-------+        heads[]  +-------+-------+-- ... --+-------------+
 *                    | heads |---------------> | class | class |         | class       |     codes[] ...
 *                    +-------+                 | 0     | 1     |         | classes - 1 |
 *                                              +-------+-------+-- ... --+-------------+
 *
 * Invariants
 *   R1  every free run is in the list of its class, and in no other
 *   R2  bit c of class_mask is set iff heads[c] is not NULL
 *   R3  free_pages is the sum of the lengths of all free runs
 *   R4  the code of a free run's first page is PAGE_FREE, that of its last one, if there are two, is PAGE_FREE_END, and
 *       both ends hold its length
 *   R5  free_runs is the number of all free runs
 *   R6  a head leads to the first page of a free run of its class, whatever is written to free memory
 */
#ifndef QUARRY_RUN_H
#define QUARRY_RUN_H

#include "list.h"

enum {
    RUN_EXACT_PAGES = 8, /* a class begins at each length up to this */
    RUN_SHORT_PAGES = 64,
    RUN_SHORT_SHIFT = 6, /* classes of lengths below this stand in a table */
    RUN_SHORT_CLASSES = 13,
    RUN_LONG_HALVES = sizeof(void *) == 8 ? 1 : 0, /* two classes a doubling above, else one */
    RUN_CLASSES = sizeof(void *) == 8 ? 64 : 32,
    RUN_TRIES = 4, /* runs of a class that a request looks at, if the first is too short */
};

struct run_set {
    struct chunk_set chunks;
    uintptr_t class_mask;
    CONTROL_HEADS(list_head, RUN_CLASSES)
    size_t free_pages;
    size_t free_runs;
};

/* How many classes there are heads of, and how many heads a heap has outside the set at least. */
#define run_classes(set)  control_heads_count(set, RUN_CLASSES)
#define RUN_CLASSES_LEAST CONTROL_HEADS_LEAST(RUN_SHORT_CLASSES)

_Static_assert(RUN_CLASSES <= sizeof(uintptr_t) * 8, "a bit for each class");
_Static_assert(1 << RUN_SHORT_SHIFT == RUN_SHORT_PAGES, "the first length behind the table is a power of two");

enum run_end { RUN_HEAD, RUN_TAIL };

enum run_freed { RUN_REFUSED, RUN_FREED, RUN_FREED_ALL /* no page of the chunk is in use any more */ };

/* Frees a run. Refused, after a report and with nothing changed, if a neighbour's links are damaged. */
enum run_freed qi_run_free(struct run_set *set, struct chunk *chunk, size_t page, size_t pages);

/* Grows a run of old pages that starts at page to pages, from the free run behind it; false if that is too short. */
bool qi_run_grow(struct run_set *set, struct chunk *chunk, size_t page, size_t old, size_t pages);

/* Makes the heads of a heap without a free run: in the memory from place on, which is aligned for them, those that a
 * chunk up to end needs. The end of what they take up. */
uint8_t *qi_run_place_heads(struct run_set *set, uint8_t *place, uintptr_t end);

/* No free run is in any list. */
void qi_run_clear(struct run_set *set);

/* Do the heads lie in the chunk? Then its memory must stay. */
bool qi_run_heads_lie_in(const struct run_set *set, const struct added_chunk *added);

/* Adds all pages of the formatted first chunk as one free run. */
void qi_run_add_first(struct run_set *set);

/* Lays a chunk out in its memory (chunk.bytes from its struct on), puts it into the set and adds all its pages. False,
 * nothing added, if not one page fits. */
bool qi_run_add_chunk(struct run_set *set, struct added_chunk *added);

/* Removes a chunk's only free run; false if some page is in use, the heads lie in the chunk, or after a report of
 * damage. */
bool qi_run_remove_chunk(struct run_set *set, struct chunk *chunk);

/* Is no page of the chunk in use? */
bool qi_run_chunk_is_free(const struct chunk *chunk);

/* The longest of the runs that a request would find: exact unless more are of the longest's class than such
 * a request looks at.
 */
size_t qi_run_largest_free_pages(const struct run_set *set);

/* The shortest free run; 0: there is none. Exact, unless the shortest is longer than RUN_EXACT_PAGES: then it is the
 * shortest of the first few of its class. */
size_t qi_run_shortest_free_pages(const struct run_set *set);

/* The chunk that a valid address in a page belongs to. */
BITS_INLINE struct chunk *run_chunk_of(const struct run_set *set, const void *address)
{
    return (struct chunk *)(uintptr_t)chunk_find(&set->chunks, address);
}

/* The class of a length below RUN_SHORT_PAGES, as a constant: one for each up to RUN_EXACT_PAGES, then two a
 * doubling. */
#define RUN_POWER(pages) (31 - __builtin_clz((pages) | 1))
#define RUN_SHORT_CLASS(pages)                                                                                         \
    ((pages) < RUN_EXACT_PAGES ? (pages) - ((pages) > 0)                                                               \
                               : RUN_EXACT_PAGES - 1 + 2 * (RUN_POWER(pages) - RUN_POWER(RUN_EXACT_PAGES)) +           \
                                         (2 * (pages) >> RUN_POWER(pages) & 1))

_Static_assert(RUN_SHORT_CLASS(RUN_SHORT_PAGES) == RUN_SHORT_CLASSES, "the first class behind the table");

/* The class whose list a free run of so many pages belongs to. */
extern const uint8_t qi_run_short_classes[RUN_SHORT_PAGES];

BITS_INLINE unsigned run_class(size_t pages)
{
    if (bits_likely(pages < RUN_SHORT_PAGES))
        return qi_run_short_classes[pages];
    unsigned power = bits_highest(pages), class = RUN_SHORT_CLASSES + (power - RUN_SHORT_SHIFT);
    if (RUN_LONG_HALVES != 0)
        class += power - RUN_SHORT_SHIFT + (unsigned)(pages >> (power - 1) & 1);
    return class < RUN_CLASSES ? class : RUN_CLASSES - 1;
}

/* The same for a request, which may be longer than any run: the last class then. */
BITS_INLINE unsigned run_class_wanted(const struct run_set *set, size_t pages)
{
    const unsigned class = run_class(pages);
    return bits_likely(pages < RUN_SHORT_PAGES) || class < run_classes(set) ? class : run_classes(set) - 1;
}

/* Has the chunk so many pages from this one on? A damaged length is longer than any chunk, so where a free run begins,
 * these are its pages. */
BITS_INLINE bool run_length_is_valid(const struct chunk *chunk, size_t page, size_t pages)
{
    return control_valid(pages - 1 < chunk->page_count - page);
}

/* The node of the free run that starts at a page. */
BITS_INLINE struct list_node *run_node_at(const struct chunk *chunk, size_t page)
{
    return (struct list_node *)(void *)chunk_page_address(chunk, page);
}

/* A free run: its chunk, its first page, its length. No pages: there is none. */
struct run_free {
    struct chunk *chunk;
    size_t page, pages;
};

/* The free run of the chunk that starts at node, which may be any address. False: none does. */
BITS_INLINE bool run_in_chunk(struct chunk *chunk, const struct list_node *node, struct run_free *run)
{
    run->page = bits_rotate_right(chunk_offset(chunk, node), UNITS_PAGE_SHIFT); /* huge, if no page begins there */
    if (run->page >= chunk->page_count || chunk->codes[run->page] != PAGE_FREE)
        return false;
    const size_t pages = control_length_at_start(chunk->maps, run->page);
    if (!run_length_is_valid(chunk, run->page, pages))
        return false;
    run->pages = pages;
    return true;
}

/* The added chunk that holds an address; NULL: none does. */
struct chunk *qi_run_added_chunk(const struct run_set *set, const void *address);

/* The same in any chunk. Nothing at node is read. */
BITS_INLINE bool run_at(const struct run_set *set, const struct list_node *node, struct run_free *run)
{
    struct chunk *chunk = (struct chunk *)(uintptr_t)&set->chunks.first;
    if (!bits_likely(chunk_is_valid(chunk) && chunk_holds(chunk, node)))
        chunk = qi_run_added_chunk(set, node);
    run->chunk = chunk;
    run->page = run->pages = 0;
    return chunk != NULL && run_in_chunk(chunk, node, run);
}

/* Writes what says that pages are a free run. codes are those from its first page on. */
BITS_INLINE void run_mark_free(page_code_t *codes, uint8_t *maps, size_t page, size_t pages)
{
    codes[pages - 1] = PAGE_FREE_END;
    codes[0] = PAGE_FREE;
    control_set_lengths(maps, page, pages);
}

/* Reports damage; NULL. */
void *qi_run_report(const struct run_set *set, const void *node);

/* The node of the first free run of a class; NULL: there is none, or the head is damaged, which is reported. */
BITS_INLINE struct list_node *run_first(const struct run_set *set, unsigned class)
{
    const struct list_head *head = &set->heads[class];
    return list_head_is_valid(head) ? list_first(head) : qi_run_report(set, head);
}

/* Says control data that a free run of this class starts at node? Node may be any address; nothing there is read. */
bool qi_run_is_listed(const struct run_set *set, const struct list_node *node, unsigned class);

/* May the next of a node be followed, which is that of a free run of this class? */
bool qi_run_next_is_valid(const struct run_set *set, const struct list_node *node, unsigned class);

/* May the node of a free run of this class be taken out of its list? */
bool qi_run_node_is_valid(const struct run_set *set, const struct list_node *node, unsigned class);

/* Puts a free run's node into the list of its class. */
BITS_INLINE void run_insert(struct run_set *set, unsigned class, struct list_node *node)
{
    set->class_mask |= (uintptr_t)1 << class;
    list_insert(&set->chunks, &set->heads[class], node);
}

/* Removes the valid node of a free run from the list of its class, and leaves it as it is. */
BITS_INLINE void run_unlink_node(struct run_set *set, const struct list_node *node, unsigned class)
{
    list_unlink(&set->chunks, &set->heads[class], node);
    if (set->heads[class].first == NULL)
        set->class_mask &= ~((uintptr_t)1 << class);
}

BITS_INLINE void run_remove_node(struct run_set *set, const struct list_node *node, unsigned class)
{
    run_unlink_node(set, node, class);
    list_free_memory(&set->chunks, node);
}

/* Pages that are in no free run any more are about to be used. */
BITS_INLINE void run_use_pages(const struct run_set *set, const struct chunk *chunk, size_t page, size_t pages)
{
    memory_allocated(&set->chunks.source.reporter, chunk_page_address(chunk, page), pages << UNITS_PAGE_SHIFT);
}

/* Allocates pages of a free run from its head, for a large block, and says where. False: there are none; damaged links
 * are reported, and answered likewise. The caller writes the first page's code. */
bool qi_run_allocate_head(struct run_set *set, size_t pages, struct chunk **chunk, size_t *taken);

/* The same from the tail, for a run of small blocks: pages, or else fewer. How many it is; 0: none. The caller writes
 * all codes. */
size_t qi_run_allocate_tail(struct run_set *set, size_t pages, size_t fewer, struct chunk **chunk, size_t *taken);

/* The same from the head, all pages of a free run in which so many begin at a multiple of align_bytes: how many that
 * are. 0: none of the first runs of each class has them, or damage was found. */
size_t qi_run_allocate_aligned(struct run_set *set, size_t pages, size_t align_bytes, struct chunk **chunk,
                               size_t *taken);

#endif
