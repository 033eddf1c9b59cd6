/* SPDX-License-Identifier: MIT
 *
 * chunk.c: the layout against a count by hand, page codes, the page of every address, and run lengths in the
 * maps. The tree of chunks is chunk_tree.c's.
 */
#include "../../src/chunk.h"

#include "test.h"

/* --- layout --- */

/* The most pages that fit between control and the last page boundary before end. */
static size_t count_that_fit(uintptr_t control, uintptr_t end)
{
    const uintptr_t last = end & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1);
    size_t pages = 0;
    while (last > control && CHUNK_CONTROL_BYTES(pages + 1) + (pages + 1) * QUARRY_PAGE_BYTES <= last - control)
        pages++;
    return pages;
}

TEST(test_chunk_pages_that_fit_in_every_short_span_is_the_most)
{
    size_t best = 0;
    for (size_t span = 0; span < 64 * TEST_SCALE * (size_t)QUARRY_PAGE_BYTES && !test_is_over(); span++) {
        if (CHUNK_CONTROL_BYTES(best + 1) + (best + 1) * QUARRY_PAGE_BYTES <= span)
            best++;
        CHECK_EQ(qi_chunk_pages_that_fit(span), best);
    }
}

TEST(test_chunk_pages_that_fit_in_long_spans_is_the_most)
{
    for (unsigned round = 0; round < 50 * TEST_SCALE && !test_is_over(); round++) {
        const size_t span = test_random_below(UNITS_CHUNK_MAX_BYTES) >> test_random_below(16);
        const size_t pages = qi_chunk_pages_that_fit(span);
        CHECK(pages == 0 || CHUNK_CONTROL_BYTES(pages) + pages * QUARRY_PAGE_BYTES <= span);
        CHECK(CHUNK_CONTROL_BYTES(pages + 1) + (pages + 1) * QUARRY_PAGE_BYTES > span);
    }
}

static void check_layout(const struct chunk *chunk, const uint8_t *control, const uint8_t *end, size_t expected)
{
    const size_t pages = chunk->page_count;
    CHECK_EQ(pages, expected);
    CHECK_EQ((uintptr_t)chunk->pages & (QUARRY_PAGE_BYTES - 1), 0);
    CHECK((size_t)(end - chunk_page_address(chunk, pages)) < QUARRY_PAGE_BYTES);
    CHECK_EQ(chunk->codes, control + CONTROL_EDGES * sizeof(page_code_t));
    CHECK_EQ(chunk->codes[-1], PAGE_EDGE);
    CHECK_EQ(chunk->codes[pages], PAGE_EDGE);
    CHECK(test_is_zero(chunk->codes, pages * sizeof(page_code_t)));
    CHECK(chunk->maps >= (const uint8_t *)(chunk->codes + pages + 1));
    CHECK(CONTROL_MAP_BYTES < 4 || (uintptr_t)chunk->maps % 4 == 0);
    CHECK(chunk_map(chunk, pages) <= chunk->pages);
    CHECK(chunk_map(chunk, pages - 1) + sizeof(uintptr_t) <= chunk->pages);
}

TEST(test_chunk_format_at_every_start_and_length_wastes_no_page)
{
    const size_t room = 16 * (size_t)QUARRY_PAGE_BYTES + 200;
    uint8_t *memory = test_memory(room, 0);
    if (memory == NULL)
        return;
    for (size_t offset = 0; offset <= 200; offset += sizeof(page_code_t)) {
        uint8_t *control = memory + offset;
        for (size_t bytes = 0; bytes <= room - offset; bytes += 1 + test_random_below(QUARRY_PAGE_BYTES / 4)) {
            struct chunk chunk = {.pages = NULL};
            const size_t expected = count_that_fit((uintptr_t)control, (uintptr_t)control + bytes);
            CHECK_EQ(qi_chunk_format(&chunk, control, (uintptr_t)control + bytes), expected != 0);
            if (expected != 0)
                check_layout(&chunk, control, control + bytes, expected);
            if (test_is_over())
                return;
        }
    }
}

TEST(test_chunk_format_writes_neither_pages_nor_what_is_behind_them)
{
    const size_t bytes = 8 * (size_t)QUARRY_PAGE_BYTES + 100;
    uint8_t *memory = test_memory(bytes, 8);
    struct chunk chunk = {.pages = NULL};
    if (memory == NULL)
        return;
    test_fill(memory, bytes, 0);
    REQUIRE(qi_chunk_format(&chunk, memory, (uintptr_t)memory + bytes));
    const size_t pages_offset = (size_t)(chunk.pages - memory);
    for (size_t i = pages_offset; i < bytes && !test_is_over(); i++)
        CHECK(test_is_filled(memory + i, 1, (uint32_t)(i + (i >> 7))));
}

TEST(test_chunk_clear_leaves_edges_and_nothing_between)
{
    const size_t bytes = 8 * (size_t)QUARRY_PAGE_BYTES;
    uint8_t *memory = test_memory(bytes, 0);
    struct chunk chunk = {.pages = NULL};
    if (memory == NULL)
        return;
    REQUIRE(qi_chunk_format(&chunk, memory, (uintptr_t)memory + bytes));
    for (size_t page = 0; page < chunk.page_count; page++)
        chunk.codes[page] = (page_code_t)test_random();
    qi_chunk_clear(&chunk);
    check_layout(&chunk, memory, memory + bytes, chunk.page_count);
}

/* --- page codes --- */

/* Codes of pages that are not inside a run of small blocks. */
static const page_code_t other_codes[] = {PAGE_NOTHING, PAGE_LARGE, PAGE_FREE, PAGE_EDGE};

enum { OTHERS = sizeof other_codes / sizeof *other_codes, CODES = 2 * PAGE_SMALL };

TEST(test_chunk_codes_other_than_inner_ones_have_distance_0_and_differ)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        CHECK_EQ(page_code_distance(other_codes[i]), 0);
        CHECK(other_codes[i] < PAGE_SMALL);
        for (unsigned j = 0; j < i; j++)
            CHECK(other_codes[i] != other_codes[j]);
    }
    CHECK_EQ((page_code_t)CODES, 0); /* starts are told by the highest bit */
    CHECK_EQ((page_code_t)PAGE_SMALL, PAGE_SMALL);
}

/* The parts of a code: none shares a bit with another, and a wide one is full. */
TEST(test_chunk_code_distance_is_its_bits_alone)
{
    const unsigned distance_bits = PAGE_DISTANCE_MASK << PAGE_DISTANCE_SHIFT;
    const unsigned slot_bits = PAGE_SLOT_MASK << PAGE_SLOT_SHIFT;
    CHECK_EQ(distance_bits, CONTROL_DIRECT_CODES ? 0x0f80 : CONTROL_WIDE_CODES ? 0x1f : 0x0f);
    CHECK_EQ(slot_bits, CONTROL_WIDE_CODES ? 0x7000 : 0x70);
    CHECK_EQ((unsigned)PAGE_SMALL, CONTROL_WIDE_CODES ? 0x8000 : 0x80);
    for (unsigned code = 0; code < CODES && !test_is_over(); code++) {
        CHECK_EQ(page_code_distance(code), CONTROL_DIRECT_CODES ? code / 128 % 32 : code % (PAGE_DISTANCE_MASK + 1));
        CHECK_EQ(page_code_distance(code & distance_bits), page_code_distance(code));
        CHECK_EQ(page_code_distance(code & ~distance_bits), 0);
    }
}

enum { PAGES = PAGE_DISTANCE_MASK + 2 };

/* Inner codes that are not direct lead to a start. */
TEST(test_chunk_run_code_of_every_narrow_inner_code_is_that_of_its_start)
{
    page_code_t codes[PAGES];
    if (CONTROL_DIRECT_CODES)
        SKIP("codes are direct");
    for (unsigned code = 0; code < PAGE_SMALL && !test_is_over(); code++) {
        const size_t distance = code % (PAGE_DISTANCE_MASK + 1);
        for (unsigned page = 0; page < PAGES; page++)
            codes[page] = PAGE_NOTHING;
        codes[PAGES - 1] = (page_code_t)code;
        if (distance != 0)
            codes[PAGES - 1 - distance] = PAGE_SMALL | 5;
        size_t page = PAGES - 1;
        CHECK_EQ(chunk_run_code(codes, &page), distance == 0 ? code : PAGE_SMALL | 5);
        CHECK_EQ(page, PAGES - 1 - distance);
    }
}

/* Direct inner codes say all themselves: what other pages say is not looked at. */
TEST(test_chunk_run_code_of_every_wide_code_is_its_own_and_names_its_start)
{
    page_code_t codes[PAGES];
    if (!CONTROL_DIRECT_CODES)
        SKIP("codes are not direct");
    for (unsigned page = 0; page < PAGES; page++)
        codes[page] = PAGE_EDGE;
    for (unsigned code = 0; code < CODES && !test_is_over(); code++) {
        const size_t distance = code < PAGE_SMALL ? 0 : code / 128 % 32;
        size_t page = PAGES - 1;
        codes[PAGES - 1] = (page_code_t)code;
        CHECK_EQ(chunk_run_code(codes, &page), code);
        CHECK_EQ(page, PAGES - 1 - distance);
    }
}

TEST(test_chunk_run_code_of_every_start_is_its_own)
{
    for (unsigned code = PAGE_SMALL; code < CODES && !test_is_over(); code++) {
        const page_code_t codes[] = {PAGE_LARGE, (page_code_t)code};
        size_t page = 1;
        if (CONTROL_DIRECT_CODES && page_code_distance(code) != 0)
            continue;
        CHECK_EQ(chunk_run_code(codes, &page), code);
        CHECK_EQ(page, 1);
    }
}

TEST(test_chunk_quad_is_four_codes_in_order_at_every_place)
{
    page_code_t codes[12];
    if (!CODE_QUADS_AT_ONCE)
        SKIP("codes are written one by one, by their step");
    for (unsigned round = 0; round < 100 && !test_is_over(); round++)
        for (unsigned place = 0; place + 4 <= 12; place++) {
            const uint32_t seed = test_random();
            page_code_t quad[4];
            test_fill(codes, sizeof codes, seed);
            for (unsigned i = 0; i < 4; i++)
                quad[i] = (page_code_t)test_random();
            code_quads_store(codes + place, 4, CODE_QUAD(quad[0], quad[1], quad[2], quad[3]), 0);
            for (unsigned i = 0; i < 4; i++) {
                CHECK_EQ(codes[place + i], quad[i]);
                test_fill(quad + i, sizeof *quad, seed + (uint32_t)((place + i) * sizeof *quad));
                codes[place + i] = quad[i];
            }
            CHECK(test_is_filled(codes, sizeof codes, seed)); /* no code beside them has changed */
        }
}

enum { MOST_QUAD_PAGES = 40, BESIDE = 8, QUAD_CODES = BESIDE + MOST_QUAD_PAGES + BESIDE };

/* Writes first, first + add, first + 2 * add ... between codes that must stay. */
static void check_quads(size_t pages, unsigned first, unsigned add)
{
    page_code_t codes[QUAD_CODES], kept[QUAD_CODES];
    const size_t place = BESIDE - test_random_below(4); /* aligned and not */
    test_fill(codes, sizeof codes, first);
    test_fill(kept, sizeof kept, first);
    code_quads_store(codes + place, pages, CODE_QUAD(first, first + add, first + 2 * add, first + 3 * add),
                     CODE_QUAD(4 * add, 4 * add, 4 * add, 4 * add));
    for (size_t i = 0; i < QUAD_CODES; i++) {
        const bool written = i - place < pages;
        CHECK_EQ(codes[i], written ? first + (unsigned)(i - place) * add : kept[i]);
    }
}

/* Up to the highest codes, to which nothing may be carried from below. */
TEST(test_chunk_quads_of_any_number_of_pages_add_up_and_keep_their_neighbours)
{
    for (size_t pages = 1; pages <= MOST_QUAD_PAGES; pages++)
        for (unsigned add = 0; add <= 6 && !test_is_over(); add++) {
            const unsigned steps = pages < 4 ? 3 : (unsigned)pages - 1;
            const unsigned highest = CODES - 1 - steps * add;
            check_quads(pages, 0, add);
            check_quads(pages, highest, add);
            check_quads(pages, (unsigned)test_random_below(highest), add);
        }
}

/* The codes that runs have: all distances, and with direct codes all else in each. */
TEST(test_chunk_quads_of_distances_leave_the_other_parts)
{
    const unsigned same = CONTROL_DIRECT_CODES ? PAGE_SMALL | 7u << PAGE_SLOT_SHIFT | 0x7f : 0;
    page_code_t codes[PAGE_DISTANCE_MASK + 1];
    for (size_t pages = 1; pages <= PAGE_DISTANCE_MASK + 1; pages++) {
        code_quads_store(codes, pages,
                         CODE_QUAD(same, same, same, same) + (CODE_QUAD(0, 1, 2, 3) << PAGE_DISTANCE_SHIFT),
                         CODE_QUAD(4, 4, 4, 4) << PAGE_DISTANCE_SHIFT);
        for (size_t page = 0; page < pages; page++)
            CHECK_EQ(codes[page], same | (unsigned)page << PAGE_DISTANCE_SHIFT);
    }
}

/* --- addresses --- */

TEST(test_chunk_holds_just_addresses_in_its_pages)
{
    enum { PAGES = 3 };
    const uintptr_t first = 64 * (uintptr_t)QUARRY_PAGE_BYTES;
    const uintptr_t end = first + PAGES * (uintptr_t)QUARRY_PAGE_BYTES;
    const struct chunk chunk = {.pages = (uint8_t *)first, .page_count = PAGES};
    for (uintptr_t address = first - 300; address < end + 300 && !test_is_over(); address++) {
        const bool inside = address >= first && address < end;
        CHECK_EQ(chunk_holds(&chunk, (const void *)address), inside);
        if (inside)
            CHECK_EQ(chunk_offset(&chunk, (const void *)address), address - first);
    }
    CHECK(!chunk_holds(&chunk, NULL));
    CHECK(!chunk_holds(&chunk, (const void *)UINTPTR_MAX));
    for (size_t page = 0; page <= PAGES; page++)
        CHECK_EQ(chunk_page_address(&chunk, page), first + page * QUARRY_PAGE_BYTES);
}

TEST(test_chunk_that_is_a_huge_block_holds_nothing)
{
    const struct chunk huge = {.pages = (uint8_t *)(64 * (uintptr_t)QUARRY_PAGE_BYTES), .page_count = 0};
    for (unsigned i = 0; i < 64; i++)
        CHECK(!chunk_holds(&huge, huge.pages + i));
}

/* --- run lengths --- */

enum { LENGTHS_UP_TO = 600 };

/* What a length takes up at either end of a run. */
#if QUARRY_CHECK_LEVEL >= 2
#define LENGTH_BYTES(pages) ((void)(pages), sizeof(uintptr_t))
#else
enum { LONG_BYTES = 5 };
#define LENGTH_BYTES(pages) ((size_t)((pages) < CONTROL_LENGTH_LONG ? 1 : LONG_BYTES))
#endif

/* Are all bytes the pattern, but for those of a length at the start of so many bytes and, perhaps, at their end? */
static bool is_kept_beside(const uint8_t *maps, size_t bytes, size_t start, size_t end, size_t length_bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        const bool written = (i >= start && i < start + length_bytes) || (i + length_bytes >= end && i < end);
        if (!written && !test_is_filled(maps + i, 1, (uint32_t)(5 + i + (i >> 7))))
            return false;
    }
    return true;
}

/* Lengths of a run of so many pages that starts at page 1: read back, and no byte besides is written. */
static void check_length(uint8_t *maps, size_t pages, size_t maps_bytes)
{
    const size_t start = CONTROL_MAP_BYTES, end = (pages + 1) * CONTROL_MAP_BYTES;
    const size_t length_bytes = LENGTH_BYTES(pages);
    test_fill(maps, maps_bytes, 5);
    control_set_length_at_start(maps, 1, pages);
    CHECK_EQ(control_length_at_start(maps, 1), pages);
    CHECK(is_kept_beside(maps, maps_bytes, start, start + length_bytes, length_bytes));
    test_fill(maps, maps_bytes, 5);
    control_set_lengths(maps, 1, pages);
    CHECK_EQ(control_length_at_start(maps, 1), pages);
    CHECK_EQ(control_length_at_end(maps, pages), pages);
    CHECK(is_kept_beside(maps, maps_bytes, start, end, length_bytes));
}

TEST(test_chunk_length_of_every_run_is_read_back_at_both_ends)
{
    const size_t maps_bytes = (LENGTHS_UP_TO + 2) * (size_t)CONTROL_MAP_BYTES;
    uint8_t *maps = test_memory(maps_bytes, 0);
    if (maps == NULL)
        return;
    for (size_t pages = 1; pages <= LENGTHS_UP_TO && !test_is_over(); pages++)
        check_length(maps, pages, maps_bytes);
}

TEST(test_chunk_length_of_longest_runs_is_read_back)
{
    uint8_t maps[16 + CONTROL_MAP_BYTES] __attribute__((aligned(CONTROL_MAP_ALIGN)));
    for (unsigned bit = 8; bit < 32; bit++) {
        const size_t pages = (size_t)1 << bit | 1;
        control_set_length_at_start(maps, 0, pages);
        CHECK_EQ(control_length_at_start(maps, 0), pages);
#if QUARRY_CHECK_LEVEL < 2
        uint8_t *end = maps + sizeof maps; /* of the maps of a run whose start is out of reach */
        end[-1] = CONTROL_LENGTH_LONG;
        bits_store_u32(end - LONG_BYTES, (uint32_t)pages);
        CHECK_EQ(control_length_at_end(end - CONTROL_MAP_BYTES, 0), pages);
#endif
    }
}
