/* SPDX-License-Identifier: MIT
 *
 * bits.h: single words: bit scans, rotation, rounding, loads and stores at any address.
 *
 * The only file with compiler builtins; GCC and Clang are the compilers that we support. Every function is a
 * handful of instructions. CPUs without a bit scan (ARCH_HAS_BIT_SCAN 0: Cortex-M0, RISC-V without Zbb) get a
 * multiplication by a de Bruijn sequence and a table (C. Leiserson, H. Prokop, K. Randall, "Using de Bruijn Sequences
 * to Index a 1 in a Computer Word", 1998), because there the builtins are calls to the compiler's library.
 */
#ifndef QUARRY_BITS_H
#define QUARRY_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../arch/arch.h"

/* Bits in a word: a uintptr_t. */
#define BITS_WORD ((unsigned)(sizeof(uintptr_t) * 8))

#define bits_likely(condition) __builtin_expect(!!(condition), 1)

/* Tells the compiler what it cannot see. */
#define bits_assume(condition) ((condition) ? (void)0 : __builtin_unreachable())

#define BITS_COLD     __attribute__((noinline, cold))
#define BITS_NOINLINE __attribute__((noinline))
/* -Os: the compiler decides what is inline, and what is inline for speed alone is not. */
#ifdef __OPTIMIZE_SIZE__
#define BITS_FOR_SIZE 1
#define BITS_INLINE   static inline __attribute__((unused))
#else
#define BITS_FOR_SIZE 0
#define BITS_INLINE   static inline __attribute__((always_inline))
#endif

/* A value of which the compiler knows nothing: it makes no division, memcpy or memset of the loop around it. */
BITS_INLINE uintptr_t bits_unknown(uintptr_t value)
{
    __asm__("" : "+r"(value));
    return value;
}

/* Of a word in which one bit is set, the product with this number, shifted, is the bit's place in the table. */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define BITS_DE_BRUIJN       ((uintptr_t)0x03F79D71B4CB0A89u)
#define BITS_DE_BRUIJN_SHIFT 58
extern const uint8_t qi_bits_de_bruijn[64];
#else
#define BITS_DE_BRUIJN       ((uint32_t)0x077CB531u)
#define BITS_DE_BRUIJN_SHIFT 27
extern const uint8_t qi_bits_de_bruijn[32];
#endif

/* Index of the lowest set bit; word is not 0. */
BITS_INLINE unsigned bits_lowest(uintptr_t word)
{
    if (ARCH_HAS_BIT_SCAN)
        return sizeof word == 8 ? (unsigned)__builtin_ctzll(word) : (unsigned)__builtin_ctz((unsigned)word);
    return qi_bits_de_bruijn[(word & (0 - word)) * BITS_DE_BRUIJN >> BITS_DE_BRUIJN_SHIFT];
}

/* Index of the highest set bit; word is not 0. */
BITS_INLINE unsigned bits_highest(uintptr_t word)
{
    if (ARCH_HAS_BIT_SCAN)
        return sizeof word == 8 ? 63u - (unsigned)__builtin_clzll(word) : 31u - (unsigned)__builtin_clz((unsigned)word);
    word |= word >> 1;
    word |= word >> 2;
    word |= word >> 4;
    word |= word >> 8;
    word |= word >> 16;
    if (BITS_WORD == 64)
        word |= word >> (BITS_WORD / 2);
    return bits_lowest(word ^ (word >> 1));
}

BITS_INLINE uintptr_t bits_rotate_right(uintptr_t word, unsigned count)
{
    return (word >> count) | (word << (BITS_WORD - count));
}

/* count is 0 to 31. */
BITS_INLINE uint32_t bits_rotate_right_u32(uint32_t value, unsigned count)
{
    bits_assume(count < 32); /* GCOVR_EXCL_BR_LINE: tells the compiler, decides nothing */
    return (value >> (count & 31)) | (value << (-count & 31));
}

/* Words and 32-bit numbers at any address: one instruction where the port says ARCH_UNALIGNED 1, else as the compiler
 * likes. */
struct bits_any_word {
    uintptr_t value;
} __attribute__((packed, may_alias));

struct bits_any_u32 {
    uint32_t value;
} __attribute__((packed, may_alias));

BITS_INLINE uintptr_t bits_load(const uint8_t *at)
{
#ifdef ARCH_UNALIGNED_BY_PORT
    return arch_unaligned_load(at);
#else
    return ((const struct bits_any_word *)at)->value;
#endif
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through what it is cast to */
BITS_INLINE void bits_store(uint8_t *at, uintptr_t value)
{
#ifdef ARCH_UNALIGNED_BY_PORT
    arch_unaligned_store(at, value);
#else
    ((struct bits_any_word *)at)->value = value;
#endif
}

BITS_INLINE uint32_t bits_load_u32(const uint8_t *at)
{
    return sizeof(uintptr_t) == 4 ? (uint32_t)bits_load(at) : ((const struct bits_any_u32 *)at)->value;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through what it is cast to */
BITS_INLINE void bits_store_u32(uint8_t *at, uint32_t value)
{
    if (sizeof(uintptr_t) == 4)
        bits_store(at, value);
    else
        ((struct bits_any_u32 *)at)->value = value;
}

/* Two neighbouring words, at once where the CPU has an instruction for that. */
struct bits_pair {
    uintptr_t first, second;
};

BITS_INLINE struct bits_pair bits_pair_load(const uintptr_t *at)
{
    struct bits_pair pair;
    arch_pair_load(at, &pair.first, &pair.second);
    return pair;
}

BITS_INLINE void bits_pair_store(uintptr_t *at, uintptr_t first, uintptr_t second)
{
    arch_pair_store(at, first, second);
}

/* Is the number of set bits odd? value is below 256. */
#define BITS_IS_ODD(value) (0x6996u >> (((value) ^ (value) >> 4) & 15) & 1)

/* A number whose bytes lie in memory in this order. */
BITS_INLINE uint32_t bits_bytes_in_order(uint8_t first, uint8_t second, uint8_t third, uint8_t fourth)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return (uint32_t)first | (uint32_t)second << 8 | (uint32_t)third << 16 | (uint32_t)fourth << 24;
    return (uint32_t)fourth | (uint32_t)third << 8 | (uint32_t)second << 16 | (uint32_t)first << 24;
}

/* Makes a number out of a word whose bytes lie in memory lowest first, and the other way round. */
BITS_INLINE uintptr_t bits_lowest_byte_first(uintptr_t word)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return word;
    const uint32_t high = (uint32_t)(word >> (BITS_WORD / 2)), low = (uint32_t)word;
    const uint32_t low_first =
            bits_bytes_in_order((uint8_t)low, (uint8_t)(low >> 8), (uint8_t)(low >> 16), (uint8_t)(low >> 24));
    if (BITS_WORD == 32)
        return low_first;
    return (uintptr_t)low_first << (BITS_WORD / 2) |
           bits_bytes_in_order((uint8_t)high, (uint8_t)(high >> 8), (uint8_t)(high >> 16), (uint8_t)(high >> 24));
}

/* unit is a power of two. */
BITS_INLINE uintptr_t bits_round_up(uintptr_t value, uintptr_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

BITS_INLINE bool bits_is_power_of_two(uintptr_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* a * b, or UINTPTR_MAX if that overflows; division by a variable would be a library call on small CPUs. */
BITS_INLINE uintptr_t bits_multiply(uintptr_t a, uintptr_t b)
{
    const unsigned half = BITS_WORD / 2;
    if ((a | b) >> half != 0) { /* otherwise the product fits */
        if (a == 0 || b == 0)
            return 0;
        if (bits_highest(a) + bits_highest(b) >= BITS_WORD)
            return UINTPTR_MAX;
        /* The product has at most one bit too many: look at it without its lowest bit's part. */
        uintptr_t halved = (a >> 1) * b + ((a & 1) != 0 ? b >> 1 : 0);
        if (halved >> (BITS_WORD - 1) != 0)
            return UINTPTR_MAX;
    }
    return a * b;
}

#endif
