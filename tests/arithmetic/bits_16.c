/* SPDX-License-Identifier: MIT
 *
 * bits_16.c: bits.h once more, compiled as if a word had 16 bits: then all pairs of words are 2^32, and can be tried.
 * The header is the library's, word for word: only its type uintptr_t is another here. bits_multiply() compares and
 * shifts by fractions of BITS_WORD alone, so what holds of each pair here is what smt/words.c proves for longer words
 * with lemmas about products; here no lemma is needed.
 */
#include "arithmetic.h"

typedef uint16_t word_16_t;
#define uintptr_t word_16_t
#undef UINTPTR_MAX
#define UINTPTR_MAX UINT16_MAX

#include "bits.h"

_Static_assert(BITS_WORD == 16, "the model's words have 16 bits");

/* A wrong pair, for the message. */
static bool holds(bool held, unsigned a, unsigned b)
{
    if (!held) {
        test_print("  broken by ");
        test_print_unsigned((unsigned short)a);
        test_print(" and ");
        test_print_unsigned((unsigned short)b);
        test_print("\n");
    }
    return held;
}

TEST(test_bits_16_scans_and_powers_of_two_of_all_words)
{
    for (uint32_t word = 0; word <= UINT16_MAX && !test_is_over(); word++) {
        uint32_t lowest = 0, highest = 0, ones = 0;
        for (uint32_t bit = 16; bit-- > 0;)
            if ((word >> bit & 1) != 0) {
                highest = ones++ == 0 ? bit : highest;
                lowest = bit;
            }
        CHECK(holds(bits_is_power_of_two((uint16_t)word) == (ones == 1), word, 0));
        if (word != 0)
            CHECK(holds(bits_lowest((uint16_t)word) == lowest && bits_highest((uint16_t)word) == highest, word, 0));
    }
}

TEST(test_bits_16_rotate_right_of_all_words_by_all_counts)
{
    for (uint32_t word = 0; word <= UINT16_MAX && !test_is_over(); word++)
        for (unsigned count = 1; count < 16; count++) {
            const uint16_t expected = (uint16_t)((word << 16 | word) >> count);
            CHECK(holds(bits_rotate_right((uint16_t)word, count) == expected, word, count));
        }
}

TEST(test_bits_16_round_up_of_all_words_to_all_units)
{
    for (uint32_t word = 0; word <= UINT16_MAX && !test_is_over(); word++)
        for (uint32_t unit = 1; unit <= UINT16_MAX; unit *= 2) {
            const uint32_t multiple = (word + unit - 1) / unit * unit;
            CHECK(holds(bits_round_up((uint16_t)word, (uint16_t)unit) == (uint16_t)multiple, word, unit));
        }
}

TEST(test_bits_16_multiply_of_all_pairs)
{
    for (uint32_t a = 0; a <= UINT16_MAX; a++)
        for (uint32_t b = 0, product = 0; b <= UINT16_MAX; b++, product += a)
            if (bits_multiply((uint16_t)a, (uint16_t)b) != (product > UINT16_MAX ? UINT16_MAX : product)) {
                CHECK(holds(false, a, b));
                return;
            }
}
