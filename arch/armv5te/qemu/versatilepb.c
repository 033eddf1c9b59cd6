/* SPDX-License-Identifier: MIT
 *
 * versatilepb.c: name, serial port and timer of QEMU versatilepb. Test bed only.
 *
 * The timer is the first of an SP804, at 1 MHz; its interrupt goes through a PL190. Console and C start:
 * arch/qemu/pl011_board.c; entry: arch/qemu/arm_classic_start.S; vectors: arch/qemu/arm_vectors.S; memory:
 * linker/arm-low.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/interrupts.h"

#define TIMER_LOAD    (*(volatile uint32_t *)0x101E2000)
#define TIMER_CONTROL (*(volatile uint32_t *)0x101E2008)
#define TIMER_CLEAR   (*(volatile uint32_t *)0x101E200C)
#define TIMER_ON      0xE2u /* 32 bits, again and again, interrupting */
#define IRQ_ENABLE    (*(volatile uint32_t *)0x10140010)
#define IRQ_TIMER     (1u << 4)

const char machine_name[] = "QEMU versatilepb, ARM926EJ-S";
const uintptr_t board_pl011 = 0x101f1000;

__attribute__((weak)) void machine_timer_interrupt(void)
{
    machine_fault("interrupt of the timer", IRQ_TIMER, 0);
}

void machine_timer_start(uint32_t ticks)
{
    TIMER_CONTROL = 0;
    TIMER_CLEAR = 1;
    if (ticks != 0) {
        IRQ_ENABLE = IRQ_TIMER;
        TIMER_LOAD = ticks;
        TIMER_CONTROL = TIMER_ON;
    }
}

void board_interrupt(void)
{
    TIMER_CLEAR = 1;
    machine_timer_interrupt();
}
