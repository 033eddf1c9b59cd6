/* SPDX-License-Identifier: MIT
 *
 * arm_m.h: what the ports to ARM's M profile (Cortex-M0 to M33) share; each port adds its name and its abilities.
 *
 * Interrupts are masked by PRIMASK: everything but NMI and HardFault, so these two must not call the library. Cost: two
 * instructions to mask, one to restore. Where the CPU has BASEPRI (not on ARMv6-M and Cortex-M23), QUARRY_MASK_PRIORITY
 * has that in PRIMASK's place: one instruction more. In unprivileged thread mode the CPU ignores the mask silently:
 * call the library from privileged code, or choose another kind of lock.
 */
#ifndef QUARRY_ARM_M_H
#define QUARRY_ARM_M_H

#include <stdint.h>

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "this port is for ARM's M profile: another CPU is compiled for"
#endif

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t primask;

    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile("msr primask, %0" : : "r"(saved) : "memory");
}

#ifdef __thumb2__
#define ARCH_HAS_PRIORITY_MASK 1

/* BASEPRI_MAX is BASEPRI, written only if that masks more: so calls nest, in each other and in a critical section. The
 * CPU lets no masked interrupt in behind a write that masks; but Cortex-M7 r0p1 does (erratum 837070): not for that. */
static inline uintptr_t arch_priority_save(uintptr_t priority)
{
    uintptr_t basepri;

    __asm__ volatile("mrs %0, basepri\n\tmsr basepri_max, %1" : "=&r"(basepri) : "r"(priority) : "memory");
    return basepri;
}

static inline void arch_priority_restore(uintptr_t saved)
{
    __asm__ volatile("msr basepri, %0" : : "r"(saved) : "memory");
}
#endif

/* Words may lie at any address, unless the firmware sets CCR.UNALIGN_TRP: then it gives gcc -mno-unaligned-access, and
 * clang -DARCH_UNALIGNED=0. */
#ifndef ARCH_UNALIGNED
#if defined(__thumb2__) && (defined(__ARM_FEATURE_UNALIGNED) || defined(__clang__))
#define ARCH_UNALIGNED 1
#else
#define ARCH_UNALIGNED 0
#endif
#endif

/* clang expects no unaligned accesses on bare metal, and would make four of one, unless it is given
 * -munaligned-access. */
#if ARCH_UNALIGNED && !defined(__ARM_FEATURE_UNALIGNED)
#define ARCH_UNALIGNED_BY_PORT

struct arch_word {
    uintptr_t value;
} __attribute__((packed, may_alias));

static inline uintptr_t arch_unaligned_load(const void *at)
{
    uintptr_t value;

    __asm__("ldr %0, %1" : "=r"(value) : "m"(*(const struct arch_word *)at));
    return value;
}

static inline void arch_unaligned_store(void *at, uintptr_t value)
{
    __asm__("str %1, %0" : "=m"(*(struct arch_word *)at) : "r"(value));
}
#endif

#ifdef __thumb2__
#define ARCH_HAS_PAIRS 1
#define ARCH_PAIRS_BY_PORT

struct arch_pair {
    uintptr_t words[2];
} __attribute__((may_alias));

/* NOLINTNEXTLINE(readability-non-const-parameter): they are written */
static inline void arch_pair_load(const uintptr_t *at, uintptr_t *first, uintptr_t *second)
{
    __asm__("ldrd %0, %1, %2" : "=r"(*first), "=r"(*second) : "o"(*(const struct arch_pair *)(const void *)at));
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through what it is cast to */
static inline void arch_pair_store(uintptr_t *at, uintptr_t first, uintptr_t second)
{
    __asm__("strd %1, %2, %0" : "=o"(*(struct arch_pair *)(void *)at) : "r"(first), "r"(second));
}
#endif

static inline void arch_spin_pause(void)
{
    __asm__ volatile("yield" : : : "memory");
}

/* Chips of this profile that have two cores (RP2040 and the like) say by a register of the vendor's which one it is:
 * define QUARRY_CORE_INDEX() there. */
static inline unsigned arch_core_index(void)
{
    return 0;
}

#endif
