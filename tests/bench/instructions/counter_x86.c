/* SPDX-License-Identifier: MIT
 *
 * counter_x86.c: the time stamp counter, which with -icount counts nanoseconds of virtual time.
 */
#include "counter.h"

const uint32_t counter_half_ns = 2;
const uint64_t counter_mask = UINT64_MAX;

void counter_start(void)
{
}

uint64_t counter_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
