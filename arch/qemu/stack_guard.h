/* SPDX-License-Identifier: MIT
 *
 * stack_guard.h: makes a stack overflow fault on the ARMv7-M machines. Test bed only.
 *
 * The stack lies at the bottom of RAM, and on most machines an access below RAM faults by itself. QEMU's
 * lm3s6965evb and mps2-an386 ignore such accesses instead, and a runaway recursion would go on until the time limit.
 * So these boards call stack_guard_init(), which has the MPU refuse the 64 KB below the stack; all else stays as
 * without an MPU. A single frame of more than 64 KB can jump over it.
 */
#ifndef QUARRY_QEMU_STACK_GUARD_H
#define QUARRY_QEMU_STACK_GUARD_H

#include <stdint.h>

#define MPU_CONTROL                     0xe000ed94u
#define MPU_CONTROL_ON_WITH_DEFAULT_MAP 5u
#define MPU_BASE                        0xe000ed9cu
#define MPU_BASE_REGION_0               0x10u
#define MPU_ATTRIBUTES                  0xe000eda0u
#define MPU_NO_ACCESS_64_KB             (1u << 28 | 15u << 1 | 1u) /* never execute; AP 0; 2^(15 + 1) bytes */
#define STACK_GUARD_BYTES               0x10000u

/* An address, not an object: linker/cortex-m.ld. At least 64 KB aligned here, because it is where RAM starts. */
extern uint32_t __stack_bottom[];

static inline void stack_guard_write(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static inline void stack_guard_init(void)
{
    stack_guard_write(MPU_BASE, ((uint32_t)__stack_bottom - STACK_GUARD_BYTES) | MPU_BASE_REGION_0);
    stack_guard_write(MPU_ATTRIBUTES, MPU_NO_ACCESS_64_KB);
    stack_guard_write(MPU_CONTROL, MPU_CONTROL_ON_WITH_DEFAULT_MAP);
    __asm__ volatile("dsb\n\tisb" : : : "memory");
}

#endif
