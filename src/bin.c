/* SPDX-License-Identifier: MIT
 *
 * bin.c: see bin.h. The list of runs with room first, then making and giving back runs.
 */
#include "bin.h"

static BITS_COLD bool report_damage(const struct bin_set *set, const void *node) {
    qi_guard_report(&set->runs.chunks.source.guard, QUARRY_CORRUPT, node, 0);
    return false;
}

static bool is_current(const struct bin *bin, const struct bin_run *run) {
    return bin->run != 0 && bin_current_start(bin) == run->start;
}

static void set_current(struct bin *bin, const struct bin_run *run) {
    bin->run = (uintptr_t)run->start | bin_unused_bits(run->bin, run->length);
    bin->u.map = run->map;
}

/* The bin has no current run any more; its list begins behind that run's node, which is sound. */
static void unset_current(struct bin *bin, struct list_node *node) {
    struct list_node *next = node->next;
    bin->run = 0;
    bin->u.next = next;
    if (next != NULL)
        next->link = &bin->u.next;
}

/* The node of the current run. */
static struct list_node *current_node(const struct bin *bin, unsigned index) {
    uintptr_t free_slots = ~bits_load(bin->u.map) & bin_slots_mask(bin_current_unused_bits(bin));
    return bin_node(bin_current_start(bin), index, free_slots);
}

bool qi_bin_add_room(struct bin_set *set, const struct bin_run *run, uint8_t *slot) {
    struct bin *bin = &set->bins[run->bin];
    struct list_node *node = (struct list_node *)(void *)slot;
    if (bin->run == 0) {
        node->next = bin->u.next;
        if (node->next != NULL)
            node->next->link = &node->next;
        set_current(bin, run);
        return true;
    }
    struct list_node *current = current_node(bin, run->bin);
    if (!list_next_is_sound(&set->runs.chunks, current))
        return report_damage(set, current);
    list_push(&current->next, node);
    return true;
}

bool qi_bin_move_node(struct bin_set *set, const struct bin_run *run, uintptr_t before, uint8_t *slot) {
    const struct bin *bin = &set->bins[run->bin];
    struct list_node *old = bin_node(run->start, run->bin, before);
    struct list_node *node = (struct list_node *)(void *)slot;
    bool current = is_current(bin, run);
    if (current ? !list_next_is_sound(&set->runs.chunks, old) : !list_is_sound(&set->runs.chunks, old))
        return report_damage(set, old);
    node->next = old->next;
    if (node->next != NULL)
        node->next->link = &node->next;
    if (!current) {
        node->link = old->link;
        *node->link = node;
    }
    return true;
}

bool qi_bin_take_last(struct bin_set *set, unsigned index) {
    struct bin *bin = &set->bins[index];
    struct list_node *node = current_node(bin, index);
    if (!list_next_is_sound(&set->runs.chunks, node))
        return report_damage(set, node);
    unset_current(bin, node);
    return true;
}

/* Which length the bin's next run should have. */
static unsigned next_length(const struct bin_set *set, unsigned bin) {
    unsigned runs = set->run_count[bin];
    return runs < 2 ? runs : runs < 4 ? 2 : 3;
}

/* Makes pages that were just taken a run without a used slot, and the bin's current one. */
static void make_current(struct bin_set *set, const struct bin_run *run) {
    const struct bin_shape *shape = &qi_bin_shapes[run->bin];
    uint8_t *codes = run->chunk->codes + run->page;
    codes[0] = (uint8_t)(PAGE_SMALL | run->length << BIN_LENGTH_SHIFT | run->bin);
    for (unsigned page = 1; page < shape->pages[run->length]; page++)
        codes[page] = (uint8_t)page;
    uintptr_t slots = bin_slots_mask(bin_unused_bits(run->bin, run->length));
    bits_store(run->map, bits_load(run->map) & ~slots); /* the bits above are other pages' */
    bin_node(run->start, run->bin, slots)->next = NULL;
    set_current(&set->bins[run->bin], run);
    if (set->run_count[run->bin] != BIN_COUNT_MAX)
        set->run_count[run->bin]++;
}

static bool new_run(struct bin_set *set, unsigned index) {
    unsigned length = next_length(set, index);
    struct run pages = qi_run_take(&set->runs, qi_bin_shapes[index].pages[length], RUN_TAIL);
    if (pages.chunk == NULL && length != 0) {
        length = 0;
        pages = qi_run_take(&set->runs, qi_bin_shapes[index].pages[length], RUN_TAIL);
    }
    if (pages.chunk == NULL)
        return false;
    struct bin_run run;
    run.chunk = pages.chunk;
    run.page = pages.page;
    run.start = chunk_page_address(pages.chunk, pages.page);
    run.map = chunk_map(pages.chunk, pages.page);
    run.bin = index;
    run.length = length;
    make_current(set, &run);
    return true;
}

/* Makes the run of the list's first node the current one. What the node says is believed only if a free slot of
 * this bin lies there. */
static bool take_from_list(struct bin_set *set, unsigned index) {
    struct bin *bin = &set->bins[index];
    struct list_node *node = bin->u.next;
    struct chunk *chunk = run_chunk_of(&set->runs, node);
    if (chunk == NULL)
        return report_damage(set, node);
    size_t granule = chunk_granule(chunk, node);
    if (granule >= chunk->granules)
        return report_damage(set, node);
    pages_t page = (pages_t)(granule >> UNITS_PAGE_GRANULE_SHIFT);
    unsigned code = chunk->codes[page];
    if (code <= PAGE_INNER_LAST) {
        page -= code;
        code = chunk->codes[page];
    }
    struct bin_run run;
    if (code < PAGE_SMALL)
        return report_damage(set, node);
    unsigned slot = bin_locate(chunk, granule, page, code, &run);
    if (run.bin != index || slot == BIN_NO_SLOT || (bits_load(run.map) >> slot & 1) != 0)
        return report_damage(set, node);
    set_current(bin, &run);
    return true;
}

bool qi_bin_refill(struct bin_set *set, unsigned index) {
    return set->bins[index].u.next != NULL ? take_from_list(set, index) : new_run(set, index);
}

enum run_given qi_bin_give_run(struct bin_set *set, const struct bin_run *run, uintptr_t free_slots) {
    struct bin *bin = &set->bins[run->bin];
    pages_t pages = qi_bin_shapes[run->bin].pages[run->length];
    if (!qi_run_may_give(&set->runs, run->chunk, run->page, pages))
        return RUN_REFUSED;
    if (free_slots != 0) {
        struct list_node *node = bin_node(run->start, run->bin, free_slots);
        bool current = is_current(bin, run);
        if (current ? !list_next_is_sound(&set->runs.chunks, node) : !list_is_sound(&set->runs.chunks, node)) {
            report_damage(set, node);
            return RUN_REFUSED;
        }
        if (current)
            unset_current(bin, node);
        else
            list_take(node);
    }
    if (set->run_count[run->bin] != BIN_COUNT_MAX)
        set->run_count[run->bin]--;
    return qi_run_give(&set->runs, run->chunk, run->page, pages);
}
