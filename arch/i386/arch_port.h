/* SPDX-License-Identifier: MIT
 *
 * i386/arch_port.h: port to 32-bit x86 in ring 0, a kernel (-m32).
 *
 * A process takes arch/hosted instead, because cli traps there.
 * Interrupts are masked by EFLAGS.IF: everything but NMI, SMI and exceptions. Cost: three instructions to mask, a test
 * and a branch to restore. bsr, bsf and xchg are all that is asked of the CPU: an 80386 has them.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include <stdint.h>

#ifndef __i386__
#error "this port is for 32-bit x86: another CPU is compiled for"
#endif

#define ARCH_NAME           "i386"
#define ARCH_HAS_BIT_SCAN   1
#define ARCH_HAS_ATOMICS    1
#define ARCH_UNALIGNED      1
#define ARCH_ADDS_IN_MEMORY 1

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. There is no red zone. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t flags;

    __asm__ volatile("pushfl\n\tpopl %0\n\tcli" : "=r"(flags) : : "memory");
    return flags;
}

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
