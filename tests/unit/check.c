/* SPDX-License-Identifier: MIT
 *
 * check.c: the walk shows a small heap in order and without gaps, and the check finds every single bit that
 * flips in codes, maps, lists and figures that mean something. A byte of control data that means nothing (a
 * stale code, the map of a page inside a run) may be anything, but must not lead the check astray.
 */
#include "../../src/check.h"

#include "unit.h"

enum { BLOCKS = 14 };

/* A heap with small runs that are full, current and listed, large blocks, and free runs between them. */
static struct quarry_heap *busy_heap(void)
{
    void *blocks[BLOCKS];
    struct quarry_heap *heap = unit_heap(30);
    if (heap == NULL)
        return NULL;
    for (unsigned i = 0; i < BLOCKS; i++)
        blocks[i] = quarry_malloc(heap, i < 9 ? 2 * UNITS_GRANULE_BYTES : i < 11 ? 1 : BIN_MAX_BYTES + 1);
    quarry_free(heap, blocks[0]);
    quarry_free(heap, blocks[1]);
    quarry_free(heap, blocks[12]);
    CHECK(qi_check_heap(heap));
    return heap;
}

/* --- damage --- */

/* Flips a bit, and back. */
static void flip_bit(struct quarry_heap *heap, uint8_t *byte, unsigned bit, bool must_be_found)
{
    *byte ^= (uint8_t)(1u << bit);
    const bool sound = qi_check_heap(heap);
    *byte ^= (uint8_t)(1u << bit);
    if (must_be_found)
        CHECK(!sound);
    if (!sound)
        expect_misuse(heap, KIND(QUARRY_CORRUPT));
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
static pages_t stretch_pages(const struct chunk *chunk, pages_t page)
{
    const unsigned code = chunk->codes[page];
    return code >= PAGE_SMALL ? qi_bin_pages[code & (BIN_CODES - 1)] : chunk_length_at_start(chunk, page);
}

/* A bin's lengths may come out alike: then it does not matter which one a code names. */
static bool is_same_shape(unsigned code, unsigned other)
{
    if (code < PAGE_SMALL || other < PAGE_SMALL)
        return false;
    code &= BIN_CODES - 1;
    other &= BIN_CODES - 1;
    return qi_bin_pages[code] == qi_bin_pages[other] && qi_bin_shapes[code].slots == qi_bin_shapes[other].slots &&
           bin_of_code(code) == bin_of_code(other);
}

static void flip_start(struct quarry_heap *heap, uint8_t *code)
{
    for (unsigned bit = 0; bit < 8 && !test_is_over(); bit++)
        flip_bit(heap, code, bit, !is_same_shape(*code, *code ^ 1u << bit));
}

TEST(test_check_finds_each_bit_of_codes_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    flip(heap, chunk->codes - 1, true);
    flip(heap, chunk->codes + chunk_page_count(chunk), true);
    for (pages_t page = 0; page < chunk_page_count(chunk) && !test_is_over();) {
        const unsigned code = chunk->codes[page];
        const pages_t pages = stretch_pages(chunk, page);
        flip_start(heap, chunk->codes + page);
        if (code == PAGE_FREE)
            flip(heap, chunk->codes + page + pages - 1, true);
        for (pages_t inner = 2; code >= PAGE_SMALL && inner < pages; inner++)
            flip(heap, chunk->codes + page + inner, true);
        page += pages;
    }
}

TEST(test_check_finds_each_bit_of_lengths_and_slots_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    if (QUARRY_STATS == 0)
        SKIP("without figures a slot may be free or not");
    struct chunk *chunk = unit_first(heap);
    for (pages_t page = 0; page < chunk_page_count(chunk) && !test_is_over();) {
        const unsigned code = chunk->codes[page];
        const pages_t pages = stretch_pages(chunk, page);
        if (code == PAGE_FREE)
            flip(heap, chunk_map(chunk, page + pages - 1) + UNITS_MAP_BYTES - 1, true);
        if (code < PAGE_SMALL)
            flip(heap, chunk_map(chunk, page), true);
        else
            flip_all(heap, chunk_map(chunk, page), qi_bin_shapes[code & (BIN_CODES - 1)].slots / 8, true);
        page += pages;
    }
}

TEST(test_check_survives_each_bit_of_codes_and_maps_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    const pages_t pages = chunk_page_count(chunk);
    flip_all(heap, chunk->codes - 1, pages + 2, false);
    flip_all(heap, chunk->maps, pages * (size_t)UNITS_MAP_BYTES, false);
}

TEST(test_check_finds_code_of_a_start_inside_other_runs)
{
    static const uint8_t starts[] = {PAGE_LARGE, PAGE_FREE, PAGE_EDGE, PAGE_SMALL, PAGE_SMALL | 3};
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    for (pages_t page = 0; page < chunk_page_count(chunk) && !test_is_over(); page += stretch_pages(chunk, page))
        for (pages_t inner = 1; inner + 1 < stretch_pages(chunk, page); inner++)
            for (unsigned i = 0; i < sizeof starts; i++) {
                const uint8_t kept = chunk->codes[page + inner];
                chunk->codes[page + inner] = starts[i];
                CHECK(!qi_check_heap(heap));
                expect_misuse(heap, KIND(QUARRY_CORRUPT));
                chunk->codes[page + inner] = kept;
            }
}

TEST(test_check_finds_each_bit_of_lists_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct run_set *runs = &heap->bins.runs;
    flip_all(heap, &runs->class_mask, sizeof runs->class_mask, true);
    flip_all(heap, runs->heads, sizeof runs->heads, true);
    flip_all(heap, heap->bins.run_count, sizeof heap->bins.run_count, true);
    flip_all(heap, heap->bins.bins, sizeof heap->bins.bins, false);
}

/* Address and bit count share a word; between them may be bits that mean nothing. */
static void flip_bin(struct quarry_heap *heap, struct bin *bin)
{
    const uintptr_t meant = ~(uintptr_t)(QUARRY_PAGE_BYTES - 1) | (BITS_WORD - 1);
    for (unsigned bit = 0; bit < BITS_WORD; bit++)
        flip_bit(heap, (uint8_t *)&bin->run + bit / 8, bit % 8, (meant >> bit & 1) != 0);
    flip_all(heap, &bin->u, sizeof bin->u, true);
}

TEST(test_check_finds_each_bit_of_bins_in_use_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        if (heap->bins.bins[bin].run != 0)
            flip_bin(heap, &heap->bins.bins[bin]);
    CHECK(heap->bins.bins[bin_of_bytes(1)].run != 0);
}

TEST(test_check_finds_each_bit_of_nodes_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    for (unsigned class = 0; class < RUN_CLASSES; class ++) {
        struct list_node *node = heap->bins.runs.heads[class];
        for (; node != NULL && !test_is_over(); node = node->next)
            flip_all(heap, node, sizeof *node, true);
    }
}

TEST(test_check_finds_each_bit_of_figures_that_flips)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    flip_all(heap, &heap->bins.runs.free_pages, sizeof heap->bins.runs.free_pages, true);
    flip_all(heap, &heap_source(heap)->acquired_bytes, sizeof(size_t), true);
    if (QUARRY_STATS == 0)
        return;
    flip_all(heap, &heap->used_bytes, sizeof heap->used_bytes, true);
    flip_all(heap, &heap->blocks, sizeof heap->blocks, true);
}

TEST(test_check_finds_limit_and_peaks_that_were_passed)
{
    struct quarry_heap *heap = busy_heap();
    if (heap == NULL)
        return;
    struct source *source = heap_source(heap);
    source->limit_bytes = source->acquired_bytes - 1;
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    source->limit_bytes++;
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

TEST(test_check_finds_free_runs_that_are_neighbours)
{
    struct quarry_heap *heap = unit_heap(8 + 3 * BIN_MAX_BYTES / QUARRY_PAGE_BYTES);
    if (heap == NULL)
        return;
    struct chunk *chunk = unit_first(heap);
    const pages_t first = unit_page_of(chunk, quarry_malloc(heap, BIN_MAX_BYTES + 1));
    const pages_t pages = chunk_length_at_start(chunk, first);
    quarry_malloc(heap, BIN_MAX_BYTES + 1);
    quarry_malloc(heap, BIN_MAX_BYTES + 1);
    qi_heap_give_pages(heap, chunk, first);
    chunk->codes[first + pages - 1] = PAGE_NOTHING; /* hides it from the merge */
    qi_heap_give_pages(heap, chunk, first + pages);
    chunk->codes[first + pages - 1] = PAGE_FREE;
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
    CHECK(QUARRY_STATS == 0 || seen.live_bytes == heap->used_bytes);
    const uint8_t *end = chunk_page_address(chunk, chunk_page_count(chunk));
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
