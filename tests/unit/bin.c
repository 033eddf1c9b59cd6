/* SPDX-License-Identifier: MIT
 *
 * bin.c: the making of runs, which run serves a bin next, and where the nodes of runs with room lie. Giving runs back
 * is bin_give.c's, shapes are bin_shapes.c's.
 */
#include "../../src/bin.h"

#include "unit_bin.h"

/* Most tests' bin: its runs are short on every target. */
enum { BIN = 2 };

/* The bin's current run is new: it has just its first slot taken. */
static void check_new(struct quarry_heap *heap, unsigned bin, unsigned length)
{
    const struct bin *current = &heap->bins.bins[bin];
    const struct bin_shape *shape = shape_of(bin, length);
    const struct chunk *chunk = unit_first(heap);
    const size_t page = unit_page_of(chunk, bin_current_start(current));
    const unsigned code = chunk->codes[page], unused_bits = bin_unused_bits(shape);
    const struct bin_run run = {unit_first(heap), page, code};
    const uintptr_t word = map_word(current->map), slots = slots_bits(shape);
    REQUIRE(code >= PAGE_SMALL && code - PAGE_SMALL < BIN_CODES);
    CHECK_EQ(bin_of_code(code), bin);
    CHECK(is_same_shape(bin_shape_of(code), shape));
    CHECK_EQ(chunk_page_address(chunk, page), bin_current_start(current));
    check_run_codes(&run, 0);
    CHECK_EQ(current->map, chunk_map(chunk, page));
    CHECK_EQ(bin_current_unused_bits(current), unused_bits);
    CHECK_EQ(CONTROL_OWN_WORD ? word : word & slots, slots ^ 1);
    CHECK_EQ(list_first(&heap->bins.rooms[bin]), NULL);
    CHECK(unit_settle(heap));
}

/* --- making --- */

/* The length of the run after one of this length, where memory is not ample; equal lengths are passed over. */
static unsigned next_length(unsigned bin, unsigned length)
{
    unsigned next = length + 1;
    while (next < 2 && is_same_shape(shape_of(bin, next), shape_of(bin, length)))
        next++;
    return next < 2 ? next : 2;
}

static void check_lengths(unsigned bin)
{
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 5));
    if (heap == NULL)
        return;
    for (unsigned i = 0, length = 0; i < 5 && !test_is_over(); i++, length = next_length(bin, length)) {
        const size_t free_pages = heap->bins.runs.free_pages;
        CHECK(!small_has_slot(&heap->bins, bin));
        REQUIRE(qi_bin_allocate(&heap->bins, bin) == bin_current_start(&heap->bins.bins[bin]));
        CHECK_EQ(heap->bins.runs.free_pages, free_pages - pages_of(bin, length));
        check_new(heap, bin, length);
        fill_current(heap, bin);
    }
}

TEST(test_bin_new_runs_are_longer_one_by_one_in_every_bin)
{
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++) {
        check_lengths(bin);
        test_memory_release();
    }
}

static void check_ample(unsigned bin)
{
    struct quarry_heap *heap = unit_heap(2 * pages_of(bin, 3) + pages_of(bin, 2));
    if (heap == NULL)
        return;
    REQUIRE(take_while_free(heap, bin, BIN_AMPLE_PAGES) != NULL);
    check_new(heap, bin, 3);
    fill_current(heap, bin);
    REQUIRE(take_while_free(heap, bin, BIN_AMPLE_PAGES - 1) != NULL); /* no longer one exists without ample memory */
    check_new(heap, bin, 2);
    fill_current(heap, bin);
    REQUIRE(take_while_free(heap, bin, SIZE_MAX) != NULL);
    check_new(heap, bin, 3);
}

TEST(test_bin_new_run_is_longest_just_while_memory_is_ample)
{
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++) {
        check_ample(bin);
        test_memory_release();
    }
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    REQUIRE(take_while_free(heap, BIN, BIN_AMPLE_PAGES - 1) != NULL);
    check_new(heap, BIN, 0);
}

TEST(test_bin_new_run_in_a_large_heap_is_longest)
{
    struct quarry_heap *heap = unit_heap(BIN_AMPLE_PAGES);
    if (heap == NULL)
        return;
    REQUIRE(qi_bin_allocate(&heap->bins, BIN) != NULL);
    check_new(heap, BIN, 3);
}

/* Bits of other runs' slots are as they were, whatever bits the run finds; a word of its own has none. */
TEST(test_bin_new_run_sets_just_the_bits_of_its_slots)
{
    for (unsigned ones = 0; ones < 2; ones++) {
        struct quarry_heap *heap = unit_heap(8);
        if (heap == NULL)
            return;
        const struct chunk *chunk = unit_first(heap);
        const size_t page = chunk->page_count - pages_of(BIN, 0);
        const uintptr_t slots = slots_bits(shape_of(BIN, 0));
        const uintptr_t others = CONTROL_OWN_WORD || ones == 0 ? 0 : ~slots;
        set_map_word(chunk_map(chunk, page), ones != 0 ? UINTPTR_MAX : 0);
        REQUIRE(qi_bin_allocate(&heap->bins, BIN) != NULL);
        CHECK_EQ(heap->bins.bins[BIN].map, chunk_map(chunk, page));
        CHECK_EQ(map_word(chunk_map(chunk, page)), others | (slots ^ 1));
        test_memory_release();
    }
}

static void check_above(const struct bin_run *run)
{
    CHECK_EQ(map_word(bin_run_map(run)) & ~slots_bits(bin_shape_of(run->code)), 0);
}

/* The bin's next new run, which finds all bits set; it is full at the end. The free pages are one run from page 0 on,
 * of which it is the end. */
static struct bin_run take_full_run_over_ones(struct quarry_heap *heap, unsigned bin, unsigned length)
{
    struct bin_run run = {NULL, 0, 0};
    const size_t page = heap->bins.runs.free_pages - pages_of(bin, length);
    set_map_word(chunk_map(unit_first(heap), page), UINTPTR_MAX);
    const uint8_t *start =
            length == 3 ? take_while_free(heap, bin, BIN_AMPLE_PAGES) : qi_bin_allocate(&heap->bins, bin);
    if (!CHECK(start != NULL))
        return run;
    run = unit_find(heap, start).run;
    CHECK_EQ(run.page, page);
    CHECK(is_same_shape(bin_shape_of(run.code), shape_of(bin, length)));
    check_above(&run);
    for (unsigned slot = 1; slot < slots_of(bin, length); slot++) {
        CHECK(small_has_slot(&heap->bins, bin));
        CHECK_EQ(small_take(&heap->bins, bin, bin_slot_bytes(bin)), slot_address(&run, slot));
        check_above(&run);
    }
    CHECK(!small_has_slot(&heap->bins, bin));
    return run;
}

/* Gives slots of a full run back but for one, and takes them all again. */
static void check_above_while_used(struct quarry_heap *heap, const struct bin_run *run)
{
    const unsigned bin = bin_of_code(run->code), slots = bin_shape_of(run->code)->slots;
    for (unsigned slot = slots; slot-- > 1;) {
        CHECK_EQ(give_slot(heap, run, slot, slot % 2 == 0), RUN_FREED);
        check_above(run);
    }
    for (unsigned slot = 1; slot < slots; slot++) { /* it has become the current run */
        CHECK_EQ(small_take(&heap->bins, bin, bin_slot_bytes(bin)), slot_address(run, slot));
        check_above(run);
    }
    CHECK(unit_settle(heap));
}

static void check_own_words(unsigned bin)
{
    struct bin_run runs[BIN_LENGTHS];
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 3) + pages_of(bin, 3));
    if (heap == NULL)
        return;
    for (unsigned i = 0, length = 0; i < BIN_LENGTHS && !test_is_over(); i++) {
        runs[i] = take_full_run_over_ones(heap, bin, i < 3 ? length : 3);
        length = next_length(bin, length);
    }
    CHECK(unit_settle(heap));
    for (unsigned i = 0; i + 1 < BIN_LENGTHS && !test_is_over(); i++)
        check_above_while_used(heap, &runs[i]);
}

TEST(test_bin_own_map_word_never_has_bits_above_the_slots)
{
    if (!CONTROL_OWN_WORD)
        SKIP("runs have no map word of their own");
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++) {
        check_own_words(bin);
        test_memory_release();
    }
}

TEST(test_bin_new_run_in_want_of_pages_is_shortest)
{
    const unsigned bin = BIN_COUNT - 1;
    const size_t keep = pages_of(bin, 0);
    if (pages_of(bin, 3) == keep)
        SKIP("runs of all lengths have as many pages");
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 2) + 2 * keep);
    if (heap == NULL)
        return;
    take_full_run(heap, bin);
    take_full_run(heap, bin);
    CHECK(qi_large_allocate(&heap->bins.runs, heap->bins.runs.free_pages - keep) != NULL);
    REQUIRE(take_while_free(heap, bin, BIN_AMPLE_PAGES) != NULL); /* the longest one should come next */
    check_new(heap, bin, 0);
    CHECK_EQ(heap->bins.runs.free_pages, 0);
}

TEST(test_bin_take_without_pages_gives_none_and_changes_nothing)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    void *all = qi_large_allocate(&heap->bins.runs, heap->bins.runs.free_pages);
    REQUIRE(all != NULL);
    CHECK_EQ(qi_bin_allocate(&heap->bins, BIN), NULL);
    CHECK_EQ(heap->bins.bins[BIN].run, 0);
    CHECK(!small_has_slot(&heap->bins, BIN));
    CHECK(unit_settle(heap));
    qi_large_free(&heap->bins.runs, unit_first(heap), unit_page_of(unit_first(heap), all));
    const struct bin_run full = take_full_run(heap, BIN);
    REQUIRE(qi_large_allocate(&heap->bins.runs, heap->bins.runs.free_pages) != NULL);
    CHECK_EQ(qi_bin_allocate(&heap->bins, BIN), NULL);
    CHECK_EQ(bin_current_start(&heap->bins.bins[BIN]), bin_run_start(&full));
    CHECK_EQ(heap->bins.bins[BIN].map, bin_run_map(&full));
    CHECK(unit_settle(heap));
}

TEST(test_bin_clear_leaves_no_bin_with_a_slot)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    CHECK(take(heap, BIN) != NULL);
    qi_bin_format(&heap->bins);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        CHECK(!small_has_slot(&heap->bins, bin));
        CHECK_EQ(heap->bins.bins[bin].run, 0);
        CHECK_EQ(list_first(&heap->bins.rooms[bin]), NULL);
    }
}

/* --- runs with room and their nodes --- */

/* The only run with room is this one, in whose list it has its node in this slot. */
static void check_listed(struct quarry_heap *heap, const struct bin_run *run, unsigned slot)
{
    struct list_node *node = list_first(&heap->bins.rooms[bin_of_code(run->code)]);
    CHECK_EQ(node, slot_address(run, slot));
    CHECK_EQ(qi_bin_node(run), slot_address(run, slot));
    REQUIRE(node != NULL);
    CHECK_EQ(list_next(heap_chunks(heap), node), NULL);
    CHECK_EQ(list_link(heap_chunks(heap), node), &heap->bins.rooms[bin_of_code(run->code)].first);
    check_run_codes(run, slot);
    CHECK(unit_settle(heap));
}

/* All of the bin's runs are full, other is the current one, and so they are again at the end. */
static void check_node_in_slot(struct quarry_heap *heap, const struct bin_run *run, const struct bin_run *other,
                               unsigned slot)
{
    const unsigned bin = bin_of_code(run->code), slots = bin_shape_of(run->code)->slots;
    const unsigned second = (slot + 1 + (unsigned)test_random_below(slots - 1)) % slots;
    CHECK_EQ(give_to_list(heap, run, slot, slot % 2 == 0), RUN_FREED);
    check_listed(heap, run, slot);
    if (slots > 2) {
        CHECK_EQ(give_slot(heap, run, second, slot % 4 < 2), RUN_FREED);
        check_listed(heap, run, slot); /* the node stays where it is */
    }
    if (slots > 2 && second < slot) /* the lowest one first, wherever the node is */
        CHECK_EQ(qi_bin_allocate(&heap->bins, bin), slot_address(run, second));
    CHECK_EQ(try_take(heap, bin), slot_address(run, slot));
    if (slots > 2 && second > slot)
        CHECK_EQ(try_take(heap, bin), slot_address(run, second));
    CHECK_EQ(bin_current_start(&heap->bins.bins[bin]), bin_run_start(run));
    CHECK_EQ(list_first(&heap->bins.rooms[bin]), NULL);
    CHECK(!small_has_slot(&heap->bins, bin));
    CHECK_EQ(give_slot(heap, other, 0, slot % 2 != 0), RUN_FREED);
    CHECK_EQ(bin_current_start(&heap->bins.bins[bin]), bin_run_start(other));
    CHECK_EQ(take(heap, bin), bin_run_start(other));
}

static void check_nodes(unsigned bin)
{
    struct bin_run runs[BIN_LENGTHS], other;
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 4) + pages_of(bin, 3));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 3; i++)
        runs[i] = take_full_run(heap, bin);
    runs[3] = take_full_longest_run(heap, bin);
    REQUIRE(runs[3].chunk != NULL);
    other = take_full_run(heap, bin);
    for (unsigned i = 0; i < BIN_LENGTHS; i++)
        for (unsigned slot = 0; slot < bin_shape_of(runs[i].code)->slots && !test_is_over(); slot++)
            check_node_in_slot(heap, &runs[i], &other, slot);
}

TEST(test_bin_node_lies_in_any_slot_of_any_run_that_got_room)
{
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++) {
        check_nodes(bin);
        test_memory_release();
    }
}

TEST(test_bin_current_run_that_gets_room_is_in_no_list)
{
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 2));
    if (heap == NULL)
        return;
    const struct bin_run run = take_full_run(heap, BIN);
    for (unsigned slot = 0; slot + 1 < bin_shape_of(run.code)->slots; slot++) {
        CHECK_EQ(give_slot(heap, &run, slot, slot % 2 == 0), RUN_FREED);
        CHECK_EQ(list_first(&heap->bins.rooms[BIN]), NULL);
        CHECK(small_has_slot(&heap->bins, BIN));
        CHECK(unit_settle(heap));
        if (slot % 2 != 0)
            CHECK_EQ(take(heap, BIN), slot_address(&run, slot / 2));
    }
}

TEST(test_bin_run_that_gets_room_becomes_the_current_one_if_that_is_full)
{
    struct bin_run runs[3];
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 3));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 3; i++)
        runs[i] = take_full_run(heap, BIN);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(give_slot(heap, &runs[i], 1, i % 2 == 0), RUN_FREED);
        CHECK_EQ(bin_current_start(&heap->bins.bins[BIN]), bin_run_start(&runs[i]));
        CHECK_EQ(list_first(&heap->bins.rooms[BIN]), NULL);
        CHECK(unit_settle(heap));
        CHECK_EQ(take(heap, BIN), slot_address(&runs[i], 1));
    }
}

TEST(test_bin_take_serves_the_run_that_got_room_last_then_those_before_then_a_new_one)
{
    struct bin_run runs[4];
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 5));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 4; i++)
        runs[i] = take_full_run(heap, BIN);
    for (unsigned i = 0; i < 3; i++) { /* 3 is the current one */
        CHECK_EQ(give_to_list(heap, &runs[i], 1, true), RUN_FREED);
        CHECK_EQ(list_first(&heap->bins.rooms[BIN]), slot_address(&runs[i], 1));
        CHECK(unit_settle(heap));
    }
    for (unsigned i = 3; i-- > 0;) {
        const size_t free_pages = heap->bins.runs.free_pages;
        CHECK_EQ(take(heap, BIN), slot_address(&runs[i], 1));
        CHECK_EQ(bin_current_start(&heap->bins.bins[BIN]), bin_run_start(&runs[i]));
        CHECK_EQ(heap->bins.runs.free_pages, free_pages);
    }
    CHECK_EQ(list_first(&heap->bins.rooms[BIN]), NULL);
    REQUIRE(qi_bin_allocate(&heap->bins, BIN) != NULL);
    check_new(heap, BIN, next_length(BIN, 0)); /* the run before it was the shortest */
}

TEST(test_bin_take_with_damaged_node_is_reported_and_changes_nothing)
{
    struct bin_run runs[2];
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    struct quarry_heap *heap = unit_heap(pages_of_runs(BIN, 2));
    if (heap == NULL)
        return;
    for (unsigned i = 0; i < 2; i++)
        runs[i] = take_full_run(heap, BIN);
    CHECK_EQ(give_to_list(heap, &runs[0], 1, true), RUN_FREED);
    struct list_node *node = list_first(&heap->bins.rooms[BIN]);
    const uintptr_t bad[] = {0x5a5a5a50, (uintptr_t)node, (uintptr_t)node + 1, (uintptr_t)heap, 1};
    const uintptr_t word = map_word(bin_run_map(&runs[0]));
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        list_store_next(heap_chunks(heap), node, (struct list_node *)bad[i]);
        CHECK_EQ(qi_bin_allocate(&heap->bins, BIN), NULL);
        CHECK_EQ(test_log.last.pointer, node);
        expect_misuse(heap, KIND(QUARRY_CORRUPT));
        CHECK_EQ(list_first(&heap->bins.rooms[BIN]), node);
        CHECK_EQ(bin_current_start(&heap->bins.bins[BIN]), bin_run_start(&runs[1]));
        CHECK_EQ(map_word(bin_run_map(&runs[0])), word);
    }
    list_store_next(heap_chunks(heap), node, NULL);
    CHECK(unit_settle(heap));
    CHECK_EQ(take(heap, BIN), slot_address(&runs[0], 1));
}
