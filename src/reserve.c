/* SPDX-License-Identifier: MIT
 *
 * reserve.c: see reserve.h. The priority search tree first, then parts that become idle, then parts that are used.
 */
#include "reserve.h"

_Static_assert(RESERVE_HEADER_BYTES < UNITS_SOURCE_BYTES, "the shortest part has room behind its struct");

/* --- the priority search tree --- */

/* The parts below one, in the words that only a chunk with pages has another use for. Below the part at depth d of the
 * tree, bit d of the position, from the highest, decides. */
static struct added_chunk *low_of(const struct added_chunk *part)
{
    return (struct added_chunk *)(void *)part->chunk.codes;
}

static struct added_chunk *high_of(const struct added_chunk *part)
{
    return (struct added_chunk *)(void *)part->chunk.maps;
}

static void set_below(struct added_chunk *above, struct added_chunk *low, struct added_chunk *high)
{
    above->chunk.codes = (page_code_t *)(void *)low;
    above->chunk.maps = (uint8_t *)high;
    chunk_seal(&above->chunk);
}

/* A way down the tree: the part that was reached last, and the side of it on which the way goes on. */
struct way {
    struct reserve *reserve;
    struct added_chunk *above; /* NULL: at the root */
    bool is_high;
};

static struct added_chunk *reached(const struct way *way)
{
    return way->above == NULL ? chunk_link(&way->reserve->root)
           : way->is_high     ? high_of(way->above)
                              : low_of(way->above);
}

static void put_there(const struct way *way, struct added_chunk *part)
{
    struct added_chunk *above = way->above;
    if (above == NULL)
        chunk_set_link(&way->reserve->root, part);
    else if (way->is_high)
        set_below(above, low_of(above), part);
    else
        set_below(above, part, high_of(above));
}

static void go_on(struct way *way, struct added_chunk *part, bool is_high)
{
    way->above = part;
    way->is_high = is_high;
}

/* What a huge block can have of an idle part. */
static size_t block_bytes(const struct added_chunk *part)
{
    return part->chunk.bytes - RESERVE_HEADER_BYTES;
}

static void order_insert(struct reserve *reserve, struct added_chunk *part)
{
    struct way way = {reserve, NULL, false};
    reserve->free_bytes += block_bytes(part);
    reserve->parts++;
    uintptr_t bit = (uintptr_t)1 << (BITS_WORD - 1);
    for (struct added_chunk *node = reached(&way); node != NULL && chunk_added_is_valid(node);
         node = reached(&way), bit >>= 1) {
        if (part->chunk.bytes > node->chunk.bytes) { /* the shorter one goes on down */
            set_below(part, low_of(node), high_of(node));
            put_there(&way, part);
            go_on(&way, part, (node->position & bit) != 0);
            part = node;
        } else {
            go_on(&way, node, (part->position & bit) != 0);
        }
    }
    set_below(part, NULL, NULL);
    put_there(&way, part);
}

/* Leads to a part of the tree; false: the way is damaged. */
static bool lead_to(struct way *way, const struct added_chunk *part)
{
    uintptr_t bit = (uintptr_t)1 << (BITS_WORD - 1);
    for (struct added_chunk *node = reached(way); node != part; node = reached(way), bit >>= 1) {
        if (!control_valid(node != NULL && chunk_added_is_valid(node)))
            return false;
        go_on(way, node, (part->position & bit) != 0);
    }
    return true;
}

/* The longer one of two parts that are below another; NULL: there is none. */
static struct added_chunk *longer(struct added_chunk *low, struct added_chunk *high)
{
    if (low == NULL || high == NULL)
        return low == NULL ? high : low;
    return high->chunk.bytes > low->chunk.bytes ? high : low;
}

/* Removes the part that a way leads to from the tree: the longer one of those below moves up, and so on. */
static void order_remove(struct way *way, const struct added_chunk *part)
{
    struct added_chunk *low = low_of(part), *high = high_of(part), *up;
    way->reserve->free_bytes -= block_bytes(part);
    way->reserve->parts--;
    while ((up = longer(low, high)) != NULL && chunk_added_is_valid(up)) {
        struct added_chunk *below_low = low_of(up), *below_high = high_of(up);
        const bool is_high = up == high;
        set_below(up, low, high);
        put_there(way, up);
        go_on(way, up, is_high);
        low = below_low;
        high = below_high;
    }
    put_there(way, NULL);
}

struct added_chunk *qi_reserve_longest(const struct reserve *reserve)
{
    struct added_chunk *part = chunk_link(&reserve->root);
    return part != NULL && chunk_added_is_valid(part) ? part : NULL;
}

/* The part of so many bytes with the lowest position in a subtree, or one that was found before. */
static struct added_chunk *lowest_of(struct added_chunk *node, size_t bytes, struct added_chunk *found)
{
    while (node != NULL && chunk_added_is_valid(node) && node->chunk.bytes >= bytes) {
        struct added_chunk *low = low_of(node);
        if (found == NULL || node->position < found->position)
            found = node;
        node = low != NULL && low->chunk.bytes >= bytes ? low : high_of(node);
    }
    return found;
}

/* On the way down to the position, whatever hangs on the high side where the way goes low is behind it: the last such
 * subtree that has a part so long has the lowest. */
struct added_chunk *qi_reserve_find(const struct reserve *reserve, size_t bytes, size_t position)
{
    struct added_chunk *node = chunk_link(&reserve->root), *found = NULL, *behind = NULL;
    if (position == 0)
        return lowest_of(node, bytes, NULL);
    uintptr_t bit = (uintptr_t)1 << (BITS_WORD - 1);
    for (; node != NULL && chunk_added_is_valid(node) && node->chunk.bytes >= bytes; bit >>= 1) {
        struct added_chunk *high = high_of(node);
        if (node->position >= position && (found == NULL || node->position < found->position))
            found = node;
        if ((position & bit) == 0 && high != NULL && high->chunk.bytes >= bytes)
            behind = high;
        node = (position & bit) != 0 ? high : low_of(node);
    }
    return lowest_of(behind, bytes, found);
}

/* --- parts that become idle --- */

void qi_reserve_clear(struct reserve *reserve)
{
    chunk_set_link(&reserve->root, NULL);
    reserve->free_bytes = 0;
    reserve->parts = 0;
}

void qi_reserve_format(struct reserve *reserve)
{
    qi_reserve_clear(reserve);
    reserve->next_position = 0;
}

void qi_reserve_add_piece(struct reserve *reserve, struct added_chunk *part)
{
    chunk_set_part(part, reserve->next_position, CHUNK_IS_FIRST | CHUNK_IS_LAST);
    reserve->next_position += part->chunk.bytes / UNITS_SOURCE_BYTES;
}

/* Removes an idle part from both trees; false after a report. */
static bool remove_part(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part)
{
    struct way way = {reserve, NULL, false};
    if (!lead_to(&way, part) || !chunk_added_is_valid(part))
        return qi_report_damage(&set->source.reporter, part);
    if (!qi_chunk_remove(set, part))
        return false;
    order_remove(&way, part);
    memory_allocated(&set->source.reporter, part + 1, part->chunk.bytes - sizeof *part);
    return true;
}

/* The idle part that has the memory at an address, if there is one. */
static struct added_chunk *idle_at(const struct chunk_set *set, const uint8_t *address)
{
    struct added_chunk *part = qi_chunk_find_added(set, address);
    return part != NULL && chunk_is_idle(&part->chunk) ? part : NULL;
}

void qi_reserve_free(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part)
{
    uint8_t *start = part->start;
    size_t bytes = part->chunk.bytes, position = part->position;
    unsigned ends = part->part;
    struct added_chunk *before = (ends & CHUNK_IS_FIRST) == 0 ? idle_at(set, start - 1) : NULL;
    struct added_chunk *behind = (ends & CHUNK_IS_LAST) == 0 ? idle_at(set, start + bytes) : NULL;
    uint8_t *block = part->chunk.pages;
    if (behind != NULL && remove_part(set, reserve, behind)) { /* [ part ][ behind ] -> [ part         ] */
        bytes += behind->chunk.bytes;
        ends |= behind->part & CHUNK_IS_LAST;
    }
    if (before != NULL && remove_part(set, reserve, before)) { /* [ before ][ part ] -> [ before        ] */
        start = before->start;
        bytes += before->chunk.bytes;
        position = before->position;
        ends |= before->part & CHUNK_IS_FIRST;
    }
    struct added_chunk *idle = (struct added_chunk *)(void *)start;
    idle->chunk.pages = block; /* so that a second free of a huge block is told as one */
    idle->chunk.page_count = 0;
    idle->chunk.bytes = bytes;
    chunk_set_origin(idle, start, true, 0);
    chunk_set_part(idle, position, ends | CHUNK_IS_IDLE);
    memory_freed(&set->source.reporter, idle + 1, bytes - sizeof *idle);
    order_insert(reserve, idle);
    qi_chunk_insert(set, idle);
}

/* --- parts that are used --- */

void qi_reserve_truncate(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part, size_t bytes)
{
    struct added_chunk *rest = (struct added_chunk *)(void *)(part->start + bytes);
    rest->chunk.pages = NULL;
    rest->chunk.bytes = part->chunk.bytes - bytes;
    chunk_set_origin(rest, (uint8_t *)rest, true, 0);
    chunk_set_part(rest, part->position + bytes / UNITS_SOURCE_BYTES, part->part & CHUNK_IS_LAST);
    part->chunk.bytes = bytes;
    chunk_set_part(part, part->position, part->part & ~(unsigned)CHUNK_IS_LAST);
    qi_reserve_free(set, reserve, rest);
}

bool qi_reserve_allocate(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part, size_t bytes)
{
    if (!remove_part(set, reserve, part))
        return false;
    chunk_set_part(part, part->position, part->part & ~(unsigned)CHUNK_IS_IDLE);
    if (part->chunk.bytes != bytes)
        qi_reserve_truncate(set, reserve, part, bytes);
    return true;
}

bool qi_reserve_extend(struct chunk_set *set, struct reserve *reserve, struct added_chunk *part, size_t bytes)
{
    const size_t more_bytes = bytes - part->chunk.bytes;
    struct added_chunk *behind = NULL;
    if ((part->part & CHUNK_IS_LAST) == 0)
        behind = idle_at(set, part->start + part->chunk.bytes);
    if (behind == NULL || behind->chunk.bytes < more_bytes || !qi_reserve_allocate(set, reserve, behind, more_bytes))
        return false;
    chunk_set_part(part, part->position, part->part | (behind->part & CHUNK_IS_LAST));
    return true;
}
