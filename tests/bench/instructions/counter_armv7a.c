/* SPDX-License-Identifier: MIT
 *
 * counter_armv7a.c: the generic timer's virtual count, at QEMU's 62.5 MHz.
 */
#include "counter.h"

const uint32_t counter_half_ns = 32;
const uint64_t counter_mask = UINT64_MAX;

void counter_start(void)
{
}

uint64_t counter_read(void)
{
    uint64_t count;
    __asm__ volatile("mrrc p15, 1, %Q0, %R0, c14" : "=r"(count));
    return count;
}
