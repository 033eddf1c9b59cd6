/* SPDX-License-Identifier: MIT
 *
 * counter_cmsdk.c: timer 0 of an MPS2 board, at the CPU's clock. 32 bits, where SysTick's 24 would go round in 655,000
 * instructions: a linear search through a large heap may take more.
 */
#include "counter.h"

#define TIMER_CONTROL (*(volatile uint32_t *)(COUNTER_BASE + 0x0u))
#define TIMER_VALUE   (*(volatile uint32_t *)(COUNTER_BASE + 0x4u))
#define TIMER_RELOAD  (*(volatile uint32_t *)(COUNTER_BASE + 0x8u))

const uint32_t counter_half_ns = COUNTER_HALF_NS;
const uint64_t counter_mask = 0xFFFFFFFFu;

void counter_start(void)
{
    TIMER_RELOAD = 0xFFFFFFFFu;
    TIMER_VALUE = 0xFFFFFFFFu;
    TIMER_CONTROL = 1;
}

uint64_t counter_read(void)
{
    return 0xFFFFFFFFu - TIMER_VALUE;
}
