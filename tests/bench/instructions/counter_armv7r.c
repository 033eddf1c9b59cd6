/* SPDX-License-Identifier: MIT
 *
 * counter_armv7r.c: the cycle counter of a Cortex-R's performance monitors, which with -icount counts nanoseconds of
 * virtual time.
 */
#include "counter.h"

const uint32_t counter_half_ns = 2;
const uint64_t counter_mask = 0xFFFFFFFFu;

void counter_start(void)
{
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 0" : : "r"(1)); /* PMCR: the counters are on */
    __asm__ volatile("mcr p15, 0, %0, c9, c12, 1" : : "r"(0x80000000u));
}

uint64_t counter_read(void)
{
    uint32_t count;
    __asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(count));
    return count;
}
