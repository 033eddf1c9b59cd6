/* SPDX-License-Identifier: MIT
 *
 * prove.h: what the files that prove.py reads share. Each function prove_NAME answers whether a property holds; what
 * an assumption rules out holds. Widths are the compiler's: the files are proven for 32 and for 64 bits.
 */
#ifndef QUARRY_PROVE_H
#define QUARRY_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSUME(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return true;                                                                                               \
    } while (0)

/* Holds any sum or product of two words. */
#if UINTPTR_MAX > 0xFFFFFFFFu
typedef unsigned __int128 wide_t;
#else
typedef uint64_t wide_t;
#endif

#endif
