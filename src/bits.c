/* SPDX-License-Identifier: MIT
 *
 * bits.c: the table behind bits_lowest() on CPUs without a bit scan.
 *
 * Entry x * BITS_DE_BRUIJN >> BITS_DE_BRUIJN_SHIFT is the index of the one bit set in x. Elsewhere the linker drops it.
 */
#include "bits.h"

#if UINTPTR_MAX > 0xFFFFFFFFu
const uint8_t qi_bits_de_bruijn[64] = {
        0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  /* 0 to 15 */
        62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  /* 16 to 31 */
        63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11, /* 32 to 47 */
        46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,  /* 48 to 63 */
};
#else
const uint8_t qi_bits_de_bruijn[32] = {
        0,  1,  28, 2,  29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4,  8,
        31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6,  11, 5,  10, 9,
};
#endif
