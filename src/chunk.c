/* SPDX-License-Identifier: MIT
 *
 * chunk.c: see chunk.h. The tree first, then the list, then the layout.
 */
#include "chunk.h"

#include "bytes.h"

_Static_assert(sizeof(struct added_chunk) % sizeof(void *) == 0, "codes follow the struct");
const struct chunk qi_chunk_without_pages;

_Static_assert(offsetof(struct chunk, at) == 0, "the pages of the hot limits are the chunk's first member");

BITS_NOINLINE struct added_chunk *qi_chunk_find_added(const struct chunk_set *set, const void *address)
{
    struct added_chunk *hot = (struct added_chunk *)control_believed_hot(&set->source.hot);
    if (hot != NULL && &hot->chunk != &set->first && (uintptr_t)address - (uintptr_t)hot < hot->chunk.bytes)
        return hot;
    struct added_chunk *node = chunk_link(&set->root);
    while (node != NULL && chunk_is_valid(&node->chunk)) {
        if ((uintptr_t)address - (uintptr_t)node->start < node->chunk.bytes)
            return node;
        node = chunk_is_high(node, (uintptr_t)address) ? chunk_link(&node->high) : chunk_link(&node->low);
    }
    return NULL;
}

bool qi_chunk_is_added(const struct chunk_set *set, const struct chunk *chunk)
{
    return qi_chunk_find_added(set, chunk) == (const struct added_chunk *)chunk;
}

/* Is what a chunk says of itself and of the tree below it undamaged? */
static bool node_is_valid(const struct added_chunk *node)
{
    return chunk_added_is_valid(node) && chunk_link_is_valid(&node->low) && chunk_link_is_valid(&node->high);
}

/* All below the high side of a chunk lies above all below its low side; the chunk itself may lie anywhere. On the way
 * down to the address, what lies next above it is one of the way, or below the last high side that was left aside. */
bool qi_chunk_next(const struct chunk_set *set, const void *address, struct added_chunk **next)
{
    const uintptr_t least = (uintptr_t)address;
    struct added_chunk *node = chunk_link(&set->root), *aside = NULL;
    bool is_above = false; /* the address, and so is all below the node */
    *next = NULL;
    if (!chunk_link_is_valid(&set->root))
        return false;
    while (node != NULL || (aside != NULL && !is_above)) {
        if (node == NULL) { /* the way ends */
            node = aside;
            is_above = true;
        }
        if (!node_is_valid(node))
            return false;
        const uintptr_t start = (uintptr_t)node->start;
        const bool is_elsewhere = ((start ^ least) >> node->bit) >> 1 != 0;
        is_above = is_above || (is_elsewhere && start > least);
        if (start >= least && (*next == NULL || start < (uintptr_t)(*next)->start))
            *next = node;
        struct added_chunk *const low = chunk_link(&node->low), *const high = chunk_link(&node->high);
        if (is_above) {
            node = low != NULL ? low : high;
        } else if (is_elsewhere) { /* below the address, with all below it */
            node = NULL;
        } else if (chunk_is_high(node, least)) {
            node = high;
        } else {
            aside = high != NULL ? high : aside;
            node = low;
        }
    }
    return true;
}

/* The number of the highest bit in which two addresses differ; 0 for one and the same, which damage may lead to. */
static unsigned highest_difference(uintptr_t one, uintptr_t other)
{
    return bits_highest((one ^ other) | 1);
}

/* The highest bit in which the first and the last byte differ. No two chunks at and below one node have the same, as
 * both would hold the middle of what they can lie in. */
static unsigned home_bit(const struct added_chunk *added)
{
    const uintptr_t first = (uintptr_t)added->start;
    return highest_difference(first, first + added->chunk.bytes - 1);
}

/* The word of the list that points to a chunk. */
static void set_list_link(struct added_chunk *added, struct added_chunk **link)
{
    added->link = link;
    control_keep(added, link_check, ~(uintptr_t)link);
}

/* May an added chunk be removed from the list? */
static bool links_are_valid(const struct added_chunk *added)
{
    return control_matches(added, link_check, ~(uintptr_t)added->link) &&
           control_valid(chunk_link(added->link) == added) && chunk_link_is_valid(&added->chunk.next);
}

static struct added_chunk **child_link(struct added_chunk *above, const struct added_chunk *below)
{
    return chunk_is_high(above, (uintptr_t)below) ? &above->high : &above->low;
}

/* The seal changes by as much, so that damage stays damage. */
static void set_bit(struct added_chunk *node, unsigned bit)
{
    control_keep(node, origin, control_word(node, origin) + (((uintptr_t)node->bit - bit) << CHUNK_BIT_SHIFT));
    node->bit = (uint8_t)bit;
}

/* Takes some leaf below a node, or the node itself, out of the tree. */
static struct added_chunk *remove_leaf(struct added_chunk **link, struct added_chunk *node)
{
    struct added_chunk *low = chunk_link(&node->low), *high = chunk_link(&node->high);
    while (low != NULL || high != NULL) {
        link = low != NULL ? &node->low : &node->high;
        node = low != NULL ? low : high;
        low = chunk_link(&node->low);
        high = chunk_link(&node->high);
    }
    chunk_set_link(link, NULL);
    return node;
}

static void make_leaf(struct added_chunk *node)
{
    chunk_set_link(&node->low, NULL);
    chunk_set_link(&node->high, NULL);
}

/* Puts another chunk into the place of the one that a link leads to. */
static void replace_node(struct added_chunk **link, const struct added_chunk *node, struct added_chunk *by)
{
    set_bit(by, node->bit);
    chunk_set_link(&by->low, chunk_link(&node->low));
    chunk_set_link(&by->high, chunk_link(&node->high));
    chunk_set_link(link, by);
}

static void tree_insert(struct chunk_set *set, struct added_chunk *added)
{
    struct added_chunk **link = &set->root;
    unsigned home = home_bit(added);
    make_leaf(added);
    for (struct added_chunk *node = chunk_link(link); node != NULL; node = chunk_link(link)) {
        const unsigned difference = highest_difference((uintptr_t)added, (uintptr_t)node);
        const unsigned above = difference > home ? difference : home;
        if (above > node->bit) { /* node and all below it lie on one side of the new one */
            set_bit(added, above);
            chunk_set_link(child_link(added, node), node);
            chunk_set_link(link, added);
            return;
        }
        if (home == node->bit) { /* node's own home is lower */
            replace_node(link, node, added);
            link = child_link(added, node);
            added = node;
            home = home_bit(added);
            make_leaf(added);
        } else {
            link = child_link(node, added);
        }
    }
    set_bit(added, home);
    chunk_set_link(link, added);
}

bool qi_chunk_links_are_valid(const struct added_chunk *added)
{
    return links_are_valid(added) && chunk_link_is_valid(&added->low) && chunk_link_is_valid(&added->high) &&
           chunk_origin_is_valid(added);
}

/* The link of the tree that leads to a chunk; NULL: the way to it is damaged. */
static struct added_chunk **tree_link(struct chunk_set *set, const struct added_chunk *added)
{
    struct added_chunk **link = &set->root;
    struct added_chunk *node;
    while ((node = chunk_link(link)) != added) {
        if (!control_valid(node != NULL))
            return NULL;
        link = child_link(node, added);
    }
    return link;
}

static void tree_remove(struct added_chunk **link, struct added_chunk *added)
{
    struct added_chunk *leaf = remove_leaf(link, added);
    if (leaf != added)
        replace_node(link, added, leaf);
}

void qi_chunk_set_begin(struct chunk_set *set)
{
    set->chunk_count = 1;
    set->capacity_bytes = chunk_capacity_bytes(&set->first);
}

void qi_chunk_insert(struct chunk_set *set, struct added_chunk *added)
{
    /* A damaged link is written over, so what it led to is lost. */
    if (!chunk_link_is_valid(&set->first.next) || !chunk_link_is_valid(&set->root))
        qi_report_damage(&set->source.reporter, &set->first.next);
    struct added_chunk *next = chunk_link(&set->first.next);
    tree_insert(set, added);
    chunk_seal(&added->chunk);
    chunk_set_link(&added->chunk.next, next);
    set_list_link(added, &set->first.next);
    if (next != NULL)
        set_list_link(next, &added->chunk.next);
    chunk_set_link(&set->first.next, added);
    set->chunk_count++;
    set->capacity_bytes += chunk_capacity_bytes(&added->chunk);
}

/* tree_link() of a chunk that may be removed; NULL after a report of damage. */
static struct added_chunk **removable_link(struct chunk_set *set, const struct added_chunk *added)
{
    struct added_chunk **link = NULL;
    if (links_are_valid(added) && chunk_origin_is_valid(added))
        link = tree_link(set, added);
    if (!control_valid(link != NULL))
        qi_report_damage(&set->source.reporter, added);
    return link;
}

bool qi_chunk_may_be_removed(struct chunk_set *set, struct added_chunk *added)
{
    return control_valid(removable_link(set, added) != NULL);
}

bool qi_chunk_remove(struct chunk_set *set, struct added_chunk *added)
{
    struct added_chunk **link = removable_link(set, added);
    if (!control_valid(link != NULL))
        return false;
    tree_remove(link, added);
    if (set->source.hot.pages == &added->chunk.at)
        chunk_make_hot(set, &set->first);
    struct added_chunk *next = chunk_link(&added->chunk.next);
    chunk_set_link(added->link, next);
    if (next != NULL)
        set_list_link(next, added->link);
    set->chunk_count--;
    set->capacity_bytes -= chunk_capacity_bytes(&added->chunk);
    return true;
}

static bool overlaps(uintptr_t one, size_t one_bytes, uintptr_t other, size_t other_bytes)
{
    return one - other < other_bytes || other - one < one_bytes;
}

static bool meets_node(const struct added_chunk *node, uintptr_t start, size_t bytes)
{
    return chunk_is_valid(&node->chunk) && overlaps(start, bytes, (uintptr_t)node->start, node->chunk.bytes);
}

/* Both ends of the bytes have a way down the tree. A chunk that meets the bytes stands on one of the ways, or hangs on
 * the inner side of one below where they part, and then what hangs there lies wholly between the ends. */
bool qi_chunk_meets(const struct chunk_set *set, const void *start, size_t bytes)
{
    const uintptr_t ends[2] = {(uintptr_t)start, (uintptr_t)start + bytes - 1};
    if (overlaps(ends[0], bytes, (uintptr_t)set, set->first.bytes))
        return true;
    for (unsigned end = 0; end < 2; end++) {
        const struct added_chunk *node = chunk_link(&set->root);
        while (node != NULL && chunk_is_valid(&node->chunk)) {
            const struct added_chunk *inside = chunk_link(end == 0 ? &node->high : &node->low);
            if (meets_node(node, ends[0], bytes) || (inside != NULL && meets_node(inside, ends[0], bytes)))
                return true;
            node = chunk_is_high(node, ends[end]) ? chunk_link(&node->high) : chunk_link(&node->low);
        }
    }
    return false;
}

bool qi_chunk_set_overlaps(const struct chunk_set *set, const void *start, size_t bytes)
{
    uintptr_t first = (uintptr_t)start;
    size_t padding = set->first_padding;
    if (overlaps(first, bytes, (uintptr_t)set - padding, set->first.bytes + padding))
        return true;
    for (const struct added_chunk *added = chunk_link(&set->first.next); added != NULL;
         added = chunk_link(&added->chunk.next)) {
        padding = added->padding;
        if (overlaps(first, bytes, (uintptr_t)added->start - padding, added->chunk.bytes + padding))
            return true;
    }
    return false;
}

/* Starts from too many and takes off nearly all of what is missing: with each page its control data goes too, which is
 * less than 1 / 2^FIT_SHIFT of it, rounding included. A few rounds, and no division. */
enum { FIT_SHIFT = 30 - __builtin_clz(QUARRY_PAGE_BYTES / (sizeof(page_code_t) + CONTROL_MAP_BYTES)) };

size_t qi_chunk_pages_that_fit(size_t span)
{
    size_t pages = span >> UNITS_PAGE_SHIFT;
    while (pages != 0) {
        size_t control = CHUNK_CONTROL_BYTES(pages);
        size_t room = control < span ? (span - control) >> UNITS_PAGE_SHIFT : 0;
        if (room >= pages)
            break;
        size_t missing = pages - room;
        pages -= missing >> FIT_SHIFT != 0 ? missing - (missing >> FIT_SHIFT) : 1;
    }
    return pages;
}

void qi_chunk_clear(struct chunk *chunk)
{
    qi_bytes_clear(chunk->codes, chunk->page_count * sizeof(page_code_t));
}

bool qi_chunk_format(struct chunk *chunk, uint8_t *control, uintptr_t end)
{
    /* The pages end at the last page boundary, so the control data begins wherever it likes. */
    size_t tail = end & (QUARRY_PAGE_BYTES - 1);
    size_t span = end - (uintptr_t)control; /* a difference of pointers might not hold it */
    if (span <= tail)
        return false;
    size_t pages = qi_chunk_pages_that_fit(span - tail);
    if (pages == 0)
        return false;
    chunk->pages = (uint8_t *)(end - tail - units_bytes_from_pages(pages));
    chunk->page_count = pages;
    chunk->codes = (page_code_t *)(void *)control + CONTROL_EDGES;
    chunk->maps = (uint8_t *)bits_round_up((uintptr_t)(chunk->codes + pages + 1), CONTROL_MAP_ALIGN);
    for (page_code_t *edge = chunk->codes - CONTROL_EDGES; edge != chunk->codes; edge++)
        *edge = (page_code_t)bits_unknown(PAGE_EDGE);
    chunk->codes[pages] = PAGE_EDGE;
    chunk_seal(chunk);
    qi_chunk_clear(chunk);
    return true;
}
