/* SPDX-License-Identifier: MIT
 *
 * chunk.c: see chunk.h. The tree first, then the list, then the layout.
 */
#include "chunk.h"

#include "bytes.h"

_Static_assert(sizeof(struct added_chunk) % sizeof(void *) == 0, "codes follow the struct");
_Static_assert(5 <= CHUNK_LENGTH_LONG * UNITS_MAP_BYTES / 2, "both long lengths of a run fit its maps");

BITS_NOINLINE struct added_chunk *qi_chunk_find_added(const struct chunk_set *set, const void *address)
{
    struct chunk *hot = set->source.gate.chunk;
    if (hot != &set->first && (uintptr_t)address - (uintptr_t)hot < hot->bytes)
        return (struct added_chunk *)hot;
    struct added_chunk *node = set->root;
    uintptr_t path = (uintptr_t)address << (BITS_WORD - 1 - set->top_bit);
    while (node != NULL) {
        if ((uintptr_t)address - (uintptr_t)node < node->chunk.bytes)
            return node;
        node = (intptr_t)path < 0 ? node->high : node->low;
        path <<= 1;
    }
    return NULL;
}

/* The highest bit in which the first and the last byte differ: the chunk stands at this bit of the tree or above. */
static unsigned home_bit(const struct added_chunk *added)
{
    uintptr_t first = (uintptr_t)added;
    return bits_highest(first ^ (first + added->chunk.bytes - 1));
}

static struct added_chunk **child_link(struct added_chunk *node, const struct added_chunk *towards, unsigned bit)
{
    return ((uintptr_t)towards >> bit & 1) != 0 ? &node->high : &node->low;
}

/* Takes some leaf below or at *link out of the tree. */
static struct added_chunk *take_leaf(struct added_chunk **link)
{
    struct added_chunk *node = *link;
    while (node->low != NULL || node->high != NULL) {
        link = node->low != NULL ? &node->low : &node->high;
        node = *link;
    }
    *link = NULL;
    return node;
}

/* Makes the root decide by a higher bit. All chunks agree in the bits above the old one, so the tree hangs on one side
 * of a new root; any leaf may be it, since a chunk may always stand higher. */
static void raise_top_bit(struct chunk_set *set)
{
    struct added_chunk *old = set->root;
    set->top_bit++;
    if (old->low == NULL && old->high == NULL)
        return;
    struct added_chunk *leaf = take_leaf(&set->root);
    leaf->low = leaf->high = NULL;
    *child_link(leaf, old, set->top_bit) = old;
    set->root = leaf;
}

static void tree_insert(struct chunk_set *set, struct added_chunk *added)
{
    added->low = added->high = NULL;
    if (set->root == NULL) {
        set->root = added;
        set->top_bit = home_bit(added) & 63;
        return;
    }
    uintptr_t differing = (uintptr_t)added ^ (uintptr_t)set->root;
    while (set->top_bit < home_bit(added) || (differing >> set->top_bit) >> 1 != 0)
        raise_top_bit(set);
    struct added_chunk **link = &set->root;
    for (unsigned bit = set->top_bit; *link != NULL; bit--) {
        struct added_chunk *node = *link;
        if (home_bit(added) == bit) { /* at most one chunk has its home here: the other goes further down */
            added->low = node->low;
            added->high = node->high;
            *link = added;
            added = node;
            node = *link;
            added->low = added->high = NULL;
        }
        link = child_link(node, added, bit);
    }
    *link = added;
}

static void tree_remove(struct chunk_set *set, struct added_chunk *added)
{
    struct added_chunk **link = &set->root;
    for (unsigned bit = set->top_bit; *link != added; bit--)
        link = child_link(*link, added, bit);
    struct added_chunk *leaf = take_leaf(link);
    if (leaf == added)
        return;
    leaf->low = added->low;
    leaf->high = added->high;
    *link = leaf;
}

void qi_chunk_insert(struct chunk_set *set, struct added_chunk *added)
{
    tree_insert(set, added);
    added->chunk.next = set->first.next;
    added->link = &set->first.next;
    if (added->chunk.next != NULL)
        added->chunk.next->link = &added->chunk.next;
    set->first.next = added;
    set->chunk_count++;
}

void qi_chunk_remove(struct chunk_set *set, struct added_chunk *added)
{
    if (set->source.gate.chunk == &added->chunk)
        set->source.gate.chunk = &set->first;
    tree_remove(set, added);
    *added->link = added->chunk.next;
    if (added->chunk.next != NULL)
        added->chunk.next->link = added->link;
    set->chunk_count--;
}

static bool overlaps(uintptr_t one, size_t one_bytes, uintptr_t other, size_t other_bytes)
{
    return one - other < other_bytes || other - one < one_bytes;
}

bool qi_chunk_set_overlaps(const struct chunk_set *set, const void *start, size_t bytes)
{
    uintptr_t first = (uintptr_t)start;
    size_t lead = set->first_lead;
    if (overlaps(first, bytes, (uintptr_t)set - lead, set->first.bytes + lead))
        return true;
    for (const struct added_chunk *added = set->first.next; added != NULL; added = added->chunk.next) {
        lead = added->lead;
        if (overlaps(first, bytes, (uintptr_t)added - lead, added->chunk.bytes + lead))
            return true;
    }
    return false;
}

/* Starts from too many and takes off nearly all of what is missing: with each page its control data goes too, which is
 * less than 1 / 2^FIT_SHIFT of it, rounding included. A few rounds, and no division. */
enum { FIT_SHIFT = 30 - __builtin_clz(QUARRY_PAGE_BYTES / (sizeof(page_code_t) + UNITS_MAP_BYTES)) };

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

bool qi_chunk_format(struct chunk *chunk, uint8_t *control, const uint8_t *end)
{
    /* The pages end at the last page boundary, so the control data begins wherever it likes. */
    size_t tail = (uintptr_t)end & (QUARRY_PAGE_BYTES - 1);
    size_t span = (uintptr_t)end - (uintptr_t)control; /* a difference of pointers might not hold it */
    if (span <= tail)
        return false;
    size_t pages = qi_chunk_pages_that_fit(span - tail);
    if (pages == 0)
        return false;
    chunk->pages = (uint8_t *)(uintptr_t)end - tail - units_bytes_from_pages(pages);
    chunk->page_count = pages;
    chunk->codes = (page_code_t *)(void *)control + 1;
    chunk->maps = (uint8_t *)(chunk->codes + pages + 1);
    if (UNITS_MAP_BYTES >= 4) /* whole words load faster from where they are aligned; the padding allows for it */
        chunk->maps = (uint8_t *)bits_round_up((uintptr_t)chunk->maps, 4);
    chunk->codes[-1] = chunk->codes[pages] = PAGE_EDGE;
    qi_chunk_clear(chunk);
    return true;
}
