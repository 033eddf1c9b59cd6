/* SPDX-License-Identifier: MIT
 *
 * x86_64/arch_port.h: port to x86_64 in ring 0, a kernel.
 *
 * A process takes arch/hosted instead, because cli traps there.
 * Interrupts are masked by RFLAGS.IF: everything but NMI, SMI and exceptions. Cost: some five instructions to mask,
 * a test and a branch to restore. lzcnt and tzcnt are not assumed: bsr and bsf serve every CPU.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include <stdint.h>

#ifndef __x86_64__
#error "this port is for x86_64: another CPU is compiled for"
#endif

#define ARCH_NAME           "x86_64"
#define ARCH_HAS_BIT_SCAN   1
#define ARCH_HAS_ATOMICS    1
#define ARCH_UNALIGNED      1
#define ARCH_ADDS_IN_MEMORY 1

/* pushfq stores below the stack pointer, where a leaf function may keep locals: the compiler does not know of this
 * push, so it steps over the red zone (128 bytes) first. That holds with and without -mno-red-zone. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t flags;

    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\tpopq %0\n\tleaq 128(%%rsp), %%rsp\n\tcli"
                     : "=r"(flags)
                     :
                     : "memory");
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
 * machines: a kernel with data for each CPU in GS defines QUARRY_CORE_INDEX() instead. */
static inline unsigned arch_core_index(void)
{
    unsigned a = 1, b, c = 0, d;

    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b >> 24;
}

#endif
