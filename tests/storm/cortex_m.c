/* SPDX-License-Identifier: MIT
 *
 * cortex_m.c: the storm's clock on a Cortex-M. SysTick is the clock and the nested handler, PendSV the handler that it
 * interrupts.
 *
 * SysTick sets the time of its next interrupt when its work is done, and pends PendSV, which runs when SysTick has
 * ended. Where the lock raises BASEPRI, it masks PendSV and not SysTick, which then leaves the heap alone.
 *
 * STORM_TICK_HALF_NS: the CPU's clock.
 */
#include "quarry.h"
#include "storm.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD  (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE   (*(volatile uint32_t *)0xE000E018u)
#define INTERRUPT_STATE (*(volatile uint32_t *)0xE000ED04u)
#define PRIORITIES      (*(volatile uint32_t *)0xE000ED20u) /* of PendSV and SysTick */

#define SYSTICK_ON_AT_CPU_CLOCK 7u /* with interrupt */
#define SYSTICK_MAX             0xFFFFFFu
#define SET_INSTRUCTIONS        12u
#define STORM_TICKS             (STORM_INSTRUCTION_HALF_NS / STORM_TICK_HALF_NS) /* of an instruction */
#define PEND_SV                 (1u << 28)
#define PRIORITY_OF_PENDSV      (0xC0u << 16)
#define PRIORITY_OF_SYSTICK     (0x40u << 24)

const unsigned storm_workers = QUARRY_MASK_PRIORITY == 0 ? 3 : 2;
const bool storm_clock_is_urgent = QUARRY_MASK_PRIORITY != 0;

void SysTick_Handler(void);
void PendSV_Handler(void);

/* Counts down to 0 once; then from the most, so that the time since is known. The clock has the first value as soon as
 * it has ticked once, and the second is written before it comes to 0. PendSV is pended meanwhile. */
static void set_clock_and_pend(uint32_t instructions)
{
    SYSTICK_RELOAD = (instructions + SET_INSTRUCTIONS) * STORM_TICKS;
    SYSTICK_VALUE = 0;
    INTERRUPT_STATE = PEND_SV;
    SYSTICK_RELOAD = SYSTICK_MAX;
}

/* A low value: the interrupt comes in this moment; or before it is due, as QEMU's does a few times at first. */
static uint32_t late_ticks(void)
{
    const uint32_t value = SYSTICK_VALUE;
    return value <= SYSTICK_MAX / 2 ? 0 : SYSTICK_MAX - value;
}

void SysTick_Handler(void)
{
    const uint32_t next = storm_interrupt(late_ticks() / STORM_TICKS);
    if (!storm_clock_is_urgent)
        storm_work(STORM_NESTED);
    set_clock_and_pend(next);
}

void PendSV_Handler(void)
{
    storm_work(STORM_HANDLER);
}

void storm_begin(void)
{
    PRIORITIES = PRIORITY_OF_PENDSV | PRIORITY_OF_SYSTICK;
    SYSTICK_RELOAD = SYSTICK_MAX;
    SYSTICK_CONTROL = SYSTICK_ON_AT_CPU_CLOCK;
    set_clock_and_pend(1000);
}

void storm_end(void)
{
    SYSTICK_CONTROL = 0;
}
