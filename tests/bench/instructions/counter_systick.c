/* SPDX-License-Identifier: MIT
 *
 * counter_systick.c: SysTick of a Cortex-M, at the CPU's clock.
 *
 * 24 bits: at COUNTER_HALF_NS 125 (16 MHz) it goes round once in 1,023,000 instructions. Only for machines with so
 * little RAM that no call takes as many.
 */
#include "counter.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD  (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE   (*(volatile uint32_t *)0xE000E018u)

#define SYSTICK_ON        1u
#define SYSTICK_CPU_CLOCK 4u

const uint32_t counter_half_ns = COUNTER_HALF_NS;
const uint64_t counter_mask = 0xFFFFFF;

void counter_start(void)
{
    SYSTICK_RELOAD = 0xFFFFFF;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_CPU_CLOCK | SYSTICK_ON;
}

uint64_t counter_read(void)
{
    return 0xFFFFFF - SYSTICK_VALUE;
}
