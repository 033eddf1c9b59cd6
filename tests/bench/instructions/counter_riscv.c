/* SPDX-License-Identifier: MIT
 *
 * counter_riscv.c: the cycle counter of a RISC-V, in either mode, which with -icount counts nanoseconds of virtual
 * time.
 */
#include "counter.h"

const uint32_t counter_half_ns = 2;
const uint64_t counter_mask = 0xFFFFFFFFu;

void counter_start(void)
{
}

uint64_t counter_read(void)
{
    uintptr_t count;
    __asm__ volatile(".option push\n\t.option arch, +zicsr\n\tcsrr %0, cycle\n\t.option pop" : "=r"(count));
    return count & counter_mask;
}
