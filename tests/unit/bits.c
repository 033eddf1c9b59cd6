/* SPDX-License-Identifier: MIT
 *
 * bits.c: single words against loops that take one bit at a time. The table for CPUs without a bit scan is
 * looked at on every machine, whether its own code uses it or not.
 */
#include "../../src/bits.h"

#include "test.h"

enum { ROUNDS = 1000 * TEST_SCALE };

static uintptr_t random_word(void)
{
    uintptr_t word = 0;
    for (unsigned bit = 0; bit < BITS_WORD; bit += 16)
        word |= (uintptr_t)(test_random() >> 16) << bit;
    return word >> test_random_below(BITS_WORD);
}

static unsigned lowest_by_loop(uintptr_t word)
{
    unsigned bit = 0;
    while ((word >> bit & 1) == 0)
        bit++;
    return bit;
}

static unsigned highest_by_loop(uintptr_t word)
{
    unsigned bit = BITS_WORD - 1;
    while ((word >> bit & 1) == 0)
        bit--;
    return bit;
}

TEST(test_bits_scan_of_single_bit_gives_its_index)
{
    for (unsigned bit = 0; bit < BITS_WORD; bit++) {
        CHECK_EQ(bits_lowest((uintptr_t)1 << bit), bit);
        CHECK_EQ(bits_highest((uintptr_t)1 << bit), bit);
    }
}

TEST(test_bits_scan_of_two_bits_gives_both_ends)
{
    for (unsigned low = 0; low < BITS_WORD; low++)
        for (unsigned high = low; high < BITS_WORD; high++) {
            const uintptr_t ends = (uintptr_t)1 << low | (uintptr_t)1 << high;
            CHECK_EQ(bits_lowest(ends), low);
            CHECK_EQ(bits_highest(ends), high);
        }
}

TEST(test_bits_scan_of_random_words_agrees_with_loops)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uintptr_t word = random_word() | (uintptr_t)1 << test_random_below(BITS_WORD);
        CHECK_EQ(bits_lowest(word), lowest_by_loop(word));
        CHECK_EQ(bits_highest(word), highest_by_loop(word));
    }
}

TEST(test_bits_table_gives_index_of_each_bit)
{
    for (unsigned bit = 0; bit < BITS_WORD; bit++)
        CHECK_EQ(qi_bits_de_bruijn[((uintptr_t)1 << bit) * BITS_DE_BRUIJN >> BITS_DE_BRUIJN_SHIFT], bit);
}

TEST(test_bits_rotate_right_moves_each_bit_by_count)
{
    for (unsigned count = 1; count < BITS_WORD; count++)
        for (unsigned bit = 0; bit < BITS_WORD; bit++)
            CHECK_EQ(bits_rotate_right((uintptr_t)1 << bit, count),
                     (uintptr_t)1 << ((bit + BITS_WORD - count) % BITS_WORD));
}

TEST(test_bits_rotate_right_of_random_words_agrees_with_single_steps)
{
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        const uintptr_t word = random_word();
        uintptr_t stepped = word;
        for (unsigned count = 1; count < BITS_WORD; count++) {
            stepped = (stepped & 1) << (BITS_WORD - 1) | stepped >> 1;
            CHECK_EQ(bits_rotate_right(word, count), stepped);
        }
    }
}

TEST(test_bits_rotate_right_u32_moves_each_bit_by_count)
{
    for (unsigned count = 0; count < 32; count++)
        for (unsigned bit = 0; bit < 32; bit++)
            CHECK_EQ(bits_rotate_right_u32((uint32_t)1 << bit, count), (uint32_t)1 << ((bit + 32 - count) % 32));
}

TEST(test_bits_bytes_in_order_lie_so_in_memory)
{
    uint8_t memory[4];
    bits_store_u32(memory, bits_bytes_in_order(1, 0x80, 3, 0xff));
    CHECK_EQ(memory[0], 1);
    CHECK_EQ(memory[1], 0x80);
    CHECK_EQ(memory[2], 3);
    CHECK_EQ(memory[3], 0xff);
}

TEST(test_bits_round_up_gives_next_multiple)
{
    for (uintptr_t unit = 1; unit <= 256; unit *= 2)
        for (uintptr_t value = 0, multiple = 0; value <= 600; value++) {
            if (value > multiple)
                multiple += unit;
            CHECK_EQ(bits_round_up(value, unit), multiple);
        }
}

TEST(test_bits_round_up_near_top_keeps_highest_multiple)
{
    for (unsigned bit = 0; bit < BITS_WORD; bit++) {
        const uintptr_t unit = (uintptr_t)1 << bit;
        CHECK_EQ(bits_round_up(0 - unit, unit), 0 - unit);
        CHECK_EQ(bits_round_up(1, unit), unit);
    }
}

TEST(test_bits_power_of_two_is_recognised)
{
    CHECK(!bits_is_power_of_two(0));
    for (unsigned high = 0; high < BITS_WORD; high++) {
        CHECK(bits_is_power_of_two((uintptr_t)1 << high));
        for (unsigned low = 0; low < high; low++)
            CHECK(!bits_is_power_of_two((uintptr_t)1 << high | (uintptr_t)1 << low));
    }
    CHECK(!bits_is_power_of_two(UINTPTR_MAX));
}

/* What a load of so many bytes sees. */
static uintptr_t word_of_bytes(const uint8_t *at, unsigned bytes)
{
    uintptr_t word = 0;
    for (unsigned i = 0; i < bytes; i++)
        word = word << 8 | at[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? bytes - 1 - i : i];
    return word;
}

TEST(test_bits_word_with_lowest_byte_first_has_its_bytes_in_this_order)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uintptr_t word = random_word(), ordered = bits_lowest_byte_first(word);
        uint8_t memory[sizeof word];
        bits_store(memory, ordered);
        for (unsigned i = 0; i < sizeof word; i++)
            CHECK_EQ(memory[i], (uint8_t)(word >> 8 * i));
        CHECK_EQ(bits_lowest_byte_first(ordered), word);
    }
}

TEST(test_bits_load_at_every_offset_reads_the_bytes_there)
{
    uint8_t memory[32];
    test_fill(memory, sizeof memory, 0x5d);
    for (unsigned offset = 0; offset <= sizeof memory - sizeof(uintptr_t); offset++)
        CHECK_EQ(bits_load(memory + offset), word_of_bytes(memory + offset, sizeof(uintptr_t)));
    for (unsigned offset = 0; offset <= sizeof memory - 4; offset++)
        CHECK_EQ(bits_load_u32(memory + offset), word_of_bytes(memory + offset, 4));
}

/* Are all bytes but bytes from offset on still the pattern? */
static bool is_kept_beside(const uint8_t *memory, const uint8_t *pattern, unsigned length, unsigned offset,
                           unsigned bytes)
{
    for (unsigned i = 0; i < length; i++)
        if ((i < offset || i >= offset + bytes) && memory[i] != pattern[i])
            return false;
    return true;
}

TEST(test_bits_store_at_every_offset_changes_only_its_bytes)
{
    uint8_t pattern[32];
    uint8_t memory[32];
    test_fill(pattern, sizeof pattern, 1);
    for (unsigned offset = 0; offset <= sizeof memory - sizeof(uintptr_t); offset++) {
        const uintptr_t word = random_word();
        test_fill(memory, sizeof memory, 1);
        bits_store(memory + offset, word);
        CHECK_EQ(word_of_bytes(memory + offset, sizeof word), word);
        CHECK(is_kept_beside(memory, pattern, sizeof memory, offset, sizeof word));
    }
    for (unsigned offset = 0; offset <= sizeof memory - 4; offset++) {
        const uint32_t word = test_random();
        test_fill(memory, sizeof memory, 1);
        bits_store_u32(memory + offset, word);
        CHECK_EQ(word_of_bytes(memory + offset, 4), word);
        CHECK(is_kept_beside(memory, pattern, sizeof memory, offset, 4));
    }
}
