/* SPDX-License-Identifier: MIT
 *
 * run.c: see run.h. Classes first, then the lists, then taking, then giving and merging.
 */
#include "run.h"

static inline unsigned class_of(size_t pages)
{
    if (pages < RUN_EXACT_PAGES)
        return (unsigned)pages - 1;
    unsigned power = bits_highest(pages);
    unsigned class;
    if (RUN_FINE_SHIFT >= 31 || power < RUN_FINE_SHIFT)
        class = RUN_EXACT_PAGES - 1 + 2 * (power - RUN_EXACT_SHIFT) + (unsigned)(pages >> (power - 1) & 1);
    else
        class = RUN_EXACT_PAGES - 1 + 2 * (RUN_FINE_SHIFT - RUN_EXACT_SHIFT) + (power - RUN_FINE_SHIFT);
    return class < RUN_CLASSES ? class : RUN_CLASSES - 1;
}

unsigned qi_run_class(size_t pages)
{
    return class_of(pages);
}

/* Does the class begin at just this length, so that every run in it is long enough? */
static inline bool class_starts_at(size_t pages)
{
    if (pages <= RUN_EXACT_PAGES)
        return true;
    unsigned power = bits_highest(pages);
    size_t half = (RUN_FINE_SHIFT >= 31 || power < RUN_FINE_SHIFT) ? pages & ~((size_t)1 << (power - 1)) : pages;
    return bits_is_power_of_two(half);
}

/* The node of the free run that starts at a page. */
BITS_INLINE struct list_node *node_at(const struct chunk *chunk, pages_t page)
{
    return (struct list_node *)(void *)chunk_page_address(chunk, page);
}

/* Writes what says that pages are a free run. */
BITS_INLINE void mark_free(const struct chunk *chunk, pages_t page, pages_t pages)
{
    uint8_t *codes = chunk->codes;
    codes[page] = PAGE_FREE;
    codes[page + pages - 1] = PAGE_FREE;
    chunk_set_length_at_start(chunk, page, pages);
    chunk_set_length_at_end(chunk, page + pages - 1, pages);
}

/* Makes pages a free run of its class's list. */
static inline void insert(struct run_set *set, struct chunk *chunk, pages_t page, pages_t pages)
{
    mark_free(chunk, page, pages);
    unsigned class = class_of(pages);
    set->class_mask |= (uintptr_t)1 << class;
    list_push(&set->heads[class], node_at(chunk, page));
}

/* Takes a sound node out of its list. The head's address names the class of a list that runs empty. */
static inline void take_out(struct run_set *set, struct list_node *node)
{
    struct list_node **link = node->link;
    list_take(node);
    if (*link == NULL) {
        uintptr_t position = (uintptr_t)link - (uintptr_t)set->heads;
        if (position < sizeof set->heads)
            set->class_mask &= ~((uintptr_t)1 << (position / sizeof(struct list_node *)));
    }
}

static bool report_bad_run(const struct run_set *set, const void *node)
{
    return qi_guard_report_damage(&set->chunks.source.guard, node);
}

/* The chunk in which the free run of a sound node lies, and in *page where it starts. */
BITS_INLINE struct chunk *free_run_of(const struct run_set *set, const struct list_node *node, pages_t *page)
{
    struct chunk *chunk = run_chunk_of(set, node);
    *page = (pages_t)(chunk_granule(chunk, node) >> UNITS_PAGE_GRANULE_SHIFT);
    return chunk;
}

BITS_INLINE pages_t free_run_pages(const struct run_set *set, const struct list_node *node)
{
    pages_t page;
    const struct chunk *chunk = free_run_of(set, node, &page);
    return chunk_length_at_start(chunk, page);
}

/* The last resort: some runs of a class that starts below the length asked for. */
static BITS_COLD struct list_node *search_class(struct run_set *set, unsigned class, size_t pages)
{
    struct list_node *node = set->heads[class];
    for (unsigned tries = RUN_LAST_TRIES; node != NULL && tries != 0; tries--) {
        if (free_run_pages(set, node) >= pages)
            return node;
        if (!list_next_is_sound(&set->chunks, node))
            return NULL;
        node = node->next;
    }
    return NULL;
}

/* A node whose run is long enough, or NULL. */
static inline struct list_node *choose(struct run_set *set, size_t pages)
{
    unsigned class = class_of(pages);
    struct list_node *node = set->heads[class];
    bool every = class_starts_at(pages);
    if (node != NULL) {
        if (every && class != RUN_CLASSES - 1)
            return node;
        if (free_run_pages(set, node) >= pages)
            return node;
    }
    uintptr_t longer = set->class_mask >> class >> 1;
    if (longer != 0)
        return set->heads[class + 1 + bits_lowest(longer)];
    return node != NULL ? search_class(set, class, pages) : NULL;
}

struct chunk *qi_run_take(struct run_set *set, size_t pages, enum run_end end, pages_t *taken)
{
    struct list_node *node = choose(set, pages);
    if (node == NULL)
        return NULL;
    pages_t page;
    struct chunk *chunk = free_run_of(set, node, &page);
    pages_t length = chunk_length_at_start(chunk, page);
    pages_t rest = length - (pages_t)pages;
    *taken = end == RUN_TAIL ? page + rest : page;
    if (end == RUN_TAIL && rest != 0 && class_of(rest) == class_of(length)) {
        /* [ free          ] -> [ rest ][ taken ]: the rest stays where it is in its list, and no link is needed */
        mark_free(chunk, page, rest);
        set->free_pages -= pages;
        return chunk;
    }
    if (!list_is_sound(&set->chunks, node)) {
        report_bad_run(set, node);
        return NULL;
    }
    take_out(set, node);
    set->free_pages -= pages;
    chunk->codes[page] = PAGE_NOTHING;
    chunk->codes[page + length - 1] = PAGE_NOTHING;
    if (rest != 0) /* [ rest ][ taken ] or [ taken ][ rest ] */
        insert(set, chunk, end == RUN_TAIL ? page : page + (pages_t)pages, rest);
    return chunk;
}

BITS_INLINE enum run_given given(const struct chunk *chunk, pages_t pages)
{
    return pages == chunk_page_count(chunk) ? RUN_GIVEN_ALL : RUN_GIVEN;
}

enum run_given qi_run_give(struct run_set *set, struct chunk *chunk, pages_t page, pages_t pages)
{
    uint8_t *codes = chunk->codes;
    pages_t before = codes[(ptrdiff_t)page - 1] == PAGE_FREE ? chunk_length_at_end(chunk, page - 1) : 0;
    pages_t after = codes[page + pages] == PAGE_FREE ? chunk_length_at_start(chunk, page + pages) : 0;
    struct list_node *node = node_at(chunk, page - before), *next = node_at(chunk, page + pages);
    pages_t whole = before + pages + after;
    bool stays = before != 0 && class_of(before) == class_of(whole);
    bool sound = before == 0 || stays || list_is_sound(&set->chunks, node);
    if (!sound || (after != 0 && !list_is_sound(&set->chunks, next))) {
        report_bad_run(set, sound ? next : node);
        return RUN_REFUSED;
    }
    set->free_pages += pages;
    if (after != 0) { /* [ this ][ next ] -> [ this      ] */
        take_out(set, next);
        codes[page + pages] = PAGE_NOTHING;
    }
    codes[page] = PAGE_NOTHING;
    if (before != 0) { /* [ prev ][ this ] -> [ this      ] */
        codes[page - 1] = PAGE_NOTHING;
        page -= before;
        if (stays) { /* where it is in its list */
            mark_free(chunk, page, whole);
            return given(chunk, whole);
        }
        take_out(set, node);
    }
    insert(set, chunk, page, whole);
    return given(chunk, whole);
}

bool qi_run_grow(struct run_set *set, struct chunk *chunk, pages_t page, pages_t old, pages_t pages)
{
    pages_t next = page + old;
    if (chunk->codes[next] != PAGE_FREE)
        return false;
    pages_t length = chunk_length_at_start(chunk, next);
    if (length < pages - old)
        return false;
    struct list_node *node = node_at(chunk, next);
    if (!list_is_sound(&set->chunks, node))
        return report_bad_run(set, node);
    take_out(set, node);
    set->free_pages -= pages - old;
    chunk->codes[next] = PAGE_NOTHING; /* [ this ][ next ] -> [ this   ][ rest ] */
    chunk->codes[next + length - 1] = PAGE_NOTHING;
    if (length != pages - old)
        insert(set, chunk, page + pages, length - (pages - old));
    return true;
}

void qi_run_add_first(struct run_set *set)
{
    struct chunk *first = &set->chunks.first;
    set->free_pages += chunk_page_count(first);
    insert(set, first, 0, chunk_page_count(first));
}

bool qi_run_add_chunk(struct run_set *set, struct added_chunk *added)
{
    struct chunk *chunk = &added->chunk;
    if (!qi_chunk_format(chunk, (uint8_t *)(added + 1), (uint8_t *)added + chunk->bytes))
        return false;
    qi_chunk_insert(&set->chunks, added);
    set->free_pages += chunk_page_count(chunk);
    insert(set, chunk, 0, chunk_page_count(chunk));
    return true;
}

bool qi_run_chunk_is_free(const struct chunk *chunk)
{
    return chunk->granules != 0 && chunk->codes[0] == PAGE_FREE &&
           chunk_length_at_start(chunk, 0) == chunk_page_count(chunk);
}

bool qi_run_remove_chunk(struct run_set *set, struct chunk *chunk)
{
    if (!qi_run_chunk_is_free(chunk))
        return false;
    struct list_node *node = node_at(chunk, 0);
    if (!list_is_sound(&set->chunks, node))
        return report_bad_run(set, node);
    take_out(set, node);
    set->free_pages -= chunk_page_count(chunk);
    return true;
}

size_t qi_run_largest_free_pages(const struct run_set *set)
{
    if (set->class_mask == 0)
        return 0;
    const struct list_node *node = set->heads[bits_highest(set->class_mask)];
    size_t largest = 0;
    for (unsigned tries = RUN_LAST_TRIES; tries != 0 && node != NULL; tries--) {
        size_t pages = free_run_pages(set, node);
        if (pages > largest)
            largest = pages;
        node = list_next_is_sound(&set->chunks, node) ? node->next : NULL;
    }
    return largest;
}
