/* SPDX-License-Identifier: MIT
 *
 * words.c: what prove.py proves of single words: bits.h, and the number of a slot in bin_shapes.h.
 */
#include "prove.h"

#include "../../../src/bin_shapes.h"

bool prove_bits_lowest(uintptr_t word)
{
    ASSUME(word != 0);
    unsigned bit = bits_lowest(word);
    return bit < BITS_WORD && (word & (((uintptr_t)2 << bit) - 1)) == (uintptr_t)1 << bit;
}

bool prove_bits_highest(uintptr_t word)
{
    ASSUME(word != 0);
    unsigned bit = bits_highest(word);
    return bit < BITS_WORD && word >> bit == 1;
}

/* The same bits, read from the word written twice. */
bool prove_bits_rotate_right(uintptr_t word, unsigned count)
{
    ASSUME(count >= 1 && count < BITS_WORD);
    return bits_rotate_right(word, count) == (uintptr_t)(((wide_t)word << BITS_WORD | word) >> count);
}

bool prove_bits_rotate_right_u32(uint32_t value, unsigned count)
{
    ASSUME(count < 32);
    return bits_rotate_right_u32(value, count) == (uint32_t)(((uint64_t)value << 32 | value) >> count);
}

/* The next multiple, or 0 where there is none. */
bool prove_bits_round_up(uintptr_t value, unsigned power)
{
    ASSUME(power < BITS_WORD);
    uintptr_t unit = (uintptr_t)1 << power, rounded = bits_round_up(value, unit);
    if (value > 0 - unit)
        return rounded == 0;
    return rounded >= value && rounded - value < unit && (rounded & (unit - 1)) == 0;
}

/* A power of two is what its highest bit alone makes. */
bool prove_bits_is_power_of_two(uintptr_t value)
{
    bool is_power = value != 0 && (uintptr_t)1 << bits_highest(value) == value;
    return bits_is_power_of_two(value) == is_power;
}

/* halved is there for the lemmas of products; that it is no longer than product needs no proof. */
bool prove_bits_multiply(uintptr_t a, uintptr_t b)
{
    wide_t halved = (wide_t)(a >> 1) * b, product = (wide_t)a * b;
    ASSUME(halved <= product);
    return bits_multiply(a, b) == (product > UINTPTR_MAX ? UINTPTR_MAX : (uintptr_t)product);
}

bool prove_bits_bytes_in_order(uint8_t first, uint8_t second, uint8_t third, uint8_t fourth)
{
    uint32_t number = bits_bytes_in_order(first, second, third, fourth); /* the hosts are little-endian */
    return (uint8_t)number == first && (uint8_t)(number >> 8) == second && (uint8_t)(number >> 16) == third &&
           (uint8_t)(number >> 24) == fourth;
}

/* --- the slot at an offset: every offset below 2^32, every size that a page size can give a bin --- */

/* A number below 64, the most slots that a run has, comes out just where such a slot starts. */
#define SLOT(granules)                                                                                                 \
    bool prove_bin_slot_of_##granules##_granules(uint32_t offset)                                                      \
    {                                                                                                                  \
        uint32_t slot = bin_slot_of_bytes(offset, granules * UNITS_GRANULE_BYTES);                                     \
        return slot >= 64 || slot * granules * (uint32_t)UNITS_GRANULE_BYTES == offset;                                \
    }                                                                                                                  \
    bool prove_bin_start_of_##granules##_granules(uint32_t slot)                                                       \
    {                                                                                                                  \
        ASSUME(slot < 64);                                                                                             \
        return bin_slot_of_bytes(slot * granules * (uint32_t)UNITS_GRANULE_BYTES, granules * UNITS_GRANULE_BYTES) ==   \
               slot;                                                                                                   \
    }

SLOT(1)
SLOT(2)
SLOT(3)
SLOT(4)
SLOT(5)
SLOT(6)
SLOT(7)
SLOT(8)
SLOT(9)
SLOT(10)
SLOT(11)
SLOT(12)
SLOT(13)
SLOT(14)
SLOT(15)
SLOT(16)
SLOT(20)
SLOT(24)
SLOT(28)
SLOT(32)
SLOT(40)
SLOT(48)
SLOT(56)
SLOT(64)
SLOT(80)
SLOT(96)
SLOT(112)
SLOT(128)
