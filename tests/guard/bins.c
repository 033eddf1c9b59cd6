/* SPDX-License-Identifier: MIT
 *
 * bins.c: damage on purpose, as in guard.c: a bin's current run, its list, and from check level 3 the blocks that wait.
 */
#include "../unit/unit.h"

#if QUARRY_CHECK_LEVEL >= 2

enum { PAGES = 40, BYTES = 24 };

static struct scene {
    struct quarry_heap *heap;
    struct bin *bin;
    unsigned index;
    struct bin_run listed; /* a run with one free slot, in the list */
    struct list_node *node;
    uint8_t *block; /* some used block in it */
} scene;

/* Takes slots, not blocks: nothing waits and no canary is looked at. */
static uint8_t *take_slot(void)
{
    struct bin_set *set = &scene.heap->bins;
    return small_has_slot(set, scene.index) ? small_take(set, scene.index, bin_slot_bytes(scene.index))
                                            : qi_bin_allocate(set, scene.index);
}

static void find_run(const void *slot, struct bin_run *run)
{
    run->chunk = &heap_chunks(scene.heap)->first;
    run->page = chunk_offset(run->chunk, slot) >> UNITS_PAGE_SHIFT;
    run->code = chunk_run_code(run->chunk->codes, &run->page);
}

static enum run_freed give_slot(const uint8_t *slot)
{
    struct bin_run run;
    find_run(slot, &run);
    memory_freed(&heap_source(scene.heap)->reporter, slot, bin_slot_bytes(scene.index));
    return qi_bin_free(&scene.heap->bins, &run,
                       bin_slot_at(bin_shape_of(run.code), (size_t)(slot - bin_run_start(&run))));
}

/* A full current run, and another one in the list. */
static bool begin(void)
{
    scene.heap = unit_heap(PAGES);
    if (scene.heap == NULL)
        return false;
    scene.index = bin_of_bytes(debug_request(BYTES));
    scene.bin = &scene.heap->bins.bins[scene.index];
    uint8_t *first = take_slot();
    scene.block = take_slot();
    while (small_has_slot(&scene.heap->bins, scene.index))
        take_slot();
    take_slot();
    give_slot(first); /* it would become the current run, if that were full already */
    while (small_has_slot(&scene.heap->bins, scene.index))
        take_slot();
    find_run(first, &scene.listed);
    scene.node = qi_bin_node(&scene.listed);
    return CHECK_EQ((uintptr_t)scene.node, (uintptr_t)first);
}

static void expect_refused(void)
{
    CHECK(qi_bin_allocate(&scene.heap->bins, scene.index) == NULL);
    CHECK_EQ(test_log.count, 1);
    test_log.count = 0;
}

static void take_with_word(uintptr_t *word, uintptr_t value)
{
    const uintptr_t right = *word;
    *word = value;
    expect_refused();
    *word = right;
}

static void take_with_code(unsigned code)
{
    page_code_t *at = &scene.listed.chunk->codes[scene.listed.page];
    const page_code_t right = *at;
    *at = (page_code_t)code;
    expect_refused();
    *at = right;
}

TEST(test_guard_reports_damaged_run_with_room)
{
    if (!begin())
        return;
    struct control_map *map = control_map_at(bin_run_map(&scene.listed));
    const struct control_map right = *map;
    struct list_head *head = &scene.heap->bins.rooms[scene.index];
    take_with_word((uintptr_t *)(void *)&head->first, (uintptr_t)head->first ^ 64);
    take_with_word(&heap_chunks(scene.heap)->first.page_count, 1000);
    take_with_word((uintptr_t *)(void *)&scene.node->next, 1);
    take_with_code(PAGE_NOTHING);
    take_with_code(PAGE_SMALL | BIN_SHAPE_INDEX(0, scene.index + 1));
    take_with_word(&map->rest, map->rest + 1);
    *map = (struct control_map){0, right.free + right.rest}; /* full, it says */
    expect_refused();
    *map = right;
    CHECK(qi_bin_allocate(&scene.heap->bins, scene.index) == (void *)scene.node);
}

static void open_with_word(uintptr_t *word, uintptr_t value)
{
    const uintptr_t right = *word;
    struct small_current current;
    *word = value;
    CHECK_EQ(small_open(scene.bin, &current), SMALL_DAMAGED);
    qi_heap_allocate(scene.heap, debug_request(BYTES), 1); /* the block may have pages of its own */
    CHECK_EQ(test_log.count, 1);
    CHECK_EQ((uintptr_t)test_log.last.pointer, (uintptr_t)scene.bin);
    test_log.count = 0;
    *word = right;
    CHECK_EQ(small_open(scene.bin, &current), SMALL_FULL);
}

TEST(test_guard_reports_damaged_current_run)
{
    if (!begin())
        return;
    open_with_word(&scene.bin->map_check, 0);
    open_with_word(&control_map_at(scene.bin->map)->rest, 0);
    open_with_word(&scene.bin->run, scene.bin->run + QUARRY_PAGE_BYTES);
}

TEST(test_guard_reports_damaged_run_that_is_given)
{
    if (!begin())
        return;
    struct control_map *map = control_map_at(bin_run_map(&scene.listed));
    map->rest++;
    CHECK_EQ(give_slot(scene.block), RUN_REFUSED);
    CHECK_EQ(test_log.count, 1);
    map->rest--;
    CHECK_EQ(give_slot(scene.block), RUN_FREED);
    test_log.count = 0;
}

/* The number of the node's slot is one that the run does not have. */
TEST(test_guard_reports_node_outside_its_run)
{
    if (!begin())
        return;
    const struct bin_shape *shape = bin_shape_of(scene.listed.code);
    page_code_t *codes = scene.listed.chunk->codes + scene.listed.page;
    const unsigned right = bin_node_slot(codes, shape);
    uint8_t *start = bin_run_start(&scene.listed);
    for (unsigned slot = 0; slot < shape->slots - 1u; slot++)
        if (small_is_used(&scene.listed, slot))
            give_slot(start + slot * bin_shape_bytes(shape));
    bin_set_node_slot(codes, shape, shape->slots < 8 ? 7 : 63);
    CHECK(!qi_check_heap(scene.heap));
    test_log.count = 0;
    if (bin_node_slot(codes, shape) >= shape->slots) {
        CHECK_EQ(give_slot(start + (shape->slots - 1u) * bin_shape_bytes(shape)), RUN_REFUSED);
        CHECK_EQ(test_log.count, 1);
    }
    bin_set_node_slot(codes, shape, right);
    CHECK_EQ(give_slot(start + (shape->slots - 1u) * bin_shape_bytes(shape)), RUN_FREED);
    test_log.count = 0;
}

/* --- the words of a map --- */

static bool map_says(const struct bin_run *run, uintptr_t free)
{
    return bin_run_is_valid(run) && control_map_load(bin_run_map(run), 0) == free;
}

TEST(test_guard_moves_a_bit_from_word_to_word)
{
    struct quarry_heap *heap = unit_heap(PAGES);
    if (heap == NULL)
        return;
    void *first = quarry_malloc(heap, BYTES), *second = quarry_malloc(heap, BYTES);
    const struct heap_block found = unit_find(heap, first);
    const uintptr_t all = BIN_SLOTS_MASK(bin_shape_of(found.run.code));
    CHECK(map_says(&found.run, all - 3));
    quarry_free(heap, first);
    debug_flush(heap); /* where freed blocks wait */
    CHECK(map_says(&found.run, all - 2));
    CHECK(quarry_malloc(heap, BYTES) == first);
    CHECK(map_says(&found.run, all - 3));
    quarry_free(heap, second);
    debug_flush(heap);
    CHECK(map_says(&found.run, all - 1));
}

/* --- waiting --- */

TEST(test_guard_reports_write_over_canary_of_waiting_block)
{
    struct quarry_heap *heap = unit_heap(PAGES);
    if (heap == NULL)
        return;
    if (!DEBUG_FILLS)
        SKIP("blocks wait from check level 3 on");
    uint8_t *block = quarry_malloc(heap, BYTES);
    const size_t usable = quarry_usable_size(heap, block);
    quarry_free(heap, block);
    block[usable] ^= 1;
    debug_flush(heap);
    CHECK(test_log.count != 0);
    CHECK_EQ(test_log.last.kind, QUARRY_WRITE_AFTER_FREE);
    test_log.count = 0;
    CHECK(quarry_check(heap));
}

/* Where the control data of a waiting block was damaged, it stays where it is. */
TEST(test_guard_leaves_waiting_block_in_damaged_run)
{
    struct quarry_heap *heap = unit_heap(PAGES);
    if (heap == NULL)
        return;
    if (!DEBUG_FILLS)
        SKIP("blocks wait from check level 3 on");
    uint8_t *block = quarry_malloc(heap, BYTES);
    const struct heap_block found = unit_find(heap, block);
    quarry_free(heap, block);
    struct control_map *map = control_map_at(bin_run_map(&found.run));
    map->rest++;
    debug_flush(heap);
    map->rest--;
    CHECK(small_is_used(&found.run, found.slot));
    test_log.count = 0;
}

#endif
