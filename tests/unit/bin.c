/* SPDX-License-Identifier: MIT
 *
 * bin.c: the shapes of all bins, which bin a size gets, where a slot is found, and the making and choosing of
 * runs. Slots are marked in the maps by the tests themselves: taking and giving single slots is small.c's.
 */
#include "../../src/bin.h"

#include "unit.h"

static unsigned code_of(unsigned bin, unsigned length)
{
    return length << BIN_LENGTH_SHIFT | bin;
}

static unsigned granules_of(unsigned bin)
{
    return qi_bin_shapes[bin].granules;
}

static unsigned slots_of(unsigned bin, unsigned length)
{
    return qi_bin_shapes[code_of(bin, length)].slots;
}

static unsigned pages_of(unsigned bin, unsigned length)
{
    return qi_bin_pages[code_of(bin, length)];
}

/* --- shapes --- */

TEST(test_bin_shapes_slots_fit_their_pages)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            const unsigned room = pages_of(bin, length) * (unsigned)UNITS_PAGE_GRANULES;
            const unsigned slots = slots_of(bin, length);
            CHECK(slots >= 2 && slots <= BITS_WORD);
            CHECK(slots * granules_of(bin) <= room);
            CHECK((slots + 1) * granules_of(bin) > room || slots == BITS_WORD);
            CHECK(slots <= pages_of(bin, length) * UNITS_MAP_BYTES * 8u);
        }
}

TEST(test_bin_shapes_pages_can_be_named_by_inner_codes_and_grow)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            CHECK(pages_of(bin, length) >= 2);
            CHECK_EQ(granules_of(code_of(bin, length)), granules_of(bin));
            CHECK(pages_of(bin, length) - 1 <= PAGE_INNER_LAST);
            CHECK(length == 0 || pages_of(bin, length) >= pages_of(bin, length - 1));
            CHECK(length == 0 || slots_of(bin, length) >= slots_of(bin, length - 1));
        }
}

TEST(test_bin_shapes_sizes_are_each_granule_then_four_a_doubling)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        CHECK(bin == 0 || bin_slot_bytes(bin) > bin_slot_bytes(bin - 1));
        CHECK_EQ(bin_slot_bytes(bin), granules_of(bin) * UNITS_GRANULE_BYTES);
        if (bin < BIN_LINEAR_GRANULES)
            CHECK_EQ(granules_of(bin), bin + 1);
        else if (bin >= BIN_LINEAR_GRANULES + 4)
            CHECK_EQ(granules_of(bin), 2 * granules_of(bin - 4));
    }
    CHECK_EQ(bin_slot_bytes(BIN_COUNT - 1), BIN_MAX_BYTES);
}

TEST(test_bin_of_bytes_is_smallest_that_fits_and_is_aligned)
{
    unsigned last = 0;
    for (size_t bytes = 1; bytes <= BIN_MAX_BYTES && !test_is_over(); bytes++) {
        const unsigned bin = bin_of_bytes(bytes);
        unsigned best = 0;
        while (bin_slot_bytes(best) < bytes ||
               (bin_slot_bytes(best) >= QUARRY_ALIGN_BYTES && bin_slot_bytes(best) % QUARRY_ALIGN_BYTES != 0))
            best++;
        CHECK_EQ(bin, best);
        CHECK(bin >= last && bin < BIN_COUNT);
        CHECK_EQ(bin_slot_bytes(bin) & (alignment_of_size(bin_slot_bytes(bin)) - 1), 0);
        last = bin;
    }
}

TEST(test_bin_slots_mask_has_a_bit_for_each_slot)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            const uintptr_t mask = bin_slots_mask(bin_unused_bits(code_of(bin, length)));
            CHECK_EQ(mask & (mask + 1), 0);
            CHECK_EQ(bits_highest(mask) + 1, slots_of(bin, length));
        }
}

/* --- finding a slot --- */

/* Every granule of a run that starts at page 3 of a chunk without memory. */
static void check_locate(struct chunk *chunk, unsigned bin, unsigned length)
{
    const size_t first = 3 * (size_t)UNITS_PAGE_GRANULES;
    const size_t granules = pages_of(bin, length) * (size_t)UNITS_PAGE_GRANULES;
    unsigned slot = 0, inner = 0;
    for (size_t granule = 0; granule < granules && !test_is_over(); granule++) {
        const struct bin_run run = {chunk, 3, PAGE_SMALL | code_of(bin, length)};
        CHECK_EQ(bin_slot_at(&run, first + granule), inner == 0 && slot < slots_of(bin, length) ? slot : BIN_NO_SLOT);
        if (++inner == granules_of(bin)) {
            inner = 0;
            slot++;
        }
    }
}

TEST(test_bin_slot_at_accepts_just_starts_of_slots)
{
    struct chunk chunk = {.pages = (uint8_t *)(64 * (uintptr_t)QUARRY_PAGE_BYTES)};
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++)
            check_locate(&chunk, bin, length);
}

/* A code that remained from an older run: no slot of a short run may be found so far behind it. */
TEST(test_bin_slot_at_behind_its_run_finds_no_slot)
{
    struct chunk chunk = {.pages = (uint8_t *)(64 * (uintptr_t)QUARRY_PAGE_BYTES)};
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            const size_t end = (size_t)(PAGE_INNER_LAST + 1) * UNITS_PAGE_GRANULES;
            size_t granule = pages_of(bin, length) * (size_t)UNITS_PAGE_GRANULES;
            const struct bin_run run = {&chunk, 0, PAGE_SMALL | code_of(bin, length)};
            for (; granule < end && !test_is_over(); granule++)
                CHECK_EQ(bin_slot_at(&run, granule), BIN_NO_SLOT);
        }
}

/* --- runs --- */

/* Bin 2's runs are short on every target. */
enum { BIN = 2 };

static struct bin *bin_of(struct quarry_heap *heap)
{
    return &heap->bins.bins[BIN];
}

/* Pages that runs of the first lengths take together. */
static size_t pages_of_runs(unsigned count)
{
    size_t pages = 0;
    for (unsigned i = 0; i < count; i++)
        pages += pages_of(BIN, i < 2 ? i : 2);
    return pages;
}

/* All slots of the current run become used, as small.c would do it one by one. */
static void fill_current(struct quarry_heap *heap)
{
    const uintptr_t slots = bin_slots_mask(bin_current_unused_bits(bin_of(heap)));
    uint8_t *map = bin_of(heap)->u.map;
    bits_store(map, bits_load(map) | slots >> 1); /* the node lies in the highest slot */
    CHECK(qi_bin_take_last(&heap->bins, BIN));
    bits_store(map, bits_load(map) | slots);
}

static void check_current(struct quarry_heap *heap, unsigned length)
{
    struct chunk *chunk = unit_first(heap);
    const pages_t page = unit_page_of(chunk, bin_current_start(bin_of(heap)));
    CHECK_EQ(chunk->codes[page], PAGE_SMALL | length << BIN_LENGTH_SHIFT | BIN);
    CHECK_EQ(chunk->codes[page + 1] & ~(BITS_WORD - 1), PAGE_SECOND);
    for (pages_t inner = 2; inner < pages_of(BIN, length); inner++)
        CHECK_EQ(chunk->codes[page + inner], inner);
    CHECK_EQ(bin_of(heap)->u.map, chunk_map(chunk, page));
    CHECK_EQ(bin_current_unused_bits(bin_of(heap)), bin_unused_bits(code_of(BIN, length)));
    CHECK_EQ(bits_load(bin_of(heap)->u.map) & bin_slots_mask(bin_unused_bits(code_of(BIN, length))), 1);
    CHECK(unit_settle(heap));
}

TEST(test_bin_new_run_makes_runs_longer_one_by_one)
{
    static const uint8_t lengths[] = {0, 1, 2, 2, 2, 2};
    struct quarry_heap *heap = unit_heap(pages_of_runs(6));
    if (heap == NULL)
        return;
    const size_t pages = heap->bins.runs.free_pages;
    for (unsigned i = 0; i < 6 && !test_is_over(); i++) {
        REQUIRE(qi_bin_new_run(&heap->bins, BIN) != NULL);
        CHECK_EQ(heap->bins.run_count[BIN], i + 1);
        CHECK_EQ(heap->bins.runs.free_pages, pages - pages_of_runs(i + 1));
        check_current(heap, lengths[i]);
        fill_current(heap);
        CHECK_EQ(bin_of(heap)->run, 0);
        CHECK_EQ(bin_of(heap)->u.next, NULL);
        CHECK(unit_settle(heap));
    }
}

TEST(test_bin_new_run_clears_just_the_bits_of_its_slots)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    const pages_t page = chunk_page_count(chunk) - pages_of(BIN, 0);
    bits_store(chunk_map(chunk, page), UINTPTR_MAX);
    REQUIRE(qi_bin_new_run(&heap->bins, BIN) != NULL);
    CHECK_EQ(bin_of(heap)->u.map, chunk_map(chunk, page));
    CHECK_EQ(bits_load(chunk_map(chunk, page)), ~bin_slots_mask(bin_unused_bits(BIN)) | 1);
}

TEST(test_bin_new_run_in_want_of_pages_makes_shortest_run)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    const size_t keep = pages_of(BIN, 0);
    if (pages_of(BIN, 2) == keep)
        SKIP("runs of these lengths have as many pages");
    CHECK(qi_large_take(&heap->bins.runs, heap->bins.runs.free_pages - keep) != NULL);
    heap->bins.run_count[BIN] = 4; /* the next one should be of the third length */
    REQUIRE(qi_bin_new_run(&heap->bins, BIN) != NULL);
    CHECK_EQ(heap->bins.run_count[BIN], 5);
    heap->bins.run_count[BIN] = 1;
    check_current(heap, 0);
    CHECK_EQ(heap->bins.runs.free_pages, 0);
}

TEST(test_bin_new_run_without_pages_is_refused)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    CHECK(qi_large_take(&heap->bins.runs, heap->bins.runs.free_pages) != NULL);
    CHECK_EQ(qi_bin_new_run(&heap->bins, BIN), NULL);
    CHECK_EQ(bin_of(heap)->run, 0);
    CHECK_EQ(heap->bins.run_count[BIN], 0);
    CHECK(unit_settle(heap));
}

TEST(test_bin_run_count_stays_at_most)
{
    struct quarry_heap *heap = unit_heap(4 + pages_of(BIN, 2));
    if (heap == NULL)
        return;
    heap->bins.run_count[BIN] = BIN_COUNT_MAX;
    REQUIRE(qi_bin_new_run(&heap->bins, BIN) != NULL);
    CHECK_EQ(heap->bins.run_count[BIN], BIN_COUNT_MAX);
    check_current(heap, 2);
}

TEST(test_bin_new_run_is_longest_while_memory_is_ample)
{
    struct quarry_heap *heap = unit_heap((size_t)pages_of(BIN, 3) << BIN_AMPLE_SHIFT);
    if (heap == NULL)
        return;
    REQUIRE(qi_bin_new_run(&heap->bins, BIN) != NULL);
    check_current(heap, 3);
}

/* --- damage --- */

static void check_refused(struct quarry_heap *heap, const void *node)
{
    bin_of(heap)->u.next = (struct list_node *)(uintptr_t)node;
    CHECK(!qi_bin_take_from_list(&heap->bins, BIN));
    CHECK_EQ(bin_of(heap)->run, 0);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
}

TEST(test_bin_take_from_list_believes_no_node_but_a_free_slot_of_its_bin)
{
    struct quarry_heap *heap = unit_heap(12 + 2 * pages_of(BIN, 0));
    if (heap == NULL)
        return;
    const struct chunk *chunk = unit_first(heap);
    uint8_t *large = qi_large_take(&heap->bins.runs, 2);
    REQUIRE(large != NULL && qi_bin_new_run(&heap->bins, BIN) != NULL);
    uint8_t *start = bin_current_start(bin_of(heap));
    fill_current(heap);
    check_refused(heap, start);
    check_refused(heap, start + UNITS_GRANULE_BYTES);
    check_refused(heap, start + 1);
    check_refused(heap, large);
    check_refused(heap, large + QUARRY_PAGE_BYTES);
    check_refused(heap, large + 2 * QUARRY_PAGE_BYTES);
    check_refused(heap, heap);
    check_refused(heap, (const void *)(UINTPTR_MAX & ~(uintptr_t)63));
    check_refused(heap, chunk_page_address(chunk, chunk_page_count(chunk)));
    bin_of(heap)->u.next = NULL;
    REQUIRE(qi_bin_new_run(&heap->bins, BIN + 1) != NULL);
    check_refused(heap, bin_current_start(&heap->bins.bins[BIN + 1]));
    bin_of(heap)->u.next = NULL;
    CHECK(unit_settle(heap));
}

/* --- the spare --- */

/* One block taken and given back through the whole heap, so that its run becomes the spare. */
static void *take_and_give(struct quarry_heap *heap, size_t bytes)
{
    void *block = quarry_malloc(heap, bytes);
    CHECK(block != NULL);
    quarry_free(heap, block);
    return block;
}

TEST(test_bin_spare_serves_its_bin_again_without_a_new_run)
{
    struct quarry_heap *heap = unit_heap(64);
    if (heap == NULL)
        return;
    void *block = take_and_give(heap, UNITS_GRANULE_BYTES);
    CHECK(heap->bins.spare != 0);
    size_t free_pages = heap->bins.runs.free_pages;
    CHECK_EQ(take_and_give(heap, UNITS_GRANULE_BYTES), block);
    CHECK_EQ(heap->bins.runs.free_pages, free_pages);
    CHECK(!quarry_owns(heap, block));
}

TEST(test_bin_second_spare_sends_the_first_back)
{
    struct quarry_heap *heap = unit_heap(64);
    if (heap == NULL)
        return;
    take_and_give(heap, UNITS_GRANULE_BYTES);
    unsigned first = heap->bins.spare;
    take_and_give(heap, 4 * UNITS_GRANULE_BYTES);
    CHECK(heap->bins.spare != first);
    CHECK_EQ(heap->bins.bins[first - 1].run, 0);
    CHECK(quarry_check(heap));
}

TEST(test_bin_spare_is_never_missed)
{
    struct quarry_heap *heap = unit_heap(64);
    struct quarry_stats fresh, after;
    if (heap == NULL)
        return;
    quarry_get_stats(heap, &fresh);
    take_and_give(heap, UNITS_GRANULE_BYTES);
    void *all = quarry_malloc(heap, fresh.largest_free_bytes); /* nothing asked for the figures in between */
    CHECK(all != NULL);
    quarry_free(heap, all);
    take_and_give(heap, UNITS_GRANULE_BYTES);
    quarry_get_stats(heap, &after);
    CHECK_EQ(after.free_bytes, fresh.free_bytes);
    CHECK_EQ(after.largest_free_bytes, fresh.largest_free_bytes);
}

TEST(test_bin_block_of_spare_is_a_double_free)
{
    struct quarry_heap *heap = unit_heap(64);
    if (heap == NULL)
        return;
    void *block = take_and_give(heap, UNITS_GRANULE_BYTES);
    struct heap_block found;
    CHECK_EQ(heap_locate(heap, block, 1, &found), QUARRY_DOUBLE_FREE);
    CHECK(!qi_bin_give_spare(&heap->bins) || heap->bins.spare == 0);
    CHECK(quarry_check(heap));
}
