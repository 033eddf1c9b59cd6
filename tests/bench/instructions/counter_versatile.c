/* SPDX-License-Identifier: MIT
 *
 * counter_versatile.c: the 24 MHz counter of a Versatile board, as half nanoseconds: a step has 83 and a third.
 *
 * 32 bits: it goes round in 174 million instructions.
 */
#include "counter.h"

#define VERSATILE_24MHZ (*(volatile uint32_t *)0x1000005Cu)

#define STEP_HALF_NS_SHIFTED 21845333u /* 2000 / 24 * 2^18: no division, whose time would depend on the count */
#define STEP_SHIFT           18

const uint32_t counter_half_ns = 1;
const uint64_t counter_mask = UINT64_MAX;

void counter_start(void)
{
}

uint64_t counter_read(void)
{
    return (uint64_t)VERSATILE_24MHZ * STEP_HALF_NS_SHIFTED >> STEP_SHIFT;
}
