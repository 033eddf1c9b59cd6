/* SPDX-License-Identifier: MIT
 *
 * bytes.c: see bytes.h.
 *
 * The empty asm statement in each loop is opaque to the optimiser: without it GCC and Clang recognise the loop and
 * emit a call to memcpy or memset, which a freestanding user need not have.
 */
#include "bytes.h"

typedef uintptr_t __attribute__((may_alias)) word_t;

enum { WORDS_AT_ONCE = 8, PAIRS_AT_ONCE = 8 };

/* Eight bytes, aligned to a word: 32-bit CPUs have an instruction that stores two registers. */
struct pair {
    uint64_t words;
} __attribute__((packed, may_alias, aligned(sizeof(uintptr_t))));

static inline void keep_loop(void)
{
    __asm__ volatile("" ::: "memory");
}

/* WORDS_AT_ONCE of them. */
static inline void copy_words(word_t *to, const word_t *from)
{
    word_t first = from[0], second = from[1], third = from[2], fourth = from[3];
    to[0] = first;
    to[1] = second;
    to[2] = third;
    to[3] = fourth;
    first = from[4];
    second = from[5];
    third = from[6];
    fourth = from[7];
    to[4] = first;
    to[5] = second;
    to[6] = third;
    to[7] = fourth;
}

void qi_bytes_copy(void *to, const void *from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((((uintptr_t)out | (uintptr_t)in) & (sizeof(word_t) - 1)) == 0) {
        for (; bytes >= WORDS_AT_ONCE * sizeof(word_t); bytes -= WORDS_AT_ONCE * sizeof(word_t)) {
            copy_words((word_t *)(void *)out, (const word_t *)(const void *)in);
            out += WORDS_AT_ONCE * sizeof(word_t);
            in += WORDS_AT_ONCE * sizeof(word_t);
            keep_loop();
        }
        for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
            *(word_t *)(void *)out = *(const word_t *)(const void *)in;
            out += sizeof(word_t);
            in += sizeof(word_t);
            keep_loop();
        }
    }
    for (; bytes != 0; bytes--) {
        *out++ = *in++;
        keep_loop();
    }
}

void qi_bytes_clear(void *at, size_t bytes)
{
    uint8_t *out = at;
    for (; bytes != 0 && ((uintptr_t)out & (sizeof(word_t) - 1)) != 0; bytes--) {
        *out++ = 0;
        keep_loop();
    }
    for (; bytes >= PAIRS_AT_ONCE * sizeof(struct pair); bytes -= PAIRS_AT_ONCE * sizeof(struct pair)) {
        struct pair *pairs = (struct pair *)(void *)out;
        pairs[0].words = pairs[1].words = pairs[2].words = pairs[3].words = 0;
        pairs[4].words = pairs[5].words = pairs[6].words = pairs[7].words = 0;
        out += PAIRS_AT_ONCE * sizeof(struct pair);
        keep_loop();
    }
    for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
        *(word_t *)(void *)out = 0;
        out += sizeof(word_t);
        keep_loop();
    }
    for (; bytes != 0; bytes--) {
        *out++ = 0;
        keep_loop();
    }
}
