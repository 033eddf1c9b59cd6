/* SPDX-License-Identifier: MIT
 *
 * bits.c: single words, all 2^32 of a 32-bit build; on 64 bits words made of them, as smt/words.c has proven all. The
 * folder no_bit_scan makes of it the test of the scans by multiplication.
 */
#include "bits.h"
#include "arithmetic.h"

static uintptr_t edges[EDGES_MOST];

/* Words of a 32-bit number: itself; on 64 bits also spread over both halves. */
enum { SPREADS = sizeof(uintptr_t) == 8 ? 4 : 1 };

static uintptr_t spread(uint32_t value, unsigned how)
{
    const uint64_t word = value;
    const uint64_t spreads[4] = {word, word << 32, word << 17, word * 0x9E3779B97F4A7C15u};
    return (uintptr_t)spreads[how];
}

static bool holds_for_word(uintptr_t word)
{
    const bool is_power = word != 0 && (word & -word) == word;
    if (bits_is_power_of_two(word) != is_power)
        return false;
    if (word == 0)
        return true;
    const unsigned lowest = bits_lowest(word), highest = bits_highest(word);
    return lowest < BITS_WORD && highest < BITS_WORD && (word >> lowest & 1) == 1 &&
           (word & (((uintptr_t)1 << lowest) - 1)) == 0 && word >> highest == 1;
}

TEST(test_bits_scans_and_powers_of_two_of_all_words)
{
    const uint32_t step = step_or_all(257);
    uint32_t value = 0;
    unsigned how = 0;
    bool held = true;
    do {
        for (how = 0; how < SPREADS && held; how++)
            held = holds_for_word(spread(value, how));
        value += step;
    } while (held && value >= step);
    CHECK(held);
    if (!held)
        CHECK_EQ(spread(value - step, how - 1), 0);
}

TEST(test_bits_scans_and_powers_of_two_of_edges)
{
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count && !test_is_over(); i++)
        CHECK(holds_for_word(edges[i]));
}

static uintptr_t rotated_by_one(uintptr_t word)
{
    return word >> 1 | (word & 1) << (BITS_WORD - 1);
}

TEST(test_bits_rotate_right_of_edges_by_every_count)
{
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count && !test_is_over(); i++) {
        uintptr_t word = edges[i];
        uint32_t narrow = (uint32_t)edges[i];
        CHECK_EQ(bits_rotate_right_u32(narrow, 0), narrow);
        for (unsigned by = 1; by < BITS_WORD; by++) {
            word = rotated_by_one(word);
            CHECK_EQ(bits_rotate_right(edges[i], by), word);
        }
        for (unsigned by = 1; by < 32; by++) {
            narrow = narrow >> 1 | (narrow & 1) << 31;
            CHECK_EQ(bits_rotate_right_u32((uint32_t)edges[i], by), narrow);
        }
    }
}

/* The next multiple in wide arithmetic, of which the low word is what comes out. */
TEST(test_bits_round_up_of_edges_to_every_unit)
{
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count && !test_is_over(); i++)
        for (unsigned power = 0; power < BITS_WORD; power++) {
            const uintptr_t unit = (uintptr_t)1 << power;
            const wide_t multiple = ((wide_t)edges[i] + unit - 1) / unit * unit;
            CHECK_EQ(bits_round_up(edges[i], unit), (uintptr_t)multiple);
        }
}

static bool product_holds(uintptr_t a, uintptr_t b)
{
    const wide_t product = (wide_t)a * b;
    return bits_multiply(a, b) == (product > UINTPTR_MAX ? UINTPTR_MAX : (uintptr_t)product);
}

TEST(test_bits_multiply_of_all_pairs_of_edges)
{
    const size_t count = edge_words(edges, is_full() ? 3 : 0);
    const size_t step = is_full() ? 1 : 3;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i % step; j < count; j += step)
            if (!product_holds(edges[i], edges[j])) {
                CHECK_EQ(edges[i], edges[j]); /* shows both */
                CHECK(product_holds(edges[i], edges[j]));
                return;
            }
}

/* Factors whose product lies just below or above what a word holds: each divisor, and the quotients around. */
TEST(test_bits_multiply_around_the_largest_word)
{
    for (unsigned round = 0; round < (is_full() ? 100000000u : 300000u) && !test_is_over(); round++) {
        uintptr_t divisor = test_random();
        if (sizeof divisor == 8)
            divisor = (divisor << 16 << 16 | test_random()) >> (test_random() & 63);
        else
            divisor >>= test_random() & 31;
        if (divisor == 0)
            continue;
        const uintptr_t quotient = UINTPTR_MAX / divisor;
        for (uintptr_t other = quotient - 2; other != quotient + 3; other++)
            if (!product_holds(divisor, other) || !product_holds(other, divisor))
                CHECK_EQ(divisor, other);
    }
}

TEST(test_bits_store_and_load_at_every_offset_keep_the_bytes_beside)
{
    uint8_t memory[40], before[40];
    for (unsigned offset = 0; offset + sizeof(uintptr_t) <= sizeof memory && !test_is_over(); offset++) {
        test_fill(memory, sizeof memory, offset);
        test_fill(before, sizeof before, offset);
        const uintptr_t word = (uintptr_t)0x8192A3B4C5D6E7F8u;
        bits_store(memory + offset, word);
        CHECK_EQ(bits_load(memory + offset), word);
        for (unsigned i = 0; i < sizeof memory; i++)
            if (i < offset || i >= offset + sizeof word)
                CHECK_EQ(memory[i], before[i]);
        bits_store_u32(memory + offset, 0x01020304u);
        CHECK_EQ(bits_load_u32(memory + offset), 0x01020304u);
        CHECK_EQ(bits_bytes_in_order(memory[offset], memory[offset + 1], memory[offset + 2], memory[offset + 3]),
                 0x01020304u);
    }
}
