/* SPDX-License-Identifier: MIT
 *
 * check.c: the walk shows a small heap in order and without gaps, and the check finds every single bit that
 * flips in codes, maps, lists and figures that mean something. A byte of control data that means nothing (a
 * stale code, the map of a page inside a run) may be anything, but must not lead the check astray.
 */
#include "../../src/part.h"

#include "unit_bin.h"

/* So many blocks; kept are the first two. */
static void take_blocks(struct quarry_heap *heap, size_t bytes, unsigned count, void *kept[2])
{
    for (unsigned i = 0; i < count; i++) {
        void *block = quarry_malloc(heap, bytes);
        CHECK(block != NULL);
        if (i < 2)
            kept[i] = block;
    }
}

/* A heap with small runs that are full, current and listed, large blocks, and free runs between them. */
static struct quarry_heap *busy_heap(void)
{
    const size_t small_bytes = 2 * UNITS_GRANULE_BYTES;
    const unsigned bin = bin_of_bytes(small_bytes);
    void *small[2], *smallest[2], *large[2];
    struct quarry_heap *heap = unit_heap(40);
    if (heap == NULL)
        return NULL;
    take_blocks(heap, small_bytes, qi_bin_shapes[bin_shape_index(0, bin)].slots, small);
    take_blocks(heap, small_bytes, 1, smallest);
    while (small_has_slot(&heap->bins, bin)) /* full, and no longer current after the next block */
        take_blocks(heap, small_bytes, 1, smallest);
    take_blocks(heap, small_bytes, 1, smallest);
    take_blocks(heap, 1, 2, smallest);
    take_blocks(heap, BIN_MAX_BYTES + 1, 3, large);
    quarry_free(heap, small[0]);
    quarry_free(heap, small[1]);
    quarry_free(heap, large[1]);
    CHECK(list_first(&heap->bins.rooms[bin]) != NULL);
    CHECK(qi_check_heap(heap));
    return heap;
}

/* --- damage --- */

/* Does the check in parts of a page find only what shows in one place, not in sums? */
static bool is_in_one_place;

/* The check in parts of a page. What it finds the whole check finds, too. */
static bool check_in_parts(struct quarry_heap *heap, bool is_sound, bool must_be_found)
{
    struct quarry_cursor cursor = {0, 0, 0};
    enum quarry_progress progress = QUARRY_MORE;
    for (unsigned parts = 0; progress == QUARRY_MORE; parts++) {
        if (!CHECK(parts < 1000))
            return false;
        progress = qi_part_check(heap, &cursor, 1);
    }
    if (is_sound)
        CHECK_EQ(progress, QUARRY_DONE);
    if (must_be_found && is_in_one_place)
        CHECK_EQ(progress, QUARRY_DAMAGED);
    if (progress == QUARRY_DAMAGED)
        expect_misuse(heap, KIND(QUARRY_CORRUPT));
    return true;
}

/* Flips a bit, and back. */
static void flip_bit(struct quarry_heap *heap, uint8_t *byte, unsigned bit, bool must_be_found)
{
    *byte ^= (uint8_t)(1u << bit);
    const bool sound = qi_check_heap(heap);
    if (!sound)
        expect_misuse(heap, KIND(QUARRY_CORRUPT));
    check_in_parts(heap, sound, must_be_found);
    *byte ^= (uint8_t)(1u << bit);
    if (must_be_found)
        CHECK(!sound);
}

/* Each bit of a byte in turn. */
static void flip(struct quarry_heap *heap, void *at, bool must_be_found)
{
    for (unsigned bit = 0; bit < 8 && !test_is_over(); bit++)
        flip_bit(heap, at, bit, must_be_found);
    CHECK(qi_check_heap(heap));
}

static void flip_all(struct quarry_heap *heap, void *at, size_t bytes, bool must_be_found)
{
    for (size_t i = 0; i < bytes && !test_is_over(); i++)
        flip(heap, (uint8_t *)at + i, must_be_found);
}

/* The length of the stretch at page: as the codes say. */
static size_t stretch_pages(const struct chunk *chunk, size_t page)
{
    const unsigned code = chunk->codes[page];
    return code >= PAGE_SMALL ? bin_shape_of(code)->pages : control_length_at_start(chunk->maps, page);
}

/* A bin's lengths may come out alike: then it does not matter which one a narrow code names. Without figures of blocks,
 * nor does it matter for a full run that is in no list, if only the pages are as many. A run's wide codes must all say
 * the same. */
static bool may_stand_for(unsigned code, unsigned other)
{
    if (CONTROL_WIDE_CODES || code < PAGE_SMALL || other < PAGE_SMALL || other - PAGE_SMALL >= BIN_CODES)
        return false;
    const struct bin_shape *shape = bin_shape_of(code), *other_shape = bin_shape_of(other);
    if (shape->pages != other_shape->pages)
        return false;
    return QUARRY_STATS == 0 || (shape->slots == other_shape->slots && bin_of_code(code) == bin_of_code(other));
}

/* Each bit of a page's code in turn; of those in the mask each must be found. */
static void flip_code(struct quarry_heap *heap, page_code_t *code, unsigned mask)
{
    for (unsigned bit = 0; bit < sizeof *code * 8 && !test_is_over(); bit++) {
        const unsigned flipped = *code ^ 1u << bit;
        *code = (page_code_t)flipped;
        const bool sound = qi_check_heap(heap);
        if (!sound)
            expect_misuse(heap, KIND(QUARRY_CORRUPT));
        const unsigned whole = flipped ^ 1u << bit;
        const bool must_be_found = (mask >> bit & 1) != 0 && !may_stand_for(whole, flipped);
        is_in_one_place = whole < PAGE_SMALL || flipped < PAGE_SMALL; /* another bin may show in the sums alone */
        check_in_parts(heap, sound, must_be_found);
        *code ^= (page_code_t)(1u << bit);
        if (must_be_found)
            CHECK(!sound);
    }
    CHECK(qi_check_heap(heap));
}

enum { ALL_BITS = 2 * PAGE_SMALL - 1, SLOT_BITS = PAGE_SLOT_MASK << PAGE_SLOT_SHIFT };

/* Is there a run at page that stands in a list of runs with room? */
static bool is_listed(const struct quarry_heap *heap, const struct chunk *chunk, size_t page)
{
    const struct bin_run run = {(struct chunk *)(uintptr_t)chunk, page, chunk->codes[page]};
    const unsigned unused_bits = bin_unused_bits(bin_shape_of(run.code));
    return control_map_free_bits(map_word(bin_run_map(&run)), unused_bits) != 0 &&
           heap->bins.bins[bin_of_code(run.code)].map != bin_run_map(&run);
}

/* What a code of a run of small blocks at page must be found by: all but a slot's part, and that too where it is one of
 * a listed run's node. */
static unsigned small_mask(const struct quarry_heap *heap, const struct chunk *chunk, size_t page, size_t inner)
{
    const unsigned slots = bin_shape_of(chunk->codes[page])->slots;
    const bool holds_slot = inner == 1 || (CONTROL_WIDE_CODES ? inner == 0 : inner == 2 && slots > 8);
    if (!CONTROL_WIDE_CODES && inner == 0)
        return ALL_BITS;
    return QUARRY_CHECK_LEVEL != 0 && holds_slot && is_listed(heap, chunk, page) ? ALL_BITS : ALL_BITS & ~SLOT_BITS;
}

TEST(test_check_finds_each_bit_of_codes_that_flips)
{
    unsigned listed = 0;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    flip_code(heap, chunk->codes - 1, ALL_BITS);
    flip_code(heap, chunk->codes + chunk->page_count, ALL_BITS);
    for (size_t page = 0; page < chunk->page_count && !test_is_over();) {
        const unsigned code = chunk->codes[page];
        const size_t pages = stretch_pages(chunk, page);
        if (code < PAGE_SMALL)
            flip_code(heap, chunk->codes + page, ALL_BITS);
        if (code == PAGE_FREE)
            flip_code(heap, chunk->codes + page + pages - 1, ALL_BITS);
        for (size_t inner = 1; code < PAGE_SMALL && CONTROL_DIRECT_CODES && inner < pages;
             inner++) /* no code is stale */
            flip_code(heap, chunk->codes + page + inner, ALL_BITS);
        for (size_t inner = 0; code >= PAGE_SMALL && inner < pages; inner++)
            flip_code(heap, chunk->codes + page + inner, small_mask(heap, chunk, page, inner));
        listed += code >= PAGE_SMALL && is_listed(heap, chunk, page);
        page += pages;
    }
    CHECK(listed != 0);
}

TEST(test_check_finds_each_bit_of_lengths_and_slots_that_flips)
{
    is_in_one_place = true;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    if (QUARRY_STATS == 0)
        SKIP("without figures a slot may be free or not");
    struct chunk *chunk = unit_first(heap);
    for (size_t page = 0; page < chunk->page_count && !test_is_over();) {
        const unsigned code = chunk->codes[page];
        const size_t pages = stretch_pages(chunk, page);
        if (code == PAGE_FREE)
            flip(heap, chunk_map(chunk, page + pages - 1) + CONTROL_MAP_BYTES - 1, true);
        if (code < PAGE_SMALL)
            flip(heap, chunk_map(chunk, page), true);
        else
            for (unsigned slot = 0;
                 slot < (CONTROL_OWN_WORD ? BITS_WORD : bin_shape_of(code)->slots) && !test_is_over(); slot++) {
                is_in_one_place = false;
                flip_bit(heap, chunk_map(chunk, page) + byte_of_slot(slot), slot % 8, true);
            }
        is_in_one_place = true;
        page += pages;
    }
}

TEST(test_check_survives_each_bit_of_codes_and_maps_that_flips)
{
    is_in_one_place = false;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    const size_t pages = chunk->page_count;
    flip_all(heap, chunk->codes - 1, (pages + 2) * sizeof(page_code_t), false);
    flip_all(heap, chunk->maps, pages * (size_t)CONTROL_MAP_BYTES, false);
}

TEST(test_check_finds_code_of_a_start_inside_other_runs)
{
    static const page_code_t starts[] = {PAGE_LARGE, PAGE_FREE, PAGE_EDGE, PAGE_SMALL, PAGE_SMALL | 3};
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    for (size_t page = 0; page < chunk->page_count && !test_is_over(); page += stretch_pages(chunk, page))
        for (size_t inner = 1; inner + 1 < stretch_pages(chunk, page); inner++)
            for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++) {
                const page_code_t kept = chunk->codes[page + inner];
                chunk->codes[page + inner] = starts[i];
                CHECK(!qi_check_heap(heap));
                expect_misuse(heap, KIND(QUARRY_CORRUPT));
                chunk->codes[page + inner] = kept;
            }
}

/* Wide ones are erased when a run is given back; a narrow one may be left, so long as it is no start. */
TEST(test_check_finds_wide_inner_codes_that_are_left_in_other_runs)
{
    unsigned found = 0;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    for (size_t page = 0; page < chunk->page_count && !test_is_over(); page += stretch_pages(chunk, page))
        for (size_t inner = 1; inner + 1 < stretch_pages(chunk, page) && chunk->codes[page] < PAGE_SMALL; inner++) {
            const page_code_t kept = chunk->codes[page + inner];
            chunk->codes[page + inner] = (page_code_t)((CONTROL_WIDE_CODES ? PAGE_SMALL | 3u : 0) |
                                                       (inner & PAGE_DISTANCE_MASK) << PAGE_DISTANCE_SHIFT);
            if ((inner & PAGE_DISTANCE_MASK) != 0) {
                CHECK_EQ(qi_check_heap(heap), !CONTROL_WIDE_CODES);
                if (CONTROL_WIDE_CODES)
                    expect_misuse(heap, KIND(QUARRY_CORRUPT));
                found++;
            }
            chunk->codes[page + inner] = kept;
        }
    CHECK(found != 0);
}

TEST(test_check_finds_each_bit_of_lists_that_flips)
{
    is_in_one_place = true;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct run_set *runs = &heap->bins.runs;
    flip_all(heap, &runs->class_mask, sizeof runs->class_mask, true);
    flip_all(heap, runs->heads, run_classes(runs) * sizeof runs->heads[0], true);
    flip_all(heap, heap->bins.rooms, sizeof heap->bins.rooms, true);
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++) {
        flip_all(heap, &heap->bins.bins[bin].run, sizeof heap->bins.bins[bin].run, true);
        flip_all(heap, &heap->bins.bins[bin].map, sizeof heap->bins.bins[bin].map, heap->bins.bins[bin].run != 0);
    }
    CHECK(heap->bins.bins[bin_of_bytes(1)].run != 0);
}

TEST(test_check_finds_each_bit_of_nodes_that_flips)
{
    is_in_one_place = true;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    for (unsigned class = 0; class < run_classes(&heap->bins.runs); class ++) {
        struct list_node *node = list_first(&heap->bins.runs.heads[class]);
        for (; node != NULL && !test_is_over(); node = list_next(heap_chunks(heap), node))
            flip_all(heap, node, sizeof *node, true);
    }
    unsigned listed = 0;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        struct list_node *node = list_first(&heap->bins.rooms[bin]);
        for (; node != NULL && !test_is_over(); node = list_next(heap_chunks(heap), node), listed++)
            flip_all(heap, node, sizeof *node, true);
    }
    CHECK(listed != 0);
}

TEST(test_check_finds_node_in_a_slot_that_is_used)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct list_head *head = &heap->bins.rooms[bin_of_bytes(2 * UNITS_GRANULE_BYTES)];
    struct list_node *node = list_first(head);
    struct chunk *chunk = unit_first(heap);
    size_t page = unit_page_of(chunk, node);
    const unsigned code = chunk_run_code(chunk->codes, &page);
    const struct bin_run run = {chunk, page, code};
    page_code_t *codes = chunk->codes + page;
    const page_code_t kept[] = {codes[0], codes[1], codes[2]};
    struct list_node *moved = node + 4; /* two slots further on: slot 2 */
    REQUIRE(qi_bin_node(&run) == node && !small_is_used(&run, 0) && small_is_used(&run, 2));
    *moved = *node;
    list_follow(heap_chunks(heap), head, &head->first, moved);
    bin_set_node_slot(codes, bin_shape_of(code), 2);
    REQUIRE(qi_bin_node(&run) == moved);
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    list_follow(heap_chunks(heap), head, &head->first, node);
    for (unsigned i = 0; i < 3; i++)
        codes[i] = kept[i];
    CHECK(qi_check_heap(heap));
}

TEST(test_check_finds_each_bit_of_figures_that_flips)
{
    is_in_one_place = false;
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    flip_all(heap, &heap->bins.runs.free_pages, sizeof heap->bins.runs.free_pages, true);
    flip_all(heap, &heap->bins.runs.free_runs, sizeof heap->bins.runs.free_runs, true);
    flip_all(heap, &heap_chunks(heap)->capacity_bytes, sizeof(size_t), true);
    flip_all(heap, &heap_source(heap)->acquired_bytes, sizeof(size_t), true);
    if (QUARRY_STATS == 0)
        return;
    flip_all(heap, &heap->below_peak_bytes, sizeof heap->below_peak_bytes, true);
    flip_all(heap, &heap->used_peak_bytes, sizeof heap->used_peak_bytes, true);
    flip_all(heap, &heap->requests, sizeof heap->requests, true);
    flip_all(heap, &heap->frees, sizeof heap->frees, true);
}

TEST(test_check_finds_limit_and_peaks_that_were_passed)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct source *source = heap_source(heap);
    source->limit_bytes = source->acquired_bytes - 1;
    qi_source_seal(source);
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    source->limit_bytes++;
    qi_source_seal(source);
    CHECK(qi_check_heap(heap));
    source->acquired_peak_bytes--;
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    source->acquired_peak_bytes++;
    heap->bins.runs.chunks.chunk_count++;
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    heap->bins.runs.chunks.chunk_count--;
    CHECK(qi_check_heap(heap));
}

static void give_large(struct quarry_heap *heap, size_t page)
{
    const struct heap_block block = {.kind = QUARRY_LARGE, .run = {unit_first(heap), page, PAGE_LARGE}};
    qi_heap_free(heap, &block);
}

TEST(test_check_finds_free_runs_that_are_neighbours)
{
    struct quarry_heap *heap = unit_heap(8 + 3 * BIN_MAX_BYTES / QUARRY_PAGE_BYTES);
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    const size_t first = unit_page_of(chunk, quarry_malloc(heap, BIN_MAX_BYTES + 1));
    const size_t pages = control_length_at_start(chunk->maps, first);
    quarry_malloc(heap, BIN_MAX_BYTES + 1);
    quarry_malloc(heap, BIN_MAX_BYTES + 1);
    give_large(heap, first);
    chunk->codes[first + pages - 1] = PAGE_NOTHING; /* hides it from the merge */
    give_large(heap, first + pages);
    chunk->codes[first + pages - 1] = PAGE_FREE_END;
    CHECK(chunk->codes[first] == PAGE_FREE && chunk->codes[first + pages] == PAGE_FREE);
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
}

/* --- the walk --- */

struct seen {
    const uint8_t *next; /* where the next one may lie */
    unsigned count, stop_at;
    bool ordered;
    size_t live_bytes, free_pages;
};

static bool see(void *context, const struct quarry_block *block)
{
    struct seen *seen = context;
    const uint8_t *start = block->pointer;
    seen->ordered = seen->ordered && start >= seen->next && start - seen->next < QUARRY_PAGE_BYTES * 2;
    seen->next = start + block->bytes;
    seen->live_bytes += block->free ? 0 : block->bytes;
    seen->free_pages += block->free && block->kind == QUARRY_LARGE ? block->bytes >> UNITS_PAGE_SHIFT : 0;
    return ++seen->count != seen->stop_at;
}

TEST(test_check_walk_shows_everything_in_address_order)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    const struct chunk *chunk = unit_first(heap);
    struct seen seen = {.next = chunk->pages, .ordered = true};
    CHECK(qi_check_walk(heap, see, &seen));
    CHECK(seen.ordered);
    CHECK_EQ(seen.free_pages, heap->bins.runs.free_pages);
    CHECK(QUARRY_STATS == 0 || seen.live_bytes == heap_used_bytes(heap));
    const uint8_t *end = chunk_page_address(chunk, chunk->page_count);
    CHECK(seen.next <= end && end - seen.next < QUARRY_PAGE_BYTES * 2);
}

TEST(test_check_walk_stops_where_it_is_told_to)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct seen all = {.next = unit_first(heap)->pages};
    qi_check_walk(heap, see, &all);
    for (unsigned stop_at = 1; stop_at <= all.count; stop_at++) {
        struct seen seen = {.next = unit_first(heap)->pages, .stop_at = stop_at};
        CHECK(qi_check_walk(heap, see, &seen));
        CHECK_EQ(seen.count, stop_at);
    }
}

TEST(test_check_walk_reports_codes_that_make_no_sense)
{
    struct quarry_heap *heap = busy_heap();
    struct seen seen = {.ordered = true};
    if (heap == NULL)
        return;
    seen.next = unit_first(heap)->pages;
    unit_first(heap)->codes[0] = PAGE_EDGE;
    CHECK(!qi_check_walk(heap, see, &seen));
    CHECK_EQ(seen.count, 0);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
}
