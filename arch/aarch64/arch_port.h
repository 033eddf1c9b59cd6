/* SPDX-License-Identifier: MIT
 *
 * aarch64/arch_port.h: port to AArch64 at EL1 or above (Cortex-A53 and the like).
 *
 * Masks both IRQ and FIQ: which of them a device uses depends on GIC groups, and some chips send their timer as FIQ.
 * SError and debug exceptions stay open. Cost: two instructions to mask, one to restore. At EL0 these trap.
 * Where the MMU is off, unaligned accesses fault: build with -mstrict-align. Linux-hosted gcc calls libgcc for atomics
 * unless it is given -mno-outline-atomics; bare-metal compilers do not.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include <stdint.h>

#define ARCH_NAME         "aarch64"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t daif;

    __asm__ volatile("mrs %0, daif\n\tmsr daifset, #3" : "=r"(daif) : : "memory");
    return daif;
}

static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile("msr daif, %0" : : "r"(saved) : "memory");
}

static inline void arch_spin_pause(void)
{
    __asm__ volatile("yield" : : : "memory");
}

/* The lowest affinity field: the core's number in its cluster. Machines with several clusters, or with threads, define
 * QUARRY_CORE_INDEX() instead. */
static inline unsigned arch_core_index(void)
{
    uintptr_t mpidr;

    __asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
    return (unsigned)(mpidr & 0xFF);
}

#endif
