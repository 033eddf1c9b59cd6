/* SPDX-License-Identifier: MIT
 *
 * run.c: see run.h. Classes first, then the lists, then freeing, merging and growing; allocating is in the header.
 */
#include "run.h"

/* --- classes --- */

#define CLASSES_4(pages)                                                                                               \
    RUN_SHORT_CLASS(pages), RUN_SHORT_CLASS((pages) + 1), RUN_SHORT_CLASS((pages) + 2), RUN_SHORT_CLASS((pages) + 3)
#define CLASSES_16(pages) CLASSES_4(pages), CLASSES_4((pages) + 4), CLASSES_4((pages) + 8), CLASSES_4((pages) + 12)

const uint8_t qi_run_short_classes[RUN_SHORT_PAGES] = {CLASSES_16(0), CLASSES_16(16), CLASSES_16(32), CLASSES_16(48)};

/* --- free runs and their lists --- */

/* Does a free run of the chunk start at node? */
BITS_INLINE bool starts_in(const struct chunk *chunk, const struct list_node *node)
{
    const size_t page = bits_rotate_right(chunk_offset(chunk, node), UNITS_PAGE_SHIFT); /* huge, unless one begins */
    return page < chunk->page_count && chunk->codes[page] == PAGE_FREE &&
           run_length_is_valid(chunk, page, control_length_at_start(chunk->maps, page));
}

static BITS_NOINLINE const struct chunk *added_chunk_where_run_starts(const struct run_set *set,
                                                                      const struct list_node *node)
{
    const struct added_chunk *added = qi_chunk_find_added(&set->chunks, node);
    return added != NULL && starts_in(&added->chunk, node) ? &added->chunk : NULL;
}

/* The chunk of the free run that starts at node; NULL: none starts there. Node may be any address. */
BITS_INLINE const struct chunk *chunk_where_run_starts(const struct run_set *set, const struct list_node *node)
{
    const struct chunk *first = &set->chunks.first;
    return bits_likely(chunk_is_valid(first) && starts_in(first, node)) ? first
                                                                        : added_chunk_where_run_starts(set, node);
}

BITS_INLINE bool is_listed(const struct run_set *set, const struct list_node *node, unsigned class)
{
    const struct chunk *chunk = chunk_where_run_starts(set, node);
    return chunk != NULL &&
           run_class(control_length_at_start(chunk->maps, chunk_offset(chunk, node) >> UNITS_PAGE_SHIFT)) == class;
}

BITS_NOINLINE bool qi_run_is_listed(const struct run_set *set, const struct list_node *node, unsigned class)
{
    return is_listed(set, node, class);
}

BITS_NOINLINE bool qi_run_next_is_valid(const struct run_set *set, const struct list_node *node, unsigned class)
{
    const struct list_node *next = list_next(&set->chunks, node);
    return next == NULL || link_valid(is_listed(set, next, class) && list_next_points_back(&set->chunks, node));
}

/* Behind the first node, links lead from one free run to another: of what class the others are does not matter before
 * one of them becomes the first. */
static bool links_are_valid(const struct run_set *set, const struct list_node *node, unsigned class)
{
    const struct list_head *head = &set->heads[class];
    struct list_node *const *link = list_link(&set->chunks, node);
    const struct list_node *before = list_node_before(list_link(&set->chunks, node));
    const struct list_node *next = list_next(&set->chunks, node);
    if (list_first(head) == node || link == &head->first)
        return list_first(head) == node && link == &head->first && qi_run_next_is_valid(set, node, class);
    return chunk_where_run_starts(set, before) != NULL && list_next(&set->chunks, before) == node &&
           (next == NULL || (chunk_where_run_starts(set, next) != NULL && list_next_points_back(&set->chunks, node)));
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

/* How many runs of its own class a request looks at. */
static unsigned tries_in(unsigned class)
{
    return class < RUN_SHORT_CLASSES ? RUN_LAST_TRIES : RUN_LONG_TRIES;
}

/* How many pages a free run has from the first one that lies at a multiple of align_bytes. */
static size_t aligned_pages(const struct run_free *run, size_t align_bytes)
{
    const uintptr_t start = (uintptr_t)chunk_page_address(run->chunk, run->page);
    const size_t before = (bits_round_up(start, align_bytes) - start) >> UNITS_PAGE_SHIFT;
    if (align_bytes >> UNITS_PAGE_SHIFT > run->chunk->page_count) /* more than a chunk can hold, by chance */
        return 0;
    return before < run->pages ? run->pages - before : 0;
}

/* qi_run_search_class() for a run in which the pages begin at a multiple of align_bytes; 0: anywhere. */
BITS_INLINE struct list_node *search(struct run_set *set, unsigned class, size_t pages, size_t align_bytes)
{
    struct list_node *node = run_first(set, class);
    for (unsigned tries = tries_in(class); node != NULL && tries != 0; tries--) {
        const struct run_free run = run_of_node(set, node);
        if (!control_valid(run.pages != 0) || run_class(run.pages) != class || !qi_run_node_is_valid(set, node, class))
            return qi_run_report(set, node);
        if ((align_bytes == 0 ? run.pages : aligned_pages(&run, align_bytes)) >= pages) {
            run_remove_node(set, node, class);
            run_insert(set, class, node);
            return node;
        }
        node = list_next(&set->chunks, node);
    }
    return NULL;
}

BITS_COLD struct list_node *qi_run_search_class(struct run_set *set, unsigned class, size_t pages)
{
    return search(set, class, pages, 0);
}

BITS_COLD size_t qi_run_find_aligned(struct run_set *set, size_t pages, size_t align_bytes)
{
    const unsigned last = run_class_wanted(set, pages + (align_bytes >> UNITS_PAGE_SHIFT) - 1);
    for (unsigned class = run_class_wanted(set, pages); class <= last; class ++) {
        struct list_node *node = search(set, class, pages, align_bytes);
        if (node != NULL)
            return run_of_node(set, node).pages;
    }
    return 0;
}

BITS_COLD void qi_run_check_mask(struct run_set *set)
{
    if (!control_valid(set->class_mask == mask_of_heads(set))) {
        set->class_mask = mask_of_heads(set);
        qi_run_report(set, &set->class_mask);
    }
}

/* --- allocating --- */

bool qi_run_allocate(struct run_set *set, size_t pages, enum run_end end, struct chunk **chunk, size_t *taken)
{
    return run_allocate_inline(set, pages, end, chunk, taken);
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
    for (unsigned tries = tries_in(class); tries != 0 && node != NULL; tries--) {
        const size_t pages = run_of_node(set, node).pages;
        if (pages != 0 && (found == 0 || (pages > found) == wants_longest))
            found = pages;
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
