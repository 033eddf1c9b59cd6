/* SPDX-License-Identifier: MIT
 *
 * x86_64/arch_port.h: port to x86_64 in ring 0, a kernel.
 *
 * Cost: some five instructions to mask interrupts, a test and a branch to restore; see x86.h. lzcnt and tzcnt are not
 * assumed: bsr and bsf serve every CPU.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../x86.h"

#ifndef __x86_64__
#error "this port is for x86_64: another CPU is compiled for"
#endif

#define ARCH_NAME "x86_64"

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

#endif
