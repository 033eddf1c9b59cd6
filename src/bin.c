/* SPDX-License-Identifier: MIT
 *
 * bin.c: see bin.h. Nodes first, then the list of runs with room, then making and giving back runs.
 */
#include "bin.h"

static bool report_bad_room(const struct bin_set *set, const void *node)
{
    return qi_guard_report_damage(&set->runs.chunks.source.guard, node);
}

/* --- nodes --- */

BITS_INLINE struct list_node *node_in_slot(uint8_t *start, unsigned bin, unsigned slot)
{
    return (struct list_node *)(void *)(start + slot * bin_slot_bytes(bin));
}

/* The node of the current run: in its highest free slot. */
BITS_INLINE struct list_node *current_node(const struct bin *bin, unsigned index)
{
    uintptr_t free_slots = ~bits_load(bin->u.map) & bin_slots_mask(bin_current_unused_bits(bin));
    return node_in_slot(bin_current_start(bin), index, bits_highest(free_slots));
}

/* The node of another run with room: in the slot that its second page's code names. */
BITS_INLINE struct list_node *listed_node(const struct bin_run *run)
{
    unsigned slot = run->chunk->codes[run->page + 1] & (BITS_WORD - 1);
    return node_in_slot(bin_run_start(run), bin_of_code(run->code), slot);
}

BITS_INLINE bool is_current(const struct bin *bin, const struct bin_run *run)
{
    return bin->u.map == bin_run_map(run) && bin->run != 0;
}

struct list_node *qi_bin_node(const struct bin_set *set, struct bin_run run)
{
    const struct bin *bin = &set->bins[bin_of_code(run.code)];
    return is_current(bin, &run) ? current_node(bin, bin_of_code(run.code)) : listed_node(&run);
}

/* --- the list of runs with room --- */

BITS_INLINE void set_current(struct bin *bin, const struct bin_run *run)
{
    bin->run = (uintptr_t)bin_run_start(run) | bin_unused_bits(run->code);
    bin->u.map = bin_run_map(run);
}

bool qi_bin_take_last(struct bin_set *set, unsigned index)
{
    struct bin *bin = &set->bins[index];
    struct list_node *node = current_node(bin, index);
    if (!list_next_is_sound(&set->runs.chunks, node))
        return report_bad_room(set, node);
    bin->run = 0;
    list_follow(&bin->u.next, node->next);
    return true;
}

/* A run that was full now has one free slot. */
BITS_INLINE bool add_room(struct bin_set *set, struct bin_run run, unsigned slot)
{
    unsigned index = bin_of_code(run.code);
    struct bin *bin = &set->bins[index];
    struct list_node *node = node_in_slot(bin_run_start(&run), index, slot);
    if (bin->run == 0) {
        list_follow(&node->next, bin->u.next);
        set_current(bin, &run);
        return true;
    }
    struct list_node *current = current_node(bin, index);
    if (!list_next_is_sound(&set->runs.chunks, current))
        return report_bad_room(set, current);
    list_push(&current->next, node);
    run.chunk->codes[run.page + 1] = (uint8_t)(PAGE_SECOND | slot);
    return true;
}

/* A slot above all free ones of the current run becomes free: the node moves there. */
BITS_INLINE bool raise_room(struct bin_set *set, struct bin_run run, unsigned slot)
{
    unsigned index = bin_of_code(run.code);
    struct list_node *old = current_node(&set->bins[index], index);
    if (!list_next_is_sound(&set->runs.chunks, old))
        return report_bad_room(set, old);
    list_follow(&node_in_slot(bin_run_start(&run), index, slot)->next, old->next);
    return true;
}

bool qi_bin_give_slot(struct bin_set *set, struct chunk *chunk, pages_t page, unsigned slot)
{
    struct bin_run run = {chunk, page, chunk->codes[page]};
    uint8_t *map = bin_run_map(&run);
    uintptr_t word = bits_load(map);
    uintptr_t bit = (uintptr_t)1 << slot;
    uintptr_t before = ~word & bin_run_slots(&run);
    bool told = before == 0 ? add_room(set, run, slot) : bit < before || raise_room(set, run, slot);
    if (told)
        bits_store(map, word ^ bit);
    return told;
}

/* --- runs --- */

/* Which length the bin's next run should have: the longest that is next to nothing beside the free memory; where that
 * is short, longer with the number of runs that the bin has. */
BITS_INLINE unsigned next_length(const struct bin_set *set, unsigned bin)
{
    size_t ample_pages = set->runs.free_pages >> BIN_AMPLE_SHIFT;
    for (unsigned length = BIN_LENGTHS - 1; length != 0; length--)
        if (qi_bin_pages[length << BIN_LENGTH_SHIFT | bin] <= ample_pages)
            return length;
    unsigned runs = set->run_count[bin];
    return runs < 2 ? runs : 2;
}

/* Codes of the third to the last page of a run: 2, 3, 4 ...; four at a time, the last four perhaps twice. */
BITS_INLINE void write_inner_codes(uint8_t *codes, unsigned pages)
{
    if (pages < 6) {
        for (unsigned page = 2; page < pages; page++)
            codes[page] = (uint8_t)page;
        return;
    }
    const uint32_t first_inner = bits_bytes_in_order(0, 1, 2, 3);
    for (unsigned page = 2; page + 4 < pages; page += 4)
        bits_store_u32(codes + page, first_inner + page * 0x01010101u);
    bits_store_u32(codes + pages - 4, first_inner + (pages - 4) * 0x01010101u);
}

BITS_NOINLINE void *qi_bin_new_run(struct bin_set *set, unsigned index)
{
    unsigned code = next_length(set, index) << BIN_LENGTH_SHIFT | index;
    pages_t page;
    struct chunk *chunk = qi_run_take(&set->runs, qi_bin_pages[code], RUN_TAIL, &page);
    if (chunk == NULL && code != index) { /* the shortest length is 0 */
        code = index;
        chunk = qi_run_take(&set->runs, qi_bin_pages[code], RUN_TAIL, &page);
    }
    if (chunk == NULL)
        return NULL;
    if (set->run_count[index] != BIN_COUNT_MAX)
        set->run_count[index]++;
    uint8_t *codes = chunk->codes + page, *map = chunk_map(chunk, page), *start = chunk_page_address(chunk, page);
    codes[0] = (uint8_t)(PAGE_SMALL | code);
    codes[1] = PAGE_SECOND;
    write_inner_codes(codes, qi_bin_pages[code]);
    unsigned unused_bits = bin_unused_bits(code), last = qi_bin_shapes[code].slots - 1u;
    bits_store(map, (bits_load(map) & ~bin_slots_mask(unused_bits)) | 1); /* the bits above are other pages' */
    if (last != 0) {
        set->bins[index].run = (uintptr_t)start | unused_bits;
        set->bins[index].u.map = map;
        node_in_slot(start, index, last)->next = NULL;
    }
    return start;
}

/* The run of this bin in which a free slot starts at node; chunk NULL: there is none. */
BITS_INLINE struct bin_run run_with_slot_at(struct bin_set *set, unsigned index, const struct list_node *node)
{
    struct bin_run run = {run_chunk_of(&set->runs, node), 0, 0};
    size_t granule = run.chunk != NULL ? chunk_granule(run.chunk, node) : 0;
    if (run.chunk == NULL || granule >= run.chunk->granules) {
        run.chunk = NULL;
        return run;
    }
    run.page = (pages_t)(granule >> UNITS_PAGE_GRANULE_SHIFT);
    run.code = chunk_run_code(run.chunk, &run.page);
    unsigned slot = run.code >= PAGE_SMALL && bin_of_code(run.code) == index ? bin_slot_at(&run, granule) : BIN_NO_SLOT;
    if (slot == BIN_NO_SLOT || (bits_load(bin_run_map(&run)) >> slot & 1) != 0)
        run.chunk = NULL;
    return run;
}

/* Makes the run of the list's first node the current one. What the node says is believed only if a free slot of
 * this bin lies there. */
BITS_NOINLINE bool qi_bin_take_from_list(struct bin_set *set, unsigned index)
{
    struct bin *bin = &set->bins[index];
    struct list_node *node = bin->u.next;
    struct bin_run run = run_with_slot_at(set, index, node);
    if (run.chunk == NULL || !list_next_is_sound(&set->runs.chunks, node))
        return report_bad_room(set, node);
    set_current(bin, &run);
    struct list_node *highest = current_node(bin, index);
    if (highest != node)
        list_follow(&highest->next, node->next);
    return true;
}

BITS_NOINLINE enum run_given qi_bin_give_run(struct bin_set *set, struct bin_run run)
{
    unsigned index = bin_of_code(run.code);
    struct bin *bin = &set->bins[index];
    bool has_room = (~bits_load(bin_run_map(&run)) & bin_run_slots(&run)) != 0;
    bool current = has_room && is_current(bin, &run);
    struct list_node *node = !has_room ? NULL : current ? current_node(bin, index) : listed_node(&run);
    struct list_node *next = NULL, **link = &bin->u.next;
    if (has_room) {
        if (current ? !list_next_is_sound(&set->runs.chunks, node) : !list_is_sound(&set->runs.chunks, node)) {
            report_bad_room(set, node);
            return RUN_REFUSED;
        }
        next = node->next; /* the node's memory is the free run's in a moment */
        if (!current)
            link = node->link;
    }
    pages_t pages = qi_bin_pages[run.code & (BIN_CODES - 1)];
    enum run_given given = qi_run_give(&set->runs, run.chunk, run.page, pages);
    if (given == RUN_REFUSED)
        return given;
    if (current)
        bin->run = 0;
    if (has_room)
        list_follow(link, next);
    if (set->run_count[index] != BIN_COUNT_MAX)
        set->run_count[index]--;
    return given;
}

/* --- the spare --- */

bool qi_bin_give_spare(struct bin_set *set)
{
    if (set->spare == 0)
        return false;
    const struct bin *bin = &set->bins[set->spare - 1];
    struct chunk *first = &set->runs.chunks.first;
    set->spare = 0;
    if (bin->run == 0 || (bits_load(bin->u.map) & bin_slots_mask(bin_current_unused_bits(bin))) != 0)
        return false; /* it has been used since */
    size_t granule = chunk_granule(first, bin_current_start(bin));
    if (granule >= first->granules)
        return false; /* another run has become the current one since */
    struct bin_run run = {first, (pages_t)(granule >> UNITS_PAGE_GRANULE_SHIFT), 0};
    run.code = first->codes[run.page];
    return qi_bin_give_run(set, run) != RUN_REFUSED;
}

bool qi_bin_may_keep(struct bin_set *set, struct bin_run run)
{
    unsigned index = bin_of_code(run.code);
    if (run.chunk != &set->runs.chunks.first || !is_current(&set->bins[index], &run))
        return false;
    if (set->spare != index + 1)
        qi_bin_give_spare(set);
    set->spare = (uint8_t)(index + 1);
    return true;
}
