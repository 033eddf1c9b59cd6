/* SPDX-License-Identifier: MIT
 *
 * run.c: see run.h. Classes first, then the lists, then giving, merging and growing; taking is in the header.
 */
#include "run.h"

/* --- classes --- */

#define EIGHT_OF(class) class, class, class, class, class, class, class, class

const uint8_t qi_run_short_classes[RUN_SHORT_PAGES] = {
        0,
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        7,
        7,
        7,
        8,
        8,
        8,
        8,
        EIGHT_OF(9),
        EIGHT_OF(10),
        EIGHT_OF(11),
        EIGHT_OF(11),
        EIGHT_OF(12),
        EIGHT_OF(12),
};

/* --- free runs and their lists --- */

/* May a free run's node be taken out of its list, where a call costs nothing that matters? */
static BITS_NOINLINE bool node_is_sound(const struct run_set *set, const struct list_node *node)
{
    return list_is_sound(&set->chunks, run_heads(set), node);
}

/* Takes a sound node out of its list, and leaves it as it is. The head's address names the class of a list that runs
 * empty. */
BITS_INLINE void unlink_node(struct run_set *set, const struct list_node *node)
{
    struct list_node **link = list_link(&set->chunks, node), *next = list_next(&set->chunks, node);
    uintptr_t distance = list_head_distance(run_heads(set), link);
    list_follow(&set->chunks, run_heads(set), link, next);
    if (next == NULL && list_head_is_there(run_heads(set), distance))
        set->class_mask &= ~((uintptr_t)1 << list_head_index(distance));
}

/* Undoes that, before another node is taken out or put in. */
static BITS_COLD void relink_node(struct run_set *set, struct list_node *node)
{
    uintptr_t distance = list_head_distance(run_heads(set), list_link(&set->chunks, node));
    qi_list_relink(&set->chunks, run_heads(set), node);
    if (list_head_is_there(run_heads(set), distance))
        set->class_mask |= (uintptr_t)1 << list_head_index(distance);
}

BITS_INLINE void take_out(struct run_set *set, const struct list_node *node)
{
    unlink_node(set, node);
    list_scrub(node);
}

/* What the mask must be. */
static uintptr_t mask_of_heads(const struct run_set *set)
{
    uintptr_t mask = 0;
    for (unsigned class = 0; class < RUN_CLASSES; class ++) {
        if (set->heads[class] != NULL)
            mask |= (uintptr_t)1 << class;
    }
    return mask;
}

BITS_COLD void *qi_run_report(const struct run_set *set, const void *node)
{
    qi_guard_report_damage(&set->chunks.source.guard, node);
    return NULL;
}

BITS_COLD struct list_node *qi_run_search_class(struct run_set *set, unsigned class, size_t pages)
{
    struct list_node *node = set->heads[class];
    if (node != NULL && !list_head_is_sound(&set->chunks, &set->heads[class]))
        return qi_run_report(set, &set->heads[class]);
    for (unsigned tries = RUN_LAST_TRIES; node != NULL && tries != 0; tries--) {
        if (!node_is_sound(set, node) || (UNITS_GUARDED && run_of_node(set, node).pages == 0))
            return qi_run_report(set, node);
        if (run_of_node(set, node).pages >= pages) {
            take_out(set, node);
            run_insert(set, class, node);
            return node;
        }
        node = list_next(&set->chunks, node);
    }
    if (UNITS_GUARDED)
        qi_run_mend_mask(set);
    return NULL;
}

BITS_COLD void qi_run_mend_mask(struct run_set *set)
{
    const uintptr_t mask = UNITS_GUARDED ? mask_of_heads(set) : set->class_mask;
    if (mask != set->class_mask) {
        set->class_mask = mask;
        qi_run_report(set, &set->class_mask);
    }
}

/* --- taking --- */

bool qi_run_take(struct run_set *set, size_t pages, enum run_end end, struct chunk **chunk, size_t *taken)
{
    return run_take_inline(set, pages, end, chunk, taken);
}

/* --- giving --- */

BITS_INLINE enum run_given given(const struct chunk *chunk, size_t pages)
{
    return pages == chunk->page_count ? RUN_GIVEN_ALL : RUN_GIVEN;
}

/* Reports a damaged neighbour; next: the one behind, if it was taken out already. */
static BITS_COLD enum run_given refuse(struct run_set *set, struct list_node *next, const void *damaged)
{
    if (next != NULL)
        relink_node(set, next);
    qi_run_report(set, damaged);
    return RUN_REFUSED;
}

BITS_NOINLINE enum run_given qi_run_give(struct run_set *set, struct chunk *chunk, size_t page, size_t pages)
{
    uint8_t *maps = chunk->maps;
    page_code_t *codes = chunk->codes + page;
    struct list_node *this = run_node_at(chunk, page), *next = NULL;
    size_t before = 0, whole = pages;
    if (codes[pages] == PAGE_FREE) {
        size_t after = chunk_length_at_start(maps, page + pages);
        next = (struct list_node *)(void *)((uint8_t *)this + (pages << UNITS_PAGE_SHIFT));
        if ((UNITS_GUARDED && !run_fits(chunk, page + pages, after)) ||
            !list_is_sound(&set->chunks, run_heads(set), next))
            return refuse(set, NULL, next);
        unlink_node(set, next);
        whole += after;
    }
    if (codes[-1] == PAGE_FREE) {
        before = chunk_length_at_end(maps, page - 1);
        if (UNITS_GUARDED && before - 1 >= page)
            return refuse(set, next, codes);
        this = (struct list_node *)(void *)((uint8_t *)this - (before << UNITS_PAGE_SHIFT));
        whole += before;
    }
    unsigned class = run_class(whole);
    bool stays = before != 0 && run_class(before) == class; /* the run before stays where it is in its list */
    if (before != 0 && !stays) {
        if (!list_is_sound(&set->chunks, run_heads(set), this))
            return refuse(set, next, this);
        take_out(set, this);
    }
    set->free_pages += pages;
    if (FILL_IS_ON)
        qi_fill(chunk_page_address(chunk, page), pages << UNITS_PAGE_SHIFT);
    if (CHUNK_DIRECT_CODES && codes[0] >= PAGE_SMALL)
        code_quads_store(codes, pages, 0, 0); /* so that no inner code is stale */
    codes[0] = PAGE_NOTHING;
    if (next != NULL) { /* [ this ][ next ] -> [ this      ] */
        codes[pages] = PAGE_NOTHING;
        list_scrub(next);
    }
    if (before != 0) /* [ prev ][ this ] -> [ this      ] */
        codes[-1] = PAGE_NOTHING;
    if (!stays)
        run_insert(set, class, this);
    run_mark_free(codes - before, maps, page - before, whole);
    return given(chunk, whole);
}

bool qi_run_grow(struct run_set *set, struct chunk *chunk, size_t page, size_t old, size_t pages)
{
    size_t next = page + old, more = pages - old;
    if (chunk->codes[next] != PAGE_FREE)
        return false;
    size_t length = chunk_length_at_start(chunk->maps, next);
    if (UNITS_GUARDED && !run_fits(chunk, next, length))
        return qi_run_report(set, &chunk->codes[next]) != NULL;
    if (length < more)
        return false;
    struct list_node *node = run_node_at(chunk, next);
    if (!node_is_sound(set, node))
        return qi_run_report(set, node) != NULL;
    take_out(set, node);
    run_verify(set, chunk, next, more);
    set->free_pages -= more;
    chunk->codes[next] = PAGE_NOTHING; /* [ this ][ next ] -> [ this   ][ rest ] */
    chunk->codes[next + length - 1] = PAGE_NOTHING;
    if (length != more) {
        run_insert(set, run_class(length - more), run_node_at(chunk, next + more));
        run_mark_free(chunk->codes + next + more, chunk->maps, next + more, length - more);
    }
    return true;
}

/* --- chunks --- */

static void add_pages(struct run_set *set, struct chunk *chunk)
{
    set->free_pages += chunk->page_count;
    if (MARK_IS_ON)
        mark_closed(chunk->codes - 1, (size_t)(chunk_page_address(chunk, chunk->page_count) - (uint8_t *)chunk->codes) +
                                              sizeof(page_code_t));
    if (FILL_IS_ON)
        qi_fill(chunk->pages, chunk->page_count << UNITS_PAGE_SHIFT);
    run_insert(set, run_class(chunk->page_count), run_node_at(chunk, 0));
    run_mark_free(chunk->codes, chunk->maps, 0, chunk->page_count);
}

void qi_run_add_first(struct run_set *set)
{
    add_pages(set, &set->chunks.first);
}

bool qi_run_add_chunk(struct run_set *set, struct added_chunk *added)
{
    struct chunk *chunk = &added->chunk;
    if (!qi_chunk_format(chunk, (uint8_t *)(added + 1), (uintptr_t)added + chunk->bytes))
        return false;
    qi_chunk_insert(&set->chunks, added);
    add_pages(set, chunk);
    return true;
}

bool qi_run_chunk_is_free(const struct chunk *chunk)
{
    return chunk_is_sound(chunk) && chunk->page_count != 0 && chunk->codes[0] == PAGE_FREE &&
           chunk_length_at_start(chunk->maps, 0) == chunk->page_count;
}

bool qi_run_remove_chunk(struct run_set *set, struct chunk *chunk)
{
    if (!qi_run_chunk_is_free(chunk))
        return false;
    struct list_node *node = run_node_at(chunk, 0);
    if (!node_is_sound(set, node))
        return qi_run_report(set, node) != NULL;
    take_out(set, node);
    set->free_pages -= chunk->page_count;
    run_verify(set, chunk, 0, chunk->page_count);
    return true;
}

size_t qi_run_largest_free_pages(const struct run_set *set)
{
    if (set->class_mask == 0 || (UNITS_GUARDED && set->class_mask != mask_of_heads(set)))
        return 0;
    const unsigned class = bits_highest(set->class_mask);
    const struct list_node *node = set->heads[class];
    size_t largest = 0;
    if (UNITS_GUARDED && !list_head_is_sound(&set->chunks, (struct list_node **)(uintptr_t)&set->heads[class]))
        return 0;
    for (unsigned tries = RUN_LAST_TRIES; tries != 0 && node != NULL; tries--) {
        size_t pages = run_of_node(set, node).pages;
        if (pages > largest)
            largest = pages;
        node = list_next_is_sound(&set->chunks, node) ? list_next(&set->chunks, node) : NULL;
    }
    return largest;
}
