/* SPDX-License-Identifier: MIT
 *
 * armv6m/arch_port.h: port to ARMv6-M, that is Cortex-M0, M0+ and M1 (-mcpu=cortex-m0plus -mthumb).
 *
 * The small ones: no clz, so the library scans bits with a multiplication and a table; no ldrex, so a word cannot be
 * exchanged atomically, and a lock between cores needs spin locks of the chip's, through the hook (ports/rp2040); no
 * divider. Unaligned accesses fault. Interrupts: see arm_m.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_m.h"

#define ARCH_NAME         "armv6m"
#define ARCH_HAS_BIT_SCAN 0
#define ARCH_HAS_ATOMICS  0

/* HardFault and NMI, which interrupts HardFault, have the exception numbers 3 and 2. */
#define ARCH_UNMASKED_LEVELS 2
static inline unsigned arch_unmasked_level(void)
{
    uintptr_t exception;

    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception == 3 ? 1 : exception == 2 ? 2 : 0;
}

#endif
