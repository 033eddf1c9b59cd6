/* SPDX-License-Identifier: MIT
 *
 * aarch64/arch_port.h: port to AArch64 at EL1 or above (Cortex-A53 and the like).
 *
 * Masks both IRQ and FIQ: which of them a device uses depends on GIC groups, and some chips send their timer as FIQ.
 * SError and debug exceptions stay open. Cost: two instructions to mask, one to restore. At EL0 these trap.
 * Where the MMU is off, unaligned accesses fault: build with -mstrict-align. Linux-hosted gcc calls libgcc for atomics
 * unless it is given -mno-outline-atomics; bare-metal compilers do not.
 * Memory tags are FEAT_MTE2's: only a build with QUARRY_MARK_MTE has these instructions, so no -march is needed.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifndef __aarch64__
#error "this port is for AArch64: another CPU is compiled for"
#endif

#define ARCH_NAME         "aarch64"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1
#define ARCH_HAS_PAIRS    1
#define ARCH_HAS_TAGS     1

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

/* The assembler is told of instructions that the compiler's CPU may not have; what follows is not changed by that. */
#define ARCH_TAG_INSTRUCTION ".arch armv8.5-a+memtag\n\t"

static inline void *arch_tag_choose(void *pointer, uintptr_t excluded)
{
    void *tagged;

    __asm__ volatile(ARCH_TAG_INSTRUCTION "irg %0, %1, %2" : "=r"(tagged) : "r"(pointer), "r"(excluded));
    return tagged;
}

static inline void *arch_tag_load(const void *pointer)
{
    void *tagged = (void *)(uintptr_t)pointer;

    __asm__ volatile(ARCH_TAG_INSTRUCTION "ldg %0, [%0]" : "+r"(tagged) : : "memory");
    return tagged;
}

static inline void arch_tag_set(void *pointer, size_t bytes)
{
    char *at = pointer;

    if ((bytes & 16) != 0) {
        __asm__ volatile(ARCH_TAG_INSTRUCTION "stg %0, [%0], #16" : "+r"(at) : : "memory");
    }
    for (bytes &= ~(size_t)31; bytes != 0; bytes -= 32) {
        __asm__ volatile(ARCH_TAG_INSTRUCTION "st2g %0, [%0], #32" : "+r"(at) : : "memory");
    }
}

#endif
