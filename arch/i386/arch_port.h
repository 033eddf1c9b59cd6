/* SPDX-License-Identifier: MIT
 *
 * i386/arch_port.h: port to 32-bit x86 in ring 0, a kernel (-m32).
 *
 * Cost: three instructions to mask interrupts, a test and a branch to restore; see x86.h. bsr, bsf and xchg are all
 * that is asked of the CPU: an 80386 has them.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../x86.h"

#ifndef __i386__
#error "this port is for 32-bit x86: another CPU is compiled for"
#endif

#define ARCH_NAME "i386"

/* The memory clobbers keep the compiler from moving heap accesses out of the masked part. There is no red zone. */
static inline uintptr_t arch_irq_save(void)
{
    uintptr_t flags;

    __asm__ volatile("pushfl\n\tpopl %0\n\tcli" : "=r"(flags) : : "memory");
    return flags;
}

#endif
