/* SPDX-License-Identifier: MIT
 *
 * machine_timer.c: the storm's clock on RISC-V and i386: the timer of arch/qemu/interrupts.h. Its interrupt is the
 * handler.
 *
 * The timer begins anew at each interrupt, and once more when the handler's work is done: an interrupt that it asks
 * for in between comes before it is due, and is not late.
 */
#include "../../arch/qemu/interrupts.h"
#include "arch_port.h"
#include "storm.h"

#define STORM_TICKS(instructions) ((instructions)*STORM_INSTRUCTION_HALF_NS / STORM_TICK_HALF_NS)

const unsigned storm_workers = 2;
const bool storm_clock_is_urgent = false;

static uint32_t due;

/* In ticks of the timer. */
static uint32_t now(void)
{
#ifdef __riscv
    uintptr_t ticks;
    __asm__ volatile(ARCH_RISCV_CSR("csrr %0, time") : "=r"(ticks));
    return (uint32_t)ticks;
#else
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low;
#endif
}

static void set_clock(uint32_t instructions)
{
    due = now() + STORM_TICKS(instructions);
    machine_timer_start(STORM_TICKS(instructions));
}

void machine_timer_interrupt(void)
{
    const int32_t late_ticks = (int32_t)(now() - due);
    const uint32_t late = late_ticks < 0 ? 0 : (uint32_t)late_ticks * STORM_TICK_HALF_NS / STORM_INSTRUCTION_HALF_NS;
    const uint32_t next = storm_interrupt(late);
    storm_work(STORM_HANDLER);
    set_clock(next);
}

void storm_begin(void)
{
    set_clock(1000);
}

void storm_end(void)
{
    machine_timer_start(0);
}
