/* SPDX-License-Identifier: MIT
 *
 * virt-a15.c: name, serial port and timer of QEMU virt with a Cortex-A15, in A32 state. Test bed only.
 *
 * The timer is the CPU's virtual one, at 62.5 MHz; its interrupt goes through a GIC, version 2. Console and C start:
 * arch/qemu/pl011_board.c; entry: start.S; vectors: arch/qemu/arm_vectors.S; memory: linker/virt-a15.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/interrupts.h"

#define GIC_DISTRIBUTOR_CONTROL (*(volatile uint32_t *)0x08000000)
#define GIC_ENABLE_FIRST        (*(volatile uint32_t *)0x08000100)
#define GIC_CPU_CONTROL         (*(volatile uint32_t *)0x08010000)
#define GIC_CPU_PRIORITY_MASK   (*(volatile uint32_t *)0x08010004)
#define GIC_CPU_ACKNOWLEDGE     (*(volatile uint32_t *)0x0801000C)
#define GIC_CPU_END             (*(volatile uint32_t *)0x08010010)
#define GIC_ALL_PRIORITIES      0xFFu
#define GIC_TIMER               27u

const char machine_name[] = "QEMU virt, Cortex-A15";
const uintptr_t board_pl011 = 0x09000000;

static uint32_t ticks_between;

__attribute__((weak)) void machine_timer_interrupt(void)
{
    machine_fault("interrupt of the timer", GIC_TIMER, 0);
}

/* Writing the time that is left ends the interrupt. */
static void wake_after(uint32_t ticks)
{
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 0" : : "r"(ticks));      /* CNTV_TVAL */
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 1" : : "r"(ticks != 0)); /* CNTV_CTL */
    __asm__ volatile("isb" : : : "memory");
}

void machine_timer_start(uint32_t ticks)
{
    GIC_DISTRIBUTOR_CONTROL = 1;
    GIC_ENABLE_FIRST = 1u << GIC_TIMER;
    GIC_CPU_PRIORITY_MASK = GIC_ALL_PRIORITIES;
    GIC_CPU_CONTROL = 1;
    ticks_between = ticks;
    wake_after(ticks);
}

void board_interrupt(void)
{
    const uint32_t interrupt = GIC_CPU_ACKNOWLEDGE;

    wake_after(ticks_between);
    GIC_CPU_END = interrupt;
    machine_timer_interrupt();
}
