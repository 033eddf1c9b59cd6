/* SPDX-License-Identifier: MIT
 *
 * x86.h: what the ports to x86 in ring 0 share; each adds its name and how it masks interrupts.
 *
 * A process takes arch/hosted instead, because cli traps there. Interrupts are masked by EFLAGS.IF: everything but NMI,
 * SMI and exceptions.
 */
#ifndef QUARRY_X86_H
#define QUARRY_X86_H

#include <stdint.h>

#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1
#define ARCH_UNALIGNED    1

/* Only ever opens what save closed: with IF clear at the time of save, nothing is to be done. */
static inline void arch_irq_restore(uintptr_t saved)
{
    const uintptr_t interrupts_on = 0x200;

    if (saved & interrupts_on) {
        __asm__ volatile("sti" : : : "memory");
    }
}

static inline void arch_spin_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

/* The initial APIC number, which counts from 0 without gaps on most machines. cpuid is slow, and traps in virtual
 * machines: a kernel with data for each CPU defines QUARRY_CORE_INDEX() instead. */
static inline unsigned arch_core_index(void)
{
    unsigned a = 1, b, c = 0, d;

    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b >> 24;
}

#endif
