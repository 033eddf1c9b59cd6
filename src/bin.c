/* SPDX-License-Identifier: MIT
 *
 * bin.c: see bin.h. Nodes first, then making and taking, then giving and the spare.
 */
#include "bin.h"

static const uintptr_t no_map = 0;

static bool report_bad_room(const struct bin_set *set, const void *node)
{
    return qi_guard_report_damage(&set->runs.chunks.source.guard, node);
}

void qi_bin_clear(struct bin_set *set)
{
    for (unsigned index = 0; index < BIN_COUNT; index++) {
        set->bins[index].run = 0;
        set->bins[index].map = (uint8_t *)(uintptr_t)&no_map; /* without a free slot nothing is ever written to it */
        set->rooms[index] = NULL;
    }
    set->spare = 0;
}

/* --- nodes --- */

BITS_INLINE struct list_node *node_of(const struct bin_run *run)
{
    const struct bin_shape *shape = bin_shape_of(run->code);
    const page_code_t *codes = run->chunk->codes + run->page;
    unsigned slot = codes[1] >> PAGE_DISTANCE_BITS;
    if (BIN_NODE_SLOTS < BITS_WORD && shape->slots > BIN_NODE_SLOTS)
        slot |= (unsigned)codes[2] >> PAGE_DISTANCE_BITS << BIN_NODE_BITS;
    return (struct list_node *)(void *)(bin_run_start(run) + slot * bin_shape_bytes(shape));
}

struct list_node *qi_bin_node(const struct bin_run *run)
{
    return node_of(run);
}

/* --- making and taking --- */

/* Which length the bin's next run should have: the longest if memory is ample, else one more than the current run's,
 * which tells by its slots. */
BITS_INLINE unsigned next_length(const struct bin_set *set, unsigned index)
{
    const struct bin *bin = &set->bins[index];
    if (set->runs.free_pages >= BIN_AMPLE_PAGES)
        return 3;
    if (bin->run == 0)
        return 0;
    return BITS_WORD - bin_current_unused_bits(bin) < BIN_TARGET(1) ? 1 : 2;
}

/* The codes of a run's pages: what starts there, then the distances 1, 2, 3 ...; four at a time. */
BITS_INLINE void write_codes(page_code_t *codes, unsigned start, size_t pages)
{
    if (pages < 4) {
        codes[1] = 1;
        if (pages == 3)
            codes[2] = 2;
    } else {
        const code_quad_t first = CODE_QUAD(0, 1, 2, 3), ones = CODE_QUAD(1, 1, 1, 1), fours = CODE_QUAD(4, 4, 4, 4);
        page_code_t *last = codes + pages - 4;
        code_quad_t quad = first;
        for (page_code_t *at = codes; at < last; at += 4, quad += fours)
            code_quad_store(at, quad);
        code_quad_store(last, first + (code_quad_t)(pages - 4) * ones);
    }
    codes[0] = (page_code_t)start;
}

/* A new run, whose first slot is taken, becomes the current one. */
static inline void *take_from_new_run(struct bin_set *set, unsigned index)
{
    unsigned code = next_length(set, index) << BIN_LENGTH_SHIFT | index;
    struct chunk *chunk;
    size_t page, pages;
    do {
        pages = qi_bin_shapes[code].pages;
        bits_assume(pages <= BIN_MOST_PAGES);
        if (BITS_FOR_SIZE ? qi_run_take(&set->runs, pages, RUN_TAIL, &chunk, &page)
                          : run_take(&set->runs, pages, RUN_TAIL, &chunk, &page))
            break;
        if (code == index)
            return NULL;
        code = index; /* the shortest length is 0 */
    } while (true);
    const struct bin_shape *shape = &qi_bin_shapes[code];
    unsigned unused_bits = bin_unused_bits(shape);
    uint8_t *map = chunk_map(chunk, page), *start = chunk_page_address(chunk, page);
    struct bin *bin = &set->bins[index];
    bin->run = (uintptr_t)start | unused_bits;
    bin->map = map;
    bin_map_store(map, unused_bits,
                  (bin_map_load(map, unused_bits) | UINTPTR_MAX >> unused_bits) -
                          1); /* the bits above are other pages' */
    write_codes(chunk->codes + page, PAGE_SMALL | code, pages);
    return start;
}

BITS_NOINLINE void *qi_bin_take(struct bin_set *set, unsigned index)
{
    struct list_node *node = set->rooms[index];
    if (node == NULL)
        return take_from_new_run(set, index);
    struct bin_run run;
    run.chunk = run_chunk_of(&set->runs, node);
    if (!list_next_is_sound(&set->runs.chunks, node)) {
        report_bad_room(set, node);
        return NULL;
    }
    run.page = chunk_offset(run.chunk, node) >> UNITS_PAGE_SHIFT;
    run.code = chunk_run_code(run.chunk->codes, &run.page);
    list_follow(&set->rooms[index], node->next);
    uint8_t *map = bin_run_map(&run), *start = bin_run_start(&run);
    unsigned unused_bits = bin_unused_bits(bin_shape_of(run.code));
    uintptr_t word = bin_map_load(map, unused_bits);
    bin_map_store(map, unused_bits, word & (word - 1));
    set->bins[index].run = (uintptr_t)start | unused_bits;
    set->bins[index].map = map;
    return start + bits_lowest(word) * bin_slot_bytes(index);
}

/* --- giving --- */

static void forget_current(struct bin_set *set, unsigned index)
{
    set->bins[index].run = 0;
    set->bins[index].map = (uint8_t *)(uintptr_t)&no_map;
}

bool qi_bin_give_spare(struct bin_set *set)
{
    unsigned index = set->spare - 1u;
    if (set->spare == 0)
        return false;
    const struct bin *bin = &set->bins[index];
    unsigned unused_bits = bin_current_unused_bits(bin);
    struct chunk *first = &set->runs.chunks.first;
    set->spare = 0;
    if (bin_free_bits(bin_map_load(bin->map, unused_bits), unused_bits) != bin_all_bits(unused_bits))
        return false; /* it has been used since, or is gone */
    size_t page = chunk_offset(first, bin_current_start(bin)) >> UNITS_PAGE_SHIFT;
    if (qi_run_give(&set->runs, first, page, bin_shape_of(first->codes[page])->pages) == RUN_REFUSED)
        return false;
    forget_current(set, index);
    return true;
}

/* Gives back a run that is in its bin's list; its last used slot is about to be free. */
static inline enum run_given give_listed(struct bin_set *set, const struct bin_run *run)
{
    const struct bin_shape *shape = bin_shape_of(run->code);
    const struct list_node *node = node_of(run);
    if (!list_is_sound(&set->runs.chunks, node)) {
        report_bad_room(set, node);
        return RUN_REFUSED;
    }
    struct list_node *next = node->next, **link = node->link; /* the node's memory is the free run's in a moment */
    enum run_given given = qi_run_give(&set->runs, run->chunk, run->page, shape->pages);
    if (given != RUN_REFUSED)
        list_follow(link, next);
    return given;
}

BITS_NOINLINE enum run_given qi_bin_give_last(struct bin_set *set, struct chunk *chunk, size_t page, unsigned slot)
{
    const struct bin_run run = {chunk, page, chunk->codes[page]};
    unsigned index = bin_of_code(run.code);
    uint8_t *map = bin_run_map(&run);
    if (set->bins[index].map != map)
        return give_listed(set, &run);
    if (chunk != &set->runs.chunks.first) {
        enum run_given given = qi_run_give(&set->runs, chunk, page, bin_shape_of(run.code)->pages);
        if (given != RUN_REFUSED)
            forget_current(set, index);
        return given;
    }
    unsigned unused_bits = bin_unused_bits(bin_shape_of(run.code));
    bin_map_store(map, unused_bits, bin_map_load(map, unused_bits) | (uintptr_t)1 << slot);
    if (set->spare != index + 1) {
        qi_bin_give_spare(set);
        set->spare = (uint8_t)(index + 1);
    }
    return RUN_GIVEN;
}

enum run_given qi_bin_give(struct bin_set *set, const struct bin_run *run, unsigned slot)
{
    unsigned unused_bits = bin_unused_bits(bin_shape_of(run->code));
    uint8_t *map = bin_run_map(run);
    uintptr_t word = bin_map_load(map, unused_bits), given = word | (uintptr_t)1 << slot;
    if (bin_free_bits(given, unused_bits) == bin_all_bits(unused_bits))
        return qi_bin_give_last(set, run->chunk, run->page, slot);
    if (bin_free_bits(word, unused_bits) == 0)
        bin_give_first(set, run, slot);
    else
        bin_map_store(map, unused_bits, given);
    return RUN_GIVEN;
}
