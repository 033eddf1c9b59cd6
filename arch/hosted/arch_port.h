/* SPDX-License-Identifier: MIT
 *
 * hosted/arch_port.h: port to a normal process, on any CPU: for tests, simulators and tools on the developer's machine.
 *
 * A process has no interrupts to mask, so save and restore do nothing, QUARRY_LOCK_IRQ does not compile, and signal
 * handlers must not call the library. Threads need QUARRY_LOCK_SMP or QUARRY_LOCK_HOOK. The pause is a mere compiler
 * barrier, because a hint would name the CPU. Bit scan and atomics are those of the machines that people develop on
 * (x86_64, AArch64, RISC-V with A and Zbb; a host without them still works, through calls into the compiler's library).
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include <stdint.h>

#if !defined(__unix__) && !defined(__APPLE__) && !defined(_WIN32)
#error "this port is for a process of an operating system: on bare metal take the port of the CPU"
#endif

#define ARCH_NAME         "hosted"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1
#define ARCH_HAS_MASK     0

#if defined(__x86_64__) || defined(__i386__)
#define ARCH_UNALIGNED 1
#elif defined(__ARM_FEATURE_UNALIGNED)
#define ARCH_UNALIGNED 1
#endif

static inline uintptr_t arch_irq_save(void)
{
    return 0;
}

static inline void arch_irq_restore(uintptr_t saved)
{
    (void)saved;
}

static inline void arch_spin_pause(void)
{
    __asm__ volatile("" : : : "memory");
}

/* A process has threads, not cores: define QUARRY_CORE_INDEX() if each is to have a current heap. */
static inline unsigned arch_core_index(void)
{
    return 0;
}

#endif
