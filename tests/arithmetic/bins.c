/* SPDX-License-Identifier: MIT
 *
 * bins.c: bins: which slot a size gets, how much of it is lost, how it is aligned, and which slot lies at an
 * offset. Sizes up to the largest bin are all tried. Offsets: multiplying by an odd number and rotating are one
 * to one on 32-bit numbers, so if the starts of all slots give the slots' numbers, no other offset can give one
 * of them: testing the starts is enough, and smt/words.c proves the same. With ARITHMETIC_FULL all 2^32 offsets
 * are tried as well, for each bin. The four lengths of a bin's runs share the numbers that decide an offset,
 * which is tested too.
 */
#include "bin.h"

#include "arithmetic.h"

/* --- sizes --- */

/* Every granule to 16 granules, then four sizes a doubling, each a multiple of the alignment from there on. */
TEST(test_bin_of_every_size_holds_it_is_aligned_and_the_smallest)
{
    for (size_t bytes = 1; bytes <= BIN_MAX_BYTES && !test_is_over(); bytes++) {
        const unsigned bin = bin_of_bytes(bytes);
        const size_t slot_bytes = bin_slot_bytes(bin);
        CHECK(bin < BIN_COUNT);
        CHECK_EQ(bin_of_last_byte(bytes - 1), bin);
        CHECK(slot_bytes >= bytes);
        CHECK_EQ(bin_bytes_of_last_byte(bytes - 1, bin), slot_bytes);
        if (slot_bytes >= QUARRY_ALIGN_BYTES)
            CHECK_EQ(slot_bytes % QUARRY_ALIGN_BYTES, 0);
        CHECK_EQ(slot_bytes % UNITS_GRANULE_BYTES, 0);
        for (unsigned smaller = 0; smaller < bin; smaller++)
            CHECK(bin_slot_bytes(smaller) < bytes ||
                  (bin_slot_bytes(smaller) >= QUARRY_ALIGN_BYTES && bin_slot_bytes(smaller) % QUARRY_ALIGN_BYTES != 0));
    }
}

TEST(test_bin_of_every_size_never_falls_and_wastes_at_most_a_quarter_or_a_step)
{
    unsigned before = 0;
    for (size_t bytes = 1; bytes <= BIN_MAX_BYTES && !test_is_over(); bytes++) {
        const unsigned bin = bin_of_bytes(bytes);
        const size_t lost = bin_slot_bytes(bin) - bytes;
        const size_t step = QUARRY_ALIGN_BYTES > UNITS_GRANULE_BYTES ? QUARRY_ALIGN_BYTES : UNITS_GRANULE_BYTES;
        CHECK(bin >= before && (bin == before || bin_slot_bytes(bin) > bin_slot_bytes(before)));
        CHECK(lost < step || lost * 4 < bytes);
        before = bin;
    }
    CHECK_EQ(bin_slot_bytes(BIN_COUNT - 1), BIN_MAX_BYTES);
}

/* --- shapes --- */

static const struct bin_shape *shape_at(unsigned bin, unsigned length)
{
    return bin_shape_of(PAGE_SMALL | length << BIN_LENGTH_SHIFT | bin);
}

TEST(test_bin_shapes_hold_their_slots_and_lose_less_than_one)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            const struct bin_shape *shape = shape_at(bin, length);
            const size_t bytes = shape->pages * (size_t)QUARRY_PAGE_BYTES, slot_bytes = bin_shape_bytes(shape);
            CHECK_EQ(slot_bytes, bin_slot_bytes(bin));
            CHECK(shape->slots >= 1 && shape->slots <= BITS_WORD);
            CHECK(shape->slots * slot_bytes <= bytes);
            CHECK(shape->slots == BITS_WORD || bytes - shape->slots * slot_bytes < slot_bytes);
            CHECK(shape->slots <= shape->pages * (size_t)CONTROL_MAP_BYTES * 8);
            CHECK(shape->pages >= 1 && shape->pages <= BIN_MOST_PAGES);
            CHECK(length == 0 || (shape->slots >= shape_at(bin, length - 1)->slots &&
                                  shape->pages >= shape_at(bin, length - 1)->pages));
        }
}

/* --- which slot lies at an offset --- */

TEST(test_bin_slot_at_start_of_every_slot_is_its_number)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            const struct bin_shape *shape = shape_at(bin, length);
            CHECK_EQ(shape->inverse, shape_at(bin, 0)->inverse);
            CHECK_EQ(shape->shift, shape_at(bin, 0)->shift);
            CHECK_EQ(shape->inverse & 1, 1);
            CHECK(shape->shift < 32);
            for (uint32_t slot = 0; slot < BITS_WORD; slot++) {
                const uint32_t start = slot * (uint32_t)bin_slot_bytes(bin);
                CHECK_EQ(bin_slot_at(shape, start), slot);
                CHECK_EQ(bin_slot_of_bytes(start, bin_slot_bytes(bin)), slot);
            }
        }
}

/* How many of the offsets look like one of a run's slots; the loop is simple so that compilers make vectors of it. */
static uint32_t count_slots(const struct bin_shape *shape, uint32_t first, uint32_t count)
{
    const uint32_t inverse = shape->inverse, shift = shape->shift;
    const struct bin_shape local = {.inverse = inverse, .shift = (uint8_t)shift};
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += bin_slot_at(&local, first + i) < BITS_WORD;
    return found;
}

/* The starts are BITS_WORD offsets; if there are no more that look like one, no other does. */
TEST(test_bin_slot_at_all_offsets_is_a_slot_only_where_one_starts)
{
    enum { PART = 1 << 24 };
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++) {
        const struct bin_shape *shape = shape_at(bin, 0);
        uint32_t found = 0;
        const unsigned parts = is_full() ? 256 : 1;
        for (unsigned part = 0; part < parts; part++)
            found += count_slots(shape, part * (uint32_t)PART, is_full() ? PART : PART >> 4);
        CHECK_EQ(found, BITS_WORD);
    }
}

/* Both ways to ask agree at every offset in the longest run. */
TEST(test_bin_slot_of_bytes_agrees_with_slot_at)
{
    const uint32_t end = BIN_MOST_PAGES * (uint32_t)QUARRY_PAGE_BYTES, step = step_or_all(1 + end / 4099);
    for (unsigned bin = 0; bin < BIN_COUNT && !test_is_over(); bin++)
        for (uint32_t offset = 0; offset < end; offset += step)
            if (bin_slot_at(shape_at(bin, 0), offset) != bin_slot_of_bytes(offset, bin_slot_bytes(bin)))
                CHECK_EQ(offset, bin);
}
