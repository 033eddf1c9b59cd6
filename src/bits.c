/* SPDX-License-Identifier: MIT
 *
 * bits.c: the table behind bits_lowest() on CPUs without a bit scan.
 *
 * Entry (x * 0x077CB531) >> 27 is the index of the one bit set in x. Elsewhere the linker drops it.
 */
#include "bits.h"

const uint8_t qi_bits_de_bruijn[32] = {
        0,  1,  28, 2,  29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4,  8,
        31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6,  11, 5,  10, 9,
};
