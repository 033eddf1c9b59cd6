/* SPDX-License-Identifier: MIT
 *
 * arm_classic.h: what the ports to ARM before ARMv7 share, Cortex-M apart; each adds its name and abilities.
 *
 * Masks both IRQ and FIQ by the CPU's status register, which only ARM state reaches: the library is compiled with
 * -marm, and firmware in Thumb state calls it all the same (-mthumb-interwork before ARMv5). A privileged mode is
 * needed; in user mode the CPU ignores the mask silently. Cost: three instructions to mask, one to restore.
 */
#ifndef QUARRY_ARM_CLASSIC_H
#define QUARRY_ARM_CLASSIC_H

#include <stdint.h>

#if !defined(__arm__) || __ARM_ARCH >= 7 || (defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M')
#error "this port is for ARM before ARMv7: another CPU is compiled for"
#elif defined(__thumb__)
#error "interrupts cannot be masked in Thumb state before ARMv7: compile the library with -marm"
#endif

#ifdef __ARM_FEATURE_CLZ
#define ARCH_HAS_BIT_SCAN 1
#else
#define ARCH_HAS_BIT_SCAN 0
#endif

/* Writes the control byte: mode and state are what they were. The memory clobbers keep the compiler from moving heap
 * accesses out of the masked part. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t cpsr;
    uintptr_t masked;

    __asm__ volatile("mrs %0, cpsr\n\torr %1, %0, #0xC0\n\tmsr cpsr_c, %1" : "=r"(cpsr), "=r"(masked) : : "memory");
    return cpsr;
}

static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile("msr cpsr_c, %0" : : "r"(saved) : "memory");
}

/* There is no such hint before ARMv6K. */
static inline void arch_spin_pause(void)
{
    __asm__ volatile("" : : : "memory");
}

/* These CPUs stand alone. The one that does not, ARM11 MPCore, has the core's number in a register of its own: define
 * QUARRY_CORE_INDEX() there. */
static inline unsigned arch_core_index(void)
{
    return 0;
}

#endif
