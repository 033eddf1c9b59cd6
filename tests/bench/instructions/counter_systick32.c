/* SPDX-License-Identifier: MIT
 *
 * counter_systick32.c: SysTick of a Cortex-M at 32 MHz, as half nanoseconds, of which a step has 62 and a half.
 *
 * Its 24 bits go round in 512,000 instructions: no call may take as many.
 */
#include "counter.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD  (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE   (*(volatile uint32_t *)0xE000E018u)

#define SYSTICK_ON        1u
#define SYSTICK_CPU_CLOCK 4u
#define SYSTICK_MASK      0xFFFFFFu

#define STEP_QUARTER_NS 125

const uint32_t counter_half_ns = 1;
const uint64_t counter_mask = UINT64_MAX;

static uint64_t steps;
static uint32_t last;

void counter_start(void)
{
    SYSTICK_RELOAD = SYSTICK_MASK;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_CPU_CLOCK | SYSTICK_ON;
    last = SYSTICK_VALUE;
}

uint64_t counter_read(void)
{
    const uint32_t now = SYSTICK_VALUE;

    steps += (last - now) & SYSTICK_MASK;
    last = now;
    return steps * STEP_QUARTER_NS / 2;
}
