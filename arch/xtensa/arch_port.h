/* SPDX-License-Identifier: MIT
 *
 * xtensa/arch_port.h: port to Tensilica's Xtensa with NSA and MULL, e.g. the LX106 of an ESP8266.
 *
 * nsau scans bits. Atomics where the compiler says that the CPU has S32C1I, which the LX106 has not. Unaligned accesses
 * fault, and compilers make none. Interrupts are masked by PS.INTLEVEL, all levels but NMI. Cost: one instruction to
 * mask, two to restore.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include <stdint.h>

#ifndef __XTENSA__
#error "this port is for Xtensa: another CPU is compiled for"
#endif

#define ARCH_NAME         "xtensa"
#define ARCH_HAS_BIT_SCAN 1

#ifdef __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4
#define ARCH_HAS_ATOMICS 1
#else
#define ARCH_HAS_ATOMICS 0
#endif

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t ps;

    __asm__ volatile("rsil %0, 15" : "=a"(ps) : : "memory");
    return ps;
}

static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile("wsr %0, ps\n\trsync" : : "a"(saved) : "memory");
}

/* There is no such hint. */
static inline void arch_spin_pause(void)
{
    __asm__ volatile("" : : : "memory");
}

/* Chips with two cores (ESP32) say by a register of the vendor's which one it is: define QUARRY_CORE_INDEX() there. */
static inline unsigned arch_core_index(void)
{
    return 0;
}

#endif
