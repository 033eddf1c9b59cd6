/* SPDX-License-Identifier: MIT
 *
 * armv7r/arch_port.h: port to ARMv7-R, A32 or T32, of either byte order (-mcpu=cortex-r5 -mno-unaligned-access).
 *
 * Interrupts: see arm_ar.h. Where the MPU is off, or calls memory device memory, unaligned accesses fault. The library
 * makes none by itself, but the compiler merges neighbouring accesses into one unless it is given
 * -mno-unaligned-access.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_ar.h"

#define ARCH_NAME         "armv7r"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1

#endif
