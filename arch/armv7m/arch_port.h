/* SPDX-License-Identifier: MIT
 *
 * armv7m/arch_port.h: port to ARMv7-M, that is Cortex-M3 (-mcpu=cortex-m3 -mthumb).
 *
 * clz, and rbit + clz for the lowest set bit; ldrex and strex; a divider of 2 to 12 cycles, which is why no hot path
 * divides. Interrupts: see arm_m.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_m.h"

#define ARCH_NAME         "armv7m"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1

#endif
