/* SPDX-License-Identifier: MIT
 *
 * interrupts.h: the interrupt of a timer, on machines whose CPU has no name for it. Test bed only.
 *
 * On a Cortex-M an image defines SysTick_Handler() and writes to SysTick. On RISC-V, on i386, and on versatilepb,
 * raspi0, virt-a15 and sim-lx106 it defines machine_timer_interrupt() and calls machine_timer_start(). Interrupts are
 * open in main() on all of them; nothing interrupts before it is asked to. What an image has no handler for ends in
 * machine_fault().
 */
#ifndef QUARRY_QEMU_INTERRUPTS_H
#define QUARRY_QEMU_INTERRUPTS_H

#include <stdint.h>

/* The image's, called with interrupts masked, on the stack of what was interrupted or on one of interrupts. It uses no
 * floating point. */
void machine_timer_interrupt(void);

/* The timer of this core interrupts when so many of its ticks have passed, and again so many after each interrupt was
 * taken; 0: never again. A tick is 100 ns on QEMU's virt, but 16 ns on virt-a15, 25 ns on sim-lx106, 1 microsecond on
 * versatilepb and raspi0, 31 microseconds on sifive_e, 1 ns on pc. */
void machine_timer_start(uint32_t ticks);

#endif
