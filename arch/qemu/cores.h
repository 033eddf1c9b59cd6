/* SPDX-License-Identifier: MIT
 *
 * cores.h: the other cores of a machine that QEMU starts with -smp. Test bed only.
 *
 * main() runs on core 0; the others sleep until they are started. On PCs and RISC-V interrupts are open on a started
 * core, and it shares the handlers of exceptions and of the timer with core 0; elsewhere interrupts are masked on it.
 */
#ifndef QUARRY_QEMU_CORES_H
#define QUARRY_QEMU_CORES_H

#include <stdbool.h>

enum { MACHINE_CORES_MAX = 8 };

/* Has a core, from 1 on, call entry(core) on the stack that ends at stack_top, which is 16-byte aligned. entry must not
 * return. One core is started at a time: the next one when this one is known to run. False: this machine has no such
 * core, or it was started before. */
bool machine_start_core(unsigned core, void *stack_top, void (*entry)(unsigned core));

/* The number of the core that asks. */
unsigned machine_core(void);

/* Runs body on the cores 1 to count - 1, each on a stack of 16 KB (cores.c). Returns the number of cores that run, core
 * 0 included: fewer than count if one does not begin in time. */
unsigned machine_start_cores(unsigned count, void (*body)(unsigned core));

#endif
