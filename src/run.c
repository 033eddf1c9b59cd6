/* SPDX-License-Identifier: MIT
 *
 * run.c: see run.h. Classes first, then the lists, then allocating, freeing, merging and growing.
 */
#include "run.h"

/* --- classes --- */

#define CLASSES_4(pages)                                                                                               \
    RUN_SHORT_CLASS(pages), RUN_SHORT_CLASS((pages) + 1), RUN_SHORT_CLASS((pages) + 2), RUN_SHORT_CLASS((pages) + 3)
#define CLASSES_16(pages) CLASSES_4(pages), CLASSES_4((pages) + 4), CLASSES_4((pages) + 8), CLASSES_4((pages) + 12)

const uint8_t qi_run_short_classes[RUN_SHORT_PAGES] = {CLASSES_16(0), CLASSES_16(16), CLASSES_16(32), CLASSES_16(48)};

/* --- free runs and their lists --- */

BITS_NOINLINE struct chunk *qi_run_added_chunk(const struct run_set *set, const void *address)
{
    struct added_chunk *added = qi_chunk_find_added(&set->chunks, address);
    return added != NULL ? &added->chunk : NULL;
}

BITS_NOINLINE bool qi_run_is_listed(const struct run_set *set, const struct list_node *node, unsigned class)
{
    struct run_free run;
    return run_at(set, node, &run) && run_class(run.pages) == class;
}

BITS_NOINLINE bool qi_run_next_is_valid(const struct run_set *set, const struct list_node *node, unsigned class)
{
    const struct list_node *next = list_next(&set->chunks, node);
    return next == NULL || link_valid(qi_run_is_listed(set, next, class) && list_next_points_back(&set->chunks, node));
}

/* Behind the first node, links lead from one free run to another: of what class the others are does not matter before
 * one of them becomes the first. */
static bool links_are_valid(const struct run_set *set, const struct list_node *node, unsigned class)
{
    const struct list_head *head = &set->heads[class];
    struct list_node *const *link = list_link(&set->chunks, node);
    const struct list_node *before = list_node_before(list_link(&set->chunks, node));
    const struct list_node *next = list_next(&set->chunks, node);
    struct run_free run;
    if (list_first(head) == node || link == &head->first)
        return list_first(head) == node && link == &head->first && qi_run_next_is_valid(set, node, class);
    return run_at(set, before, &run) && list_next(&set->chunks, before) == node &&
           (next == NULL || (run_at(set, next, &run) && list_next_points_back(&set->chunks, node)));
}

BITS_NOINLINE bool qi_run_node_is_valid(const struct run_set *set, const struct list_node *node, unsigned class)
{
    return link_valid(links_are_valid(set, node, class));
}

/* The same. A list's only node has no link to another. */
BITS_INLINE bool node_is_valid(const struct run_set *set, const struct list_node *node, unsigned class)
{
    const bool is_only = list_next(&set->chunks, node) == NULL && list_first(&set->heads[class]) == node &&
                         list_link(&set->chunks, node) == &set->heads[class].first;
    return is_only || qi_run_node_is_valid(set, node, class);
}

/* Undoes run_unlink_node(), before another node is removed or inserted. */
static BITS_COLD void relink_node(struct run_set *set, struct list_node *node, unsigned class)
{
    qi_list_relink(&set->chunks, &set->heads[class], node);
    if (set->heads[class].first != NULL) /* a node that damage cut off is in no list */
        set->class_mask |= (uintptr_t)1 << class;
}

/* What the mask must be. */
static uintptr_t mask_of_heads(const struct run_set *set)
{
    uintptr_t mask = 0;
    for (unsigned class = 0; class < run_classes(set); class ++) {
        if (set->heads[class].first != NULL)
            mask |= (uintptr_t)1 << class;
    }
    return mask;
}

BITS_COLD void *qi_run_report(const struct run_set *set, const void *node)
{
    qi_report_damage(&set->chunks.source.reporter, node);
    return NULL;
}

/* Reports a mask that is not what the heads say, and mends it. It is asked where a request found nothing: a bit too few
 * hides runs, one too many leads to a head that leads nowhere. */
static BITS_COLD void check_mask(struct run_set *set)
{
    if (!control_valid(set->class_mask == mask_of_heads(set))) {
        set->class_mask = mask_of_heads(set);
        qi_run_report(set, &set->class_mask);
    }
}

/* --- finding --- */

/* How many pages a free run has from the first one that lies at a multiple of align_bytes. */
BITS_INLINE size_t aligned_pages(const struct run_free *run, size_t align_bytes)
{
    const uintptr_t start = (uintptr_t)chunk_page_address(run->chunk, run->page);
    const size_t before = (bits_round_up(start, align_bytes) - start) >> UNITS_PAGE_SHIFT;
    if (align_bytes >> UNITS_PAGE_SHIFT > run->chunk->page_count) /* more than a chunk can hold, by chance */
        return 0;
    return before < run->pages ? run->pages - before : 0;
}

/* Of the first few runs of a class the first one in which so many pages begin at a multiple of align_bytes; NULL: none
 * has them, or a report of damage. */
BITS_INLINE struct list_node *search(const struct run_set *set, unsigned class, size_t pages, size_t align_bytes)
{
    struct list_node *node = run_first(set, class);
    const struct list_node *before = node;
    for (unsigned tries = RUN_TRIES; node != NULL; tries--) {
        struct run_free run;
        if (!run_at(set, node, &run) || run_class(run.pages) != class)
            return qi_run_report(set, before);
        if (aligned_pages(&run, align_bytes) >= pages)
            return node;
        if (tries == 1)
            return NULL;
        before = node;
        node = list_next(&set->chunks, node); /* whatever it is, nothing there is read before it is known as a run */
    }
    return NULL;
}

/* Not the first run of its own class: where the classes above have none, or the request is long. */
static BITS_NOINLINE struct list_node *search_class(const struct run_set *set, unsigned class, size_t pages)
{
    return search(set, class, pages, 1);
}

/* A run in a list from which so many pages can be allocated, and the class of the list. NULL: there is none, or a
 * report of damage. For a run of small blocks, which may be shorter, no class is searched. */
BITS_INLINE struct list_node *find(struct run_set *set, size_t pages, enum run_end end, unsigned *class,
                                   struct run_free *run)
{
    *class = run_class_wanted(set, pages);
    struct list_node *node = run_first(set, *class);
    if (node != NULL) {
        run_at(set, node, run);
        if (run->pages >= pages)
            return node;
    }
    const uintptr_t longer = set->class_mask >> *class >> 1;
    node = NULL;
    if (end == RUN_HEAD && (longer == 0 || pages >= RUN_SHORT_PAGES))
        node = search_class(set, *class, pages);
    if (node == NULL && longer != 0) {
        *class += 1 + bits_lowest(longer);
        node = run_first(set, *class);
    }
    if (node == NULL) {
        check_mask(set);
        return NULL;
    }
    run_at(set, node, run);
    return control_valid(run->pages >= pages) ? node : qi_run_report(set, node);
}

/* --- allocating --- */

/* Removes a node that was found from its list; false, nothing changed, after a report of damage. */
BITS_INLINE bool remove_found(struct run_set *set, const struct list_node *node, unsigned class)
{
    struct list_head *head = &set->heads[class];
    if (!bits_likely(list_first(head) == node)) {
        if (!qi_run_node_is_valid(set, node, class))
            return qi_run_report(set, node) != NULL;
        run_remove_node(set, node, class);
        return true;
    }
    struct list_node *next = list_next(&set->chunks, node);
    if ((next != NULL && !link_valid(qi_run_next_is_valid(set, node, class))) ||
        !list_node_is_first(&set->chunks, head, node))
        return qi_run_report(set, node) != NULL;
    list_remove_first(&set->chunks, head, node, next);
    if (next == NULL)
        set->class_mask &= ~((uintptr_t)1 << class);
    return true;
}

/* Allocates pages of the free run of a node that was found. */
BITS_INLINE bool cut(struct run_set *set, const struct list_node *node, unsigned class, const struct run_free *run,
                     size_t pages, enum run_end end, struct chunk **chunk, size_t *taken)
{
    page_code_t *codes = run->chunk->codes;
    const size_t rest = run->pages - pages, rest_page = end == RUN_TAIL ? run->page : run->page + pages;
    const unsigned rest_class = run_class(rest);
    if (end == RUN_HEAD || rest == 0 || rest_class != class) { /* else the rest stays where it is in its list */
        if (!remove_found(set, node, class))
            return false;
        if (end == RUN_HEAD)
            codes[run->page + run->pages - 1] = PAGE_NOTHING;
        if (rest != 0)
            run_insert(set, rest_class, run_node_at(run->chunk, rest_page));
        else
            set->free_runs--;
    }
    set->free_pages -= pages;
    if (rest != 0) /* [ rest ][ allocated ] or [ allocated ][ rest ] */
        run_mark_free(codes + rest_page, run->chunk->maps, rest_page, rest);
    *chunk = run->chunk;
    *taken = end == RUN_TAIL ? run->page + rest : run->page;
    run_use_pages(set, run->chunk, *taken, pages);
    return true;
}

bool qi_run_allocate_head(struct run_set *set, size_t pages, struct chunk **chunk, size_t *taken)
{
    unsigned class;
    struct run_free run;
    const struct list_node *node = find(set, pages, RUN_HEAD, &class, &run);
    return node != NULL && cut(set, node, class, &run, pages, RUN_HEAD, chunk, taken);
}

size_t qi_run_allocate_tail(struct run_set *set, size_t pages, size_t fewer, struct chunk **chunk, size_t *taken)
{
    unsigned class;
    struct run_free run;
    const struct list_node *node = find(set, pages, RUN_TAIL, &class, &run);
    if (node == NULL && fewer != pages) {
        pages = fewer;
        node = find(set, pages, RUN_TAIL, &class, &run);
    }
    return node != NULL && cut(set, node, class, &run, pages, RUN_TAIL, chunk, taken) ? pages : 0;
}

BITS_COLD size_t qi_run_allocate_aligned(struct run_set *set, size_t pages, size_t align_bytes, struct chunk **chunk,
                                         size_t *taken)
{
    const unsigned last = run_class_wanted(set, pages + (align_bytes >> UNITS_PAGE_SHIFT) - 1);
    for (unsigned class = run_class_wanted(set, pages); class <= last; class ++) {
        const struct list_node *node = search(set, class, pages, align_bytes);
        if (node == NULL)
            continue;
        struct run_free run;
        run_at(set, node, &run);
        return cut(set, node, class, &run, run.pages, RUN_HEAD, chunk, taken) ? run.pages : 0;
    }
    return 0;
}

/* --- freeing --- */

BITS_INLINE enum run_freed freed(const struct chunk *chunk, size_t pages)
{
    return pages == chunk->page_count ? RUN_FREED_ALL : RUN_FREED;
}

/* Reports a damaged neighbour; next: the one behind, if it was removed already. */
static BITS_COLD enum run_freed refuse(struct run_set *set, struct list_node *next, unsigned class, const void *damaged)
{
    if (next != NULL)
        relink_node(set, next, class);
    qi_run_report(set, damaged);
    return RUN_REFUSED;
}

BITS_NOINLINE enum run_freed qi_run_free(struct run_set *set, struct chunk *chunk, size_t page, size_t pages)
{
    uint8_t *maps = chunk->maps;
    page_code_t *codes = chunk->codes + page;
    struct list_node *this = run_node_at(chunk, page), *next = NULL;
    size_t before = 0, after = 0, whole = pages;
    if (codes[pages] == PAGE_FREE) {
        after = control_length_at_start(maps, page + pages);
        next = (struct list_node *)(void *)((uint8_t *)this + (pages << UNITS_PAGE_SHIFT));
        if (!run_length_is_valid(chunk, page + pages, after) || !node_is_valid(set, next, run_class(after)))
            return refuse(set, NULL, 0, next);
        run_unlink_node(set, next, run_class(after));
        whole += after;
    }
    if (page_code_is_free(codes[-1])) {
        before = control_length_at_end(maps, page - 1);
        if (!control_valid(before - 1 < page))
            return refuse(set, next, run_class(after), codes);
        this = (struct list_node *)(void *)((uint8_t *)this - (before << UNITS_PAGE_SHIFT));
        whole += before;
    }
    unsigned class = run_class(whole);
    bool stays = before != 0 && run_class(before) == class; /* the run before stays where it is in its list */
    if (before != 0 && !stays) {
        if (!node_is_valid(set, this, run_class(before)))
            return refuse(set, next, run_class(after), this);
        run_remove_node(set, this, run_class(before));
    }
    set->free_pages += pages;
    memory_freed(&set->chunks.source.reporter, chunk_page_address(chunk, page), pages << UNITS_PAGE_SHIFT);
    if (CONTROL_DIRECT_CODES && codes[0] >= PAGE_SMALL)
        code_quads_store(codes, pages, 0, 0); /* so that no inner code is stale */
    codes[0] = PAGE_NOTHING;
    if (next != NULL) { /* [ this ][ next ] -> [ this      ] */
        codes[pages] = PAGE_NOTHING;
        list_free_memory(&set->chunks, next);
        set->free_runs--;
    }
    if (before != 0) /* [ prev ][ this ] -> [ this      ] */
        codes[-1] = PAGE_NOTHING;
    else
        set->free_runs++;
    if (!stays)
        run_insert(set, class, this);
    run_mark_free(codes - before, maps, page - before, whole);
    return freed(chunk, whole);
}

bool qi_run_grow(struct run_set *set, struct chunk *chunk, size_t page, size_t old, size_t pages)
{
    size_t next = page + old, more = pages - old;
    if (chunk->codes[next] != PAGE_FREE)
        return false;
    size_t length = control_length_at_start(chunk->maps, next);
    if (!run_length_is_valid(chunk, next, length))
        return qi_run_report(set, &chunk->codes[next]) != NULL;
    if (length < more)
        return false;
    struct list_node *node = run_node_at(chunk, next);
    if (!qi_run_node_is_valid(set, node, run_class(length)))
        return qi_run_report(set, node) != NULL;
    run_remove_node(set, node, run_class(length));
    run_use_pages(set, chunk, next, more);
    set->free_pages -= more;
    chunk->codes[next] = PAGE_NOTHING; /* [ this ][ next ] -> [ this   ][ rest ] */
    chunk->codes[next + length - 1] = PAGE_NOTHING;
    if (length != more) {
        run_insert(set, run_class(length - more), run_node_at(chunk, next + more));
        run_mark_free(chunk->codes + next + more, chunk->maps, next + more, length - more);
    } else {
        set->free_runs--;
    }
    return true;
}

/* --- figures --- */

/* Of the first few runs of a class, the longest or the shortest; 0: there is none, or damage was found. */
static size_t extreme_pages(const struct run_set *set, unsigned class, bool wants_longest)
{
    const struct list_node *node = run_first(set, class);
    size_t found = 0;
    for (unsigned tries = RUN_TRIES; tries != 0 && node != NULL; tries--) {
        struct run_free run;
        if (run_at(set, node, &run) && (found == 0 || (run.pages > found) == wants_longest))
            found = run.pages;
        node = qi_run_next_is_valid(set, node, class) ? list_next(&set->chunks, node) : NULL;
    }
    return found;
}

/* Which classes have a run; 0: none has, or what says so is damaged. */
static uintptr_t valid_mask(const struct run_set *set)
{
    return control_valid(set->class_mask == mask_of_heads(set)) ? set->class_mask : 0;
}

size_t qi_run_largest_free_pages(const struct run_set *set)
{
    const uintptr_t mask = valid_mask(set);
    return mask == 0 ? 0 : extreme_pages(set, bits_highest(mask), true);
}

size_t qi_run_shortest_free_pages(const struct run_set *set)
{
    const uintptr_t mask = valid_mask(set);
    return mask == 0 ? 0 : extreme_pages(set, bits_lowest(mask), false);
}
