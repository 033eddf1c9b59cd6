/* SPDX-License-Identifier: MIT
 *
 * arithmetic.h: what the programs of this folder share. Each holds the properties of one group of functions; a property
 * that may be asked of 2^32 arguments is asked of all of them if ARITHMETIC_FULL is set in the environment (make
 * proofs), and otherwise of every so many and of all edges (make test). Loops look for the first argument that breaks
 * the property and check once, because a CHECK() in each round would take the time.
 */
#ifndef QUARRY_ARITHMETIC_H
#define QUARRY_ARITHMETIC_H

#include <stdlib.h>

#include "test.h"

/* Holds any sum or product of two words. */
#if UINTPTR_MAX > 0xFFFFFFFFu
__extension__ typedef unsigned __int128 wide_t;
#else
typedef uint64_t wide_t;
#endif

static inline bool is_full(void)
{
    return getenv("ARITHMETIC_FULL") != NULL;
}

/* How far apart arguments are: all of them, or a prime number apart. */
static inline uint32_t step_or_all(uint32_t prime)
{
    return is_full() ? 1 : prime;
}

/* Words at which something may change: sums and differences of two powers of two and a little, and fractions of the
 * largest word. Returned: how many; they are a few thousand. */
enum { EDGES_MOST = 40000 };

static inline size_t edge_words(uintptr_t *words, intptr_t around)
{
    const unsigned bits = sizeof(uintptr_t) * 8;
    size_t count = 0;
    for (unsigned high = 0; high < bits; high++)
        for (unsigned low = 0; low <= high; low++)
            for (intptr_t more = -around; more <= around; more++) {
                const uintptr_t a = (uintptr_t)1 << high, b = low == high ? 0 : (uintptr_t)1 << low;
                words[count++] = a + b + (uintptr_t)more;
                words[count++] = a - b + (uintptr_t)more;
            }
    for (uintptr_t part = 1; part <= 64; part++)
        for (intptr_t more = -around; more <= around; more++)
            words[count++] = UINTPTR_MAX / part + (uintptr_t)more;
    return count;
}

#endif
