/* SPDX-License-Identifier: MIT
 *
 * arm_ar.h: what the 32-bit ports to ARM's A and R profiles share; each adds its name and its abilities.
 *
 * Masks both IRQ and FIQ: on GICs with security the secure world receives its interrupts as FIQ. A privileged mode is
 * needed; in user mode the CPU ignores the mask silently. Cost: two instructions to mask, one to restore.
 */
#ifndef QUARRY_ARM_AR_H
#define QUARRY_ARM_AR_H

#include <stdint.h>

#if !defined(__arm__) || (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M')
#error "this port is for ARM's A and R profiles, 32 bits: another CPU is compiled for"
#endif

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t cpsr;

    __asm__ volatile("mrs %0, cpsr\n\tcpsid if" : "=r"(cpsr) : : "memory");
    return cpsr;
}

/* Writes the control byte (masks, state, mode): mode and state are what they were, the masks are what was saved. */
static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile("msr cpsr_c, %0" : : "r"(saved) : "memory");
}

static inline void arch_spin_pause(void)
{
    __asm__ volatile("yield" : : : "memory");
}

/* The lowest affinity field: the core's number in its cluster. Machines with several clusters define
 * QUARRY_CORE_INDEX() instead. */
static inline unsigned arch_core_index(void)
{
    uintptr_t mpidr;

    __asm__("mrc p15, 0, %0, c0, c0, 5" : "=r"(mpidr));
    return (unsigned)(mpidr & 0xFF);
}

#endif
