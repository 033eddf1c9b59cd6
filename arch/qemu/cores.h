/* SPDX-License-Identifier: MIT
 *
 * cores.h: the other cores of a machine that QEMU starts with -smp. Test bed only.
 *
 * main() runs on core 0; the others sleep until they are started. Interrupts are open on a started core, and it shares
 * the handlers of exceptions and of the timer with core 0.
 */
#ifndef QUARRY_QEMU_CORES_H
#define QUARRY_QEMU_CORES_H

#include <stdbool.h>

enum { MACHINE_CORES_MAX = 8 };

/* Has a core, from 1 on, call entry(core) on the stack that ends at stack_top, which is 16-byte aligned. entry must not
 * return. False: this machine has no such core, or it was started before. */
bool machine_start_core(unsigned core, void *stack_top, void (*entry)(unsigned core));

#endif
