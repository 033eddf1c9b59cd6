/* SPDX-License-Identifier: MIT
 *
 * bin.c: see bin.h. Nodes first, then allocating, then freeing.
 */
#include "bin.h"

/* As much as any map has. */
static const uintptr_t no_map[2];

static bool report_bad_room(const struct bin_set *set, const void *node)
{
    return qi_report_damage(&set->runs.chunks.source.reporter, node);
}

static uint8_t *no_current_map(void)
{
    return (uint8_t *)(uintptr_t)no_map; /* without a free slot nothing is ever written to it */
}

static void forget_current(struct bin *bin)
{
    bin_set_current(bin, 0, no_current_map());
}

void qi_bin_format(struct bin_set *set)
{
    for (unsigned index = 0; index < BIN_COUNT; index++) {
        forget_current(&set->bins[index]);
        list_set_first(&set->rooms[index], NULL);
    }
}

/* --- nodes --- */

struct list_node *qi_bin_node(const struct bin_run *run)
{
    const struct bin_shape *shape = bin_shape_of(run->code);
    unsigned slot = bin_node_slot(run->chunk->codes + run->page, shape);
    return (struct list_node *)(void *)(bin_run_start(run) + slot * bin_shape_bytes(shape));
}

/* Is a run one of this bin's, with room, and not the current one? Then it is in the bin's list. */
static bool is_with_room(const struct bin_set *set, const struct bin_run *run, unsigned index)
{
    const uint8_t *map = bin_run_map(run);
    if (run->code < PAGE_SMALL || bin_of_code(run->code) != index || !bin_run_is_valid(run))
        return false;
    const unsigned unused_bits = bin_unused_bits(bin_shape_of(run->code));
    return map != set->bins[index].map && control_map_free_bits(control_map_load(map, unused_bits), unused_bits) != 0;
}

BITS_NOINLINE bool qi_bin_is_listed(const struct bin_set *set, const struct list_node *node, unsigned index)
{
    struct bin_run run;
    run.chunk = run_chunk_of(&set->runs, node);
    if (run.chunk == NULL || !chunk_holds(run.chunk, node))
        return false;
    run.page = chunk_offset(run.chunk, node) >> UNITS_PAGE_SHIFT;
    run.code = chunk_run_code(run.chunk->codes, &run.page);
    return is_with_room(set, &run, index) && qi_bin_node(&run) == node;
}

/* May the next of a bin's node be followed? */
static bool next_is_valid(const struct bin_set *set, const struct list_node *node, unsigned index)
{
    const struct list_node *next = list_next(&set->runs.chunks, node);
    return next == NULL ||
           link_valid(qi_bin_is_listed(set, next, index) && list_next_points_back(&set->runs.chunks, node));
}

/* Does what a node's link says agree with the list's head, or lead to a node of this bin whose next leads back? */
static bool link_is_valid(const struct bin_set *set, const struct list_node *node, unsigned index)
{
    const struct list_head *head = &set->rooms[index];
    struct list_node *const *link = list_link(&set->runs.chunks, node);
    const struct list_node *before = list_node_before(list_link(&set->runs.chunks, node));
    if (list_first(head) == node || link == &head->first)
        return list_first(head) == node && link == &head->first;
    return qi_bin_is_listed(set, before, index) && list_next(&set->runs.chunks, before) == node;
}

BITS_NOINLINE bool qi_bin_node_is_valid(const struct bin_set *set, const struct list_node *node, unsigned index)
{
    return link_valid(link_is_valid(set, node, index) && next_is_valid(set, node, index));
}

/* The same. A list's only node has no link to another. */
BITS_INLINE bool node_is_valid(const struct bin_set *set, const struct list_node *node, unsigned index)
{
    const struct list_head *head = &set->rooms[index];
    const bool is_only = list_next(&set->runs.chunks, node) == NULL && list_first(head) == node &&
                         list_link(&set->runs.chunks, node) == &head->first;
    return is_only || qi_bin_node_is_valid(set, node, index);
}

/* --- allocating --- */

/* Which length the bin's next run should have: the longest if memory is ample, else one more than the current run's,
 * which tells by its slots. */
BITS_INLINE unsigned next_length(const struct bin_set *set, unsigned index)
{
    const struct bin *bin = &set->bins[index];
    if (set->runs.free_pages >= BIN_AMPLE_PAGES)
        return BIN_LENGTHS - 1;
    if (bin->run == 0)
        return 0;
    return BITS_WORD - bin_current_unused_bits(bin) < BIN_TARGET(1) ? 1 : BIN_LENGTHS - 2;
}

/* The codes of a run's pages, which has at least two. */
BITS_INLINE void write_codes(page_code_t *codes, unsigned start, size_t pages)
{
    const code_quad_t distances = CODE_QUAD(0, 1, 2, 3) << PAGE_DISTANCE_SHIFT;
    const code_quad_t step = CODE_QUAD(4, 4, 4, 4) << PAGE_DISTANCE_SHIFT;
    code_quad_t same = CONTROL_DIRECT_CODES ? CODE_QUAD(start, start, start, start) : 0;
    code_quads_store(codes, pages, same + distances, step);
    codes[0] = (page_code_t)start;
}

/* A new run, whose first slot is allocated, becomes the current one. */
static inline void *allocate_from_new_run(struct bin_set *set, unsigned index)
{
    unsigned code = bin_shape_index(next_length(set, index), index);
    const unsigned shortest = bin_shape_index(0, index);
    struct chunk *chunk;
    size_t page;
    const size_t pages =
            qi_run_allocate_tail(&set->runs, qi_bin_shapes[code].pages, qi_bin_shapes[shortest].pages, &chunk, &page);
    if (pages == 0)
        return NULL;
    bits_assume(pages <= BIN_MOST_PAGES); /* GCOVR_EXCL_BR_LINE: tells the compiler, decides nothing */
    if (pages != qi_bin_shapes[code].pages)
        code = shortest;
    const struct bin_shape *shape = &qi_bin_shapes[code];
    unsigned unused_bits = bin_unused_bits(shape);
    uint8_t *map = chunk_map(chunk, page), *start = chunk_page_address(chunk, page);
    uintptr_t tag = bin_tag(start, unused_bits);
    bin_set_current(&set->bins[index], tag, map);
    uintptr_t others = CONTROL_OWN_WORD ? 0 : control_map_load(map, unused_bits); /* bits above the slots */
    control_map_store(map, unused_bits, (others | UINTPTR_MAX >> unused_bits) - 1, tag);
    write_codes(chunk->codes + page, PAGE_SMALL | code, pages);
    return start;
}

/* The run of a bin's first node, if it may be removed from the list. */
static inline bool find_first(const struct bin_set *set, unsigned index, const struct list_node *node,
                              struct bin_run *run)
{
    const struct list_head *head = &set->rooms[index];
    run->chunk = run_chunk_of(&set->runs, node);
    if (run->chunk == NULL || !control_valid(chunk_holds(run->chunk, node)))
        return false;
    run->page = chunk_offset(run->chunk, node) >> UNITS_PAGE_SHIFT;
    run->code = chunk_run_code(run->chunk->codes, &run->page);
    return control_valid(is_with_room(set, run, index)) && next_is_valid(set, node, index) &&
           list_node_is_first(&set->runs.chunks, head, node);
}

BITS_NOINLINE void *qi_bin_allocate(struct bin_set *set, unsigned index)
{
    const struct list_head *head = &set->rooms[index];
    struct list_node *node = list_first(head);
    struct bin_run run;
    if (node == NULL && list_head_is_valid(head))
        return allocate_from_new_run(set, index);
    if (!list_head_is_valid(head) || !find_first(set, index, node, &run)) {
        report_bad_room(set, list_head_is_valid(head) ? (const void *)node : head);
        return NULL;
    }
    list_remove_first(&set->runs.chunks, &set->rooms[index], node, list_next(&set->runs.chunks, node));
    uint8_t *map = bin_run_map(&run), *start = bin_run_start(&run);
    unsigned unused_bits = bin_unused_bits(bin_shape_of(run.code));
    uintptr_t word = control_map_load(map, unused_bits), tag = bin_tag(start, unused_bits);
    control_map_store(map, unused_bits, word & (word - 1), tag);
    bin_set_current(&set->bins[index], tag, map);
    return start + bits_lowest(word) * bin_slot_bytes(index);
}

/* --- freeing --- */

/* A run whose slots are all free is about to be freed. Its node, if it has one, is no free memory. */
static inline void use_free_slots(const struct bin_set *set, const struct chunk *chunk, size_t page, size_t pages,
                                  const struct list_node *node)
{
    const struct reporter *reporter = &set->runs.chunks.source.reporter;
    const uint8_t *start = chunk_page_address(chunk, page), *end = start + (pages << UNITS_PAGE_SHIFT);
    if (node != NULL) {
        memory_allocated(reporter, start, (size_t)((const uint8_t *)node - start));
        start = (const uint8_t *)(node + 1);
    }
    memory_allocated(reporter, start, (size_t)(end - start));
}

/* Frees the pages of a run whose last used slot is about to be free, and which is in its bin's list. */
BITS_INLINE enum run_freed free_listed(struct bin_set *set, struct chunk *chunk, size_t page)
{
    const struct bin_run run = {chunk, page, chunk->codes[page]};
    const struct bin_shape *shape = bin_shape_of(run.code);
    const unsigned index = bin_of_code(run.code);
    struct list_node *node = qi_bin_node(&run);
    if (!control_valid(bin_node_slot(chunk->codes + page, shape) < shape->slots) || !node_is_valid(set, node, index)) {
        report_bad_room(set, node);
        return RUN_REFUSED;
    }
    /* The node's memory is the free run's in a moment. */
    list_unlink(&set->runs.chunks, &set->rooms[index], node);
    use_free_slots(set, chunk, page, shape->pages, node);
    enum run_freed given = qi_run_free(&set->runs, chunk, page, shape->pages);
    if (!bits_likely(given != RUN_REFUSED)) /* nothing has been written to it */
        qi_list_relink(&set->runs.chunks, &set->rooms[index], node);
    return given;
}

/* The same of a current run. */
BITS_INLINE enum run_freed free_current(struct bin_set *set, struct chunk *chunk, size_t page)
{
    const unsigned code = chunk->codes[page];
    use_free_slots(set, chunk, page, bin_shape_of(code)->pages, NULL);
    enum run_freed given = qi_run_free(&set->runs, chunk, page, bin_shape_of(code)->pages);
    if (given != RUN_REFUSED)
        forget_current(&set->bins[bin_of_code(code)]);
    return given;
}

enum run_freed qi_bin_free(struct bin_set *set, const struct bin_run *run, unsigned slot)
{
    const struct bin_shape *shape = bin_shape_of(run->code);
    const unsigned index = bin_of_code(run->code), unused_bits = bin_unused_bits(shape);
    struct bin *bin = &set->bins[index];
    uint8_t *map = bin_run_map(run);
    const uintptr_t word = control_map_load(map, unused_bits), more = word | (uintptr_t)1 << slot;
    if (!bin_run_is_valid(run)) {
        report_bad_room(set, map);
        return RUN_REFUSED;
    }
    if (control_map_free_bits(more, unused_bits) == control_map_all_bits(unused_bits))
        return bin->map == map ? free_current(set, run->chunk, run->page) : free_listed(set, run->chunk, run->page);
    control_map_free(map, unused_bits, word, more);
    if (control_map_free_bits(word, unused_bits) != 0 || bin->map == map)
        return RUN_FREED;
    if (bin_current_is_full(bin)) { /* no list needs to know of it */
        bin_set_current(bin, bin_tag(bin_run_start(run), unused_bits), map);
        return RUN_FREED;
    }
    bin_set_node_slot(run->chunk->codes + run->page, shape, slot);
    list_insert(&set->runs.chunks, &set->rooms[index],
                (struct list_node *)(void *)(bin_run_start(run) + slot * bin_shape_bytes(shape)));
    return RUN_FREED;
}
