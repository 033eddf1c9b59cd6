/* SPDX-License-Identifier: MIT
 *
 * counter_xtensa.c: the cycle counter of an Xtensa, at QEMU's 40 MHz.
 */
#include "counter.h"

const uint32_t counter_half_ns = 50;
const uint64_t counter_mask = 0xFFFFFFFFu;

void counter_start(void)
{
}

uint64_t counter_read(void)
{
    uint32_t count;
    __asm__ volatile("rsr %0, ccount" : "=a"(count));
    return count;
}
