/* SPDX-License-Identifier: MIT
 *
 * armv7a/arch_port.h: port to ARMv7-A, A32 or T32 (-mcpu=cortex-a15 -mno-unaligned-access).
 *
 * ARMv8-A in AArch32 state can use it as it is. Interrupts: see arm_ar.h.
 * Where the MMU is off, memory is strongly ordered and unaligned accesses fault. The library makes none by itself, but
 * the compiler merges neighbouring accesses into one unless it is given -mno-unaligned-access.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_ar.h"

#define ARCH_NAME         "armv7a"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1

#endif
