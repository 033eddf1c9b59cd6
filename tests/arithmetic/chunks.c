/* SPDX-License-Identifier: MIT
 *
 * chunks.c: pages and chunks: how many pages a span has, where control data and pages lie, which addresses lie
 * in a page, run lengths in maps. All 2^32 sizes of a 32-bit build with the default page; of other builds the
 * first ones, and edges (smt/pages.c proves all). What control data a page needs is CHUNK_CONTROL_BYTES' to say:
 * the tests ask whether pages and it fit, and whether one page more would not.
 */
#include "chunk.h"

#include "arithmetic.h"

static uintptr_t edges[EDGES_MOST];

enum { IS_SMALLEST = sizeof(void *) == 4 && QUARRY_PAGE_BYTES == 64 };

static wide_t needed_bytes(wide_t pages)
{
    return (wide_t)CHUNK_CONTROL_BYTES(pages) + (pages << UNITS_PAGE_SHIFT);
}

/* --- units --- */

static bool pages_hold(size_t bytes)
{
    const size_t pages = units_pages_from_bytes(bytes);
    const wide_t rounded = (wide_t)pages << UNITS_PAGE_SHIFT;
    return rounded >= bytes && rounded - bytes < QUARRY_PAGE_BYTES && units_bytes_from_pages(pages) == rounded;
}

/* Requests end at UNITS_REQUEST_MAX_BYTES; a canary may be added to them. */
TEST(test_units_pages_from_bytes_of_all_requests_is_the_fewest)
{
    const size_t most = UNITS_REQUEST_MAX_BYTES + sizeof(uintptr_t);
    const uint64_t end = most < UINT32_MAX ? most : UINT32_MAX;
    const uint32_t step = step_or_all(67);
    for (uint64_t bytes = 0; bytes <= end; bytes += step)
        if (!pages_hold((size_t)bytes)) {
            CHECK_EQ(bytes, 0);
            return;
        }
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count && !test_is_over(); i++)
        CHECK(edges[i] > most || pages_hold(edges[i]));
    CHECK(pages_hold(most));
}

/* --- how many pages fit --- */

TEST(test_chunk_pages_that_fit_in_all_spans_is_the_most)
{
    const uint64_t end = IS_SMALLEST && is_full() ? UINT32_MAX : (uint64_t)1 << 28;
    const uint32_t step = step_or_all(1021);
    size_t best = 0;
    for (uint64_t span = 0; span <= end; span += step) {
        while (needed_bytes(best + 1) <= span)
            best++;
        if (qi_chunk_pages_that_fit((size_t)span) != best) {
            CHECK_EQ(qi_chunk_pages_that_fit((size_t)span), best);
            CHECK_EQ(span, 0);
            return;
        }
    }
}

static bool fit_holds(size_t span)
{
    const size_t pages = qi_chunk_pages_that_fit(span);
    return (pages == 0 || needed_bytes(pages) <= span) && needed_bytes((wide_t)pages + 1) > span;
}

TEST(test_chunk_pages_that_fit_in_spans_at_edges_is_the_most)
{
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count; i++)
        if (edges[i] <= UNITS_CHUNK_MAX_BYTES && !fit_holds(edges[i])) {
            CHECK_EQ(edges[i], 0);
            return;
        }
    CHECK(fit_holds(UNITS_CHUNK_MAX_BYTES));
}

/* The spans at which a page more fits, and a byte less: of lengths all over the range. */
TEST(test_chunk_pages_that_fit_changes_just_where_a_page_more_fits)
{
    const size_t most = qi_chunk_pages_that_fit(UNITS_CHUNK_MAX_BYTES);
    for (size_t pages = 1; pages < most; pages += 1 + pages / (is_full() ? 4096 : 64)) {
        const size_t span = (size_t)needed_bytes(pages);
        if (qi_chunk_pages_that_fit(span) != pages || qi_chunk_pages_that_fit(span - 1) != pages - 1) {
            CHECK_EQ(pages, 0);
            return;
        }
    }
}

/* --- layout --- */

static void check_layout(const struct chunk *chunk, const uint8_t *control, const uint8_t *end)
{
    const size_t pages = chunk->page_count;
    const uint8_t *last = (const uint8_t *)((uintptr_t)end & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1));
    CHECK_EQ((uintptr_t)chunk->pages & (QUARRY_PAGE_BYTES - 1), 0);
    CHECK_EQ(chunk_page_address(chunk, pages), last);
    CHECK((const uint8_t *)(chunk->codes - 1) >= control);
    CHECK(chunk->maps >= (const uint8_t *)(chunk->codes + pages + 1));
    CHECK(chunk_map(chunk, pages) <= chunk->pages);
    CHECK(chunk_map(chunk, pages - 1) + sizeof(uintptr_t) <= chunk->pages); /* a word is loaded at any map */
    CHECK_EQ(chunk->codes[-1], PAGE_EDGE);
    CHECK_EQ(chunk->codes[pages], PAGE_EDGE);
}

/* No page is lost: with one more, control data would not fit before the pages. */
static void check_format(uint8_t *control, uint8_t *end)
{
    struct chunk chunk = {.pages = NULL};
    const uintptr_t last = (uintptr_t)end & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1);
    const size_t span = last > (uintptr_t)control ? last - (uintptr_t)control : 0;
    const bool made = qi_chunk_format(&chunk, control, (uintptr_t)end);
    CHECK_EQ(made, needed_bytes(1) <= span);
    if (!made)
        return;
    check_layout(&chunk, control, end);
    CHECK(needed_bytes(chunk.page_count) <= span && needed_bytes(chunk.page_count + 1) > span);
}

TEST(test_chunk_format_at_every_start_and_end_lays_out_what_fits)
{
    const size_t room = 5 * (size_t)QUARRY_PAGE_BYTES + 256;
    uint8_t *memory = test_memory_aligned(room, QUARRY_PAGE_BYTES);
    const size_t step = is_full() && QUARRY_PAGE_BYTES <= 1024 ? 1 : 1 + QUARRY_PAGE_BYTES / 61;
    if (memory == NULL)
        return;
    for (size_t start = 0; start <= 256; start += sizeof(uintptr_t))
        for (size_t end = start; end <= room && !test_is_over(); end += step)
            check_format(memory + start, memory + end);
}

/* --- addresses --- */

static bool holds_right(const struct chunk *chunk, uintptr_t address)
{
    const wide_t first = (uintptr_t)chunk->pages;
    const bool inside = address >= first && address < first + ((wide_t)chunk->page_count << UNITS_PAGE_SHIFT);
    return chunk_holds(chunk, (const void *)address) == inside;
}

/* Chunks at the bottom, in the middle and at the top of the address space. */
TEST(test_chunk_holds_all_addresses_of_its_pages_and_no_other)
{
    const uintptr_t top = 0 - (uintptr_t)QUARRY_PAGE_BYTES;
    const struct chunk chunks[] = {{.pages = (uint8_t *)(uintptr_t)QUARRY_PAGE_BYTES, .page_count = 1},
                                   {.pages = (uint8_t *)(uintptr_t)0x20000000u, .page_count = 5000},
                                   {.pages = (uint8_t *)top, .page_count = 1},
                                   {.pages = (uint8_t *)(uintptr_t)0x20000000u, .page_count = 0}};
    const size_t count = edge_words(edges, 3);
    const uint32_t step = step_or_all(251);
    for (unsigned c = 0; c < sizeof chunks / sizeof *chunks && !test_is_over(); c++) {
        for (size_t i = 0; i < count; i++)
            if (!holds_right(&chunks[c], edges[i]))
                CHECK_EQ(edges[i], c);
        bool held = true;
        for (uint64_t address = 0; address <= UINT32_MAX && held; address += step)
            held = holds_right(&chunks[c], (uintptr_t)address);
        CHECK(held);
    }
}

/* --- run lengths in maps --- */

enum { LENGTHS = 4096, BESIDE = 16 };

static uint8_t maps[BESIDE + (LENGTHS + 2) * (size_t)CONTROL_MAP_BYTES + BESIDE];

/* Both ends say the length, and what stands beside the run's maps is kept. */
static void check_lengths(size_t first, size_t pages)
{
    uint8_t *start = maps + BESIDE, *end = start + (first + pages) * CONTROL_MAP_BYTES;
    uint8_t *own = start + first * CONTROL_MAP_BYTES;
    for (unsigned i = 1; i <= BESIDE; i++)
        own[-(int)i] = end[i - 1] = 0xA5;
    control_set_lengths(start, first, pages);
    CHECK_EQ(control_length_at_start(start, first), pages);
    CHECK_EQ(control_length_at_end(start, first + pages - 1), pages);
    own[0] = 0;
    control_set_length_at_start(start, first, pages);
    CHECK_EQ(control_length_at_start(start, first), pages);
    CHECK_EQ(control_length_at_end(start, first + pages - 1), pages);
    for (unsigned i = 1; i <= BESIDE; i++)
        CHECK(own[-(int)i] == 0xA5 && end[i - 1] == 0xA5);
}

TEST(test_chunk_lengths_are_read_back_at_both_ends)
{
    for (size_t pages = 1; pages <= LENGTHS && !test_is_over(); pages++) {
        check_lengths(0, pages);
        check_lengths(1, pages);
    }
}

/* Up to the longest chunk; what stands at the end of such a run is far away, so only its start is looked at. */
TEST(test_chunk_lengths_up_to_the_longest_are_read_back_at_the_start)
{
    const size_t most = qi_chunk_pages_that_fit(UNITS_CHUNK_MAX_BYTES);
    CHECK(most <= UINT32_MAX);
    for (uint64_t pages = 255; pages <= most && !test_is_over(); pages += step_or_all(40009)) {
        control_set_length_at_start(maps, 0, (size_t)pages);
        if (control_length_at_start(maps, 0) != pages)
            CHECK_EQ(pages, 0);
    }
    control_set_length_at_start(maps, 0, most);
    CHECK_EQ(control_length_at_start(maps, 0), most);
}
