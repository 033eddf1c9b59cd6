/* SPDX-License-Identifier: MIT
 *
 * raspi0.c: name, serial port and timer of QEMU raspi0. Test bed only.
 *
 * The timer is comparator 1 of the BCM2835's system timer, which counts microseconds. Console and C start:
 * arch/qemu/pl011_board.c; entry: arch/qemu/arm_classic_start.S; vectors: arch/qemu/arm_vectors.S; memory:
 * linker/arm-low.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/interrupts.h"

#define TIMER_STATUS  (*(volatile uint32_t *)0x20003000)
#define TIMER_COUNT   (*(volatile uint32_t *)0x20003004)
#define TIMER_COMPARE (*(volatile uint32_t *)0x20003010)
#define IRQ_ENABLE    (*(volatile uint32_t *)0x2000B210)
#define IRQ_DISABLE   (*(volatile uint32_t *)0x2000B21C)
#define TIMER_1       (1u << 1) /* the comparator's bit in the timer and in the interrupt controller */

const char machine_name[] = "QEMU raspi0, ARM1176JZF-S";
const uintptr_t board_pl011 = 0x20201000;

static uint32_t ticks_between;

__attribute__((weak)) void machine_timer_interrupt(void)
{
    machine_fault("interrupt of the timer", TIMER_1, 0);
}

void machine_timer_start(uint32_t ticks)
{
    IRQ_DISABLE = TIMER_1;
    TIMER_STATUS = TIMER_1;
    ticks_between = ticks;
    if (ticks != 0) {
        TIMER_COMPARE = TIMER_COUNT + ticks;
        IRQ_ENABLE = TIMER_1;
    }
}

void board_interrupt(void)
{
    TIMER_STATUS = TIMER_1;
    TIMER_COMPARE = TIMER_COUNT + ticks_between;
    machine_timer_interrupt();
}
