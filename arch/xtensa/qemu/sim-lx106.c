/* SPDX-License-Identifier: MIT
 *
 * sim-lx106.c: console, exit and timer of QEMU's xtensa machine "sim" with an LX106. Test bed only.
 *
 * Console and exit are calls of the simulator, by the instruction simcall. The timer compares the cycle counter, which
 * runs at 40 MHz. Entry and vectors: start.S; memory:
 * linker/sim-lx106.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/interrupts.h"

const char machine_name[] = "QEMU sim, Xtensa LX106";

enum { SYS_EXIT = 1, SYS_WRITE = 4, STDOUT = 1, INTERRUPT_TIMER = 1 << 6 };

static uint32_t ticks_between;

static void simulator_call(uintptr_t number, uintptr_t a, uintptr_t b, uintptr_t c)
{
    register uintptr_t a2 __asm__("a2") = number;
    register uintptr_t a3 __asm__("a3") = a;
    register uintptr_t a4 __asm__("a4") = b;
    register uintptr_t a5 __asm__("a5") = c;

    __asm__ volatile("simcall" : "+a"(a2), "+a"(a3) : "a"(a4), "a"(a5) : "memory");
}

void machine_write(const char *text, size_t bytes)
{
    simulator_call(SYS_WRITE, STDOUT, (uintptr_t)text, bytes);
}

_Noreturn void machine_exit(int status)
{
    for (;;) {
        simulator_call(SYS_EXIT, (uintptr_t)status & 127, 0, 0);
    }
}

__attribute__((weak)) void machine_timer_interrupt(void)
{
    machine_fault("interrupt of the timer", INTERRUPT_TIMER, 0);
}

/* Writing to the register that is compared ends the interrupt. */
static void wake_after(uint32_t ticks)
{
    uint32_t count;

    __asm__ volatile("rsr %0, ccount" : "=a"(count));
    __asm__ volatile("wsr %0, ccompare0\n\tesync" : : "a"(count + ticks) : "memory");
}

void machine_timer_start(uint32_t ticks)
{
    ticks_between = ticks;
    wake_after(ticks);
    __asm__ volatile("wsr %0, intenable\n\trsync" : : "a"(ticks != 0 ? INTERRUPT_TIMER : 0) : "memory");
}

void board_interrupt(void)
{
    wake_after(ticks_between);
    machine_timer_interrupt();
}
