/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.c: the shapes of all bins' runs, which bin a size gets, and where a slot is found: every offset of every
 * shape.
 */
#include "../../src/bin.h"

#include "unit.h"

static unsigned code_of(unsigned bin, unsigned length)
{
    return PAGE_SMALL | length << BIN_LENGTH_SHIFT | bin;
}

static const struct bin_shape *shape_of(unsigned bin, unsigned length)
{
    return bin_shape_of(code_of(bin, length));
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
    CHECK(slots <= shape->pages * UNITS_MAP_BYTES * 8u);
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

/* Do runs of so many pages suffice for the target, and for their inner codes to hold any slot's number? */
static bool suffice(const struct bin_shape *shape, unsigned pages, unsigned length)
{
    unsigned slots = pages * (unsigned)UNITS_PAGE_GRANULES / shape->granules;
    slots = slots > BITS_WORD ? BITS_WORD : slots;
    return pages >= 2 && slots >= target_of(length) && (slots <= BIN_NODE_SLOTS || pages >= 3);
}

static void check_pages(const struct bin_shape *shape, unsigned bin, unsigned length)
{
    unsigned pages = 1;
    while (pages < BIN_MOST_PAGES && !suffice(shape, pages, length))
        pages++;
    CHECK_EQ(shape->pages, pages);
    CHECK_EQ(shape->granules, qi_bin_shapes[bin].granules);
    CHECK(shape->pages - 1 <= PAGE_DISTANCE_MASK);
    CHECK(shape->slots <= BIN_NODE_SLOTS || shape->pages >= 3);
    CHECK(shape->slots <= BIN_NODE_SLOTS * BIN_NODE_SLOTS);
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

TEST(test_bin_shapes_sizes_are_each_granule_then_four_a_doubling)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        const unsigned granules = qi_bin_shapes[bin].granules;
        CHECK(bin == 0 || bin_slot_bytes(bin) > bin_slot_bytes(bin - 1));
        CHECK_EQ(bin_slot_bytes(bin), granules * UNITS_GRANULE_BYTES);
        CHECK_EQ(bin_shape_bytes(&qi_bin_shapes[bin]), granules * UNITS_GRANULE_BYTES);
        if (bin < BIN_LINEAR_GRANULES)
            CHECK_EQ(granules, bin + 1);
        else if (bin >= BIN_LINEAR_GRANULES + 4)
            CHECK_EQ(granules, 2 * qi_bin_shapes[bin - 4].granules);
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
    const unsigned unused_bits = bin_unused_bits(shape);
    unsigned count = 0;
    (void)bin;
    (void)length;
    for (uintptr_t rest = bin_all_bits(unused_bits); rest != 0; rest &= rest - 1)
        count++;
    CHECK_EQ(count, shape->slots);
    CHECK_EQ(bin_free_bits(UINTPTR_MAX, unused_bits), bin_all_bits(unused_bits));
    CHECK_EQ(bin_free_bits(0, unused_bits), 0);
    for (unsigned bit = 0; bit < BITS_WORD; bit++) { /* a slot's bit counts, another run's does not */
        CHECK_EQ(bin_free_bits((uintptr_t)1 << bit, unused_bits) != 0, bit < shape->slots);
        CHECK_EQ(bin_free_bits(~((uintptr_t)1 << bit), unused_bits) != bin_all_bits(unused_bits), bit < shape->slots);
    }
}

TEST(test_bin_bits_are_those_of_the_runs_slots)
{
    each_shape(check_bits);
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
