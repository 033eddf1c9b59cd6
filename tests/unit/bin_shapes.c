/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.c: the shapes of all bins' runs, which bin a size gets, the codes of their pages, and where a slot is
 * found: every offset of every shape.
 */
#include "../../src/bin.h"

#include "unit_bin.h"

static unsigned code_of(unsigned bin, unsigned length)
{
    return PAGE_SMALL | bin_shape_index(length, bin);
}

/* Asks for the same of each bin's runs of each length. */
static void each_shape(void (*check)(const struct bin_shape *shape, unsigned bin, unsigned length))
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS && !test_is_over(); length++)
            check(shape_of(bin, length), bin, length);
}

/* --- shapes --- */

static void check_slots(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    const unsigned room = shape->pages * (unsigned)UNITS_PAGE_GRANULES;
    const unsigned slots = shape->slots;
    (void)bin;
    (void)length;
    CHECK(slots >= 2 && slots <= BITS_WORD);
    CHECK(slots * shape->granules <= room);
    CHECK((slots + 1) * shape->granules > room || slots == BITS_WORD);
    CHECK(slots <= shape->pages * CONTROL_MAP_BYTES * 8u);
}

TEST(test_bin_shapes_slots_fit_their_pages)
{
    each_shape(check_slots);
}

/* How many slots each length aims at. */
static unsigned target_of(unsigned length)
{
    static const uint8_t targets[2][BIN_LENGTHS] = {{2, 4, 8, 32}, {4, 8, 16, 32}};
    return targets[BITS_WORD == 64][length];
}

/* Have the codes of so many pages room for the number of one of so many slots? Two codes have 3 bits each; narrow ones
 * are not the first page's. */
static bool codes_hold_slot(unsigned pages, unsigned slots)
{
    const unsigned parts = CONTROL_WIDE_CODES ? 2 : pages - 1 < 2 ? pages - 1 : 2;
    return slots <= 1u << 3 * parts;
}

/* Do runs of so many pages suffice for the target, and for their codes to hold any slot's number? */
static bool suffice(const struct bin_shape *shape, unsigned pages, unsigned length)
{
    unsigned slots = pages * (unsigned)UNITS_PAGE_GRANULES / shape->granules;
    slots = slots > BITS_WORD ? BITS_WORD : slots;
    return pages >= 2 && slots >= target_of(length) && codes_hold_slot(pages, slots);
}

static void check_pages(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    unsigned pages = 1;
    while (pages < BIN_MOST_PAGES && !suffice(shape, pages, length))
        pages++;
    CHECK_EQ(shape->pages, pages);
    CHECK_EQ(shape->granules, shape_of(bin, 0)->granules);
    CHECK(shape->pages - 1 <= PAGE_DISTANCE_MASK);
    CHECK(codes_hold_slot(shape->pages, shape->slots));
    CHECK(length == 0 || shape->pages >= shape_of(bin, length - 1)->pages);
    CHECK(length == 0 || shape->slots >= shape_of(bin, length - 1)->slots);
}

TEST(test_bin_shapes_have_as_few_pages_as_their_slots_need)
{
    each_shape(check_pages);
}

static void check_code(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    const page_code_t code = (page_code_t)code_of(bin, length);
    CHECK_EQ(code, code_of(bin, length));
    CHECK_EQ(bin_of_code(code), bin);
    CHECK_EQ(bin_shape_of(code), shape);
}

TEST(test_bin_shapes_are_found_by_codes_that_fit_a_page_code)
{
    each_shape(check_code);
}

/* --- codes of a run's pages --- */

/* Each code that a page of such a run may have, whatever part of a slot is in it. */
static void check_parts(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    const unsigned start = code_of(bin, length), places = CONTROL_DIRECT_CODES ? PAGE_DISTANCE_MASK + 1 : 1;
    for (unsigned distance = 0; distance < places; distance++)
        for (unsigned part = 0; part < (CONTROL_WIDE_CODES ? 8 : 1) && !test_is_over(); part++) {
            const unsigned code = start | distance << PAGE_DISTANCE_SHIFT | part << PAGE_SLOT_SHIFT;
            CHECK_EQ((page_code_t)code, code);
            CHECK(code >= PAGE_SMALL);
            CHECK_EQ(bin_of_code(code), bin);
            CHECK_EQ(bin_shape_of(code), shape);
            for (unsigned other = 0; other < 8 && CONTROL_WIDE_CODES; other++)
                CHECK_EQ(bin_with_slot_part(code, 8 + other), start | distance << 7 | other << 12);
            if (CONTROL_DIRECT_CODES) { /* no part reaches into another */
                CHECK_EQ(page_code_distance(code), distance);
                CHECK_EQ(code, 0x8000u | part << 12 | distance << 7 | length << BIN_LENGTH_SHIFT | bin);
            }
        }
}

TEST(test_bin_codes_of_every_shape_distance_and_slot_part_say_all_of_them)
{
    each_shape(check_parts);
}

TEST(test_bin_narrow_inner_codes_of_every_distance_and_slot_part_say_both)
{
    if (CONTROL_DIRECT_CODES)
        SKIP("codes are direct");
    for (unsigned distance = 1; distance < BIN_MOST_PAGES; distance++)
        for (unsigned part = 0; part < 8; part++) {
            const unsigned code = part << PAGE_SLOT_SHIFT | distance;
            CHECK(code < PAGE_SMALL);
            CHECK_EQ(page_code_distance(code), distance);
            for (unsigned other = 0; other < 8; other++)
                CHECK_EQ(bin_with_slot_part(code, 8 + other), other << PAGE_SLOT_SHIFT | distance);
        }
}

/* The number of each slot after that of each other, or the last ones: only the codes' parts of it change. */
static void check_node_slots(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    const unsigned length_and_bin = bin_shape_index(length, bin);
    page_code_t codes[BIN_MOST_PAGES + 1];
    for (unsigned page = 0; page < BIN_MOST_PAGES + 1u; page++)
        codes[page] = page < shape->pages ? (page_code_t)code_of_page(length_and_bin, page, 0) : PAGE_EDGE;
    CHECK_EQ(bin_node_slot(codes, shape), 0);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < shape->slots && !test_is_over(); i++) {
            const unsigned slot = round == 0   ? i
                                  : round == 1 ? shape->slots - 1 - i
                                               : (unsigned)test_random_below(shape->slots);
            bin_set_node_slot(codes, shape, slot);
            CHECK_EQ(bin_node_slot(codes, shape), slot);
            for (unsigned page = 0; page < shape->pages; page++)
                CHECK_EQ(codes[page], code_of_page(length_and_bin, page, slot));
            for (unsigned page = shape->pages; page < BIN_MOST_PAGES + 1u; page++)
                CHECK_EQ(codes[page], PAGE_EDGE);
        }
}

TEST(test_bin_node_slot_of_every_shape_is_read_back_and_changes_just_its_parts)
{
    each_shape(check_node_slots);
}

/* --- sizes --- */

TEST(test_bin_shapes_sizes_are_each_granule_then_four_a_doubling)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        const unsigned granules = shape_of(bin, 0)->granules;
        CHECK(bin == 0 || bin_slot_bytes(bin) > bin_slot_bytes(bin - 1));
        CHECK_EQ(bin_slot_bytes(bin), granules * UNITS_GRANULE_BYTES);
        CHECK_EQ(bin_shape_bytes(shape_of(bin, 0)), granules * UNITS_GRANULE_BYTES);
        if (bin < BIN_LINEAR_GRANULES)
            CHECK_EQ(granules, bin + 1);
        else if (bin >= BIN_LINEAR_GRANULES + 4)
            CHECK_EQ(granules, 2 * shape_of(bin - 4, 0)->granules);
        else
            CHECK_EQ(granules, BIN_LINEAR_GRANULES + 4 * (bin - BIN_LINEAR_GRANULES + 1));
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
        CHECK_EQ(bin_of_last_byte(bytes - 1), bin);
        CHECK_EQ(bin_bytes_of_last_byte(bytes - 1, bin), bin_slot_bytes(bin));
        last = bin;
    }
}

/* --- bits of a map word --- */

static void check_bits(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    const unsigned unused_bits = bin_unused_bits(shape), bits = CONTROL_OWN_WORD ? shape->slots : BITS_WORD;
    const uintptr_t slots = slots_bits(shape), others = CONTROL_OWN_WORD ? 0 : ~slots;
    unsigned count = 0;
    (void)bin;
    (void)length;
    for (uintptr_t rest = control_map_all_bits(unused_bits); rest != 0; rest &= rest - 1)
        count++;
    CHECK_EQ(count, shape->slots);
    CHECK_EQ(control_map_free_bits(slots | others, unused_bits), control_map_all_bits(unused_bits));
    CHECK_EQ(control_map_free_bits(slots, unused_bits), control_map_all_bits(unused_bits));
    CHECK_EQ(control_map_free_bits(others, unused_bits), 0);
    CHECK_EQ(control_map_free_bits(0, unused_bits), 0);
    CHECK(!CONTROL_OWN_WORD || control_map_all_bits(unused_bits) == slots);
    for (unsigned bit = 0; bit < bits; bit++) { /* a slot's bit counts, another run's does not */
        CHECK_EQ(control_map_free_bits((uintptr_t)1 << bit, unused_bits) != 0, bit < shape->slots);
        CHECK_EQ(control_map_free_bits((slots | others) & ~((uintptr_t)1 << bit), unused_bits) !=
                         control_map_all_bits(unused_bits),
                 bit < shape->slots);
    }
}

TEST(test_bin_bits_are_those_of_the_runs_slots)
{
    each_shape(check_bits);
}

static void check_mask(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    (void)bin;
    (void)length;
    CHECK_EQ(BIN_SLOTS_MASK(shape), slots_bits(shape));
#if UINTPTR_MAX > 0xFFFFFFFFu
    CHECK_EQ(shape->slots_mask, slots_bits(shape));
#endif
    if (CONTROL_OWN_WORD) /* then it lies in the run's own maps */
        CHECK(shape->pages * (size_t)CONTROL_MAP_BYTES >= sizeof(uintptr_t));
}

TEST(test_bin_slots_mask_is_the_bits_of_the_slots)
{
    each_shape(check_mask);
}

/* --- finding a slot --- */

/* Every offset in a run's pages and behind them, as far as a code that remained from an older run can lead. */
static void check_offsets(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    const size_t end = (size_t)BIN_MOST_PAGES * QUARRY_PAGE_BYTES, bytes = bin_shape_bytes(shape);
    const uint32_t slots = shape->slots;
    size_t start = 0; /* of the slot, or what would be one, that may start at an offset */
    uint32_t slot = 0, found = 0;
    (void)bin;
    (void)length;
    CHECK(units_bytes_from_pages(shape->pages) <= end);
    for (size_t offset = 0; offset < end; offset++) {
        const uint32_t at = bin_slot_at(shape, offset);
        bool right = at >= slots;
        if (offset == start) {
            right = slot < slots ? at == slot : right;
            slot++;
            start += bytes;
        }
        found += at < slots;
        if (!right) {
            CHECK_EQ(offset, end); /* says which offset */
            return;
        }
    }
    CHECK_EQ(found, slots);
}

TEST(test_bin_slot_at_every_offset_accepts_just_starts_of_slots)
{
    each_shape(check_offsets);
}
