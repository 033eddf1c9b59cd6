/* SPDX-License-Identifier: MIT
 *
 * aarch64.c: the storm's clock on QEMU virt with a 64-bit CPU: the generic timer, by way of a GICv2. Its interrupt is
 * the handler. Entry: aarch64_entry.S.
 */
#include "storm.h"

#define GIC_ENABLE       (*(volatile uint32_t *)0x08000000u)
#define GIC_ENABLE_FIRST (*(volatile uint32_t *)0x08000100u) /* interrupts 0 to 31 */
#define GIC_CPU_ENABLE   (*(volatile uint32_t *)0x08010000u)
#define GIC_CPU_PRIORITY (*(volatile uint32_t *)0x08010004u)
#define GIC_CPU_BEGIN    (*(volatile uint32_t *)0x0801000Cu)
#define GIC_CPU_END      (*(volatile uint32_t *)0x08010010u)
#define TIMER_INTERRUPT  27

#define STORM_TICKS_OF_INSTRUCTION (STORM_INSTRUCTION_HALF_NS / STORM_TICK_HALF_NS)

const unsigned storm_workers = 2;
const bool storm_clock_is_urgent = false;

extern const char storm_vectors[];
void storm_entered(void);

static uint64_t due;

static uint64_t now(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

static void set_clock(uint32_t instructions)
{
    due = now() + (uint64_t)instructions * STORM_TICKS_OF_INSTRUCTION;
    __asm__ volatile("msr cntv_cval_el0, %0" : : "r"(due));
}

/* Called by the vector of interrupts. */
void storm_entered(void)
{
    const uint64_t late_ticks = now() - due;
    const uint32_t interrupt = GIC_CPU_BEGIN;
    const uint32_t next = storm_interrupt((uint32_t)(late_ticks / STORM_TICKS_OF_INSTRUCTION));
    storm_work(STORM_HANDLER);
    set_clock(next);
    GIC_CPU_END = interrupt;
}

void storm_begin(void)
{
    __asm__ volatile("msr vbar_el1, %0\n\tisb" : : "r"(storm_vectors));
    GIC_ENABLE = 1;
    GIC_ENABLE_FIRST = 1u << TIMER_INTERRUPT;
    GIC_CPU_PRIORITY = 0xFF;
    GIC_CPU_ENABLE = 1;
    set_clock(1000);
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tmsr daifclr, #2" : : "r"((uint64_t)1) : "memory");
}

void storm_end(void)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
}
